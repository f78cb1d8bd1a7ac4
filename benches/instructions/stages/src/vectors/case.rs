//! One test, as the build packs it and the program reads it.

use heapless::Vec;
use serde::{Deserialize, Serialize};

/// A network, an input, and what comes out.
#[derive(Serialize, Deserialize)]
pub struct Case<'a> {
    pub name: &'a str,
    pub document: &'a [u8],
    /// `i8`, like the output.
    pub input: &'a [u8],
    pub output: &'a [u8],
    /// CRC-32 of the input and of every layer's output; or none.
    pub checksums: Vec<u32, 64>,
}
