//! The threshold for a wanted risk.
//!
//! In comes a ranking and the share of keepers that may be flagged; out come two
//! thresholds: the plain one, which keeps within the budget on these files, and
//! the guarded one, which keeps within it on files like these with a stated
//! confidence.
//!
//! The guarded one: of `n` keepers the `k` highest may be flagged, where `k` is
//! the largest number whose one-sided upper bound
//! ([`clopper_pearson_upper`]) is within the budget. That is exact although the
//! same files chose the threshold: the share of all keepers above the `k + 1`st
//! highest of `n` follows the beta distribution that the bound is a quantile of
//! (Wilks, "Determination of sample sizes for setting tolerance limits", 1941).

use super::proportion::{Proportion, clopper_pearson_upper};
use super::ranking::Ranking;
use serde::Serialize;

/// Confidence of the guarded threshold.
pub const CONFIDENCE: f64 = 0.95;

/// Thresholds for a budget.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Budget {
    /// Share of keepers that may be flagged.
    pub max_keepers_flagged: f64,
    /// [`CONFIDENCE`].
    pub confidence: f64,
    /// Within the budget on these files.
    pub plain: Option<Threshold>,
    /// Within the budget with that confidence; `None` where too few keepers
    /// were labelled to say so, or no cull ranks high enough.
    pub guarded: Option<Threshold>,
    /// Keepers that the guarded threshold needs at least.
    pub keepers_needed: u64,
}

/// A threshold: files with at least this score are flagged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// The smallest score flagged.
    pub score: f64,
    /// Keepers that it flags.
    pub keepers_flagged: Proportion,
    /// One-sided upper bound of that share.
    pub upper_bound: f64,
    /// Culls that it finds.
    pub culls_found: Proportion,
}

impl Budget {
    /// Thresholds that flag at most `max` (0..1) of the keepers.
    #[must_use]
    pub fn new(ranking: &Ranking, max: f64) -> Self {
        let keepers = ranking.scores(false).count() as u64;
        let bound = |k| clopper_pearson_upper(k, keepers, CONFIDENCE);
        let plain = (max * keepers as f64).floor() as u64;
        let guarded = (0..keepers).take_while(|&k| bound(k) <= max).last();
        Self {
            max_keepers_flagged: max,
            confidence: CONFIDENCE,
            plain: threshold(ranking, plain),
            guarded: guarded.and_then(|k| threshold(ranking, k)),
            // (1 - max)^n <= 1 - confidence.
            keepers_needed: ((1.0 - CONFIDENCE).ln() / (-max).ln_1p()).ceil() as u64,
        }
    }
}

/// The smallest score of a file that may be a threshold when at most `allowed`
/// keepers are flagged.
fn threshold(ranking: &Ranking, allowed: u64) -> Option<Threshold> {
    let keepers: Vec<f64> = ranking.scores(false).collect();
    let culls: Vec<f64> = ranking.scores(true).collect();
    let spared = usize::try_from(allowed).ok().and_then(|k| keepers.get(k)).copied();
    let above = |score: &&f64| spared.is_none_or(|spared| **score > spared);
    let score = keepers.iter().chain(&culls).filter(above).copied().reduce(f64::min)?;
    let flagged = |scores: &[f64]| {
        let count = scores.iter().filter(|&&s| s >= score).count() as u64;
        Proportion::new(count, scores.len() as u64)
    };
    let keepers_flagged = flagged(&keepers);
    Some(Threshold {
        score,
        keepers_flagged,
        upper_bound: clopper_pearson_upper(
            keepers_flagged.count,
            keepers_flagged.total,
            CONFIDENCE,
        ),
        culls_found: flagged(&culls),
    })
}

#[cfg(test)]
mod tests {
    use super::super::ranking::Scored;
    use super::*;

    /// Keepers 0..n, culls at the given scores.
    fn ranking(keepers: u32, culls: &[f64]) -> Ranking {
        let keepers = (0..keepers).map(|k| (f64::from(k), false));
        let culls = culls.iter().map(|&score| (score, true));
        Ranking::new(
            keepers
                .chain(culls)
                .map(|(score, positive)| Scored { score, positive, group: 0 })
                .collect(),
        )
    }

    #[test]
    fn both_thresholds_by_hand() {
        // Of 500 keepers 1 % are 5: scores 495 to 499. The bound of 1 of 500 is
        // 0.945 %, that of 2 is 1.254 %: one may be flagged.
        let r = ranking(500, &[100.0, 494.5, 498.5, 499.5, 600.0]);
        let budget = Budget::new(&r, 0.01);
        let plain = budget.plain.expect("there");
        assert_eq!((plain.score, plain.keepers_flagged.count), (494.5, 5));
        assert_eq!(plain.culls_found.count, 4);
        let guarded = budget.guarded.expect("there");
        assert_eq!((guarded.score, guarded.keepers_flagged.count), (498.5, 1));
        assert_eq!(guarded.culls_found.count, 3);
        assert!(guarded.upper_bound <= 0.01 && plain.upper_bound > 0.01);
    }

    #[test]
    fn keepers_with_the_same_score_are_flagged_together_or_not() {
        let items = [1.0, 1.0, 1.0, 0.0].map(|score| Scored { score, positive: false, group: 0 });
        let cull = Scored { score: 2.0, positive: true, group: 0 };
        let r = Ranking::new([&items[..], &[cull]].concat());
        // Two of four may be flagged, but of the three ties none can.
        let plain = Budget::new(&r, 0.5).plain.expect("there");
        assert_eq!((plain.score, plain.keepers_flagged.count), (2.0, 0));
    }

    #[test]
    fn too_few_keepers_give_no_guarantee() {
        let budget = Budget::new(&ranking(298, &[1000.0]), 0.01);
        assert_eq!((budget.guarded, budget.keepers_needed), (None, 299));
        assert!(budget.plain.is_some());
        let enough = Budget::new(&ranking(299, &[1000.0]), 0.01);
        assert_eq!(enough.guarded.map(|t| t.score), Some(1000.0));
        // Nothing ranks above the keepers.
        assert_eq!(Budget::new(&ranking(299, &[0.0]), 0.01).guarded, None);
    }
}
