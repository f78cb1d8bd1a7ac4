//! What one pass over a picture leaves: small planes, band energies,
//! a histogram. Everything that is measured later is measured from this.
//!
//! In come blocks of quantised DCT coefficients in any interleaving, from the
//! [JPEG scanner](crate::jpeg) or from [pixels](crate::pixels); out goes a
//! [`Frame`] that borrows the caller's buffers.

mod builder;
mod layout;
mod memory;
mod sample;
mod shrink;
#[cfg(test)]
mod tests;

pub use builder::FrameBuilder;
pub use layout::{Grid, Layout};
pub use memory::{BOARD, BoardMemory, FrameBuffers, MCU, McuMemory, Memory, Sizes};

pub use crate::bands::Cell;

use crate::plane::Plane;

/// The grid of cells, row after row: a regular sample of the picture, as dense
/// as the buffer allows. Where `pitch_x` is 32 and `pitch_y` 8, it is all of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct CellGrid<'a> {
    /// Cells; `cols * rows` of them.
    pub cells: &'a [Cell],
    /// Cells in a row. What is left of the picture at the right, less than a
    /// cell, is not in it.
    pub cols: usize,
    /// Rows that were seen (fewer than planned if the file ended early).
    pub rows: usize,
    /// Pixels from one cell to the next in a row.
    pub pitch_x: u32,
    /// Pixels from one row to the next.
    pub pitch_y: u32,
}

/// What one pass over a picture leaves.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Width of the stored picture in pixels.
    pub width: u32,
    /// Height of the stored picture in pixels.
    pub height: u32,
    /// Luma, one sample for every 8 x 8 pixels, or fewer: then by a power of two.
    pub luma: Plane<'a>,
    /// Cb and Cr (128 is neutral) on their own grids, at most as fine as
    /// [`luma`](Self::luma)'s; `None` for a grey picture.
    pub chroma: Option<[Plane<'a>; 2]>,
    /// Energies at native resolution.
    pub cells: CellGrid<'a>,
    /// Number of 8 x 8 blocks by their mean luma.
    pub histogram: [u32; 256],
    /// Quantisation steps of luma in zigzag order; all 1 for pixels.
    pub quant: [u16; 64],
    /// Luma blocks that were seen.
    pub blocks_seen: u32,
    /// Luma blocks that the header announced.
    pub blocks_total: u32,
}
