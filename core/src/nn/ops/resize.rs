//! Twice the height and width: every pixel four times.

use super::Io;
use crate::bounded::copy;

/// Nearest neighbour, to twice the size.
pub(in crate::nn) fn resize_2x(io: Io<'_>) -> Option<()> {
    let (channels, row) = (usize::from(io.from.channels), io.to.row());
    let lines = io
        .input
        .chunks_exact(io.from.row().max(1))
        .zip(io.output.chunks_exact_mut((2 * row).max(1)));
    for (line, out) in lines {
        let (above, below) = out.split_at_mut_checked(row)?;
        let pixels =
            line.chunks_exact(channels.max(1)).zip(above.chunks_exact_mut((2 * channels).max(1)));
        for (pixel, out) in pixels {
            for out in out.chunks_exact_mut(channels.max(1)) {
                copy(out, pixel);
            }
        }
        copy(below, above);
    }
    Some(())
}
