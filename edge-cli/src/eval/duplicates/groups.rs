//! Which files grouping puts together, and which belong together.
//!
//! Pairs are counted: a pair is *found* where both files are in one burst, and *right*
//! where both are of one group. Counting pairs, a group torn in the middle costs half of
//! it, and two large groups taken for one cost more than two small ones.

use super::super::bootstrap::{intervals, numbered};
use super::labels::Labelled;
use serde::Serialize;
use std::collections::BTreeMap;

/// Mistakes listed on each side.
const WORST: usize = 10;

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// Milliseconds between frames of a burst at most.
    pub gap_ms: u32,
    /// Files that were compared.
    pub compared: u64,
    /// Files of which a time is known.
    pub timed: u64,
    /// Bursts that were found, single frames among them.
    pub bursts: u64,
    /// Pairs of one group.
    pub pairs: u64,
    /// Pairs of one burst.
    pub found: u64,
    /// Pairs of both.
    pub right: u64,
    /// Share of the found pairs that are right.
    pub precision: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub precision_interval: Option<[f64; 2]>,
    /// Share of the groups' pairs that are found.
    pub recall: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub recall_interval: Option<[f64; 2]>,
    /// The harmonic mean of precision and recall.
    pub f1: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub f1_interval: Option<[f64; 2]>,
    /// Groups torn into the most bursts.
    pub torn: Vec<Torn>,
    /// Bursts that hold the most groups.
    pub mixed: Vec<Mixed>,
}

/// A group in several bursts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Torn {
    /// Its first file.
    pub file: String,
    /// How many files it has.
    pub files: u64,
    /// How many bursts they are in.
    pub bursts: u64,
}

/// A burst of several groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mixed {
    /// Its first file.
    pub file: String,
    /// The first file in it of another group.
    pub other: String,
    /// How many files it has.
    pub files: u64,
    /// How many groups they are of.
    pub groups: u64,
}

/// Pairs among so many files.
fn pairs(files: u64) -> u64 {
    files * files.saturating_sub(1) / 2
}

impl Findings {
    /// Compares each file's burst with its group.
    #[must_use]
    pub fn new(files: &[(&Labelled, u32)], timed: u64, gap_ms: u32) -> Self {
        let number = numbered(files.iter().map(|(frame, _)| frame.group).collect());
        // How many files of a group lie in a burst.
        let mut by_burst: BTreeMap<u32, BTreeMap<usize, u64>> = BTreeMap::new();
        let mut by_group: BTreeMap<usize, BTreeMap<u32, u64>> = BTreeMap::new();
        for (frame, burst) in files {
            let group = number(frame.group);
            *by_burst.entry(*burst).or_default().entry(group).or_default() += 1;
            *by_group.entry(group).or_default().entry(*burst).or_default() += 1;
        }
        let groups = by_group.len();
        let (mut own, mut right, mut wrong) = (vec![0; groups], vec![0; groups], Vec::new());
        for (&group, bursts) in &by_group {
            own[group] = pairs(bursts.values().sum());
            right[group] = bursts.values().map(|&files| pairs(files)).sum();
        }
        for held in by_burst.values() {
            for (&one, &files) in held {
                let others = held.range(one + 1..);
                wrong.extend(others.map(|(&other, &more)| (one, other, files * more)));
            }
        }
        // A group that was drawn twice is two groups, that look like each other: what lies
        // between them says nothing.
        let figures = |weights: &[u32]| {
            let weighed = |counts: &[u64]| {
                counts.iter().zip(weights).map(|(&n, &w)| n * u64::from(w)).sum::<u64>()
            };
            let weight = |group: usize| weights.get(group).copied().map_or(0, u64::from);
            let false_pairs: u64 = wrong.iter().map(|&(a, b, n)| n * weight(a) * weight(b)).sum();
            let (right, own) = (weighed(&right), weighed(&own));
            let share = |of: u64| (of > 0).then(|| right as f64 / of as f64);
            let all = own + right + false_pairs;
            let f1 = (all > 0).then(|| 2.0 * right as f64 / all as f64);
            [share(right + false_pairs), share(own), f1]
        };
        let [precision, recall, f1] = figures(&vec![1; groups]);
        let [precision_interval, recall_interval, f1_interval] = intervals(groups, figures);
        let found = by_burst.values().map(|held| pairs(held.values().sum())).sum();
        Self {
            gap_ms,
            compared: files.len() as u64,
            timed,
            bursts: by_burst.len() as u64,
            pairs: own.iter().sum(),
            found,
            right: right.iter().sum(),
            precision,
            precision_interval,
            recall,
            recall_interval,
            f1,
            f1_interval,
            torn: torn(files, &by_group, &number),
            mixed: mixed(files, &by_burst),
        }
    }
}

fn torn(
    files: &[(&Labelled, u32)],
    by_group: &BTreeMap<usize, BTreeMap<u32, u64>>,
    number: impl Fn(usize) -> usize,
) -> Vec<Torn> {
    let several = by_group.iter().filter(|(_, bursts)| bursts.len() > 1);
    let mut torn: Vec<Torn> = several
        .filter_map(|(&group, bursts)| {
            let (first, _) = files.iter().find(|(frame, _)| number(frame.group) == group)?;
            let (files, bursts) = (bursts.values().sum(), bursts.len() as u64);
            Some(Torn { file: first.file.clone(), files, bursts })
        })
        .collect();
    torn.sort_by_key(|torn| std::cmp::Reverse(torn.bursts));
    torn.truncate(WORST);
    torn
}

fn mixed(files: &[(&Labelled, u32)], by_burst: &BTreeMap<u32, BTreeMap<usize, u64>>) -> Vec<Mixed> {
    let several = by_burst.iter().filter(|(_, held)| held.len() > 1);
    let mut mixed: Vec<Mixed> = several
        .filter_map(|(&burst, held)| {
            let mut members = files.iter().filter(|(_, b)| *b == burst).map(|(frame, _)| frame);
            let first = members.next()?;
            let other = members.find(|frame| frame.group != first.group)?;
            Some(Mixed {
                file: first.file.clone(),
                other: other.file.clone(),
                files: held.values().sum(),
                groups: held.len() as u64,
            })
        })
        .collect();
    mixed.sort_by_key(|mixed| std::cmp::Reverse(mixed.groups));
    mixed.truncate(WORST);
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn findings(rows: &[(usize, u32)]) -> Findings {
        let frames: Vec<Labelled> = rows
            .iter()
            .enumerate()
            .map(|(at, &(group, _))| Labelled {
                file: format!("{at}.jpg"),
                path: PathBuf::new(),
                group,
                time_ms: None,
            })
            .collect();
        let files: Vec<_> = frames.iter().zip(rows).map(|(f, &(_, burst))| (f, burst)).collect();
        Findings::new(&files, 0, 3000)
    }

    #[test]
    fn pairs_by_hand() {
        // Group 7 has four files, in bursts of three and one; group 9 two, of which one
        // is with the three.
        let found = findings(&[(7, 0), (7, 0), (7, 0), (7, 3), (9, 0), (9, 5)]);
        assert_eq!((found.pairs, found.found, found.right, found.bursts), (7, 6, 3, 3));
        assert_eq!((found.precision, found.recall), (Some(0.5), Some(3.0 / 7.0)));
        assert!((found.f1.expect("some") - 6.0 / 13.0).abs() < 1e-12);
        let torn = |file: &str, files, bursts| Torn { file: file.into(), files, bursts };
        assert_eq!(found.torn, [torn("0.jpg", 4, 2), torn("4.jpg", 2, 2)]);
        let mixed = Mixed { file: "0.jpg".into(), other: "4.jpg".into(), files: 4, groups: 2 };
        assert_eq!(found.mixed, [mixed]);
    }

    #[test]
    fn nothing_to_find_has_no_share() {
        let alone = findings(&[(0, 0), (1, 1), (2, 2)]);
        assert_eq!((alone.precision, alone.recall, alone.f1), (None, None, None));
        let perfect = findings(&[(0, 0), (0, 0), (1, 2), (1, 2)]);
        assert_eq!((perfect.f1, perfect.f1_interval), (Some(1.0), Some([1.0, 1.0])));
        assert!(perfect.torn.is_empty() && perfect.mixed.is_empty());
    }
}
