//! Sums to outputs.

use super::super::net::Output;
use core::arch::asm;

/// What comes behind the multiplication.
#[derive(Clone, Copy)]
pub(super) struct Requantizer {
    zero_point: i32,
    min: i32,
    max: i32,
    /// Whether `min` to `max` is all there is.
    full: bool,
}

impl Requantizer {
    pub(super) fn new(output: Output) -> Self {
        let Output { zero_point, min, max } = output;
        let full = min == i8::MIN && max == i8::MAX;
        Self { zero_point: zero_point.into(), min: min.into(), max: max.into(), full }
    }

    pub(super) fn zero_point(self) -> i32 {
        self.zero_point
    }

    /// The outputs for sums of one channel that are below 2^30 in size, also when
    /// shifted left by the exponent.
    #[inline(always)]
    pub(super) fn apply<const N: usize>(
        self,
        sums: [i32; N],
        mantissa: i32,
        exponent: i32,
    ) -> [i8; N] {
        let values = if exponent < 0 {
            let right = exponent.wrapping_neg();
            sums.map(|sum| self.scale_down(sum, mantissa, right))
        } else {
            let left = exponent.wrapping_add(1).cast_unsigned();
            sums.map(|sum| smmulr(sum.wrapping_shl(left), mantissa).wrapping_add(self.zero_point))
        };
        let values = values.map(|value| value.clamp(i8::MIN.into(), i8::MAX.into()));
        if self.full {
            return values.map(|value| value as i8);
        }
        values.map(|value| value.max(self.min).min(self.max) as i8)
    }

    /// The output for one sum.
    #[inline(always)]
    pub(super) fn apply_one(self, sum: i32, mantissa: i32, exponent: i32) -> i8 {
        let [value] = self.apply([sum], mantissa, exponent);
        value
    }

    /// Whether the exponent is negative and no activation cuts outputs off: then the
    /// steps of `scale_down` and one saturation are all there is to do.
    #[inline(always)]
    pub(super) fn only_right(self, exponent: i32) -> bool {
        self.full && exponent < 0
    }

    /// Twice the product's upper half, rounded half up; then shifted right, rounded
    /// half away from zero; plus the zero point.
    #[inline(always)]
    fn scale_down(self, sum: i32, mantissa: i32, right: i32) -> i32 {
        let high = smmulr(sum.wrapping_shl(1), mantissa);
        let value;
        // One less where it is negative, so that rounding half up makes it half away
        // from zero. The last bit that is shifted out lies in the carry flag: adding
        // it is that rounding.
        // SAFETY: the instructions read and write these registers and the flags.
        unsafe {
            asm!(
                "add {value}, {high}, {high}, asr #31",
                "asrs {value}, {value}, {right}",
                "adc {value}, {value}, {zero_point}",
                value = out(reg) value,
                high = in(reg) high,
                right = in(reg) right,
                zero_point = in(reg) self.zero_point,
                options(pure, nomem, nostack),
            );
        }
        value
    }
}

/// The upper half of the product, rounded half up.
#[inline(always)]
fn smmulr(a: i32, b: i32) -> i32 {
    let high;
    // SAFETY: the instruction reads and writes these registers alone.
    unsafe {
        asm!(
            "smmulr {high}, {a}, {b}",
            high = lateout(reg) high,
            a = in(reg) a,
            b = in(reg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    high
}
