//! Products of bytes in 16 bits, two of which are added before they are widened: as
//! no weight is -128, 2 x 127 x 128 fits.

use super::super::net::Gemm;
use super::gemm::{Tile, gemm as by_tiles};
use core::arch::aarch64::{
    int8x16_t, int32x4_t, vdupq_n_s32, vget_low_s8, vld1q_dup_s32, vld1q_s8, vmlal_high_s8,
    vmlal_s8, vmull_high_s8, vmull_s8, vpadalq_s16, vpaddq_s32, vreinterpretq_s8_s32, vzip1q_s32,
    vzip2q_s32,
};

struct Neon;

/// Rows times weights; `out` holds just the job's outputs.
pub(in super::super) fn gemm(job: &Gemm<'_>, out: &mut [i8]) {
    // SAFETY: NEON is part of the aarch64 baseline.
    unsafe { by_tiles::<Neon>(job, out) }
}

impl Tile for Neon {
    #[inline(always)]
    unsafe fn sums<const R: usize, const V: usize>(
        inputs: *const i8,
        stride: usize,
        weights: *const i8,
        quads: usize,
        bias: &[int32x4_t; V],
    ) -> [[int32x4_t; V]; R] {
        let mut sums = [*bias; R];
        // Eight channels at once: four rows of them fill half of the registers.
        for first in (0..V).step_by(2) {
            let width = (V - first).min(2);
            // SAFETY: as the caller promises, for the channels from `4 first` on.
            unsafe {
                let weights = weights.add(16 * first);
                if width == 2 {
                    eight::<R, V, 2>(inputs, stride, weights, quads, first, &mut sums);
                } else {
                    eight::<R, V, 1>(inputs, stride, weights, quads, first, &mut sums);
                }
            }
        }
        sums
    }
}

/// Adds the products of `R` rows and `4 N` channels, of a panel of `4 V`.
///
/// # Safety
///
/// As for [`Tile::sums`], for these channels.
#[inline(always)]
unsafe fn eight<const R: usize, const V: usize, const N: usize>(
    inputs: *const i8,
    stride: usize,
    weights: *const i8,
    quads: usize,
    first: usize,
    sums: &mut [[int32x4_t; V]; R],
) {
    let mut weights = weights;
    let mut inputs: [*const i8; R] = core::array::from_fn(|row| inputs.wrapping_add(row * stride));
    // SAFETY: as the caller promises. A vector of weights is four channels of one
    // quad.
    unsafe {
        // Two channels a vector, two lanes a channel.
        let zero = vdupq_n_s32(0);
        let mut pairs = [[[zero; 2]; N]; R];
        for (pairs, sums) in pairs.iter_mut().zip(&*sums) {
            for (v, pair) in pairs.iter_mut().enumerate() {
                let sum = sums[first + v];
                *pair = [vzip1q_s32(sum, zero), vzip2q_s32(sum, zero)];
            }
        }
        for _ in 0..quads / 2 {
            let x: [[int8x16_t; 2]; R] = inputs.map(|row| [quad(row), quad(row.add(4))]);
            inputs = inputs.map(|row| row.add(8));
            for v in 0..N {
                let w = [0, V].map(|next| vld1q_s8(weights.add(16 * (v + next))));
                for (pairs, x) in pairs.iter_mut().zip(&x) {
                    let low = vmull_s8(vget_low_s8(w[0]), vget_low_s8(x[0]));
                    let low = vmlal_s8(low, vget_low_s8(w[1]), vget_low_s8(x[1]));
                    let high = vmlal_high_s8(vmull_high_s8(w[0], x[0]), w[1], x[1]);
                    pairs[v] = [vpadalq_s16(pairs[v][0], low), vpadalq_s16(pairs[v][1], high)];
                }
            }
            weights = weights.add(32 * V);
        }
        if quads % 2 == 1 {
            for v in 0..N {
                let w = vld1q_s8(weights.add(16 * v));
                for (pairs, row) in pairs.iter_mut().zip(inputs) {
                    let x = quad(row);
                    let low = vmull_s8(vget_low_s8(w), vget_low_s8(x));
                    let high = vmull_high_s8(w, x);
                    pairs[v] = [vpadalq_s16(pairs[v][0], low), vpadalq_s16(pairs[v][1], high)];
                }
            }
        }
        for (sums, pairs) in sums.iter_mut().zip(&pairs) {
            for (v, [low, high]) in pairs.iter().enumerate() {
                sums[first + v] = vpaddq_s32(*low, *high);
            }
        }
    }
}

/// Four inputs, four times.
///
/// # Safety
///
/// Four bytes are readable at `inputs`.
#[inline(always)]
unsafe fn quad(inputs: *const i8) -> int8x16_t {
    // SAFETY: as the caller promises; the load asks for no alignment.
    unsafe { vreinterpretq_s8_s32(vld1q_dup_s32(inputs.cast())) }
}
