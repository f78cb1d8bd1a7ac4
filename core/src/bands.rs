//! A [`Cell`], which DCT coefficients make up its bands, and how energies become
//! its codes.
//!
//! In come sums of squares of each coefficient over four neighbouring blocks;
//! out goes a [`Cell`]. The bands are rings of about half an octave, the inner
//! five cut into three directions. *Horizontal* means that the frequency runs
//! along x: upright edges have it, and motion of the camera along x takes it
//! away.

/// Blocks of one block row that make up a cell.
pub const CELL_BLOCKS: u32 = 4;

/// Number of energy bands.
pub const BANDS: usize = 15;

/// Rings that have a horizontal, a vertical and a diagonal band.
pub const RINGS: usize = 5;

/// The band of horizontal frequencies of each ring.
pub const HORIZONTAL: [usize; RINGS] = [0, 2, 4, 6, 8];

/// The band of vertical frequencies of each ring.
pub const VERTICAL: [usize; RINGS] = [1, 3, 5, 7, 9];

/// The band of diagonal frequencies of each ring.
pub const DIAGONAL: [usize; RINGS] = [10, 11, 12, 13, 14];

/// Detail of a cell: [`CELL_BLOCKS`] neighbouring blocks of one block row, 32 x 8 pixels
/// at native resolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Cell {
    /// For each band, `8 * log2(E + n)`, rounded, where `E` is the sum of the
    /// squares of the dequantised coefficients of the band over the cell and
    /// `n` the number of coefficients in the band. All 0 if the cell was not seen.
    pub codes: [u8; BANDS],
    /// Mean luma.
    pub mean: u8,
}

impl Cell {
    /// A cell that was not seen.
    pub const UNSEEN: Self = Self { codes: [0; BANDS], mean: 0 };

    /// Whether its blocks were decoded.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        // Two coefficients, so at least 8.
        self.codes[0] != 0
    }
}

/// The band of the coefficient with horizontal frequency `u` and vertical `v`
/// at `[v][u]`; the DC belongs to none.
const BAND_AT: [[u8; 8]; 8] = {
    const NONE: u8 = BANDS as u8;
    [
        [NONE, 0, 0, 2, 4, 6, 6, 8],
        [1, 10, 2, 4, 4, 6, 6, 8],
        [1, 3, 11, 11, 4, 6, 6, 8],
        [3, 5, 11, 11, 12, 12, 13, 8],
        [5, 5, 5, 12, 12, 12, 13, 14],
        [7, 7, 7, 12, 12, 12, 14, 14],
        [7, 7, 7, 13, 13, 14, 14, 14],
        [9, 9, 9, 9, 14, 14, 14, 14],
    ]
};

/// The band of each coefficient in zigzag order; [`BANDS`] for the DC.
pub const BAND_OF: [u8; 64] = {
    let mut bands = [0; 64];
    let mut k = 0;
    while k < 64 {
        let at = ZIGZAG[k] as usize;
        bands[k] = BAND_AT[at / 8][at % 8];
        k += 1;
    }
    bands
};

/// Coefficients in each band.
pub const COEFFICIENTS: [u32; BANDS] = {
    let mut counts = [0; BANDS];
    let mut k = 1;
    while k < 64 {
        counts[BAND_OF[k] as usize] += 1;
        k += 1;
    }
    counts
};

/// Position in the 8x8 block, `8 * v + u` for horizontal frequency `u` and
/// vertical `v`, of each zigzag coefficient (ITU-T T.81, figure A.6).
pub const ZIGZAG: [u8; 64] = zigzag();

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

/// Codes of a cell without any energy.
const FLAT: [u8; BANDS] = {
    let mut codes = [0; BANDS];
    let mut band = 0;
    while band < BANDS {
        codes[band] = log2_code(COEFFICIENTS[band] as u64);
        band += 1;
    }
    codes
};

/// The cell of `blocks` blocks (1 to [`CELL_BLOCKS`]) whose squared dequantised
/// coefficients, in zigzag order, add up to `sums`, and whose mean luma is
/// `mean`. All sums from `end` on are zero.
#[must_use]
#[inline]
pub fn cell(sums: &[u32; 64], end: usize, blocks: u32, mean: u8) -> Cell {
    if end <= 1 {
        return Cell { codes: FLAT, mean };
    }
    // The last place takes the DC, which is no band.
    let mut energies = [0u32; BANDS + 1];
    for (&band, &energy) in BAND_OF.iter().zip(sums).take(end) {
        let sum = &mut energies[usize::from(band & 15)];
        *sum = sum.wrapping_add(energy);
    }
    let mut codes = FLAT;
    for ((code, &energy), count) in codes.iter_mut().zip(&energies).zip(COEFFICIENTS) {
        let energy = match blocks {
            CELL_BLOCKS => u64::from(energy),
            _ => u64::from(energy) * u64::from(CELL_BLOCKS) / u64::from(blocks.max(1)),
        };
        *code = log2_code(energy + u64::from(count));
    }
    Cell { codes, mean }
}

/// `8 * log2(energy)`, rounded to the nearest; 0 for 0, at most 255.
#[must_use]
#[inline]
pub const fn log2_code(energy: u64) -> u8 {
    let x = energy | (energy == 0) as u64;
    let exponent = x.ilog2();
    // The 32 bits after the leading one.
    let mantissa = ((x << (63 - exponent)) << 1 >> 32) as u32;
    let eighths = EIGHTHS_BELOW[(mantissa >> 24) as usize];
    let eighths = eighths as u32 + (mantissa >= THRESHOLDS[(eighths & 15) as usize]) as u32;
    let code = 8 * exponent + eighths;
    if code > 255 { 255 } else { code as u8 }
}

/// For each value of the 8 bits after the leading one, how many thresholds lie
/// at or below; at most one more lies before the next value.
const EIGHTHS_BELOW: [u8; 256] = {
    let mut below = [0; 256];
    let mut i = 0;
    while i < 256 {
        while THRESHOLDS[below[i] as usize] <= (i as u32) << 24 {
            below[i] += 1;
        }
        i += 1;
    }
    below
};

/// `2^((k + 1/2) / 8)` for `k` of 0 to 7, without the leading one, 32 bits
/// after the point, rounded up; then what nothing reaches.
const THRESHOLDS: [u32; 16] = [
    190_154_448,
    596_092_648,
    1_038_771_394,
    1_521_515_989,
    2_047_952_703,
    2_622_036_011,
    3_248_078_297,
    3_930_782_251,
    u32::MAX,
    u32::MAX,
    u32::MAX,
    u32::MAX,
    u32::MAX,
    u32::MAX,
    u32::MAX,
    u32::MAX,
];

/// The energy whose code is nearest to `code`, times 16.
#[must_use]
pub fn energy_of_code(code: u8) -> u64 {
    /// `2^(k / 8)`, 16 bits after the point.
    const EIGHTHS: [u64; 8] = [65_536, 71_468, 77_936, 84_990, 92_682, 101_070, 110_218, 120_194];
    let eighth = EIGHTHS.get(usize::from(code & 7)).copied().unwrap_or(0);
    (eighth << (code >> 3)) >> 12
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn bands_are_mirror_images_and_grow_outwards() {
        assert_eq!(COEFFICIENTS, [2, 2, 2, 2, 4, 4, 6, 6, 4, 4, 1, 4, 8, 4, 10]);
        let mirrored = |band: u8| match band {
            0..10 => band ^ 1,
            other => other,
        };
        for (v, row) in BAND_AT.iter().enumerate() {
            for (u, &band) in row.iter().enumerate() {
                assert_eq!(band, mirrored(BAND_AT[u][v]), "({u}, {v})");
            }
        }
        let radius = |band: usize| {
            let squares = (1..64).filter(|&k| usize::from(BAND_OF[k]) == band).map(|k| {
                let (u, v) = (f64::from(ZIGZAG[k] % 8), f64::from(ZIGZAG[k] / 8));
                u * u + v * v
            });
            (squares.sum::<f64>() / f64::from(COEFFICIENTS[band])).sqrt()
        };
        for bands in [HORIZONTAL, VERTICAL, DIAGONAL] {
            assert!(bands.windows(2).all(|w| radius(w[0]) * 1.15 < radius(w[1])));
        }
    }

    #[test]
    fn codes_round_to_the_nearest() {
        assert_eq!(log2_code(0), 0);
        assert_eq!(log2_code(1), 0);
        assert_eq!(log2_code(2), 8);
        assert_eq!(log2_code(u64::from(u32::MAX)), 255);
        assert_eq!(log2_code(u64::MAX), 255);
        for energy in 1..1u64 << 20 {
            let exact = 8.0 * (energy as f64).log2();
            assert_eq!(f64::from(log2_code(energy)), exact.round(), "{energy}");
        }
    }

    #[test]
    fn energies_come_back_from_their_codes() {
        for code in 40..=255 {
            assert_eq!(log2_code((energy_of_code(code) + 8) / 16), code, "{code}");
        }
    }

    #[test]
    fn a_cell_is_the_same_for_any_number_of_blocks() {
        let sums: [u32; 64] = core::array::from_fn(|k| 400 * k as u32);
        let full = cell(&sums, 64, 4, 77);
        assert_eq!(full.mean, 77);
        assert_eq!(cell(&sums.map(|e| e / 4), 64, 1, 77), full);
        assert_eq!(cell(&sums.map(|e| e / 2), 64, 2, 77), full);
        // Band 10 is the coefficient (1, 1) alone: number 4 in zigzag order.
        assert_eq!(full.codes[10], log2_code(1600 + 1));
        let flat = cell(&[0; 64], 64, 4, 0);
        assert_eq!(cell(&[0; 64], 1, 4, 0), flat);
        assert_ne!(flat.codes, [0; BANDS], "a cell that was seen tells itself from others");
        let _ = cell(&[u32::MAX; 64], 99, 0, 0);
    }

    proptest! {
        #[test]
        fn codes_never_fall(energy: u64, shift in 0u32..64, more in 0u64..1000) {
            let energy = energy >> shift;
            prop_assert!(log2_code(energy) <= log2_code(energy.saturating_add(more)));
        }
    }
}
