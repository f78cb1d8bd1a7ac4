//! Which DCT coefficients make up a [`Tile`]'s bands, and how energies become
//! the tile's logarithms.
//!
//! In come sums of squares of adjacent zigzag coefficients, two by two; out goes
//! a [`Tile`]. Two by two, because that is what a vector multiply-add leaves, and
//! because the zigzag walks along the diagonals, so that neighbours on it are
//! neighbours in frequency and direction too.
//!
//! The bands are rings of about half an octave, each cut into three directions
//! by the mean angle of its pairs:
//!
//! | ring | radius | horizontal | vertical | diagonal |
//! | --- | --- | --- | --- | --- |
//! | 0 | 1 to 2 | 0 | 1 | 10 |
//! | 1 | 2 to 3.5 | 2 | 3 | 11 |
//! | 2 | 3.2 to 5.1 | 4 | 5 | 12 |
//! | 3 | 4.5 to 6.7 | 6 | 7 | 13 |
//! | 4 | 5.8 to 8.1 | 8 | 9 | 14 |
//! | 5 | above 8.4 | | | 15 |
//!
//! *Horizontal* means that the frequency runs along x: upright edges have it, and
//! motion of the camera along x takes it away.

use crate::frame::{BANDS, Tile};

/// Pairs of adjacent zigzag coefficients in a block.
pub const PAIRS: usize = 32;

/// Rings that have a horizontal and a vertical band.
pub const RINGS: usize = 5;

/// The band of horizontal frequencies of each ring.
pub const HORIZONTAL: [usize; RINGS] = [0, 2, 4, 6, 8];

/// The band of vertical frequencies of each ring.
pub const VERTICAL: [usize; RINGS] = [1, 3, 5, 7, 9];

/// The band of diagonal frequencies of each ring; the last ring is all diagonal.
pub const DIAGONAL: [usize; RINGS + 1] = [10, 11, 12, 13, 14, 15];

/// The band of each pair of zigzag coefficients: pair `k` is the coefficients
/// `2 k` and `2 k + 1`. The first half of pair 0 is the DC, which counts as zero.
pub const BAND_OF_PAIR: [u8; PAIRS] = [
    0, 1, 10, 2, 3, 5, 11, 4, 4, 5, 7, 7, 12, 6, 8, 6, 7, 9, 9, 13, 8, 8, 13, 13, 9, 14, 14, 14,
    14, 15, 15, 15,
];

/// Position in the 8x8 block, `8 * v + u` for horizontal frequency `u` and
/// vertical `v`, of each zigzag coefficient (ITU-T T.81, figure A.6).
pub const ZIGZAG: [u8; 64] = zigzag();

/// AC coefficients in each band.
pub const COEFFICIENTS: [u32; BANDS] = sum_over_bands(false);

/// Sum of `u * u + v * v` over each band's coefficients. Over an ideal step edge
/// the energy of a coefficient falls with this square of its frequency, so that
/// energy times this, per coefficient, is flat across a sharp picture's rings.
pub const SQUARED_FREQUENCY: [u32; BANDS] = sum_over_bands(true);

const fn zigzag() -> [u8; 64] {
    let mut order = [0u8; 64];
    let mut k = 0;
    let mut diagonal = 0;
    while diagonal < 15 {
        let mut step = 0;
        while step <= diagonal {
            // Up and to the right on even diagonals, back on odd ones.
            let (a, b) = (step, diagonal - step);
            let (u, v) = if diagonal % 2 == 0 { (a, b) } else { (b, a) };
            if u < 8 && v < 8 {
                order[k] = 8 * v + u;
                k += 1;
            }
            step += 1;
        }
        diagonal += 1;
    }
    order
}

const fn sum_over_bands(squared_frequency: bool) -> [u32; BANDS] {
    let mut sums = [0; BANDS];
    let mut k = 1;
    while k < 64 {
        let (u, v) = ((ZIGZAG[k] % 8) as u32, (ZIGZAG[k] / 8) as u32);
        sums[BAND_OF_PAIR[k / 2] as usize] += if squared_frequency { u * u + v * v } else { 1 };
        k += 1;
    }
    sums
}

/// The tile of `blocks` blocks whose sums of squared dequantised coefficients are
/// `pairs`. No blocks make an empty tile.
#[must_use]
#[inline]
pub fn tile(pairs: &[u32; PAIRS], blocks: u32) -> Tile {
    let mut sums = [0u64; BANDS];
    for (&band, &energy) in BAND_OF_PAIR.iter().zip(pairs) {
        if let Some(sum) = sums.get_mut(usize::from(band)) {
            *sum += u64::from(energy);
        }
    }
    if blocks == 0 {
        return [0; BANDS];
    }
    // A band holds few pairs: 16 times their sum is far inside 64 bits.
    let mean = |sum: u64| match blocks {
        16 => sum,
        blocks => (16 * sum + u64::from(blocks) / 2) / u64::from(blocks),
    };
    sums.map(|sum| log2_q8(mean(sum)))
}

/// `256 * log2(1 + energy)`; up to 2 less than the exact value, and exact to the
/// rounding below 512.
#[must_use]
#[inline]
pub fn log2_q8(energy: u64) -> u16 {
    let x = energy.saturating_add(1);
    let exponent = x.ilog2();
    // The 8 bits after the leading one.
    let mantissa = (((x << (63 - exponent)) << 1) >> 56) as usize;
    // At most 256 * 63 + 256.
    exponent as u16 * 256 + LOG2.get(mantissa).copied().unwrap_or(0)
}

/// The energy whose logarithm [`log2_q8`] is nearest to `log2`: its inverse up
/// to 0.6 %, or one half where the energy is small.
#[must_use]
pub fn exp2_q8(log2: u16) -> u64 {
    let exponent = u32::from(log2 >> 8);
    let mantissa = u64::from(EXP2.get(usize::from(log2 & 0xFF)).copied().unwrap_or(0));
    let x = if exponent >= 64 {
        u64::MAX
    } else if exponent >= 31 {
        mantissa << (exponent - 31)
    } else {
        (mantissa + (1 << (30 - exponent))) >> (31 - exponent)
    };
    x.saturating_sub(1)
}

/// `256 * log2(1 + i / 256)`, rounded.
static LOG2: [u16; 256] = log2_table();

/// `2^(i / 256)`, 31 bits after the point.
static EXP2: [u32; 256] = exp2_table();

/// By squaring: each squaring doubles the logarithm, whose next binary digit is
/// then whether 2 was passed (Knuth, The Art of Computer Programming, 1.2.2).
const fn log2_table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut i = 1;
    while i < 256 {
        let mut x = (256 + i as u64) << 23;
        let mut digits = 0u32;
        let mut digit = 0;
        while digit < 16 {
            x = (x * x) >> 31;
            digits <<= 1;
            if x >= 1 << 32 {
                x >>= 1;
                digits |= 1;
            }
            digit += 1;
        }
        table[i] = ((digits + (1 << 7)) >> 8) as u16;
        i += 1;
    }
    table
}

/// From repeated square roots of 2: `2^(i / 256)` is the product of `2^(2^-b)`
/// over the binary digits of `i`.
const fn exp2_table() -> [u32; 256] {
    let mut roots = [0u64; 8];
    let mut square: u128 = 2 << 62;
    let mut b = 0;
    while b < 8 {
        // sqrt(square / 2^62) with 62 bits after the point.
        let root = (square << 62).isqrt();
        roots[b] = root as u64;
        square = root;
        b += 1;
    }
    let mut table = [0u32; 256];
    let mut i = 0;
    while i < 256 {
        let mut product: u128 = 1 << 62;
        let mut b = 0;
        while b < 8 {
            if i >> (7 - b) & 1 == 1 {
                product = (product * roots[b] as u128) >> 62;
            }
            b += 1;
        }
        table[i] = ((product + (1 << 30)) >> 31) as u32;
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn log2_error(energy: u64) -> f64 {
        let exact = 256.0 * (energy as f64 + 1.0).log2();
        (f64::from(log2_q8(energy)) - exact).abs()
    }

    #[test]
    fn zigzag_is_the_standards() {
        let head = [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5];
        let tail = [58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63];
        assert_eq!(ZIGZAG[..16], head);
        assert_eq!(ZIGZAG[48..], tail);
        let mut all = ZIGZAG;
        all.sort_unstable();
        assert!(all.iter().enumerate().all(|(i, &z)| usize::from(z) == i));
    }

    #[test]
    fn bands_point_where_the_table_says() {
        assert_eq!(COEFFICIENTS.iter().sum::<u32>(), 63);
        for (ring, (h, v)) in HORIZONTAL.iter().zip(VERTICAL).enumerate() {
            for (band, horizontal) in [(*h, true), (v, false)] {
                let (mut su, mut sv) = (0, 0);
                for k in (1..64).filter(|k| usize::from(BAND_OF_PAIR[k / 2]) == band) {
                    su += ZIGZAG[k] % 8;
                    sv += ZIGZAG[k] / 8;
                }
                let (along, across) = if horizontal { (su, sv) } else { (sv, su) };
                assert!(f64::from(across) < f64::from(along) * 0.58, "band {band}");
                if ring > 0 {
                    let mean = |b: usize| SQUARED_FREQUENCY[b] as f64 / COEFFICIENTS[b] as f64;
                    assert!(mean(band) > 1.4 * mean(band - 2), "band {band}");
                }
            }
        }
    }

    #[test]
    fn small_logarithms_are_near() {
        assert_eq!(log2_q8(0), 0);
        assert_eq!(log2_q8(1), 256);
        assert_eq!(log2_q8(u64::MAX), 64 * 256 - 1);
        let worst = (0..2_000_000).map(log2_error).fold(0.0, f64::max);
        assert!(worst < 2.0, "{worst}");
    }

    #[test]
    fn tiles_of_any_number_of_blocks_compare() {
        let pairs = core::array::from_fn(|k| 1600 * k as u32);
        let full = tile(&pairs, 16);
        assert_eq!(tile(&pairs.map(|e| e / 4), 4), full);
        assert_eq!(tile(&pairs.map(|e| e * 3), 48), full);
        // Pair 6 is all there is of band 11.
        assert_eq!(full[11], log2_q8(9600));
        assert_eq!(tile(&pairs, 0), [0; BANDS]);
        let most = tile(&[u32::MAX; PAIRS], 1);
        assert!(most.iter().all(|&l| l >= 36 * 256 - 2));
    }

    proptest! {
        #[test]
        fn large_logarithms_are_near(energy: u64, shift in 0u32..64) {
            prop_assert!(log2_error(energy >> shift) < 2.0);
        }

        #[test]
        fn logarithms_never_fall(energy: u64, shift in 0u32..64, more in 0u64..1000) {
            let energy = energy >> shift;
            prop_assert!(log2_q8(energy) <= log2_q8(energy.saturating_add(more)));
        }

        #[test]
        fn the_inverse_comes_back(energy: u64, shift in 0u32..64) {
            let energy = energy >> shift;
            let (exact, back) = (energy as f64, exp2_q8(log2_q8(energy)) as f64);
            prop_assert!((back - exact).abs() <= 0.5 + 0.006 * exact, "{exact} {back}");
        }

        #[test]
        fn any_logarithm_has_an_inverse(log2: u16) {
            prop_assert!(exp2_q8(log2) <= exp2_q8(log2.saturating_add(1)));
        }
    }
}
