//! TIFF's image file directories (TIFF 6.0, section 2), read where they lie.

use super::headers::Headers;
use std::io::{Read, Seek};

/// Entries of a directory that are looked at.
const MAX_ENTRIES: usize = 512;

/// Order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endian {
    Little,
    Big,
}

impl Endian {
    /// From `II` or `MM`.
    pub(super) fn of(mark: &[u8]) -> Option<Self> {
        match mark.get(..2)? {
            b"II" => Some(Self::Little),
            b"MM" => Some(Self::Big),
            _ => None,
        }
    }

    pub(super) fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }
}

/// Where a TIFF structure begins, from which its offsets count, and its order of bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiff {
    pub(super) base: u64,
    pub(super) endian: Endian,
}

/// An entry of a directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) tag: u16,
    /// Type of the values, as a number of the standard.
    pub(super) kind: u16,
    pub(super) count: u32,
    /// Where the values lie, from the start of the file.
    pub(super) at: u64,
    /// Bytes of the values.
    pub(super) len: u64,
}

/// A directory, and the place of the next one in the chain.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) entries: Vec<Entry>,
    pub(super) next: Option<u64>,
}

impl Tiff {
    /// The structure at `base` and its first directory. The number after the order of
    /// bytes is 42; Olympus and Panasonic have their own.
    pub(super) fn open<R: Read + Seek>(headers: &mut Headers<R>, base: u64) -> Option<(Self, u64)> {
        let [b0, b1, m0, m1, offset @ ..]: [u8; 8] = headers.array(base)?;
        let endian = Endian::of(&[b0, b1])?;
        let known = [42, 0x55, u16::from_le_bytes(*b"RO"), u16::from_le_bytes(*b"RS")];
        if !known.contains(&endian.u16([m0, m1])) {
            return None;
        }
        let tiff = Self { base, endian };
        Some((tiff, tiff.place(endian.u32(offset))?))
    }

    /// From an offset of the structure to a place in the file.
    pub(super) fn place(self, offset: u32) -> Option<u64> {
        (offset != 0).then(|| self.base + u64::from(offset))
    }

    /// Reads the directory at a place in the file, as far as it is there.
    pub(super) fn directory<R: Read + Seek>(self, headers: &mut Headers<R>, at: u64) -> Directory {
        let mut directory = Directory::default();
        let Some(count) = headers.array(at) else {
            return directory;
        };
        let count = usize::from(self.endian.u16(count));
        for number in 0..count.min(MAX_ENTRIES) {
            let at = at + 2 + 12 * number as u64;
            let Some(entry) = headers.array(at) else {
                return directory;
            };
            directory.entries.extend(self.entry(entry, at));
        }
        let next = headers.array(at + 2 + 12 * count as u64);
        directory.next = next.and_then(|next| self.place(self.endian.u32(next)));
        directory
    }

    fn entry(self, bytes: [u8; 12], at: u64) -> Option<Entry> {
        let [t0, t1, k0, k1, c0, c1, c2, c3, value @ ..] = bytes;
        let (kind, count) = (self.endian.u16([k0, k1]), self.endian.u32([c0, c1, c2, c3]));
        let len = width(kind)? * u64::from(count);
        let at = if len <= 4 { at + 8 } else { self.base + u64::from(self.endian.u32(value)) };
        Some(Entry { tag: self.endian.u16([t0, t1]), kind, count, at, len })
    }

    /// The first `most` values of an entry of whole numbers.
    pub(super) fn numbers<R: Read + Seek>(
        self,
        headers: &mut Headers<R>,
        entry: &Entry,
        most: u32,
    ) -> Vec<u32> {
        let Some(width) = width(entry.kind) else {
            return Vec::new();
        };
        let number = |index: u64| {
            let at = entry.at + index * width;
            match entry.kind {
                SHORT => headers.array(at).map(|bytes| self.endian.u16(bytes).into()),
                LONG | IFD => headers.array(at).map(|bytes| self.endian.u32(bytes)),
                // DNG may give sizes as fractions; whole ones are enough.
                RATIONAL => {
                    let whole = self.endian.u32(headers.array(at)?);
                    whole.checked_div(self.endian.u32(headers.array(at + 4)?))
                }
                _ => None,
            }
        };
        (0..u64::from(entry.count.min(most))).map_while(number).collect()
    }
}

impl Directory {
    /// The entry with this tag.
    pub(super) fn get(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    /// Its first value, a whole number.
    pub(super) fn number<R: Read + Seek>(
        &self,
        tiff: Tiff,
        headers: &mut Headers<R>,
        tag: u16,
    ) -> Option<u32> {
        tiff.numbers(headers, self.get(tag)?, 1).first().copied()
    }

    /// Where in the file lies what two tags give the offset and the length of, and its length.
    pub(super) fn span<R: Read + Seek>(
        &self,
        tiff: Tiff,
        headers: &mut Headers<R>,
        offset: u16,
        length: u16,
    ) -> Option<(u64, u64)> {
        let at = tiff.place(self.number(tiff, headers, offset)?)?;
        Some((at, self.number(tiff, headers, length)?.into()))
    }
}

/// Types of values.
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const IFD: u16 = 13;

/// Bytes of one value.
fn width(kind: u16) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        SHORT | 8 => Some(2),
        LONG | 9 | 11 | IFD => Some(4),
        RATIONAL | 10 | 12 => Some(8),
        _ => None,
    }
}
