//! Lets a frame builder work while the EXIF bytes pass by.

use edgecull_core::frame::FrameBuilder;
use edgecull_core::jpeg::{BlockAt, BlockSink, Error, ScanSink, ScanStart};
use edgecull_core::kernels::Kernels;

/// Most bytes of APP1 segments that are kept: one segment of full length.
const MAX_APP1: usize = 65_533;

/// What an APP1 segment with EXIF begins with.
const EXIF: &[u8] = crate::source::exif::APP1_IDENTIFIER;

/// A frame builder, and the first EXIF segment of the stream.
pub(super) struct Tap<'a, 'm> {
    frame: &'a mut FrameBuilder<'m>,
    app1: &'a mut Vec<u8>,
    keeping: bool,
}

impl<'a, 'm> Tap<'a, 'm> {
    pub(super) fn new(frame: &'a mut FrameBuilder<'m>, app1: &'a mut Vec<u8>) -> Self {
        Self { frame, app1, keeping: false }
    }
}

impl BlockSink for Tap<'_, '_> {
    #[inline(always)]
    fn wants_luma(&self, row_in_mcu: u32) -> bool {
        self.frame.wants_luma(row_in_mcu)
    }

    #[inline(always)]
    fn luma<K: Kernels>(&mut self, at: BlockAt, dc: i16, end: u32, coefs: &mut [i16; 64]) {
        self.frame.luma::<K>(at, dc, end, coefs);
    }

    #[inline(always)]
    fn chroma(&mut self, at: BlockAt, dc: i16, coefs: &mut [i16; 64]) {
        self.frame.chroma(at, dc, coefs);
    }

    #[inline(always)]
    fn end_mcu_row<K: Kernels>(&mut self, seen: u32, of: u32) {
        self.frame.end_mcu_row::<K>(seen, of);
    }
}

impl ScanSink for Tap<'_, '_> {
    fn begin_scan(&mut self, start: &ScanStart<'_>) -> Result<(), Error> {
        self.frame.begin_scan(start)
    }

    fn set_height(&mut self, height: u32) {
        self.frame.set_height(height);
    }

    fn app1(&mut self, piece: &[u8], first: bool) {
        if first {
            // XMP lives in APP1 segments too: what was kept so far goes if it
            // turned out to be no EXIF.
            self.keeping = !self.app1.starts_with(EXIF);
            if self.keeping {
                self.app1.clear();
            }
        }
        if self.keeping {
            let room = MAX_APP1 - self.app1.len().min(MAX_APP1);
            self.app1.extend(piece.iter().take(room));
        }
    }
}
