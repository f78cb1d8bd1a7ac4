//! What can be measured of a [`Frame`]: sharpness, motion, exposure, noise,
//! composition.
//!
//! In comes a frame, with hints from the camera where there are any; out goes
//! [`Measured`]: the public numbers and the evidence behind them that the
//! [judge](crate::judge) needs. Every number is finite and in its range whatever
//! the frame holds. Working memory is some 40 KiB of stack, time is linear in the
//! frame's cells and luma samples.
//!
//! | module | question | looks at |
//! | --- | --- | --- |
//! | [`exposure`] | is it too dark, too bright, or nothing at all? | histogram, 1/8 planes |
//! | [`noise`] | how strong is the noise? | middle frequencies of flat cells |
//! | [`features`] | how does detail fall off? | all cells |
//! | [`sharpness`] | is anything in focus? | features |
//! | [`motion`] | was it moved, and which way? | features, cells, 1/8 plane |
//! | [`people`] | what do the faces say of focus, light and the subject? | faces, cells, 1/8 plane |
//! | [`eyes`] | is an eye open? For devices that run no network | a crop of an eye |
//! | [`subject`] | where is the subject, and is the focus on it? | cells |
//! | [`horizon`] | is there a horizon, and is it level? | 1/8 plane |
//! | [`composition`] | how is it placed? | the subject |

pub mod composition;
pub mod exposure;
pub mod eyes;
pub mod features;
pub mod horizon;
pub mod motion;
pub mod noise;
pub mod people;
pub mod sharpness;
pub mod subject;

mod blur_model;
mod detail;
mod region;
mod stats;
mod trees;

pub use detail::cell_sharpness;

use crate::face::{Face, MAX_FACES};
use crate::frame::{Cell, Frame};
use crate::geometry::{Orientation, Rect};
use crate::verdict::Measures;
use core::ops::Range;
use features::Features;
use subject::By;

/// What is known besides the frame: what the camera says of how the picture was
/// taken, and the faces that were found in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hints<'a> {
    /// Sensitivity (ISO 12232).
    pub iso: Option<u32>,
    /// Exposure time in seconds.
    pub exposure_s: Option<f32>,
    /// Focal length in millimetres.
    pub focal_mm: Option<f32>,
    /// Where the subject is, in pixels of the stored picture: EXIF's subject area.
    pub subject: Option<Rect>,
    /// How the stored picture must be turned to stand upright.
    pub orientation: Orientation,
    /// Faces that were found, in pixels of the upright picture, with their eyes where
    /// these were looked at. [`MAX_FACES`] at most are taken.
    pub faces: &'a [Face],
}

/// All that was measured of a frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// The public numbers.
    pub measures: Measures,
    /// Evidence of focus.
    pub sharpness: sharpness::Sharpness,
    /// Evidence of motion.
    pub motion: motion::Motion,
    /// Evidence of exposure.
    pub light: exposure::Light,
    /// Noise.
    pub noise: noise::Noise,
    /// Probability that nothing was photographed: lens cap, pocket, blank.
    pub accidental: f32,
    /// Probability that the subject is soft while something else is sharp. 0 where
    /// neither the camera nor a face says where the subject is.
    pub subject_soft: f32,
    /// The subject: what the camera marked, else the prominent faces, else the sharpest
    /// coherent region.
    pub subject: Option<subject::Subject>,
    /// The horizon of the upright picture, if there is one beyond doubt.
    pub horizon: Option<horizon::Horizon>,
    /// Size of the stored picture in pixels.
    pub size: (u32, u32),
    /// The faces, most prominent first, with their sharpness. Alone of all that was
    /// measured they are in pixels of the upright picture.
    pub faces: heapless::Vec<Face, MAX_FACES>,
    /// What the prominent ones of them say.
    pub people: people::People,
}

/// Measures a frame.
#[must_use]
pub fn measure(frame: &Frame<'_>, hints: &Hints<'_>) -> Measured {
    let (faces, people) = people::measure(frame, hints);
    let light = exposure::measure(frame, people.luma);
    let noise = noise::measure(frame, hints);
    let features = Features::of(frame);
    let sharpness = sharpness::measure(frame, &features);
    let motion = motion::measure(frame, &features, sharpness.blur);
    let subject = subject::locate(frame, &features, hints, people.region);
    let region = subject.map(|subject| subject.region);
    Measured {
        measures: Measures {
            blur: sharpness.blur,
            sharpness: sharpness.crispness,
            motion: motion.motion,
            exposure: light.exposure,
            noise: noise.amount,
            composition: composition::measure(region, frame.width, frame.height),
            quality: None,
        },
        sharpness,
        motion,
        light,
        noise,
        accidental: exposure::blank(&light, sharpness.textured),
        subject_soft: subject.map_or(0.0, |subject| match subject.by {
            By::Camera => people.soft_at(subject.region).max(subject::soft(frame, subject.region)),
            By::Faces => people.soft,
            By::Detail => 0.0,
        }),
        subject,
        horizon: horizon::find(frame, hints.orientation),
        size: (frame.width, frame.height),
        faces,
        people,
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

/// The same without their places.
fn seen<'a>(frame: &Frame<'a>) -> impl Iterator<Item = &'a Cell> + use<'a> {
    let grid = frame.cells;
    let used = grid.cells.len().min(grid.cols.saturating_mul(grid.rows));
    grid.cells.get(..used).unwrap_or(&[]).iter().filter(|cell| cell.is_seen())
}

/// Columns and rows of the cells whose middles lie in a box of the stored picture.
fn spans(frame: &Frame<'_>, region: Rect) -> (Range<usize>, Range<usize>) {
    let span = |start: u32, length: u32, pitch: u32, middle: u32, count: usize| {
        // The first whose middle is not before a pixel.
        let from = |pixel: u32| match pixel.saturating_sub(middle) {
            0 => 0,
            // Of cells that all lie in one place none is farther.
            beyond => beyond.checked_add(pitch.saturating_sub(1)).map_or(count, |sum| {
                sum.checked_div(pitch).map_or(count, |at| (at as usize).min(count))
            }),
        };
        from(start)..from(start.saturating_add(length))
    };
    let grid = &frame.cells;
    let columns = span(region.x, region.w, grid.pitch_x, 16, grid.cols);
    (columns, span(region.y, region.h, grid.pitch_y, 4, grid.rows))
}

/// The seen cells whose middles lie in a box.
fn inside<'a>(frame: &Frame<'a>, region: Rect) -> impl Iterator<Item = &'a Cell> + Clone + use<'a> {
    let (columns, rows) = spans(frame, region);
    let grid = frame.cells;
    let rows = grid.cells.chunks(grid.cols.max(1)).take(rows.end).skip(rows.start);
    let cells = rows.flat_map(move |row| {
        row.get(columns.start..columns.end.min(row.len())).unwrap_or_default()
    });
    cells.filter(|cell| cell.is_seen())
}

#[cfg(test)]
pub(crate) mod scene;
#[cfg(test)]
mod tests;
