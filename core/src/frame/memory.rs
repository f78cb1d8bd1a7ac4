//! The working memory of a frame, in two sizes.

use super::Cell;

/// Buffers that a [`FrameBuilder`](super::FrameBuilder) works in.
///
/// Sizes are free; what does not fit is made smaller by powers of two.
pub struct FrameBuffers<'a> {
    /// The luma plane.
    pub luma: &'a mut [u8],
    /// The two chroma planes.
    pub chroma: [&'a mut [u8]; 2],
    /// The cells.
    pub cells: &'a mut [Cell],
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
    const CELLS: usize,
    const STRIP: usize,
    const CHROMA_STRIP: usize,
    const SUMS: usize,
    const CHROMA_SUMS: usize,
> {
    luma: [u8; LUMA],
    chroma: [[u8; CHROMA]; 2],
    cells: [Cell; CELLS],
    strip: [i16; STRIP],
    chroma_strips: [[i16; CHROMA_STRIP]; 2],
    sums: [u32; SUMS],
    chroma_sums: [[u32; CHROMA_SUMS]; 2],
}

/// How many elements each buffer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Samples of the luma plane.
    pub luma: usize,
    /// Samples of each chroma plane.
    pub chroma: usize,
    /// Cells.
    pub cells: usize,
    /// Blocks in an MCU row of luma.
    pub strip: usize,
    /// Blocks in an MCU row of each chroma.
    pub chroma_strip: usize,
    /// Samples in a row of a luma plane that is made smaller.
    pub sums: usize,
    /// Samples in a row of a chroma plane that is made smaller.
    pub chroma_sums: usize,
}

/// For boards with a memory management unit: planes at 1/8 up to 67 million
/// pixels, every eighth row of cells at 24 million, and any width with samplings
/// whose MCUs are at most two blocks high.
///
/// With a `Scanner<65536, 512>` and a builder it stays within 4 MiB.
pub const BOARD: Sizes = Sizes {
    luma: 0x10_0000,
    chroma: 0x8_0000,
    cells: 0x3000,
    strip: 0x4000,
    chroma_strip: 0x2000,
    sums: 4096,
    chroma_sums: 4096,
};

/// For microcontrollers: a 24 million pixel frame keeps luma at 1/64 (94 x 63),
/// chroma at least at 1/128, and some 200 cells.
///
/// With a `Scanner<4096, 64>` and a builder it stays within 64 KiB. The scanner
/// takes 39 KiB of that; the strips are what a row of MCUs of a 45 million pixel
/// frame (8256 pixels wide, chroma of any usual sampling) needs; planes and
/// cells share the rest.
pub const MCU: Sizes = Sizes {
    luma: 6144,
    chroma: 1536,
    cells: 224,
    strip: 2064,
    chroma_strip: 1032,
    sums: 128,
    chroma_sums: 64,
};

/// The buffers of [`BOARD`].
pub type BoardMemory = Memory<
    { BOARD.luma },
    { BOARD.chroma },
    { BOARD.cells },
    { BOARD.strip },
    { BOARD.chroma_strip },
    { BOARD.sums },
    { BOARD.chroma_sums },
>;

/// The buffers of [`MCU`].
pub type McuMemory = Memory<
    { MCU.luma },
    { MCU.chroma },
    { MCU.cells },
    { MCU.strip },
    { MCU.chroma_strip },
    { MCU.sums },
    { MCU.chroma_sums },
>;

impl<
    const LUMA: usize,
    const CHROMA: usize,
    const CELLS: usize,
    const STRIP: usize,
    const CHROMA_STRIP: usize,
    const SUMS: usize,
    const CHROMA_SUMS: usize,
> Memory<LUMA, CHROMA, CELLS, STRIP, CHROMA_STRIP, SUMS, CHROMA_SUMS>
{
    /// Empty buffers; all zero, so that a static costs no flash.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            luma: [0; LUMA],
            chroma: [[0; CHROMA]; 2],
            cells: [Cell::UNSEEN; CELLS],
            strip: [0; STRIP],
            chroma_strips: [[0; CHROMA_STRIP]; 2],
            sums: [0; SUMS],
            chroma_sums: [[0; CHROMA_SUMS]; 2],
        }
    }

    /// Lends the buffers.
    pub fn buffers(&mut self) -> FrameBuffers<'_> {
        let [cb, cr] = &mut self.chroma;
        let [cb_strip, cr_strip] = &mut self.chroma_strips;
        let [cb_sums, cr_sums] = &mut self.chroma_sums;
        FrameBuffers {
            luma: &mut self.luma,
            chroma: [cb, cr],
            cells: &mut self.cells,
            strips: [&mut self.strip, cb_strip, cr_strip],
            sums: [&mut self.sums, cb_sums, cr_sums],
        }
    }
}

impl<
    const LUMA: usize,
    const CHROMA: usize,
    const CELLS: usize,
    const STRIP: usize,
    const CHROMA_STRIP: usize,
    const SUMS: usize,
    const CHROMA_SUMS: usize,
> Default for Memory<LUMA, CHROMA, CELLS, STRIP, CHROMA_STRIP, SUMS, CHROMA_SUMS>
{
    fn default() -> Self {
        Self::new()
    }
}
