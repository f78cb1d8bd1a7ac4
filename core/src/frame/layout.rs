//! What is known of a picture before its first block.

/// The block grid of one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Blocks in a row.
    pub cols: u32,
    /// Rows of blocks; an upper bound if the height is not known yet.
    pub rows: u32,
    /// Quantisation step of the DC coefficient.
    pub dc_step: u16,
}

/// What a builder must know of a picture before its first block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels, 0 if it is not known yet.
    pub height: u32,
    /// Luma's blocks.
    pub luma: Grid,
    /// Blocks of Cb and of Cr, if there are any.
    pub chroma: Option<[Grid; 2]>,
    /// Quantisation steps of luma in zigzag order.
    pub quant: [u16; 64],
    /// Block rows of luma, Cb and Cr in one MCU row of the first scan; 0 for
    /// a component that comes later.
    pub block_rows: [u32; 3],
}
