use super::*;
use crate::rig::intake::Wholeness::{AsItIs, Required};
use std::fs;

const SECOND: Duration = Duration::from_secs(1);

fn times(polling: bool, grace: Duration) -> Times {
    Times { polling, interval: SECOND, settle: 60 * SECOND, grace, retry: 60 * SECOND }
}

/// Looks at one file, of so many bytes.
fn look(bytes: u64) -> Look {
    let t = tempfile::tempdir().expect("a folder");
    let path = t.path().join("a");
    fs::write(&path, b"x").expect("written");
    Look { inode: (1, 1), bytes, ..Look::through(&path).expect("there") }
}

/// Looks that differ only in their bytes.
fn looks<const N: usize>(bytes: [u64; N]) -> [Look; N] {
    let one = look(0);
    bytes.map(|bytes| Look { bytes, ..one })
}

#[test]
fn a_file_that_is_written_waits_for_its_writer() {
    let times = times(false, Duration::ZERO);
    let [a, b] = looks([10, 20]);
    let now = Instant::now();
    let mut file = Waiting::new(a, false, Signal::Changed, &times, now);
    assert_eq!(file.signal(a, Signal::Changed, false, &times, now), Act::Wait);
    assert_eq!(file.signal(b, Signal::Changed, false, &times, now + 9 * SECOND), Act::Wait);
    assert_eq!(file.stage, Stage::Growing);
    assert_eq!(file.next, now + 69 * SECOND, "its pauses do not end it");
    assert_eq!(file.signal(b, Signal::Closed, false, &times, now + 10 * SECOND), Act::Queue);
    assert_eq!(file.stage, Stage::Queued(Required));
}

#[test]
fn what_ends_too_early_waits_for_more_and_is_taken_at_last() {
    let times = times(false, Duration::ZERO);
    let [a, b] = looks([10, 20]);
    let now = Instant::now();
    let mut file = Waiting::new(a, false, Signal::Closed, &times, now);
    assert_eq!(file.signal(a, Signal::Closed, false, &times, now), Act::Queue);
    file.stage = Stage::Busy;
    assert_eq!(file.shorten(&times, now), Act::Wait);
    assert_eq!(file.signal(a, Signal::Changed, false, &times, now + SECOND), Act::Wait);
    assert_eq!((file.stage, file.next), (Stage::Short, now + 60 * SECOND));
    assert_eq!(file.signal(b, Signal::Changed, false, &times, now + 2 * SECOND), Act::Wait);
    assert_eq!((file.stage, file.next), (Stage::Growing, now + 62 * SECOND));
    assert_eq!(file.signal(b, Signal::Closed, false, &times, now + 3 * SECOND), Act::Queue);
    file.stage = Stage::Busy;
    file.shorten(&times, now);
    assert_eq!(file.due(b, &times, now + 62 * SECOND), Act::Queue);
    assert_eq!(file.stage, Stage::Queued(AsItIs));
    // More came at the last moment after all.
    assert_eq!(file.signal(a, Signal::Changed, false, &times, now + 63 * SECOND), Act::Wait);
    assert_eq!(file.stage, Stage::Growing);
}

#[test]
fn an_empty_file_is_the_beginning_of_one() {
    let times = times(false, Duration::ZERO);
    let [none, some] = looks([0, 20]);
    let now = Instant::now();
    let mut file = Waiting::new(none, false, Signal::Closed, &times, now);
    assert_eq!(file.signal(none, Signal::Closed, false, &times, now), Act::Wait);
    assert_eq!(file.stage, Stage::Short);
    assert_eq!(file.signal(some, Signal::Closed, false, &times, now), Act::Queue);
    let mut file = Waiting::new(none, false, Signal::Found, &times, now);
    assert_eq!(file.signal(none, Signal::Found, true, &times, now), Act::Wait);
    assert_eq!(file.due(none, &times, now + SECOND), Act::Wait);
    assert_eq!(file.due(none, &times, now + 60 * SECOND), Act::Queue);
    assert_eq!(file.stage, Stage::Queued(AsItIs));
}

#[test]
fn a_file_that_was_there_is_taken_when_nobody_writes_to_it() {
    let [a, b] = looks([10, 20]);
    let now = Instant::now();
    let watched = times(false, Duration::ZERO);
    let mut file = Waiting::new(a, false, Signal::Found, &watched, now);
    assert_eq!(file.signal(a, Signal::Found, true, &watched, now), Act::Queue);
    for polling in [false, true] {
        let times = times(polling, Duration::ZERO);
        let mut file = Waiting::new(a, false, Signal::Found, &times, now);
        assert_eq!(file.signal(a, Signal::Found, false, &times, now), Act::Wait);
        assert_eq!(file.due(b, &times, now + SECOND), Act::Wait);
        assert_eq!(file.next, now + 2 * SECOND);
        assert_eq!(file.due(b, &times, now + 2 * SECOND), Act::Queue);
        assert_eq!(file.stage, Stage::Queued(Required));
    }
}

#[test]
fn where_nothing_is_told_a_short_file_is_looked_at_again_and_again() {
    let times = times(true, Duration::ZERO);
    let [a, b] = looks([10, 20]);
    let now = Instant::now();
    let mut file = Waiting::new(a, false, Signal::Found, &times, now);
    assert_eq!(file.due(a, &times, now + SECOND), Act::Queue);
    file.stage = Stage::Busy;
    file.shorten(&times, now);
    assert_eq!(file.next, now + SECOND);
    assert_eq!(file.due(a, &times, now + 2 * SECOND), Act::Wait);
    assert_eq!(file.due(b, &times, now + 3 * SECOND), Act::Wait);
    assert_eq!(file.stage, Stage::Seen);
    assert_eq!(file.due(b, &times, now + 4 * SECOND), Act::Queue);
}

#[test]
fn a_renamed_file_may_be_closed_first() {
    let a = look(10);
    let now = Instant::now();
    let patient = times(false, SECOND);
    let mut file = Waiting::new(a, false, Signal::Renamed, &patient, now);
    assert_eq!(file.signal(a, Signal::Renamed, false, &patient, now), Act::Wait);
    assert_eq!(file.signal(a, Signal::Changed, false, &patient, now), Act::Wait);
    assert_eq!(file.due(a, &patient, now + SECOND), Act::Queue);
    let prompt = times(false, Duration::ZERO);
    let mut file = Waiting::new(a, false, Signal::Renamed, &prompt, now);
    assert_eq!(file.signal(a, Signal::Renamed, false, &prompt, now), Act::Queue);
}

#[test]
fn trouble_is_told_once_and_tried_again() {
    let times = times(false, Duration::ZERO);
    let a = look(10);
    let now = Instant::now();
    let mut file = Waiting::new(a, false, Signal::Found, &times, now);
    file.stage = Stage::Busy;
    assert!(file.refuse(times.retry, now));
    assert_eq!(file.due(a, &times, now + 60 * SECOND), Act::Queue);
    assert!(!file.refuse(times.retry, now));
    // Somebody gave permission.
    assert_eq!(file.signal(a, Signal::Changed, false, &times, now), Act::Queue);
}

#[test]
fn a_provisional_name_is_waited_out_and_told_once() {
    let times = times(false, Duration::ZERO);
    let a = look(10);
    let now = Instant::now();
    let mut file = Waiting::new(a, true, Signal::Found, &times, now);
    for signal in [Signal::Found, Signal::Changed, Signal::Closed] {
        assert_eq!(file.signal(a, signal, true, &times, now), Act::Wait);
    }
    assert_eq!(file.due(a, &times, now + 60 * SECOND), Act::TellUnnamed);
    assert_eq!(file.due(a, &times, now + 120 * SECOND), Act::Wait);
}

#[test]
fn what_is_told_while_it_is_taken_is_kept() {
    let times = times(false, Duration::ZERO);
    let a = look(10);
    let now = Instant::now();
    let mut file = Waiting::new(a, false, Signal::Closed, &times, now);
    file.stage = Stage::Busy;
    assert_eq!(file.signal(a, Signal::Closed, false, &times, now), Act::Wait);
    assert_eq!(file.signal(a, Signal::Changed, false, &times, now), Act::Wait);
    assert_eq!((file.stage, file.meanwhile), (Stage::Busy, Some(Signal::Closed)));
}

#[test]
fn a_file_that_somebody_still_writes_to_is_not_given_up_on() {
    let times = times(false, Duration::ZERO);
    let a = look(10);
    let now = Instant::now();
    let mut file = Waiting::new(a, false, Signal::Changed, &times, now);
    for round in 1..4 {
        let later = now + 60 * round * SECOND;
        assert_eq!(file.due(a, &times, later), Act::Queue);
        assert_eq!(file.hold_on(&times, later), round == 1, "told once");
        assert_eq!((file.stage, file.next), (Stage::Growing, later + 60 * SECOND));
    }
    assert_eq!(file.signal(a, Signal::Closed, false, &times, now), Act::Queue);
}
