//! How strong the noise is.
//!
//! Detail lives in edges, noise everywhere: what is left in the highest
//! frequencies of a picture's flattest tiles is noise (Immerkaer, "Fast noise
//! variance estimation", 1996, looks at the same residual, but over the whole
//! picture, and so takes fine detail for noise).
//!
//! The DCT is orthonormal, so that white noise of standard deviation s adds s * s
//! to the square of every coefficient. A camera's noise is smoother than white,
//! and JPEG's quantisation swallows the faintest: both make this a lower bound.

use super::stats::Histogram;
use super::{Hints, tiles};
use crate::bands::{COEFFICIENTS, DIAGONAL, exp2_q8, log2_q8};
use crate::frame::{BANDS, Frame};

/// The flattest tenth of the tiles are taken for flat.
const FLAT_PERCENT: u64 = 10;

/// Tiles whose luma is outside this are clipped, and their noise with them.
const UNCLIPPED: core::ops::RangeInclusive<u8> = 16..=240;

/// Standard deviation, in levels of 255, that hides as much as it shows
/// (amount 0.5), up to [`BASE_ISO`]. From looking at pictures, not fitted.
const HALF_HIDDEN: f32 = 12.0;

/// Above this, noise is expected, and more of it is forgiven: the allowance grows
/// with the fourth root of the sensitivity (half as fast as photon noise does in
/// stops), to twice at most.
const BASE_ISO: f32 = 800.0;

/// Steps of the histogram: an eighth of an octave of energy, 0 to 40 octaves.
const STEPS_PER_OCTAVE: u16 = 8;
const STEPS: usize = 320;

/// Noise of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Noise {
    /// Standard deviation in levels of 255.
    pub sigma: f32,
    /// 0 clean .. 1 unusable, after what the sensitivity leads one to expect.
    pub amount: f32,
    /// Energy that noise adds to one coefficient of a full tile of 16 blocks.
    pub energy: u64,
}

/// Measures the noise.
#[must_use]
pub fn measure(frame: &Frame<'_>, hints: &Hints) -> Noise {
    let mut histogram = Histogram::<STEPS>::new();
    let [.., inner, outer] = DIAGONAL;
    let of = |table: &[u32; BANDS], band: usize| table.get(band).copied().unwrap_or(0);
    let coefficients = u64::from(of(&COEFFICIENTS, inner) + of(&COEFFICIENTS, outer)).max(1);
    for (x, y, tile) in tiles(frame) {
        if !UNCLIPPED.contains(&luma_at(frame, x, y)) {
            continue;
        }
        let log2 = |band: usize| exp2_q8(tile.get(band).copied().unwrap_or(0));
        let energy = log2(inner).saturating_add(log2(outer)) / coefficients;
        histogram.add(i64::from(log2_q8(energy) / (256 / STEPS_PER_OCTAVE)));
    }
    let step = histogram.percentile(FLAT_PERCENT).unwrap_or(0);
    let energy = exp2_q8(u16::try_from(step).unwrap_or(0) * (256 / STEPS_PER_OCTAVE));
    let sigma = libm::sqrtf(energy as f32 / 16.0);
    let excess = hints.iso.map_or(1.0, |iso| (iso as f32 / BASE_ISO).clamp(1.0, 16.0));
    let ratio = sigma / (HALF_HIDDEN * libm::sqrtf(libm::sqrtf(excess)));
    let square = ratio * ratio;
    Noise { sigma, amount: (square / (1.0 + square)).clamp(0.0, 1.0), energy }
}

/// Luma at a tile's centre.
fn luma_at(frame: &Frame<'_>, x: usize, y: usize) -> u8 {
    let centre = |at: usize, tile: u32, picture: u32, samples: usize| {
        let tile = u64::from(tile);
        let pixel = (at as u64).saturating_mul(tile).saturating_add(tile / 2);
        let sample = pixel.saturating_mul(samples as u64) / u64::from(picture.max(1));
        usize::try_from(sample).unwrap_or(usize::MAX)
    };
    frame.luma.at(
        centre(x, frame.tiles.tile_width, frame.width, frame.luma.width()),
        centre(y, frame.tiles.tile_height, frame.height, frame.luma.height()),
    )
}
