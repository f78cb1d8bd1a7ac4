//! The working memory of a frame, in two sizes.

use super::{BANDS, Tile};
use crate::kernels::PairSums;

/// Buffers that a [`FrameBuilder`](super::FrameBuilder) works in.
///
/// Sizes are free; what does not fit is made smaller by powers of two.
pub struct FrameBuffers<'a> {
    /// The luma plane.
    pub luma: &'a mut [u8],
    /// The two chroma planes.
    pub chroma: [&'a mut [u8]; 2],
    /// The tiles.
    pub tiles: &'a mut [Tile],
    /// Energies of one row of tiles: at least one for each tile of a row.
    pub energies: &'a mut [PairSums],
    /// DC coefficients of one MCU row, for luma and each chroma: the picture's
    /// width / 8 times the vertical sampling factor.
    pub strips: [&'a mut [i16]; 3],
    /// Sums of one row of each plane, needed where planes are made smaller.
    pub sums: [&'a mut [u32]; 3],
}

/// A set of buffers of fixed size.
#[derive(Clone, Debug)]
pub struct Memory<
    const LUMA: usize,
    const CHROMA: usize,
    const TILES: usize,
    const COLS: usize,
    const STRIP: usize,
    const SUMS: usize,
> {
    luma: [u8; LUMA],
    chroma: [[u8; CHROMA]; 2],
    tiles: [Tile; TILES],
    energies: [PairSums; COLS],
    strips: [[i16; STRIP]; 3],
    sums: [[u32; SUMS]; 3],
}

/// How many elements each buffer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Samples of the luma plane.
    pub luma: usize,
    /// Samples of each chroma plane.
    pub chroma: usize,
    /// Tiles.
    pub tiles: usize,
    /// Tiles in a row.
    pub tile_cols: usize,
    /// Blocks in the MCU row of a component.
    pub strip: usize,
    /// Samples in a row of a plane that is made smaller.
    pub sums: usize,
}

/// For boards with a memory management unit: planes at 1/8 up to 67 million
/// pixels, tiles of 32 pixels up to 50 million.
pub const BOARD: Sizes = Sizes {
    luma: 0x10_0000,
    chroma: 0x8_0000,
    tiles: 0xC000,
    tile_cols: 2048,
    strip: 0x4000,
    sums: 4096,
};

/// For microcontrollers: a 24 million pixel frame keeps planes at 1/64 and
/// tiles of 256 pixels.
pub const MCU: Sizes =
    Sizes { luma: 6144, chroma: 1536, tiles: 512, tile_cols: 48, strip: 2048, sums: 128 };

/// The buffers of [`BOARD`].
pub type BoardMemory = Memory<
    { BOARD.luma },
    { BOARD.chroma },
    { BOARD.tiles },
    { BOARD.tile_cols },
    { BOARD.strip },
    { BOARD.sums },
>;

/// The buffers of [`MCU`].
pub type McuMemory = Memory<
    { MCU.luma },
    { MCU.chroma },
    { MCU.tiles },
    { MCU.tile_cols },
    { MCU.strip },
    { MCU.sums },
>;

impl<
    const LUMA: usize,
    const CHROMA: usize,
    const TILES: usize,
    const COLS: usize,
    const STRIP: usize,
    const SUMS: usize,
> Memory<LUMA, CHROMA, TILES, COLS, STRIP, SUMS>
{
    /// Empty buffers; all zero, so that a static costs no flash.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            luma: [0; LUMA],
            chroma: [[0; CHROMA]; 2],
            tiles: [[0; BANDS]; TILES],
            energies: [[0; 32]; COLS],
            strips: [[0; STRIP]; 3],
            sums: [[0; SUMS]; 3],
        }
    }

    /// Lends the buffers.
    pub fn buffers(&mut self) -> FrameBuffers<'_> {
        let [cb, cr] = &mut self.chroma;
        FrameBuffers {
            luma: &mut self.luma,
            chroma: [cb, cr],
            tiles: &mut self.tiles,
            energies: &mut self.energies,
            strips: self.strips.each_mut().map(|s| s.as_mut_slice()),
            sums: self.sums.each_mut().map(|s| s.as_mut_slice()),
        }
    }
}

impl<
    const LUMA: usize,
    const CHROMA: usize,
    const TILES: usize,
    const COLS: usize,
    const STRIP: usize,
    const SUMS: usize,
> Default for Memory<LUMA, CHROMA, TILES, COLS, STRIP, SUMS>
{
    fn default() -> Self {
        Self::new()
    }
}
