//! Channels of several tensors side by side.

use super::Io;

/// Puts the input's channels into each pixel of the output, behind `before` others.
pub(in crate::nn) fn concat(io: Io<'_>, before: usize) -> Option<()> {
    let (from, to) = (usize::from(io.from.channels), usize::from(io.to.channels));
    let pixels = io.output.chunks_exact_mut(to).zip(io.input.chunks_exact(from));
    for (out, pixel) in pixels {
        out.get_mut(before..before + from)?.copy_from_slice(pixel);
    }
    Some(())
}
