//! A sum to an output.

use super::super::net::Output;
use core::arch::asm;

/// How to bring sums of one channel to an output, and the steps that are common
/// to a layer.
#[derive(Clone, Copy)]
pub(super) struct Requantizer {
    zero_point: i32,
    min: i32,
    max: i32,
}

impl Requantizer {
    pub(super) fn new(output: Output) -> Self {
        Self {
            zero_point: output.zero_point.into(),
            min: output.min.into(),
            max: output.max.into(),
        }
    }

    /// The output for a sum that is below 2^30 in size, also when shifted left by
    /// the exponent.
    #[inline(always)]
    pub(super) fn apply(self, sum: i32, mantissa: i32, exponent: i32) -> i8 {
        let value = if exponent < 0 {
            let value;
            // Twice the product's upper half, rounded half up; one less where it is
            // negative, so that rounding half up makes it half away from zero. The
            // last bit that is shifted out lies in the carry flag: adding it is
            // that rounding.
            // SAFETY: the instructions read and write these registers and the flags.
            unsafe {
                asm!(
                    "smmulr {value}, {sum}, {mantissa}",
                    "add {value}, {value}, {value}, asr #31",
                    "asrs {value}, {value}, {right}",
                    "adc {value}, {value}, {zero_point}",
                    value = out(reg) value,
                    sum = in(reg) sum.wrapping_shl(1),
                    mantissa = in(reg) mantissa,
                    right = in(reg) exponent.wrapping_neg(),
                    zero_point = in(reg) self.zero_point,
                    options(pure, nomem, nostack),
                );
            }
            value
        } else {
            let value: i32;
            // SAFETY: the instruction reads and writes these registers alone.
            unsafe {
                asm!(
                    "smmulr {value}, {sum}, {mantissa}",
                    value = lateout(reg) value,
                    sum = in(reg) sum.wrapping_shl(exponent.wrapping_add(1).cast_unsigned()),
                    mantissa = in(reg) mantissa,
                    options(pure, nomem, nostack, preserves_flags),
                );
            }
            value.wrapping_add(self.zero_point)
        };
        value.max(self.min).min(self.max) as i8
    }
}
