//! One pass over the cells: how much light falls on what has detail.
//!
//! A subject has detail and lies rather in the middle; what surrounds it in low key
//! or against the light has none. So each cell counts by its place and by its
//! contrast. Contrast is relative to the cell's own light: a logarithm of both, so
//! that what is multiplied by the exposure falls out.

use super::colour::{Colour, along, factor};
use super::{BLACK_LEVEL, Bell};
use crate::bands::{BANDS, DIAGONAL, HORIZONTAL, VERTICAL, log2_code};
use crate::frame::Frame;
use crate::measure::cells;
use crate::measure::stats::{percentile, share};

/// Size of a cell in pixels.
const CELL: (u64, u64) = (32, 8);

/// Contrast is counted in eighths of an octave of power, 1 to this; 1 is a
/// sixteenth of the luma or less, in amplitude a quarter; the most is 16 times the
/// power of the luma.
const MOST: i32 = 64;
const LEAST_OF_LUMA: i32 = 32;

/// A light stands out from the darkness in every direction: in each of the lowest
/// bands by this much from the median of all cells (three octaves of power, which
/// noise never reaches in all), and beyond what a single coefficient of a coarsely
/// quantised file has. Eighths of an octave.
const OUTSTANDING: usize = 24;
const STRONG: usize = 72;

/// Cells whose light is looked at, at most; lamps and stars are looked for in all.
const CELLS: usize = 1 << 12;

/// Codes that noise below a quantisation step may have in all of the lowest bands.
const QUANTISED: usize = 60;

/// What the cells show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Subject {
    /// Mean octaves of luma, weighted by place and contrast.
    pub(super) detail: f32,
    /// Mean contrast, 0..1.
    pub(super) contrast: f32,
    /// Mean level of the brightest channel, weighted by place: 0..1.
    pub(super) brightness: f32,
    /// Cells that stand out from the darkness around.
    pub(super) lights: u64,
    /// By how much the strongest hundredth of all cells exceeds noise, in eighths of
    /// an octave of power: 8 to 16 for noise alone.
    pub(super) relief: u8,
}

impl Subject {
    /// `None` if no cell was seen.
    pub(super) fn of(frame: &Frame<'_>, bell: &Bell) -> Option<Self> {
        let (width, height) = (u64::from(frame.width), u64::from(frame.height));
        let (across, down) = (factor(bell.len(), width), factor(bell.len(), height));
        let weight = |at: u64, factor: u64| {
            let step = along(at, factor).min(bell.len() - 1);
            bell.get(step).copied().map_or(0, u64::from)
        };
        let colour = Colour::new(frame, width, height);
        let light: [u8; 256] = core::array::from_fn(octaves16);
        let every = frame.cells.cells.len().div_ceil(CELLS).max(1);
        let (mut seen, mut contrasts) = (0u64, 0u64);
        let (mut places, mut brightness) = (0u64, 0u64);
        let (mut weights, mut lights) = (0u64, 0u64);
        let mut lowest = [0u32; 256];
        let mut line = (usize::MAX, 0, colour.row(0));
        for (index, (col, row, cell)) in cells(frame).enumerate() {
            let [horizontal, vertical, diagonal] = lowest_bands(&cell.codes);
            let least = horizontal.min(vertical).min(diagonal);
            if let Some(count) = lowest.get_mut(usize::from(least)) {
                *count = count.saturating_add(1);
            }
            if index % every != 0 {
                continue;
            }
            if line.0 != row {
                let y = (row as u64).saturating_mul(u64::from(frame.cells.pitch_y));
                let y = y.saturating_add(CELL.1 / 2);
                line = (row, weight(y, down), colour.row(y));
            }
            let (_, row_weight, colours) = line;
            let x = (col as u64).saturating_mul(u64::from(frame.cells.pitch_x));
            let x = x.saturating_add(CELL.0 / 2);
            let place = row_weight * weight(x, across);
            let octaves = light.get(usize::from(cell.mean)).copied().unwrap_or(0);
            let contrast = i32::from(horizontal.max(vertical)) - i32::from(octaves);
            let contrast = (contrast + LEAST_OF_LUMA).clamp(1, MOST) as u64;
            let brightest = colours.rgb(x, cell.mean).into_iter().max().unwrap_or(0);
            seen += 1;
            contrasts += contrast;
            places += place;
            brightness += place * brightest.clamp(0, 255) as u64;
            weights += place * contrast;
            lights += place * contrast * u64::from(octaves);
        }
        (weights > 0).then(|| Self {
            detail: lights as f32 / weights as f32 / 16.0,
            contrast: share(contrasts, seen * MOST as u64),
            brightness: share(brightness, 255 * places),
            lights: outstanding(&lowest),
            relief: relief(&lowest),
        })
    }
}

/// Codes of the lowest frequencies: horizontal, vertical, diagonal.
fn lowest_bands(codes: &[u8; BANDS]) -> [u8; 3] {
    [HORIZONTAL, VERTICAL, DIAGONAL].map(|[band, ..]| codes.get(band).copied().unwrap_or(0))
}

/// Sixteenths of an octave of a level.
fn octaves16(level: usize) -> u8 {
    let level = level as u64 + BLACK_LEVEL as u64;
    log2_code(level * level)
}

/// How many cells stand out, by the counts of the least code of each.
fn outstanding(lowest: &[u32; 256]) -> u64 {
    let median = percentile(lowest, 50).unwrap_or(0);
    let from = median.saturating_add(OUTSTANDING).max(STRONG);
    lowest.iter().skip(from).map(|&count| u64::from(count)).sum()
}

/// What the strongest cells have beyond noise, which is even.
fn relief(lowest: &[u32; 256]) -> u8 {
    let at = |percent| percentile(lowest, percent).unwrap_or(0);
    u8::try_from(at(99).saturating_sub(at(50).max(QUANTISED))).unwrap_or(u8::MAX)
}
