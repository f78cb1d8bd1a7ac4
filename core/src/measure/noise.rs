//! How strong the noise is.
//!
//! Detail lives in edges, noise everywhere. What is left in the middle
//! frequencies of cells without detail is noise: cells are taken for flat where
//! the means of neighbouring blocks are alike, and, a second opinion, where the
//! low frequencies have least power. Sharpening raises the high frequencies of
//! edges and leaves these.
//!
//! The DCT is orthonormal, so that white noise of standard deviation s adds s * s
//! to the square of every coefficient, and the mean of the squares estimates it.
//! A mean, not a percentile: of faint noise JPEG's quantisation leaves a large
//! coefficient here and there, of which most cells know nothing. The cells with
//! most power are left out of it, as they may hold detail after all. A camera's
//! noise is smoother than white, and JPEG swallows the faintest: the result is a
//! lower bound.

use super::Hints;
use super::detail::level;
use super::stats::{Histogram, interpolate, total};
use crate::bands::{self, CELL_BLOCKS, COEFFICIENTS};
use crate::frame::{Cell, Frame};

/// Cells looked at: more tell nothing new.
const CELLS: usize = 3072;

/// Means of cells that may be taken for flat, for either opinion: outside, noise
/// is clipped with the light.
const SMOOTH_LUMA: core::ops::RangeInclusive<u8> = 16..=225;
const PLAIN_LUMA: core::ops::RangeInclusive<u8> = 8..=240;

/// With fewer such cells, all are looked at.
const ENOUGH: u64 = 24;

/// Percent of cells that are taken for flat, at least so many cells, and the
/// percent of those that are averaged, for either opinion. That the means of
/// blocks are alike does not exclude fine texture: only the lower half counts.
const SMOOTH: (u64, u64) = (5, 50);
const PLAIN: (u64, u64) = (5, 90);
const AT_LEAST: u64 = 8;

/// Variance that rounding to whole levels hides: a picture without any noise
/// still counts as so noisy.
const ROUNDING: f32 = 1.0 / 12.0;

/// Octaves of sigma, and the amount of noise there, which grows from the
/// [rounding](ROUNDING) on. An unsharp mask of 150 % multiplies noise by 2.5 at
/// most, 1.32 octaves, and must add no more than 0.05: hence the gentle slope up
/// to a sigma of 16. What is twice as strong hides the picture.
const AMOUNT: [(f32, f32); 5] = [(-1.8, 0.0), (0.0, 0.03), (4.0, 0.18), (5.0, 0.8), (5.5, 1.0)];

/// White noise makes the means of blocks differ by a third of its sigma, a
/// camera's coarser noise by twice that. Where those of the flattest cells differ
/// by more, nothing is flat, and what was measured is detail, at least in part:
/// more than the gentle slope's end is not believed.
const FLAT: f32 = 0.75;
const UNSURE_AT_MOST: f32 = 4.0;

/// Above this sensitivity noise is expected: half an octave for each doubling is
/// forgiven, as photon noise grows, to so many octaves.
const BASE_ISO: f32 = 800.0;
const FORGIVEN_AT_MOST: f32 = 2.0;

/// Noise of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Noise {
    /// Standard deviation in levels of 255.
    pub sigma: f32,
    /// 0 clean .. 1 unusable, after what the sensitivity leads one to expect.
    pub amount: f32,
}

/// Weighted sums of five levels, two to a bin: -272 at least.
const LOWEST_LOW: i32 = -272;

/// Measures the noise.
#[must_use]
#[inline(never)]
pub fn measure(frame: &Frame<'_>, hints: &Hints<'_>) -> Noise {
    let mut survey = Survey::new();
    survey.look(frame, false);
    if survey.gradients.total() < ENOUGH || survey.low.total() < ENOUGH {
        survey.look(frame, true);
    }
    let smooth = limit(&survey.gradients, SMOOTH.0);
    let plain = limit(&survey.low, PLAIN.0);
    let (mut of_smooth, mut of_plain): (Energies, Energies) = ([0; 256], [0; 256]);
    for ((_, cell), &gradient) in sample(frame).zip(&survey.each) {
        if survey.may_be_smooth(cell) && usize::from(gradient) <= smooth {
            count(&mut of_smooth, middle(cell));
        }
        if survey.may_be_plain(cell) && usize::try_from(low(cell)).is_ok_and(|l| l <= plain) {
            count(&mut of_plain, middle(cell));
        }
    }
    let (Some(a), Some(b)) = (octaves(&of_smooth, SMOOTH.1), octaves(&of_plain, PLAIN.1)) else {
        return Noise::default();
    };
    let octaves = (a + 2.0 * b) / 3.0;
    let stops = hints.iso.map_or(0.0, |iso| libm::log2f((iso as f32 / BASE_ISO).max(1.0)));
    let sigma = libm::exp2f(octaves);
    let is_flat = smooth as f32 <= FLAT * sigma;
    let sure = if is_flat { octaves } else { octaves.min(UNSURE_AT_MOST) };
    let excess = sure - (stops / 2.0).min(FORGIVEN_AT_MOST);
    Noise { sigma, amount: interpolate(&AMOUNT, excess) }
}

/// Numbers of cells by the code of their energy.
type Energies = [u32; 256];

/// The distributions that the limits come from.
struct Survey {
    gradients: Histogram<256>,
    low: Histogram<1536>,
    /// The gradients, cell by cell; of those that may not be smooth, any.
    each: [u8; CELLS],
    all: bool,
}

impl Survey {
    const fn new() -> Self {
        Self { gradients: Histogram::new(), low: Histogram::new(), each: [0; CELLS], all: false }
    }

    /// Looks at the cells of ordinary luma, or at all, and forgets what it saw before.
    fn look(&mut self, frame: &Frame<'_>, all: bool) {
        self.all = all;
        self.gradients.clear();
        self.low.clear();
        for (index, (place, cell)) in sample(frame).enumerate() {
            if self.may_be_smooth(cell) {
                let gradient = gradient(frame, place);
                self.gradients.add(gradient.into());
                if let Some(each) = self.each.get_mut(index) {
                    *each = gradient;
                }
            }
            if self.may_be_plain(cell) {
                self.low.add(low(cell).into());
            }
        }
    }

    fn may_be_smooth(&self, cell: &Cell) -> bool {
        self.all || SMOOTH_LUMA.contains(&cell.mean)
    }

    fn may_be_plain(&self, cell: &Cell) -> bool {
        self.all || PLAIN_LUMA.contains(&cell.mean)
    }
}

/// The least bin that the wanted percent of values, and at least
/// [`AT_LEAST`], do not exceed.
fn limit<const N: usize>(histogram: &Histogram<N>, percent: u64) -> usize {
    histogram.at_rank((histogram.total() * percent / 100).max(AT_LEAST)).unwrap_or(N)
}

fn count(energies: &mut Energies, code: u8) {
    if let Some(cells) = energies.get_mut(usize::from(code)) {
        *cells = cells.saturating_add(1);
    }
}

/// Mean energy of the given percent of the cells, the least, in octaves of sigma.
fn octaves(energies: &Energies, percent: u64) -> Option<f32> {
    let kept = (total(energies) * percent).div_ceil(100);
    let (mut left, mut sum) = (kept, 0);
    for (code, &cells) in (0..=u8::MAX).zip(energies) {
        let count = u64::from(cells).min(left);
        left -= count;
        sum += count * bands::energy_of_code(code);
    }
    if kept == 0 {
        return None;
    }
    // Sixteenths, and the one that each code has more than the energy.
    let energy = (sum as f32 / (16 * kept) as f32 - 1.0).max(0.0);
    let variance = energy / (CELL_BLOCKS * MIDDLE_COEFFICIENTS) as f32 + ROUNDING;
    Some(libm::log2f(variance) / 2.0)
}

/// Bands of the third ring, where edges have little left and JPEG still keeps
/// noise, and their coefficients in a block.
const MIDDLE: [usize; 3] = [4, 5, 11];
const MIDDLE_COEFFICIENTS: u32 = COEFFICIENTS[4] + COEFFICIENTS[5] + COEFFICIENTS[11];

/// Code of the energy of those bands, and one.
fn middle(cell: &Cell) -> u8 {
    let [a, b, c] = MIDDLE.map(|band| {
        let code = cell.codes.get(band).copied().unwrap_or(0);
        let count = COEFFICIENTS.get(band).copied().unwrap_or(0);
        bands::energy_of_code(code).saturating_sub(16 * u64::from(count))
    });
    bands::log2_code((a + b + c + 8) / 16 + 1)
}

/// Levels of the two coarsest rings, as a bin.
fn low(cell: &Cell) -> i32 {
    let first = level(cell, 0) + level(cell, 1) + level(cell, 10);
    let second = level(cell, 2) + level(cell, 3);
    (i32::from(2 * first + 3 * second) - LOWEST_LOW) / 2
}

/// An even sample of the cells, with their place in the grid.
fn sample<'a>(frame: &Frame<'a>) -> impl Iterator<Item = (usize, &'a Cell)> + use<'a> {
    let cells = frame.cells.cells;
    let every = cells.len().div_ceil(CELLS).max(1);
    cells.iter().enumerate().step_by(every).filter(|(_, cell)| cell.is_seen())
}

/// The greatest difference between the means of the blocks on either side of one
/// of a cell's.
fn gradient(frame: &Frame<'_>, place: usize) -> u8 {
    let (grid, luma) = (&frame.cells, &frame.luma);
    let cols = grid.cols.max(1);
    // Pixels that a sample of the plane stands for.
    let side = |pixels: u32, samples: usize| (pixels as usize).div_ceil(samples.max(1)).max(1);
    let side = (side(frame.width, luma.width()), side(frame.height, luma.height()));
    let y = (place / cols).saturating_mul(grid.pitch_y as usize) / side.1;
    let left = (place % cols).saturating_mul(grid.pitch_x as usize);
    let [above, here, below] =
        [y.saturating_sub(1), y, (y.saturating_add(1)).min(luma.height().saturating_sub(1))]
            .map(|y| luma.row(y));
    let mut greatest = 0;
    for block in 0..CELL_BLOCKS as usize {
        let x = left.saturating_add(8 * block) / side.0;
        let at = |row: &[u8], x: usize| row.get(x).or(row.last()).copied().unwrap_or(0);
        let across = at(here, x.saturating_add(1)).abs_diff(at(here, x.saturating_sub(1)));
        let down = at(below, x).abs_diff(at(above, x));
        greatest = across.max(down).max(greatest);
    }
    greatest
}

#[cfg(test)]
#[path = "noise_tests.rs"]
mod tests;
