//! The scan's kernels.

use crate::kernels::{CoefSums, Isa, Kernels, Scalar, Task};
use proptest::prelude::*;

struct Energy<'a> {
    sums: &'a mut CoefSums,
    coefs: &'a mut [i16; 64],
    steps: &'a [i16; 64],
    groups: usize,
}

impl Task for Energy<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernels>(self) {
        K::add_energy(self.sums, self.coefs, self.steps, self.groups);
    }
}

fn agree(coefs: &[i16; 64], steps: &[i16; 64], start: &CoefSums, groups: usize) {
    let mut want = (*start, *coefs);
    Scalar::add_energy(&mut want.0, &mut want.1, steps, groups);
    for isa in Isa::available() {
        let mut got = (*start, *coefs);
        isa.run(Energy { sums: &mut got.0, coefs: &mut got.1, steps, groups });
        assert_eq!(got, want, "{} with {groups} groups", isa.name());
    }
}

#[test]
fn extremes_agree() {
    for c in [i16::MIN, -1, 0, 1, i16::MAX] {
        for q in [i16::MIN, -1, 0, 1, 255, i16::MAX] {
            for groups in 0..=5 {
                agree(&[c; 64], &[q; 64], &[u32::MAX; 64], groups);
            }
        }
    }
}

#[test]
fn a_known_block() {
    let mut coefs = [0i16; 64];
    (coefs[1], coefs[2], coefs[3], coefs[63]) = (2, -3, 1, 5);
    let mut sums = [1; 64];
    Scalar::add_energy(&mut sums, &mut coefs, &[10; 64], 1);
    assert_eq!((sums[0], sums[1], sums[2], sums[3], sums[63]), (1, 401, 901, 101, 1));
    assert_eq!((coefs[1], coefs[63]), (0, 5), "only the group that was read is cleared");
}

proptest! {
    #[test]
    fn random_blocks_agree(
        coefs in prop::collection::vec(any::<i16>(), 64),
        steps in prop::collection::vec(any::<i16>(), 64),
        start in prop::collection::vec(any::<u32>(), 64),
        groups in 0usize..=4,
    ) {
        agree(
            &coefs.try_into().expect("64 values"),
            &steps.try_into().expect("64 values"),
            &start.try_into().expect("64 values"),
            groups,
        );
    }
}
