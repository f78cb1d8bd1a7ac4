//! Where the horizon lies, if there is one, and how it tilts.
//!
//! A horizon is one long straight edge, nearly level, from side to side, with a
//! different tone above and below it, and no other edge like it. Columns of the
//! small luma plane vote for lines by their strongest steps (Duda and Hart, "Use
//! of the Hough transformation to detect lines and curves in pictures", 1972); the
//! winner is fitted to the steps beside it by least squares, and must hold for
//! nearly all columns. What is doubtful is no horizon.

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

/// Tangents of 0, 2, ... 14 degrees, 16 bits after the point: the slopes that are
/// voted on, either way.
const TANGENTS: [i32; 8] = [0, 2289, 4583, 6888, 9210, 11_556, 13_930, 16_340];

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
const CONTRAST: f32 = 8.0;

/// The horizon of the upright picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Horizon {
    /// Degrees by which it rises to the right, counter-clockwise as all angles;
    /// less than 0 where it falls. Between -16 and 16.
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
        let (far_x, far_y) = (self.width - 1 - x, self.height - 1 - y);
        let (x, y) = match self.orientation {
            Orientation::Upright => (x, y),
            Orientation::Mirrored => (far_x, y),
            Orientation::HalfTurn => (far_x, far_y),
            Orientation::Flipped => (x, far_y),
            Orientation::Transposed => (y, x),
            Orientation::QuarterTurn => (y, far_x),
            Orientation::Transversed => (far_y, far_x),
            Orientation::ThreeQuarterTurn => (far_y, x),
        };
        i32::from(self.plane.at(x, y))
    }
}

/// The strongest steps of some columns of a view.
struct Steps {
    /// Row, and levels times [`REACH`]: above 0 where it is brighter above, 0
    /// where there is no step.
    of: [[(u8, i16); VOTING]; COLUMNS],
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
        let pitch = view.height.div_ceil(ROWS);
        let unit = (view.width * 256 / (columns * pitch)).min(1 << 14) as i32;
        let mut steps = Self { of: [[(0, 0); VOTING]; COLUMNS], columns, pitch, unit };
        let mut levels = [0i16; ROWS];
        let levels = levels.get_mut(..view.height / pitch).unwrap_or_default();
        for (column, strongest) in steps.of.iter_mut().take(columns).enumerate() {
            let x = (2 * column + 1) * view.width / (2 * columns);
            for (row, level) in levels.iter_mut().enumerate() {
                let y = row * pitch + pitch / 2;
                *level = ((view.at(x, y) + view.at(x + 1, y)) / 2) as i16;
            }
            *strongest = strongest_of(levels);
        }
        steps
    }

    /// Rows that a line lies lower in a column than in the middle.
    fn lower(&self, tangent: i32, column: usize) -> i32 {
        let columns = 2 * column as i32 + 1 - self.columns as i32;
        (i64::from(columns) * i64::from(tangent) * i64::from(self.unit) >> 25) as i32
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
/// place.
fn strongest_of(levels: &[i16]) -> [(u8, i16); VOTING] {
    let mut strongest = [(0, 0i16); VOTING];
    let (mut before, mut last) = (0i16, 0i16);
    for (above, window) in levels.windows(2 * REACH).enumerate() {
        let (upper, lower) = window.split_at(REACH);
        let step = upper.iter().sum::<i16>() - lower.iter().sum::<i16>();
        // The one before was a peak if neither neighbour is higher.
        let height = last.abs();
        if height >= LEAST_STEP * REACH as i16 && height > before.abs() && height >= step.abs() {
            insert(&mut strongest, ((above - 1 + REACH) as u8, last));
        }
        (before, last) = (last, step);
    }
    strongest
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
        let x = |column: usize| (2 * column + 1) * view.width / (2 * columns);
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
        let strong = contrast as f32 >= CONTRAST * columns as f32;
        (spans && enough(found, ON_LINE) && strong).then_some(line)
    }

    /// The line nearest to the points within `tolerance` of this one.
    fn least_squares(self, points: &[(f32, f32, i32)], tolerance: f32) -> Option<Self> {
        let near = points.iter().filter(|&&(x, row, step)| {
            step > 0 && (self.at(x) - row).abs() <= tolerance
        });
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
