//! Softmax in integers.

use crate::nn::Multiplier;
use crate::nn::fixed::{exp, multiply, reciprocal_of_one_plus, shift_right};

/// Bits before the point of the sum of exponentials.
const SUM_BITS: u32 = 12;

/// Replaces every `classes` numbers by their softmax, from -128 for 0 to 127.
pub(in crate::nn) fn softmax(
    numbers: &mut [i8],
    classes: usize,
    rescale: Multiplier,
) -> Option<()> {
    for row in numbers.chunks_exact_mut(classes.max(1)) {
        let most = i32::from(*row.iter().max()?);
        // What is farther below the greatest would not fit its format, and is nothing.
        let farthest = (31i32 << 26) >> rescale.exponent.clamp(0, 31);
        let power = |number: i8| {
            let difference = i32::from(number) - most;
            (difference >= -farthest).then(|| exp(rescale.apply(difference)))
        };
        let exponentials = row.iter().filter_map(|&number| power(number));
        let sum = exponentials.fold(0i32, |sum, e| sum.wrapping_add(shift_right(e, SUM_BITS)));
        // The sum is at least 1: as 1 + something, times a power of two.
        let zeros = sum.cast_unsigned().leading_zeros();
        let above_one = sum.cast_unsigned().wrapping_shl(zeros).wrapping_sub(1 << 31);
        let scale = reciprocal_of_one_plus(above_one.cast_signed());
        let shift = (SUM_BITS + 31 - 8).checked_sub(zeros)?;
        for number in row {
            let value = power(*number).map_or(0, |e| shift_right(multiply(scale, e), shift));
            *number = value.saturating_sub(128).clamp(-128, 127) as i8;
        }
    }
    Some(())
}
