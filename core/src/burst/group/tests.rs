//! Streams of shots whose looks are known.

use super::*;
use crate::burst::Fingerprint;
use proptest::prelude::*;
use std::vec::Vec;

/// A look that turns from one into another: those of less than a unit of `angle` apart are
/// alike, and half a turn is as far as looks go.
fn look(kind: usize, angle: f32) -> Fingerprint {
    let mut bytes = [0; Fingerprint::BYTES];
    let place = 2 * kind;
    bytes[place] = (120.0 * libm::cosf(angle)) as i8 as u8;
    bytes[place + 1] = (120.0 * libm::sinf(angle)) as i8 as u8;
    bytes[Fingerprint::BYTES - 1] = 128;
    Fingerprint::from_bytes(&bytes)
}

fn shot(fingerprint: Fingerprint, time_ms: impl Into<Option<i64>>) -> Shot {
    Shot { fingerprint, taken: Taken { time_ms: time_ms.into(), ..Taken::default() } }
}

fn bursts<const N: usize>(shots: &[Shot]) -> Vec<u32> {
    let mut groups = Groups::<N>::default();
    shots.iter().map(|shot| groups.push(shot).burst).collect()
}

#[test]
fn what_looks_the_same_is_one_burst_without_any_time() {
    let mut groups = Groups::<8>::default();
    let scenes = [0, 0, 1, 0, 1, 2];
    let members = scenes.map(|kind| groups.push(&shot(look(kind, 0.1), None)));
    assert_eq!(members.map(|m| m.burst), [0, 0, 2, 0, 2, 5]);
    assert_eq!(members.map(|m| m.index), [0, 1, 0, 2, 1, 0]);
    assert_eq!(groups.frames(), 6);
}

#[test]
fn a_subject_may_move_as_far_as_it_likes_while_the_camera_fires() {
    let turning = |pace_ms: Option<i64>| -> Vec<Shot> {
        (0..8i64).map(|i| shot(look(0, 0.4 * i as f32), pace_ms.map(|pace| pace * i))).collect()
    };
    assert_eq!(bursts::<8>(&turning(Some(150))), [0; 8]);
    // Without times, what has turned away from the leader is something else.
    let still = bursts::<8>(&turning(None));
    assert!(still.starts_with(&[0, 0]) && still.iter().any(|&burst| burst > 0), "{still:?}");
    // With a pause between frames, only what is as good as the same picture joins.
    assert_eq!(bursts::<8>(&turning(Some(60_000))), [0, 0, 2, 2, 4, 4, 6, 6]);
}

#[test]
fn something_that_passes_before_the_lens_does_not_end_a_burst() {
    let kinds = [0, 0, 3, 0, 0];
    let shots: Vec<_> =
        kinds.iter().zip(0i64..).map(|(&kind, i)| shot(look(kind, 0.0), 200 * i)).collect();
    assert_eq!(bursts::<4>(&shots), [0, 0, 2, 0, 0]);
}

#[test]
fn the_gap_is_between_neighbours_not_from_end_to_end() {
    let mut groups = Groups::<4>::new(1_000);
    let times = [0, 900, 1_800, 2_700, 3_701];
    let looks = [0.0, 0.5, 1.0, 1.5, 2.0];
    let all = times.into_iter().zip(looks);
    let found: Vec<_> =
        all.map(|(ms, angle)| groups.push(&shot(look(0, angle), ms)).burst).collect();
    assert_eq!(found, [0, 0, 0, 0, 4]);
}

#[test]
fn a_wrong_clock_costs_what_it_would_have_added() {
    let alike = |times: [Option<i64>; 4]| bursts::<4>(&times.map(|time| shot(look(0, 0.1), time)));
    for times in [
        [None; 4],
        [Some(5); 4],
        [Some(9_000_000), Some(7_000_000), Some(4_000_000), Some(0)],
        [Some(i64::MIN), Some(i64::MAX), None, Some(0)],
    ] {
        assert_eq!(alike(times), [0; 4], "{times:?}");
    }
    // A clock that stands still makes no burst of what does not look alike.
    let kinds: Vec<_> = (0..8).map(|kind| shot(look(kind, 0.0), 5)).collect();
    assert_eq!(bursts::<8>(&kinds), [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn the_nearest_burst_has_the_frame_and_of_equals_that_which_grew_last() {
    let shots = [-0.4, 0.4, 0.05, 0.0].map(|angle| look(0, angle));
    assert_eq!(bursts::<4>(&shots.map(|look| shot(look, None))), [0, 1, 1, 1]);
    let equal = [-0.4, 0.4, -0.4, 0.0].map(|angle| look(0, angle));
    assert_eq!(bursts::<4>(&equal.map(|look| shot(look, None))), [0, 1, 0, 0]);
}

#[test]
fn blank_frames_are_a_burst_only_while_the_camera_fires() {
    let blank = Fingerprint::default();
    assert_eq!(bursts::<4>(&[shot(blank, None), shot(blank, None)]), [0, 1]);
    assert_eq!(bursts::<4>(&[shot(blank, 0), shot(blank, 500)]), [0, 0]);
    assert_eq!(bursts::<4>(&[shot(blank, 0), shot(blank, 60_000)]), [0, 1]);
}

#[test]
fn the_window_forgets_what_grew_first() {
    let kinds = [0, 1, 0, 2, 1, 0];
    let shots = kinds.map(|kind| shot(look(kind, 0.0), None));
    assert_eq!(bursts::<3>(&shots), [0, 1, 0, 3, 1, 0]);
    assert_eq!(bursts::<2>(&shots), [0, 1, 0, 3, 4, 5]);
    assert_eq!(bursts::<0>(&shots), [0, 1, 2, 3, 4, 5]);
    let mut groups = Groups::<2>::default();
    groups.push(&shots[0]);
    groups.clear();
    assert_eq!(groups.push(&shots[0]), Membership { burst: 0, index: 0 });
}

#[test]
fn a_place_of_the_window_is_small() {
    assert!(size_of::<Groups<64>>() <= 64 * 152 + 16);
}

proptest! {
    #[test]
    fn numbers_are_those_of_first_frames_and_places_have_no_gaps(
        frames in proptest::collection::vec((0usize..6, 0f32..3.0, proptest::option::of(any::<i64>())), 0..80),
    ) {
        let mut groups = Groups::<5>::default();
        let mut sizes = std::collections::HashMap::new();
        for ((kind, angle, time_ms), number) in frames.into_iter().zip(0u32..) {
            let member = groups.push(&shot(look(kind, angle), time_ms));
            prop_assert!(member.burst <= number);
            prop_assert_eq!(member.index == 0, member.burst == number);
            let size = sizes.entry(member.burst).or_insert(0u32);
            prop_assert_eq!(member.index, *size);
            *size += 1;
        }
    }
}
