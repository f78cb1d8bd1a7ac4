use crate::face::MAX_FACES;
use crate::face::decode::Detection;
use crate::face::suppress::{overlap, suppress};
use proptest::prelude::*;
use std::vec::Vec;

fn detection(score: f32, [x, y, w, h]: [u8; 4]) -> Detection {
    let [x, y, w, h] = [x, y, w, h].map(|at| f32::from(at % 24));
    let corners = [x, y, x + w + 1.0, y + h + 1.0];
    Detection { score, corners, points: [[0.0; 2]; 5] }
}

/// Shared samples over all samples, counted one by one.
fn counted(a: &Detection, b: &Detection) -> f32 {
    let inside = |d: &Detection, x: u16, y: u16| {
        let (x, y) = (f32::from(x), f32::from(y));
        d.corners[0] <= x && x < d.corners[2] && d.corners[1] <= y && y < d.corners[3]
    };
    let (mut both, mut either) = (0u16, 0u16);
    for y in 0..48 {
        for x in 0..48 {
            both += u16::from(inside(a, x, y) && inside(b, x, y));
            either += u16::from(inside(a, x, y) || inside(b, x, y));
        }
    }
    f32::from(both) / f32::from(either)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn each_face_is_kept_once_and_nothing_is_lost(
        boxes in proptest::collection::vec(any::<[u8; 4]>(), 0..60),
    ) {
        let all: Vec<Detection> =
            boxes.iter().zip(0u8..).map(|(&b, i)| detection(-f32::from(i), b)).collect();
        let kept = suppress(all.iter().copied());
        for (i, a) in kept.iter().enumerate() {
            for b in &kept[i + 1..] {
                prop_assert!(a.score > b.score);
                prop_assert!(counted(a, b) <= 0.45 + 1e-6);
            }
        }
        // What was dropped shares more with one that was kept and is better.
        for dropped in all.iter().filter(|d| !kept.contains(d)) {
            let better = kept.iter().filter(|k| k.score > dropped.score);
            let covered = better.clone().any(|k| counted(k, dropped) > 0.45 - 1e-6);
            prop_assert!(covered || better.count() == MAX_FACES);
        }
    }

    #[test]
    fn overlap_is_what_counting_gives(a: [u8; 4], b: [u8; 4]) {
        let (a, b) = (detection(0.0, a), detection(0.0, b));
        prop_assert!((overlap(&a.corners, &b.corners) - counted(&a, &b)).abs() < 1e-5);
    }

    #[test]
    fn any_corners_give_a_part(a: [f32; 4], b: [f32; 4]) {
        prop_assert!((0.0..=1.0).contains(&overlap(&a, &b)));
    }
}
