//! A small TIFF stream with the EXIF of a file whose directories lie scattered.
//!
//! The parser of EXIF wants one stretch of bytes, and the number 42 in it. In a RAW
//! file directories and values may lie anywhere, and some makers have their own
//! number. So the entries that may be of use are copied, with their values.

use super::headers::Headers;
use super::ifd::{Directory, Endian, Entry, Tiff};
use crate::source::exif::Summary;
use std::io::{Read, Seek};

/// Values longer than this are left out: none of use is.
const MAX_VALUE: u64 = 256;

/// Entries of a directory that are copied.
const MAX_ENTRIES: usize = 96;

/// Tags of the first directory that are copied.
const MAIN: [u16; 4] = [0x010F, 0x0110, super::tiff::ORIENTATION, 0x0132];

/// Points from the first directory to that of EXIF.
const EXIF: u16 = 0x8769;
const LONG: u16 = 4;

/// Copied entries.
#[derive(Debug, Default)]
pub(super) struct Digest {
    endian: Option<Endian>,
    main: Vec<(Entry, Vec<u8>)>,
    exif: Vec<(Entry, Vec<u8>)>,
}

impl Digest {
    /// Copies from a first directory, unless one was before.
    pub(super) fn main<R: Read + Seek>(
        &mut self,
        headers: &mut Headers<R>,
        tiff: Tiff,
        directory: &Directory,
    ) {
        if self.main.is_empty() && *self.endian.get_or_insert(tiff.endian) == tiff.endian {
            self.main = copies(headers, directory, |tag| MAIN.contains(&tag));
        }
    }

    /// Copies from a directory of EXIF, unless one was before.
    pub(super) fn exif<R: Read + Seek>(
        &mut self,
        headers: &mut Headers<R>,
        tiff: Tiff,
        directory: &Directory,
    ) {
        if self.exif.is_empty() && *self.endian.get_or_insert(tiff.endian) == tiff.endian {
            self.exif = copies(headers, directory, |_| true);
        }
    }

    /// What the entries say.
    pub(super) fn summary(&self) -> Option<Summary> {
        if self.main.is_empty() && self.exif.is_empty() {
            return None;
        }
        Summary::from_tiff(&self.stream()?)
    }

    fn stream(&self) -> Option<Vec<u8>> {
        let endian = self.endian?;
        let mut main = self.main.clone();
        let mut out = match endian {
            Endian::Little => b"II*\0".to_vec(),
            Endian::Big => b"MM\0*".to_vec(),
        };
        let number = |value: u32| match endian {
            Endian::Little => value.to_le_bytes(),
            Endian::Big => value.to_be_bytes(),
        };
        out.extend(number(8));
        // The directory of EXIF comes after the first one and its values.
        let pointer = Entry { tag: EXIF, kind: LONG, count: 1, at: 0, len: 4 };
        main.push((pointer, Vec::new()));
        let end = 8 + size(&main);
        if let Some((_, value)) = main.last_mut() {
            *value = number(u32::try_from(end).ok()?).to_vec();
        }
        for directory in [&main, &self.exif] {
            write(&mut out, directory, endian)?;
        }
        Some(out)
    }
}

fn copies<R: Read + Seek>(
    headers: &mut Headers<R>,
    directory: &Directory,
    wanted: impl Fn(u16) -> bool,
) -> Vec<(Entry, Vec<u8>)> {
    let entries = directory.entries.iter().filter(|e| wanted(e.tag) && e.len <= MAX_VALUE);
    let copied = entries.filter_map(|e| Some((*e, headers.bytes(e.at, e.len as usize)?)));
    copied.take(MAX_ENTRIES).collect()
}

/// Bytes of a directory and its values.
fn size(entries: &[(Entry, Vec<u8>)]) -> usize {
    let values = entries.iter().map(|(_, value)| value.len()).filter(|&len| len > 4);
    2 + 12 * entries.len() + 4 + values.sum::<usize>()
}

/// Appends a directory and its values. The next directory's offset is 0.
fn write(out: &mut Vec<u8>, entries: &[(Entry, Vec<u8>)], endian: Endian) -> Option<()> {
    let short = |value: u16| match endian {
        Endian::Little => value.to_le_bytes(),
        Endian::Big => value.to_be_bytes(),
    };
    let long = |value: u32| match endian {
        Endian::Little => value.to_le_bytes(),
        Endian::Big => value.to_be_bytes(),
    };
    let mut values_at = out.len() + 2 + 12 * entries.len() + 4;
    let mut values = Vec::new();
    out.extend(short(u16::try_from(entries.len()).ok()?));
    for (entry, value) in entries {
        out.extend(short(entry.tag));
        out.extend(short(entry.kind));
        out.extend(long(entry.count));
        if value.len() <= 4 {
            out.extend(value);
            out.resize(out.len() + 4 - value.len(), 0);
        } else {
            out.extend(long(u32::try_from(values_at).ok()?));
            values_at += value.len();
            values.extend_from_slice(value);
        }
    }
    out.extend([0; 4]);
    out.append(&mut values);
    Some(())
}
