//! From samples of a picture to a crop of 32 x 32.

use super::square::{Square, length, per_sample};
use crate::jpeg::Scale;
use crate::plane::Plane;

/// Places along a side of a crop.
pub const SIZE: usize = 32;

/// Samples along a side of a place, at most: squares with more of them are seen through
/// a grid.
const MOST: i32 = 8;

/// Bits of the fraction of a sample's place.
const FRACTION: u32 = 16;

/// Samples of (a part of) a stored picture, and where they lie in it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'p> {
    /// Luma.
    pub plane: Plane<'p>,
    /// Left edge of the first sample, pixels of the stored picture.
    pub x: u32,
    /// Its top edge.
    pub y: u32,
    /// How much of the picture a sample stands for.
    pub scale: Scale,
}

/// One eye as the network sees it, before it is normalised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crop {
    /// Rows of luma.
    pub luma: [[u8; SIZE]; SIZE],
    /// Samples that lay along a side: fewer than [`SIZE`] say that it was enlarged.
    pub samples: u16,
}

impl Crop {
    /// What `source` shows in `square` (pixels of the stored picture). What lies outside
    /// of the samples is as the nearest one.
    ///
    /// Each place is the mean of n x n samples between four neighbours each, n as many
    /// as there are samples between two places: a fixed sum of integers, at most
    /// 65,536 of them.
    #[must_use]
    pub fn cut(source: &Source<'_>, square: &Square) -> Self {
        let per_sample = per_sample(source.scale) as f32;
        let [along, down] = [square.along, square.down].map(|v| v.map(|part| part / per_sample));
        let side = length(along);
        let n = (libm::ceilf(side / SIZE as f32) as i32).clamp(1, MOST);
        let places = SIZE as i32 * n;
        let fixed = |v: f32| (v * (1 << FRACTION) as f32) as i64;
        let [along, down] = [along, down].map(|v| v.map(|part| fixed(part / places as f32)));
        let centre = [
            fixed((square.centre[0] - source.x as f32) / per_sample - 0.5),
            fixed((square.centre[1] - source.y as f32) / per_sample - 0.5),
        ];
        // Twice the distance of a place from the middle is odd and whole.
        let at = |axis: usize, u: i32, v: i32| {
            let off = |step: i64, i: i32| step.saturating_mul(i64::from(2 * i + 1 - places));
            let doubled = off(along[axis], u).saturating_add(off(down[axis], v));
            centre[axis].saturating_add(doubled >> 1)
        };
        let mut luma = [[0; SIZE]; SIZE];
        for (row, line) in (0..).zip(&mut luma) {
            for (column, place) in (0..).zip(line) {
                let mut sum = 0;
                for v in row * n..(row + 1) * n {
                    for u in column * n..(column + 1) * n {
                        sum += between(source.plane, at(0, u, v), at(1, u, v));
                    }
                }
                let count = (n * n * 65_536).unsigned_abs();
                *place = u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX);
            }
        }
        Self { luma, samples: side.min(f32::from(u16::MAX)) as u16 }
    }
}

/// The value between four neighbours, times 65,536; x and y from the first sample's
/// centre, with [`FRACTION`] bits.
fn between(plane: Plane<'_>, x: i64, y: i64) -> u32 {
    let split = |at: i64| {
        let part = ((at >> (FRACTION - 8)) & 0xFF) as u32;
        let whole = at >> FRACTION;
        let inside = |i: i64| usize::try_from(i.max(0)).unwrap_or(usize::MAX);
        (inside(whole), inside(whole + 1), part)
    };
    let ((x0, x1, fx), (y0, y1, fy)) = (split(x), split(y));
    let row = |y| {
        let (left, right) = (u32::from(plane.at(x0, y)), u32::from(plane.at(x1, y)));
        left * (256 - fx) + right * fx
    };
    row(y0) * (256 - fy) + row(y1) * fy
}
