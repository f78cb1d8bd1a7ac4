//! Matrix products: two rows and two channels at a time.
//!
//! Inputs are widened once for all channels, weights where they are used: that way
//! what a step of the inner loop needs is no more than the thirteen registers there
//! are.

use super::super::net::{Gemm, Panel, QUAD, WIDTH};
use super::requantize::Requantizer;
use super::{even, odd, smlad, word};
use core::arch::asm;

/// Quads that are widened at once; of longer rows, again for each panel.
const DEPTH: usize = 64;

/// What the rows of a job need on their way.
struct Memory {
    /// For each quad, for each row, its two pairs.
    widened: [u32; 4 * DEPTH],
    sums: Sums,
}

/// Sums of a panel, for each row.
type Sums = [[i32; WIDTH]; 2];

/// Rows times weights; `out` holds just the job's outputs.
pub(in super::super) fn gemm(job: &Gemm<'_>, out: &mut [i8]) {
    let mut memory = Memory { widened: [0; 4 * DEPTH], sums: [[0; WIDTH]; 2] };
    let (quads, channels) = (job.panels().quads(), job.panels().channels());
    // As many pairs of rows as can be widened at once.
    let pairs = DEPTH.checked_div(quads).unwrap_or(0).max(1);
    let block = channels.saturating_mul(2 * pairs).max(1);
    let (mut first, mut left) = (0, job.rows());
    for out in out.chunks_mut(block) {
        let count = left.min(2 * pairs);
        // SAFETY: `out` holds the outputs of so many of the job's rows.
        unsafe { rows(job, first, count, &mut memory, out) };
        (first, left) = (first + count, left - count);
    }
}

/// `count` rows, from `first` on, times all panels.
///
/// # Safety
///
/// The job has these rows, and `out` just their outputs; if there are more than two,
/// there is memory to widen all.
unsafe fn rows(job: &Gemm<'_>, first: usize, count: usize, memory: &mut Memory, out: &mut [i8]) {
    let requantizer = Requantizer::new(job.output());
    let (quads, stride, channels) = (job.panels().quads(), job.stride(), job.panels().channels());
    let inputs = job.inputs().as_ptr().cast::<u8>().wrapping_add(first * stride);
    let (buffer, sums) = (memory.widened.as_mut_ptr(), &mut memory.sums);
    // SAFETY: each row has `quads` quads, and so has each of a panel's channels;
    // together, the panels have as many channels in use as a row has outputs.
    unsafe {
        if quads <= DEPTH {
            let mut to = buffer;
            for row in (0..count).step_by(2) {
                let inputs = inputs.add(row * stride);
                if row + 1 < count {
                    widen::<2>(inputs, stride, quads, to);
                } else {
                    widen::<1>(inputs, stride, quads, to);
                }
                to = to.wrapping_add(4 * quads);
            }
        }
        let mut out = out.as_mut_ptr();
        for (panel, used) in job.panels().iter() {
            let finish = Finish { requantizer, panel: &panel, used, stride: channels };
            let right = finish.right_alone();
            let mut widened = buffer;
            for row in (0..count).step_by(2) {
                let (inputs, out) = (inputs.add(row * stride), out.add(row * channels));
                if row + 1 < count {
                    parts::<2>(job, &panel, used, inputs, widened, sums);
                    if right {
                        finish.shift_right_two_rows(sums, out);
                    } else {
                        finish.rows::<2>(sums, out);
                    }
                } else {
                    parts::<1>(job, &panel, used, inputs, widened, sums);
                    finish.rows::<1>(sums, out);
                }
                widened = widened.wrapping_add(4 * quads);
            }
            out = out.add(used);
        }
    }
}

/// Sums of one or two rows and a panel; rows that are too long to be widened as a
/// whole, in parts.
///
/// # Safety
///
/// The panel is one of the job's, `inputs` are rows of it; if they have at most
/// [`DEPTH`] quads, they are widened at `widened`; else there is memory for as many.
#[inline(always)]
unsafe fn parts<const R: usize>(
    job: &Gemm<'_>,
    panel: &Panel<'_>,
    used: usize,
    inputs: *const u8,
    widened: *mut u32,
    sums: &mut Sums,
) {
    let (quads, pairs) = (job.panels().quads(), used.div_ceil(2));
    let mut from = 0;
    while from < quads {
        let count = (quads - from).min(DEPTH);
        // SAFETY: as the caller promises. Panels have 4, 8, 12 or 16 channels.
        unsafe {
            if quads > DEPTH {
                widen::<R>(inputs.add(QUAD * from), job.stride(), count, widened);
            }
            let weights = panel.weights.as_ptr().add(QUAD * panel.width * from);
            let bias = if from == 0 { panel.bias.as_ptr() } else { core::ptr::null() };
            let channels = match panel.width {
                16 => channels::<R, 16>,
                12 => channels::<R, 12>,
                8 => channels::<R, 8>,
                _ => channels::<R, 4>,
            };
            channels(widened, weights, count, bias, pairs, sums);
        }
        from += count;
    }
}

/// Widens the next `quads` quads of `R` rows.
///
/// # Safety
///
/// As many quads are readable from `inputs` on, and from `stride` behind that if
/// there are two rows; and `R` times as many pairs of words writable from `to` on.
#[inline(always)]
unsafe fn widen<const R: usize>(inputs: *const u8, stride: usize, quads: usize, to: *mut u32) {
    let mut inputs = inputs;
    let mut pairs = to.cast::<[[u32; 2]; R]>();
    for _ in 0..quads {
        // SAFETY: as the caller promises.
        unsafe {
            let mut both = [[0; 2]; R];
            for (row, pair) in both.iter_mut().enumerate() {
                let quad = word(inputs.add(row * stride));
                *pair = [even(quad), odd(quad)];
            }
            pairs.write(both);
            pairs = pairs.wrapping_add(1);
        }
        inputs = inputs.wrapping_add(QUAD);
    }
}

/// Adds the products of `R` widened rows with the weights of a panel of `W` channels,
/// or of its first `pairs` pairs, to the bias, or if that is null, to the sums.
///
/// # Safety
///
/// `count` is at least 1, and as many quads of the rows are widened; `4 W count`
/// bytes are readable from `weights` on, and `W` words at the bias; `pairs` is at
/// most `W / 2`.
#[inline(never)]
unsafe fn channels<const R: usize, const W: usize>(
    widened: *const u32,
    weights: *const u8,
    count: usize,
    bias: *const u8,
    pairs: usize,
    sums: &mut Sums,
) {
    let (mut weights, mut bias) = (weights, bias);
    let mut sums = sums.as_mut_ptr().cast::<i32>();
    for _ in 0..pairs {
        // SAFETY: as the caller promises; these are two of the `W` channels. The
        // second row's sums lie `WIDTH` behind the first's.
        unsafe {
            let (first, second) = (sums.cast::<[i32; 2]>(), sums.add(WIDTH).cast::<[i32; 2]>());
            let mut both = if bias.is_null() {
                [first.read(), second.read()]
            } else {
                [[word(bias).cast_signed(), word(bias.add(4)).cast_signed()]; 2]
            };
            products::<R, W>(widened, weights, count, &mut both);
            first.write(both[0]);
            if R == 2 {
                second.write(both[1]);
            }
            sums = sums.add(2);
        }
        if !bias.is_null() {
            bias = bias.wrapping_add(8);
        }
        weights = weights.wrapping_add(2 * QUAD);
    }
}

/// From a panel's sums to outputs.
struct Finish<'a> {
    requantizer: Requantizer,
    panel: &'a Panel<'a>,
    used: usize,
    /// Outputs from one row to the next.
    stride: usize,
}

impl Finish<'_> {
    /// Whether [`shift_right_two_rows`](Self::shift_right_two_rows) will do.
    fn right_alone(&self) -> bool {
        let exponents = self.panel.exponents.iter().take(self.used);
        exponents.fold(true, |all, exponent| {
            all & self.requantizer.only_right(exponent.cast_signed().into())
        })
    }

    /// Writes two rows.
    ///
    /// # Safety
    ///
    /// `out` is where the first row's outputs for the panel go; there is room for
    /// both rows'.
    #[inline(always)]
    unsafe fn shift_right_two_rows(&self, sums: &Sums, out: *mut i8) {
        // SAFETY: as the caller promises; panels have parameters for all channels.
        unsafe {
            self.requantizer.shift_right_two_rows(
                sums.as_ptr().cast(),
                self.panel.mantissas.as_ptr(),
                self.panel.exponents.as_ptr(),
                self.used,
                out,
                out.add(self.stride),
            );
        }
    }

    /// Writes `R` rows.
    ///
    /// # Safety
    ///
    /// As for two rows.
    unsafe fn rows<const R: usize>(&self, sums: &Sums, out: *mut i8) {
        for channel in 0..self.used.min(WIDTH) {
            let mut of_rows = [0; R];
            for (sum, sums) in of_rows.iter_mut().zip(sums) {
                *sum = sums[channel];
            }
            // SAFETY: as the caller promises; panels have parameters for all
            // channels.
            unsafe {
                let mantissa = word(self.panel.mantissas.as_ptr().add(4 * channel)).cast_signed();
                let exponent = self.panel.exponents.as_ptr().add(channel).read().cast_signed();
                let values = self.requantizer.apply(of_rows, mantissa, exponent.into());
                for (row, value) in values.into_iter().enumerate() {
                    out.add(row * self.stride + channel).write(value);
                }
            }
        }
    }
}

/// Adds the products of `count` widened quads with the weights of two channels of
/// a panel of `W`.
///
/// # Safety
///
/// `count` is at least 1, as many quads are widened, and eight bytes are readable
/// from `weights` on, and every `4 W` behind that as often.
#[inline(always)]
unsafe fn products<const R: usize, const W: usize>(
    widened: *const u32,
    weights: *const u8,
    count: usize,
    sums: &mut [[i32; 2]; 2],
) {
    // SAFETY: as the caller promises.
    unsafe {
        if R == 2 {
            let [[a0, a1], [b0, b1]] = sums;
            // Written out, as the compiler would mix the steps until it runs out of
            // registers. A step: inputs to r0 to r3, which are two pairs of each
            // row; then for both channels, four weights make two pairs.
            macro_rules! step {
                () => {
                    concat!(
                        "ldm {x}!, {{r0, r1, r2, r3}}\n",
                        "ldr {q}, [{w}, #4]\n",
                        "sxtb16 {p}, {q}\n",
                        "sxtb16 {q}, {q}, ror #8\n",
                        "smlad {a1}, r0, {p}, {a1}\n",
                        "smlad {b1}, r2, {p}, {b1}\n",
                        "ldr {p}, [{w}], #{next}\n",
                        "smlad {a1}, r1, {q}, {a1}\n",
                        "smlad {b1}, r3, {q}, {b1}\n",
                        "sxtb16 {q}, {p}\n",
                        "sxtb16 {p}, {p}, ror #8\n",
                        "smlad {a0}, r0, {q}, {a0}\n",
                        "smlad {b0}, r2, {q}, {b0}\n",
                        "smlad {a0}, r1, {p}, {a0}\n",
                        "smlad {b0}, r3, {p}, {b0}\n",
                    )
                };
            }
            asm!(
                // An odd number of steps begins with the second of two.
                "tst {p}, #1",
                "bne 3f",
                "2:",
                step!(),
                "3:",
                step!(),
                "cmp {x}, {end}",
                "bne 2b",
                x = inout(reg) widened => _,
                w = inout(reg) weights => _,
                end = in(reg) widened.add(4 * count),
                p = inout(reg) count => _,
                q = out(reg) _,
                a0 = inout(reg) *a0,
                a1 = inout(reg) *a1,
                b0 = inout(reg) *b0,
                b1 = inout(reg) *b1,
                out("r0") _,
                out("r1") _,
                out("r2") _,
                out("r3") _,
                next = const 4 * W,
                options(readonly, nostack),
            );
        } else {
            let (mut inputs, mut weights) = (widened.cast::<[u32; 2]>(), weights);
            for _ in 0..count {
                let [evens, odds] = inputs.read();
                for (channel, sum) in sums[0].iter_mut().enumerate() {
                    let quad = word(weights.add(QUAD * channel));
                    *sum = smlad(smlad(*sum, evens, even(quad)), odds, odd(quad));
                }
                inputs = inputs.wrapping_add(1);
                weights = weights.wrapping_add(QUAD * W);
            }
        }
    }
}
