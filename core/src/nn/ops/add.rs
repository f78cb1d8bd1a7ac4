//! Addition of two tensors of different scales.

use super::Io;
use crate::nn::{Clamp, Multiplier};

/// Bits that both inputs are shifted up by before they are rounded to one scale.
const SHIFT: u32 = 20;

/// Adds the input to what the output holds already. `zero_first` is the zero point of
/// that first addend, which `rescale` is for as well; `io.input` is the second.
pub(in crate::nn) fn add(
    io: Io<'_>,
    zero_first: i8,
    rescale: [Multiplier; 2],
    output: Multiplier,
    clamp: Clamp,
) -> Option<()> {
    let rounding = io.rounding(clamp);
    let [one, two] = rescale;
    let (zero_one, zero_two) = (i32::from(zero_first), i32::from(io.zero_in));
    for (out, &other) in io.output.iter_mut().zip(io.input) {
        let first = one.apply((i32::from(*out) - zero_one) << SHIFT);
        let second = two.apply((i32::from(other) - zero_two) << SHIFT);
        *out = rounding.of(first.wrapping_add(second), output);
    }
    Some(())
}
