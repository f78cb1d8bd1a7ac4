//! The forward DCT of 8 x 8 samples, for pictures that did not come as JPEG.
//!
//! In come 64 samples; out go the coefficients that an encoder would quantise,
//! in zigzag order: type II, normalised as in ITU-T T.81, A.3.3, so that the DC is
//! eight times the mean of the level-shifted samples.

use crate::bands::ZIGZAG;

/// Fractional bits of the cosines.
const COSINE_BITS: u32 = 13;

/// Fractional bits that are kept between the two passes.
const KEPT_BITS: u32 = 4;

/// `cos(k pi / 16) / 2` in 13 bits, for k = 0 to 7.
const COSINES: [i32; 8] = [4096, 4017, 3784, 3406, 2896, 2276, 1567, 799];

type Matrix = [[i32; 8]; 8];

/// Coefficients, in zigzag order, of 64 samples given row after row.
///
/// Integer throughout: every coefficient is within 1 of the exact one rounded,
/// and the same on every target.
#[must_use]
pub fn forward(samples: &[u8; 64]) -> [i16; 64] {
    let mut block: Matrix = [[0; 8]; 8];
    for (row, samples) in block.iter_mut().zip(samples.chunks_exact(8)) {
        for (to, &sample) in row.iter_mut().zip(samples) {
            *to = i32::from(sample) - 128;
        }
    }
    let vertical = columns(&block, COSINE_BITS - KEPT_BITS);
    // The second pass works along the other axis, so `turned[u][v]`.
    let turned = columns(&transposed(&vertical), COSINE_BITS + KEPT_BITS);
    let mut coefficients = [0; 64];
    for (to, &at) in coefficients.iter_mut().zip(&ZIGZAG) {
        let (u, v) = (usize::from(at % 8), usize::from(at / 8));
        let value = turned.get(u).and_then(|row| row.get(v)).copied().unwrap_or(0);
        // Samples of 8 bits give at most 1024.
        *to = value as i16;
    }
    coefficients
}

fn transposed(m: &Matrix) -> Matrix {
    let mut out = [[0; 8]; 8];
    for (y, row) in m.iter().enumerate() {
        for (to, &value) in out.iter_mut().zip(row) {
            if let Some(to) = to.get_mut(y) {
                *to = value;
            }
        }
    }
    out
}

/// The one-dimensional DCT down each column; the result divided by `2^shift` and
/// rounded. Sums of mirrored rows have only even frequencies, differences only
/// odd ones, which halves the products.
fn columns(m: &Matrix, shift: u32) -> Matrix {
    let [_, c1, c2, c3, c4, c5, c6, c7] = COSINES;
    let mut out = [[0; 8]; 8];
    let [r0, r1, r2, r3, r4, r5, r6, r7] = m;
    let [o0, o1, o2, o3, o4, o5, o6, o7] = &mut out;
    let round = |x: i32| (x + (1 << (shift - 1))) >> shift;
    // Every index below is a constant inside a constant bound: column `x` of 8.
    for x in 0..8 {
        let (s0, d0) = (r0[x] + r7[x], r0[x] - r7[x]);
        let (s1, d1) = (r1[x] + r6[x], r1[x] - r6[x]);
        let (s2, d2) = (r2[x] + r5[x], r2[x] - r5[x]);
        let (s3, d3) = (r3[x] + r4[x], r3[x] - r4[x]);
        o0[x] = round(c4 * (s0 + s1 + s2 + s3));
        o2[x] = round(c2 * (s0 - s3) + c6 * (s1 - s2));
        o4[x] = round(c4 * (s0 - s1 - s2 + s3));
        o6[x] = round(c6 * (s0 - s3) - c2 * (s1 - s2));
        o1[x] = round(c1 * d0 + c3 * d1 + c5 * d2 + c7 * d3);
        o3[x] = round(c3 * d0 - c7 * d1 - c1 * d2 - c5 * d3);
        o5[x] = round(c5 * d0 - c1 * d1 + c7 * d2 + c3 * d3);
        o7[x] = round(c7 * d0 - c5 * d1 + c3 * d2 - c1 * d3);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::f64::consts::{FRAC_1_SQRT_2, PI};
    use proptest::prelude::*;

    /// The formula of T.81, A.3.3, in its own words.
    fn exact(samples: &[u8; 64]) -> [f64; 64] {
        ZIGZAG.map(|at| {
            let (u, v) = (f64::from(at % 8), f64::from(at / 8));
            let c = |k: f64| if k == 0.0 { FRAC_1_SQRT_2 } else { 1.0 };
            let mut sum = 0.0;
            for y in 0..8 {
                for x in 0..8 {
                    let sample = f64::from(samples[8 * y + x]) - 128.0;
                    sum += sample
                        * ((2.0 * x as f64 + 1.0) * u * PI / 16.0).cos()
                        * ((2.0 * y as f64 + 1.0) * v * PI / 16.0).cos();
                }
            }
            0.25 * c(u) * c(v) * sum
        })
    }

    fn assert_near(samples: &[u8; 64]) {
        for (k, (got, want)) in forward(samples).iter().zip(exact(samples)).enumerate() {
            let error = (f64::from(*got) - want).abs();
            assert!(error < 1.0, "coefficient {k}: {got} for {want}");
        }
    }

    #[test]
    fn a_flat_block_has_a_dc_of_eight_times_its_level() {
        for level in 0..=255u8 {
            let coefficients = forward(&[level; 64]);
            assert_eq!(coefficients[0], 8 * (i16::from(level) - 128));
            assert!(coefficients[1..].iter().all(|&c| c == 0));
        }
    }

    #[test]
    fn upright_stripes_are_horizontal_frequency() {
        let stripes = core::array::from_fn(|i| if i % 8 < 4 { 0 } else { 255 });
        let coefficients = forward(&stripes);
        // Zigzag 1 is u = 1, v = 0; zigzag 2 is u = 0, v = 1.
        assert!(coefficients[1] < -800);
        assert_eq!(coefficients[2], 0);
    }

    #[test]
    fn every_basis_function_at_full_swing_is_near() {
        for at in 0..64u8 {
            let (u, v) = (f64::from(at % 8), f64::from(at / 8));
            let sign = |i: usize| {
                ((2.0 * (i % 8) as f64 + 1.0) * u * PI / 16.0).cos()
                    * ((2.0 * (i / 8) as f64 + 1.0) * v * PI / 16.0).cos()
            };
            assert_near(&core::array::from_fn(|i| if sign(i) > 0.0 { 255 } else { 0 }));
            assert_near(&core::array::from_fn(|i| if sign(i) > 0.0 { 0 } else { 255 }));
        }
    }

    proptest! {
        #[test]
        fn random_blocks_are_near(samples: [u8; 64]) {
            assert_near(&samples);
        }

        #[test]
        fn random_black_and_white_is_near(bits: u64) {
            assert_near(&core::array::from_fn(|i| if bits >> i & 1 == 1 { 255 } else { 0 }));
        }
    }
}
