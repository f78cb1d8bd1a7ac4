//! Reading JPEG as its bytes arrive (ITU-T T.81, baseline and extended
//! sequential Huffman coding, 8 bits).

mod bits;
mod block;
mod decode;
mod error;
mod huffman;
mod idct;
mod index;
mod region;
mod scan;
mod segment;
mod stream;

pub use decode::{BlockAt, BlockSink};
pub use error::Error;
pub use index::{RowIndex, RowStart};
pub use region::{Decoded, PlaneSize, Region, Scale, plane_sizes};
pub use scan::{Progress, Report, ScanSink, ScanStart, Scanner};
pub use segment::{ColorSpace, Component, Header};

#[cfg(test)]
mod tests;
