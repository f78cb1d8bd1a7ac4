//! What can be wrong with a stream, in one flat type.

use core::fmt;

/// Why a picture cannot be scanned at all.
///
/// Damage after the first block is no error: it is told in the
/// [`Report`](super::Report), beside what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The first two bytes are not `FF D8`.
    NotJpeg,
    /// Progressive coding (SOF2), which needs the whole picture in memory.
    Progressive,
    /// Arithmetic coding, lossless or hierarchical: the SOF marker's low byte.
    Process(u8),
    /// A sample precision other than 8 bits.
    Precision(u8),
    /// Two components, or more than four.
    Components(u8),
    /// The picture is wider than the caller's buffers allow.
    TooWide,
    /// Four components of one scan use four different sets of Huffman tables.
    Tables,
    /// A segment contradicts itself, the standard or an earlier one.
    Segment {
        /// Low byte of the segment's marker.
        marker: u8,
        /// Where its payload begins in the stream.
        offset: u64,
    },
    /// A scan refers to a table that was never sent.
    MissingTable {
        /// Where the scan header begins in the stream.
        offset: u64,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJpeg => f.write_str("not a JPEG stream"),
            Self::Progressive => f.write_str("progressive JPEG"),
            Self::Process(sof) => write!(f, "JPEG coding process with marker FF{sof:02X}"),
            Self::Precision(bits) => write!(f, "JPEG with {bits} bits a sample"),
            Self::Components(n) => write!(f, "JPEG with {n} components"),
            Self::TooWide => f.write_str("picture too wide for the working memory"),
            Self::Tables => f.write_str("JPEG whose four components have different tables"),
            Self::Segment { marker, offset } => {
                write!(f, "damaged segment FF{marker:02X} at byte {offset}")
            }
            Self::MissingTable { offset } => {
                write!(f, "scan at byte {offset} refers to a table that is missing")
            }
        }
    }
}

impl core::error::Error for Error {}
