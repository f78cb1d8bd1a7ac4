//! Twice the height and width: every pixel four times.

use super::Io;

/// Nearest neighbour, to twice the size.
pub(in crate::nn) fn resize_2x(io: Io<'_>) -> Option<()> {
    let (channels, row) = (usize::from(io.from.channels), io.to.row());
    let lines = io.input.chunks_exact(io.from.row()).zip(io.output.chunks_exact_mut(2 * row));
    for (line, out) in lines {
        let (above, below) = out.split_at_mut_checked(row)?;
        let pixels = line.chunks_exact(channels).zip(above.chunks_exact_mut(2 * channels));
        for (pixel, out) in pixels {
            for out in out.chunks_exact_mut(channels) {
                out.iter_mut().zip(pixel).for_each(|(to, from)| *to = *from);
            }
        }
        below.iter_mut().zip(above).for_each(|(to, from)| *to = *from);
    }
    Some(())
}
