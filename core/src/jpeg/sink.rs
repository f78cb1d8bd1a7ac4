//! What takes blocks as they are decoded.

use crate::kernels::Kernels;

/// Where a block lies and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockAt {
    /// Index of the component in the frame header.
    pub component: usize,
    /// Column of the block on its component's grid. Padding to whole MCUs may
    /// reach beyond the picture.
    pub col: u32,
    /// Row within the current MCU row; the MCU row times the component's
    /// blocks an MCU row is to be added.
    pub row_in_mcu: u32,
}

/// Takes the blocks of a scan.
pub trait BlockSink {
    /// Whether [`chroma`](Self::chroma) is to be given coefficients. Reading
    /// their values costs time that the place where a block ends does not.
    const CHROMA_VALUES: bool = false;

    /// Whether the coefficients of luma are wanted in this block row of the MCU
    /// row that is under way; where not, passing over them saves time.
    fn wants_luma(&self, row_in_mcu: u32) -> bool;

    /// A block of the luma component.
    ///
    /// `dc` is the quantised DC coefficient; `coefs` the quantised AC ones in
    /// zigzag order, with 0 in the place of the DC, all 0 from `end` on, or
    /// everywhere if they were not [wanted](Self::wants_luma). Whoever implements this
    /// leaves them all zero.
    fn luma<K: Kernels>(&mut self, at: BlockAt, dc: i16, end: u32, coefs: &mut [i16; 64]);

    /// A block of another component; `coefs` as for luma if they were wanted,
    /// otherwise zeros.
    fn chroma(&mut self, at: BlockAt, dc: i16, coefs: &mut [i16; 64]);

    /// All of an MCU row has been passed: `seen` of its `of` MCUs were decoded,
    /// the others are lost.
    fn end_mcu_row<K: Kernels>(&mut self, seen: u32, of: u32);
}
