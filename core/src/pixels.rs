//! Pictures that did not come as JPEG: samples in, the same DCT coefficients out
//! that a JPEG of quality 100 would hold.
//!
//! In come planes of 8-bit luma and chroma, a strip or a picture at a time, or rows
//! of RGB; out go 8 x 8 blocks to a [`FrameBuilder`]. Beyond its edges a picture goes
//! on with its last sample, as encoders pad it.

use crate::dct;
use crate::frame::{FrameBuilder, Grid, Layout};
use crate::kernels::{Isa, Kernels, Task};
use crate::plane::Plane;

/// Size of the chroma planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chroma {
    /// There are none: the picture is grey.
    None,
    /// As large as luma.
    Full,
    /// Half of luma's width and height, rounded up.
    Half,
}

/// Feeds a picture into a [`FrameBuilder`], strip by strip from the top.
pub struct PixelFeeder<'f, 'm> {
    builder: &'f mut FrameBuilder<'m>,
    isa: Isa,
    layout: Layout,
}

impl<'f, 'm> PixelFeeder<'f, 'm> {
    /// Begins a picture of `width` x `height`. `None` if it is empty, wider or
    /// higher than 65535, or too wide for the builder's buffers.
    #[must_use]
    pub fn begin(
        builder: &'f mut FrameBuilder<'m>,
        isa: Isa,
        (width, height): (u32, u32),
        chroma: Chroma,
    ) -> Option<Self> {
        let sides = 1..=65_535;
        if !sides.contains(&width) || !sides.contains(&height) {
            return None;
        }
        let grid = |width: u32, height: u32| Grid {
            cols: width.div_ceil(8),
            rows: height.div_ceil(8),
            dc_step: 1,
        };
        let (chroma, block_rows) = match chroma {
            Chroma::None => (None, [1, 0, 0]),
            Chroma::Full => (Some([grid(width, height); 2]), [1, 1, 1]),
            Chroma::Half => (Some([grid(width.div_ceil(2), height.div_ceil(2)); 2]), [2, 1, 1]),
        };
        let luma = grid(width, height);
        let layout = Layout { width, height, luma, chroma, quant: [1; 64], block_rows };
        builder.begin(&layout)?;
        Some(Self { builder, isa, layout })
    }

    /// Rows of luma in a strip: 8, or 16 where chroma has half the rows. The
    /// strip of chroma always has 8.
    #[must_use]
    pub fn strip_rows(&self) -> usize {
        let [luma, ..] = self.layout.block_rows;
        8 * luma as usize
    }

    /// Takes the next strip: planes that hold [`strip_rows`](Self::strip_rows) rows,
    /// or what is left of the picture. Chroma that was not announced is passed
    /// over; strips below the picture are, too.
    pub fn strip(&mut self, luma: &Plane<'_>, chroma: Option<&[Plane<'_>; 2]>) {
        self.blocks(luma, chroma, 0);
    }

    /// Takes the whole picture at once.
    pub fn picture(&mut self, luma: &Plane<'_>, chroma: Option<&[Plane<'_>; 2]>) {
        for strip in 0..luma.height().div_ceil(self.strip_rows()) {
            self.blocks(luma, chroma, strip);
        }
    }

    /// Takes the strip of this number of the planes.
    fn blocks(&mut self, luma: &Plane<'_>, chroma: Option<&[Plane<'_>; 2]>, strip: usize) {
        let Self { builder, isa, layout } = self;
        isa.run(Strip { builder, layout, luma, chroma, strip });
    }
}

/// One strip's worth of blocks.
struct Strip<'t, 'm> {
    builder: &'t mut FrameBuilder<'m>,
    layout: &'t Layout,
    luma: &'t Plane<'t>,
    chroma: Option<&'t [Plane<'t>; 2]>,
    strip: usize,
}

impl Task for Strip<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernels>(self) {
        let [rows, ..] = self.layout.block_rows;
        for row_in_mcu in 0..rows {
            let row = self.strip * rows as usize + row_in_mcu as usize;
            let wanted = self.builder.wants_luma_row(row_in_mcu);
            for col in 0..self.layout.luma.cols {
                let (dc, end, mut coefs) = if wanted {
                    let mut coefs = coefficients(self.luma, col as usize, row);
                    (core::mem::take(&mut coefs[0]), 64, coefs)
                } else {
                    (dc(self.luma, col as usize, row), 1, [0; 64])
                };
                self.builder.luma_block::<K>(col, row_in_mcu, dc, end, &mut coefs);
            }
        }
        if let Some((planes, grids)) = self.chroma.zip(self.layout.chroma) {
            for (which, (plane, grid)) in planes.iter().zip(grids).enumerate() {
                for col in 0..grid.cols {
                    let dc = dc(plane, col as usize, self.strip);
                    self.builder.chroma_block(which, col, 0, dc);
                }
            }
        }
        self.builder.end_row(1, 1);
    }
}

/// Samples of the block whose top left is at (8 * `column`, 8 * `row`).
#[must_use]
pub fn block(plane: &Plane<'_>, column: usize, row: usize) -> [u8; 64] {
    let left = column.saturating_mul(8).min(plane.width());
    let top = row.saturating_mul(8).min(plane.height());
    let mut samples = [0; 64];
    for (to, y) in samples.chunks_exact_mut(8).zip(top..) {
        let line = plane.row(y.min(plane.height().saturating_sub(1)));
        if let Some(from) = line.get(left..left.saturating_add(8)) {
            to.copy_from_slice(from);
        } else {
            let last = line.last().copied().unwrap_or(0);
            for (to, x) in to.iter_mut().zip(left..) {
                *to = line.get(x).copied().unwrap_or(last);
            }
        }
    }
    samples
}

/// Coefficients in zigzag order of that block, DC first.
#[must_use]
pub fn coefficients(plane: &Plane<'_>, column: usize, row: usize) -> [i16; 64] {
    dct::forward(&block(plane, column, row))
}

/// The DC coefficient alone of that block: eight times the mean of its samples
/// less 128, rounded.
#[must_use]
pub fn dc(plane: &Plane<'_>, column: usize, row: usize) -> i16 {
    let sum: i32 = block(plane, column, row).iter().map(|&sample| i32::from(sample)).sum();
    // At most 64 * 128 / 8.
    ((sum - 64 * 128 + 4) >> 3) as i16
}

/// Luma, Cb and Cr of an RGB sample: BT.601, full range (JFIF 1.02, "Conversion to
/// and from RGB"). Each within half a level of the exact value, but for the
/// rounding of its factors to 16 bits.
// Where it is called for each pixel it must be part of the loop, which is vectors then.
#[inline(always)]
#[must_use]
pub fn ycc(rgb: [u8; 3]) -> [u8; 3] {
    let [r, g, b] = rgb.map(i32::from);
    const HALF: i32 = 1 << 15;
    // Factors times 65536; each row of them sums up to exactly 65536 or 0.
    let y = (19_595 * r + 38_470 * g + 7_471 * b + HALF) >> 16;
    let cb = (-11_059 * r - 21_709 * g + 32_768 * b + (128 << 16) + HALF) >> 16;
    let cr = (32_768 * r - 27_439 * g - 5_329 * b + (128 << 16) + HALF) >> 16;
    // Only a pure blue or red passes 255, and only by its rounding.
    [y, cb, cr].map(|value| value.clamp(0, 255) as u8)
}

/// Converts a row of packed RGB to luma, Cb and Cr; as many samples as all four
/// have room for.
pub fn ycc_row(rgb: &[u8], luma: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    let (pixels, _) = rgb.as_chunks::<3>();
    for (((&pixel, luma), cb), cr) in pixels.iter().zip(luma).zip(cb).zip(cr) {
        [*luma, *cb, *cr] = ycc(pixel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::BoardMemory;
    use crate::measure::scene::Picture;
    use proptest::prelude::*;
    use std::boxed::Box;
    use std::vec::Vec;

    fn plane(picture: &Picture) -> Plane<'_> {
        let Picture { width, height, samples } = picture;
        Plane::new(samples, *width, *height, *width).expect("whole")
    }

    fn part<'p>(picture: &'p Picture, top: usize, rows: usize) -> Plane<'p> {
        let end = (top + rows).min(picture.height);
        let samples = &picture.samples[top.min(end) * picture.width..end * picture.width];
        Plane::new(samples, picture.width, end - top.min(end), picture.width).expect("whole")
    }

    #[test]
    fn strips_and_pictures_leave_the_frame_of_the_definition() {
        let luma = Picture::leaves(203, 101, 3);
        let scene = luma.scene();
        for (chroma, size) in
            [(Chroma::None, (0, 0)), (Chroma::Full, (203, 101)), (Chroma::Half, (102, 51))]
        {
            let cb = Picture::flat(size.0, size.1, 90);
            let cr = Picture::flat(size.0, size.1, 200);
            for whole in [true, false] {
                let mut memory = Box::new(BoardMemory::new());
                let mut builder = FrameBuilder::new(memory.buffers());
                let mut feeder =
                    PixelFeeder::begin(&mut builder, Isa::detect(), (203, 101), chroma)
                        .expect("fits");
                let rows = feeder.strip_rows();
                if whole {
                    feeder.picture(&plane(&luma), Some(&[plane(&cb), plane(&cr)]));
                } else {
                    // One strip too many, which must not matter.
                    for strip in 0..=101usize.div_ceil(rows) {
                        let chroma = [&cb, &cr].map(|p| part(p, 8 * strip, 8));
                        feeder.strip(&part(&luma, rows * strip, rows), Some(&chroma));
                    }
                }
                let frame = builder.finish().expect("begun");
                assert_eq!((frame.width, frame.height), (203, 101));
                assert_eq!(frame.blocks_seen, 26 * 13);
                assert_eq!(frame.blocks_total, 26 * 13);
                assert_eq!(frame.histogram, scene.histogram);
                assert_eq!(frame.cells.cols, scene.cols);
                assert_eq!(frame.cells.cells, scene.cells);
                let seen: Vec<u8> = (0..13).flat_map(|y| frame.luma.row(y).to_vec()).collect();
                assert_eq!(seen, scene.luma);
                match frame.chroma {
                    None => assert_eq!(chroma, Chroma::None),
                    Some([b, r]) => {
                        assert_eq!(
                            (b.width(), b.height()),
                            (size.0.div_ceil(8), size.1.div_ceil(8))
                        );
                        assert!((0..b.height()).all(|y| b.row(y).iter().all(|&s| s == 90)));
                        assert!((0..r.height()).all(|y| r.row(y).iter().all(|&s| s == 200)));
                    }
                }
            }
        }
    }

    #[test]
    fn impossible_sizes_are_refused() {
        let mut memory = Box::new(BoardMemory::new());
        let mut builder = FrameBuilder::new(memory.buffers());
        for size in [(0, 5), (5, 0), (65_536, 5), (5, 65_536)] {
            let begun = PixelFeeder::begin(&mut builder, Isa::baseline(), size, Chroma::None);
            assert!(begun.is_none());
        }
    }

    #[test]
    fn a_picture_goes_on_with_its_last_sample() {
        let data: Vec<u8> = (0..10 * 9).map(|i| i as u8).collect();
        let plane = Plane::new(&data, 10, 9, 10).expect("large enough");
        let inside = block(&plane, 0, 0);
        assert_eq!(inside[..8], data[..8]);
        assert_eq!(inside[56..], data[70..78]);
        let corner = block(&plane, 1, 1);
        assert_eq!(corner[..8], [88, 89, 89, 89, 89, 89, 89, 89]);
        assert_eq!(corner[..8], corner[56..]);
        assert_eq!(block(&plane, usize::MAX, usize::MAX), [89; 64]);
        assert_eq!(block(&Plane::default(), 0, 0), [0; 64]);
    }

    #[test]
    fn primaries_are_where_jfif_puts_them() {
        assert_eq!(ycc([0, 0, 0]), [0, 128, 128]);
        assert_eq!(ycc([255, 255, 255]), [255, 128, 128]);
        assert_eq!(ycc([255, 0, 0]), [76, 85, 255]);
        assert_eq!(ycc([0, 255, 0]), [150, 44, 21]);
        assert_eq!(ycc([0, 0, 255]), [29, 255, 107]);
        for grey in 0..=255 {
            assert_eq!(ycc([grey; 3]), [grey, 128, 128]);
        }
    }

    #[test]
    fn rows_stop_at_the_shortest() {
        let (mut y, mut cb, mut cr) = ([7; 4], [7; 3], [7; 5]);
        ycc_row(&[255, 255, 255, 0, 0, 0, 9, 9], &mut y, &mut cb, &mut cr);
        assert_eq!((y, cb, cr), ([255, 0, 7, 7], [128, 128, 7], [128, 128, 7, 7, 7]));
    }

    proptest! {
        #[test]
        fn colours_are_within_the_rounding(rgb: [u8; 3]) {
            let [r, g, b] = rgb.map(f64::from);
            let y = 0.299 * r + 0.587 * g + 0.114 * b;
            let exact = [y, 128.0 + (b - y) / 1.772, 128.0 + (r - y) / 1.402];
            for (got, want) in ycc(rgb).iter().zip(exact) {
                prop_assert!((f64::from(*got) - want).abs() < 0.51, "{got} {want}");
            }
        }

        #[test]
        fn the_dc_alone_is_the_dc(samples: [u8; 64]) {
            let plane = Plane::new(&samples, 8, 8, 8).expect("large enough");
            let full = coefficients(&plane, 0, 0)[0];
            prop_assert!((full - dc(&plane, 0, 0)).abs() <= 1);
        }
    }
}
