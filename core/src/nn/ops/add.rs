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
    // 256 values each: their part of the sum is worked out once, not once a number.
    let [one, two] = rescale;
    let first = parts(zero_first, one);
    let second = parts(io.zero_in, two);
    let part = |table: &[i32; 256], value: i8| {
        // A byte is never outside 256 entries.
        table.get(usize::from(value.cast_unsigned())).copied().unwrap_or(0)
    };
    for (out, &other) in io.output.iter_mut().zip(io.input) {
        let sum = part(&first, *out).wrapping_add(part(&second, other));
        *out = rounding.of(sum, output);
    }
    Some(())
}

/// What each value adds to a sum, by its bits as an unsigned number.
fn parts(zero_point: i8, rescale: Multiplier) -> [i32; 256] {
    let mut table = [0; 256];
    for (entry, value) in table.iter_mut().zip(0..=u8::MAX) {
        let value = i32::from(value.cast_signed()) - i32::from(zero_point);
        *entry = rescale.apply(value << SHIFT);
    }
    table
}
