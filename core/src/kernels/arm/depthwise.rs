//! Depthwise convolutions: four channels at a time, whose inputs are one word a tap.

use super::super::net::{Depthwise, Panel, QUAD, TAPS};
use super::requantize::Requantizer;
use super::{even, odd, smlad, word};
use core::arch::asm;

/// Parameters of four channels, ready for use with every pixel.
struct Channels {
    bias: [i32; 4],
    mantissas: [i32; 4],
    exponents: [i32; 4],
    /// For each quad of taps, for each channel: the weights of taps 0 and 2, then
    /// those of taps 1 and 3.
    weights: [[[u32; 2]; 4]; TAPS / QUAD],
    /// The weights of the taps that make no quad.
    single: [[i32; 4]; QUAD],
}

/// Every channel by itself; `out` holds just the job's outputs.
pub(in super::super) fn depthwise(job: &Depthwise<'_>, out: &mut [i8]) {
    let mut channels = Channels {
        bias: [0; 4],
        mantissas: [0; 4],
        exponents: [0; 4],
        weights: [[[0; 2]; 4]; TAPS / QUAD],
        single: [[0; 4]; QUAD],
    };
    let mut column = 0;
    for (panel, used) in job.panels().iter() {
        for first in (0..used).step_by(4) {
            channels.fill(&panel, first);
            // SAFETY: these are up to four of the job's channels.
            unsafe { pixels(job, &channels, column + first, (used - first).min(4), out) };
        }
        column += used;
    }
}

impl Channels {
    /// Takes four channels' parameters out of a panel.
    fn fill(&mut self, panel: &Panel<'_>, first: usize) {
        for channel in 0..4 {
            let (bias, multiplier) = panel.channel(first + channel);
            self.bias[channel] = bias;
            self.mantissas[channel] = multiplier.mantissa;
            self.exponents[channel] = multiplier.exponent.into();
        }
        let (quads, _) = panel.weights.as_chunks::<QUAD>();
        for (quad, pairs) in quads.chunks(panel.width).zip(&mut self.weights) {
            for (weights, pairs) in quad.iter().skip(first).zip(pairs) {
                let weights = u32::from_le_bytes(*weights);
                *pairs = [even(weights), odd(weights)];
            }
        }
        let last = quads.chunks(panel.width).next_back().unwrap_or(&[]);
        for (channel, weights) in last.iter().skip(first).take(4).enumerate() {
            for (single, weight) in self.single.iter_mut().zip(weights) {
                single[channel] = weight.cast_signed().into();
            }
        }
    }
}

/// All pixels of four channels, the first of which is `column`; `used` of them
/// are there.
///
/// # Safety
///
/// The job has these channels, and `out` is for its outputs.
unsafe fn pixels(
    job: &Depthwise<'_>,
    channels: &Channels,
    column: usize,
    used: usize,
    out: &mut [i8],
) {
    let requantizer = Requantizer::new(job.output());
    let (quads, single) = job.taps().as_chunks::<QUAD>();
    let mut inputs = job.inputs().as_ptr().cast::<u8>().wrapping_add(column);
    let row = out.get_mut(column..).unwrap_or(&mut []);
    for out in row.chunks_mut(job.panels().channels()) {
        let mut sums = channels.bias;
        // SAFETY: four bytes are readable from any channel of any tap of any of the
        // job's pixels on, as the last channels have slack behind them.
        unsafe {
            for (taps, weights) in quads.iter().zip(&channels.weights) {
                for pair in 0..2 {
                    let a = word(inputs.add(taps[pair]));
                    let b = word(inputs.add(taps[pair + 2]));
                    let (a_even, a_odd, b_even, b_odd) = (even(a), odd(a), even(b), odd(b));
                    sums[0] = smlad(sums[0], low(a_even, b_even), weights[0][pair]);
                    sums[1] = smlad(sums[1], low(a_odd, b_odd), weights[1][pair]);
                    sums[2] = smlad(sums[2], high(a_even, b_even), weights[2][pair]);
                    sums[3] = smlad(sums[3], high(a_odd, b_odd), weights[3][pair]);
                }
            }
            for (tap, weights) in single.iter().zip(&channels.single) {
                let word = word(inputs.add(*tap));
                for (channel, sum) in sums.iter_mut().enumerate() {
                    let input = i32::from((word >> (8 * channel)) as i8);
                    *sum = sum.wrapping_add(weights[channel].wrapping_mul(input));
                }
            }
        }
        let multipliers = channels.mantissas.iter().zip(&channels.exponents);
        for ((out, sum), (mantissa, exponent)) in
            out.iter_mut().zip(sums).zip(multipliers).take(used)
        {
            *out = requantizer.apply(sum, *mantissa, *exponent);
        }
        // Behind the last pixel this may point nowhere; it is not used.
        inputs = inputs.wrapping_add(job.step());
    }
}

/// The lower halves of both.
#[inline(always)]
fn low(a: u32, b: u32) -> u32 {
    let both;
    // SAFETY: the instruction reads and writes these registers alone.
    unsafe {
        asm!(
            "pkhbt {both}, {a}, {b}, lsl #16",
            both = lateout(reg) both,
            a = in(reg) a,
            b = in(reg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    both
}

/// The upper halves of both.
#[inline(always)]
fn high(a: u32, b: u32) -> u32 {
    let both;
    // SAFETY: the instruction reads and writes these registers alone.
    unsafe {
        asm!(
            "pkhtb {both}, {b}, {a}, asr #16",
            both = lateout(reg) both,
            a = in(reg) a,
            b = in(reg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    both
}
