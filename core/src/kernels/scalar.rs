//! The reference: plain integer code, for every target.

use super::{CoefSums, Kernels};

/// Plain Rust; what the others must equal.
#[derive(Clone, Copy)]
pub(crate) struct Scalar;

impl Kernels for Scalar {
    #[inline(always)]
    fn add_energy(sums: &mut CoefSums, coefs: &mut [i16; 64], steps: &[i16; 64], groups: usize) {
        let count = groups.min(4) * 16;
        for ((sum, c), &q) in sums.iter_mut().zip(coefs).zip(steps).take(count) {
            let value = i32::from(c.wrapping_mul(q));
            *sum = sum.wrapping_add((value * value).cast_unsigned());
            *c = 0;
        }
    }
}
