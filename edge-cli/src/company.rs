//! The company that frames keep: bursts and sets of one folder.
//!
//! In come the judged frames of a folder, in their order; out they go, when all of them
//! are there, each with its place among the others and with what that changes about its
//! verdict. Until then they are held: some 2 KiB a frame.
//!
//! Frames of a set are in no burst, so that nothing of it is thinned out.

use crate::burst::{Bursts, Place, places};
use crate::pipeline::{InBurst, InSet, Judged, Traits};
use edgecull_core::burst::best::Candidate;
use edgecull_core::burst::group::GAP_MS;
use edgecull_core::burst::{self, Sets};
use edgecull_core::judge::{Strictness, together};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Frames of a set at most; a longer one is told in parts.
const LONGEST_SET: usize = 64;

/// How frames are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// Frames of a burst that are no near-duplicates: the best ones.
    pub keep: NonZeroU32,
    /// Frames of a burst are at most so many milliseconds apart, each from the next.
    pub gap_ms: u32,
}

impl Default for Grouping {
    fn default() -> Self {
        Self { keep: NonZeroU32::MIN, gap_ms: GAP_MS }
    }
}

/// Numbers given so far in a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbers {
    bursts: u32,
    sets: u32,
}

/// The frames of one folder; `T` is what they are told apart by.
#[derive(Debug)]
pub struct Folder<T> {
    grouping: Grouping,
    bursts: Bursts,
    sets: Sets<LONGEST_SET>,
    held: Vec<(T, Judged)>,
    candidates: Vec<Candidate>,
    in_set: Vec<Option<burst::InSet>>,
}

impl<T> Folder<T> {
    /// Without a frame.
    #[must_use]
    pub fn new(grouping: Grouping) -> Self {
        Self {
            grouping,
            bursts: Bursts::new(grouping.gap_ms),
            sets: Sets::new(),
            held: Vec::new(),
            candidates: Vec::new(),
            in_set: Vec::new(),
        }
    }

    /// Takes the next frame.
    pub fn push(&mut self, item: T, mut judged: Judged) {
        let traits = judged.traits.take();
        self.bursts.push(traits.as_ref().map(|traits| &traits.shot));
        self.in_set.push(None);
        // One that could not be read does not part the frames on either side.
        if let Some(Traits { shot, sketch, .. }) = traits.as_deref() {
            let id = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
            let placed = self.sets.push(id, sketch, &shot.taken);
            self.place(&placed);
        }
        self.candidates.push(traits.map(|traits| traits.candidate).unwrap_or_default());
        self.held.push((item, judged));
    }

    fn place(&mut self, placed: &[burst::set::Placed]) {
        for placed in placed {
            if let Some(slot) = self.in_set.get_mut(placed.id as usize) {
                *slot = placed.set;
            }
        }
    }

    /// All frames in their order, each with its company. `name` says what a frame is
    /// called.
    pub fn finish(
        mut self,
        strictness: Strictness,
        numbers: &mut Numbers,
        name: impl Fn(&T) -> Arc<str>,
    ) -> Vec<(T, Judged)> {
        let placed = self.sets.finish();
        self.place(&placed);
        let members = parted(self.bursts.members(), &self.in_set);
        let places = places(&members, &self.candidates);
        let (mut bursts, mut sets) = (HashMap::new(), HashMap::new());
        let mut held = self.held;
        for (((item, judged), place), set) in held.iter_mut().zip(places).zip(self.in_set) {
            if let Some(set) = set {
                let (id, name) = sets.entry(set.set).or_insert_with(|| {
                    numbers.sets += 1;
                    (numbers.sets, name(item))
                });
                together::in_set(&mut judged.verdict, set.kind);
                let burst::InSet { kind, index, size, .. } = set;
                let (index, size) = (index.into(), size.into());
                let name = Arc::clone(name);
                judged.company.set = Some(InSet { kind, id: *id, index, size, name });
            } else if place.size > 1 {
                let Place { burst, rank, size } = place;
                let (id, name) = bursts.entry(burst).or_insert_with(|| {
                    numbers.bursts += 1;
                    (numbers.bursts, name(item))
                });
                let keep = self.grouping.keep.get();
                together::in_burst(&mut judged.verdict, rank, keep, strictness);
                let name = Arc::clone(name);
                judged.company.burst = Some(InBurst { id: *id, rank, size, name });
            }
        }
        held
    }
}

/// Bursts without the frames of sets, which stand alone; each named for its first frame.
fn parted(members: &[u32], in_set: &[Option<burst::InSet>]) -> Vec<u32> {
    let mut leaders = HashMap::new();
    let frames = (0u32..).zip(members).zip(in_set);
    frames
        .map(
            |((frame, &burst), set)| {
                if set.is_some() { frame } else { *leaders.entry(burst).or_insert(frame) }
            },
        )
        .collect()
}

/// Frames that come one by one.
#[derive(Debug)]
pub struct Stream<T>(std::marker::PhantomData<T>);

impl<T> Stream<T> {
    /// Without a frame.
    #[must_use]
    pub fn new(_: Grouping, _: Strictness, _: Option<std::time::Duration>) -> Self {
        Self(std::marker::PhantomData)
    }

    /// Takes a frame.
    pub fn push(&mut self, item: T, judged: Judged, _: std::time::Instant) -> Vec<(T, Judged)> {
        vec![(item, judged)]
    }

    /// Those that time decides.
    pub fn poll(&mut self, _: std::time::Instant) -> Vec<(T, Judged)> {
        Vec::new()
    }

    /// The rest.
    #[must_use]
    pub fn finish(self) -> Vec<(T, Judged)> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::burst::samples::{Random, near, unrelated};
    use crate::pipeline::Company;
    use edgecull_core::burst::{Fingerprint, SetKind, Shot, Sketch, Taken};
    use edgecull_core::verdict::{Decision, ReasonCode, Verdict};

    fn frame(look: Fingerprint, time_ms: i64, score: f32) -> Judged {
        let mut judged = Judged::unread("");
        judged.error = None;
        judged.verdict =
            Verdict { decision: Decision::Keep, score: Some(score), ..judged.verdict.clone() };
        judged.traits = Some(Box::new(Traits {
            shot: Shot { fingerprint: look, taken: Taken::at(time_ms) },
            sketch: Sketch::EMPTY,
            candidate: Candidate { judged: true, score, ..Candidate::default() },
        }));
        judged
    }

    fn finish(folder: Folder<u32>, numbers: &mut Numbers) -> Vec<(u32, Judged)> {
        folder.finish(Strictness::Normal, numbers, |item| item.to_string().into())
    }

    #[test]
    fn the_best_of_a_burst_is_kept_and_numbers_go_on_from_folder_to_folder() {
        let mut random = Random::new(7);
        let mut numbers = Numbers::default();
        for run in 1..=2 {
            let look = unrelated(&mut random);
            let mut folder = Folder::new(Grouping::default());
            folder.push(10, frame(unrelated(&mut random), 0, 0.9));
            folder.push(11, frame(look, 60_000, 0.5));
            folder.push(12, frame(near(&look, 20, &mut random), 60_200, 0.8));
            folder.push(13, Judged::unread("gone"));
            let done = finish(folder, &mut numbers);
            assert_eq!(done.iter().map(|(item, _)| *item).collect::<Vec<_>>(), [10, 11, 12, 13]);
            let company: Vec<_> = done.iter().map(|(_, judged)| judged.company.clone()).collect();
            assert_eq!([&company[0], &company[3]], [&Company::default(); 2]);
            let burst = |rank| InBurst { id: run, rank, size: 2, name: "11".into() };
            assert_eq!(company[1].burst, Some(burst(2)));
            assert_eq!(company[2].burst, Some(burst(1)));
            assert_eq!(done[1].1.verdict.decision, Decision::Review);
            assert!(done[1].1.verdict.has(ReasonCode::NEAR_DUPLICATE));
            assert_eq!(done[2].1.verdict.decision, Decision::Keep);
            assert_eq!(done[3].1, Judged::unread("gone"));
        }
    }

    #[test]
    fn a_burst_goes_on_without_the_frames_of_sets() {
        let set = burst::InSet { kind: SetKind::Bracket, set: 0, index: 0, size: 3 };
        let in_set = [Some(set), None, Some(set), None, None];
        assert_eq!(parted(&[0, 0, 0, 0, 4], &in_set), [0, 1, 2, 1, 4]);
    }

    #[test]
    fn as_many_as_asked_for_are_kept() {
        let mut random = Random::new(8);
        let look = unrelated(&mut random);
        let keep = NonZeroU32::new(2).expect("two");
        let mut folder = Folder::new(Grouping { keep, ..Grouping::default() });
        for (item, score) in [(0, 0.2), (1, 0.9), (2, 0.6)] {
            folder.push(item, frame(look, i64::from(item) * 100, score));
        }
        let done = finish(folder, &mut Numbers::default());
        let decisions: Vec<_> = done.iter().map(|(_, judged)| judged.verdict.decision).collect();
        assert_eq!(decisions, [Decision::Review, Decision::Keep, Decision::Keep]);
    }
}
