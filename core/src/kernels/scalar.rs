//! The reference: plain integer code, for every target.

use super::{Kernels, PairSums};

/// Plain Rust; what the others must equal.
#[derive(Clone, Copy)]
pub(crate) struct Scalar;

impl Kernels for Scalar {
    #[inline(always)]
    fn add_energy(sums: &mut PairSums, coefs: &mut [i16; 64], steps: &[i16; 64], groups: usize) {
        let count = groups.min(4) * 8;
        let (coefs, _) = coefs.as_chunks_mut::<2>();
        let (steps, _) = steps.as_chunks::<2>();
        for ((sum, c), q) in sums.iter_mut().zip(coefs).zip(steps).take(count) {
            let square = |c: i16, q: i16| {
                let value = i32::from(c.wrapping_mul(q));
                value.wrapping_mul(value).cast_unsigned()
            };
            let pair = square(c[0], q[0]).wrapping_add(square(c[1], q[1]));
            *sum = sum.wrapping_add(pair);
            *c = [0; 2];
        }
    }
}
