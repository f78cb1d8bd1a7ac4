//! The inverse DCT, at full size or reduced (T.81, A.3.3).
//!
//! In come dequantised coefficients in zigzag order; out go `S` x `S` samples
//! for `S` of 8, 4, 2 or 1: those of the picture reduced to `S` / 8, from the
//! lowest `S` x `S` frequencies.

use crate::bands::ZIGZAG;

/// Bits after the point of the cosines.
const COS_BITS: u32 = 13;
/// Bits after the point between the two passes.
const PASS_BITS: u32 = 4;
/// Coefficients of 8-bit pictures stay within +-2^11; beyond this only damage
/// lies, and 32 bits would not hold the sums.
const MAX_COEFFICIENT: i32 = (1 << 14) - 1;
const MAX_PASS: i32 = (1 << 16) - 1;

/// `cos(k * pi / 16) / 2 * 2^13` for `k` of 0 to 8.
const HALF_COS: [i32; 9] = [4096, 4017, 3784, 3406, 2896, 2276, 1567, 799, 0];

/// Weight of frequency `u` in sample `x` of `size`: `c(u) / 2 * cos((2 x + 1) u
/// pi / (2 size))`, with `c(0) = 1 / sqrt(2)` and otherwise 1.
const fn weight(size: usize, x: usize, u: usize) -> i32 {
    if u == 0 {
        return 2896;
    }
    // In units of pi / 16; the cosine has period 32 and is even around 0 and 16.
    let k = (2 * x + 1) * u * (8 / size) % 32;
    let k = if k > 16 { 32 - k } else { k };
    if k > 8 { -HALF_COS[16 - k] } else { HALF_COS[k] }
}

const fn weights<const S: usize>() -> [[i32; S]; S] {
    let mut table = [[0; S]; S];
    let mut x = 0;
    while x < S {
        let mut u = 0;
        while u < S {
            table[x][u] = weight(S, x, u);
            u += 1;
        }
        x += 1;
    }
    table
}

/// How many coefficients there are up to the last of the lowest `S` x `S` frequencies.
const fn lowest<const S: usize>() -> usize {
    let mut end = 0;
    let mut at = 0;
    while at < 64 {
        let place = ZIGZAG[at] as usize;
        if place % 8 < S && place / 8 < S {
            end = at + 1;
        }
        at += 1;
    }
    end
}

/// Samples of one block, row after row.
pub(super) fn inverse<const S: usize>(coefs: &[i16; 64], steps: &[u16; 64]) -> [[u8; S]; S] {
    const { assert!(S == 1 || S == 2 || S == 4 || S == 8) };
    let table = const { weights::<S>() };
    let mut square = [[0i32; S]; S];
    let wanted = const { lowest::<S>() };
    for ((&place, &coef), &step) in ZIGZAG.iter().zip(coefs).zip(steps).take(wanted) {
        let (u, v) = (usize::from(place & 7), usize::from(place >> 3));
        if let Some(slot) = square.get_mut(v).and_then(|row| row.get_mut(u)) {
            let value = i32::from(coef) * i32::from(step);
            *slot = value.clamp(-MAX_COEFFICIENT, MAX_COEFFICIENT);
        }
    }
    // Rows: frequencies u to samples x.
    let mut half = [[0i32; S]; S];
    for (out, row) in half.iter_mut().zip(&square) {
        for (out, weights) in out.iter_mut().zip(&table) {
            let sum: i32 = row.iter().zip(weights).map(|(a, b)| a * b).sum();
            *out = rounded(sum, COS_BITS - PASS_BITS).clamp(-MAX_PASS, MAX_PASS);
        }
    }
    // Columns: frequencies v to samples y.
    let mut samples = [[0u8; S]; S];
    for (out, weights) in samples.iter_mut().zip(&table) {
        let mut sums = [0i32; S];
        for (row, &weight) in half.iter().zip(weights) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += value * weight;
            }
        }
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = (rounded(sum, COS_BITS + PASS_BITS) + 128).clamp(0, 255) as u8;
        }
    }
    samples
}

/// `value / 2^bits`, rounded to the nearest.
fn rounded(value: i32, bits: u32) -> i32 {
    (value + (1 << (bits - 1))) >> bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dct;
    use proptest::prelude::*;

    const ONES: [u16; 64] = [1; 64];

    #[test]
    fn a_flat_block_is_flat_at_every_size() {
        let mut coefs = [0; 64];
        for level in 0..=255u8 {
            coefs[0] = 8 * (i16::from(level) - 128);
            assert_eq!(inverse::<8>(&coefs, &ONES), [[level; 8]; 8]);
            assert_eq!(inverse::<4>(&coefs, &ONES), [[level; 4]; 4]);
            assert_eq!(inverse::<2>(&coefs, &ONES), [[level; 2]; 2]);
            assert_eq!(inverse::<1>(&coefs, &ONES), [[level; 1]; 1]);
        }
    }

    #[test]
    fn absurd_coefficients_overflow_nothing() {
        for value in [i16::MIN, i16::MAX] {
            let _ = inverse::<8>(&[value; 64], &[u16::MAX; 64]);
            let _ = inverse::<4>(&[value; 64], &[u16::MAX; 64]);
        }
    }

    proptest! {
        #[test]
        fn the_inverse_undoes_the_forward_transform(samples: [u8; 64]) {
            let back = inverse::<8>(&dct::forward(&samples), &ONES);
            for (&a, &b) in samples.iter().zip(back.as_flattened()) {
                prop_assert!(a.abs_diff(b) <= 2);
            }
        }

        /// A linear ramp holds next to no high frequencies: reduced, it is the
        /// mean of the pixels that each sample stands for.
        #[test]
        fn reduced_samples_are_means(left in 60i32..200, dx in -3i32..=3, dy in -3i32..=3) {
            let mut samples = [0u8; 64];
            for (i, s) in samples.iter_mut().enumerate() {
                let (x, y) = ((i % 8) as i32, (i / 8) as i32);
                *s = (left + dx * (x - 4) + dy * (y - 4)) as u8;
            }
            let coefs = dct::forward(&samples);
            let reduced = inverse::<4>(&coefs, &ONES);
            for (y, row) in reduced.iter().enumerate() {
                for (x, &got) in row.iter().enumerate() {
                    let at = |dx: usize, dy: usize| i32::from(samples[(2 * y + dy) * 8 + 2 * x + dx]);
                    let mean = (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1) + 2) / 4;
                    prop_assert!((i32::from(got) - mean).abs() <= 1);
                }
            }
        }
    }
}
