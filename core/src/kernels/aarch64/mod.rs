//! aarch64: NEON, which every such processor has, and the dot product instructions.

#![allow(unsafe_code)]

mod depthwise;
pub(super) mod dotprod;
mod gemm;
pub(super) mod neon;
mod requantize;

pub(super) use depthwise::depthwise;

use super::{CoefSums, Kernels};
use core::arch::aarch64::{
    vaddq_u32, vdupq_n_s16, vget_low_s16, vld1q_s16, vld1q_u32, vmull_high_s16, vmull_s16,
    vmulq_s16, vreinterpretq_u32_s32, vst1q_s16, vst1q_u32,
};

/// 128-bit vectors.
#[derive(Clone, Copy)]
pub(crate) struct Neon;

impl Kernels for Neon {
    #[inline(always)]
    fn add_energy(sums: &mut CoefSums, coefs: &mut [i16; 64], steps: &[i16; 64], groups: usize) {
        let (sums, _) = sums.as_chunks_mut::<8>();
        let (coefs, _) = coefs.as_chunks_mut::<8>();
        let (steps, _) = steps.as_chunks::<8>();
        for ((sum, c), q) in sums.iter_mut().zip(coefs).zip(steps).take(groups.min(4) * 2) {
            let at_sum = sum.as_mut_ptr();
            // SAFETY: `c` and `q` cover the 16 bytes and `sum` the 32 bytes that
            // are read or written, and NEON is part of the aarch64 baseline.
            unsafe {
                let value = vmulq_s16(vld1q_s16(c.as_ptr()), vld1q_s16(q.as_ptr()));
                let low = vmull_s16(vget_low_s16(value), vget_low_s16(value));
                let high = vmull_high_s16(value, value);
                let low = vaddq_u32(vld1q_u32(at_sum), vreinterpretq_u32_s32(low));
                let high = vaddq_u32(vld1q_u32(at_sum.add(4)), vreinterpretq_u32_s32(high));
                vst1q_u32(at_sum, low);
                vst1q_u32(at_sum.add(4), high);
                vst1q_s16(c.as_mut_ptr(), vdupq_n_s16(0));
            }
        }
    }
}
