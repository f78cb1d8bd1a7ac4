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
    const SUMS: usize,
> {
    luma: [u8; LUMA],
    chroma: [[u8; CHROMA]; 2],
    cells: [Cell; CELLS],
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
    /// Cells.
    pub cells: usize,
    /// Blocks in the MCU row of a component.
    pub strip: usize,
    /// Samples in a row of a plane that is made smaller.
    pub sums: usize,
}

/// For boards with a memory management unit: planes at 1/8 up to 67 million
/// pixels, and every fourth row of cells of a 24 million pixel frame.
pub const BOARD: Sizes =
    Sizes { luma: 0x10_0000, chroma: 0x8_0000, cells: 0x6000, strip: 0x4000, sums: 4096 };

/// For microcontrollers: of a 24 million pixel frame, planes at 1/64 and one
/// cell in a hundred or so.
pub const MCU: Sizes = Sizes { luma: 6144, chroma: 1536, cells: 1024, strip: 2048, sums: 128 };

/// The buffers of [`BOARD`].
pub type BoardMemory =
    Memory<{ BOARD.luma }, { BOARD.chroma }, { BOARD.cells }, { BOARD.strip }, { BOARD.sums }>;

/// The buffers of [`MCU`].
pub type McuMemory =
    Memory<{ MCU.luma }, { MCU.chroma }, { MCU.cells }, { MCU.strip }, { MCU.sums }>;

impl<
    const LUMA: usize,
    const CHROMA: usize,
    const CELLS: usize,
    const STRIP: usize,
    const SUMS: usize,
> Memory<LUMA, CHROMA, CELLS, STRIP, SUMS>
{
    /// Empty buffers; all zero, so that a static costs no flash.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            luma: [0; LUMA],
            chroma: [[0; CHROMA]; 2],
            cells: [Cell::UNSEEN; CELLS],
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
            cells: &mut self.cells,
            strips: self.strips.each_mut().map(|s| s.as_mut_slice()),
            sums: self.sums.each_mut().map(|s| s.as_mut_slice()),
        }
    }
}

impl<
    const LUMA: usize,
    const CHROMA: usize,
    const CELLS: usize,
    const STRIP: usize,
    const SUMS: usize,
> Default for Memory<LUMA, CHROMA, CELLS, STRIP, SUMS>
{
    fn default() -> Self {
        Self::new()
    }
}
