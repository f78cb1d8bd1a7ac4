//! Convolution: windows laid out as rows, times the weights.

use super::Io;
use crate::bounded::copy;
use crate::kernels::net::{Gemm, Output, Panels, QUAD};
use crate::nn::geometry::Lattice;
use crate::nn::{Clamp, Window};

/// Convolution. `scratch` holds a few windows at a time.
pub(in crate::nn) fn conv(io: Io<'_>, window: Window, clamp: Clamp, weights: &[u8]) -> Option<()> {
    let lattice = Lattice::new(window, io.from).ok()?;
    let quads = lattice.patch()? / QUAD;
    let panels = Panels::new(weights, io.to.channels.into(), quads)?;
    let rounding = io.rounding(clamp);
    if lattice.is_pointwise() {
        return pointwise(io, &lattice, panels, rounding);
    }
    let (patch, at_once) = (lattice.patch()?, lattice.patches()?);
    let patches = Patches { lattice, patch, input: io.input, padding: io.zero_in };
    let total = lattice.height * lattice.width;
    let mut outputs = io.output.chunks_mut(at_once.checked_mul(io.to.channels.into())?.max(1));
    for first in (0..total).step_by(at_once.max(1)) {
        let count = at_once.min(total - first);
        patches.lay_out(first, count, io.scratch)?;
        let job = Gemm::new(io.scratch, patch, count, panels, rounding)?;
        io.isa.gemm(&job, outputs.next()?);
    }
    Some(())
}

/// Windows of one pixel lie in memory as rows already.
fn pointwise(io: Io<'_>, lattice: &Lattice, panels: Panels<'_>, rounding: Output) -> Option<()> {
    let channels = usize::from(io.from.channels);
    if lattice.stride_y == 1 && lattice.stride_x == 1 {
        let job = Gemm::new(io.input, channels, io.from.pixels()?, panels, rounding)?;
        io.isa.gemm(&job, io.output);
        return Some(());
    }
    let stride = lattice.stride_x.checked_mul(channels)?;
    let rows = io.input.chunks(io.from.row().max(1)).step_by(lattice.stride_y.max(1));
    for (row, output) in rows.zip(io.output.chunks_mut(io.to.row().max(1))) {
        let job = Gemm::new(row, stride, lattice.width, panels, rounding)?;
        io.isa.gemm(&job, output);
    }
    Some(())
}

/// Lays windows out: each one's rows, one behind the other.
struct Patches<'r> {
    lattice: Lattice,
    /// From one patch to the next.
    patch: usize,
    input: &'r [i8],
    padding: i8,
}

impl Patches<'_> {
    /// The windows of `count` outputs from number `first` on.
    fn lay_out(&self, first: usize, count: usize, out: &mut [i8]) -> Option<()> {
        let Lattice { width, rows, columns, stride_x, left, .. } = self.lattice;
        // Outputs of a row whose windows reach over neither side.
        let inner = left.div_ceil(stride_x.max(1));
        let free = (usize::from(self.lattice.input.width) + left).checked_sub(columns);
        let outer = free.map_or(0, |free| free / stride_x.max(1) + 1).min(width);
        let (mut done, mut y, mut x) = (0, first / width.max(1), first % width.max(1));
        while done < count {
            let out = out.get_mut(done.checked_mul(self.patch)?..)?;
            let whole = self.lattice.rows_of(y).len() == rows && (inner..outer).contains(&x);
            let run = if whole { (outer - x).min(count - done) } else { 1 };
            if whole {
                self.copy_whole(y, x, run, out)?;
            } else {
                self.copy_partly(y, x, out.get_mut(..self.patch)?)?;
            }
            (done, x) = (done + run, x + run);
            if x >= width {
                (y, x) = (y + 1, 0);
            }
        }
        Some(())
    }

    /// Windows that lie within the input, side by side.
    fn copy_whole(&self, y: usize, x: usize, count: usize, out: &mut [i8]) -> Option<()> {
        let channels = usize::from(self.lattice.input.channels);
        let first = self.lattice.rows_of(y).start * self.lattice.input.row()
            + self.lattice.columns_of(x).start * channels;
        let copy = Copy {
            count,
            patch: self.patch,
            step: self.lattice.stride_x * channels,
            rows: self.lattice.rows,
            segment: self.lattice.columns * channels,
            row: self.lattice.input.row(),
        };
        let input = self.input.get(first..)?;
        match copy.segment {
            ..=2 => copy.halves::<1>(input, out),
            3..=4 => copy.halves::<2>(input, out),
            5..=8 => copy.halves::<4>(input, out),
            9..=16 => copy.halves::<8>(input, out),
            17..=32 => copy.halves::<16>(input, out),
            33..=64 => copy.halves::<32>(input, out),
            _ => copy.exact(input, out),
        }
    }

    /// A window that reaches over an edge.
    fn copy_partly(&self, y: usize, x: usize, out: &mut [i8]) -> Option<()> {
        let Lattice { input, columns, stride_y, stride_x, top, left, .. } = self.lattice;
        let (channels, row) = (usize::from(input.channels), input.row());
        let (rows, pixels) = (self.lattice.rows_of(y), self.lattice.columns_of(x));
        let above = (rows.start + top).checked_sub(y * stride_y)?;
        let before = (pixels.start + left).checked_sub(x * stride_x)?;
        out.fill(self.padding);
        let segments = out.chunks_mut((columns * channels).max(1)).skip(above);
        for (segment, line) in segments.zip(rows) {
            let start = line * row + pixels.start * channels;
            let length = pixels.len() * channels;
            let from = self.input.get(start..)?.get(..length)?;
            copy(segment.get_mut(before * channels..)?.get_mut(..length)?, from);
        }
        Some(())
    }
}

/// What is copied for windows side by side.
struct Copy {
    count: usize,
    /// From one patch to the next.
    patch: usize,
    /// From one window to the next.
    step: usize,
    /// Rows of a window.
    rows: usize,
    /// Bytes of one of them.
    segment: usize,
    /// Bytes of a row of the input.
    row: usize,
}

impl Copy {
    /// Copies segments of `N` to `2 N` bytes: the first `N` and the last.
    #[inline(always)]
    fn halves<const N: usize>(&self, input: &[i8], out: &mut [i8]) -> Option<()> {
        let Self { count, patch, step, rows, segment, row } = *self;
        for line in 0..rows {
            let (input, out) = (input.get(line * row..)?, out.get_mut(line * segment..)?);
            let (mut from, mut to) = (0, 0);
            for _ in 0..count {
                let source = input.get(from..from + segment)?;
                let target = out.get_mut(to..to + segment)?;
                let (first, last) = (*source.first_chunk::<N>()?, *source.last_chunk::<N>()?);
                *target.first_chunk_mut()? = first;
                *target.last_chunk_mut()? = last;
                (from, to) = (from + step, to + patch);
            }
        }
        Some(())
    }

    fn exact(&self, input: &[i8], out: &mut [i8]) -> Option<()> {
        for (index, patch) in out.chunks_mut(self.patch.max(1)).take(self.count).enumerate() {
            let rows = input.get(index * self.step..)?.chunks(self.row.max(1));
            for (to, from) in patch.chunks_exact_mut(self.segment.max(1)).zip(rows).take(self.rows)
            {
                copy(to, from.get(..self.segment)?);
            }
        }
        Some(())
    }
}
