//! Previews that only a maker note names: of Nikon, Olympus and Pentax.
//!
//! A note is a directory after a mark of its maker's; its offsets count from the note
//! or from the start of the file (as ExifTool's documentation of the tags describes).

use super::Search;
use super::headers::Headers;
use super::ifd::{Endian, Entry, Tiff};
use std::io::{Read, Seek};

const NIKON_PREVIEW: u16 = 0x0011;
const OLYMPUS_CAMERA_SETTINGS: u16 = 0x2020;

/// Looks for a preview in a maker note.
pub(super) fn note<R: Read + Seek>(
    headers: &mut Headers<R>,
    outer: Tiff,
    note: &Entry,
    search: &mut Search,
) -> Option<()> {
    let at = note.at;
    let head: [u8; 16] = headers.array(at)?;
    let marked = |mark: &[u8]| head.starts_with(mark);
    let endian = |offset: usize| head.get(offset..).and_then(Endian::of).unwrap_or(outer.endian);
    if marked(b"Nikon\0\x02") {
        let (tiff, first) = Tiff::open(headers, at + 10)?;
        let directory = tiff.directory(headers, first);
        let preview = directory.number(tiff, headers, NIKON_PREVIEW)?;
        let preview = tiff.directory(headers, tiff.place(preview)?);
        search.pointed(preview.span(tiff, headers, 0x0201, 0x0202));
    } else if marked(b"OLYMPUS\0") {
        olympus(headers, Tiff { base: at, endian: endian(8) }, at + 12, search);
    } else if marked(b"OM SYSTEM\0") {
        olympus(headers, Tiff { base: at, endian: endian(12) }, at + 16, search);
    } else if marked(b"OLYMP\0") {
        olympus(headers, outer, at + 8, search);
    } else if marked(b"AOC\0") {
        pentax(headers, Tiff { endian: endian(4), ..outer }, at + 6, search);
    } else if marked(b"PENTAX \0") {
        pentax(headers, Tiff { base: at, endian: endian(8) }, at + 10, search);
    }
    Some(())
}

fn olympus<R: Read + Seek>(headers: &mut Headers<R>, tiff: Tiff, at: u64, search: &mut Search) {
    let directory = tiff.directory(headers, at);
    search.pointed(directory.span(tiff, headers, 0x0088, 0x0089));
    let Some(entry) = directory.get(OLYMPUS_CAMERA_SETTINGS) else {
        return;
    };
    // A pointer, or, in older files, the directory itself.
    let pointer = tiff.numbers(headers, entry, 1).first().copied();
    let settings = pointer.map_or(Some(entry.at), |offset| tiff.place(offset));
    if let Some(settings) = settings {
        let settings = tiff.directory(headers, settings);
        search.pointed(settings.span(tiff, headers, 0x0101, 0x0102));
    }
}

fn pentax<R: Read + Seek>(headers: &mut Headers<R>, tiff: Tiff, at: u64, search: &mut Search) {
    let directory = tiff.directory(headers, at);
    search.pointed(directory.span(tiff, headers, 0x0004, 0x0003));
}
