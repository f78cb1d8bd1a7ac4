//! What the score looks at besides the network: 702 numbers of the view and its half.
//!
//! In come planes, out go [`MEASURES`] numbers in the order of
//! `models/train/quality/measures.py`, which computes the same: for the view and for
//! its half the features of the blur model, means and covariances of the cells'
//! levels; for the view also levels of 3 x 3 zones; light and colour of the thumbnail.

use crate::bands::BANDS;
use crate::frame::{Cell, CellGrid, Frame, FrameBuffers, FrameBuilder};
use crate::kernels::Isa;
use crate::measure::features::{self, Features};
use crate::pixels::{Chroma, PixelFeeder};
use crate::plane::Plane;

/// Numbers of a view.
pub const MEASURES: usize = 2 * (FEATURES + MOMENTS) + ZONES * ZONES * KINDS + COLOURS;

/// All features but the last, the size of the frame.
const FEATURES: usize = features::COUNT - 1;
/// Levels of the bands, and luma.
const LEVELS: usize = BANDS + 1;
const MOMENTS: usize = LEVELS + LEVELS * (LEVELS + 1) / 2;
/// Six rings, and luma.
const KINDS: usize = 7;
const ZONES: usize = 3;
const COLOURS: usize = 31;

/// Code of a band whose coefficients are all of size 1: `8 log2(4 n)`, rounded.
const OFFSETS: [i32; BANDS] = [24, 24, 24, 24, 32, 32, 37, 37, 32, 32, 16, 32, 40, 32, 43];
const RINGS: [&[usize]; 6] = [&[0, 1, 10], &[2, 3], &[4, 5, 11], &[6, 7, 12], &[8, 9, 13], &[14]];

/// The longest side of a view.
pub(super) const LONGEST: usize = 2048;
const CELLS: usize = 4096;

/// Working memory of the measures, some 100 KiB.
#[derive(Clone, Debug)]
pub struct ViewMemory {
    luma: [u8; 8192],
    cells: [Cell; CELLS],
    strip: [i16; LONGEST / 8],
    sums: [u32; LONGEST / 8],
    halved: [u8; 8 * LONGEST / 2],
}

impl ViewMemory {
    /// Memory for views of up to 2048 pixels a side.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            luma: [0; 8192],
            cells: [Cell::UNSEEN; CELLS],
            strip: [0; LONGEST / 8],
            sums: [0; LONGEST / 8],
            halved: [0; 8 * LONGEST / 2],
        }
    }
}

impl Default for ViewMemory {
    fn default() -> Self {
        Self::new()
    }
}

/// Where numbers are written, one after the other.
struct Writer<'o> {
    out: core::slice::IterMut<'o, f32>,
}

impl Writer<'_> {
    fn put(&mut self, value: f32) {
        if let Some(slot) = self.out.next() {
            *slot = value;
        }
    }
}

/// Computes all measures. `None` if the view is too large or too small: 64 x 64 at
/// least, [`LONGEST`] at most.
pub(super) fn measures(
    view: &Plane<'_>,
    thumbnail: (&[i8], usize),
    memory: &mut ViewMemory,
    isa: Isa,
    out: &mut [f32; MEASURES],
) -> Option<()> {
    let sides = 64..=LONGEST;
    if !sides.contains(&view.width()) || !sides.contains(&view.height()) {
        return None;
    }
    let mut out = Writer { out: out.iter_mut() };
    let ViewMemory { luma, cells, strip, sums, halved } = memory;
    for half in [false, true] {
        let buffers = FrameBuffers {
            luma: luma.as_mut_slice(),
            chroma: [&mut [], &mut []],
            cells: cells.as_mut_slice(),
            strips: [strip.as_mut_slice(), &mut [], &mut []],
            sums: [sums.as_mut_slice(), &mut [], &mut []],
        };
        let mut builder = FrameBuilder::new(buffers);
        let divisor = if half { 2 } else { 1 };
        let (width, height) = (view.width() / divisor, view.height() / divisor);
        let size = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
        let mut feeder = PixelFeeder::begin(&mut builder, isa, size, Chroma::None)?;
        if half {
            for top in (0..height).step_by(8) {
                let rows = (height - top).min(8);
                halve(view, top, rows, width, halved);
                feeder.strip(&Plane::new(halved, width, rows, width)?, None);
            }
        } else {
            feeder.picture(view, None);
        }
        let frame = builder.finish()?;
        features(&frame, &mut out);
        moments(&frame.cells, &mut out);
        if !half {
            zones(&frame.cells, &mut out);
        }
    }
    colours(thumbnail.0, thumbnail.1, &mut out);
    Some(())
}

/// Means of 2 x 2 samples, rounded half up; an odd last row or column is left out.
fn halve(view: &Plane<'_>, top: usize, rows: usize, width: usize, out: &mut [u8]) {
    for (y, line) in out.chunks_exact_mut(width.max(1)).take(rows).enumerate() {
        let at = 2 * (top + y);
        let (upper, lower) = (view.row(at), view.row(at + 1));
        let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
        for (slot, (a, b)) in line.iter_mut().zip(pairs) {
            let sum: u16 = a.iter().chain(b).map(|&sample| u16::from(sample)).sum();
            *slot = ((sum + 2) >> 2) as u8;
        }
    }
}

fn features(frame: &Frame<'_>, out: &mut Writer<'_>) {
    let features = Features::of(frame);
    features.values().iter().take(FEATURES).for_each(|&value| out.put(value.into()));
}

/// Levels of a cell's bands in eighths of an octave of power, then luma from 128.
fn levels(cell: &Cell) -> [i32; LEVELS] {
    let mut levels = [0; LEVELS];
    let bands = cell.codes.iter().zip(OFFSETS).map(|(&code, offset)| i32::from(code) - offset);
    let all = bands.chain([i32::from(cell.mean) - 128]);
    levels.iter_mut().zip(all).for_each(|(slot, level)| *slot = level);
    levels
}

/// What a step of a level counts.
fn unit(level: usize) -> f32 {
    if level == BANDS { 1.0 / 32.0 } else { 1.0 / 16.0 }
}

fn moments(grid: &CellGrid<'_>, out: &mut Writer<'_>) {
    let mut count = 0i64;
    // At most 4096 cells of levels within 8 bits: exact.
    let mut sums = [0i32; LEVELS];
    let mut products = [[0i32; LEVELS]; LEVELS];
    for cell in grid.cells.iter().take(grid.cols.saturating_mul(grid.rows)) {
        let levels = levels(cell);
        count += 1;
        for ((sum, line), &a) in sums.iter_mut().zip(&mut products).zip(&levels) {
            *sum += a;
            line.iter_mut().zip(&levels).for_each(|(slot, &b)| *slot += a * b);
        }
    }
    let n = count.max(1);
    let sums = sums.map(i64::from);
    let products = products.map(|line| line.map(i64::from));
    for (level, &sum) in sums.iter().enumerate() {
        out.put(sum as f32 / n as f32 * unit(level));
    }
    for (a, (line, &sum_a)) in products.iter().zip(&sums).enumerate() {
        for (b, (&product, &sum_b)) in line.iter().zip(&sums).enumerate().skip(a) {
            let covariance = (n * product - sum_a * sum_b) as f32 / (n * n) as f32;
            out.put(covariance * unit(a) * unit(b));
        }
    }
}

fn zones(grid: &CellGrid<'_>, out: &mut Writer<'_>) {
    for zy in 0..ZONES {
        for zx in 0..ZONES {
            let span = |zone: usize, of: usize| of * zone / ZONES..of * (zone + 1) / ZONES;
            let mut sums = [0i32; LEVELS];
            let mut count = 0u32;
            for row in span(zy, grid.rows) {
                let columns = span(zx, grid.cols);
                let start = row.saturating_mul(grid.cols);
                let range = start.saturating_add(columns.start)..start.saturating_add(columns.end);
                for cell in grid.cells.get(range).unwrap_or(&[]) {
                    count += 1;
                    sums.iter_mut().zip(levels(cell)).for_each(|(sum, level)| *sum += level);
                }
            }
            let count = count.max(1) as f32;
            for ring in RINGS {
                let sum: i32 = ring.iter().filter_map(|&band| sums.get(band)).sum();
                out.put(sum as f32 / (count * ring.len() as f32) * unit(0));
            }
            out.put(sums.last().map_or(0.0, |&sum| sum as f32 / count * unit(BANDS)));
        }
    }
}

/// Mean, deviation and percentiles of numbers from 0 to 255.
struct Spread {
    counts: [u32; 256],
    count: u32,
    sum: f32,
    squares: f32,
}

impl Spread {
    fn of(values: impl Iterator<Item = f32>) -> Self {
        let mut spread = Self { counts: [0; 256], count: 0, sum: 0.0, squares: 0.0 };
        for value in values {
            if let Some(slot) = spread.counts.get_mut((value as usize).min(255)) {
                *slot += 1;
            }
            spread.count += 1;
            spread.sum += value;
            spread.squares += value * value;
        }
        spread
    }

    fn mean(&self) -> f32 {
        self.sum / self.count.max(1) as f32
    }

    fn deviation(&self) -> f32 {
        let mean = self.mean();
        libm::sqrtf((self.squares / self.count.max(1) as f32 - mean * mean).max(0.0))
    }

    /// The least whole level that at least `percent` % do not exceed.
    fn percentile(&self, percent: u32) -> f32 {
        let rank = (percent * self.count).div_ceil(100).max(1);
        let mut below = 0;
        let level = self.counts.iter().position(|&count| {
            below += count;
            below >= rank
        });
        level.unwrap_or(0) as f32
    }
}

/// Luma, Cb and Cr of a pixel.
fn levels_at(pixel: &[i8]) -> [f32; 3] {
    let at = |channel: usize| pixel.get(channel).map_or(0.0, |&level| f32::from(level));
    [at(0) + 128.0, at(1), at(2)]
}

fn colours(pixels: &[i8], width: usize, out: &mut Writer<'_>) {
    let all = || pixels.chunks_exact(3).map(levels_at);
    let saturation_of = |[_, cb, cr]: [f32; 3]| libm::sqrtf(cb * cb + cr * cr);
    let height = (pixels.len() / 3).checked_div(width).unwrap_or(0);
    let inner = || {
        let rows = height / 4..height - height / 4;
        let columns = width / 4..width - width / 4;
        all().enumerate().filter_map(move |(at, pixel)| {
            let (x, y) = (at % width.max(1), at / width.max(1));
            (rows.contains(&y) && columns.contains(&x)).then_some(pixel)
        })
    };
    let luma = Spread::of(all().map(|[y, ..]| y));
    let saturation = Spread::of(all().map(saturation_of));
    let n = luma.count.max(1) as f32;
    // Sums of cb, cr and their squares; of cosines and sines of one to three times the hue.
    let mut chroma = [0.0f32; 4];
    let mut hues = [0.0f32; 6];
    for pixel in all() {
        let [_, cb, cr] = pixel;
        let strength = saturation_of(pixel);
        let safe = strength.max(1e-3);
        let (c1, s1) = (cb / safe, cr / safe);
        let (c2, s2) = (c1 * c1 - s1 * s1, 2.0 * c1 * s1);
        let (c3, s3) = (c1 * c2 - s1 * s2, s1 * c2 + c1 * s2);
        chroma.iter_mut().zip([cb, cr, cb * cb, cr * cr]).for_each(|(sum, value)| *sum += value);
        hues.iter_mut()
            .zip([c1, c2, c3, s1, s2, s3])
            .for_each(|(sum, value)| *sum += strength * value);
    }
    let [cb, cr, cb2, cr2] = chroma.map(|sum| sum / n);
    let deviation = |square: f32, mean: f32| libm::sqrtf((square - mean * mean).max(0.0));
    [cb, cr, deviation(cb2, cb), deviation(cr2, cr)].into_iter().for_each(|v| out.put(v));
    [5, 25, 50, 75, 95].into_iter().for_each(|p| out.put(saturation.percentile(p)));
    out.put(saturation.mean());
    out.put(saturation.deviation());
    hues.into_iter().for_each(|sum| out.put(sum / n));
    out.put(luma.mean());
    out.put(luma.deviation());
    [1, 5, 25, 50, 75, 95, 99].into_iter().for_each(|p| out.put(luma.percentile(p)));
    let (mean, scale) = (luma.mean(), 1.0 / (luma.deviation() + 1.0));
    let (mut third, mut fourth) = (0.0f32, 0.0f32);
    for [y, ..] in all() {
        let z = (y - mean) * scale;
        third += z * z * z;
        fourth += z * z * z * z;
    }
    out.put(third / n);
    out.put(fourth / n);
    let centre = Spread::of(inner().map(|[y, ..]| y));
    let colour = Spread::of(inner().map(saturation_of));
    out.put(centre.mean() - luma.mean());
    out.put(centre.deviation() - luma.deviation());
    out.put(colour.mean() - saturation.mean());
}
