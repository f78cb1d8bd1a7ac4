use super::super::samples::{frame, series};
use super::*;
use crate::burst::samples::{Random, near, unrelated};
use crate::pipeline::Company;
use edgecull_core::burst::{Fingerprint, SetKind};
use edgecull_core::verdict::{Decision, Reason, ReasonCode};
use proptest::prelude::*;
use std::num::NonZeroU32;
use std::sync::LazyLock;

const HOLD: Duration = Duration::from_secs(2);

fn stream(hold: Option<Duration>) -> Stream<u32> {
    Stream::new(Grouping::default(), Strictness::Normal, hold, |item: &u32| item.to_string().into())
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A frame's rank in its burst, and the burst's size.
type Rank = (u32, u32);

/// A set's number, a frame's place in it, and its size.
type Member = (u32, u32, u32);

/// What is given, in short: the frame, whether again, its decision, and its place.
fn told(decided: &[Decided<u32>]) -> Vec<(u32, bool, Decision, Option<Rank>)> {
    let short = |d: &Decided<u32>| {
        let burst = d.judged.company.burst.as_ref().map(|burst| (burst.rank, burst.size));
        (d.item, d.again, d.judged.verdict.decision, burst)
    };
    decided.iter().map(short).collect()
}

/// The sets of what is given: the frame, the set's number, the place in it and its size.
fn sets(decided: &[Decided<u32>]) -> Vec<(u32, Option<Member>)> {
    let short = |d: &Decided<u32>| {
        let set = d.judged.company.set.as_ref();
        (d.item, set.map(|set| (set.id, set.index, set.size)))
    };
    decided.iter().map(short).collect()
}

use Decision::{Error, Keep, Review};

#[test]
fn without_a_hold_each_frame_is_measured_against_those_before() {
    let mut random = Random::new(1);
    let look = unrelated(&mut random);
    let mut stream = stream(None);
    let now = Instant::now();
    let mut push = |item, judged| {
        let decided = stream.push(item, judged, now);
        told(&decided)
    };
    let alike = |time, score, random: &mut Random| frame(near(&look, 20, random), time, score);
    assert_eq!(push(0, frame(look, 0, 0.5)), [(0, false, Keep, None)]);
    // Worse than the best so far; better than it; between the two.
    assert_eq!(push(1, alike(100, 0.4, &mut random)), [(1, false, Review, Some((2, 2)))]);
    assert_eq!(push(2, alike(200, 0.9, &mut random)), [(2, false, Keep, Some((1, 3)))]);
    let other = frame(unrelated(&mut random), 300, 0.1);
    assert_eq!(push(3, other), [(3, false, Keep, None)]);
    assert_eq!(push(4, alike(400, 0.6, &mut random)), [(4, false, Review, Some((2, 4)))]);
    assert_eq!(push(5, Judged::unread("gone")), [(5, false, Error, None)]);
    assert_eq!((stream.held(), stream.next_deadline()), (0, None));
    assert!(stream.finish().is_empty());
}

#[test]
fn with_a_hold_a_burst_is_given_when_it_has_ended_the_best_of_it_kept() {
    let mut random = Random::new(2);
    let [one, other] = [(); 2].map(|()| unrelated(&mut random));
    let mut stream = stream(Some(HOLD));
    let start = Instant::now();
    let mut shoot = |stream: &mut Stream<u32>, item, look: &Fingerprint, at, score| {
        let judged = frame(near(look, 20, &mut random), at, score);
        told(&stream.push(item, judged, start + ms(at as u64)))
    };
    assert_eq!(shoot(&mut stream, 0, &one, 0, 0.5), []);
    assert_eq!(shoot(&mut stream, 1, &other, 500, 0.5), []);
    assert_eq!(shoot(&mut stream, 2, &one, 1_000, 0.9), []);
    // What cannot be compared waits for nobody.
    let unread = stream.push(3, Judged::unread("gone"), start + ms(1_200));
    assert_eq!(told(&unread), [(3, false, Error, None)]);
    assert_eq!((stream.held(), stream.next_deadline()), (3, Some(start + ms(2_500))));
    assert_eq!(told(&stream.poll(start + ms(2_499))), []);
    assert_eq!(told(&stream.poll(start + ms(2_500))), [(1, false, Keep, None)]);
    assert_eq!(stream.next_deadline(), Some(start + ms(3_000)));
    // A frame that comes first puts it off; one that comes too late finds it given.
    assert_eq!(shoot(&mut stream, 4, &one, 2_900, 0.2), []);
    let given = [(0, false, Review, Some((2, 3))), (2, false, Keep, Some((1, 3)))];
    let last = [(4, false, Review, Some((3, 3)))];
    assert_eq!(shoot(&mut stream, 5, &other, 4_900, 0.1), [&given[..], &last].concat());
    assert_eq!(stream.held(), 1);
    assert_eq!(told(&stream.finish()), [(5, false, Review, Some((2, 2)))]);
}

#[test]
fn numbers_go_on_and_bursts_are_named_for_their_first_frame() {
    let mut random = Random::new(3);
    let mut stream = stream(None);
    let now = Instant::now();
    let mut numbered = Vec::new();
    for burst in 0..3u32 {
        let look = unrelated(&mut random);
        for frame_of in 0..3u32 {
            let item = 10 * burst + frame_of;
            let time = i64::from(60_000 * burst + 100 * frame_of);
            let judged = frame(near(&look, 10, &mut random), time, 0.5);
            let decided = stream.push(item, judged, now);
            let burst = decided[0].judged.company.burst.clone();
            numbered.push(burst.map(|burst| (burst.id, burst.name.to_string())));
        }
    }
    let of = |id, name: &str| Some((id, name.to_owned()));
    let expected = [
        [None, of(1, "0"), of(1, "0")],
        [None, of(2, "10"), of(2, "10")],
        [None, of(3, "20"), of(3, "20")],
    ];
    assert_eq!(numbered, expected.concat());
}

#[test]
fn as_many_as_asked_for_are_kept() {
    let mut random = Random::new(4);
    let look = unrelated(&mut random);
    let keep = NonZeroU32::new(2).expect("two");
    let grouping = Grouping { keep, ..Grouping::default() };
    for (hold, decisions) in
        [(None, [Keep, Keep, Review, Keep]), (Some(HOLD), [Review, Keep, Review, Keep])]
    {
        let mut stream =
            Stream::new(grouping, Strictness::Normal, hold, |item: &u32| item.to_string().into());
        let mut decided = Vec::new();
        for (item, score) in [(0, 0.5), (1, 0.9), (2, 0.3), (3, 0.6)] {
            let judged = frame(look, i64::from(item) * 100, score);
            decided.extend(stream.push(item, judged, Instant::now()));
        }
        decided.extend(stream.finish());
        let given: Vec<_> = decided.iter().map(|d| d.judged.verdict.decision).collect();
        assert_eq!(given, decisions, "{hold:?}");
    }
}

/// A bracket whose frames have what brackets have, and what they do not.
fn bracket() -> Vec<Judged> {
    let mut frames = series("bracket_3_metered_2_exif");
    for (judged, code) in
        frames.iter_mut().skip(1).zip([ReasonCode::UNDEREXPOSED, ReasonCode::OVEREXPOSED])
    {
        let (measured, threshold) = (Some(0.9), Some(0.5));
        judged.verdict.add(Reason { code, confidence: 0.9, measured, threshold, region: None });
        judged.verdict.decision = Decision::Reject;
    }
    frames
}

#[test]
fn a_bracket_that_shows_later_is_given_again_whole_and_unblamed() {
    let frames = bracket();
    let look = frames[0].traits.as_ref().expect("traits").shot.fingerprint;
    for ends_by in ["a pause", "another frame", "the end"] {
        let mut stream = stream(None);
        let now = Instant::now();
        for (item, judged) in (0..).zip(frames.clone()) {
            let decided = stream.push(item, judged, now);
            assert_eq!(decided.len(), 1);
            assert_eq!(decided[0].judged.company.set, None);
        }
        let other = frame(unrelated(&mut Random::new(5)), 3_600_000, 0.5);
        let again = match ends_by {
            "a pause" => {
                assert_eq!(stream.next_deadline(), Some(now + PAUSE));
                assert!(stream.poll(now + PAUSE - ms(1)).is_empty());
                let again = stream.poll(now + PAUSE);
                assert_eq!(stream.next_deadline(), None);
                again
            }
            "another frame" => {
                let mut given = stream.push(9, other, now);
                assert_eq!(given.pop().map(|last| (last.item, last.again)), Some((9, false)));
                given
            }
            _ => stream.finish(),
        };
        let in_set = |item| (item, Some((1, item, 3)));
        assert_eq!(sets(&again), [0, 1, 2].map(in_set), "{ends_by}");
        for decided in &again {
            assert!(decided.again);
            let Judged { verdict, company, .. } = &decided.judged;
            assert_eq!((verdict.decision, verdict.reasons.len()), (Keep, 0), "{ends_by}");
            assert_eq!(company.burst, None);
            let set = company.set.as_ref().expect("a set");
            assert_eq!((set.kind, &*set.name), (SetKind::Bracket, "0"));
        }
    }
    // What comes after is measured against the set no more, and its end tells nothing new.
    let mut stream = stream(None);
    let now = Instant::now();
    for (item, judged) in (0..).zip(frames) {
        let _ = stream.push(item, judged, now);
    }
    assert_eq!(stream.poll(now + PAUSE).len(), 3);
    let after = stream.push(3, frame(look, 2_000, 0.1), now + PAUSE);
    assert_eq!(told(&after), [(3, false, Keep, None)]);
    assert!(stream.finish().is_empty());
}

#[test]
fn with_a_hold_a_bracket_is_given_once_and_whole() {
    for ends_by_time in [true, false] {
        let mut stream = stream(Some(HOLD));
        let now = Instant::now();
        for (item, judged) in (0..).zip(bracket()) {
            assert!(stream.push(item, judged, now + ms(100) * item).is_empty());
        }
        let decided = if ends_by_time {
            assert_eq!(stream.next_deadline(), Some(now + ms(200) + HOLD));
            stream.poll(now + ms(200) + HOLD)
        } else {
            let other = frame(unrelated(&mut Random::new(6)), 3_600_000, 0.5);
            let decided = stream.push(9, other, now + ms(300));
            assert_eq!(stream.held(), 1, "the next frame's burst has not ended");
            decided
        };
        assert_eq!(sets(&decided), [0, 1, 2].map(|item| (item, Some((1, item, 3)))));
        assert!(decided.iter().all(|d| !d.again && d.judged.verdict.decision == Keep));
        assert!(stream.finish().iter().all(|d| d.item == 9));
    }
}

#[test]
fn a_set_that_goes_on_after_a_pause_is_one_set() {
    let frames = series("panorama_pale_1");
    let count = frames.len() as u32;
    assert!(count > 3);
    let mut stream = stream(Some(HOLD));
    let mut now = Instant::now();
    let mut last: HashMap<u32, Member> = HashMap::new();
    let mut firsts = Vec::new();
    let mut note = |decided: Vec<Decided<u32>>| {
        for (d, (item, set)) in decided.iter().zip(sets(&decided)) {
            if !d.again {
                firsts.push(item);
            }
            last.extend(set.map(|set| (item, set)));
        }
    };
    for (item, judged) in (0..).zip(frames) {
        note(stream.push(item, judged, now));
        now += HOLD;
        note(stream.poll(now));
    }
    note(stream.finish());
    assert_eq!(firsts, (0..count).collect::<Vec<_>>());
    let expected = (0..count).map(|item| (item, (1, item, count)));
    assert_eq!(last, expected.collect());
}

#[test]
fn however_long_a_burst_is_no_more_is_held_than_there_is_room_for() {
    let mut random = Random::new(7);
    let look = unrelated(&mut random);
    let mut stream = stream(Some(HOLD));
    let now = Instant::now();
    let mut given = Vec::new();
    for item in 0..1_000u32 {
        let score = (item * 37 % 101) as f32 / 101.0;
        let judged = frame(near(&look, 10, &mut random), i64::from(item) * 10, score);
        given.extend(stream.push(item, judged, now));
        assert!(stream.held() < MOST_HELD);
        assert!(stream.watched.len() <= LONGEST_SET + 1);
        assert!(stream.bursts.iter().all(|burst| burst.best.len() <= RANKED));
    }
    given.extend(stream.finish());
    let items: Vec<u32> = given.iter().map(|d| d.item).collect();
    assert_eq!(items, (0..1_000).collect::<Vec<_>>());
    let kept = given.iter().filter(|d| d.judged.verdict.decision == Keep);
    // The best of each part that is better than all before it.
    assert!((1..=4).contains(&kept.count()));
    assert!(given.iter().all(|d| d.judged.company.burst.as_ref().is_some_and(|b| b.id == 1)));
}

/// What may come: a frame that looks like one of a few, one of a rendered series, or one
/// that says nothing; then some time.
#[derive(Clone, Debug)]
enum Step {
    Look { which: usize, hundredths: u32, apart_ms: i64, score: f32 },
    Series { frame: usize },
    Unread,
    Wait { ms: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..5usize, 0..60u32, 0..4_000i64, 0.0..1.0f32).prop_map(
            |(which, hundredths, apart_ms, score)| Step::Look { which, hundredths, apart_ms, score }
        ),
        4 => (0..SERIES.len()).prop_map(|frame| Step::Series { frame }),
        1 => Just(Step::Unread),
        3 => (0..4_000u64).prop_map(|ms| Step::Wait { ms }),
    ]
}

static SERIES: LazyLock<Vec<Judged>> = LazyLock::new(|| {
    [series("bracket_3_metered_2_exif"), series("panorama_3"), series("stack_3")].concat()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_frame_is_decided_once_and_changes_only_by_its_set(
        steps in prop::collection::vec(step(), 1..120),
        in_order in any::<bool>(),
        hold in prop::option::of(0..3_000u64),
        seed in any::<u64>(),
    ) {
        let mut random = Random::new(seed);
        let looks: Vec<Fingerprint> = (0..5).map(|_| unrelated(&mut random)).collect();
        let mut stream = stream(hold.map(ms));
        let (mut now, mut time, mut frames, mut at) = (Instant::now(), 0, 0u32, 0usize);
        let mut first: HashMap<u32, Judged> = HashMap::new();
        let mut check = |decided: Vec<Decided<u32>>, frames: u32| {
            for Decided { item, judged, again } in decided {
                prop_assert!(item < frames);
                let Company { burst, set } = &judged.company;
                prop_assert!(burst.is_none() || set.is_none());
                let duplicate = judged.verdict.has(ReasonCode::NEAR_DUPLICATE);
                prop_assert_eq!(duplicate, burst.as_ref().is_some_and(|burst| burst.rank > 1));
                prop_assert!(burst.as_ref().is_none_or(|b| b.rank >= 1 && b.rank <= b.size));
                prop_assert!(set.as_ref().is_none_or(|set| set.index < set.size));
                prop_assert!(judged.traits.is_none());
                if again {
                    prop_assert!(set.is_some());
                    prop_assert!(first.contains_key(&item), "again before it was given");
                } else {
                    prop_assert!(first.insert(item, judged).is_none(), "given twice");
                }
            }
            Ok(())
        };
        for step in steps {
            let judged = match step {
                Step::Wait { ms: wait } => {
                    now += ms(wait);
                    let due = stream.next_deadline().is_some_and(|at| at <= now);
                    let decided = stream.poll(now);
                    prop_assert!(due || decided.is_empty());
                    prop_assert!(stream.next_deadline().is_none_or(|at| at > now));
                    check(decided, frames)?;
                    continue;
                }
                Step::Look { which, hundredths, apart_ms, score } => {
                    time += apart_ms;
                    frame(near(&looks[which], hundredths, &mut random), time, score)
                }
                Step::Series { frame } => {
                    at = if in_order { at + 1 } else { frame };
                    SERIES[at % SERIES.len()].clone()
                }
                Step::Unread => Judged::unread("gone"),
            };
            let decided = stream.push(frames, judged, now);
            frames += 1;
            let alone = hold.is_none();
            prop_assert!(!alone || decided.iter().any(|d| d.item == frames - 1 && !d.again));
            prop_assert!(stream.held() < MOST_HELD && !(alone && stream.held() > 0));
            prop_assert!(stream.watched.len() <= LONGEST_SET + 1);
            prop_assert!(stream.named.len() <= stream.watched.len() + stream.held());
            check(decided, frames)?;
        }
        check(stream.finish(), frames)?;
        prop_assert_eq!(first.len(), frames as usize);
    }
}
