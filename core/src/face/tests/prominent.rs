use crate::face::{Face, MAX_FACES, PROMINENT, prominent, weights};
use crate::geometry::Rect;
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

const SIZE: (u32, u32) = (6000, 4000);

fn face(side: u32) -> Face {
    Face {
        region: Rect { x: 0, y: 0, w: side, h: side },
        confidence: 0.9,
        landmarks: [[0.0; 2]; 5],
        sharpness: None,
        eyes: None,
    }
}

fn found(faces: &[Face]) -> Vec<usize> {
    prominent(faces, SIZE).to_vec()
}

#[test]
fn a_group_is_all_prominent_and_passers_by_are_not() {
    let mut faces: Vec<Face> = (0..10).map(|i| face(300 - 12 * i)).collect();
    faces.push(face(80));
    faces.push(face(100));
    assert_eq!(found(&faces), (0..10).collect::<Vec<_>>());
    // The order in which they come says nothing.
    faces.reverse();
    assert_eq!(found(&faces), (2..12).rev().collect::<Vec<_>>());
}

#[test]
fn faces_too_small_for_the_picture_decide_nothing() {
    assert_eq!(found(&[face(60), face(50)]), [0usize; 0]);
    assert_eq!(weights(&[face(60)], SIZE).as_slice(), [0.0]);
    assert_eq!(found(&[face(100)]), [0]);
    assert_eq!(prominent(&[face(60)], (640, 480)).as_slice(), [0]);
}

#[test]
fn of_two_of_a_size_the_sharp_one_is_the_subject() {
    let with = |side, sharpness| Face { sharpness, ..face(side) };
    assert_eq!(found(&[with(400, Some(0.05)), with(400, Some(0.8))]), [1]);
    // Both are soft: both are the subject.
    assert_eq!(found(&[with(400, Some(0.05)), with(400, Some(0.06))]), [0, 1]);
    // A sharp face far behind a soft one does not take its place.
    assert_eq!(found(&[with(400, Some(0.05)), with(140, Some(0.8))]), [0]);
    assert_eq!(found(&[with(400, None), with(400, Some(0.8))]), [0, 1]);
}

#[test]
fn doubtful_faces_weigh_less() {
    let doubtful = Face { confidence: 0.3, ..face(300) };
    assert_eq!(found(&[doubtful, face(300)]), [1]);
    assert_eq!(found(&[doubtful]), [0]);
}

proptest! {
    #[test]
    fn any_faces_have_weights(
        values in proptest::collection::vec((any::<(u32, u32)>(), any::<[f32; 2]>()), 0..40),
        size: (u32, u32),
    ) {
        let faces: Vec<Face> = values
            .iter()
            .map(|&((w, h), [confidence, sharpness])| Face {
                region: Rect { x: 0, y: 0, w, h },
                confidence,
                sharpness: Some(sharpness),
                ..face(1)
            })
            .collect();
        let weights = weights(&faces, size);
        prop_assert_eq!(weights.len(), faces.len().min(MAX_FACES));
        prop_assert!(weights.iter().all(|w| (0.0..=1.0).contains(w)), "{:?}", weights);
        let prominent = prominent(&faces, size);
        prop_assert!(prominent.iter().all(|&i| weights[i] >= PROMINENT));
        let some = weights.iter().any(|&w| w > 0.0);
        prop_assert_eq!(some, !prominent.is_empty());
        prop_assert_eq!(prominent.first().map(|&i| weights[i]), some.then_some(1.0));
        let mut places = vec![false; faces.len()];
        for &place in &prominent {
            prop_assert!(!core::mem::replace(&mut places[place], true));
        }
    }
}
