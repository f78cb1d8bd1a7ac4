//! Pictures that did not come as JPEG: samples in, the same DCT coefficients out
//! that a JPEG of quality 100 would hold.
//!
//! In come planes of 8-bit luma and chroma, or rows of RGB; out go 8 x 8 blocks
//! for the [frame](crate::frame). Beyond its edges a picture goes on with its last
//! sample, as encoders pad it.

use crate::dct;
use crate::plane::Plane;

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
    let sum: i32 = block(plane, column, row)
        .iter()
        .map(|&sample| i32::from(sample))
        .sum();
    // At most 64 * 128 / 8.
    ((sum - 64 * 128 + 4) >> 3) as i16
}

/// Luma, Cb and Cr of an RGB sample: BT.601, full range (JFIF 1.02, "Conversion to
/// and from RGB"). Each within half a level of the exact value, but for the
/// rounding of its factors to 16 bits.
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
    use proptest::prelude::*;
    use std::vec::Vec;

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
        assert_eq!(
            (y, cb, cr),
            ([255, 0, 7, 7], [128, 128, 7], [128, 128, 7, 7, 7])
        );
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
