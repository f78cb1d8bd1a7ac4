//! The company of a folder's frames, which are held until all of them are judged: some
//! 2 KiB a frame.

use super::{Grouping, LONGEST_SET, Numbers, joins_burst, joins_set};
use crate::burst::{Bursts, Place, places};
use crate::pipeline::{InBurst, Judged, Traits};
use edgecull_core::burst::best::Candidate;
use edgecull_core::burst::{self, Sets};
use edgecull_core::judge::Strictness;
use std::collections::HashMap;
use std::sync::Arc;

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
                joins_set(judged, set, *id, name);
            } else if place.size > 1 {
                let Place { burst, rank, size } = place;
                let (id, name) = bursts.entry(burst).or_insert_with(|| {
                    numbers.bursts += 1;
                    (numbers.bursts, name(item))
                });
                let burst = InBurst { id: *id, rank, size, name: Arc::clone(name) };
                joins_burst(judged, burst, self.grouping.keep, strictness);
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

#[cfg(test)]
mod tests {
    use super::super::samples::frame;
    use super::*;
    use crate::burst::samples::{Random, near, unrelated};
    use crate::pipeline::Company;
    use edgecull_core::burst::SetKind;
    use edgecull_core::verdict::{Decision, ReasonCode};
    use std::num::NonZeroU32;

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
