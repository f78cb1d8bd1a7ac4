//! Whether a photograph changed on purpose still looks like itself, and unlike others.

use super::super::proportion::Proportion;
use super::change::Change;
use super::labels::Labelled;
use crate::burst::index::is_copy;
use edgecull_core::burst::Fingerprint;
use serde::Serialize;

/// Pairs listed.
const WORST: usize = 10;

/// False pairs that are put up with, of pairs of unrelated photographs.
const FALSE: f64 = 0.001;

/// A photograph with its versions.
#[derive(Clone, Debug)]
pub struct Looks {
    /// Of the photograph itself.
    pub plain: Fingerprint,
    /// The looks to be compared of each change.
    pub changed: Vec<(Change, [Fingerprint; 2])>,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// Photographs that were compared.
    pub photographs: u64,
    /// Distances up to which two pictures count as one, and what comes of them.
    pub limits: Vec<Limit>,
    /// The distance up to which one in a thousand pairs of unrelated photographs is.
    pub one_in_a_thousand: Option<u32>,
    /// Versions within it.
    pub recall_there: Proportion,
    /// Versions within [`Fingerprint::NEAR`], by change.
    pub changes: Vec<ByChange>,
    /// The pairs of unrelated photographs that look most alike.
    pub alike: Vec<Pair>,
    /// The versions that look least like their photograph.
    pub lost: Vec<Lost>,
}

/// A distance up to which two pictures count as one.
#[derive(Clone, Debug, Serialize)]
pub struct Limit {
    /// What it is for.
    pub name: &'static str,
    /// The distance.
    pub distance: u32,
    /// Versions found.
    pub recall: Proportion,
    /// Pairs of unrelated photographs that are found as well.
    pub false_pairs: Proportion,
}

/// Versions of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct ByChange {
    /// The kind.
    pub change: Change,
    /// Versions found at [`Fingerprint::NEAR`].
    pub recall: Proportion,
    /// The distance of the middle one.
    pub median: u32,
}

/// Two unrelated photographs.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// One.
    pub file: String,
    /// And the other.
    pub other: String,
    /// How far apart.
    pub distance: u32,
}

/// A version that is not found.
#[derive(Clone, Debug, Serialize)]
pub struct Lost {
    /// The photograph.
    pub file: String,
    /// What was done to it.
    pub change: Change,
    /// How far apart.
    pub distance: u32,
}

impl Findings {
    /// Compares versions with their photographs, and photographs of different groups.
    #[must_use]
    pub fn new(photos: &[(&Labelled, Looks)]) -> Self {
        let mut versions = Vec::new();
        for (at, (_, looks)) in photos.iter().enumerate() {
            let distances = looks
                .changed
                .iter()
                .map(|(change, [a, b])| (a.distance(b), is_copy(a, b).is_some(), *change, at));
            versions.extend(distances);
        }
        let mut unrelated = Vec::new();
        for (at, (frame, looks)) in photos.iter().enumerate() {
            for (other, (its, theirs)) in photos.iter().enumerate().take(at) {
                if its.group != frame.group {
                    let copy = is_copy(&looks.plain, &theirs.plain).is_some();
                    unrelated.push((looks.plain.distance(&theirs.plain), copy, at, other));
                }
            }
        }
        unrelated.sort_unstable();
        versions.sort_unstable();
        let within = |limit: u32| {
            let found = versions.partition_point(|&(distance, ..)| distance <= limit);
            let wrong = unrelated.partition_point(|&(distance, ..)| distance <= limit);
            (found as u64, wrong as u64)
        };
        let shares = |(found, wrong): (u64, u64)| {
            let of = |count, all: usize| Proportion::new(count, all as u64);
            (of(found, versions.len()), of(wrong, unrelated.len()))
        };
        let limit = |name, distance, counts| {
            let (recall, false_pairs) = shares(counts);
            Limit { name, distance, recall, false_pairs }
        };
        let copies = (
            versions.iter().filter(|version| version.1).count() as u64,
            unrelated.iter().filter(|pair| pair.1).count() as u64,
        );
        // As many unrelated pairs may be within it, and the next is not.
        let allowed = (unrelated.len() as f64 * FALSE) as usize;
        let there = unrelated.get(allowed).map(|&(distance, ..)| distance.saturating_sub(1));
        Self {
            photographs: photos.len() as u64,
            limits: vec![
                limit("within the gap", Fingerprint::BURST, within(Fingerprint::BURST)),
                limit("in a series", Fingerprint::NEAR, within(Fingerprint::NEAR)),
                limit("anywhere", Fingerprint::SAME, copies),
            ],
            one_in_a_thousand: there,
            recall_there: shares(within(there.unwrap_or(0))).0,
            changes: by_change(&versions),
            alike: unrelated
                .iter()
                .take(WORST)
                .map(|&(distance, _, at, other)| Pair {
                    file: photos[other].0.file.clone(),
                    other: photos[at].0.file.clone(),
                    distance,
                })
                .collect(),
            lost: versions
                .iter()
                .rev()
                .take_while(|&&(distance, ..)| distance > Fingerprint::NEAR)
                .take(WORST)
                .map(|&(distance, _, change, at)| Lost {
                    file: photos[at].0.file.clone(),
                    change,
                    distance,
                })
                .collect(),
        }
    }
}

/// Versions, the nearest first, by change.
fn by_change(versions: &[(u32, bool, Change, usize)]) -> Vec<ByChange> {
    let by = |change| {
        let distances: Vec<u32> = versions
            .iter()
            .filter(|version| version.2 == change)
            .map(|version| version.0)
            .collect();
        let near = distances.iter().filter(|&&distance| distance <= Fingerprint::NEAR).count();
        let recall = Proportion::new(near as u64, distances.len() as u64);
        distances.get(distances.len() / 2).map(|&median| ByChange { change, recall, median })
    };
    Change::ALL.into_iter().filter_map(by).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::burst::samples::{Random, near, unrelated};
    use std::path::PathBuf;

    #[test]
    fn versions_are_counted_apart_from_unrelated_pairs() {
        let mut random = Random::new(5);
        let frames: Vec<Labelled> = (0..40)
            .map(|at| Labelled {
                file: format!("{at}.jpg"),
                path: PathBuf::new(),
                // The last two are of one scene.
                group: at.min(38),
                time_ms: None,
            })
            .collect();
        let photos: Vec<_> = frames
            .iter()
            .map(|frame| {
                let plain = unrelated(&mut random);
                let half = [plain, near(&plain, 10, &mut random)];
                let lost = [plain, unrelated(&mut random)];
                let changed = vec![(Change::Half, half), (Change::Brighter, lost)];
                (frame, Looks { plain, changed })
            })
            .collect();
        let found = Findings::new(&photos);
        let [burst, near, same] = &found.limits[..] else { panic!("{found:?}") };
        assert_eq!((near.recall.count, near.recall.total), (40, 80));
        assert_eq!((near.false_pairs.count, near.false_pairs.total), (0, 40 * 39 / 2 - 1));
        assert_eq!((same.recall.count, burst.recall.count), (40, 40));
        let [brighter, half] = &found.changes[..] else { panic!("{found:?}") };
        assert_eq!((half.change, half.recall.count), (Change::Half, 40));
        assert_eq!((brighter.change, brighter.recall.count), (Change::Brighter, 0));
        assert_eq!((found.lost.len(), found.alike.len()), (10, 10));
        assert!(found.one_in_a_thousand.is_some_and(|limit| limit < found.alike[0].distance));
        assert!(found.alike.is_sorted_by_key(|pair| pair.distance));
    }

    #[test]
    fn nothing_has_no_figures() {
        let found = Findings::new(&[]);
        assert!(found.changes.is_empty() && found.one_in_a_thousand.is_none());
        assert_eq!(found.recall_there.share, None);
    }
}
