//! Depthwise convolutions: four channels at a time, whose inputs are one word a tap.

use super::super::net::{Depthwise, Panel, QUAD, TAPS};
use super::requantize::Requantizer;
use super::{even, odd, word};
use core::arch::asm;
use core::mem::{MaybeUninit, offset_of};

/// Two taps of four channels: what a step of the inner loop reads, in its order.
#[derive(Clone, Copy)]
#[repr(C)]
struct Pair {
    taps: [usize; 2],
    /// For each channel, the weights of both.
    weights: [u32; 4],
}

/// Parameters of four channels, as the loops read them.
#[repr(C)]
struct Channels {
    /// The last ones are used, so that what follows lies just behind.
    pairs: [MaybeUninit<Pair>; TAPS / 2],
    /// A tap without another; if there is none, its weights are zero.
    single: usize,
    /// Its weights, those of two channels a word.
    weights: [u32; 2],
    /// Mantissa, and bits to shift right by.
    multipliers: [[i32; 2]; 4],
    out: *mut i8,
    stride: usize,
    step: usize,
    /// Where the inputs end.
    end: *const u8,
    bias: [i32; 4],
    zero_point: i32,
    /// Bytes from the first pair that is used to the bias.
    bytes: usize,
}

/// Every channel by itself; `out` holds just the job's outputs.
pub(in super::super) fn depthwise(job: &Depthwise<'_>, out: &mut [i8]) {
    let requantizer = Requantizer::new(job.output());
    let mut four = Channels {
        pairs: [const { MaybeUninit::uninit() }; TAPS / 2],
        single: 0,
        weights: [0; 2],
        multipliers: [[0; 2]; 4],
        out: core::ptr::null_mut(),
        stride: job.panels().channels(),
        step: job.step(),
        end: core::ptr::null(),
        bias: [0; 4],
        zero_point: requantizer.zero_point(),
        bytes: 0,
    };
    four.place(job);
    let mut column = 0;
    for (panel, used) in job.panels().iter() {
        for first in (0..used).step_by(4) {
            // SAFETY: these are up to four of the job's channels; panels have a
            // multiple of four, and together as many in use as a pixel has outputs.
            unsafe {
                four.fill(job, &panel, first);
                let inputs = job.inputs().as_ptr().cast::<u8>().wrapping_add(column + first);
                let out = out.as_mut_ptr().add(column + first);
                let exponents = panel.exponents.as_ptr().add(first).cast::<[i8; 4]>().read();
                let exponents = exponents.map(i32::from);
                let right = exponents.into_iter().all(|exponent| requantizer.only_right(exponent));
                // What ends the loop is that the inputs do.
                if right && used - first >= 4 && job.step() > 0 {
                    four.out = out;
                    four.end = inputs.wrapping_add(job.pixels().wrapping_mul(job.step()));
                    for ([_, right], exponent) in four.multipliers.iter_mut().zip(exponents) {
                        *right = exponent.wrapping_neg();
                    }
                    all_pixels(inputs, &mut four);
                } else {
                    let used = (used - first).min(4);
                    one_by_one(job, inputs, &four, exponents, requantizer, (out, used));
                }
            }
        }
        column += used;
    }
}

impl Channels {
    /// Takes in the job's taps.
    fn place(&mut self, job: &Depthwise<'_>) {
        let (quads, rest) = job.taps().as_chunks::<QUAD>();
        // Any tap will do where weights are zero.
        let mut last = [job.taps().first().copied().unwrap_or(0); QUAD];
        for (to, &tap) in last.iter_mut().zip(rest) {
            *to = tap;
        }
        self.single = last[0];
        // Two taps that are left, or three, are a quad.
        let others = (rest.len() > 1).then_some(last);
        let pairs = 2 * (quads.len() + usize::from(others.is_some()));
        self.bytes = pairs * size_of::<Pair>() + offset_of!(Self, bias) - offset_of!(Self, single);
        // Bytes 0 and 2 of a quad are widened together, and 1 and 3.
        let quads = quads.iter().copied().chain(others);
        let taps = quads.flat_map(|[a, b, c, d]| [[a, c], [b, d]]);
        for (pair, taps) in self.pairs.iter_mut().skip(TAPS / 2 - pairs).zip(taps) {
            pair.write(Pair { taps, weights: [0; 4] });
        }
    }

    /// Takes four channels' parameters out of a panel.
    ///
    /// # Safety
    ///
    /// The panel is one of the job's, whose taps are in place, and has the channels.
    #[inline(always)]
    unsafe fn fill(&mut self, job: &Depthwise<'_>, panel: &Panel<'_>, first: usize) {
        let (quads, rest) = job.taps().as_chunks::<QUAD>();
        let quads = quads.len() + usize::from(rest.len() > 1);
        let mut weights = panel.weights.as_ptr().wrapping_add(QUAD * first);
        let (pairs, _) = self.pairs.as_chunks_mut::<2>();
        // SAFETY: as the caller promises. The taps fill the panel's quads; there are
        // two pairs for each, but for a single tap's.
        unsafe {
            for [evens, odds] in pairs.iter_mut().skip(TAPS / QUAD - quads) {
                let (evens, odds) = (evens.assume_init_mut(), odds.assume_init_mut());
                for channel in 0..4 {
                    let quad = word(weights.add(QUAD * channel));
                    (evens.weights[channel], odds.weights[channel]) = (even(quad), odd(quad));
                }
                weights = weights.wrapping_add(QUAD * panel.width);
            }
            if rest.len() == 1 {
                let weight = |channel| even(word(weights.add(QUAD * channel)));
                for (to, channel) in self.weights.iter_mut().zip([0, 2]) {
                    *to = weight(channel) & 0xFFFF | weight(channel + 1) << 16;
                }
            }
            for channel in 0..4 {
                let int = |of: &[u8]| word(of.as_ptr().add(4 * (first + channel))).cast_signed();
                self.bias[channel] = int(panel.bias);
                self.multipliers[channel][0] = int(panel.mantissas);
            }
        }
    }
}

/// The outputs of all pixels, one sum after the other.
///
/// # Safety
///
/// `inputs` is the first of the job's channels that `four` is filled with, of which
/// `used` are some; so is `out`, where the first pixel's outputs go.
unsafe fn one_by_one(
    job: &Depthwise<'_>,
    inputs: *const u8,
    four: &Channels,
    exponents: [i32; 4],
    requantizer: Requantizer,
    (out, used): (*mut i8, usize),
) {
    for pixel in 0..job.pixels() {
        // SAFETY: as the caller promises.
        let sums = unsafe { products(inputs.wrapping_add(pixel * four.step), four) };
        for (channel, sum) in sums.into_iter().enumerate().take(used) {
            let mantissa = four.multipliers[channel][0];
            let value = requantizer.apply_one(sum, mantissa, exponents[channel]);
            // SAFETY: as the caller promises.
            unsafe { out.wrapping_add(pixel * four.stride + channel).write(value) };
        }
    }
}

// The loops are written out, as the compiler would mix their steps until it runs out
// of registers. Sums are in r4, r5, r8 and r9.

/// The sums of a pixel; `w` is the bias first, and the multipliers at last. Two taps,
/// four channels each: bytes 0 and 2 of both, and 1 and 3, make a pair for each
/// channel.
macro_rules! sums {
    () => {
        concat!(
            "ldr r0, [{w}, #{bytes}]\n",
            "ldm {w}, {{r4, r5, r8, r9}}\n",
            "sub {w}, {w}, r0\n",
            "cmp {w}, {end}\n",
            "beq 3f\n",
            "2:\n",
            pair!(),
            pair!(),
            "cmp {w}, {end}\n",
            "bne 2b\n",
            "3:\n",
            "ldm {w}!, {{r0, r1, r2}}\n",
            "ldr r0, [{x}, r0]\n",
            "sxtb16 {t}, r0\n",
            "sxtb16 {u}, r0, ror #8\n",
            "smlabb r4, {t}, r1, r4\n",
            "smlabt r5, {u}, r1, r5\n",
            "smlatb r8, {t}, r2, r8\n",
            "smlatt r9, {u}, r2, r9\n",
        )
    };
}

macro_rules! pair {
    () => {
        concat!(
            "ldm {w}!, {{r0, r1}}\n",
            "ldr r0, [{x}, r0]\n",
            "ldr r1, [{x}, r1]\n",
            "sxtb16 {t}, r0\n",
            "sxtb16 r0, r0, ror #8\n",
            "sxtb16 {u}, r1\n",
            "sxtb16 r1, r1, ror #8\n",
            "pkhbt r2, {t}, {u}, lsl #16\n",
            "pkhtb {u}, {u}, {t}, asr #16\n",
            "pkhbt {t}, r0, r1, lsl #16\n",
            "pkhtb r1, r1, r0, asr #16\n",
            "ldm {w}!, {{r0, r3}}\n",
            "smlad r4, r2, r0, r4\n",
            "smlad r5, {t}, r3, r5\n",
            "ldm {w}!, {{r0, r3}}\n",
            "smlad r8, {u}, r0, r8\n",
            "smlad r9, r1, r3, r9\n",
        )
    };
}

/// The sums of one pixel.
///
/// # Safety
///
/// `inputs` is the first of the channels that `four` is filled with.
#[inline(never)]
unsafe fn products(inputs: *const u8, four: &Channels) -> [i32; 4] {
    let mut sums = [0; 4];
    let [s0, s1, s2, s3] = &mut sums;
    // SAFETY: four bytes are readable from any channel of any tap of any of the job's
    // pixels on, as the last channels have slack behind them.
    unsafe {
        asm!(
            sums!(),
            x = in(reg) inputs,
            w = inout(reg) &raw const four.bias => _,
            end = in(reg) &raw const four.single,
            t = out(reg) _,
            u = out(reg) _,
            bytes = const BEHIND_BIAS[1],
            out("r0") _,
            out("r1") _,
            out("r2") _,
            out("r3") _,
            out("r4") *s0,
            out("r5") *s1,
            out("r8") *s2,
            out("r9") *s3,
            options(readonly, nostack),
        );
    }
    sums
}

/// The outputs of four channels for all pixels, if the multipliers shift right alone.
///
/// # Safety
///
/// As for [`products`]; there is at least one pixel. All of `four` is as it says, and
/// from `four.out` on there is room for the outputs.
#[inline(never)]
unsafe fn all_pixels(inputs: *const u8, four: &mut Channels) {
    // As `Requantizer` does it, see there.
    macro_rules! requantize {
        ($sum:literal, $mantissa:literal, $right:literal) => {
            concat!(
                "lsl ",
                $sum,
                ", ",
                $sum,
                ", #1\n",
                "smmulr ",
                $sum,
                ", ",
                $sum,
                ", ",
                $mantissa,
                "\n",
                "add ",
                $sum,
                ", ",
                $sum,
                ", ",
                $sum,
                ", asr #31\n",
                "asrs ",
                $sum,
                ", ",
                $sum,
                ", ",
                $right,
                "\n",
                "adc ",
                $sum,
                ", ",
                $sum,
                ", {t}\n",
                "ssat ",
                $sum,
                ", #8, ",
                $sum,
                "\n",
            )
        };
    }
    let bias = &raw mut four.bias;
    // SAFETY: as the caller promises.
    unsafe {
        asm!(
            "4:",
            sums!(),
            "ldm {w}!, {{r0, r1, r2, r3}}",
            "ldr {t}, [{w}, #{zero_point}]",
            requantize!("r4", "r0", "r1"),
            requantize!("r5", "r2", "r3"),
            "ldm {w}!, {{r0, r1, r2, r3}}",
            requantize!("r8", "r0", "r1"),
            requantize!("r9", "r2", "r3"),
            "ldm {w}!, {{r0, r1, r2, r3}}",
            "bfi r4, r5, #8, #8",
            "bfi r4, r8, #16, #8",
            "bfi r4, r9, #24, #8",
            "str r4, [r0]",
            "add r0, r0, r1",
            "add {x}, {x}, r2",
            "cmp {x}, r3",
            "str r0, [{w}, #-16]",
            "bne 4b",
            x = inout(reg) inputs => _,
            w = inout(reg) bias => _,
            end = in(reg) &raw const four.single,
            t = out(reg) _,
            u = out(reg) _,
            // From the second half of the multipliers on.
            zero_point = const 32 + BEHIND_BIAS[0],
            bytes = const BEHIND_BIAS[1],
            out("r0") _,
            out("r1") _,
            out("r2") _,
            out("r3") _,
            out("r4") _,
            out("r5") _,
            out("r8") _,
            out("r9") _,
            options(nostack),
        );
    }
}

/// Where zero point and bytes lie behind the bias.
const BEHIND_BIAS: [usize; 2] = {
    let start = offset_of!(Channels, bias);
    [offset_of!(Channels, zero_point) - start, offset_of!(Channels, bytes) - start]
};
