//! Previews inside RAW and HEIF files: a JPEG that the camera made and laid beside the
//! sensor's data.
//!
//! In comes a file; out goes [`Found`]: where its largest JPEG lies, what the camera
//! wrote, and how large the picture itself is. Sensor data are not read: at most
//! [`HEADER_BYTES`] of the file are, and then, by whoever judges it, the preview.
//!
//! | module | |
//! | --- | --- |
//! | `headers` | reading by pages, within a budget |
//! | `ifd` | TIFF's directories |
//! | `tiff`, `makers` | CR2, NEF, ARW, ORF, RW2, PEF, DNG |
//! | `bmff`, `cr3`, `heif` | boxes; CR3; HEIC, HEIF, HIF |
//! | `raf` | RAF |
//! | `jpeg` | what is a picture, and its size |
//! | `digest` | EXIF gathered from scattered directories |
//!
//! Nothing in a file makes this endless: directories, entries, boxes and bytes are
//! counted, and what is visited once is not visited again.

mod bmff;
mod cr3;
mod digest;
mod headers;
mod heif;
mod ifd;
mod jpeg;
mod makers;
mod raf;
mod tiff;

use crate::source::exif::Summary;
use digest::Digest;
use edgecull_core::geometry::Orientation;
use headers::Headers;
use std::io::{self, Read, Seek};

/// Most bytes of a file that [`find`] reads.
pub const HEADER_BYTES: u64 = headers::BUDGET;

/// Places that are looked at for a JPEG.
const MAX_CANDIDATES: usize = 24;

/// The longer side of a preview has at least so many pixels: smaller ones are icons.
const LEAST_SIDE: u32 = 160;

/// Two pictures whose sides relate alike within one part in so many show the same: some
/// cameras crop the preview by a few pixels.
const ALIKE: u64 = 50;

/// A JPEG within a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Where it begins.
    pub offset: u64,
    /// Bytes up to its end, at most to that of the file.
    pub len: u64,
    /// Width in pixels, as stored.
    pub width: u32,
    /// Height in pixels, as stored.
    pub height: u32,
}

/// What the headers of a RAW or HEIF file say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The largest JPEG; `None` if there is none of use.
    pub preview: Option<Preview>,
    /// What the camera wrote; its orientation is upright where [`Self::orientation`] is
    /// `None`.
    pub exif: Option<Summary>,
    /// How the stored picture must be turned, where the file says it.
    pub orientation: Option<Orientation>,
    /// Width and height of the stored picture that the camera made of the sensor's data,
    /// where that is known, is no less than the preview's, and of its shape.
    pub full: Option<(u32, u32)>,
    /// Where the file ends, if that is before the sensor's data do.
    pub cut: Option<u64>,
}

/// Looks for the largest JPEG in a RAW or HEIF file. Damage costs what it hit.
///
/// # Errors
/// When the file cannot be read.
pub fn find(source: impl Read + Seek) -> io::Result<Found> {
    let mut headers = Headers::new(source)?;
    let mut search = Search { end: headers.len(), ..Search::default() };
    let start: [u8; 12] = headers.array(0).unwrap_or_default();
    let [_, _, _, _, kind @ ..] = &start;
    if kind == b"ftypcrx " {
        cr3::walk(&mut headers, &mut search);
    } else if kind.starts_with(b"ftyp") {
        heif::walk(&mut headers, &mut search);
    } else if start.starts_with(b"FUJIFILM") {
        raf::walk(&mut headers, &mut search);
    } else {
        tiff::walk(&mut headers, 0, &mut search);
    }
    let preview = search.largest(&mut headers);
    if let Some(error) = headers.failure() {
        return Err(error);
    }
    Ok(Found {
        preview,
        exif: search.digest.summary(),
        orientation: search.orientation.and_then(Orientation::from_exif),
        full: preview.and_then(|preview| search.full(preview)),
        cut: search.cut.then_some(search.end),
    })
}

/// Where the largest JPEG of a RAW or HEIF file lies; `None` if there is none of use.
///
/// # Errors
/// When the file cannot be read.
pub fn preview(source: impl Read + Seek) -> io::Result<Option<Preview>> {
    Ok(find(source)?.preview)
}

/// What was come upon so far.
#[derive(Debug, Default)]
struct Search {
    /// Length of the file.
    end: u64,
    candidates: Vec<(u64, u64)>,
    digest: Digest,
    orientation: Option<u32>,
    /// Size of the picture as the camera's own EXIF or boxes give it.
    stated: Option<(u32, u32)>,
    /// What is shown of the sensor's data, where the format says that.
    cropped: Option<(u32, u32)>,
    cut: bool,
}

impl Search {
    /// A place where a JPEG may be. What lies outside the file is passed over.
    fn candidate(&mut self, at: u64, len: u64) {
        let len = len.min(self.end.saturating_sub(at));
        let new = len > 0 && !self.candidates.iter().any(|&(place, _)| place == at);
        if new && self.candidates.len() < MAX_CANDIDATES {
            self.candidates.push((at, len));
        }
    }

    /// Such a place that two values point at, where both are there.
    fn pointed(&mut self, span: Option<(u64, u64)>) {
        if let Some((at, len)) = span {
            self.candidate(at, len);
        }
    }

    /// A place where the sensor's data are.
    fn data(&mut self, at: u64, len: u64) {
        self.cut |= at.saturating_add(len) > self.end;
    }

    fn largest<R: Read + Seek>(&self, headers: &mut Headers<R>) -> Option<Preview> {
        // The longest first: should the budget end, those were seen.
        let mut candidates = self.candidates.clone();
        candidates.sort_by_key(|&(at, len)| (u64::MAX - len, at));
        let previews = candidates.into_iter().filter_map(|(offset, len)| {
            let (width, height) = jpeg::size(headers, offset, offset + len)?;
            Some(Preview { offset, len, width, height })
        });
        let area = |p: &Preview| u64::from(p.width) * u64::from(p.height);
        previews
            .filter(|preview| preview.width.max(preview.height) >= LEAST_SIDE)
            .reduce(|best, next| if area(&next) > area(&best) { next } else { best })
    }

    fn full(&self, preview: Preview) -> Option<(u32, u32)> {
        let fits = |&(width, height): &(u32, u32)| {
            let [w, h, pw, ph] = [width, height, preview.width, preview.height].map(u64::from);
            let (across, down) = (w * ph, h * pw);
            w >= pw && h >= ph && across.abs_diff(down) <= across / ALIKE
        };
        self.cropped.filter(fits).or(self.stated.filter(fits))
    }
}
