//! Twice the height and width: every pixel four times.

use super::Io;
use crate::bounded::copy;

/// Nearest neighbour, to twice the size.
pub(in crate::nn) fn resize_2x(io: Io<'_>) -> Option<()> {
    // There are channels; the compiler is told so.
    let (channels, row) = (usize::from(io.from.channels).max(1), io.to.row());
    let lines = io.input.chunks_exact(io.from.row().max(1));
    let lines = lines.zip(io.output.chunks_exact_mut((2 * row).max(1)));
    for (line, out) in lines {
        let (above, below) = out.split_at_mut_checked(row)?;
        let pixels = line.chunks_exact(channels).zip(above.chunks_exact_mut(2 * channels));
        for (pixel, out) in pixels {
            for out in out.chunks_exact_mut(channels) {
                copy(out, pixel);
            }
        }
        copy(below, above);
    }
    Some(())
}
