//! Functions of single numbers, as tables of 256: made where a network is built, by
//! the arithmetic that TensorFlow Lite's reference kernels go through number by
//! number.

use super::fixed::shift_right;
use super::{Multiplier, Quantization};

/// The parameters of an [`Op::Table`](super::Op::Table).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table([u8; 256]);

impl Table {
    /// What LOGISTIC gives.
    pub const SIGMOID: Quantization = Quantization { scale: 1.0 / 256.0, zero_point: i8::MIN };

    /// The outputs for -128, -127 and so on.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Any function.
    #[must_use]
    pub fn of(mut function: impl FnMut(i8) -> i8) -> Self {
        let mut table = [0; 256];
        for (output, input) in table.iter_mut().zip(i8::MIN..=i8::MAX) {
            *output = function(input).cast_unsigned();
        }
        Self(table)
    }

    /// Any function of real numbers, rounded to the nearest output.
    #[must_use]
    pub fn of_real(
        from: Quantization,
        to: Quantization,
        mut function: impl FnMut(f32) -> f32,
    ) -> Self {
        Self::of(|q| {
            let real = function(from.scale * centred(q, from) as f32);
            let output = libm::roundf(real / to.scale) + f32::from(to.zero_point);
            output.clamp(-128.0, 127.0) as i8
        })
    }

    /// LOGISTIC: 1 / (1 + e^-x), to [`SIGMOID`](Self::SIGMOID).
    #[must_use]
    pub fn logistic(from: Quantization) -> Self {
        Self::of(|q| {
            let x = f64::from(from.scale) * f64::from(centred(q, from));
            let output = libm::round(256.0 / (1.0 + libm::exp(-x))) - 128.0;
            output.min(127.0) as i8
        })
    }

    /// QUANTIZE of numbers that are quantised already. `None` for scales whose ratio no
    /// multiplier stands for.
    #[must_use]
    pub fn requantize(from: Quantization, to: Quantization) -> Option<Self> {
        let rescale = factor(f64::from(from.scale) / f64::from(to.scale))?;
        Some(Self::of(|q| saturate(rescale.apply(centred(q, from)) + i32::from(to.zero_point))))
    }

    /// RELU, RELU6 and the like by themselves: cut off at 0, and at `max` if there is
    /// one. `None` as above.
    #[must_use]
    pub fn relu(from: Quantization, to: Quantization, max: Option<f32>) -> Option<Self> {
        let rescale = factor(f64::from(from.scale) / f64::from(to.scale))?;
        let clamp = super::Clamp::between(to, Some(0.0), max);
        Some(Self::of(|q| {
            let output = rescale.apply(centred(q, from)) + i32::from(to.zero_point);
            saturate(output.max(clamp.min.into()).min(clamp.max.into()))
        }))
    }

    /// LEAKY_RELU: `alpha` times what is below 0. `None` as above, and for a negative
    /// `alpha`.
    #[must_use]
    pub fn leaky_relu(from: Quantization, to: Quantization, alpha: f32) -> Option<Self> {
        let identity = factor(f64::from(from.scale) / f64::from(to.scale))?;
        let below = factor(f64::from(from.scale) * f64::from(alpha) / f64::from(to.scale))?;
        Some(Self::of(|q| {
            let x = centred(q, from);
            let rescale = if x >= 0 { identity } else { below };
            saturate(rescale.apply(x) + i32::from(to.zero_point))
        }))
    }

    /// HARD_SWISH: x times (x + 3) / 6, the latter cut off at 0 and 1. `None` as above.
    ///
    /// The reference works in 16 bits, with 7 bits more than the input has.
    #[must_use]
    pub fn hard_swish(from: Quantization, to: Quantization) -> Option<Self> {
        let fine = from.scale / 128.0;
        let output = Multiplier::from_real((fine / to.scale).into())?;
        let gate = Multiplier::from_real((fine / (3.0 / 32768.0)).into())?;
        if output.exponent > 0 {
            return None;
        }
        let (output_factor, gate_factor) = (sixteen_bits(output), sixteen_bits(gate));
        let left = u32::from(gate.exponent.max(0).unsigned_abs()).min(15);
        let right = u32::from(gate.exponent.min(0).unsigned_abs());
        let last = u32::from(output.exponent.unsigned_abs());
        Some(Self::of(|q| {
            let x = saturate_16(centred(q, from) << 7);
            let value = multiply_16(x, output_factor);
            // The last bit of a shift to the left comes after the multiplication, so
            // that only this one can saturate to any effect.
            let scaled = saturate_16(i32::from(x) << left.saturating_sub(1));
            let scaled = i32::from(multiply_16(scaled, gate_factor)) << left.min(1);
            let gate = shift_right(saturate_16(scaled).into(), right);
            let gate = (gate + (1 << 15)) >> 1;
            // Towards zero, unlike all else.
            let product = gate * i32::from(value) / (1 << 15);
            saturate(shift_right(product, last) + i32::from(to.zero_point))
        }))
    }
}

fn factor(real: f64) -> Option<Multiplier> {
    Multiplier::from_real(real).filter(|m| m.is_valid())
}

fn centred(q: i8, quantization: Quantization) -> i32 {
    i32::from(q) - i32::from(quantization.zero_point)
}

fn saturate(value: i32) -> i8 {
    value.clamp(i8::MIN.into(), i8::MAX.into()) as i8
}

fn saturate_16(value: i32) -> i16 {
    value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// A mantissa's upper half, rounded.
fn sixteen_bits(multiplier: Multiplier) -> i16 {
    saturate_16(multiplier.mantissa.saturating_add(1 << 15) >> 16)
}

/// `a * b / 2^15`, halves up.
fn multiply_16(a: i16, b: i16) -> i16 {
    saturate_16((i32::from(a) * i32::from(b) + (1 << 14)) >> 15)
}
