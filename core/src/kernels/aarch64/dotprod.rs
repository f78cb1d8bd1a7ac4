//! Four products a lane: the dot product instructions of ARMv8.2 (Cortex-A55, A75,
//! A76 and later).

use super::super::net::Gemm;
use super::gemm::{Tile, gemm as by_tiles};
use core::arch::aarch64::{
    int8x16_t, int32x4_t, vdupq_n_s8, vld1q_dup_s32, vld1q_s8, vreinterpretq_s8_s32,
};
use core::arch::asm;

struct Dotprod;

/// Rows times weights; `out` holds just the job's outputs. For
/// [`Isa`](super::super::Isa) alone, whose token proves that the processor has the
/// instructions.
pub(in super::super) fn gemm(job: &Gemm<'_>, out: &mut [i8]) {
    #[target_feature(enable = "dotprod")]
    fn inner(job: &Gemm<'_>, out: &mut [i8]) {
        // SAFETY: the processor has the instructions, or this would not run.
        unsafe { by_tiles::<Dotprod>(job, out) }
    }
    // SAFETY: the only caller holds a token of this level, which detection or the
    // target makes.
    unsafe { inner(job, out) }
}

/// Adds to each lane the products of its four weights and of the inputs in word
/// `LANE` of `inputs`.
#[inline]
#[target_feature(enable = "dotprod")]
fn sdot<const LANE: usize>(sums: int32x4_t, weights: int8x16_t, inputs: int8x16_t) -> int32x4_t {
    let mut sums = sums;
    // SAFETY: the instruction reads and writes these registers alone.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {weights:v}.16b, {inputs:v}.4b[{lane}]",
            sums = inout(vreg) sums,
            weights = in(vreg) weights,
            inputs = in(vreg) inputs,
            lane = const LANE,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

impl Tile for Dotprod {
    #[inline(always)]
    unsafe fn sums<const R: usize, const V: usize>(
        inputs: *const i8,
        stride: usize,
        weights: *const i8,
        quads: usize,
        bias: &[int32x4_t; V],
    ) -> [[int32x4_t; V]; R] {
        let mut sums = [*bias; R];
        let (mut inputs, mut weights) = (inputs, weights);
        // SAFETY: as the caller promises. A vector of inputs is four quads, one of
        // weights four channels of one quad.
        unsafe {
            macro_rules! quad {
                ($lane:literal, $x:ident) => {
                    for v in 0..V {
                        let w = vld1q_s8(weights.add(16 * v));
                        for r in 0..R {
                            sums[r][v] = sdot::<$lane>(sums[r][v], w, $x[r]);
                        }
                    }
                    weights = weights.add(16 * V);
                };
            }
            let mut x = [vdupq_n_s8(0); R];
            for _ in 0..quads / 4 {
                for (r, x) in x.iter_mut().enumerate() {
                    *x = vld1q_s8(inputs.add(r * stride));
                }
                quad!(0, x);
                quad!(1, x);
                quad!(2, x);
                quad!(3, x);
                inputs = inputs.add(16);
            }
            for _ in 0..quads % 4 {
                for (r, x) in x.iter_mut().enumerate() {
                    *x = vreinterpretq_s8_s32(vld1q_dup_s32(inputs.add(r * stride).cast()));
                }
                quad!(0, x);
                inputs = inputs.add(4);
            }
        }
        sums
    }
}
