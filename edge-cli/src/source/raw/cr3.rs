//! CR3: boxes with three previews and four TIFF structures (as the public descriptions
//! of the format have it).
//!
//! ```text
//! ftyp
//! moov  uuid 85c0..   CMT1 first directory, CMT2 EXIF, THMB thumbnail
//!       trak          a full-size JPEG, others with the sensor's data
//! uuid eaf4..         PRVW preview
//! mdat                what the tracks point at
//! ```

use super::bmff::{BmffBox, Boxes};
use super::headers::Headers;
use super::ifd::Tiff;
use super::{Search, tiff};
use std::io::{Read, Seek};

const CANON: [u8; 16] = *b"\x85\xC0\xB6\x87\x82\x0F\x11\xE0\x81\x11\xF4\xCE\x46\x2B\x6A\x48";
const PREVIEW: [u8; 16] = *b"\xEA\xF4\x2B\x5E\x1C\x98\x4B\x88\xB9\xFB\xB7\xDC\x40\x6E\x4D\x16";

/// Bytes of the start of a box in which its JPEG begins.
const FIELDS: usize = 64;

pub(super) fn walk<R: Read + Seek>(headers: &mut Headers<R>, search: &mut Search) {
    let mut boxes = Boxes::default();
    for part in boxes.within(headers, 0, headers.len()) {
        search.data(part.at, part.end - part.at);
        match &part.kind {
            b"moov" => {
                for part in boxes.within(headers, part.at, part.end) {
                    match &part.kind {
                        b"uuid" if headers.array(part.at) == Some(CANON) => {
                            for part in boxes.within(headers, part.at + 16, part.end) {
                                own(headers, part, search);
                            }
                        }
                        b"trak" => {
                            track(headers, &mut boxes, part, search);
                        }
                        _ => {}
                    }
                }
            }
            b"uuid" if headers.array(part.at) == Some(PREVIEW) => {
                // Eight bytes of no known meaning, then boxes.
                for part in boxes.within(headers, part.at + 24, part.end) {
                    inner_jpeg(headers, part, search);
                }
            }
            _ => {}
        }
    }
}

/// A box of Canon's own.
fn own<R: Read + Seek>(headers: &mut Headers<R>, part: BmffBox, search: &mut Search) {
    match &part.kind {
        b"CMT1" | b"CMT2" => {
            let Some((tiff, first)) = Tiff::open(headers, part.at) else {
                return;
            };
            let directory = tiff.directory(headers, first);
            if &part.kind == b"CMT1" {
                tiff::first_directory(headers, tiff, &directory, search);
                search.stated = tiff::stated_size(headers, tiff, &directory);
            } else {
                tiff::exif(headers, tiff, &directory, search);
            }
        }
        b"THMB" => inner_jpeg(headers, part, search),
        _ => {}
    }
}

/// A JPEG after some fields, up to the end of the box.
fn inner_jpeg<R: Read + Seek>(headers: &mut Headers<R>, part: BmffBox, search: &mut Search) {
    let room = part.end.min(headers.len()).saturating_sub(part.at);
    let start = headers.bytes(part.at, room.min(FIELDS as u64) as usize).unwrap_or_default();
    if let Some(skipped) = start.windows(3).position(|bytes| bytes == [0xFF, 0xD8, 0xFF]) {
        let at = part.at + skipped as u64;
        search.candidate(at, part.end - at);
    }
}

/// A track of one sample may be a JPEG.
fn track<R: Read + Seek>(
    headers: &mut Headers<R>,
    boxes: &mut Boxes,
    track: BmffBox,
    search: &mut Search,
) -> Option<()> {
    let mut table = track;
    for kind in [b"mdia", b"minf", b"stbl"] {
        let inside = boxes.within(headers, table.at, table.end);
        table = inside.into_iter().find(|part| part.kind == *kind)?;
    }
    let (mut place, mut len) = (None, None);
    for part in boxes.within(headers, table.at, table.end) {
        let word =
            |headers: &mut Headers<R>, at: u64| headers.array(part.at + at).map(u32::from_be_bytes);
        match &part.kind {
            b"stsz" if word(headers, 8) == Some(1) => {
                let common = word(headers, 4).filter(|&size| size > 0);
                len = common.or_else(|| word(headers, 12));
            }
            b"stco" if word(headers, 4) == Some(1) => place = word(headers, 8).map(u64::from),
            b"co64" if word(headers, 4) == Some(1) => {
                place = headers.array(part.at + 8).map(u64::from_be_bytes);
            }
            _ => {}
        }
    }
    let (at, len) = (place?, u64::from(len?));
    search.data(at, len);
    search.candidate(at, len);
    Some(())
}
