//! Pooling: averages and maxima of windows; of padding nothing is seen.

use super::{Io, divide, saturate};
use crate::nn::geometry::Lattice;
use crate::nn::{Clamp, Multiplier, Window};

/// Channels whose sums are in registers at once.
const LANES: usize = 32;

/// The average of each window's inputs, rounded half away from zero.
pub(in crate::nn) fn average_pool(io: Io<'_>, window: Window, clamp: Clamp) -> Option<()> {
    let (min, max) = (i32::from(clamp.min), i32::from(clamp.max));
    let add = |sum: i32, input: i8| sum.wrapping_add(input.into());
    pool(io, window, 0, add, |sum, count| divide(sum, count).max(min).min(max) as i8)
}

/// The greatest of each window's inputs.
pub(in crate::nn) fn max_pool(io: Io<'_>, window: Window, clamp: Clamp) -> Option<()> {
    pool(io, window, clamp.min, i8::max, |most, _| most.min(clamp.max))
}

/// The average of each channel, brought to another scale. The division is part of the
/// multiplier, so that it may be one bit short of a normal one.
pub(in crate::nn) fn global_average(io: Io<'_>, rescale: Multiplier) -> Option<()> {
    let channels = usize::from(io.from.channels);
    let count = i32::try_from(io.from.pixels()?).ok()?;
    let rescale = divided(rescale, count)?;
    for (out, first) in io.output.chunks_mut(LANES).zip((0..channels).step_by(LANES)) {
        let mut sums = [0i32; LANES];
        for pixel in io.input.chunks_exact(channels.max(1)) {
            let pixel = pixel.get(first..first + out.len())?;
            accumulate(&mut sums, pixel, |sum, input| sum.wrapping_add(input.into()));
        }
        for (out, sum) in out.iter_mut().zip(sums) {
            let sum = sum.wrapping_sub(count.wrapping_mul(io.zero_in.into()));
            *out = saturate(rescale.apply(sum).wrapping_add(io.zero_out.into()));
        }
    }
    Some(())
}

/// A multiplier over `count`, rounded down; its exponent stays as it has to be.
fn divided(multiplier: Multiplier, count: i32) -> Option<Multiplier> {
    let shift = u8::try_from(count.checked_ilog2()?).ok()?;
    let shift = shift.min(31u8.checked_add_signed(multiplier.exponent)?);
    let mantissa = (i64::from(multiplier.mantissa) << shift) / i64::from(count);
    let exponent = multiplier.exponent.checked_sub_unsigned(shift)?;
    Some(Multiplier { mantissa: i32::try_from(mantissa).ok()?, exponent })
}

/// Takes each number of a pixel into the accumulator of its channel.
#[inline(always)]
fn accumulate<A: Copy>(sums: &mut [A; LANES], pixel: &[i8], step: impl Fn(A, i8) -> A) {
    if let Ok(pixel) = <&[i8; LANES]>::try_from(pixel) {
        for (sum, &input) in sums.iter_mut().zip(pixel) {
            *sum = step(*sum, input);
        }
    } else {
        for (sum, &input) in sums.iter_mut().zip(pixel) {
            *sum = step(*sum, input);
        }
    }
}

/// Folds each channel of each window, from `start` on by `step`; `finish` makes an
/// output of the result and of how many inputs went in.
#[inline(always)]
fn pool<A: Copy>(
    io: Io<'_>,
    window: Window,
    start: A,
    step: impl Fn(A, i8) -> A + Copy,
    finish: impl Fn(A, i32) -> i8,
) -> Option<()> {
    let lattice = Lattice::new(window, io.from).ok()?;
    let (channels, row) = (usize::from(io.from.channels), io.from.row());
    let mut outputs = io.output.chunks_exact_mut(channels.max(1));
    for y in 0..lattice.height {
        let rows = lattice.rows_of(y);
        for x in 0..lattice.width {
            let columns = lattice.columns_of(x);
            let count = i32::try_from(rows.len() * columns.len()).ok()?;
            let first = rows.start * row + columns.start * channels;
            let outputs = outputs.next()?.chunks_mut(LANES);
            for (out, first) in outputs.zip((first..).step_by(LANES)) {
                let mut sums = [start; LANES];
                for line in 0..rows.len() {
                    for pixel in 0..columns.len() {
                        let pixel = io.input.get(first + line * row + pixel * channels..)?;
                        accumulate(&mut sums, pixel.get(..out.len())?, step);
                    }
                }
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = finish(sum, count);
                }
            }
        }
    }
    Some(())
}
