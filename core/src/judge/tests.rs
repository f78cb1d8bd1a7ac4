use super::*;
use crate::measure::scene::Picture;
use crate::measure::subject::By;
use crate::measure::{Hints, measure};
use proptest::prelude::*;

const W: usize = 640;
const H: usize = 480;
const ALL: [Strictness; 3] = [Strictness::Lenient, Strictness::Normal, Strictness::Strict];

fn measured(picture: &Picture) -> Measured {
    measure(&picture.scene().frame(), &Hints::default())
}

fn judged(picture: &Picture) -> Verdict {
    judge(&measured(picture), &Integrity::default(), &Policy::default())
}

#[test]
fn good_pictures_are_kept_without_a_reason() {
    for seed in 1..6 {
        let sharp = Picture::leaves(W, H, seed);
        let bokeh = sharp.defocused(6).with(&sharp, 192, 128, 160, 160);
        for picture in [&sharp, &bokeh] {
            for strictness in ALL {
                let policy = Policy::new(strictness);
                let v = judge(&measured(picture), &Integrity::default(), &policy);
                assert_eq!(v.decision, Decision::Keep, "{seed}: {v:?}");
                assert!(v.reasons.is_empty());
            }
        }
        assert!(judged(&bokeh).score > judged(&sharp.defocused(3)).score);
    }
}

#[test]
fn defocus_and_motion_are_rejected_by_their_names() {
    for seed in 1..6 {
        let sharp = Picture::leaves(W, H, seed);
        let v = judged(&sharp.defocused(4));
        assert_eq!(v.decision, Decision::Reject, "{v:?}");
        assert_eq!(v.reasons[0].code, ReasonCode::OUT_OF_FOCUS);
        let v = judged(&sharp.smeared(15, 0));
        assert_eq!(v.decision, Decision::Reject, "{v:?}");
        assert_eq!(v.reasons[0].code, ReasonCode::MOTION_BLUR);
        assert!(v.reasons[0].measured >= v.reasons[0].threshold);
        assert!(v.score < judged(&sharp).score);
    }
}

#[test]
fn black_and_white_frames_are_found() {
    for (level, code) in [(0, ReasonCode::UNDEREXPOSED), (255, ReasonCode::OVEREXPOSED)] {
        let v = judged(&Picture::flat(W, H, level));
        assert_eq!(v.decision, Decision::Reject);
        assert!(v.has(ReasonCode::ACCIDENTAL) && v.has(code), "{v:?}");
        assert!(!v.has(ReasonCode::OUT_OF_FOCUS) && !v.has(ReasonCode::MOTION_BLUR));
    }
}

#[test]
fn intent_is_never_rejected() {
    let scene = Picture::leaves(W, H, 2);
    let black = Picture::flat(W, H, 8);
    let white = Picture::flat(W, H, 255);
    for picture in [
        black.with(&scene.map(|s| s * 0.7 + 70.0), 64, 64, 128, 160),
        black.with(&scene.map(|s| s * 0.5 + 70.0), 320, 240, 80, 80),
        white.with(&scene, 192, 64, 224, 320),
        scene.map(|s| if s < 128.0 { 8.0 } else { 200.0 }),
    ] {
        let m = measured(&picture);
        for strictness in ALL {
            let v = judge(&m, &Integrity::default(), &Policy::new(strictness));
            assert_ne!(v.decision, Decision::Reject, "{v:?}");
        }
    }
}

#[test]
fn damage_is_looked_at_and_never_held_against_the_frame() {
    let good = measured(&Picture::leaves(W, H, 1));
    let bad = measured(&Picture::leaves(W, H, 1).defocused(4));
    let policy = Policy::default();
    let cut = Integrity { truncated: Some(123_456), corrupt: None, seen: 0.5 };
    let v = judge(&good, &cut, &policy);
    assert_eq!(v.decision, Decision::Review);
    assert_eq!(v.reasons.len(), 1);
    let reason = v.reasons[0];
    assert_eq!((reason.code, reason.measured), (ReasonCode::TRUNCATED, Some(0.5)));
    assert_eq!(reason.region, Some(Rect { x: 0, y: 240, w: 640, h: 240 }));

    // Half a blurred frame may have its sharp half missing.
    let v = judge(&bad, &cut, &policy);
    assert_eq!(v.decision, Decision::Review);
    assert!(v.has(ReasonCode::OUT_OF_FOCUS) && v.has(ReasonCode::TRUNCATED));
    // A blurred frame whose last row is missing is a blurred frame.
    let scratch = Integrity { truncated: None, corrupt: Some(9), seen: 0.99 };
    assert_eq!(judge(&bad, &scratch, &policy).decision, Decision::Reject);
    assert_eq!(judge(&good, &scratch, &policy).decision, Decision::Review);

    for (integrity, code) in [
        (Integrity { seen: 0.1, ..cut }, ReasonCode::TRUNCATED),
        (Integrity { seen: f32::NAN, ..scratch }, ReasonCode::CORRUPT),
        (Integrity { seen: 0.0, ..Integrity::default() }, ReasonCode::TRUNCATED),
    ] {
        let v = judge(&good, &integrity, &policy);
        assert_eq!((v.decision, v.score, v.measures), (Decision::Error, None, None));
        assert!(v.has(code));
    }
}

#[test]
fn noise_alone_is_only_looked_at() {
    let picture = Picture::flat(W, H, 120).with(&Picture::leaves(W, H, 3), 0, 0, 400, 480);
    let v = judged(&picture.noisy(45.0, 3));
    assert!(v.has(ReasonCode::NOISY), "{v:?}");
    let mut m = measured(&picture);
    m.measures.noise = 1.0;
    let v = judge(&m, &Integrity::default(), &Policy::new(Strictness::Strict));
    assert_eq!(v.decision, Decision::Review);
}

#[test]
fn stricter_never_lets_more_through() {
    let rank =
        |d| [Decision::Keep, Decision::Review, Decision::Reject].iter().position(|&x| x == d);
    for step in 0..=1000 {
        let p = step as f32 / 1000.0;
        for fault in 0..7 {
            let mut m = Measured::default();
            match fault {
                0 => m.measures.blur = p,
                1 => m.measures.exposure.under = p,
                2 => m.measures.exposure.over = p,
                3 => m.measures.noise = p,
                4 => m.subject_soft = p,
                5 => m.people.closed = p,
                _ => m.accidental = p,
            }
            let decisions =
                ALL.map(|s| rank(judge(&m, &Integrity::default(), &Policy::new(s)).decision));
            assert!(decisions.is_sorted(), "fault {fault} at {p}: {decisions:?}");
        }
    }
}

proptest! {
    #[test]
    fn every_verdict_is_whole(
        values in proptest::array::uniform12(proptest::num::f32::ANY),
        truncated in proptest::option::of(any::<u64>()),
        corrupt in proptest::option::of(any::<u64>()),
        seen in proptest::num::f32::ANY,
        limits in proptest::array::uniform12(proptest::num::f32::ANY),
        size: (u32, u32),
    ) {
        let mut m = Measured { size, ..Measured::default() };
        let [blur, sharp, amount, under, over, noise, thirds, accidental, moved, soft, closed, face] =
            values;
        m.measures.blur = blur;
        m.measures.sharpness = sharp;
        m.measures.motion.amount = amount;
        m.measures.exposure.under = under;
        m.measures.exposure.over = over;
        m.measures.noise = noise;
        m.measures.composition.thirds = thirds;
        m.accidental = accidental;
        m.motion.moved = moved;
        m.subject_soft = soft;
        m.people.closed = closed;
        m.people.soft = face;
        let limit = |i: usize| Limit { review: limits[i], reject: Some(limits[i + 6]) };
        let policy = Policy {
            blur: limit(0),
            under: limit(1),
            over: limit(2),
            noise: limit(3),
            accidental: limit(4),
            subject: limit(5),
            ..Policy::default()
        };
        let v = judge(&m, &Integrity { truncated, corrupt, seen }, &policy);
        prop_assert!(v.score.is_none_or(|s| (0.0..=1.0).contains(&s)));
        prop_assert_eq!(v.score.is_none(), v.decision == Decision::Error);
        prop_assert_eq!(v.reasons.is_empty(), v.decision == Decision::Keep);
        if v.decision != Decision::Error {
            prop_assert_eq!(v.has(ReasonCode::TRUNCATED), truncated.is_some());
            prop_assert_eq!(v.has(ReasonCode::CORRUPT), corrupt.is_some());
        }
    }
}

#[test]
fn composition_ranks_and_moves_no_verdict() {
    use crate::geometry::Rect;
    use crate::measure::{horizon::Horizon, subject::Subject};
    let plain = measured(&Picture::leaves(W, H, 1));
    let with = |thirds: f32, cut: f32, tilt_deg: f32| {
        let mut m = plain.clone();
        m.measures.composition.thirds = thirds;
        let region = Rect { x: 0, y: 0, w: 64, h: 64 };
        m.subject = Some(Subject { region, by: By::Camera, cut });
        m.horizon = Some(Horizon { tilt_deg, y_left: 240.0, y_right: 240.0 });
        judge(&m, &Integrity::default(), &Policy::new(Strictness::Strict))
    };
    let best = with(1.0, 0.0, 0.5);
    for worse in [with(0.5, 0.0, 0.0), with(1.0, 0.5, 0.0), with(1.0, 0.0, -4.0)] {
        assert!(worse.score < best.score);
        assert_eq!((worse.decision, &worse.reasons), (best.decision, &best.reasons));
    }
    assert!(with(1.0, 1.0, 0.0).score < with(1.0, 0.5, 0.0).score);
    assert!(with(1.0, 0.0, 6.0).score < with(1.0, 0.0, -4.0).score);
    let worst = with(0.0, 1.0, 9.0);
    assert_eq!(worst.decision, best.decision);
    assert!(worst.score > best.score.map(|score| 0.9 * score));
}

#[test]
fn quality_ranks_and_never_decides() {
    for picture in [
        Picture::leaves(W, H, 1),
        Picture::leaves(W, H, 2).defocused(2),
        Picture::leaves(W, H, 3).defocused(5),
        Picture::flat(W, H, 0),
    ] {
        let plain = measured(&picture);
        let rated = |quality| {
            let mut measured = plain.clone();
            measured.measures.quality = Some(quality);
            judge(&measured, &Integrity::default(), &Policy::default())
        };
        let without = judge(&plain, &Integrity::default(), &Policy::default());
        let mut last = 0.0;
        for quality in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let verdict = rated(quality);
            assert_eq!(verdict.decision, without.decision);
            assert_eq!(verdict.reasons, without.reasons);
            assert_eq!(verdict.measures.and_then(|m| m.quality), Some(quality));
            let score = verdict.score.expect("judged");
            assert!(score >= last && (0.0..=1.0).contains(&score), "{quality}: {score}");
            assert!((score - without.score.expect("judged")).abs() <= 0.125);
            last = score;
        }
        assert_eq!(rated(0.5).score, without.score);
        assert_eq!(rated(f32::NAN).score, without.score);
        if without.score > Some(0.01) && without.score < Some(0.99) {
            assert!(rated(0.0).score < without.score && without.score < rated(1.0).score);
        }
    }
}

proptest! {
    #[test]
    fn quality_keeps_the_order_of_scores(
        low in 0.0f32..=1.0,
        high in 0.0f32..=1.0,
        quality in proptest::num::f32::ANY,
    ) {
        let (low, high) = (low.min(high), low.max(high));
        let (a, b) = (moved(low, quality), moved(high, quality));
        prop_assert!((0.0..=1.0).contains(&a) && (0.0..=1.0).contains(&b));
        // Rounding may turn neighbours round.
        prop_assert!(a <= b + f32::EPSILON, "{low} {high} {quality}: {a} {b}");
        prop_assert!((a - low).abs() <= 0.125);
    }
}
