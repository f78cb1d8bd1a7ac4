//! From plain weights to panels, and whether panels are as they must be.
//!
//! Packing is done where a network is built; a device checks only.

use super::{Fault, Multiplier};
use crate::kernels::net::{self, Panel, Panels, QUAD, WIDTH};
use crate::nn::quant::SUM_LIMIT;

/// Weights of a channel, at most: sums of so many, doubled, fit 32 bits.
const MAX_INPUTS: usize = 1 << 22;

/// Bytes of the packed weights of a layer of so many output channels, each of which
/// has so many weights; `None` if that is no size.
#[must_use]
pub fn packed_len(channels: usize, inputs: usize) -> Option<usize> {
    net::panel_bytes(channels, inputs.div_ceil(QUAD))
}

/// A layer's parameters, as they come out of training.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'p> {
    /// For each output channel its weights, one channel after the other. In which
    /// order a channel's weights stand, the [operation](super::Op) says.
    pub weights: &'p [i8],
    /// For each output channel its bias, in units of the sum of products.
    pub bias: &'p [i32],
    /// For each output channel, the input's scale times the weights' over the
    /// output's.
    pub multipliers: &'p [Multiplier],
    /// The input's zero point.
    pub zero_point: i8,
}

/// Writes the packed weights to `out`, which has just [`packed_len`] bytes.
///
/// # Errors
/// [`Fault::Length`] if any of the parameters or `out` has the wrong length,
/// [`Fault::Weight`] for a weight of -128, [`Fault::Multiplier`], and [`Fault::Sum`]
/// if any input makes a sum, shifted left as the multiplier demands, reach 2^30.
pub fn pack(parameters: &Parameters<'_>, out: &mut [u8]) -> Result<(), Fault> {
    let Parameters { weights, bias, multipliers, zero_point } = *parameters;
    let channels = bias.len();
    let inputs = weights.len().checked_div(channels).unwrap_or(0);
    let fits = inputs > 0
        && inputs * channels == weights.len()
        && multipliers.len() == channels
        && packed_len(channels, inputs) == Some(out.len());
    if !fits {
        return Err(Fault::Length);
    }
    if weights.contains(&i8::MIN) {
        return Err(Fault::Weight);
    }
    let quads = inputs.div_ceil(QUAD);
    let mut rest = &mut *out;
    let panels = weights.chunks(inputs * WIDTH).zip(bias.chunks(WIDTH));
    for ((weights, bias), multipliers) in panels.zip(multipliers.chunks(WIDTH)) {
        let width = bias.len().next_multiple_of(QUAD);
        let mut take = |count| rest.split_off_mut(..count).ok_or(Fault::Length);
        let (biases, offset, mantissas) = (take(4 * width)?, take(4 * width)?, take(4 * width)?);
        let (exponents, packed) = (take(width)?, take(4 * width * quads)?);
        for part in [&mut *biases, &mut *offset, &mut *mantissas, &mut *exponents, &mut *packed] {
            part.fill(0);
        }
        for (channel, (weights, &bias)) in weights.chunks(inputs).zip(bias).enumerate() {
            let sum: i64 = weights.iter().map(|&w| i64::from(w)).sum();
            let bias = i64::from(bias) - i64::from(zero_point) * sum;
            let bias = i32::try_from(bias).map_err(|_| Fault::Sum)?;
            put(biases, channel, bias);
            put(offset, channel, bias.wrapping_sub((128 * sum) as i32));
            let quads = packed.as_chunks_mut::<QUAD>().0.iter_mut().skip(channel);
            for (quad, weights) in quads.step_by(width).zip(weights.chunks(QUAD)) {
                for (to, from) in quad.iter_mut().zip(weights) {
                    *to = from.cast_unsigned();
                }
            }
        }
        for (channel, (multiplier, exponent)) in multipliers.iter().zip(exponents).enumerate() {
            put(mantissas, channel, multiplier.mantissa);
            *exponent = multiplier.exponent.cast_unsigned();
        }
    }
    check(out, channels, inputs).map(drop)
}

fn put(words: &mut [u8], index: usize, value: i32) {
    if let Some(word) = words.as_chunks_mut().0.get_mut(index) {
        *word = value.to_le_bytes();
    }
}

/// The panels in `bytes`, of so many channels with so many weights each, if there is
/// nothing wrong with them whatever the inputs will be.
pub(super) fn check(bytes: &[u8], channels: usize, inputs: usize) -> Result<Panels<'_>, Fault> {
    if inputs > MAX_INPUTS {
        return Err(Fault::Length);
    }
    let panels = Panels::new(bytes, channels, inputs.div_ceil(QUAD)).ok_or(Fault::Length)?;
    for (panel, used) in panels.iter() {
        check_panel(&panel, used, inputs)?;
    }
    Ok(panels)
}

fn check_panel(panel: &Panel<'_>, used: usize, inputs: usize) -> Result<(), Fault> {
    if panel.weights.contains(&i8::MIN.cast_unsigned()) {
        return Err(Fault::Weight);
    }
    // Of each channel, the sum of its weights, and of their sizes.
    let (mut sums, mut sizes) = ([0i32; WIDTH], [0i32; WIDTH]);
    let (quads, _) = panel.weights.as_chunks::<QUAD>();
    for quads in quads.chunks_exact(panel.width) {
        for ((sum, size), quad) in sums.iter_mut().zip(&mut sizes).zip(quads) {
            for weight in quad.map(|w| i32::from(w.cast_signed())) {
                *sum = sum.wrapping_add(weight);
                *size = size.wrapping_add(weight.wrapping_abs());
            }
        }
    }
    let used_of_last = inputs - (inputs - 1) / QUAD * QUAD;
    let last = quads.rchunks(panel.width).next().unwrap_or_default();
    if last.iter().any(|quad| quad.iter().skip(used_of_last).any(|&w| w != 0)) {
        return Err(Fault::Filling);
    }
    let offsets = panel.offset_bias.as_chunks().0.iter().map(|&word| i32::from_le_bytes(word));
    for ((channel, offset), (sum, size)) in
        (0..panel.width).zip(offsets).zip(sums.into_iter().zip(sizes))
    {
        let (bias, multiplier) = panel.channel(channel);
        if !multiplier.is_valid() {
            return Err(Fault::Multiplier);
        }
        let filling = channel >= used && (bias, multiplier.mantissa, size) != (0, 0, 0);
        if filling || offset != bias.wrapping_sub(sum.wrapping_mul(128)) {
            return Err(Fault::Filling);
        }
        let (above, below) = (i64::from(size + sum) / 2, i64::from(size - sum) / 2);
        let most = i64::from(bias) + 127 * above + 128 * below;
        let least = i64::from(bias) - 128 * above - 127 * below;
        if most.max(-least) << multiplier.exponent.max(0) >= SUM_LIMIT {
            return Err(Fault::Sum);
        }
    }
    Ok(())
}
