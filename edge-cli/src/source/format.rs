//! What a file is: by the ending of its name, and by its first bytes.
//!
//! The ending decides whether a file found in a folder is looked at, and which
//! files belong together. The bytes decide how it is read.

use std::ffi::OsStr;
use std::path::Path;

/// Bytes that [`Format::of`] looks at.
pub const SIGNATURE_LEN: usize = 32;

/// What the ending of a name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A JPEG file.
    Jpeg,
    /// PNG, TIFF or WebP.
    Picture,
    /// A camera's own format.
    Raw,
    /// HEIF.
    Heif,
}

const JPEG: &[&str] = &["jpg", "jpeg", "jpe", "jfif"];
const PICTURE: &[&str] = &["png", "tif", "tiff", "webp"];
const RAW: &[&str] = &[
    "3fr", "arw", "cr2", "cr3", "dng", "iiq", "nef", "nrw", "orf", "pef", "raf", "rw2", "rwl",
    "srw", "x3f",
];
const HEIF: &[&str] = &["heic", "heif", "hif"];

impl Ending {
    /// From a file name, whatever the case of its ending; `None` for no picture.
    #[must_use]
    pub fn of(name: &OsStr) -> Option<Self> {
        let ending = Path::new(name).extension()?.to_str()?;
        let among = |list: &[&str]| list.iter().any(|e| e.eq_ignore_ascii_case(ending));
        if among(JPEG) {
            Some(Self::Jpeg)
        } else if among(PICTURE) {
            Some(Self::Picture)
        } else if among(RAW) {
            Some(Self::Raw)
        } else if among(HEIF) {
            Some(Self::Heif)
        } else {
            None
        }
    }

    /// Whether such a file goes with the JPEG of its stem.
    #[must_use]
    pub fn follows(self) -> bool {
        matches!(self, Self::Raw | Self::Heif)
    }
}

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// FF D8 FF.
    Jpeg,
    /// PNG.
    Png,
    /// TIFF.
    Tiff,
    /// WebP.
    WebP,
    /// HEIF or AVIF.
    Heif,
    /// A RAW format, by a signature of its own (CR2, CR3, RAF, ORF, RW2, X3F), or
    /// by its ending where it looks like TIFF (NEF, ARW, DNG and others).
    Raw,
    /// Nothing known.
    Unknown,
}

impl Format {
    /// Looks at the first bytes of a file, of which [`SIGNATURE_LEN`] are enough,
    /// and at its name only to tell RAW from TIFF: read as TIFF, a RAW file would
    /// give its thumbnail.
    #[must_use]
    pub fn of(head: &[u8], name: &OsStr) -> Self {
        match Self::of_bytes(head) {
            Self::Tiff if Ending::of(name) == Some(Ending::Raw) => Self::Raw,
            format => format,
        }
    }

    fn of_bytes(head: &[u8]) -> Self {
        let at = |offset: usize, bytes: &[u8]| {
            head.get(offset..).is_some_and(|rest| rest.starts_with(bytes))
        };
        if at(0, b"\xFF\xD8") {
            Self::Jpeg
        } else if at(0, b"\x89PNG\r\n\x1A\n") {
            Self::Png
        } else if at(0, b"RIFF") && at(8, b"WEBP") {
            Self::WebP
        } else if at(4, b"ftypcrx ") {
            Self::Raw
        } else if at(4, b"ftyp") {
            const BRANDS: &[&[u8]] =
                &[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif"];
            if BRANDS.iter().any(|brand| at(8, brand)) { Self::Heif } else { Self::Unknown }
        } else if at(0, b"FUJIFILMCCD-RAW") || at(0, b"FOVb") || at(8, b"CR\x02") {
            Self::Raw
        } else if at(0, b"IIU\0") || at(0, b"IIRO") || at(0, b"IIRS") || at(0, b"MMOR") {
            // Panasonic and Olympus put their own number where TIFF has 42.
            Self::Raw
        } else if at(0, b"II*\0") || at(0, b"MM\0*") || at(0, b"II+\0") || at(0, b"MM\0+") {
            Self::Tiff
        } else {
            Self::Unknown
        }
    }

    /// The name, as a sentence about the file uses it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Tiff => "TIFF",
            Self::WebP => "WebP",
            Self::Heif => "HEIF",
            Self::Raw => "RAW",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_ignore_case_and_need_a_stem() {
        let of = |name: &str| Ending::of(OsStr::new(name));
        assert_eq!(of("a.JPG"), Some(Ending::Jpeg));
        assert_eq!(of("a.b.Jpeg"), Some(Ending::Jpeg));
        assert_eq!(of("a.webp"), Some(Ending::Picture));
        assert_eq!(of("a.CR3"), Some(Ending::Raw));
        assert_eq!(of("a.Hif"), Some(Ending::Heif));
        assert_eq!(of("a.xmp"), None);
        assert_eq!(of(".jpg"), None);
        assert_eq!(of("jpg"), None);
    }

    #[test]
    fn bytes_tell_formats_apart_and_short_files_are_unknown() {
        assert_eq!(Format::of_bytes(b"\xFF\xD8\xFF\xE0"), Format::Jpeg);
        assert_eq!(Format::of_bytes(b"RIFF\x10\0\0\0WEBPVP8 "), Format::WebP);
        assert_eq!(Format::of_bytes(b"RIFF\x10\0\0\0WAVE"), Format::Unknown);
        assert_eq!(Format::of_bytes(b"\0\0\0\x18ftypcrx \0"), Format::Raw);
        assert_eq!(Format::of_bytes(b"\0\0\0\x18ftypheic\0"), Format::Heif);
        assert_eq!(Format::of_bytes(b"\0\0\0\x18ftypisom\0"), Format::Unknown);
        assert_eq!(Format::of_bytes(b"MM\0*\0\0\0\x08"), Format::Tiff);
        assert_eq!(Format::of_bytes(b"IIU\0\x18"), Format::Raw);
        assert_eq!(Format::of_bytes(b""), Format::Unknown);
        assert_eq!(Format::of_bytes(b"\xFF"), Format::Unknown);
        assert_eq!(Format::of_bytes(b"II*\0\x10\0\0\0CR\x02\0"), Format::Raw);
    }

    #[test]
    fn raw_that_looks_like_tiff_is_told_by_its_ending() {
        let head = b"II*\0\x08\0\0\0";
        assert_eq!(Format::of(head, OsStr::new("a.NEF")), Format::Raw);
        assert_eq!(Format::of(head, OsStr::new("a.tif")), Format::Tiff);
        // A JPEG stays one whatever it is called.
        assert_eq!(Format::of(b"\xFF\xD8\xFF", OsStr::new("a.nef")), Format::Jpeg);
    }
}
