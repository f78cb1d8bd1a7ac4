//! The arithmetic of int8 networks: TensorFlow Lite's, with its double rounding.
//!
//! A real value is `scale * (q - zero_point)`. Activations have one scale and zero
//! point a tensor, weights one scale an output channel and no zero point (Jacob et
//! al., "Quantization and Training of Neural Networks for Efficient
//! Integer-Arithmetic-Only Inference", 2018; TensorFlow Lite's 8-bit quantisation
//! specification). Sums of products are brought to the output's scale by a
//! [`Multiplier`].

use serde::{Deserialize, Serialize};

/// Sums stay below this, whatever the input: loading a model sees to it. So none
/// of the roundings here, nor their vector forms, can overflow.
pub(crate) const SUM_LIMIT: i64 = 1 << 30;

/// The least and the greatest exponent of a [`Multiplier`].
pub(crate) const EXPONENTS: core::ops::RangeInclusive<i8> = -31..=15;

/// A factor, `mantissa / 2^31 * 2^exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Multiplier {
    /// 2^30 to 2^31 - 1, or 0.
    pub mantissa: i32,
    /// -31 to 15; for [`Softmax`](super::Op::Softmax) to 31.
    pub exponent: i8,
}

impl Multiplier {
    /// The multiplier that is nearest to `factor`, as TensorFlow Lite rounds it:
    /// halves away from zero, and below 2^-32 nothing is left. `None` unless
    /// `factor` is finite, not negative and below 2^31.
    #[must_use]
    pub fn from_real(factor: f64) -> Option<Self> {
        if !(0.0..f64::from(1u32 << 31)).contains(&factor) {
            return None;
        }
        let (fraction, exponent) = libm::frexp(factor);
        let mantissa = libm::round(fraction * f64::from(1u32 << 31)) as u32;
        let (mantissa, exponent) = match mantissa {
            0x8000_0000 => (1 << 30, exponent + 1),
            mantissa => (mantissa.cast_signed(), exponent),
        };
        match exponent {
            ..-31 => Some(Self { mantissa: 0, exponent: 0 }),
            _ => Some(Self { mantissa, exponent: i8::try_from(exponent).ok()? }),
        }
    }

    /// Whether mantissa and exponent are what every operation but softmax takes.
    pub(crate) fn is_valid(self) -> bool {
        (self.mantissa == 0 || self.mantissa >= 1 << 30) && EXPONENTS.contains(&self.exponent)
    }

    /// `sum` times this, rounded twice: half up to 32 bits, then half away from
    /// zero where the exponent is negative.
    ///
    /// `sum`, shifted left by a positive exponent, must be below 2^30 in size for
    /// a meaningful result; it wraps beyond.
    #[inline(always)]
    pub(crate) fn apply(self, sum: i32) -> i32 {
        let left = u32::from(self.exponent.max(0).unsigned_abs());
        let sum = i64::from(sum.wrapping_shl(left));
        let high = ((sum * i64::from(self.mantissa) + (1 << 30)) >> 31) as i32;
        let right = u32::from(self.exponent.min(0).unsigned_abs()).min(31);
        let Some(before) = right.checked_sub(1) else {
            return high;
        };
        let half = 1i32 << before;
        high.wrapping_add(half).wrapping_sub(i32::from(high < 0)) >> right
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, in wide integers: "saturating rounding doubling high
    /// multiplication", then "rounding division by a power of two" (gemmlowp).
    fn defined(sum: i32, m: Multiplier) -> i64 {
        let sum = i128::from(sum) << m.exponent.max(0);
        let product = sum * i128::from(m.mantissa);
        let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
        let high = (product + nudge) / (1 << 31);
        let right = -i32::from(m.exponent.min(0));
        let (quotient, rest) = (high >> right, high & ((1 << right) - 1));
        let threshold = (((1i128 << right) - 1) >> 1) + i128::from(high < 0);
        i64::try_from(quotient + i128::from(rest > threshold)).expect("small")
    }

    #[test]
    fn halves_go_up_first_and_away_from_zero_then() {
        let half = |exponent| Multiplier { mantissa: 1 << 30, exponent };
        assert_eq!([3, -3, 1, -1].map(|sum| half(0).apply(sum)), [2, -1, 1, 0]);
        assert_eq!([6, -6, 2, -2].map(|sum| half(-1).apply(sum)), [2, -2, 1, -1]);
        assert_eq!(half(1).apply(-7), -7);
        assert_eq!(Multiplier { mantissa: 0, exponent: -31 }.apply(i32::MAX), 0);
    }

    proptest! {
        #[test]
        fn it_is_as_defined(
            sum in -(1i32 << 30) + 1..1 << 30,
            mantissa in 1i32 << 30..=i32::MAX,
            exponent in -31i8..=15,
        ) {
            let multiplier = Multiplier { mantissa, exponent };
            let sum = sum >> exponent.max(0);
            prop_assert_eq!(i64::from(multiplier.apply(sum)), defined(sum, multiplier));
        }
    }
}
