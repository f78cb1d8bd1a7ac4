//! What the network sees: the thumbnail of the whole picture, and which patches.
//!
//! In come planes of Y, Cb and Cr on their own grids; out go pixels of three
//! channels, side by side, as int8: sample less 128. `models/train/quality/inputs.py`
//! makes the same.

use crate::frame::{Cell, Frame};
use crate::geometry::{Orientation, Rect};
use crate::measure::cell_sharpness;
use crate::plane::Plane;
use core::ops::Range;
use heapless::Vec;

/// Pixels along a patch.
pub const PATCH: u32 = 64;

/// Patches that are looked at.
pub const PATCHES: usize = 3;

/// Widths and heights that a thumbnail may have: that whose proportions are nearest.
pub(super) const THUMBNAILS: [(u16, u16); 6] =
    [(144, 128), (160, 112), (192, 96), (128, 144), (112, 160), (96, 192)];

/// The longest side of a thumbnail.
const LONGEST: usize = 192;

/// Samples of the largest thumbnail.
pub(super) const THUMBNAIL: usize = 144 * 128;

/// A picture, or a part of one, as planes of a JPEG.
#[derive(Clone, Copy, Debug)]
pub struct Planes<'a> {
    /// Luma.
    pub luma: Plane<'a>,
    /// Cb and Cr, which cover the same with as many samples or fewer; `None` for grey.
    pub chroma: Option<[Plane<'a>; 2]>,
}

impl<'a> Planes<'a> {
    /// The three planes; the missing ones are `None`.
    fn all(&self) -> [Option<&Plane<'a>>; 3] {
        let [cb, cr] = match &self.chroma {
            Some([cb, cr]) => [Some(cb), Some(cr)],
            None => [None, None],
        };
        [Some(&self.luma), cb, cr]
    }
}

/// Width and height of the thumbnail of a picture: colour that is as fine is fine
/// enough.
#[must_use]
pub fn thumbnail_size(width: usize, height: usize) -> (u16, u16) {
    let mut best = THUMBNAILS[0];
    let mut least = (u64::MAX, 1u64);
    for size in THUMBNAILS {
        let a = (width as u64).saturating_mul(size.1.into());
        let b = (height as u64).saturating_mul(size.0.into());
        let ratio = (a.max(b), a.min(b).max(1));
        // Fractions, compared without division.
        let (new, old) =
            (u128::from(ratio.0) * u128::from(least.1), u128::from(least.0) * u128::from(ratio.1));
        if new < old {
            (best, least) = (size, ratio);
        }
    }
    best
}

/// Writes a thumbnail of `width` x `height` pixels: the mean over the area of each,
/// rounded half up. Grey gets neutral chroma. Time is linear in the planes' samples.
pub(super) fn thumbnail(planes: &Planes<'_>, width: usize, height: usize, out: &mut [i8]) {
    for (channel, plane) in planes.all().into_iter().enumerate() {
        let parts = (0..width).map(|x| Part::of((x, width), plane.map_or(0, Plane::width)));
        let columns: Vec<Part, LONGEST> = parts.take(LONGEST).collect();
        let lines = out.chunks_exact_mut((3 * width).max(1)).take(height);
        for (y, line) in lines.enumerate() {
            let rows = Part::of((y, height), plane.map_or(0, Plane::height));
            for (pixel, column) in line.chunks_exact_mut(3).zip(&columns) {
                let level = plane.map_or(128, |plane| mean(plane, column, &rows));
                if let Some(slot) = pixel.get_mut(channel) {
                    *slot = centred(level);
                }
            }
        }
    }
}

/// Writes the pixels of a patch; beyond the planes' edges they go on with the last.
/// Chroma is the nearest sample.
pub(super) fn patch(planes: &Planes<'_>, out: &mut [i8]) {
    let (width, height) = (planes.luma.width(), planes.luma.height());
    for (channel, plane) in planes.all().into_iter().enumerate() {
        let along = |at: usize, plane: usize, luma: usize| {
            // As many samples to the pixel as there are along the luma.
            at.min(luma.saturating_sub(1)).saturating_mul(plane) / luma.max(1)
        };
        for (at, pixel) in out.chunks_exact_mut(3).enumerate() {
            let (x, y) = (at % PATCH as usize, at / PATCH as usize);
            let level = plane.map_or(128, |plane| {
                plane.at(along(x, plane.width(), width), along(y, plane.height(), height))
            });
            if let Some(slot) = pixel.get_mut(channel) {
                *slot = centred(level);
            }
        }
    }
}

fn centred(level: u8) -> i8 {
    (i16::from(level) - 128) as i8
}

/// One of equal parts of a row of samples.
struct Part {
    /// Where the samples are that lie under it.
    samples: Range<usize>,
    /// Parts in all: a sample that lies under this one as a whole counts as much.
    whole: u64,
    /// How much of the first and of the last sample lies beyond, in the same unit.
    beyond: [u64; 2],
}

impl Part {
    /// Part `at` of `to` of as many samples.
    fn of((at, to): (usize, usize), samples: usize) -> Self {
        let to = to.max(1);
        let (start, end) = (at * samples, (at + 1) * samples);
        let (first, last) = (start / to, end.div_ceil(to));
        let beyond = [(start - first * to) as u64, (last * to - end) as u64];
        Self { samples: first..last, whole: to as u64, beyond }
    }

    /// The sum of values, of which the first and the last are given too, each by how much
    /// of it lies under this part.
    fn weigh(&self, sum: u64, first: u64, last: u64) -> u64 {
        let [before, after] = self.beyond;
        (self.whole * sum).saturating_sub(before * first).saturating_sub(after * last)
    }
}

/// The mean of the samples that lie under a column and a row of parts, each with the share
/// that is covered.
fn mean(plane: &Plane<'_>, column: &Part, row: &Part) -> u8 {
    let (mut sum, mut first, mut last) = (0, None, 0);
    for y in row.samples.clone() {
        let samples = plane.row(y).get(column.samples.clone()).unwrap_or_default();
        let level = |sample: Option<&u8>| sample.map_or(0, |&level| u64::from(level));
        let all: u32 = samples.iter().map(|&level| u32::from(level)).sum();
        last = column.weigh(all.into(), level(samples.first()), level(samples.last()));
        first.get_or_insert(last);
        sum += last;
    }
    let sum = row.weigh(sum, first.unwrap_or(0), last);
    let total = (plane.width() as u64).saturating_mul(plane.height() as u64).max(1);
    (sum.saturating_mul(2).saturating_add(total) / total.saturating_mul(2)).min(255) as u8
}

/// The patches that are wanted, in pixels of the stored picture: where most detail
/// is, half way to the left of the upright picture, and the centre. To be decoded at
/// full size. These are what was learned from: a patch around the subject instead gives
/// worse scores.
#[must_use]
pub fn patches(frame: &Frame<'_>, orientation: Orientation) -> [Rect; PATCHES] {
    let (width, height) = (frame.width, frame.height);
    let around = |x: u32, y: u32| {
        let side = |at: u32, of: u32| at.saturating_sub(PATCH / 2).min(of.saturating_sub(PATCH));
        Rect { x: side(x, width), y: side(y, height), w: PATCH.min(width), h: PATCH.min(height) }
    };
    let middle = (width / 2, height / 2);
    let (x, y) = sharpest(frame).unwrap_or(middle);
    let (upright_width, upright_height) = orientation.size(width, height);
    let left = Rect { x: upright_width / 4, y: 0, w: PATCH, h: upright_height };
    let left = orientation.inverse().rect(left, upright_width, upright_height);
    let left = around(left.x + left.w / 2, left.y + left.h / 2);
    [around(x, y), left, around(middle.0, middle.1)]
}

/// The middle of two neighbouring cells with the most detail, over as many rows as a
/// patch has.
fn sharpest(frame: &Frame<'_>) -> Option<(u32, u32)> {
    let grid = frame.cells;
    let rows = (PATCH / grid.pitch_y.max(1)).max(1) as usize;
    let columns = (PATCH / grid.pitch_x.max(1)).max(1) as usize;
    let detail = |cell: &Cell| {
        // Detail that falls off slowly, and much of it.
        let energy =
            i64::from(cell.codes[2]) + i64::from(cell.codes[3]) + i64::from(cell.codes[11]);
        cell_sharpness(cell).map_or(0, |falloff| energy + i64::from(falloff.min(0)))
    };
    let mut best: Option<(i64, usize, usize)> = None;
    for y in (0..grid.rows).step_by(rows.div_ceil(2)) {
        for x in 0..grid.cols {
            let mut sum = 0;
            for row in y..(y + rows).min(grid.rows) {
                let start = row.saturating_mul(grid.cols).saturating_add(x);
                let end = start.saturating_add(columns.min(grid.cols - x));
                sum += grid.cells.get(start..end).unwrap_or(&[]).iter().map(detail).sum::<i64>();
            }
            if best.is_none_or(|(most, ..)| sum > most) {
                best = Some((sum, x, y));
            }
        }
    }
    let (_, x, y) = best?;
    let at = |index: usize, pitch: u32| {
        u32::try_from(index).unwrap_or(u32::MAX).saturating_mul(pitch).saturating_add(PATCH / 2)
    };
    Some((at(x, grid.pitch_x), at(y, grid.pitch_y)))
}
