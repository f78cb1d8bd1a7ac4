//! Depthwise convolutions: four channels at a time, whose inputs are one word a tap.

use super::super::net::{Depthwise, Panel, QUAD, TAPS};
use super::requantize::Requantizer;
use super::{even, odd, word};
use core::arch::asm;
use core::mem::MaybeUninit;

/// A quad of taps of four channels: what a step of the inner loop reads, in its
/// order.
#[derive(Clone, Copy)]
#[repr(C)]
struct Step {
    taps: [usize; QUAD],
    /// The weights of taps 0 and 2 of each channel, then those of taps 1 and 3.
    weights: [[u32; 4]; 2],
}

/// A tap that makes no quad with others, of four channels.
#[derive(Clone, Copy)]
#[repr(C)]
struct Single {
    tap: usize,
    weights: [i32; 4],
}

/// What stands for a tap behind the last one; no tap is so far away.
const END: usize = usize::MAX;

/// Parameters of four channels, ready for use with every pixel.
struct Channels {
    bias: [i32; 4],
    /// As many as there are; then one whose first tap is [`END`], and memory that is
    /// not used.
    steps: [MaybeUninit<Step>; TAPS / QUAD + 1],
    /// Likewise.
    single: [MaybeUninit<Single>; QUAD],
}

/// Every channel by itself; `out` holds just the job's outputs.
pub(in super::super) fn depthwise(job: &Depthwise<'_>, out: &mut [i8]) {
    let mut channels = Channels {
        bias: [0; 4],
        steps: [const { MaybeUninit::uninit() }; TAPS / QUAD + 1],
        single: [const { MaybeUninit::uninit() }; QUAD],
    };
    let (quads, single) = job.taps().as_chunks::<QUAD>();
    let steps = quads.iter().copied().chain([[END; QUAD]]);
    for (step, taps) in channels.steps.iter_mut().zip(steps) {
        step.write(Step { taps, weights: [[0; 4]; 2] });
    }
    for (to, tap) in channels.single.iter_mut().zip(single.iter().copied().chain([END])) {
        to.write(Single { tap, weights: [0; 4] });
    }
    let mut memory = [[0; 4]; RUN];
    let mut column = 0;
    for (panel, used) in job.panels().iter() {
        for first in (0..used).step_by(4) {
            // SAFETY: these are up to four of the job's channels; panels have a
            // multiple of four.
            unsafe {
                channels.fill(job, &panel, first);
                let group = Group { panel: &panel, first, used: (used - first).min(4) };
                let out = out.as_mut_ptr().add(column + first);
                pixels(job, &channels, column + first, group, &mut memory, out);
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
        // that make no quad by themselves begin its last. There is a step for each
        // quad of taps, and a single for each of the rest.
        unsafe {
            for (channel, bias) in self.bias.iter_mut().enumerate() {
                *bias = word(panel.bias.as_ptr().add(4 * (first + channel))).cast_signed();
            }
            for step in self.steps.iter_mut().take(quads.len()) {
                let step = step.assume_init_mut();
                for channel in 0..4 {
                    let quad = word(weights.add(QUAD * channel));
                    (step.weights[0][channel], step.weights[1][channel]) = (even(quad), odd(quad));
                }
                weights = weights.wrapping_add(QUAD * panel.width);
            }
            for (tap, single) in self.single.iter_mut().enumerate().take(single.len()) {
                for (channel, single) in single.assume_init_mut().weights.iter_mut().enumerate() {
                    let weight = weights.add(QUAD * channel + tap).read();
                    *single = weight.cast_signed().into();
                }
            }
        }
    }
}

/// Pixels whose sums are made before their outputs: so each of both loops has the
/// registers it needs.
const RUN: usize = 16;

/// Up to four channels of a panel.
struct Group<'a> {
    panel: &'a Panel<'a>,
    first: usize,
    used: usize,
}

/// All pixels of a group of channels, the first of which is `column`.
///
/// # Safety
///
/// The job and the panel have these channels; `out` is where the first pixel's outputs go, and has
/// room for all of the job's.
unsafe fn pixels(
    job: &Depthwise<'_>,
    channels: &Channels,
    column: usize,
    group: Group<'_>,
    memory: &mut [[i32; 4]; RUN],
    out: *mut i8,
) {
    let requantizer = Requantizer::new(job.output());
    let stride = job.panels().channels();
    let mut inputs = job.inputs().as_ptr().cast::<u8>().wrapping_add(column);
    let mut out = out;
    let mut left = job.pixels();
    while left > 0 {
        let (sums, _) = memory.split_at_mut(left.min(RUN));
        // SAFETY: as the caller promises; `left` pixels are to come.
        unsafe { sum(job, channels, inputs, sums) };
        for channel in 0..group.used.min(4) {
            let place = group.first + channel;
            // SAFETY: the panel has parameters for each of its channels.
            let (mantissa, exponent) = unsafe {
                let mantissa = word(group.panel.mantissas.as_ptr().add(4 * place));
                let exponent = group.panel.exponents.as_ptr().add(place).read();
                (mantissa.cast_signed(), exponent.cast_signed().into())
            };
            macro_rules! each_pixel {
                ($requantize:ident) => {
                    let mut out = out.wrapping_add(channel);
                    for sums in &*sums {
                        let value = requantizer.$requantize(sums[channel], mantissa, exponent);
                        // SAFETY: as the caller promises.
                        unsafe { out.write(value) };
                        // Behind the last pixel this may point nowhere; it is not used.
                        out = out.wrapping_add(stride);
                    }
                };
            }
            if requantizer.only_right(exponent) {
                each_pixel!(shift_right);
            } else {
                each_pixel!(apply_one);
            }
        }
        left -= sums.len();
        // Nor are these.
        inputs = inputs.wrapping_add(sums.len() * job.step());
        out = out.wrapping_add(sums.len() * stride);
    }
}

/// Sums of four channels for some pixels, of the first of which `inputs` is the
/// first channel.
///
/// # Safety
///
/// The pixels and the channels are of the job.
#[inline(never)]
unsafe fn sum(job: &Depthwise<'_>, channels: &Channels, inputs: *const u8, sums: &mut [[i32; 4]]) {
    let mut inputs = inputs;
    for sums in sums {
        let mut four = channels.bias;
        // SAFETY: four bytes are readable from any channel of any tap of any of the
        // job's pixels on, as the last channels have slack behind them.
        unsafe {
            four_taps(inputs, channels.steps.as_ptr().cast(), &mut four);
            one_tap(inputs, channels.single.as_ptr().cast(), &mut four);
        }
        *sums = four;
        inputs = inputs.wrapping_add(job.step());
    }
}

/// Adds the products of quads of taps of four channels.
///
/// # Safety
///
/// The step whose first tap is [`END`] lies behind `steps`, and four bytes are
/// readable behind `inputs` at each of the taps before.
#[inline(always)]
unsafe fn four_taps(inputs: *const u8, steps: *const Step, sums: &mut [i32; 4]) {
    let [s0, s1, s2, s3] = sums;
    // Written out, as the compiler would mix the steps until it runs out of
    // registers. Two taps, four channels each: bytes 0 and 2 of both, and 1 and 3,
    // make a pair for each channel.
    // SAFETY: as the caller promises.
    unsafe {
        asm!(
            "2:",
            "ldm {steps}!, {{r0, r1, r2, r3}}",
            "cmp r0, #{end}",
            "beq 3f",
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
            "b 2b",
            "3:",
            inputs = in(reg) inputs,
            steps = inout(reg) steps => _,
            end = const END as i32,
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

/// Adds the products of single taps of four channels.
///
/// # Safety
///
/// The tap that is [`END`] lies behind `single`, and four bytes are readable behind
/// `inputs` at each of the taps before.
#[inline(always)]
unsafe fn one_tap(inputs: *const u8, single: *const Single, sums: &mut [i32; 4]) {
    let [s0, s1, s2, s3] = sums;
    // SAFETY: as the caller promises.
    unsafe {
        asm!(
            "2:",
            "ldr r0, [{single}], #4",
            "cmp r0, #{end}",
            "beq 3f",
            "ldr r0, [{inputs}, r0]",
            "sxtb16 {t}, r0",
            "sxtb16 {u}, r0, ror #8",
            "ldm {single}!, {{r0, r1, r2, r3}}",
            "smlabb {s0}, {t}, r0, {s0}",
            "smlabb {s1}, {u}, r1, {s1}",
            "smlatb {s2}, {t}, r2, {s2}",
            "smlatb {s3}, {u}, r3, {s3}",
            "b 2b",
            "3:",
            inputs = in(reg) inputs,
            single = inout(reg) single => _,
            end = const END as i32,
            t = out(reg) _,
            u = out(reg) _,
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
