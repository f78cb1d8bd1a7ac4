//! Sums to outputs.

use super::super::net::{Output, WIDTH};
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

    /// Whether [`shift_right`](Self::shift_right) will do for an exponent.
    #[inline(always)]
    pub(super) fn only_right(self, exponent: i32) -> bool {
        self.full && exponent < 0
    }

    /// The output if the exponent is negative and no activation cuts it off: less to
    /// decide in the innermost loops.
    #[inline(always)]
    pub(super) fn shift_right(self, sum: i32, mantissa: i32, exponent: i32) -> i8 {
        let value = self.scale_down(sum, mantissa, exponent.wrapping_neg());
        value.clamp(i8::MIN.into(), i8::MAX.into()) as i8
    }

    /// As [`shift_right`](Self::shift_right), for `count` channels of two rows whose
    /// sums lie [`WIDTH`] apart, and whose outputs go to `out` and `second`.
    ///
    /// # Safety
    ///
    /// `count` is 1 to [`WIDTH`], and as many sums, mantissas, exponents and outputs
    /// are there.
    #[inline(always)]
    pub(super) unsafe fn shift_right_two_rows(
        self,
        sums: *const i32,
        mantissas: *const u8,
        exponents: *const u8,
        count: usize,
        out: *mut i8,
        second: *mut i8,
    ) {
        // SAFETY: as the caller promises. The steps are those of `scale_down`.
        unsafe {
            asm!(
                "2:",
                "ldrsb {e}, [{exponents}], #1",
                "ldr {m}, [{mantissas}], #4",
                "ldr {b}, [{sums}, #{row}]",
                "ldr {a}, [{sums}], #4",
                "rsb {e}, {e}, #0",
                "lsl {b}, {b}, #1",
                "lsl {a}, {a}, #1",
                "smmulr {b}, {b}, {m}",
                "smmulr {a}, {a}, {m}",
                "add {b}, {b}, {b}, asr #31",
                "add {a}, {a}, {a}, asr #31",
                "asrs {b}, {b}, {e}",
                "adc {b}, {b}, {zero_point}",
                "asrs {a}, {a}, {e}",
                "adc {a}, {a}, {zero_point}",
                "ssat {b}, #8, {b}",
                "ssat {a}, #8, {a}",
                "strb {b}, [{second}], #1",
                "strb {a}, [{out}], #1",
                "subs {count}, {count}, #1",
                "bne 2b",
                sums = inout(reg) sums => _,
                mantissas = inout(reg) mantissas => _,
                exponents = inout(reg) exponents => _,
                count = inout(reg) count => _,
                out = inout(reg) out => _,
                second = inout(reg) second => _,
                zero_point = in(reg) self.zero_point,
                row = const 4 * WIDTH,
                a = out(reg) _,
                b = out(reg) _,
                e = out(reg) _,
                m = out(reg) _,
                options(nostack),
            );
        }
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
