//! Whether sets are found, and kept whole.
//!
//! In come frames in the order in which they were taken, each with the set that it
//! belongs to and the one that it was put into; out come, for each kind, how many sets
//! were kept whole, and the sets that are none.

use super::proportion::Proportion;
use edgecull_core::burst::set::{InSet, SetKind};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Sets listed for people, of each sort of mistake.
const LISTED: usize = 20;

/// What a frame's label says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// It belongs to a set of this kind.
    Set(SetKind),
    /// It belongs to none, and must be in none.
    None,
    /// It may be in a set or not: a walk around a thing overlaps as panoramas do.
    Either,
}

impl Label {
    /// What a manifest may say.
    pub const WORDS: &'static str = "bracket, panorama, focus_stack, none, either";

    /// From a word of a manifest.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let kinds = [SetKind::Bracket, SetKind::Panorama, SetKind::FocusStack];
        match word.to_ascii_lowercase().as_str() {
            "none" => Some(Self::None),
            "either" => Some(Self::Either),
            word => kinds.into_iter().find(|kind| kind.name() == word).map(Self::Set),
        }
    }
}

/// A labelled frame and where it was put.
#[derive(Clone, Debug)]
pub struct Item {
    /// The file.
    pub file: String,
    /// The truth.
    pub label: Label,
    /// Frames of one set have the same number, and no others have it.
    pub group: usize,
    /// The set that it was put into.
    pub found: Option<InSet>,
}

/// Everything found.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// Of each kind that is there.
    pub kinds: Vec<Kind>,
    /// Frames that are in no set by their labels and were put into one.
    pub false_frames: Proportion,
    /// Sets that hold no frame of a set.
    pub false_sets: usize,
    /// Some of them, each by its kind, its first file and its size.
    pub false_listed: Vec<Mistake>,
    /// Sets that were not kept whole, or not as what they are.
    pub not_whole: Vec<Mistake>,
}

/// What became of the sets of a kind.
#[derive(Clone, Debug, Serialize)]
pub struct Kind {
    /// Its name.
    pub kind: &'static str,
    /// Sets all of whose frames, and no others, are in one set of this kind.
    pub whole: Proportion,
    /// The same, except that other frames may be with them, and that it may be called
    /// another kind: nothing of the set would be thinned.
    pub kept: Proportion,
}

/// A set that is not as it should be.
#[derive(Clone, Debug, Serialize)]
pub struct Mistake {
    /// Its kind.
    pub kind: &'static str,
    /// Its first file.
    pub first: String,
    /// Its frames.
    pub size: usize,
    /// What it should be, or has become.
    pub remark: String,
}

impl Findings {
    /// Of these frames.
    #[must_use]
    pub fn new(items: &[Item]) -> Self {
        let mut truth: BTreeMap<usize, Vec<&Item>> = BTreeMap::new();
        let mut found: BTreeMap<u32, Vec<&Item>> = BTreeMap::new();
        for item in items {
            if matches!(item.label, Label::Set(_)) {
                truth.entry(item.group).or_default().push(item);
            }
            if let Some(set) = item.found {
                found.entry(set.set).or_default().push(item);
            }
        }
        let mut counts: BTreeMap<&'static str, [u64; 3]> = BTreeMap::new();
        let mut not_whole = Vec::new();
        for members in truth.values() {
            let Label::Set(kind) = members[0].label else {
                continue;
            };
            let parts: BTreeSet<_> = members.iter().map(|m| m.found.map(|f| f.set)).collect();
            let one = parts.first().copied().flatten().filter(|_| parts.len() == 1);
            let as_it_is = one.is_some_and(|set| {
                let all = &found[&set];
                all.len() == members.len() && all[0].found.is_some_and(|f| f.kind == kind)
            });
            let [sets, whole, kept] = counts.entry(kind.name()).or_default();
            *sets += 1;
            *whole += u64::from(as_it_is);
            *kept += u64::from(one.is_some());
            if !as_it_is {
                not_whole.push(Mistake {
                    kind: kind.name(),
                    first: members[0].file.clone(),
                    size: members.len(),
                    remark: became(members),
                });
            }
        }
        let strange: Vec<_> =
            found.values().filter(|all| all.iter().all(|m| m.label == Label::None)).collect();
        let listed = strange.iter().take(LISTED).map(|all| Mistake {
            kind: all[0].found.map_or("", |f| f.kind.name()),
            first: all[0].file.clone(),
            size: all.len(),
            remark: "is no set".into(),
        });
        let none = || items.iter().filter(|item| item.label == Label::None);
        let wrong = none().filter(|item| item.found.is_some()).count();
        Self {
            kinds: counts
                .into_iter()
                .map(|(kind, [sets, whole, kept])| Kind {
                    kind,
                    whole: Proportion::new(whole, sets),
                    kept: Proportion::new(kept, sets),
                })
                .collect(),
            false_frames: Proportion::new(wrong as u64, none().count() as u64),
            false_sets: strange.len(),
            false_listed: listed.collect(),
            not_whole,
        }
    }
}

/// Where the frames of a set have gone, in their order: `3 bracket, 1 none`.
fn became(members: &[&Item]) -> String {
    let mut runs: Vec<(Option<u32>, &'static str, usize)> = Vec::new();
    for member in members {
        let key = member.found.map(|f| f.set);
        match runs.last_mut() {
            Some((last, _, count)) if *last == key => *count += 1,
            _ => runs.push((key, member.found.map_or("none", |f| f.kind.name()), 1)),
        }
    }
    let words: Vec<_> = runs.iter().map(|(_, kind, count)| format!("{count} {kind}")).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A label, a group, and the kind and number of the set that was found.
    type Row = (Label, usize, Option<(SetKind, u32)>);

    fn items(rows: &[Row]) -> Vec<Item> {
        let item = |(i, (label, group, found)): (usize, &Row)| Item {
            file: format!("{i}"),
            label: *label,
            group: *group,
            found: found.map(|(kind, set)| InSet { kind, set, index: 0, size: 3 }),
        };
        rows.iter().enumerate().map(item).collect()
    }

    #[test]
    fn whole_kept_broken_and_false_are_told_apart() {
        use Label::{Either, None as No, Set};
        use SetKind::{Bracket as B, FocusStack as F, Panorama as P};
        let found = Findings::new(&items(&[
            (Set(B), 0, Some((B, 0))),
            (Set(B), 0, Some((B, 0))),
            // Whole, but called something else.
            (Set(B), 1, Some((F, 1))),
            (Set(B), 1, Some((F, 1))),
            // Broken.
            (Set(P), 2, Some((P, 2))),
            (Set(P), 2, None),
            // One too many.
            (Set(P), 3, Some((P, 3))),
            (No, 4, Some((P, 3))),
            (No, 5, Some((B, 4))),
            (No, 5, None),
            (Either, 6, Some((B, 5))),
        ]));
        let shares = |k: &Kind| (k.kind, k.whole.count, k.kept.count, k.whole.total);
        let kinds: Vec<_> = found.kinds.iter().map(shares).collect();
        assert_eq!(kinds, [("bracket", 1, 2, 2), ("panorama", 0, 1, 2)]);
        assert_eq!(
            (found.false_sets, found.false_frames.count, found.false_frames.total),
            (1, 2, 3)
        );
        let remarks: Vec<_> = found.not_whole.iter().map(|m| m.remark.as_str()).collect();
        assert_eq!(remarks, ["2 focus_stack", "1 panorama, 1 none", "1 panorama"]);
    }

    #[test]
    fn labels_are_the_names_of_kinds() {
        assert_eq!(Label::parse("Focus_Stack"), Some(Label::Set(SetKind::FocusStack)));
        assert_eq!(Label::parse("none"), Some(Label::None));
        assert_eq!(Label::parse("burst"), None);
        assert!(Label::WORDS.split(", ").all(|word| Label::parse(word).is_some()));
    }
}
