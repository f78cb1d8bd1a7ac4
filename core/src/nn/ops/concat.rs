//! Channels of several tensors side by side.

use super::Io;
use crate::bounded::copy;

/// Puts the input's channels into each pixel of the output, behind `before` others.
pub(in crate::nn) fn concat(io: Io<'_>, before: usize) -> Option<()> {
    let (from, to) = (usize::from(io.from.channels), usize::from(io.to.channels));
    let pixels = io.output.chunks_exact_mut(to.max(1)).zip(io.input.chunks_exact(from.max(1)));
    for (out, pixel) in pixels {
        copy(out.get_mut(before..before + from)?, pixel);
    }
    Some(())
}
