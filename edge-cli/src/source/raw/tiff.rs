//! CR2, NEF, ARW, ORF, RW2, PEF, DNG: TIFF with directories of its makers.
//!
//! The chain of directories and the directories below them are gone through; each may
//! name a preview in one of three ways.

use super::headers::Headers;
use super::ifd::{Directory, Entry, Tiff};
use super::{Search, makers};
use std::collections::HashSet;
use std::io::{Read, Seek};

/// Directories that are looked at in one file.
const MAX_DIRECTORIES: usize = 32;

/// Directories below one that are looked at.
const MAX_BELOW: u32 = 16;

const WIDTH: u16 = 0x0100;
const HEIGHT: u16 = 0x0101;
const COMPRESSION: u16 = 0x0103;
const PHOTOMETRIC: u16 = 0x0106;
const STRIPS: u16 = 0x0111;
pub(super) const ORIENTATION: u16 = 0x0112;
const STRIP_BYTES: u16 = 0x0117;
const BELOW: u16 = 0x014A;
const JPEG: u16 = 0x0201;
const JPEG_BYTES: u16 = 0x0202;
const EXIF: u16 = 0x8769;
const MAKER_NOTE: u16 = 0x927C;
const PIXEL_X: u16 = 0xA002;
const PIXEL_Y: u16 = 0xA003;
/// DNG 1.6: what a viewer shows of the sensor's picture.
const CROP_SIZE: u16 = 0xC620;

/// Panasonic's: the values are the JPEG file.
const JPG_FROM_RAW: [u16; 2] = [0x002E, 0x0127];

/// Compression 6 and 7 are JPEG.
const IS_JPEG: [u32; 2] = [6, 7];

/// Sensor data, whatever it is coded as: colour filter array, and linear raw.
const SENSOR: [u32; 2] = [32_803, 34_892];

/// Where a directory stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Chain,
    Below,
    Exif,
}

/// Goes through a whole structure.
pub(super) fn walk<R: Read + Seek>(headers: &mut Headers<R>, base: u64, search: &mut Search) {
    let Some((tiff, first)) = Tiff::open(headers, base) else {
        return;
    };
    let mut seen = HashSet::new();
    let mut ahead = vec![(first, Place::First)];
    while let Some((at, place)) = ahead.pop() {
        if seen.len() >= MAX_DIRECTORIES || !seen.insert(at) {
            continue;
        }
        let directory = tiff.directory(headers, at);
        match place {
            Place::Exif => exif(headers, tiff, &directory, search),
            Place::First | Place::Chain | Place::Below => {
                if place == Place::First {
                    first_directory(headers, tiff, &directory, search);
                }
                previews(headers, tiff, &directory, search);
                if let Some(entry) = directory.get(BELOW) {
                    let below = tiff.numbers(headers, entry, MAX_BELOW);
                    let below = below.into_iter().rev().filter_map(|offset| tiff.place(offset));
                    ahead.extend(below.map(|at| (at, Place::Below)));
                }
                if place != Place::Below {
                    ahead.extend(directory.next.map(|at| (at, Place::Chain)));
                }
                let exif = directory.number(tiff, headers, EXIF);
                ahead.extend(exif.and_then(|offset| Some((tiff.place(offset)?, Place::Exif))));
            }
        }
    }
}

/// What the first directory says of the picture as a whole.
pub(super) fn first_directory<R: Read + Seek>(
    headers: &mut Headers<R>,
    tiff: Tiff,
    directory: &Directory,
    search: &mut Search,
) {
    search.digest.main(headers, tiff, directory);
    let orientation = directory.number(tiff, headers, ORIENTATION);
    search.orientation = search.orientation.or(orientation);
}

/// The size that the first directory gives, where that is known to be the picture's.
pub(super) fn stated_size<R: Read + Seek>(
    headers: &mut Headers<R>,
    tiff: Tiff,
    directory: &Directory,
) -> Option<(u32, u32)> {
    let side = |tag, headers: &mut Headers<R>| directory.number(tiff, headers, tag);
    side(WIDTH, headers).zip(side(HEIGHT, headers))
}

/// A directory of EXIF.
pub(super) fn exif<R: Read + Seek>(
    headers: &mut Headers<R>,
    tiff: Tiff,
    directory: &Directory,
    search: &mut Search,
) {
    search.digest.exif(headers, tiff, directory);
    let width = directory.number(tiff, headers, PIXEL_X);
    search.stated = search.stated.or(width.zip(directory.number(tiff, headers, PIXEL_Y)));
    if let Some(note) = directory.get(MAKER_NOTE) {
        makers::note(headers, tiff, note, search);
    }
}

/// The previews that a directory names.
fn previews<R: Read + Seek>(
    headers: &mut Headers<R>,
    tiff: Tiff,
    directory: &Directory,
    search: &mut Search,
) {
    search.pointed(directory.span(tiff, headers, JPEG, JPEG_BYTES));
    for Entry { at, len, .. } in JPG_FROM_RAW.into_iter().filter_map(|tag| directory.get(tag)) {
        search.candidate(*at, *len);
    }
    if let Some(entry) = directory.get(CROP_SIZE)
        && let [width, height] = tiff.numbers(headers, entry, 2)[..]
    {
        search.cropped = search.cropped.or(Some((width, height)));
    }
    strips(headers, tiff, directory, search);
}

/// One strip that is JPEG and no sensor data is a preview. Any that ends beyond the file
/// tells that the file is cut.
fn strips<R: Read + Seek>(
    headers: &mut Headers<R>,
    tiff: Tiff,
    directory: &Directory,
    search: &mut Search,
) -> Option<()> {
    let places = directory.get(STRIPS)?;
    let at = tiff.numbers(headers, places, 2);
    let len = tiff.numbers(headers, directory.get(STRIP_BYTES)?, 2);
    let (&[at], &[len]) = (at.as_slice(), len.as_slice()) else {
        return None;
    };
    let at = tiff.place(at)?;
    search.data(at, len.into());
    let compression = directory.number(tiff, headers, COMPRESSION)?;
    let photometric = directory.number(tiff, headers, PHOTOMETRIC);
    let sensor = photometric.is_some_and(|kind| SENSOR.contains(&kind));
    if IS_JPEG.contains(&compression) && !sensor {
        search.candidate(at, len.into());
    }
    Some(())
}
