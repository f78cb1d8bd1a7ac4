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
use super::{Hints, cells, energy};
use crate::bands::{BANDS, COEFFICIENTS, DIAGONAL, energy_of_code, log2_code};
use crate::frame::Frame;

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
    for (_, _, cell) in cells(frame) {
        if !UNCLIPPED.contains(&cell.mean) {
            continue;
        }
        let energy = energy(cell, inner).saturating_add(energy(cell, outer)) / coefficients;
        histogram.add(i64::from(log2_code(energy + 1)));
    }
    let code = histogram.percentile(FLAT_PERCENT).and_then(|step| u8::try_from(step).ok());
    let energy = code.map_or(0, |code| (energy_of_code(code) / 16).saturating_sub(1));
    let sigma = libm::sqrtf(energy as f32 / 16.0);
    let excess = hints.iso.map_or(1.0, |iso| (iso as f32 / BASE_ISO).clamp(1.0, 16.0));
    let ratio = sigma / (HALF_HIDDEN * libm::sqrtf(libm::sqrtf(excess)));
    let square = ratio * ratio;
    Noise { sigma, amount: (square / (1.0 + square)).clamp(0.0, 1.0), energy }
}
