//! Depthwise convolution: each channel by itself, a row of outputs at a time.

use super::Io;
use crate::bounded::copy;
use crate::kernels::net::{Depthwise, Panels, QUAD, TAPS};
use crate::nn::geometry::Lattice;
use crate::nn::{Clamp, Window};

/// Depthwise convolution. `scratch` holds padded copies of the rows that a row of
/// windows covers, as a ring: a row is copied once.
pub(in crate::nn) fn depthwise(
    io: Io<'_>,
    window: Window,
    clamp: Clamp,
    weights: &[u8],
) -> Option<()> {
    let lattice = Lattice::new(window, io.from).ok()?;
    let Lattice { rows, columns, stride_y, stride_x, top, left, .. } = lattice;
    let channels = usize::from(io.from.channels);
    let rounding = io.rounding(clamp);
    let panels = Panels::new(weights, channels, (rows * columns).div_ceil(QUAD))?;
    let padded = lattice.padded_row()?;
    let mut taps = [0; TAPS];
    let taps = taps.get_mut(..rows * columns)?;
    io.scratch.fill(io.zero_in);
    // The next row to copy; padding above counts.
    let mut next = 0;
    for (y, output) in io.output.chunks_mut(io.to.row().max(1)).enumerate() {
        let first = y * stride_y;
        for line in first.max(next)..first + rows {
            let slot = io.scratch.get_mut(line % rows.max(1) * padded..)?.get_mut(..padded)?;
            let source = line.checked_sub(top).filter(|&y| y < io.from.height.into());
            match source.and_then(|y| io.input.chunks(io.from.row().max(1)).nth(y)) {
                Some(row) => {
                    copy(slot.get_mut(left * channels..)?.get_mut(..row.len())?, row);
                }
                None => slot.fill(io.zero_in),
            }
        }
        next = first + rows;
        for (line, taps) in (first..).zip(taps.chunks_mut(columns.max(1))) {
            for (x, tap) in taps.iter_mut().enumerate() {
                *tap = line % rows.max(1) * padded + x * channels;
            }
        }
        let step = stride_x * channels;
        let job = Depthwise::new(io.scratch, taps, step, lattice.width, panels, rounding)?;
        io.isa.depthwise(&job, output);
    }
    Some(())
}
