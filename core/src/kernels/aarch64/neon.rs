//! Products of bytes in 16 bits, two of which are added before they are widened: as
//! no weight is -128, 2 x 127 x 128 fits.

use super::super::net::Gemm;
use super::gemm::{Tile, gemm as by_tiles};
use core::arch::aarch64::{
    int8x16_t, int32x4_t, vdupq_n_s32, vget_low_s8, vld1q_s8, vmlal_high_s8, vmlal_s8,
    vmull_high_s8, vmull_s8, vpadalq_s16, vpaddq_s32, vzip1q_s32, vzip2q_s32,
};
use core::arch::asm;

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
        // SAFETY: as the caller promises, for the channels from `4 first` on.
        unsafe {
            let behind = weights.wrapping_add(32);
            if V > 1 {
                eight::<R, V, 2>(inputs, stride, weights, quads, 0, &mut sums);
            }
            if V == 4 {
                eight::<R, V, 2>(inputs, stride, behind, quads, 2, &mut sums);
            }
            if V == 3 {
                eight::<R, V, 1>(inputs, stride, behind, quads, 2, &mut sums);
            }
            if V == 1 {
                eight::<R, V, 1>(inputs, stride, weights, quads, 0, &mut sums);
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
            let x: [[int8x16_t; 2]; R] =
                core::array::from_fn(|row| [quad(&mut inputs[row]), quad(&mut inputs[row])]);
            for v in 0..N {
                let w = [0, V].map(|next| vld1q_s8(weights.add(16 * (v + next))));
                let (twos, one) = pairs.as_chunks_mut::<2>();
                let (twos_x, one_x) = x.as_chunks::<2>();
                for ([a, b], x) in twos.iter_mut().zip(twos_x) {
                    two_rows(&mut a[v], &mut b[v], w, x);
                }
                for (pairs, x) in one.iter_mut().zip(one_x) {
                    let low = vmull_s8(vget_low_s8(w[0]), vget_low_s8(x[0]));
                    let low = vmlal_s8(low, vget_low_s8(w[1]), vget_low_s8(x[1]));
                    let high = vmlal_high_s8(vmull_high_s8(w[0], x[0]), w[1], x[1]);
                    pairs[v] = [vpadalq_s16(pairs[v][0], low), vpadalq_s16(pairs[v][1], high)];
                }
            }
            weights = weights.add(32 * V);
        }
        if quads % 2 == 1 {
            let x: [int8x16_t; R] = core::array::from_fn(|row| quad(&mut inputs[row]));
            for v in 0..N {
                let w = vld1q_s8(weights.add(16 * v));
                for (pairs, x) in pairs.iter_mut().zip(x) {
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

/// Adds the products of two quads of inputs of two rows with four channels'
/// weights.
///
/// In this order, four steps lie between an instruction and the next that needs its
/// result, and four registers are enough for what is under way: the compiler's own
/// takes so many that it has to spill sums.
#[inline(always)]
fn two_rows(
    a: &mut [int32x4_t; 2],
    b: &mut [int32x4_t; 2],
    weights: [int8x16_t; 2],
    inputs: &[[int8x16_t; 2]; 2],
) {
    // SAFETY: the instructions read and write these registers alone.
    unsafe {
        asm!(
            "smull {t0:v}.8h, {w0:v}.8b, {a0:v}.8b",
            "smull2 {t1:v}.8h, {w0:v}.16b, {a0:v}.16b",
            "smull {t2:v}.8h, {w0:v}.8b, {b0:v}.8b",
            "smull2 {t3:v}.8h, {w0:v}.16b, {b0:v}.16b",
            "smlal {t0:v}.8h, {w1:v}.8b, {a1:v}.8b",
            "smlal2 {t1:v}.8h, {w1:v}.16b, {a1:v}.16b",
            "smlal {t2:v}.8h, {w1:v}.8b, {b1:v}.8b",
            "smlal2 {t3:v}.8h, {w1:v}.16b, {b1:v}.16b",
            "sadalp {al:v}.4s, {t0:v}.8h",
            "sadalp {ah:v}.4s, {t1:v}.8h",
            "sadalp {bl:v}.4s, {t2:v}.8h",
            "sadalp {bh:v}.4s, {t3:v}.8h",
            t0 = out(vreg) _,
            t1 = out(vreg) _,
            t2 = out(vreg) _,
            t3 = out(vreg) _,
            w0 = in(vreg) weights[0],
            w1 = in(vreg) weights[1],
            a0 = in(vreg) inputs[0][0],
            a1 = in(vreg) inputs[0][1],
            b0 = in(vreg) inputs[1][0],
            b1 = in(vreg) inputs[1][1],
            al = inout(vreg) a[0],
            ah = inout(vreg) a[1],
            bl = inout(vreg) b[0],
            bh = inout(vreg) b[1],
            options(pure, nomem, nostack, preserves_flags),
        );
    }
}

/// Four inputs, four times, and on to the next.
///
/// A load that the compiler understands would not do: it knows then that both
/// halves are the same, and moves the weights' upper half down to use only one.
///
/// # Safety
///
/// Four bytes are readable at `inputs`.
#[inline(always)]
unsafe fn quad(inputs: &mut *const i8) -> int8x16_t {
    let quad;
    // SAFETY: as the caller promises; the load asks for no alignment.
    unsafe {
        asm!(
            "ld1r {{{quad:v}.4s}}, [{inputs}], #4",
            quad = out(vreg) quad,
            inputs = inout(reg) *inputs,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    quad
}
