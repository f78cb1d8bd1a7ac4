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
        let found = suppress(all.iter().copied());
        // The scores, which are those of the best, tell which were kept.
        let kept: Vec<&Detection> =
            found.iter().map(|face| &all[-face.score as usize]).collect();
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
        // Faces lie where their detections do.
        for (face, kept) in found.iter().zip(kept) {
            for side in 0..4 {
                let same = all.iter().filter(|d| counted(kept, d) > 0.45 - 1e-6);
                let sides = same.map(|d| d.corners[side]);
                let (low, high) = sides.fold((f32::MAX, f32::MIN), |(low, high), at| {
                    (low.min(at), high.max(at))
                });
                prop_assert!((low - 1e-3..=high + 1e-3).contains(&face.corners[side]));
            }
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

#[test]
fn a_face_is_the_mean_of_its_detections_weighted_by_probability() {
    let log_odds = |p: f32| (p / (1.0 - p)).ln();
    let at = |p, x: f32| Detection {
        score: log_odds(p),
        corners: [x, 0.0, x + 20.0, 10.0],
        points: [[x, -x]; 5],
    };
    let found = suppress([at(0.8, 0.0), at(0.75, 100.0), at(0.4, 3.0)].into_iter());
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].score, log_odds(0.8));
    for (&side, expected) in found[0].corners.iter().zip([1.0, 0.0, 21.0, 10.0]) {
        assert!((side - expected).abs() < 1e-5, "{found:?}");
    }
    assert!((found[0].points[4][1] + 1.0).abs() < 1e-5);
    assert_eq!(found[1], at(0.75, 100.0));
}
