//! The bursts of a folder.
//!
//! In come the [`Shot`]s of its frames, in their order; out comes for each its burst, the
//! burst's size, and the frame's place among the burst's frames, the best first.
//!
//! Frames near each other in the folder are grouped as core groups a stream: see
//! [`Groups`]. A frame that opens a burst there is looked up in an [`index`] of all bursts
//! before: copies of a picture may lie anywhere in a folder.
//!
//! ```text
//! Shot ──> Groups (the last 64 bursts) ──> a burst ──┐
//!             └─ opens one ──> Index (all bursts) ───┴─> Bursts ──> Place
//! ```

pub mod index;
pub mod samples;

use edgecull_core::burst::best::{Candidate, order};
use edgecull_core::burst::{Groups, Shot};
use index::Index;
use std::collections::HashMap;

/// Bursts that a frame is compared with, whatever the number of frames.
const WINDOW: usize = 64;

/// The bursts of a folder, as far as its frames are known.
#[derive(Debug)]
pub struct Bursts {
    groups: Groups<WINDOW>,
    index: Index,
    /// The burst of each picture in the index.
    indexed: Vec<u32>,
    /// What the stream calls a burst, and what it is here, where that differs.
    same: HashMap<u32, u32>,
    /// The burst of each frame.
    members: Vec<u32>,
}

/// Where a frame stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The burst: the number of its first frame, from 0.
    pub burst: u32,
    /// How many frames it has.
    pub size: u32,
    /// The frame's place in it, from 1 for the best.
    pub rank: u32,
}

impl Bursts {
    /// No frames so far. Frames of a burst are at most `gap_ms` milliseconds apart, each
    /// from the next.
    #[must_use]
    pub fn new(gap_ms: u32) -> Self {
        Self {
            groups: Groups::new(gap_ms),
            index: Index::new(),
            indexed: Vec::new(),
            same: HashMap::new(),
            members: Vec::new(),
        }
    }

    /// Takes the next frame, `None` for one of which there is nothing to compare: it is a
    /// burst of its own. Gives its burst.
    pub fn push(&mut self, shot: Option<&Shot>) -> u32 {
        // Keeps the stream's numbers those of the frames.
        let number = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        let burst = match shot {
            None => {
                self.groups.skip();
                number
            }
            Some(shot) => {
                let member = self.groups.push(shot);
                if member.index == 0 {
                    self.open(member.burst, shot)
                } else {
                    self.known(member.burst)
                }
            }
        };
        self.members.push(burst);
        burst
    }

    /// The burst that the stream calls so.
    fn known(&self, burst: u32) -> u32 {
        self.same.get(&burst).copied().unwrap_or(burst)
    }

    /// The burst of a frame that resembles none of late.
    fn open(&mut self, burst: u32, shot: &Shot) -> u32 {
        let copied = self.index.copy_of(&shot.fingerprint);
        if let Some(&before) = copied.and_then(|at| self.indexed.get(at as usize)) {
            self.same.insert(burst, before);
            return before;
        }
        self.index.insert(&shot.fingerprint);
        self.indexed.push(burst);
        burst
    }

    /// The burst of each frame so far.
    #[must_use]
    pub fn members(&self) -> &[u32] {
        &self.members
    }
}

/// The places of frames whose bursts are known, of which `candidates` tells how good they
/// are. A frame without one is the last of its burst.
#[must_use]
pub fn places(members: &[u32], candidates: &[Candidate]) -> Vec<Place> {
    let mut frames: HashMap<u32, Vec<usize>> = HashMap::new();
    for (frame, &burst) in members.iter().enumerate() {
        frames.entry(burst).or_default().push(frame);
    }
    let mut places = vec![Place { burst: 0, size: 0, rank: 0 }; members.len()];
    for (burst, frames) in frames {
        let of = |frame: &usize| candidates.get(*frame).copied().unwrap_or_default();
        let those: Vec<Candidate> = frames.iter().map(of).collect();
        let size = u32::try_from(frames.len()).unwrap_or(u32::MAX);
        let mut best_first = vec![0; frames.len()];
        for (rank, &at) in (1..).zip(order(&those, &mut best_first)) {
            if let Some(place) = frames.get(at as usize).and_then(|&frame| places.get_mut(frame)) {
                *place = Place { burst, size, rank };
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::samples::{Random, near, unrelated};
    use super::*;
    use edgecull_core::burst::{Fingerprint, Taken, group::GAP_MS};

    fn shot(fingerprint: Fingerprint, time_ms: Option<i64>) -> Shot {
        Shot { fingerprint, taken: Taken { time_ms, ..Taken::default() } }
    }

    #[test]
    fn a_copy_is_found_wherever_it_lies() {
        let mut random = Random::new(1);
        let looks: Vec<_> = (0..500).map(|_| unrelated(&mut random)).collect();
        let mut bursts = Bursts::new(GAP_MS);
        for (number, look) in (0u32..).zip(&looks) {
            assert_eq!(bursts.push(Some(&shot(*look, None))), number);
        }
        // Days later; then the burst goes on, and it is still the first one.
        let copy = near(&looks[3], 10, &mut random);
        assert_eq!(bursts.push(Some(&shot(copy, Some(86_400_000)))), 3);
        let moved = near(&copy, 60, &mut random);
        assert_eq!(bursts.push(Some(&shot(moved, Some(86_400_200)))), 3);
        assert_eq!(bursts.members()[500..], [3, 3]);
    }

    #[test]
    fn what_cannot_be_compared_stands_alone() {
        let mut random = Random::new(2);
        let look = unrelated(&mut random);
        let mut bursts = Bursts::new(GAP_MS);
        let shots = [Some(shot(look, None)), None, Some(shot(look, None)), None];
        let found = shots.map(|shot| bursts.push(shot.as_ref()));
        assert_eq!(found, [0, 1, 0, 3]);
    }

    #[test]
    fn places_are_within_each_burst() {
        let good = Candidate { judged: true, sharpness: 0.9, score: 0.9, ..Candidate::default() };
        let better = Candidate { score: 1.0, ..good };
        let places = places(&[0, 1, 0, 0, 1], &[good, good, better, good]);
        let ranks: Vec<_> = places.iter().map(|p| (p.burst, p.rank, p.size)).collect();
        assert_eq!(ranks, [(0, 2, 3), (1, 1, 2), (0, 1, 3), (0, 3, 3), (1, 2, 2)]);
    }

    #[test]
    fn a_large_folder_is_grouped_in_one_pass() {
        let mut random = Random::new(3);
        let mut bursts = Bursts::new(GAP_MS);
        let (mut truth, mut look, mut time) = (Vec::new(), Fingerprint::default(), 0);
        for number in 0u32..6_000 {
            if number % 3 == 0 {
                look = unrelated(&mut random);
                time += 20_000;
            } else {
                look = near(&look, 50, &mut random);
                time += 300;
            }
            truth.push(number / 3 * 3);
            bursts.push(Some(&shot(look, Some(time))));
        }
        assert_eq!(bursts.members(), truth);
    }
}
