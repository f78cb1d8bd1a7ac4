//! What can be measured of a [`Frame`]: sharpness, motion, exposure, noise,
//! composition.
//!
//! In comes a frame, with hints from the camera where there are any; out goes
//! [`Measured`]: the public numbers and the evidence behind them that the
//! [judge](crate::judge) needs. Every number is finite and in its range whatever
//! the frame holds. Working memory is some 16 KiB of stack, time is linear in the
//! frame's tiles and luma samples.
//!
//! | module | question | looks at |
//! | --- | --- | --- |
//! | [`exposure`] | is it too dark, too bright, or nothing at all? | histogram, 1/8 planes |
//! | [`noise`] | how strong is the noise? | highest frequencies of the flattest tiles |
//! | [`sharpness`] | is anything in focus, and where? | fall-off of energy over frequency |
//! | [`motion`] | which way did the camera move? | difference of that fall-off by direction |
//! | [`composition`] | where does the subject lie? | the sharpest region |

pub mod composition;
pub mod exposure;
pub mod motion;
pub mod noise;
mod region;
pub mod sharpness;
mod stats;

use crate::bands::{COEFFICIENTS, energy_of_code};
use crate::frame::{Cell, Frame};
use crate::geometry::Rect;
use crate::verdict::{Measures, Motion};

/// What the camera says of how the picture was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hints {
    /// Sensitivity (ISO 12232).
    pub iso: Option<u32>,
    /// Exposure time in seconds.
    pub exposure_s: Option<f32>,
    /// Focal length in millimetres.
    pub focal_mm: Option<f32>,
}

/// All that was measured of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// The public numbers.
    pub measures: Measures,
    /// Evidence of focus.
    pub sharpness: sharpness::Sharpness,
    /// Evidence of exposure.
    pub light: exposure::Light,
    /// Noise.
    pub noise: noise::Noise,
    /// Probability that nothing was photographed: lens cap, pocket, blank.
    pub accidental: f32,
    /// Size of the stored picture in pixels.
    pub size: (u32, u32),
}

impl Measured {
    /// The subject, as far as focus tells: the sharpest region, in pixels of the
    /// stored picture.
    #[must_use]
    pub fn subject(&self) -> Option<Rect> {
        self.sharpness.region
    }
}

/// Measures a frame.
#[must_use]
pub fn measure(frame: &Frame<'_>, hints: &Hints) -> Measured {
    let light = exposure::measure(frame);
    let noise = noise::measure(frame, hints);
    let sharpness = sharpness::measure(frame, &noise, &light);
    let motion: Motion = motion::measure(&sharpness);
    Measured {
        measures: Measures {
            blur: sharpness.blur,
            sharpness: sharpness.crispness,
            motion,
            exposure: light.exposure,
            noise: noise.amount,
            composition: composition::measure(sharpness.region, frame.width, frame.height),
            quality: None,
        },
        sharpness,
        light,
        noise,
        accidental: exposure::blank(&light, sharpness.textured),
        size: (frame.width, frame.height),
    }
}

/// The frame's cells that were seen, with their column and row.
fn cells<'a>(frame: &Frame<'a>) -> impl Iterator<Item = (usize, usize, &'a Cell)> + use<'a> {
    let grid = frame.cells;
    let rows = if grid.cols == 0 { 0 } else { grid.rows };
    let rows = grid.cells.chunks(grid.cols.max(1)).take(rows).enumerate();
    rows.flat_map(|(y, row)| {
        row.iter().enumerate().filter(|(_, c)| c.is_seen()).map(move |(x, cell)| (x, y, cell))
    })
}

/// Energy of one band of a cell, as if it had 16 blocks.
fn energy(cell: &Cell, band: usize) -> u64 {
    let code = cell.codes.get(band).copied().unwrap_or(0);
    let floor = COEFFICIENTS.get(band).map_or(0, |&n| u64::from(n));
    4 * (energy_of_code(code) / 16).saturating_sub(floor)
}

#[cfg(test)]
pub(crate) mod scene;
#[cfg(test)]
mod tests;
