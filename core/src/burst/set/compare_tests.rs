//! Comparisons of made-up sketches.

use super::*;

#[test]
fn logarithms_are_right_to_the_last_digit() {
    for code in 1..=255u8 {
        let exact = 256.0 * f64::from(code).log2();
        assert_eq!(f64::from(log2(code)), exact.floor(), "{code}");
    }
}

#[test]
fn overlaps_are_of_one_size_and_inside() {
    for by in [[0, 0], [3, -2], [-5, 4], [40, 0], [0, -40]] {
        for (a, b) in overlap([12, 9], by) {
            assert_eq!(a.len(), b.len());
            assert!(a.is_empty() || a.end <= 108 && b.end <= 108, "{by:?}");
        }
    }
    assert_eq!(overlap([12, 9], [3, -2]).count(), 7);
    assert_eq!(overlap([12, 9], [12, 0]).map(|(a, _)| a.len()).sum::<usize>(), 0);
}
