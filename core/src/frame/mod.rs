//! What one pass over a picture leaves: small planes, band energies,
//! a histogram. Everything that is measured later is measured from this.
//!
//! In come blocks of quantised DCT coefficients in any interleaving, from the
//! [JPEG scanner](crate::jpeg) or from [pixels](crate::pixels); out goes a
//! [`Frame`] that borrows the caller's buffers.

mod builder;
mod memory;
mod sample;
mod shrink;
#[cfg(test)]
mod tests;

pub use builder::{FrameBuilder, Grid, Layout};
pub use memory::{BOARD, BoardMemory, FrameBuffers, MCU, McuMemory, Memory, Sizes};

use crate::bands;
use crate::plane::Plane;

/// Detail of a cell: [`CELL_BLOCKS`](bands::CELL_BLOCKS) neighbouring blocks of
/// one block row, 32 x 8 pixels at native resolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Cell {
    /// For each band, `8 * log2(E + n)`, rounded, where `E` is the sum of the
    /// squares of the dequantised coefficients of the band over the cell and
    /// `n` the number of coefficients in the band. All 0 if the cell was not seen.
    pub codes: [u8; bands::BANDS],
    /// Mean luma.
    pub mean: u8,
}

impl Cell {
    /// A cell that was not seen.
    pub const UNSEEN: Self = Self { codes: [0; bands::BANDS], mean: 0 };

    /// Whether its blocks were decoded.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        // Two coefficients, so at least 8.
        self.codes[0] != 0
    }
}

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
