//! RAF: a header of fixed places, a whole JPEG file with its EXIF, sensor data.

use super::headers::Headers;
use super::{Search, jpeg, tiff};
use std::io::{Read, Seek};

/// Offset and length of the JPEG, of the directory of the sensor's data, of these data.
const PARTS: [u64; 3] = [84, 92, 100];

/// Entries of the directory that are looked at.
const MAX_ENTRIES: u32 = 256;

/// Height and width of the picture that the camera makes.
const CROPPED: u16 = 0x0111;

pub(super) fn walk<R: Read + Seek>(headers: &mut Headers<R>, search: &mut Search) {
    let [preview, directory, sensor] = PARTS.map(|at| {
        let [o0, o1, o2, o3, len @ ..]: [u8; 8] = headers.array(at).unwrap_or_default();
        (u32::from_be_bytes([o0, o1, o2, o3]).into(), u32::from_be_bytes(len).into())
    });
    for (at, len) in [preview, directory, sensor] {
        search.data(at, len);
    }
    let (at, len) = preview;
    search.candidate(at, len);
    if let Some((stream, _)) = jpeg::exif(headers, at, at.saturating_add(len)) {
        tiff::walk(headers, stream, search);
    }
    search.cropped = cropped(headers, directory.0).or(search.cropped);
}

fn cropped<R: Read + Seek>(headers: &mut Headers<R>, directory: u64) -> Option<(u32, u32)> {
    let count = u32::from_be_bytes(headers.array(directory)?);
    let mut at = directory + 4;
    for _ in 0..count.min(MAX_ENTRIES) {
        let [t0, t1, l0, l1]: [u8; 4] = headers.array(at)?;
        if u16::from_be_bytes([t0, t1]) == CROPPED {
            let [h0, h1, w0, w1]: [u8; 4] = headers.array(at + 4)?;
            return Some((
                u16::from_be_bytes([w0, w1]).into(),
                u16::from_be_bytes([h0, h1]).into(),
            ));
        }
        at += 4 + u64::from(u16::from_be_bytes([l0, l1]));
    }
    None
}
