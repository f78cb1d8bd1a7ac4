//! Matrix products: two rows and two channels at a time.
//!
//! Inputs are widened once for all channels, weights where they are used: that way
//! what a step of the inner loop needs stays in the thirteen registers there are.

use super::super::net::{Gemm, Panel, QUAD, WIDTH};
use super::requantize::Requantizer;
use super::{even, odd, smlad, word};

/// Quads that are widened at once; of longer rows, again for each panel.
const DEPTH: usize = 64;

/// Words of widened inputs: for each quad, for each row, its two pairs.
type Widened = [u32; 4 * DEPTH];

/// Rows times weights; `out` holds just the job's outputs.
pub(in super::super) fn gemm(job: &Gemm<'_>, out: &mut [i8]) {
    let mut widened = [0; 4 * DEPTH];
    let channels = job.panels().channels();
    for (pair, out) in out.chunks_mut(2 * channels).enumerate() {
        // SAFETY: `out` holds the outputs of one or two of the job's rows, so that
        // there are as many rows of inputs.
        unsafe {
            if out.len() > channels {
                rows::<2, 4>(job, 2 * pair, &mut widened, out);
            } else {
                rows::<1, 2>(job, 2 * pair, &mut widened, out);
            }
        }
    }
}

/// `R` rows, from `first` on, times all panels; `X` is `2 R`.
///
/// # Safety
///
/// The job has these rows, and `out` just their outputs.
unsafe fn rows<const R: usize, const X: usize>(
    job: &Gemm<'_>,
    first: usize,
    widened: &mut Widened,
    out: &mut [i8],
) {
    let requantizer = Requantizer::new(job.output());
    let (quads, channels, stride) = (job.panels().quads(), job.panels().channels(), job.stride());
    let inputs = job.inputs().as_ptr().cast::<u8>().wrapping_add(first * stride);
    let (widened, _) = widened.as_chunks_mut::<X>();
    if let Some(widened) = widened.get_mut(..quads) {
        // SAFETY: each row has `quads` quads.
        unsafe { widen::<R, X>(inputs, stride, widened) };
    }
    let mut column = 0;
    for (panel, used) in job.panels().iter() {
        let mut sums = [[0; WIDTH]; R];
        for (channel, bias) in panel.bias.as_chunks::<4>().0.iter().enumerate().take(WIDTH) {
            for sums in &mut sums {
                sums[channel % WIDTH] = i32::from_le_bytes(*bias);
            }
        }
        for from in (0..quads).step_by(DEPTH) {
            let count = (quads - from).min(DEPTH);
            let widened = widened.get_mut(..count).unwrap_or(&mut []);
            // SAFETY: each row has `quads` quads, and a panel as many for each of
            // its channels.
            unsafe {
                if quads > DEPTH {
                    widen::<R, X>(inputs.add(QUAD * from), stride, widened);
                }
                let weights = panel.weights.as_ptr();
                match panel.width {
                    16 => products::<R, X, 16>(widened, weights.add(64 * from), &mut sums),
                    12 => products::<R, X, 12>(widened, weights.add(48 * from), &mut sums),
                    8 => products::<R, X, 8>(widened, weights.add(32 * from), &mut sums),
                    _ => products::<R, X, 4>(widened, weights.add(16 * from), &mut sums),
                }
            }
        }
        requantize(
            &panel,
            used,
            &sums,
            requantizer,
            channels,
            out.get_mut(column..).unwrap_or(&mut []),
        );
        column += used;
    }
}

/// Widens the next quads of `R` rows.
///
/// # Safety
///
/// As many quads are readable from `inputs` on, and `stride` behind that.
#[inline(always)]
unsafe fn widen<const R: usize, const X: usize>(
    inputs: *const u8,
    stride: usize,
    widened: &mut [[u32; X]],
) {
    let mut inputs = inputs;
    for pairs in widened {
        for (row, pair) in pairs.as_chunks_mut::<2>().0.iter_mut().enumerate().take(R) {
            // SAFETY: as the caller promises.
            let quad = unsafe { word(inputs.wrapping_add(row * stride)) };
            *pair = [even(quad), odd(quad)];
        }
        inputs = inputs.wrapping_add(QUAD);
    }
}

/// Adds the products of widened inputs with the weights of a panel of `W` channels.
///
/// # Safety
///
/// `4 W` bytes are readable from `weights` on for each of the widened quads.
#[inline(always)]
unsafe fn products<const R: usize, const X: usize, const W: usize>(
    widened: &[[u32; X]],
    weights: *const u8,
    sums: &mut [[i32; WIDTH]; R],
) {
    for channel in (0..W).step_by(2) {
        let mut two = [[0; 2]; R];
        for (two, sums) in two.iter_mut().zip(&*sums) {
            *two = [sums[channel], sums[channel + 1]];
        }
        let mut weights = weights.wrapping_add(QUAD * channel);
        let (fours, rest) = widened.as_chunks::<4>();
        // SAFETY: as the caller promises; the channels are among the `W`.
        unsafe {
            for four in fours {
                for (quad, inputs) in four.iter().enumerate() {
                    quad_products(inputs, weights.add(QUAD * W * quad), &mut two);
                }
                weights = weights.wrapping_add(4 * QUAD * W);
            }
            for inputs in rest {
                quad_products(inputs, weights, &mut two);
                weights = weights.wrapping_add(QUAD * W);
            }
        }
        for (two, sums) in two.iter().zip(&mut *sums) {
            [sums[channel], sums[channel + 1]] = *two;
        }
    }
}

/// Adds the products of one quad of `R` rows with two channels' weights.
///
/// # Safety
///
/// Eight bytes are readable from `weights` on.
#[inline(always)]
unsafe fn quad_products<const R: usize, const X: usize>(
    inputs: &[u32; X],
    weights: *const u8,
    sums: &mut [[i32; 2]; R],
) {
    for channel in 0..2 {
        // SAFETY: as the caller promises.
        let quad = unsafe { word(weights.add(QUAD * channel)) };
        let (w_even, w_odd) = (even(quad), odd(quad));
        for (row, sums) in sums.iter_mut().enumerate() {
            let sum = smlad(sums[channel], inputs[2 * row], w_even);
            sums[channel] = smlad(sum, inputs[2 * row + 1], w_odd);
        }
    }
}

/// Writes a panel's outputs, `channels` from one row to the next.
fn requantize<const R: usize>(
    panel: &Panel<'_>,
    used: usize,
    sums: &[[i32; WIDTH]; R],
    requantizer: Requantizer,
    channels: usize,
    out: &mut [i8],
) {
    let multipliers = panel.mantissas.as_chunks::<4>().0.iter().zip(panel.exponents);
    for (channel, (mantissa, exponent)) in multipliers.enumerate().take(used.min(WIDTH)) {
        let (mantissa, exponent) = (i32::from_le_bytes(*mantissa), exponent.cast_signed().into());
        for (row, sums) in sums.iter().enumerate() {
            if let Some(out) = out.get_mut(row * channels + channel) {
                *out = requantizer.apply(sums[channel % WIDTH], mantissa, exponent);
            }
        }
    }
}
