//! Boxes of the ISO base media file format (ISO/IEC 14496-12, section 4.2): the shell of
//! CR3 and HEIF.

use super::headers::Headers;
use std::io::{Read, Seek};

/// Boxes that are looked at in one file.
const MAX_BOXES: usize = 1024;

/// A box: its type, and where its content lies in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct BmffBox {
    pub(super) kind: [u8; 4],
    pub(super) at: u64,
    /// The end as the box says it, which may lie beyond that of the file.
    pub(super) end: u64,
}

/// Counts the boxes that were looked at, so that there is an end.
#[derive(Debug)]
pub(super) struct Boxes {
    left: usize,
}

impl Default for Boxes {
    fn default() -> Self {
        Self { left: MAX_BOXES }
    }
}

impl Boxes {
    /// The boxes between two places.
    pub(super) fn within<R: Read + Seek>(
        &mut self,
        headers: &mut Headers<R>,
        mut at: u64,
        end: u64,
    ) -> Vec<BmffBox> {
        let mut boxes = Vec::new();
        while let Some(next) = self.next(headers, at, end) {
            at = next.end;
            boxes.push(next);
        }
        boxes
    }

    fn next<R: Read + Seek>(
        &mut self,
        headers: &mut Headers<R>,
        at: u64,
        end: u64,
    ) -> Option<BmffBox> {
        if at >= end {
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        let [s0, s1, s2, s3, kind @ ..]: [u8; 8] = headers.array(at)?;
        let (header, size) = match u32::from_be_bytes([s0, s1, s2, s3]) {
            0 => (8, end - at),
            1 => (16, u64::from_be_bytes(headers.array(at + 8)?)),
            size => (8, size.into()),
        };
        let beyond = at.checked_add(size).filter(|_| size >= header)?;
        Some(BmffBox { kind, at: at + header, end: beyond })
    }
}
