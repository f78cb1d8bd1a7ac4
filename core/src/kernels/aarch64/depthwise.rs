//! Depthwise convolutions: a vector is sixteen (or eight) channels of one tap.
//!
//! The products of two taps are added in 16 bits before they are widened. The dot
//! product instructions would need four taps side by side, and to bring them there
//! costs what they save.

use super::super::net::{Depthwise, Panel, QUAD, TAPS};
use super::requantize::{Requantizer, store, words};
use core::arch::aarch64::{
    int8x16_t, int16x8_t, int32x4_t, vaddw_high_s16, vaddw_s16, vcombine_s8, vdup_n_s8,
    vget_low_s8, vget_low_s16, vld1_s8, vld1q_s8, vld4_s8, vld4q_s8, vmlal_high_s8, vmlal_s8,
    vmull_high_s8, vmull_s8, vst1_s8, vst1q_s8,
};

/// A panel's weights, tap by tap; filled up with taps to whole quads.
type Weights = [[i8; 16]; TAPS];

/// Every channel by itself; `out` holds just the job's outputs.
pub(in super::super) fn depthwise(job: &Depthwise<'_>, out: &mut [i8]) {
    let mut weights = [[0; 16]; TAPS];
    let mut column = 0;
    for (panel, used) in job.panels().iter() {
        // SAFETY: panels have 4, 8, 12 or 16 channels, and together as many in use
        // as a pixel has outputs.
        unsafe {
            let out = out.as_mut_ptr().add(column);
            match panel.width {
                16 => pixels::<4>(job, &panel, &mut weights, column, used, out),
                12 => pixels::<3>(job, &panel, &mut weights, column, used, out),
                8 => pixels::<2>(job, &panel, &mut weights, column, used, out),
                _ => pixels::<1>(job, &panel, &mut weights, column, used, out),
            }
        }
        column += used;
    }
}

/// Takes `quads` quads of taps apart.
///
/// # Safety
///
/// They are the panel's, which has `4 V` channels.
#[inline(always)]
unsafe fn by_tap<const V: usize>(panel: &Panel<'_>, quads: usize, weights: &mut Weights) {
    let mut from = panel.weights.as_ptr().cast::<i8>();
    let (weights, _) = weights.as_chunks_mut::<QUAD>();
    for taps in weights.iter_mut().take(quads) {
        let [a, b, c, d] = taps;
        // SAFETY: a quad has four bytes for each channel of the panel, and each
        // tap room for sixteen.
        unsafe {
            match V {
                4 => {
                    let of = vld4q_s8(from);
                    vst1q_s8(a.as_mut_ptr(), of.0);
                    vst1q_s8(b.as_mut_ptr(), of.1);
                    vst1q_s8(c.as_mut_ptr(), of.2);
                    vst1q_s8(d.as_mut_ptr(), of.3);
                }
                2 => {
                    let of = vld4_s8(from);
                    vst1_s8(a.as_mut_ptr(), of.0);
                    vst1_s8(b.as_mut_ptr(), of.1);
                    vst1_s8(c.as_mut_ptr(), of.2);
                    vst1_s8(d.as_mut_ptr(), of.3);
                }
                _ => {
                    for channel in 0..4 * V {
                        for (tap, place) in taps.iter_mut().enumerate() {
                            place[channel] = from.add(QUAD * channel + tap).read();
                        }
                    }
                }
            }
            from = from.add(16 * V);
        }
    }
}

/// All pixels of one panel of `4 V` channels; `weights` is for their weights.
///
/// # Safety
///
/// The panel is one of the job's, and has `4 V` channels, of which `used` begin at
/// `column`; `out` is where the first pixel's outputs for it go, and has room for
/// all of the job's.
#[inline(always)]
unsafe fn pixels<const V: usize>(
    job: &Depthwise<'_>,
    panel: &Panel<'_>,
    weights: &mut Weights,
    column: usize,
    used: usize,
    out: *mut i8,
) {
    // SAFETY: the panel has `4 V` channels, and the job's quads.
    let (requantizer, bias) = unsafe {
        by_tap::<V>(panel, job.panels().quads(), weights);
        (Requantizer::<V>::new(panel, job.output()), words::<V>(panel.bias))
    };
    let (taps, step, channels) = (job.taps(), job.step(), job.panels().channels());
    let (pairs, single) = taps.as_chunks::<2>();
    let (of_pairs, _) = weights.as_chunks::<2>();
    let of_single = weights.get(2 * pairs.len()..).unwrap_or(&[]);
    let mut inputs = job.inputs().as_ptr().wrapping_add(column);
    let mut out = out;
    let mut left = job.pixels();
    macro_rules! tiles {
        ($pixels:literal) => {
            while left >= $pixels {
                let mut sums = [bias; $pixels];
                // SAFETY: sixteen bytes are readable from the first channel of any
                // tap of any of the job's pixels on, as the last channels have
                // slack behind them; `left` pixels are to come.
                unsafe {
                    for ([tap_a, tap_b], [a, b]) in pairs.iter().zip(of_pairs) {
                        let (a, b) = (vld1q_s8(a.as_ptr()), vld1q_s8(b.as_ptr()));
                        let (at_a, at_b) = (inputs.add(*tap_a), inputs.add(*tap_b));
                        for (pixel, sums) in sums.iter_mut().enumerate() {
                            let x = load::<V>(at_a.add(pixel * step));
                            let y = load::<V>(at_b.add(pixel * step));
                            let low = vmull_s8(vget_low_s8(a), vget_low_s8(x));
                            let low = vmlal_s8(low, vget_low_s8(b), vget_low_s8(y));
                            let high = vmlal_high_s8(vmull_high_s8(a, x), b, y);
                            widen(sums, low, high);
                        }
                    }
                    for (tap, a) in single.iter().zip(of_single) {
                        let a = vld1q_s8(a.as_ptr());
                        let at = inputs.add(*tap);
                        for (pixel, sums) in sums.iter_mut().enumerate() {
                            let x = load::<V>(at.add(pixel * step));
                            let low = vmull_s8(vget_low_s8(a), vget_low_s8(x));
                            widen(sums, low, vmull_high_s8(a, x));
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

/// Adds sixteen products, as far as there are channels.
#[inline(always)]
fn widen<const V: usize>(sums: &mut [int32x4_t; V], low: int16x8_t, high: int16x8_t) {
    for (v, sum) in sums.iter_mut().enumerate() {
        // SAFETY: NEON is part of the aarch64 baseline.
        *sum = unsafe {
            match v {
                0 => vaddw_s16(*sum, vget_low_s16(low)),
                1 => vaddw_high_s16(*sum, low),
                2 => vaddw_s16(*sum, vget_low_s16(high)),
                _ => vaddw_high_s16(*sum, high),
            }
        };
    }
}

/// Inputs of one tap: 16 if there are more than 8 channels, or 8.
///
/// # Safety
///
/// As many bytes are readable at `inputs`.
#[inline(always)]
unsafe fn load<const V: usize>(inputs: *const i8) -> int8x16_t {
    // SAFETY: as the caller promises.
    unsafe { if V > 2 { vld1q_s8(inputs) } else { vcombine_s8(vld1_s8(inputs), vdup_n_s8(0)) } }
}
