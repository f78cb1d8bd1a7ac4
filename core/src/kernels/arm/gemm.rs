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
    let channels = job.panels().channels();
    for (pair, out) in out.chunks_mut(2 * channels).enumerate() {
        // SAFETY: `out` holds the outputs of one or two of the job's rows, so that
        // there are as many rows of inputs.
        unsafe {
            if out.len() > channels {
                rows::<2>(job, 2 * pair, &mut memory, out);
            } else {
                rows::<1>(job, 2 * pair, &mut memory, out);
            }
        }
    }
}

/// `R` rows, from `first` on, times all panels.
///
/// # Safety
///
/// The job has these rows, and `out` just their outputs.
unsafe fn rows<const R: usize>(job: &Gemm<'_>, first: usize, memory: &mut Memory, out: &mut [i8]) {
    let (quads, stride) = (job.panels().quads(), job.stride());
    let inputs = job.inputs().as_ptr().cast::<u8>().wrapping_add(first * stride);
    if quads <= DEPTH {
        // SAFETY: each row has `quads` quads.
        unsafe { widen::<R>(inputs, stride, quads, &mut memory.widened) };
    }
    let mut column = 0;
    for (panel, used) in job.panels().iter() {
        // SAFETY: panels have 4, 8, 12 or 16 channels, each row has `quads` quads,
        // and a panel as many for each of its channels.
        unsafe {
            start::<R>(&panel, &mut memory.sums);
            for from in (0..quads).step_by(DEPTH) {
                let count = (quads - from).min(DEPTH);
                if quads > DEPTH {
                    let inputs = inputs.add(QUAD * from);
                    widen::<R>(inputs, stride, count, &mut memory.widened);
                }
                let weights = panel.weights.as_ptr().add(QUAD * panel.width * from);
                match panel.width {
                    16 => channels::<R, 16>(memory, weights, count),
                    12 => channels::<R, 12>(memory, weights, count),
                    8 => channels::<R, 8>(memory, weights, count),
                    _ => channels::<R, 4>(memory, weights, count),
                }
            }
            // SAFETY: together, the panels have as many channels in use as a row
            // has outputs.
            let out = out.as_mut_ptr().add(column);
            finish::<R>(job, &panel, used, &memory.sums, out);
        }
        column += used;
    }
}

/// Begins with the bias.
///
/// # Safety
///
/// The panel has a bias for each of its channels.
#[inline(always)]
unsafe fn start<const R: usize>(panel: &Panel<'_>, sums: &mut Sums) {
    let mut bias = panel.bias.as_ptr();
    for channel in 0..panel.width.min(WIDTH) {
        // SAFETY: as the caller promises.
        let of_channel = unsafe { word(bias).cast_signed() };
        for sums in sums.iter_mut().take(R) {
            sums[channel] = of_channel;
        }
        bias = bias.wrapping_add(4);
    }
}

/// Widens the next `quads` quads of `R` rows.
///
/// # Safety
///
/// As many quads, at most [`DEPTH`], are readable from `inputs` on, and from
/// `stride` behind that if there are two rows.
#[inline(always)]
unsafe fn widen<const R: usize>(
    inputs: *const u8,
    stride: usize,
    quads: usize,
    widened: &mut [u32; 4 * DEPTH],
) {
    let mut inputs = inputs;
    let mut pairs = widened.as_mut_ptr().cast::<[[u32; 2]; R]>();
    for _ in 0..quads {
        // SAFETY: as the caller promises; there is room for `DEPTH` quads.
        unsafe {
            let mut both = [[0; 2]; R];
            for (row, pair) in both.iter_mut().enumerate() {
                let quad = word(inputs.add(row * stride));
                *pair = [even(quad), odd(quad)];
            }
            pairs.write(both);
            pairs = pairs.add(1);
        }
        inputs = inputs.wrapping_add(QUAD);
    }
}

/// Adds the products of `R` rows, as far as they are widened, with the weights of a
/// panel of `W` channels.
///
/// # Safety
///
/// `count` is 1 to [`DEPTH`], and `4 W count` bytes are readable from `weights` on.
#[inline(never)]
unsafe fn channels<const R: usize, const W: usize>(
    memory: &mut Memory,
    weights: *const u8,
    count: usize,
) {
    let mut weights = weights;
    let [first, second] = &mut memory.sums;
    let ((first, _), (second, _)) = (first.as_chunks_mut::<2>(), second.as_chunks_mut::<2>());
    for (first, second) in first.iter_mut().zip(second).take(W / 2) {
        // SAFETY: as the caller promises; these are two of the `W` channels.
        unsafe { products::<R, W>(&memory.widened, weights, count, first, second) };
        weights = weights.wrapping_add(2 * QUAD);
    }
}

/// Writes the outputs for a panel's sums.
///
/// # Safety
///
/// The panel is one of the job's, and has `used` channels; `out` is where the first
/// row's outputs for it go, and has room for those of `R` rows.
#[inline(always)]
unsafe fn finish<const R: usize>(
    job: &Gemm<'_>,
    panel: &Panel<'_>,
    used: usize,
    sums: &Sums,
    out: *mut i8,
) {
    let requantizer = Requantizer::new(job.output());
    let stride = job.panels().channels();
    let mut mantissas = panel.mantissas.as_ptr();
    let mut exponents = panel.exponents.as_ptr();
    let mut out = out;
    // SAFETY: as the caller promises; panels have a multiple of four channels.
    unsafe {
        let four_by_four = |four| word(exponents.wrapping_add(4 * four)) & 0x8080_8080;
        let negative = (0..panel.width / 4).map(four_by_four).fold(0x8080_8080, |a, b| a & b);
        if R == 2
            && used == panel.width
            && requantizer.only_right(negative.cast_signed())
            && negative == 0x8080_8080
        {
            let (sums, second) = (sums.as_ptr().cast(), out.wrapping_add(stride));
            requantizer.shift_right_two_rows(sums, mantissas, exponents, used, out, second);
            return;
        }
        for channel in 0..used.min(WIDTH) {
            let mut of_rows = [0; R];
            for (sum, sums) in of_rows.iter_mut().zip(sums) {
                *sum = sums[channel];
            }
            let values = requantizer.apply(
                of_rows,
                word(mantissas).cast_signed(),
                exponents.read().cast_signed().into(),
            );
            for (row, value) in values.into_iter().enumerate() {
                out.wrapping_add(row * stride).write(value);
            }
            mantissas = mantissas.wrapping_add(4);
            exponents = exponents.wrapping_add(1);
            out = out.wrapping_add(1);
        }
    }
}

/// Adds the products of `count` widened quads with the weights of two channels of
/// a panel of `W`.
///
/// # Safety
///
/// `count` is 1 to [`DEPTH`], and eight bytes are readable from `weights` on, and
/// every `4 W` behind that as often.
#[inline(always)]
unsafe fn products<const R: usize, const W: usize>(
    widened: &[u32; 4 * DEPTH],
    weights: *const u8,
    count: usize,
    first: &mut [i32; 2],
    second: &mut [i32; 2],
) {
    // SAFETY: as the caller promises.
    unsafe {
        if R == 2 {
            let ([a0, a1], [b0, b1]) = (first, second);
            let from = widened.as_ptr();
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
                x = inout(reg) from => _,
                w = inout(reg) weights => _,
                end = in(reg) from.add(4 * count),
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
            let (pairs, _) = widened.as_chunks::<2>();
            let mut weights = weights;
            for inputs in pairs.iter().take(count) {
                for channel in 0..2 {
                    let quad = word(weights.add(QUAD * channel));
                    let sum = smlad(first[channel], inputs[0], even(quad));
                    first[channel] = smlad(sum, inputs[1], odd(quad));
                }
                weights = weights.wrapping_add(QUAD * W);
            }
        }
    }
}
