//! Fully connected: one row times the weights.

use super::Io;
use crate::kernels::net::{Gemm, Panels, QUAD};
use crate::nn::Clamp;

/// Fully connected. `scratch` holds the input if it is not a whole number of quads.
pub(in crate::nn) fn dense(io: Io<'_>, clamp: Clamp, weights: &[u8]) -> Option<()> {
    let quads = io.input.len().div_ceil(QUAD);
    let panels = Panels::new(weights, io.to.channels.into(), quads)?;
    let rounding = io.rounding(clamp);
    let input = if io.input.len() == quads * QUAD {
        io.input
    } else {
        io.scratch.get_mut(..io.input.len())?.copy_from_slice(io.input);
        io.scratch
    };
    let job = Gemm::new(input, quads * QUAD, 1, panels, rounding)?;
    io.isa.gemm(&job, io.output);
    Some(())
}
