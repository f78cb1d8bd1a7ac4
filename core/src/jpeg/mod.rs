//! Reading JPEG as its bytes arrive (ITU-T T.81, baseline and extended
//! sequential Huffman coding, 8 bits).
//!
//! In come bytes, in pieces of any size; out go blocks of quantised DCT
//! coefficients to a [`ScanSink`], and how whole the stream was, as a
//! [`Report`]. Afterwards a [`Region`] can be decoded again, to samples.
//!
//! | file | what |
//! | --- | --- |
//! | `scan` | the push parser, a state machine over marker segments |
//! | `segment` | what the bytes of one segment mean |
//! | `stream` | entropy-coded bytes without stuffing; markers noted |
//! | `plan` | which blocks make up an MCU, with which tables |
//! | `decode` | the walk over MCUs, rows and restart intervals |
//! | `sink` | what takes the blocks |
//! | `block`, `bits`, `huffman` | one block: the inner loop |
//! | `index`, `region`, `idct` | where rows begin; a box decoded again |

mod bits;
mod block;
mod decode;
mod error;
mod huffman;
mod idct;
mod index;
mod plan;
mod region;
mod scan;
mod segment;
mod sink;
mod slot;
mod stream;

pub use error::Error;
pub use index::{RowIndex, RowStart};
pub use region::{Decoded, PlaneSize, Region, Scale, plane_sizes};
pub use scan::{Progress, Report, ScanSink, ScanStart, Scanner};
pub use segment::{ColorSpace, Component, Header};
pub use sink::{BlockAt, BlockSink};

#[cfg(test)]
mod tests;
