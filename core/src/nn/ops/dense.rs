//! Fully connected: one row times the weights.
//!
//! LiteRT's reference, unlike its convolutions, rounds these sums once. There is one
//! row, so that each weight is used once: plain loops do. Where speed counts for more
//! than that last bit, a convolution of the same weights does the same.

use super::{Io, saturate};
use crate::kernels::net::{Panel, Panels, QUAD, WIDTH};
use crate::nn::{Clamp, Multiplier};

/// Fully connected.
pub(in crate::nn) fn dense(io: Io<'_>, clamp: Clamp, weights: &[u8]) -> Option<()> {
    let quads = io.input.len().div_ceil(QUAD);
    let panels = Panels::new(weights, io.to.channels.into(), quads)?;
    let (min, max) = (i32::from(clamp.min), i32::from(clamp.max));
    let mut outputs = io.output.iter_mut();
    for (panel, used) in panels.iter() {
        let sums = sums(&panel, io.input);
        for ((channel, sum), out) in sums.into_iter().enumerate().take(used).zip(&mut outputs) {
            let (bias, multiplier) = panel.channel(channel);
            let value = round_once(bias.wrapping_add(sum), multiplier);
            let value = value.saturating_add(io.zero_out.into());
            *out = saturate(value.max(min).min(max));
        }
    }
    Some(())
}

/// Each channel's sum of products.
fn sums(panel: &Panel<'_>, input: &[i8]) -> [i32; WIDTH] {
    let mut sums = [0i32; WIDTH];
    let (whole, rest) = input.as_chunks::<QUAD>();
    let mut last = [0; QUAD];
    for (to, &from) in last.iter_mut().zip(rest) {
        *to = from;
    }
    let quads = whole.iter().chain(core::iter::once(&last));
    let (weights, _) = panel.weights.as_chunks::<QUAD>();
    for (weights, inputs) in weights.chunks(panel.width.max(1)).zip(quads) {
        for (sum, weights) in sums.iter_mut().zip(weights) {
            for (&w, &x) in weights.iter().zip(inputs) {
                *sum = sum.wrapping_add(i32::from(w.cast_signed()) * i32::from(x));
            }
        }
    }
    sums
}

/// `sum` times the multiplier, halves away from zero.
fn round_once(sum: i32, multiplier: Multiplier) -> i32 {
    let product = i64::from(sum) * i64::from(multiplier.mantissa);
    let shift = u32::from(31u8.saturating_sub_signed(multiplier.exponent)).clamp(1, 62);
    let half = 1i64 << (shift - 1);
    ((product + half - i64::from(product < 0)) >> shift) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_rounding_is_the_nearest_integer(
            sum in -(1i32 << 30) + 1..1 << 30,
            mantissa in 1i32 << 30..=i32::MAX,
            exponent in -31i8..=15,
        ) {
            let sum = sum >> exponent.max(0);
            let got = i128::from(round_once(sum, Multiplier { mantissa, exponent }));
            // How far it is from the product, in units of 2^-62.
            let product = (i128::from(sum) * i128::from(mantissa)) << (31 + exponent);
            let off = (got << 62) - product;
            let half = 1i128 << 61;
            prop_assert!(off.abs() <= half);
            prop_assert!(off.abs() < half || (got > 0) == (product > 0));
        }
    }
}
