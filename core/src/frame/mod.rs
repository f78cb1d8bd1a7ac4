//! What one pass over a picture leaves: small planes, per-tile band energies,
//! a histogram. Everything that is measured later is measured from this.
//!
//! In come blocks of quantised DCT coefficients in any interleaving, from the
//! [JPEG scanner](crate::jpeg) or from [pixels](crate::pixels); out goes a
//! [`Frame`] that borrows the caller's buffers.

mod builder;
mod memory;
mod shrink;
#[cfg(test)]
mod tests;

pub use builder::{FrameBuilder, Grid, Layout};
pub use memory::{BOARD, BoardMemory, FrameBuffers, MCU, McuMemory, Memory, Sizes};

use crate::plane::Plane;

/// Number of energy bands kept for each tile.
pub const BANDS: usize = 16;

/// Energies of one tile of at least 32 x 32 pixels at native resolution, by
/// band.
///
/// Each is `256 * log2(1 + E)`, where `E` is the sum of the squares of the
/// dequantised coefficients of the band, averaged over the tile's blocks and
/// times 16 (so that it is the plain sum over a full tile of 4 x 4 blocks).
pub type Tile = [u16; BANDS];

/// The grid of tiles, row after row.
#[derive(Clone, Copy, Debug, Default)]
pub struct TileGrid<'a> {
    /// Tiles; `cols * rows` of them.
    pub tiles: &'a [Tile],
    /// Tiles in a row.
    pub cols: usize,
    /// Rows of tiles that were seen (fewer than planned if the file ended early).
    pub rows: usize,
    /// Width of a tile in pixels of the full picture.
    pub tile_width: u32,
    /// Height of a tile in pixels of the full picture.
    pub tile_height: u32,
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
    pub tiles: TileGrid<'a>,
    /// Number of 8 x 8 blocks by their mean luma.
    pub histogram: [u32; 256],
    /// Quantisation steps of luma in zigzag order; all 1 for pixels.
    pub quant: [u16; 64],
    /// Luma blocks that were seen.
    pub blocks_seen: u32,
    /// Luma blocks that the header announced.
    pub blocks_total: u32,
}
