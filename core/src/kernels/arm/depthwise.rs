//! Depthwise convolutions: four channels at a time, whose inputs are one word a tap.

use super::super::net::{Depthwise, Panel, QUAD, TAPS};
use super::requantize::Requantizer;
use super::{even, odd, word};
use core::arch::asm;

/// A quad of taps of four channels: what a step of the inner loop reads, in its
/// order.
#[derive(Clone, Copy)]
#[repr(C)]
struct Step {
    taps: [usize; QUAD],
    /// The weights of taps 0 and 2 of each channel, then those of taps 1 and 3.
    weights: [[u32; 4]; 2],
}

/// Parameters of four channels, ready for use with every pixel.
struct Channels {
    bias: [i32; 4],
    mantissas: [i32; 4],
    exponents: [i32; 4],
    steps: [Step; TAPS / QUAD],
    /// The weights of the taps that make no quad.
    single: [[i32; 4]; QUAD],
}

/// Every channel by itself; `out` holds just the job's outputs.
pub(in super::super) fn depthwise(job: &Depthwise<'_>, out: &mut [i8]) {
    let mut channels = Channels {
        bias: [0; 4],
        mantissas: [0; 4],
        exponents: [0; 4],
        steps: [Step { taps: [0; QUAD], weights: [[0; 4]; 2] }; TAPS / QUAD],
        single: [[0; 4]; QUAD],
    };
    for (step, taps) in channels.steps.iter_mut().zip(job.taps().as_chunks::<QUAD>().0) {
        step.taps = *taps;
    }
    let mut column = 0;
    for (panel, used) in job.panels().iter() {
        for first in (0..used).step_by(4) {
            // SAFETY: these are up to four of the job's channels; panels have a
            // multiple of four.
            unsafe {
                channels.fill(job, &panel, first);
                let out = out.as_mut_ptr().add(column + first);
                if used - first >= 4 {
                    pixels::<4>(job, &channels, column + first, 4, out);
                } else {
                    pixels::<0>(job, &channels, column + first, used - first, out);
                }
            }
        }
        column += used;
    }
}

impl Channels {
    /// Takes four channels' parameters out of a panel.
    ///
    /// # Safety
    ///
    /// The panel is one of the job's, and has the channels.
    #[inline(always)]
    unsafe fn fill(&mut self, job: &Depthwise<'_>, panel: &Panel<'_>, first: usize) {
        let (quads, single) = job.taps().as_chunks::<QUAD>();
        let mut weights = panel.weights.as_ptr().wrapping_add(QUAD * first);
        // SAFETY: as the caller promises. The taps fill the panel's quads; those
        // that make no quad by themselves begin its last.
        unsafe {
            for channel in 0..4 {
                let of = |words: &[u8]| word(words.as_ptr().add(4 * (first + channel)));
                self.bias[channel] = of(panel.bias).cast_signed();
                self.mantissas[channel] = of(panel.mantissas).cast_signed();
                let exponent = panel.exponents.as_ptr().add(first + channel).read();
                self.exponents[channel] = exponent.cast_signed().into();
            }
            for step in self.steps.iter_mut().take(quads.len()) {
                for channel in 0..4 {
                    let quad = word(weights.add(QUAD * channel));
                    (step.weights[0][channel], step.weights[1][channel]) = (even(quad), odd(quad));
                }
                weights = weights.wrapping_add(QUAD * panel.width);
            }
            for (tap, single) in self.single.iter_mut().enumerate().take(single.len()) {
                for (channel, single) in single.iter_mut().enumerate() {
                    let weight = weights.add(QUAD * channel + tap).read();
                    *single = weight.cast_signed().into();
                }
            }
        }
    }
}

/// All pixels of four channels, the first of which is `column`. `N` of them are
/// used, or if that is 0, `used`.
///
/// # Safety
///
/// The job has these channels; `out` is where the first pixel's outputs go, and has
/// room for all of the job's.
unsafe fn pixels<const N: usize>(
    job: &Depthwise<'_>,
    channels: &Channels,
    column: usize,
    used: usize,
    out: *mut i8,
) {
    let requantizer = Requantizer::new(job.output());
    let (quads, single) = job.taps().as_chunks::<QUAD>();
    let stride = job.panels().channels();
    let mut inputs = job.inputs().as_ptr().cast::<u8>().wrapping_add(column);
    let mut out = out;
    for _ in 0..job.pixels() {
        let mut sums = channels.bias;
        // SAFETY: four bytes are readable from any channel of any tap of any of the
        // job's pixels on, as the last channels have slack behind them.
        unsafe {
            let mut steps = channels.steps.as_ptr();
            for _ in 0..quads.len() {
                four_taps(inputs, &mut steps, &mut sums);
            }
            for (tap, weights) in single.iter().zip(&channels.single) {
                let word = word(inputs.add(*tap));
                for (channel, sum) in sums.iter_mut().enumerate() {
                    let input = i32::from((word >> (8 * channel)) as i8);
                    *sum = sum.wrapping_add(weights[channel].wrapping_mul(input));
                }
            }
            let count = if N > 0 { N } else { used };
            for (channel, sum) in sums.into_iter().enumerate().take(count) {
                let (mantissa, exponent) =
                    (channels.mantissas[channel], channels.exponents[channel]);
                let [value] = requantizer.apply([sum], mantissa, exponent);
                out.add(channel).write(value);
            }
        }
        // Behind the last pixel these may point nowhere; they are not used.
        inputs = inputs.wrapping_add(job.step());
        out = out.wrapping_add(stride);
    }
}

/// Adds the products of four taps of four channels.
///
/// # Safety
///
/// A step is readable at `steps`, which goes on to the next, and four bytes behind
/// `inputs` at each of its taps.
#[inline(always)]
unsafe fn four_taps(inputs: *const u8, steps: &mut *const Step, sums: &mut [i32; 4]) {
    let [s0, s1, s2, s3] = sums;
    // Written out, as the compiler would mix the steps until it runs out of
    // registers. Two taps, four channels each: bytes 0 and 2 of both, and 1 and 3,
    // make a pair for each channel.
    // SAFETY: as the caller promises.
    unsafe {
        asm!(
            "ldm {steps}!, {{r0, r1, r2, r3}}",
            "ldr r0, [{inputs}, r0]",
            "ldr r2, [{inputs}, r2]",
            "ldr r1, [{inputs}, r1]",
            "ldr r3, [{inputs}, r3]",
            "sxtb16 {t}, r0",
            "sxtb16 r0, r0, ror #8",
            "sxtb16 {u}, r2",
            "sxtb16 r2, r2, ror #8",
            "pkhbt {v}, {t}, {u}, lsl #16",
            "pkhtb {u}, {u}, {t}, asr #16",
            "pkhbt {t}, r0, r2, lsl #16",
            "pkhtb r2, r2, r0, asr #16",
            "ldr r0, [{steps}], #4",
            "smlad {s0}, {v}, r0, {s0}",
            "ldr r0, [{steps}], #4",
            "ldr {v}, [{steps}], #4",
            "smlad {s1}, {t}, r0, {s1}",
            "ldr r0, [{steps}], #4",
            "smlad {s2}, {u}, {v}, {s2}",
            "smlad {s3}, r2, r0, {s3}",
            "sxtb16 {t}, r1",
            "sxtb16 r1, r1, ror #8",
            "sxtb16 {u}, r3",
            "sxtb16 r3, r3, ror #8",
            "ldm {steps}!, {{r0, r2}}",
            "pkhbt {v}, {t}, {u}, lsl #16",
            "smlad {s0}, {v}, r0, {s0}",
            "pkhtb {u}, {u}, {t}, asr #16",
            "pkhbt {t}, r1, r3, lsl #16",
            "smlad {s1}, {t}, r2, {s1}",
            "ldm {steps}!, {{r0, r2}}",
            "pkhtb r3, r3, r1, asr #16",
            "smlad {s2}, {u}, r0, {s2}",
            "smlad {s3}, r3, r2, {s3}",
            inputs = in(reg) inputs,
            steps = inout(reg) *steps,
            t = out(reg) _,
            u = out(reg) _,
            v = out(reg) _,
            s0 = inout(reg) *s0,
            s1 = inout(reg) *s1,
            s2 = inout(reg) *s2,
            s3 = inout(reg) *s3,
            out("r0") _,
            out("r1") _,
            out("r2") _,
            out("r3") _,
            options(readonly, nostack),
        );
    }
}
