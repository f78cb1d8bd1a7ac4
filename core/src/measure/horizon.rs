//! Where the horizon lies, if there is one, and how it tilts.
//!
//! A horizon is a long straight edge, nearly level, from side to side, under a sky:
//! above it is brighter, with little in it from the top of the picture down to the
//! line, below it stays darker, and no other edge is like it. Columns of the small
//! luma plane vote for lines by their strongest steps (Duda and Hart, "Use of the
//! Hough transformation to detect lines and curves in pictures", 1972); the winner
//! is fitted to the steps beside it by least squares, and must hold for nearly all
//! columns. What is doubtful is no horizon: walls, tables and shelves have straight
//! edges too.

use crate::frame::Frame;
use crate::geometry::Orientation;
use crate::plane::Plane;

/// Columns and rows through which the plane is seen at first, at most.
const COLUMNS: usize = 48;
const ROWS: usize = 96;

/// Columns that the line is fitted to, at most.
const FITTED: usize = 96;

/// A smaller plane tells no lines.
const LEAST_SIDE: usize = 24;

/// Steps of a column that vote, and what the strongest, second, third counts for.
const VOTING: usize = 3;
const WEIGHTS: [u16; VOTING] = [3, 2, 1];

/// A step is the difference of so many rows above and below.
const REACH: usize = 3;

/// Levels of a step that votes.
const LEAST_STEP: i16 = 6;

/// Levels of a step, to darker and to brighter, that is no cloud: the sky ends
/// there. It grows brighter downwards by itself.
const SKY_ENDS: (i16, i16) = (14, 24);

/// Share of the columns, in percent, whose sky reaches down to the line.
const CLEAR: usize = 55;

/// Share of the height, from the top and from the bottom, in which there is no
/// horizon at the middle of the picture; and how far from the line its two sides
/// still differ, in most columns.
const RIM: f32 = 0.14;
const BESIDE: f32 = 0.08;

/// Tangents of 0, 2, ... 10 degrees, 16 bits after the point: the slopes that are
/// voted on, either way.
const TANGENTS: [i32; 6] = [0, 2289, 4583, 6888, 9210, 11_556];

/// Tangent of the steepest line that is taken for a horizon: of 9 degrees. Beyond,
/// hillsides and roofs are more frequent than cameras held like that.
const STEEPEST: f32 = 0.1584;

/// Share of the columns, in percent, that must have a step on the line; in every
/// third of the picture so many.
const ON_LINE: usize = 75;
const ON_LINE_OF_A_THIRD: usize = 60;

/// Another line that gets more than this share of the winner's votes, in percent,
/// makes both doubtful.
const RIVAL: u32 = 75;

/// A step within this share of the height, and a row, is on the line.
const FINE: f32 = 0.006;

/// Levels by which the two sides differ on average along the line.
const CONTRAST: i32 = 8;

/// The horizon of the upright picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Horizon {
    /// Degrees by which it rises to the right, counter-clockwise as all angles;
    /// less than 0 where it falls. Between -9 and 9.
    pub tilt_deg: f32,
    /// Where it meets the left and the right edge: pixels below the top of the
    /// upright picture, which may be outside.
    pub y_left: f32,
    /// See [`y_left`](Self::y_left).
    pub y_right: f32,
}

/// Finds the horizon; `None` where there is none, and where part of the frame was
/// not seen, whose rim would pass for one.
#[must_use]
#[inline(never)]
pub fn find(frame: &Frame<'_>, orientation: Orientation) -> Option<Horizon> {
    if frame.blocks_seen < frame.blocks_total {
        return None;
    }
    let view = View::new(frame.luma, orientation);
    if view.width.min(view.height) < LEAST_SIDE {
        return None;
    }
    let mut steps = Steps::of(&view);
    let winner = steps.winner()?;
    let line = Line::fitted(&view, &steps, &winner)?;
    if !winner.bright_above || !steps.clear_above(&line) {
        return None;
    }
    steps.forget(&winner);
    if let Some(rival) = steps.winner()
        && u32::from(rival.votes) * 100 > u32::from(winner.votes) * RIVAL
    {
        return None;
    }
    let (width, _) = orientation.size(frame.width, frame.height);
    let pixels = width as f32 / view.width as f32;
    let half = view.width as f32 / 2.0;
    Some(Horizon {
        tilt_deg: -libm::atanf(line.slope).to_degrees(),
        y_left: line.at(-half) * pixels,
        y_right: line.at(half) * pixels,
    })
}

/// A plane as it stands upright.
struct View<'a> {
    plane: Plane<'a>,
    orientation: Orientation,
    width: usize,
    height: usize,
}

impl<'a> View<'a> {
    fn new(plane: Plane<'a>, orientation: Orientation) -> Self {
        let (w, h) = (plane.width(), plane.height());
        let (width, height) = if orientation.swaps_axes() { (h, w) } else { (w, h) };
        Self { plane, orientation, width, height }
    }

    /// The sample at (x, y) of the upright plane, or the nearest one inside.
    fn at(&self, x: usize, y: usize) -> i32 {
        let (x, y) = (x.min(self.width - 1), y.min(self.height - 1));
        let (place, line) = if self.orientation.swaps_axes() { (y, x) } else { (x, y) };
        i32::from(self.plane.at(self.place(place), self.line(line)))
    }

    /// Samples in some columns and rows of the upright plane, column by column; a
    /// line of the stored plane at a time.
    fn samples(&self, xs: &[usize], ys: &[usize]) -> [[u8; ROWS]; COLUMNS] {
        let mut samples = [[0; ROWS]; COLUMNS];
        if self.orientation.swaps_axes() {
            for (column, &x) in samples.iter_mut().zip(xs) {
                let line = self.plane.row(self.line(x));
                for (sample, &y) in column.iter_mut().zip(ys) {
                    *sample = line.get(self.place(y)).copied().unwrap_or(0);
                }
            }
        } else {
            for (row, &y) in ys.iter().enumerate() {
                let line = self.plane.row(self.line(y));
                for (column, &x) in samples.iter_mut().zip(xs) {
                    if let Some(sample) = column.get_mut(row) {
                        *sample = line.get(self.place(x)).copied().unwrap_or(0);
                    }
                }
            }
        }
        samples
    }

    /// Row of the stored plane, given that of the upright one, or its column where
    /// the axes change places.
    fn line(&self, at: usize) -> usize {
        use Orientation::{Flipped, HalfTurn, QuarterTurn, Transversed};
        match self.orientation {
            HalfTurn | Flipped | QuarterTurn | Transversed => self.plane.height() - 1 - at,
            _ => at,
        }
    }

    /// Place in a row of the stored plane, given the other coordinate.
    fn place(&self, at: usize) -> usize {
        use Orientation::{HalfTurn, Mirrored, ThreeQuarterTurn, Transversed};
        match self.orientation {
            Mirrored | HalfTurn | Transversed | ThreeQuarterTurn => self.plane.width() - 1 - at,
            _ => at,
        }
    }
}

/// The strongest steps of some columns of a view.
struct Steps {
    /// Row, and levels times [`REACH`]: above 0 where it is brighter above, 0
    /// where there is no step.
    of: [[(u8, i16); VOTING]; COLUMNS],
    /// The first row, from the top, that is no sky.
    sky: [u8; COLUMNS],
    columns: usize,
    /// Rows of the view in one of these.
    pitch: usize,
    /// A slope of 1 in these rows to a column, 8 bits after the point.
    unit: i32,
}

/// A line that was voted for.
#[derive(Clone, Copy)]
struct Candidate {
    votes: u16,
    /// Its row at the middle of the picture.
    row: usize,
    tangent: i32,
    bright_above: bool,
}

impl Steps {
    fn of(view: &View<'_>) -> Self {
        let columns = view.width.min(COLUMNS);
        let pitch = view.height.div_ceil(ROWS).max(1);
        let unit = (view.width * 256 / (columns * pitch).max(1)).min(1 << 14) as i32;
        let of = [[(0, 0); VOTING]; COLUMNS];
        let mut steps = Self { of, sky: [0; COLUMNS], columns, pitch, unit };
        let mut xs = [0; COLUMNS];
        for (column, x) in xs.iter_mut().take(columns).enumerate() {
            *x = (2 * column + 1) * view.width / (2 * columns).max(1);
        }
        let mut ys = [0; ROWS];
        let ys = ys.get_mut(..view.height / pitch).unwrap_or_default();
        for (row, y) in ys.iter_mut().enumerate() {
            *y = row * pitch + pitch / 2;
        }
        let samples = view.samples(xs.get(..columns).unwrap_or_default(), ys);
        let places = steps.of.iter_mut().zip(&mut steps.sky).take(columns);
        for ((strongest, sky), column) in places.zip(&samples) {
            (*strongest, *sky) = strongest_of(column.get(..ys.len()).unwrap_or_default());
        }
        steps
    }

    /// Rows that a line lies lower in a column than in the middle.
    fn lower(&self, tangent: i32, column: usize) -> i32 {
        let columns = 2 * column as i32 + 1 - self.columns as i32;
        ((i64::from(columns) * i64::from(tangent) * i64::from(self.unit)) >> 25) as i32
    }

    /// The line with most votes.
    fn winner(&self) -> Option<Candidate> {
        let mut best: Option<Candidate> = None;
        let falling = TANGENTS.into_iter();
        for tangent in falling.clone().chain(falling.skip(1).map(|tangent| -tangent)) {
            let mut counts = [[0u16; ROWS]; 2];
            for (column, steps) in self.of.iter().take(self.columns).enumerate() {
                let lower = self.lower(tangent, column);
                for (&(row, step), weight) in steps.iter().zip(WEIGHTS) {
                    let [dark, bright] = &mut counts;
                    let counts = if step > 0 { bright } else { dark };
                    if step != 0
                        && let Ok(at) = usize::try_from(i32::from(row) - lower)
                        && let Some(count) = counts.get_mut(at)
                    {
                        *count += weight;
                    }
                }
            }
            for (counts, bright_above) in counts.iter().zip([false, true]) {
                for (above, three) in counts.windows(3).enumerate() {
                    let votes = three.iter().sum();
                    if votes > best.map_or(0, |best| best.votes) {
                        best = Some(Candidate { votes, row: above + 1, tangent, bright_above });
                    }
                }
            }
        }
        best
    }

    /// Whether in enough columns there is nothing but sky above a line.
    fn clear_above(&self, line: &Line) -> bool {
        let middle = (self.columns * self.unit as usize * self.pitch) as f32 / 512.0;
        let columns = self.sky.iter().take(self.columns).enumerate();
        let clear = columns.filter(|&(column, &sky)| {
            let x = (2 * column + 1) as f32 * middle / self.columns as f32 - middle;
            // The filter sees the line, and what stands on it, from some rows above.
            f32::from(sky) + 2.0 * REACH as f32 >= line.at(x) / self.pitch as f32
        });
        clear.count() * 100 >= self.columns * CLEAR
    }

    /// Takes away the steps on a line.
    fn forget(&mut self, line: &Candidate) {
        for column in 0..self.columns {
            let at = line.row as i32 + self.lower(line.tangent, column);
            for (row, step) in self.of.get_mut(column).into_iter().flatten() {
                if (i32::from(*row) - at).abs() <= REACH as i32 {
                    *step = 0;
                }
            }
        }
    }
}

/// The rows before which the level changes most, strongest first, each at its own
/// place; and the first row that is no sky.
fn strongest_of(levels: &[u8]) -> ([(u8, i16); VOTING], u8) {
    let mut strongest = [(0, 0i16); VOTING];
    let mut sky = None;
    let (mut before, mut last) = (0i16, 0i16);
    for (above, window) in levels.windows(2 * REACH).enumerate() {
        let (upper, lower) = window.split_at(REACH);
        let sum = |part: &[u8]| part.iter().map(|&level| i16::from(level)).sum::<i16>();
        let step = sum(upper) - sum(lower);
        let mean = step / REACH as i16;
        if sky.is_none() && (mean >= SKY_ENDS.0 || mean <= -SKY_ENDS.1) {
            sky = Some((above + REACH) as u8);
        }
        // The one before was a peak if neither neighbour is higher.
        let height = last.abs();
        if height >= LEAST_STEP * REACH as i16 && height > before.abs() && height >= step.abs() {
            insert(&mut strongest, ((above - 1 + REACH) as u8, last));
        }
        (before, last) = (last, step);
    }
    (strongest, sky.unwrap_or(levels.len() as u8))
}

fn insert(strongest: &mut [(u8, i16); VOTING], mut step: (u8, i16)) {
    for place in strongest {
        if step.1.abs() > place.1.abs() {
            core::mem::swap(place, &mut step);
        }
    }
}

/// A straight line in rows and columns of a view.
#[derive(Clone, Copy)]
struct Line {
    /// Its row in the middle.
    middle: f32,
    /// Rows down for a column to the right.
    slope: f32,
}

impl Line {
    /// The row in a column, counted from the middle.
    fn at(self, x: f32) -> f32 {
        self.middle + self.slope * x
    }

    /// Fits the candidate to the steps that lie near it; `None` if too few do.
    fn fitted(view: &View<'_>, steps: &Steps, candidate: &Candidate) -> Option<Self> {
        let columns = view.width.min(FITTED);
        let middle = view.width as f32 / 2.0;
        let x = |column: usize| (2 * column + 1) * view.width / (2 * columns).max(1);
        let mut line = Self {
            middle: (candidate.row * steps.pitch) as f32,
            slope: candidate.tangent as f32 / 65_536.0,
        };
        // The coarse line is good for a row and half a step of its slope.
        let coarse = 1.5 * steps.pitch as f32 + 0.02 * middle;
        let mut found = [(0.0f32, 0.0f32, 0i32); FITTED];
        for (column, found) in found.iter_mut().take(columns).enumerate() {
            let x = x(column);
            let across = x as f32 - middle;
            let (row, step) = edge(view, x, line.at(across), coarse, candidate.bright_above);
            *found = (across, row, step);
        }
        let found = found.get(..columns).unwrap_or(&[]);
        let fine = FINE * view.height as f32 + 1.0;
        for tolerance in [coarse, (coarse + fine) / 2.0, fine] {
            line = line.least_squares(found, tolerance)?;
        }
        let on_line = |&(x, row, step): &(f32, f32, i32)| {
            step >= LEAST_STEP.into() && (line.at(x) - row).abs() <= fine
        };
        let enough = |part: &[(f32, f32, i32)], percent: usize| {
            part.iter().filter(|point| on_line(point)).count() * 100 >= part.len() * percent
        };
        let thirds = || found.chunks(found.len().div_ceil(3).max(1));
        let spans = thirds().all(|third| enough(third, ON_LINE_OF_A_THIRD));
        let contrast: i32 = found.iter().filter(|p| on_line(p)).map(|&(_, _, step)| step).sum();
        let strong = contrast >= CONTRAST * columns as i32;
        let height = view.height as f32;
        let beside = (BESIDE * height) as usize;
        let differs = |&&(x, row, _): &&(f32, f32, i32)| {
            let (x, row) = ((x + middle) as usize, row as usize);
            let (above, below) = (view.at(x, row.saturating_sub(beside)), view.at(x, row + beside));
            2 * (above - below) >= CONTRAST
        };
        let apart = found.iter().filter(differs).count() * 100 >= columns * ON_LINE_OF_A_THIRD;
        let inside = (RIM * height..(1.0 - RIM) * height).contains(&line.middle);
        let level = libm::fabsf(line.slope) <= STEEPEST;
        (spans && enough(found, ON_LINE) && strong && apart && inside && level).then_some(line)
    }

    /// The line nearest to the points within `tolerance` of this one.
    fn least_squares(self, points: &[(f32, f32, i32)], tolerance: f32) -> Option<Self> {
        let near = points
            .iter()
            .filter(|&&(x, row, step)| step > 0 && (self.at(x) - row).abs() <= tolerance);
        let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32);
        for &(x, y, _) in near {
            n += 1.0;
            sx += x;
            sy += y;
            sxx += x * x;
            sxy += x * y;
        }
        let determinant = n * sxx - sx * sx;
        if n < 8.0 || determinant <= 0.0 {
            return None;
        }
        let slope = (n * sxy - sx * sy) / determinant;
        Some(Self { middle: (sy - slope * sx) / n, slope })
    }
}

/// The row near another one before which a column changes most in the wanted
/// direction, and by how many levels: means of two rows on either side.
fn edge(view: &View<'_>, x: usize, near: f32, reach: f32, bright_above: bool) -> (f32, i32) {
    let first = (near - reach).max(2.0) as usize;
    let last = ((near + reach).max(2.0) as usize).min(view.height.saturating_sub(2));
    let mut best = (near, 0);
    let mut window = [0; 4];
    for (at, row) in window.iter_mut().zip(first.saturating_sub(2)..) {
        *at = view.at(x, row);
    }
    for row in first..=last {
        let [a, b, c, d] = window;
        let step = if bright_above { a + b - c - d } else { c + d - a - b };
        if step > 2 * best.1 + 1 {
            best = (row as f32, step / 2);
        }
        window = [b, c, d, view.at(x, row + 2)];
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::scene::{Picture, Random};
    use super::*;
    use std::vec::Vec;

    const W: usize = 1200;
    const H: usize = 800;

    /// Sky over dead leaves, or over a sea with a swell, with a horizon that rises
    /// to the right by `tilt` degrees.
    fn scene(seed: u64, tilt: f64, sea: bool) -> Picture {
        let leaves = Picture::leaves(W, H, seed);
        let mut random = Random(seed * 77 + 1);
        let middle = (35 + random.below(30)) as f64 / 100.0 * H as f64;
        let mut picture = leaves.clone();
        for (i, sample) in picture.samples.iter_mut().enumerate() {
            let (x, y) = ((i % W) as f64, (i / W) as f64);
            let line = middle - (x - W as f64 / 2.0) * tilt.to_radians().tan();
            let sky = 165.0 + 50.0 * y / H as f64;
            let ground = if sea {
                110.0 + 9.0 * ((y - line).max(0.0).sqrt() * 2.0 + x / 90.0).sin()
            } else {
                20.0 + 0.45 * f64::from(*sample)
            };
            // The edge passes through the pixel's middle.
            let share = (line - y + 0.5).clamp(0.0, 1.0);
            *sample = (share * sky + (1.0 - share) * ground) as u8;
        }
        picture.noisy(2.0, seed + 5)
    }

    fn found(picture: &Picture) -> Option<Horizon> {
        find(&picture.scene().frame(), Orientation::Upright)
    }

    #[test]
    fn horizons_are_found_within_half_a_degree() {
        let (mut seen, mut worst) = (0, 0.0f32);
        for seed in 1..6 {
            for tilt in (-8..=8).step_by(2) {
                for sea in [false, true] {
                    let tilt = tilt as f32 + 0.3 * (seed as f32 - 3.0);
                    let Some(horizon) = found(&scene(seed, tilt.into(), sea)) else {
                        continue;
                    };
                    seen += 1;
                    worst = worst.max((horizon.tilt_deg - tilt).abs());
                    let drop = libm::tanf(tilt.to_radians()) * W as f32;
                    assert!((horizon.y_left - horizon.y_right - drop).abs() < 12.0, "{horizon:?}");
                }
            }
        }
        assert!(seen >= 81, "{seen} of 90");
        assert!(worst < 0.5, "{worst} degrees");
    }

    #[test]
    fn a_camera_on_its_side_has_its_horizon_too() {
        let upright = scene(3, 3.0, true);
        let at = |x: usize, y: usize| upright.samples[y * W + x];
        // Stored as if turned by the inverse of each orientation.
        for value in 1..=8 {
            let orientation = Orientation::from_exif(value).expect("valid");
            let (w, h) = orientation.size(W as u32, H as u32);
            let mut stored = Picture::flat(w as usize, h as usize, 0);
            for (i, sample) in stored.samples.iter_mut().enumerate() {
                let (x, y) = ((i % w as usize) as u32, (i / w as usize) as u32);
                let pixel = crate::geometry::Rect { x, y, w: 1, h: 1 };
                let to = orientation.rect(pixel, w, h);
                *sample = at(to.x as usize, to.y as usize);
            }
            let horizon = find(&stored.scene().frame(), orientation).expect("a horizon");
            assert!((horizon.tilt_deg - 3.0).abs() < 0.5, "{value}: {horizon:?}");
        }
        // Without a word of it, the sky stands at the side.
        assert_eq!(find(&quarter_turned(&upright).scene().frame(), Orientation::Upright), None);
    }

    fn quarter_turned(picture: &Picture) -> Picture {
        let (w, h) = (picture.height, picture.width);
        let samples: Vec<u8> =
            (0..w * h).map(|i| picture.samples[(i % w) * picture.width + i / w]).collect();
        Picture { width: w, height: h, samples }
    }

    #[test]
    fn textures_noise_and_plain_areas_have_none() {
        for seed in 1..9 {
            let leaves = Picture::leaves(W, H, seed);
            assert_eq!(found(&leaves), None, "{seed}");
            assert_eq!(found(&leaves.defocused(9)), None, "{seed}");
            assert_eq!(found(&Picture::flat(W, H, 120).noisy(30.0, seed)), None, "{seed}");
        }
        assert_eq!(found(&Picture::flat(W, H, 0)), None);
        assert_eq!(found(&Picture::flat(8, 8, 90)), None);
    }

    #[test]
    fn stripes_short_edges_steep_ones_and_rims_are_none() {
        let rows = |level: &dyn Fn(usize, usize) -> u8| {
            let mut picture = Picture::flat(W, H, 0);
            for (i, sample) in picture.samples.iter_mut().enumerate() {
                *sample = level(i % W, i / W);
            }
            found(&picture)
        };
        let bright = |on: bool| if on { 200 } else { 60 };
        assert!(rows(&|_, y| bright(y < 400)).is_some(), "the plainest there is");
        assert_eq!(rows(&|_, y| bright(y / 100 % 2 == 0)), None, "shelves");
        assert_eq!(rows(&|_, y| bright(!(400..410).contains(&y))), None, "a wire");
        assert_eq!(rows(&|x, y| bright(y < 400 || x < 420)), None, "half of one");
        assert_eq!(rows(&|x, y| bright(3 * y < 600 + x)), None, "a hillside");
        assert_eq!(rows(&|_, y| bright(y < 60)), None, "at the rim");
        assert_eq!(rows(&|_, y| bright(y >= 400)), None, "brighter below");
    }

    #[test]
    fn what_was_not_seen_is_no_horizon() {
        let scene = scene(1, 0.0, true).scene();
        let mut frame = scene.frame();
        assert!(find(&frame, Orientation::Upright).is_some());
        frame.blocks_seen -= 1;
        assert_eq!(find(&frame, Orientation::Upright), None);
    }
}
