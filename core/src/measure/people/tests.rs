use super::*;
use crate::geometry::Orientation;
use crate::judge::{Integrity, Policy, Strictness, judge};
use crate::measure::scene::Picture;
use crate::measure::subject::By;
use crate::measure::{Hints, Measured, measure};
use crate::verdict::{Decision, MAX_VERDICT_FACES, ReasonCode};

const W: usize = 640;
const H: usize = 480;

fn face(x: u32, y: u32, side: u32) -> Face {
    Face {
        region: Rect { x, y, w: side, h: side },
        confidence: 0.9,
        landmarks: [[x as f32, y as f32]; 5],
        sharpness: None,
        eyes: None,
    }
}

fn eyes(left: f32, right: f32) -> Option<[Eye; 2]> {
    let eye = |p_open: f32| {
        let state = match p_open {
            p if p < 0.3 => EyeState::Closed,
            p if p > 0.7 => EyeState::Open,
            _ => EyeState::Hidden,
        };
        Eye { state, p_open: Some(p_open) }
    };
    Some([eye(left), eye(right)])
}

fn measured(picture: &Picture, faces: &[Face]) -> Measured {
    measure(&picture.scene().frame(), &Hints { faces, ..Hints::default() })
}

#[test]
fn prominent_faces_are_the_subject_unless_the_camera_names_one() {
    let picture = Picture::leaves(W, H, 1);
    let faces = [face(300, 100, 7), face(100, 120, 100), face(300, 90, 110)];
    let m = measured(&picture, &faces);
    let subject = m.subject.expect("faces");
    assert_eq!(subject.by, By::Faces);
    assert_eq!(subject.region, Rect { x: 100, y: 90, w: 310, h: 130 });
    assert_eq!(m.people.prominent, 2);
    assert_eq!(m.people.first, Some(faces[2].region));
    let sides: std::vec::Vec<u32> = m.faces.iter().map(|face| face.region.w).collect();
    assert_eq!(sides, [110, 100, 7]);

    let named = Rect { x: 20, y: 20, w: 50, h: 50 };
    let hints = Hints { subject: Some(named), faces: &faces, ..Hints::default() };
    let subject = measure(&picture.scene().frame(), &hints).subject.expect("named");
    assert_eq!((subject.by, subject.region), (By::Camera, named));
    // Faces that decide nothing are no subject.
    assert_eq!(measured(&picture, &faces[..1]).subject, measured(&picture, &[]).subject);
}

#[test]
fn faces_are_upright_and_what_they_say_is_of_the_stored_picture() {
    let picture = Picture::leaves(W, H, 1);
    let orientation = Orientation::QuarterTurn;
    let stored = Rect { x: 100, y: 120, w: 100, h: 90 };
    let upright = orientation.rect(stored, W as u32, H as u32);
    let closed = Face { region: upright, eyes: eyes(0.01, 0.02), ..face(0, 0, 1) };
    let hints = Hints { orientation, faces: &[closed], ..Hints::default() };
    let m = measure(&picture.scene().frame(), &hints);
    assert_eq!(m.faces[0].region, upright);
    assert_eq!([m.people.first, m.people.region, m.people.blinker_region], [Some(stored); 3]);
}

#[test]
fn what_is_no_face_in_the_picture_is_passed_over() {
    let picture = Picture::leaves(W, H, 1);
    let good = face(100, 100, 80);
    let bad = [
        face(700, 100, 80),
        face(100, 100, 0),
        Face { confidence: f32::NAN, ..good },
        Face { confidence: 1.5, ..good },
        Face { landmarks: [[f32::INFINITY; 2]; 5], ..good },
        Face { eyes: Some([Eye { state: EyeState::Open, p_open: Some(2.0) }; 2]), ..good },
    ];
    assert_eq!(measured(&picture, &bad), measured(&picture, &[]));
    let cut = measured(&picture, &[face(600, 440, 80)]);
    assert_eq!(cut.faces[0].region, Rect { x: 600, y: 440, w: 40, h: 40 });
}

#[test]
fn a_faces_sharpness_is_its_own() {
    for seed in 1..4 {
        let sharp = Picture::leaves(W, H, seed);
        let picture = sharp.with(&sharp.defocused(4), 96, 96, 160, 160);
        let m = measured(&picture, &[face(100, 100, 150), face(400, 100, 150)]);
        let sharpness = |x| {
            let face = m.faces.iter().find(|face| face.region.x == x).expect("there");
            face.sharpness.expect("texture")
        };
        assert!(sharpness(100) < 0.2, "{seed}: {m:?}");
        assert!(sharpness(400) > 0.5, "{seed}: {m:?}");
        // On the same scale as the whole picture's.
        let whole = sharpness::region(
            &sharp.scene().frame(),
            Rect { x: 0, y: 0, w: W as u32, h: H as u32 },
        );
        let crispness = measured(&sharp, &[]).measures.sharpness;
        assert!((whole.expect("texture") - crispness).abs() < 0.2, "{whole:?} {crispness}");
    }
    let plain = measured(&Picture::flat(W, H, 150), &[face(100, 100, 150)]);
    assert_eq!(plain.faces[0].sharpness, None);
}

#[test]
fn a_soft_face_before_a_sharp_background_is_told_with_its_place() {
    for seed in 1..4 {
        let sharp = Picture::leaves(W, H, seed);
        let soft = sharp.with(&sharp.defocused(6), 192, 128, 192, 192);
        let on_it = face(192, 128, 192);
        let m = measured(&soft, &[on_it]);
        assert!(m.subject_soft > 0.85, "{seed}: {m:?}");
        let v = judge(&m, &Integrity::default(), &Policy::default());
        assert_eq!(v.decision, Decision::Review, "{v:?}");
        let reason = v.reasons.iter().find(|r| r.code == ReasonCode::SUBJECT_SOFT);
        assert_eq!(reason.and_then(|r| r.region), Some(on_it.region));
        // What may be no face at all says nothing.
        let unsure = Face { confidence: 0.55, ..on_it };
        assert_eq!(measured(&soft, &[unsure]).subject_soft, 0.0);
        // A sharp face before a soft background is what everybody wants, and a soft
        // passer-by behind a sharp face is no fault.
        assert_eq!(measured(&soft, &[face(10, 10, 150)]).subject_soft, 0.0);
        let small = face(230, 170, 40);
        assert_eq!(measured(&soft, &[face(10, 10, 150), small]).subject_soft, 0.0);
        // All of it soft is another fault.
        assert_eq!(measured(&sharp.defocused(5), &[on_it]).subject_soft, 0.0);
        // Where the camera focused elsewhere, and that is sharp, it was meant.
        let subject = Some(Rect { x: 480, y: 300, w: 100, h: 100 });
        let hints = Hints { subject, faces: &[on_it], ..Hints::default() };
        assert!(measure(&soft.scene().frame(), &hints).subject_soft < 0.1);
    }
}

#[test]
fn a_face_without_any_texture_is_doubtful() {
    let sharp = Picture::leaves(W, H, 3);
    let of = |level| {
        let smooth = sharp.with(&Picture::flat(W, H, level), 192, 128, 192, 192);
        let m = measured(&smooth, &[face(200, 136, 176)]);
        let decision =
            |strictness| judge(&m, &Integrity::default(), &Policy::new(strictness)).decision;
        (m.subject_soft, decision(Strictness::Normal), decision(Strictness::Strict))
    };
    assert_eq!(of(150), (SOFT_WITHOUT_TEXTURE, Decision::Keep, Decision::Review));
    // A silhouette has no texture either.
    assert_eq!(of(12).0, 0.0);
}

#[test]
fn the_worst_prominent_face_decides_on_eyes() {
    let picture = Picture::leaves(W, H, 1);
    // Ten in two rows; the last but one blinks.
    let mut group: std::vec::Vec<Face> = (0..10)
        .map(|i| Face {
            eyes: eyes(0.97, 0.95),
            ..face(20 + 120 * (i % 5), 100 + 150 * (i / 5), 90 - i)
        })
        .collect();
    group[8].eyes = eyes(0.01, 0.03);
    let m = measured(&picture, &group);
    assert_eq!(m.people.prominent, 10);
    assert!((m.people.closed - 0.97).abs() < 1e-6);
    assert_eq!(m.people.blinker_region, Some(group[8].region));
    let v = judge(&m, &Integrity::default(), &Policy::default());
    assert_eq!(v.decision, Decision::Review);
    let reason = v.reasons[0];
    assert_eq!((reason.code, reason.region), (ReasonCode::EYES_CLOSED, Some(group[8].region)));
    assert_eq!((reason.measured, reason.threshold), (Some(m.people.closed), Some(0.9)));
    // The record has no room for ten faces, but it has the one that it speaks of.
    assert_eq!(v.faces.len(), MAX_VERDICT_FACES);
    assert_eq!(v.faces[0].region, group[0].region);
    assert_eq!(v.faces[MAX_VERDICT_FACES - 1].region, group[8].region);

    // A blinker in the background is none.
    group[8] = Face { eyes: eyes(0.01, 0.03), ..face(500, 300, 30) };
    let m = measured(&picture, &group);
    assert_eq!((m.people.closed, m.people.blinker), (0.0, None));
}

#[test]
fn only_shut_eyes_are_shut() {
    let picture = Picture::leaves(W, H, 1);
    let closed = |eyes| measured(&picture, &[Face { eyes, ..face(100, 100, 100) }]).people.closed;
    assert_eq!(closed(None), 0.0);
    assert_eq!(closed(eyes(0.99, 0.99)), 0.0);
    // A wink; hidden ones; one hidden, one shut; both shut, one less surely so.
    assert_eq!(closed(eyes(0.99, 0.01)), 0.0);
    assert_eq!(closed(eyes(0.5, 0.5)), 0.0);
    assert!((closed(eyes(0.5, 0.02)) - 0.98).abs() < 1e-6);
    assert!((closed(eyes(0.01, 0.2)) - 0.8).abs() < 1e-6);
    let unseen = Eye { state: EyeState::Hidden, p_open: None };
    assert_eq!(closed(Some([unseen; 2])), 0.0);
}

#[test]
fn shut_eyes_reject_only_where_everything_doubtful_goes() {
    let picture = Picture::leaves(W, H, 1);
    let decided = |p_open: f32, strictness| {
        let m = measured(&picture, &[Face { eyes: eyes(p_open, p_open), ..face(100, 100, 100) }]);
        judge(&m, &Integrity::default(), &Policy::new(strictness)).decision
    };
    use Decision::{Keep, Reject, Review};
    for (p_open, expected) in [
        (0.001, [Review, Review, Reject]),
        (0.05, [Keep, Review, Review]),
        (0.2, [Keep, Keep, Review]),
        (0.9, [Keep, Keep, Keep]),
    ] {
        let found = [Strictness::Lenient, Strictness::Normal, Strictness::Strict]
            .map(|strictness| decided(p_open, strictness));
        assert_eq!(found, expected, "{p_open}");
    }
    let score = |p_open| {
        let m = measured(&picture, &[Face { eyes: eyes(p_open, p_open), ..face(100, 100, 100) }]);
        judge(&m, &Integrity::default(), &Policy::default()).score
    };
    assert!(score(0.01) < score(0.99));
}

#[test]
fn a_lit_face_forgives_its_surroundings() {
    let scene = Picture::leaves(W, H, 2);
    let lit = scene.map(|s| s * 0.4 + 90.0);
    let of = |picture: &Picture| {
        let with = measured(picture, &[face(240, 160, 160)]).measures.exposure;
        let without = measured(picture, &[]).measures.exposure;
        (with, without)
    };
    // In the dark, and in the light.
    let (with, without) = of(&scene.map(|s| s * 0.05).with(&lit, 240, 160, 160, 160));
    assert!(with.under <= without.under, "{with:?} {without:?}");
    let (with, without) = of(&scene.map(|s| s + 210.0).with(&lit, 240, 160, 160, 160));
    assert!(with.over < without.over, "{with:?} {without:?}");
    // A face that is lost itself makes it worse, whatever surrounds it.
    let (with, without) =
        of(&scene.map(|s| s * 0.15).with(&Picture::flat(W, H, 4), 240, 160, 160, 160));
    assert!(with.under > without.under, "{with:?} {without:?}");
    let white = Picture::flat(W, H, 255);
    let (with, without) = of(&scene.with(&white, 240, 160, 160, 160));
    assert!(with.over > without.over, "{with:?} {without:?}");
    // The rest of what is said of light is of the picture.
    assert_eq!(with.mean, without.mean);
    assert_eq!(with.clipped_highlights, without.clipped_highlights);
}

#[test]
fn cells_in_a_box_are_those_whose_middles_are() {
    let scene = Picture::leaves(W, H, 1).scene();
    let mut frame = scene.frame();
    for (pitch_x, pitch_y) in [(32, 8), (64, 48), (1, 1), (0, 0), (32, 0)] {
        (frame.cells.pitch_x, frame.cells.pitch_y) = (pitch_x, pitch_y);
        for (x, y, w, h) in [
            (0, 0, 640, 480),
            (17, 5, 31, 100),
            (16, 4, 1, 1),
            (0, 0, 16, 4),
            (500, 3, u32::MAX, u32::MAX),
            (700, 0, 9, 9),
        ] {
            let between = |at: u32, start: u32, length: u32| at >= start && at - start < length;
            let expected = super::super::cells(&frame)
                .filter(|&(column, row, _)| {
                    between(column as u32 * pitch_x + 16, x, w)
                        && between(row as u32 * pitch_y + 4, y, h)
                })
                .count();
            let found = super::super::inside(&frame, Rect { x, y, w, h }).count();
            assert_eq!(found, expected, "{pitch_x} {pitch_y}: {x} {y} {w} {h}");
        }
    }
}
