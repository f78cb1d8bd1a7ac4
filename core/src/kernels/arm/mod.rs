//! 32-bit ARM with the DSP instructions (ARMv7-A, Cortex-M4 and M7): two products
//! of 16 bits an instruction.
//!
//! Bytes are widened by `SXTB16`, which takes every other one of a word: a quad
//! becomes a pair of its bytes 0 and 2, and one of its bytes 1 and 3.

#![allow(unsafe_code)]

mod depthwise;
mod gemm;
mod requantize;

pub(super) use depthwise::depthwise;
pub(super) use gemm::gemm;

use core::arch::asm;

/// A word of four bytes.
///
/// # Safety
///
/// Four bytes are readable at `bytes`.
#[inline(always)]
unsafe fn word(bytes: *const u8) -> u32 {
    // SAFETY: as the caller promises.
    u32::from_le(unsafe { bytes.cast::<u32>().read_unaligned() })
}

/// Bytes 0 and 2, widened.
#[inline(always)]
fn even(word: u32) -> u32 {
    let pair;
    // SAFETY: the instruction reads and writes these registers alone.
    unsafe {
        asm!(
            "sxtb16 {pair}, {word}",
            pair = lateout(reg) pair,
            word = in(reg) word,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    pair
}

/// Bytes 1 and 3, widened.
#[inline(always)]
fn odd(word: u32) -> u32 {
    let pair;
    // SAFETY: the instruction reads and writes these registers alone.
    unsafe {
        asm!(
            "sxtb16 {pair}, {word}, ror #8",
            pair = lateout(reg) pair,
            word = in(reg) word,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    pair
}

/// `sum` and the products of both halves.
#[inline(always)]
fn smlad(sum: i32, a: u32, b: u32) -> i32 {
    let mut sum = sum;
    // SAFETY: the instruction reads and writes these registers alone, and a flag if
    // the sum wraps.
    unsafe {
        asm!(
            "smlad {sum}, {a}, {b}, {sum}",
            sum = inout(reg) sum,
            a = in(reg) a,
            b = in(reg) b,
            options(pure, nomem, nostack),
        );
    }
    sum
}
