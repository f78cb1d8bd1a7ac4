//! How far a score rises with people's ratings.
//!
//! In come pairs of a rating and a score with a group each, sorted once by
//! either; out come Pearson's and Spearman's correlation, for any weights of the
//! groups. Whole weights are what a [bootstrap](super::bootstrap) resample is made
//! of: a file of weight two counts, and takes ranks, as two files would.

/// One rated and scored file. Both numbers are finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rated {
    /// What people say, higher for better.
    pub rating: f64,
    /// What should rise with it.
    pub score: f64,
    /// Group that it is resampled with.
    pub group: usize,
}

/// Files by rating and by score.
#[derive(Clone, Debug)]
pub struct Ratings {
    items: Vec<Rated>,
    by_rating: Vec<Sorted>,
    by_score: Vec<Sorted>,
    groups: usize,
}

/// A file's place in an order: the number that it is sorted by, and its index.
#[derive(Clone, Copy, Debug)]
struct Sorted {
    value: f64,
    item: usize,
}

impl Ratings {
    /// Sorts.
    #[must_use]
    pub fn new(items: Vec<Rated>) -> Self {
        let sorted = |value: fn(&Rated) -> f64| {
            let of = |(item, rated)| Sorted { value: value(rated), item };
            let mut order: Vec<_> = items.iter().enumerate().map(of).collect();
            order.sort_by(|a, b| a.value.total_cmp(&b.value));
            order
        };
        let (by_rating, by_score) = (sorted(|i| i.rating), sorted(|i| i.score));
        let groups = items.iter().map(|i| i.group + 1).max().unwrap_or(0);
        Self { items, by_rating, by_score, groups }
    }

    /// One more than the highest group.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Weight one for every group.
    #[must_use]
    pub fn whole(&self) -> Vec<u32> {
        vec![1; self.groups]
    }

    /// Product-moment correlation (Pearson, 1896): how near the pairs are to a
    /// rising line, -1..1. `None` where all ratings, or all scores, are the same.
    #[must_use]
    pub fn pearson(&self, weights: &[u32]) -> Option<f64> {
        let pairs = self.items.iter().map(|i| (i.rating, i.score, self.weight(i, weights)));
        product_moment(pairs)
    }

    /// Rank correlation (Spearman, "The proof and measurement of association
    /// between two things", 1904): Pearson's of the ranks, where files with the
    /// same number share the average of theirs. `None` as of
    /// [`pearson`](Self::pearson).
    #[must_use]
    pub fn spearman(&self, weights: &[u32]) -> Option<f64> {
        let ratings = self.ranks(&self.by_rating, weights);
        let scores = self.ranks(&self.by_score, weights);
        let weights = self.items.iter().map(|i| self.weight(i, weights));
        product_moment(ratings.into_iter().zip(scores).zip(weights).map(|((x, y), w)| (x, y, w)))
    }

    /// Ranks of each file by rating and by score, in the order in which they were
    /// given: 1 is the lowest, ties share their average.
    #[must_use]
    pub fn both_ranks(&self) -> Vec<[f64; 2]> {
        let weights = self.whole();
        let ratings = self.ranks(&self.by_rating, &weights);
        let scores = self.ranks(&self.by_score, &weights);
        ratings.into_iter().zip(scores).map(|(rating, score)| [rating, score]).collect()
    }

    fn weight(&self, item: &Rated, weights: &[u32]) -> u32 {
        weights.get(item.group).copied().unwrap_or(0)
    }

    /// Average rank of each file; without meaning for those of weight 0.
    fn ranks(&self, order: &[Sorted], weights: &[u32]) -> Vec<f64> {
        let mut ranks = vec![0.0; self.items.len()];
        let mut below = 0u64;
        let weight = |s: &Sorted| self.items.get(s.item).map_or(0, |i| self.weight(i, weights));
        for tie in order.chunk_by(|a, b| a.value == b.value) {
            let here: u64 = tie.iter().map(|s| u64::from(weight(s))).sum();
            // The mean of below + 1 ..= below + here.
            let rank = below as f64 + (here as f64 + 1.0) / 2.0;
            for sorted in tie {
                if let Some(place) = ranks.get_mut(sorted.item) {
                    *place = rank;
                }
            }
            below += here;
        }
        ranks
    }
}

/// Weighted correlation of pairs, in two passes.
fn product_moment(pairs: impl Iterator<Item = (f64, f64, u32)> + Clone) -> Option<f64> {
    let pairs = pairs.filter(|&(_, _, weight)| weight > 0);
    // Against the first pair, what never changes deviates by exactly nothing.
    let (x0, y0, _) = pairs.clone().next()?;
    let pairs = pairs.map(|(x, y, weight)| (x - x0, y - y0, f64::from(weight)));
    let (sum_x, sum_y, total) = pairs
        .clone()
        .fold((0.0, 0.0, 0.0), |(sx, sy, n), (x, y, w)| (sx + w * x, sy + w * y, n + w));
    let (mean_x, mean_y) = (sum_x / total, sum_y / total);
    let (xx, yy, xy) = pairs.fold((0.0, 0.0, 0.0), |(xx, yy, xy), (x, y, w)| {
        let (dx, dy) = (x - mean_x, y - mean_y);
        (xx + w * dx * dx, yy + w * dy * dy, xy + w * dx * dy)
    });
    // One root: that of a square is exact, and so is a correlation of 1.
    let scale = (xx * yy).sqrt();
    scale.is_normal().then(|| (xy / scale).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each pair with a group of its own.
    fn ratings(pairs: &[(f64, f64)]) -> Ratings {
        let rated = |(group, &(rating, score))| Rated { rating, score, group };
        Ratings::new(pairs.iter().enumerate().map(rated).collect())
    }

    fn both(pairs: &[(f64, f64)]) -> [Option<f64>; 2] {
        let r = ratings(pairs);
        [r.spearman(&r.whole()), r.pearson(&r.whole())]
    }

    fn near(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-12)
    }

    #[test]
    fn without_ties_by_hand() {
        // Rank differences 1, 1, 1, 1, 0: 1 - 6 * 4 / (5 * 24).
        let [rank, line] = both(&[(1.0, 20.0), (2.0, 10.0), (3.0, 40.0), (4.0, 30.0), (5.0, 50.0)]);
        assert!(near(rank, 0.8), "{rank:?}");
        // Even steps: the ranks are the numbers.
        assert!(near(line, 0.8), "{line:?}");
        // Rising, but not on a line: means 2 and 14 / 3, sums 2, 134 / 3, 9.
        let [rank, line] = both(&[(1.0, 1.0), (2.0, 3.0), (3.0, 10.0)]);
        assert!(near(rank, 1.0), "{rank:?}");
        assert!(near(line, 9.0 / (2.0f64 * 134.0 / 3.0).sqrt()), "{line:?}");
        let falling = both(&[(1.0, 0.3), (2.0, 0.2), (3.0, 0.1)]);
        assert!(falling.into_iter().all(|r| near(r, -1.0)), "{falling:?}");
    }

    #[test]
    fn with_ties_by_hand() {
        // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: sums 4.5, 5, 4.5.
        let [rank, _] = both(&[(1.0, 0.1), (3.0, 0.2), (3.0, 0.3), (9.0, 0.4)]);
        assert!(near(rank, 4.5 / (4.5f64 * 5.0).sqrt()), "{rank:?}");
        // Ranks 1.5, 1.5, 3 against 3, 1.5, 1.5: sums 1.5, 1.5, -0.75.
        let [rank, _] = both(&[(2.0, 9.0), (2.0, 4.0), (5.0, 4.0)]);
        assert!(near(rank, -0.5), "{rank:?}");
        let r = ratings(&[(3.0, 0.3), (1.0, -0.0), (3.0, 0.0)]);
        assert_eq!(r.both_ranks(), [[2.5, 3.0], [1.0, 1.5], [2.5, 1.5]]);
    }

    #[test]
    fn what_never_changes_has_no_correlation() {
        assert_eq!(both(&[]), [None; 2]);
        assert_eq!(both(&[(1.0, 1.0)]), [None; 2]);
        // The mean of three times 0.1 is not 0.1.
        assert_eq!(both(&[(0.1, 1.0), (0.1, 2.0), (0.1, 4.0)]), [None; 2]);
        assert_eq!(both(&[(1.0, 0.7), (2.0, 0.7), (4.0, 0.7)]), [None; 2]);
        let r = ratings(&[(1.0, 1.0), (2.0, 2.0), (2.0, 3.0)]);
        assert_eq!((r.spearman(&[0, 1, 1]), r.pearson(&[0, 0, 3])), (None, None));
        assert_eq!((r.spearman(&[0, 0, 0]), r.pearson(&[])), (None, None));
    }

    #[test]
    fn weights_are_repeated_rows() {
        // Few levels, so that there are ties within groups and across them.
        let items: Vec<Rated> = (0..40u32)
            .map(|i| Rated {
                rating: f64::from(i * i % 7),
                score: f64::from((i * 5 + i * i % 3) % 11) / 3.0,
                group: (i * 3 % 13) as usize,
            })
            .collect();
        let r = Ratings::new(items.clone());
        for seed in 0..20u32 {
            let weights: Vec<u32> =
                (0..13).map(|g| (g * 7 + seed * 3) % 5 * (g + seed) % 4).collect();
            let repeated = items
                .iter()
                .flat_map(|item| std::iter::repeat_n(*item, weights[item.group] as usize));
            let repeated = Ratings::new(repeated.collect());
            let whole = repeated.whole();
            let rank = repeated.spearman(&whole).expect("there");
            let line = repeated.pearson(&whole).expect("there");
            assert!(near(r.spearman(&weights), rank), "{weights:?}");
            assert!(near(r.pearson(&weights), line), "{weights:?}");
            assert!((rank - line).abs() > 1e-6, "{weights:?}: the two measure different things");
        }
    }
}
