//! A judge's working memory: the board tier's sizes, on the heap.

use edgecull_core::frame::{BOARD, FrameBuffers, Tile};

/// Bytes of a file that are read at a time.
pub(super) const CHUNK: usize = 32 * 1024;

/// Plain entropy-coded bytes that are buffered, and MCU rows that are indexed.
pub(super) type Scanner = edgecull_core::jpeg::Scanner<{ 32 * 1024 }, 512>;

/// Buffers of the board tier. Fresh from the system they are zero and take no
/// room until they are used, so that small pictures cost little.
pub(super) struct Memory {
    luma: Vec<u8>,
    chroma: [Vec<u8>; 2],
    tiles: Vec<Tile>,
    energies: Vec<[u32; 32]>,
    strips: [Vec<i16>; 3],
    sums: [Vec<u32>; 3],
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            luma: vec![0; BOARD.luma],
            chroma: [(); 2].map(|()| vec![0; BOARD.chroma]),
            tiles: vec![[0; 16]; BOARD.tiles],
            energies: vec![[0; 32]; BOARD.tile_cols],
            strips: [(); 3].map(|()| vec![0; BOARD.strip]),
            sums: [(); 3].map(|()| vec![0; BOARD.sums]),
        }
    }

    /// Lends the buffers for one frame.
    pub(super) fn buffers(&mut self) -> FrameBuffers<'_> {
        FrameBuffers {
            luma: &mut self.luma,
            chroma: self.chroma.each_mut().map(Vec::as_mut_slice),
            tiles: &mut self.tiles,
            energies: &mut self.energies,
            strips: self.strips.each_mut().map(Vec::as_mut_slice),
            sums: self.sums.each_mut().map(Vec::as_mut_slice),
        }
    }
}
