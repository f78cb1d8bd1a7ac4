//! From plain weights to panels, and whether panels are as they must be.
//!
//! Packing is done where a network is built; a device checks only.

use super::{Fault, Multiplier};
use crate::kernels::net::{self, Panel, Panels, QUAD, WIDTH};
use crate::nn::quant::SUM_LIMIT;

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
    let panels = Panels::new(bytes, channels, inputs.div_ceil(QUAD)).ok_or(Fault::Length)?;
    for (panel, used) in panels.iter() {
        check_panel(&panel, used, inputs)?;
    }
    Ok(panels)
}

fn check_panel(panel: &Panel<'_>, used: usize, inputs: usize) -> Result<(), Fault> {
    // Of each channel, its positive weights and its negative ones.
    let (mut above, mut below) = ([0i64; WIDTH], [0i64; WIDTH]);
    let (quads, _) = panel.weights.as_chunks::<QUAD>();
    let used_of_last = inputs - (inputs - 1) / QUAD * QUAD;
    let full = quads.len().saturating_sub(panel.width);
    for (place, quad) in quads.chunks_exact(panel.width).enumerate() {
        for (channel, quad) in quad.iter().enumerate() {
            for w in quad.map(u8::cast_signed) {
                if w == i8::MIN {
                    return Err(Fault::Weight);
                }
                let Some((above, below)) = above.get_mut(channel).zip(below.get_mut(channel))
                else {
                    return Err(Fault::Length);
                };
                *above += i64::from(w.max(0));
                *below += i64::from(w.min(0));
            }
            let last = place * panel.width >= full;
            let filling = quad.iter().skip(if last { used_of_last } else { QUAD });
            if channel >= used && *quad != [0; QUAD] || filling.copied().any(|w| w != 0) {
                return Err(Fault::Filling);
            }
        }
    }
    let offsets = panel.offset_bias.as_chunks().0.iter().map(|&word| i32::from_le_bytes(word));
    for ((channel, offset), (above, below)) in
        (0..panel.width).zip(offsets).zip(above.into_iter().zip(below))
    {
        let (bias, multiplier) = panel.channel(channel);
        if !multiplier.is_valid() {
            return Err(Fault::Multiplier);
        }
        if channel >= used && (bias, multiplier.mantissa) != (0, 0) {
            return Err(Fault::Filling);
        }
        if offset != bias.wrapping_sub((128 * (above + below)) as i32) {
            return Err(Fault::Filling);
        }
        let most = i64::from(bias) + 127 * above - 128 * below;
        let least = i64::from(bias) - 128 * above + 127 * below;
        if most.max(-least) << multiplier.exponent.max(0) >= SUM_LIMIT {
            return Err(Fault::Sum);
        }
    }
    Ok(())
}
