//! Whether what lies somewhere in a file is a picture in JPEG, and how large.

use super::headers::Headers;
use std::io::{Read, Seek};

/// Segments before the frame header that are passed over.
const MAX_SEGMENTS: usize = 64;

/// Bytes of a TIFF stream at most: an APP1 segment's.
const MAX_SEGMENT: u64 = 65_535;

/// Width and height of the JPEG picture between `at` and `end`, from its frame header
/// (ITU-T T.81, section B.2.2). `None` if there is none, or none that a camera would show:
/// lossless JPEG holds sensor data.
pub(super) fn size<R: Read + Seek>(
    headers: &mut Headers<R>,
    at: u64,
    end: u64,
) -> Option<(u32, u32)> {
    let mut found = None;
    segments(headers, at, end, |headers, marker, body, _| match marker {
        // Baseline, extended sequential and progressive, with Huffman tables.
        0xC0..=0xC2 => {
            let [precision, h1, h0, w1, w0, components]: [u8; 6] = headers.array(body)?;
            let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
            let shown = precision == 8 && matches!(components, 1 | 3 | 4);
            if shown && width > 0 && height > 0 {
                found = Some((width.into(), height.into()));
            }
            None
        }
        0xC3..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => None,
        _ => Some(()),
    });
    found
}

/// Place and length of the TIFF stream in the EXIF segment of the JPEG at `at`.
pub(super) fn exif<R: Read + Seek>(
    headers: &mut Headers<R>,
    at: u64,
    end: u64,
) -> Option<(u64, u64)> {
    let mut found = None;
    segments(headers, at, end, |headers, marker, body, len| {
        if marker == 0xE1 && headers.array(body) == Some(*b"Exif\0\0") {
            found = Some((body + 6, len.saturating_sub(6).min(MAX_SEGMENT)));
            return None;
        }
        Some(())
    });
    found
}

/// Shows the segments before the first scan: marker, place and length of the body. Ends
/// when `visit` gives `None`.
fn segments<R: Read + Seek>(
    headers: &mut Headers<R>,
    at: u64,
    end: u64,
    mut visit: impl FnMut(&mut Headers<R>, u8, u64, u64) -> Option<()>,
) -> Option<()> {
    if headers.array(at)? != [0xFF, 0xD8] {
        return None;
    }
    let mut at = at + 2;
    for _ in 0..MAX_SEGMENTS {
        let [fill, marker] = headers.array(at).filter(|_| at < end)?;
        if fill != 0xFF {
            return None;
        }
        if marker == 0xFF {
            at += 1;
            continue;
        }
        if matches!(marker, 0xD8..=0xDA) {
            return None;
        }
        let len = u64::from(u16::from_be_bytes(headers.array(at + 2)?)).checked_sub(2)?;
        visit(headers, marker, at + 4, len)?;
        at += 4 + len;
    }
    None
}
