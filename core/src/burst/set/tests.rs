//! Sets of frames drawn by formulas.

use super::*;
use crate::burst::sketch::tests::sketch_of;
use crate::geometry::Orientation;
use proptest::prelude::*;
use std::vec::Vec;

const SIZE: (usize, usize) = (288, 192);

/// Noise that repeats, 0 to 1, without structure between places.
fn hash(x: i64, y: i64, seed: i64) -> f64 {
    let mut h = (x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ seed) as u64;
    h = (h ^ (h >> 15)).wrapping_mul(0x2545_F491_4F6C_DD1D);
    h = (h ^ (h >> 29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (h >> 40) as f64 / (1u64 << 24) as f64
}

/// Light of a scene: smooth noise of several sizes, 0 to 1.
fn scene(x: f64, y: f64, seed: i64) -> f64 {
    [(70.0, 0.5), (29.0, 0.3), (11.0, 0.2)]
        .iter()
        .zip(10 * seed..)
        .map(|((size, weight), seed)| {
            let (u, v) = (x / size, y / size);
            let ease = |t: f64| t * t * (3.0 - 2.0 * t);
            let (fx, fy) = (ease(u - u.floor()), ease(v - v.floor()));
            let (left, top) = (u.floor() as i64, v.floor() as i64);
            let at = |i: i64, j: i64| hash(left + i, top + j, seed);
            let upper = at(0, 0) * (1.0 - fx) + at(1, 0) * fx;
            let lower = at(0, 1) * (1.0 - fx) + at(1, 1) * fx;
            weight * (upper * (1.0 - fy) + lower * fy)
        })
        .sum()
}

/// A frame of a scene: where it begins, and by how many stops it is brighter.
fn frame(seed: i64, [left, top]: [f64; 2], ev: f64) -> Sketch {
    sketch_of(SIZE, Orientation::Upright, |x, y| {
        let light = 0.6 * scene(left + x as f64, top + y as f64, seed).powf(2.2) * ev.exp2();
        (255.0 * light.min(1.0).powf(1.0 / 2.2)) as u8
    })
}

fn bracket(seed: i64, stops: &[f64]) -> Vec<Sketch> {
    stops.iter().map(|&ev| frame(seed, [0.0; 2], ev)).collect()
}

/// A stack: fine detail of each row lies in the frame in focus there.
fn stack(frames: usize) -> Vec<Sketch> {
    let focus = |i: usize| {
        sketch_of(SIZE, Orientation::Upright, |x, y| {
            let here = y as f64 / SIZE.1 as f64 * frames as f64;
            let off = (here - 0.5 - i as f64).abs();
            let detail =
                40.0 * (hash(x as i64 / 2, y as i64 / 2, 5) - 0.5) / (1.0 + 3.0 * off * off);
            (60.0 + 120.0 * scene(x as f64, y as f64, 3) + detail) as u8
        })
    };
    (0..frames).map(focus).collect()
}

fn found(frames: &[Sketch]) -> Vec<Option<InSet>> {
    noted(frames, &std::vec![Taken::default(); frames.len()])
}

fn noted(frames: &[Sketch], taken: &[Taken]) -> Vec<Option<InSet>> {
    let mut out = std::vec![None; frames.len()];
    sets::<32>(frames.iter().zip(taken), &mut out);
    out
}

/// All of one set of this kind.
fn is_whole(found: &[Option<InSet>], kind: SetKind) -> bool {
    let size = found.len() as u16;
    found.iter().zip(0..).all(|(set, i)| {
        set.is_some_and(|s| {
            s.kind == kind
                && s.index == i
                && s.size == size
                && s.set == found[0].map_or(0, |f| f.set)
        })
    })
}

#[test]
fn brackets_in_all_orders_are_whole() {
    for stops in [
        &[0.0, -1.0, 1.0][..],
        &[-2.0, 0.0, 2.0],
        &[1.0, 0.0, -1.0],
        &[0.0, -0.7, 0.7, -1.4, 1.4],
        &[0.0, -2.0, -1.0, 1.0, 2.0],
        &[-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0],
        &[-0.5, 0.0, 0.5],
    ] {
        let found = found(&bracket(1, stops));
        assert!(is_whole(&found, SetKind::Bracket), "{stops:?}: {found:?}");
    }
}

#[test]
fn two_brackets_of_one_view_are_two() {
    let found = found(&bracket(1, &[0.0, -1.0, 1.0, 0.0, -1.0, 1.0]));
    assert!(is_whole(&found[..3], SetKind::Bracket) && is_whole(&found[3..], SetKind::Bracket));
    assert_ne!(found[0].map(|f| f.set), found[3].map(|f| f.set));
}

#[test]
fn light_that_changes_is_no_bracket() {
    for stops in [
        &[0.0; 6][..],
        &[0.0, 0.0, -2.5, 0.0, 0.0],
        &[0.0, -0.1, -0.2, -0.3, -0.4, -0.5],
        &[0.0, -2.5, 0.0, -2.5, 0.0],
    ] {
        assert!(found(&bracket(2, stops)).iter().all(Option::is_none), "{stops:?}");
    }
}

#[test]
fn settings_that_stay_veto_and_settings_that_lie_cost_nothing() {
    let frames = bracket(4, &[-1.0, 0.0, 1.0]);
    let set = |seconds: [f32; 3]| {
        seconds.map(|s| Taken {
            exposure_s: Some(s),
            f_number: Some(8.0),
            iso: Some(100),
            ..Taken::default()
        })
    };
    assert!(is_whole(&noted(&frames, &set([0.01, 0.02, 0.04])), SetKind::Bracket));
    assert!(noted(&frames, &set([0.02; 3])).iter().all(Option::is_none), "the light changed");
    assert!(is_whole(&noted(&frames, &set([0.04, 0.02, 0.01])), SetKind::Bracket), "a lie");
    assert!(is_whole(&noted(&frames, &set([0.0, f32::NAN, -1.0])), SetKind::Bracket), "nonsense");
    // The camera followed the light: the settings changed and the pictures did not.
    let same = bracket(4, &[0.0; 3]);
    assert!(noted(&same, &set([0.01, 0.02, 0.04])).iter().all(Option::is_none));
}

#[test]
fn a_lens_without_a_number_and_compensation_of_nothing_veto_no_bracket() {
    let frames = bracket(4, &[-1.0, 0.0, 1.0]);
    let manual = [0.01, 0.02, 0.04].map(|s| Taken {
        exposure_s: Some(s),
        bias_ev: Some(0.0),
        ..Taken::default()
    });
    assert!(is_whole(&noted(&frames, &manual), SetKind::Bracket));
    let bare = [Taken { bias_ev: Some(0.0), ..Taken::default() }; 3];
    assert!(is_whole(&noted(&frames, &bare), SetKind::Bracket));
}

#[test]
fn settings_find_brackets_too_fine_for_the_eye() {
    let frames = bracket(4, &[0.0, -0.2, 0.2]);
    let bias = |ev| Taken { bias_ev: Some(ev), ..Taken::default() };
    let taken = [bias(0.0), bias(-0.33), bias(0.33)];
    assert!(is_whole(&noted(&frames, &taken), SetKind::Bracket));
    assert!(found(&frames).iter().all(Option::is_none));
}

#[test]
fn a_long_pause_ends_a_set() {
    let frames = bracket(1, &[-1.0, 0.0, 1.0]);
    let at = |s: i64, exposed: f32| Taken {
        time_ms: Some(1000 * s),
        exposure_s: Some(exposed),
        ..Taken::default()
    };
    assert!(is_whole(&noted(&frames, &[at(0, 0.5), at(29, 1.0), at(58, 2.0)]), SetKind::Bracket));
    let late = noted(&frames, &[at(0, 0.5), at(5, 1.0), at(500, 2.0)]);
    assert!(late.iter().all(Option::is_none));
    // A long exposure is no pause.
    let long = noted(&frames, &[at(0, 30.0), at(70, 60.0), at(160, 120.0)]);
    assert!(is_whole(&long, SetKind::Bracket));
}

#[test]
fn views_that_overlap_are_a_panorama_whichever_way_they_go() {
    for [dx, dy] in [[180.0, 4.0], [-150.0, 0.0], [0.0, 110.0], [0.0, -100.0], [120.0, -5.0]] {
        let frames: Vec<_> =
            (0..5).map(|i| frame(9, [f64::from(i) * dx, f64::from(i) * dy], 0.0)).collect();
        let found = found(&frames);
        assert!(is_whole(&found, SetKind::Panorama), "{dx} {dy}: {found:?}");
    }
}

#[test]
fn views_that_go_back_and_forth_are_none() {
    let frames: Vec<_> =
        [0.0, 150.0, 0.0, 150.0].iter().map(|&x| frame(9, [x, 0.0], 0.0)).collect();
    assert!(found(&frames).iter().all(Option::is_none));
}

#[test]
fn a_frame_taken_twice_does_not_spoil_the_panorama_after_it() {
    let at = |x: f64| frame(9, [x, 0.0], 0.0);
    let found = found(&[at(0.0), at(0.0), at(150.0), at(300.0)]);
    assert!(found[0].is_none() && is_whole(&found[1..], SetKind::Panorama), "{found:?}");
}

#[test]
fn focus_that_moves_on_is_a_stack() {
    for frames in [3, 5, 9] {
        let mut shots = stack(frames);
        assert!(is_whole(&found(&shots), SetKind::FocusStack), "{frames}");
        shots.reverse();
        assert!(is_whole(&found(&shots), SetKind::FocusStack), "{frames} back");
    }
}

#[test]
fn focus_that_jumps_is_none() {
    let shots = stack(6);
    let jumps: Vec<_> = [0, 4, 1, 5, 0, 3].map(|i| shots[i]).into();
    assert!(found(&jumps).iter().all(Option::is_none));
    let two: Vec<_> = [0, 5, 0, 5].map(|i| shots[i]).into();
    assert!(found(&two).iter().all(Option::is_none));
}

#[test]
fn every_frame_comes_back_once_and_in_time() {
    let mut frames = bracket(1, &[0.0; 11]);
    frames.extend(bracket(2, &[-1.0, 0.0, 1.0]));
    frames.push(Sketch::EMPTY);
    let mut stream = Sets::<4>::new();
    let mut ids = Vec::new();
    for (id, sketch) in (0..).zip(&frames) {
        ids.extend(stream.push(id, sketch, &Taken::default()).iter().map(|p| p.id));
        assert!(id as usize + 1 - ids.len() <= 4, "at most the window is open");
    }
    ids.extend(stream.finish().iter().map(|p| p.id));
    assert!(ids.iter().copied().eq(0..frames.len() as u32), "{ids:?}");
    assert!(stream.finish().is_empty());
}

#[test]
fn its_memory_is_small() {
    assert!(size_of::<Sets<64>>() <= 20 * 1024, "{}", size_of::<Sets<64>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn nothing_makes_it_panic(
        values in prop::collection::vec((any::<u8>(), any::<i64>(), any::<f32>(), any::<f32>(), any::<u32>()), 1..12),
    ) {
        let mut stream = Sets::<3>::new();
        let mut count = 0;
        for (id, (value, time, seconds, bias, iso)) in (0..).zip(values.iter().copied()) {
            let sketch = sketch_of((160, 120), Orientation::Upright, |x, y| {
                if value < 200 { (x * 3 + y * 5) as u8 ^ value } else { value }
            });
            let taken = Taken {
                time_ms: Some(time),
                exposure_s: Some(seconds),
                f_number: Some(bias),
                iso: Some(iso),
                bias_ev: Some(bias),
            };
            count += stream.push(id, &sketch, &taken).len();
        }
        prop_assert_eq!(count + stream.finish().len(), values.len());
    }
}
