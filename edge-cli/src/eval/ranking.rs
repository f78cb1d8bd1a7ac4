//! How well a score ranks culls above keepers.
//!
//! In come scores with a side and a group each, sorted once; out come the area
//! under the ROC curve, recall at a rate of false alarms, and the share of pairs
//! in the right order, each for any weights of the groups. Whole weights are what
//! a [bootstrap](super::bootstrap) resample is made of.

use std::cmp::Ordering;

/// One scored file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Higher means more likely a cull.
    pub score: f64,
    /// Whether its label says cull.
    pub positive: bool,
    /// Group that it is resampled with.
    pub group: usize,
}

/// Files by score, highest first.
#[derive(Clone, Debug)]
pub struct Ranking {
    items: Vec<Scored>,
    groups: usize,
}

/// Pairs of a cull and a keeper within one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// The cull has the higher score.
    pub ordered: u64,
    /// Both have the same.
    pub tied: u64,
    /// All pairs.
    pub total: u64,
}

impl Ranking {
    /// Sorts. Scores that are no number rank lowest.
    #[must_use]
    pub fn new(mut items: Vec<Scored>) -> Self {
        for item in &mut items {
            if item.score.is_nan() {
                item.score = f64::NEG_INFINITY;
            }
        }
        items.sort_by(|a, b| b.score.total_cmp(&a.score));
        let groups = items.iter().map(|i| i.group + 1).max().unwrap_or(0);
        Self { items, groups }
    }

    /// One more than the highest group.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Scores of one side, highest first.
    pub fn scores(&self, positive: bool) -> impl Iterator<Item = f64> + '_ {
        self.items.iter().filter(move |i| i.positive == positive).map(|i| i.score)
    }

    /// Weight one for every group.
    #[must_use]
    pub fn whole(&self) -> Vec<u32> {
        vec![1; self.groups]
    }

    /// Area under the ROC curve: the share of pairs of a cull and a keeper of
    /// which the cull has the higher score, a tie counting one half (Mann and
    /// Whitney, 1947; Hanley and McNeil, 1982). `None` without culls or keepers.
    #[must_use]
    pub fn auc(&self, weights: &[u32]) -> Option<f64> {
        // Twice the number of pairs won, so that a half is whole.
        let (mut twice_won, mut negatives_below) = (0u64, 0u64);
        let (mut positives, mut negatives) = (0u64, 0u64);
        for (culls, keepers) in self.ties(weights).rev() {
            twice_won += culls * (2 * negatives_below + keepers);
            negatives_below += keepers;
            positives += culls;
            negatives += keepers;
        }
        let pairs = positives * negatives;
        (pairs > 0).then(|| twice_won as f64 / (2 * pairs) as f64)
    }

    /// The largest share of culls that a threshold finds while it flags at most
    /// `rate` of the keepers. A threshold flags every file at or above it, so
    /// that of files with the same score all are flagged or none; nothing is
    /// interpolated.
    #[must_use]
    pub fn recall_at(&self, rate: f64, weights: &[u32]) -> Option<f64> {
        let (positives, negatives) =
            self.ties(weights).fold((0, 0), |(p, n), (culls, keepers)| (p + culls, n + keepers));
        if positives == 0 || negatives == 0 {
            return None;
        }
        let (mut found, mut alarms) = (0u64, 0u64);
        for (culls, keepers) in self.ties(weights) {
            if (alarms + keepers) as f64 > rate * negatives as f64 {
                break;
            }
            alarms += keepers;
            found += culls;
        }
        Some(found as f64 / positives as f64)
    }

    /// Pairs of a cull and a keeper of one group, each group with its weight.
    #[must_use]
    pub fn pairs(&self, weights: &[u32]) -> Pairs {
        let mut by_group = vec![(Vec::new(), Vec::new()); self.groups];
        for item in &self.items {
            if let Some((culls, keepers)) = by_group.get_mut(item.group) {
                if item.positive { culls } else { keepers }.push(item.score);
            }
        }
        let mut pairs = Pairs::default();
        for ((culls, keepers), &weight) in by_group.iter().zip(weights) {
            let weight = u64::from(weight);
            for cull in culls {
                for keeper in keepers {
                    pairs.total += weight;
                    match cull.total_cmp(keeper) {
                        Ordering::Greater => pairs.ordered += weight,
                        Ordering::Equal => pairs.tied += weight,
                        Ordering::Less => {}
                    }
                }
            }
        }
        pairs
    }

    /// Weights of the culls and of the keepers at each score, highest first.
    fn ties<'a>(&'a self, weights: &'a [u32]) -> impl DoubleEndedIterator<Item = (u64, u64)> + 'a {
        let weight = |item: &Scored| u64::from(weights.get(item.group).copied().unwrap_or(0));
        self.items.chunk_by(|a, b| a.score == b.score).map(move |tie| {
            tie.iter().fold((0, 0), |(culls, keepers), item| {
                let w = weight(item);
                if item.positive { (culls + w, keepers) } else { (culls, keepers + w) }
            })
        })
    }
}

impl Pairs {
    /// Share in the right order; a tie is not in order.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (self.total > 0).then(|| self.ordered as f64 / self.total as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Culls and keepers with a group of its own each.
    fn ranking(culls: &[f64], keepers: &[f64]) -> Ranking {
        let side = |scores: &[f64], positive| {
            scores.iter().map(|&score| Scored { score, positive, group: 0 }).collect::<Vec<_>>()
        };
        let mut items = [side(culls, true), side(keepers, false)].concat();
        items.iter_mut().enumerate().for_each(|(group, item)| item.group = group);
        Ranking::new(items)
    }

    #[test]
    fn area_by_hand_with_ties() {
        // Pairs: 0.9 wins 3 of 3; 0.5 beats 0.1, ties 0.5, loses to 0.7.
        let r = ranking(&[0.9, 0.5], &[0.1, 0.5, 0.7]);
        assert_eq!(r.auc(&r.whole()), Some(4.5 / 6.0));
        let perfect = ranking(&[2.0, 3.0], &[0.0, 1.0]);
        assert_eq!(perfect.auc(&perfect.whole()), Some(1.0));
        let same = ranking(&[1.0, 1.0], &[1.0, 1.0, 1.0]);
        assert_eq!(same.auc(&same.whole()), Some(0.5));
        let one_sided = ranking(&[1.0], &[]);
        assert_eq!(one_sided.auc(&one_sided.whole()), None);
    }

    #[test]
    fn weights_count_a_file_as_often_as_they_say() {
        let r = ranking(&[0.9, 0.5], &[0.1, 0.5, 0.7]);
        // The second cull (group 1) left out, the keeper at 0.7 (group 4) doubled.
        assert_eq!(r.auc(&[1, 0, 1, 1, 2]), Some(1.0));
        // The first cull left out: 0.5 beats 0.1, ties 0.5, loses twice.
        assert_eq!(r.auc(&[0, 1, 1, 1, 2]), Some(1.5 / 4.0));
        assert_eq!(r.auc(&[0, 0, 1, 1, 1]), None);
    }

    #[test]
    fn recall_by_hand_with_ties() {
        // Ten keepers, one of them at 0.6 together with a cull.
        let keepers = [0.6, 0.3, 0.3, 0.2, 0.2, 0.1, 0.1, 0.1, 0.0, 0.0];
        let r = ranking(&[0.9, 0.8, 0.6, 0.4], &keepers);
        let at = |rate| r.recall_at(rate, &r.whole());
        // No keeper may be flagged: the tie at 0.6 is out of reach, and so is
        // what lies below it.
        assert_eq!(at(0.0), Some(0.5));
        assert_eq!(at(0.09), Some(0.5));
        assert_eq!(at(0.1), Some(1.0));
        assert_eq!(at(1.0), Some(1.0));
        // The second step flags three keepers at once.
        let r = ranking(&[0.3], &keepers);
        assert_eq!(r.recall_at(0.29, &r.whole()), Some(0.0));
        assert_eq!(r.recall_at(0.3, &r.whole()), Some(1.0));
    }

    #[test]
    fn pairs_are_counted_within_groups_only() {
        let item = |score, positive, group| Scored { score, positive, group };
        let r = Ranking::new(vec![
            item(0.9, true, 0),
            item(0.1, false, 0),
            item(0.9, false, 0),
            item(0.2, true, 1),
            item(0.5, false, 1),
            item(0.0, false, 2),
        ]);
        assert_eq!(r.pairs(&r.whole()), Pairs { ordered: 1, tied: 1, total: 3 });
        assert_eq!(r.pairs(&[3, 0, 1]), Pairs { ordered: 3, tied: 3, total: 6 });
        assert_eq!(r.pairs(&[0, 0, 1]).share(), None);
    }

    #[test]
    fn what_is_no_number_ranks_lowest() {
        let r = ranking(&[1.0], &[f64::NAN, -1.0]);
        assert_eq!(r.auc(&r.whole()), Some(1.0));
        assert_eq!(r.scores(false).collect::<Vec<_>>(), [-1.0, f64::NEG_INFINITY]);
    }
}
