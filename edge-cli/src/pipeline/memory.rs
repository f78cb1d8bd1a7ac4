//! A judge's working memory: the board tier's sizes, on the heap.

use edgecull_core::frame::{BOARD, Cell, FrameBuffers};

/// Bytes of a file that are read at a time.
pub(super) const CHUNK: usize = 32 * 1024;

/// Plain entropy-coded bytes that are buffered, and MCU rows that are indexed.
pub(super) type Scanner = edgecull_core::jpeg::Scanner<{ 32 * 1024 }, 512>;

/// Buffers of the board tier. Fresh from the system they are zero and take no
/// room until they are used, so that small pictures cost little.
pub(super) struct Memory {
    luma: Vec<u8>,
    chroma: [Vec<u8>; 2],
    cells: Vec<Cell>,
    strips: [Vec<i16>; 3],
    sums: [Vec<u32>; 3],
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            luma: vec![0; BOARD.luma],
            chroma: [(); 2].map(|()| vec![0; BOARD.chroma]),
            cells: vec![Cell::UNSEEN; BOARD.cells],
            strips: [BOARD.strip, BOARD.chroma_strip, BOARD.chroma_strip].map(|n| vec![0; n]),
            sums: [BOARD.sums, BOARD.chroma_sums, BOARD.chroma_sums].map(|n| vec![0; n]),
        }
    }

    /// Lends the buffers for one frame.
    pub(super) fn buffers(&mut self) -> FrameBuffers<'_> {
        FrameBuffers {
            luma: &mut self.luma,
            chroma: self.chroma.each_mut().map(Vec::as_mut_slice),
            cells: &mut self.cells,
            strips: self.strips.each_mut().map(Vec::as_mut_slice),
            sums: self.sums.each_mut().map(Vec::as_mut_slice),
        }
    }
}
