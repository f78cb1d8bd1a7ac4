//! Sums to outputs, four channels a vector.

use super::super::net::{Output, Panel};
use core::arch::aarch64::{
    int8x16_t, int16x8_t, int32x4_t, vandq_s32, vcombine_s8, vcombine_s16, vdup_n_u32, vdupq_n_s8,
    vdupq_n_s16, vdupq_n_s32, vextq_s8, vget_low_s8, vget_low_s16, vld1q_u8, vmaxq_s8, vmaxq_s32,
    vminq_s8, vminq_s32, vmovl_s8, vmovl_s16, vqaddq_s16, vqmovn_s16, vqmovn_s32, vqrdmulhq_s32,
    vreinterpret_s8_u32, vreinterpretq_s16_s8, vreinterpretq_s32_s8, vreinterpretq_s32_u8,
    vrshlq_s32, vshlq_s32, vsraq_n_s32, vst1_s8, vst1q_lane_s8, vst1q_lane_s16, vst1q_lane_s32,
    vst1q_s8,
};

/// The multipliers of a panel of `4 V` channels, and what comes behind
/// them.
pub(super) struct Requantizer<const V: usize> {
    mantissas: [int32x4_t; V],
    /// Exponents where they are positive; else zero.
    left: [int32x4_t; V],
    /// Exponents where they are negative; else zero.
    right: [int32x4_t; V],
    zero_point: int16x8_t,
    min: int8x16_t,
    max: int8x16_t,
}

impl<const V: usize> Requantizer<V> {
    /// # Safety
    ///
    /// The panel has `4 V` channels.
    #[inline(always)]
    pub(super) unsafe fn new(panel: &Panel<'_>, output: Output) -> Self {
        // SAFETY: as the caller promises; the loads ask for no alignment.
        unsafe {
            let zero = vdupq_n_s32(0);
            let (mut left, mut right) = ([zero; V], [zero; V]);
            for v in 0..V {
                let four = panel.exponents.as_ptr().cast::<u32>().add(v).read_unaligned();
                let four = vmovl_s8(vreinterpret_s8_u32(vdup_n_u32(four)));
                let four = vmovl_s16(vget_low_s16(four));
                (left[v], right[v]) = (vmaxq_s32(four, zero), vminq_s32(four, zero));
            }
            Self {
                mantissas: words(panel.mantissas),
                left,
                right,
                zero_point: vdupq_n_s16(output.zero_point.into()),
                min: vdupq_n_s8(output.min),
                max: vdupq_n_s8(output.max),
            }
        }
    }

    /// Outputs of `4 V` channels; what stands behind them is of no use.
    #[inline(always)]
    pub(super) fn apply(&self, sums: &[int32x4_t; V]) -> int8x16_t {
        // SAFETY: NEON is part of the aarch64 baseline.
        unsafe {
            let mut values = [vdupq_n_s32(0); 4];
            for (v, value) in values.iter_mut().enumerate().take(V) {
                let (left, right) = (self.left[v], self.right[v]);
                // Twice the product's upper half, rounded half up: as a mantissa
                // is not negative, nothing saturates.
                let high = vqrdmulhq_s32(vshlq_s32(sums[v], left), self.mantissas[v]);
                // The shift rounds half up: one less for negative values that are
                // shifted makes it half away from zero.
                let high = vsraq_n_s32::<31>(high, vandq_s32(high, right));
                *value = vrshlq_s32(high, right);
            }
            // What saturates here lies beyond `min` to `max`.
            let narrow = |a, b| {
                let both = vcombine_s16(vqmovn_s32(values[a]), vqmovn_s32(values[b]));
                vqmovn_s16(vqaddq_s16(both, self.zero_point))
            };
            let low = narrow(0, 1);
            let value = vcombine_s8(low, if V > 2 { narrow(2, 3) } else { low });
            vminq_s8(vmaxq_s8(value, self.min), self.max)
        }
    }
}

/// Little-endian words, four a vector.
///
/// # Safety
///
/// There are `16 V` bytes.
#[inline(always)]
pub(super) unsafe fn words<const V: usize>(bytes: &[u8]) -> [int32x4_t; V] {
    // SAFETY: as the caller promises; the loads ask for no alignment.
    unsafe {
        let mut words = [vdupq_n_s32(0); V];
        for (v, word) in words.iter_mut().enumerate() {
            *word = vreinterpretq_s32_u8(vld1q_u8(bytes.as_ptr().add(16 * v)));
        }
        words
    }
}

/// Writes the first `count` of the values.
///
/// # Safety
///
/// `out` is valid for writes of `count` bytes, at most 16.
#[inline(always)]
pub(super) unsafe fn store(out: *mut i8, count: usize, values: int8x16_t) {
    // SAFETY: NEON is part of the aarch64 baseline; the pieces' lengths add up to
    // `count`, and these stores ask for no alignment.
    unsafe {
        if count >= 16 {
            return vst1q_s8(out, values);
        }
        let (mut out, mut rest) = (out, values);
        if count & 8 != 0 {
            vst1_s8(out, vget_low_s8(rest));
            (out, rest) = (out.add(8), vextq_s8::<8>(rest, rest));
        }
        if count & 4 != 0 {
            vst1q_lane_s32::<0>(out.cast(), vreinterpretq_s32_s8(rest));
            (out, rest) = (out.add(4), vextq_s8::<4>(rest, rest));
        }
        if count & 2 != 0 {
            vst1q_lane_s16::<0>(out.cast(), vreinterpretq_s16_s8(rest));
            (out, rest) = (out.add(2), vextq_s8::<2>(rest, rest));
        }
        if count & 1 != 0 {
            vst1q_lane_s8::<0>(out, rest);
        }
    }
}
