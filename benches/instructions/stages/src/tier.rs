//! The memory of the target's tier: a microcontroller's on bare metal, else a board's, in the
//! sizes that the firmware and the command line take.

use edgecull_core::jpeg;
use edgecull_core::kernels::Isa;

#[cfg(target_os = "none")]
mod sizes {
    pub(super) type FrameMemory = edgecull_core::frame::McuMemory;
    /// Bytes of plain entropy-coded data, rows of the index.
    pub(super) const SCANNER: (usize, usize) = (4096, 64);
    /// A sector of a card.
    pub(super) const PIECE: usize = 512;
    pub(super) const ARENA: usize = 64 * 1024;
}

#[cfg(not(target_os = "none"))]
mod sizes {
    pub(super) type FrameMemory = edgecull_core::frame::BoardMemory;
    pub(super) const SCANNER: (usize, usize) = (32 * 1024, 512);
    pub(super) const PIECE: usize = 32 * 1024;
    pub(super) const ARENA: usize = 512 * 1024;
}

/// Bytes that are fed at a time.
pub const PIECE: usize = sizes::PIECE;

/// Bytes that all networks run in.
const ARENA: usize = sizes::ARENA;

/// Samples of the region about two eyes, at most.
const EYES: usize = 32 * 1024;

pub type Scanner = jpeg::Scanner<{ sizes::SCANNER.0 }, { sizes::SCANNER.1 }>;
pub type FrameMemory = sizes::FrameMemory;

/// All that stages work in, but for what quality needs.
pub struct Memory {
    pub scanner: Scanner,
    pub frame: FrameMemory,
    pub arena: [i8; ARENA],
    pub eyes: [u8; EYES],
}

impl Memory {
    pub const fn new() -> Self {
        Self {
            scanner: Scanner::new(Isa::baseline()),
            frame: FrameMemory::new(),
            arena: [0; ARENA],
            eyes: [0; EYES],
        }
    }
}
