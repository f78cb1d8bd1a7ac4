//! Depthwise convolutions: a vector is sixteen (or eight) channels of one tap.
//!
//! The products of two taps are added in 16 bits before they are widened. The dot
//! product instructions would need four taps side by side, and to bring them there
//! costs what they save.

use super::super::net::{Depthwise, Panel, QUAD, TAPS};
use super::requantize::{Requantizer, store, words};
use core::arch::aarch64::{
    int8x16_t, vaddw_high_s16, vaddw_s16, vcombine_s8, vdup_n_s8, vget_low_s8, vget_low_s16,
    vld1_s8, vld1q_s8, vld4_s8, vld4q_s8, vmlal_high_s8, vmlal_s8, vmull_high_s8, vmull_s8,
    vst1_s8, vst1q_s8,
};

/// A panel's weights, tap by tap; filled up with taps to whole quads.
type Weights = [[i8; 16]; TAPS];

/// Every channel by itself; `out` holds just the job's outputs.
pub(in super::super) fn depthwise(job: &Depthwise<'_>, out: &mut [i8]) {
    let mut weights = [[0; 16]; TAPS];
    let mut column = 0;
    for (panel, used) in job.panels().iter() {
        by_tap(&panel, &mut weights);
        // SAFETY: panels have at most 16 channels, and together as many in use as
        // a pixel has outputs.
        unsafe {
            if panel.width > 8 {
                pixels::<2, 4>(job, &panel, &weights, column, used, out.as_mut_ptr());
            } else {
                pixels::<1, 2>(job, &panel, &weights, column, used, out.as_mut_ptr());
            }
        }
        column += used;
    }
}

/// Takes quads of taps apart.
#[inline(always)]
fn by_tap(panel: &Panel<'_>, weights: &mut Weights) {
    let (weights, _) = weights.as_chunks_mut::<QUAD>();
    for (taps, quad) in weights.iter_mut().zip(panel.weights.chunks_exact(QUAD * panel.width)) {
        let from = quad.as_ptr().cast::<i8>();
        let [a, b, c, d] = taps;
        // SAFETY: a quad has four bytes for each channel of the panel, and each
        // tap room for sixteen.
        unsafe {
            if panel.width == 16 {
                let of = vld4q_s8(from);
                vst1q_s8(a.as_mut_ptr(), of.0);
                vst1q_s8(b.as_mut_ptr(), of.1);
                vst1q_s8(c.as_mut_ptr(), of.2);
                vst1q_s8(d.as_mut_ptr(), of.3);
                continue;
            }
            if panel.width == 8 {
                let of = vld4_s8(from);
                vst1_s8(a.as_mut_ptr(), of.0);
                vst1_s8(b.as_mut_ptr(), of.1);
                vst1_s8(c.as_mut_ptr(), of.2);
                vst1_s8(d.as_mut_ptr(), of.3);
                continue;
            }
        }
        let channels = quad.as_chunks::<QUAD>().0.iter().enumerate();
        for (channel, weights) in channels {
            for (tap, weight) in taps.iter_mut().zip(weights) {
                if let Some(place) = tap.get_mut(channel) {
                    *place = weight.cast_signed();
                }
            }
        }
    }
}

/// All pixels of one panel of at most `8 H` channels; `V` is `2 H`.
///
/// # Safety
///
/// `out` has room for all of the job's outputs, and the panel's `used` channels
/// begin at `column`.
#[inline(always)]
unsafe fn pixels<const H: usize, const V: usize>(
    job: &Depthwise<'_>,
    panel: &Panel<'_>,
    weights: &Weights,
    column: usize,
    used: usize,
    out: *mut i8,
) {
    let requantizer = Requantizer::<V>::new(panel, job.output());
    let bias = words::<V>(panel.bias);
    let (taps, step, channels) = (job.taps(), job.step(), job.panels().channels());
    let mut inputs = job.inputs().as_ptr().wrapping_add(column);
    let mut out = out.wrapping_add(column);
    let mut left = job.pixels();
    macro_rules! tiles {
        ($pixels:literal) => {
            while left >= $pixels {
                let mut sums = [bias; $pixels];
                // SAFETY: sixteen bytes are readable from the first channel of any
                // tap of any of the job's pixels on, as the last channels have
                // slack behind them; `left` pixels are to come.
                unsafe {
                    let (pairs, single) = taps.as_chunks::<2>();
                    let (of_pairs, _) = weights.as_chunks::<2>();
                    for ([tap_a, tap_b], [a, b]) in pairs.iter().zip(of_pairs) {
                        let (a, b) = (vld1q_s8(a.as_ptr()), vld1q_s8(b.as_ptr()));
                        let (at_a, at_b) = (inputs.add(*tap_a), inputs.add(*tap_b));
                        for (pixel, sums) in sums.iter_mut().enumerate() {
                            let x = load::<H>(at_a.add(pixel * step));
                            let y = load::<H>(at_b.add(pixel * step));
                            let low = vmull_s8(vget_low_s8(a), vget_low_s8(x));
                            let low = vmlal_s8(low, vget_low_s8(b), vget_low_s8(y));
                            sums[0] = vaddw_s16(sums[0], vget_low_s16(low));
                            sums[1] = vaddw_high_s16(sums[1], low);
                            if H > 1 {
                                let high = vmlal_high_s8(vmull_high_s8(a, x), b, y);
                                sums[2 % V] = vaddw_s16(sums[2 % V], vget_low_s16(high));
                                sums[3 % V] = vaddw_high_s16(sums[3 % V], high);
                            }
                        }
                    }
                    for (tap, a) in single.iter().zip(weights.get(2 * pairs.len()..).unwrap_or(&[]))
                    {
                        let a = vld1q_s8(a.as_ptr());
                        let at = inputs.add(*tap);
                        for (pixel, sums) in sums.iter_mut().enumerate() {
                            let x = load::<H>(at.add(pixel * step));
                            let low = vmull_s8(vget_low_s8(a), vget_low_s8(x));
                            sums[0] = vaddw_s16(sums[0], vget_low_s16(low));
                            sums[1] = vaddw_high_s16(sums[1], low);
                            if H > 1 {
                                let high = vmull_high_s8(a, x);
                                sums[2 % V] = vaddw_s16(sums[2 % V], vget_low_s16(high));
                                sums[3 % V] = vaddw_high_s16(sums[3 % V], high);
                            }
                        }
                    }
                    for (pixel, sums) in sums.iter().enumerate() {
                        store(out.add(pixel * channels), used, requantizer.apply(sums));
                    }
                }
                left -= $pixels;
                // Behind the last pixel these may point nowhere; they are not used.
                inputs = inputs.wrapping_add($pixels * step);
                out = out.wrapping_add($pixels * channels);
            }
        };
    }
    tiles!(4);
    tiles!(2);
    tiles!(1);
}

/// Inputs of one tap, `8 H` of them.
///
/// # Safety
///
/// As many bytes are readable at `inputs`.
#[inline(always)]
unsafe fn load<const H: usize>(inputs: *const i8) -> int8x16_t {
    // SAFETY: as the caller promises.
    unsafe { if H > 1 { vld1q_s8(inputs) } else { vcombine_s8(vld1_s8(inputs), vdup_n_s8(0)) } }
}
