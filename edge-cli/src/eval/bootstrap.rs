//! How far a figure would swing with another choice of files.
//!
//! In comes a figure as a function of group weights; out goes the interval that
//! holds 95 % of its values over resamples (Efron, "Bootstrap methods: another
//! look at the jackknife", 1979; the percentile interval). Whole groups are drawn
//! with replacement: photographs of one scene rise and fall together.

/// Resamples drawn.
pub const RESAMPLES: usize = 1000;

/// The seed: the same files give the same interval, always.
pub(crate) const SEED: u64 = 0xED6E_C011;

/// Intervals of several figures over the same resamples. A figure that a
/// resample cannot give (it may hold no keeper) is left out there; one that
/// more than half cannot give has no interval.
#[must_use]
pub fn intervals<const N: usize>(
    groups: usize,
    figures: impl Fn(&[u32]) -> [Option<f64>; N],
) -> [Option<[f64; 2]>; N] {
    let mut random = Pcg32::new(SEED);
    let mut values = [(); N].map(|()| Vec::with_capacity(RESAMPLES));
    let mut weights = vec![0; groups];
    let count = u32::try_from(groups).unwrap_or(u32::MAX);
    for _ in 0..RESAMPLES {
        weights.fill(0);
        for _ in 0..groups {
            if let Some(weight) = weights.get_mut(random.below(count) as usize) {
                *weight += 1;
            }
        }
        for (values, figure) in values.iter_mut().zip(figures(&weights)) {
            values.extend(figure);
        }
    }
    values.map(|mut values| {
        values.sort_by(f64::total_cmp);
        (values.len() > RESAMPLES / 2).then(|| [quantile(&values, 0.025), quantile(&values, 0.975)])
    })
}

/// Numbers groups anew, without gaps: those of which no file is left must not be
/// drawn. Gives the new number of a group; one that is not among `groups` counts
/// as the first.
pub fn numbered(mut groups: Vec<usize>) -> impl Fn(usize) -> usize {
    groups.sort_unstable();
    groups.dedup();
    move |group| groups.binary_search(&group).unwrap_or_default()
}

/// Between the two nearest values in proportion (Hyndman and Fan, 1996, type 7).
pub(crate) fn quantile(sorted: &[f64], at: f64) -> f64 {
    let place = at * sorted.len().saturating_sub(1) as f64;
    let below = place.floor();
    let value = |i: f64| sorted.get(i as usize).copied().unwrap_or(f64::NAN);
    value(below) + (place - below) * (value(place.ceil()) - value(below))
}

/// PCG-XSH-RR 64/32 (O'Neill, "PCG: a family of simple fast space-efficient
/// statistically good algorithms for random number generation", 2014).
pub(crate) struct Pcg32 {
    state: u64,
}

impl Pcg32 {
    const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
    const INCREMENT: u64 = 1_442_695_040_888_963_407;

    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Self { state: seed.wrapping_add(Self::INCREMENT) };
        random.next();
        random
    }

    fn next(&mut self) -> u32 {
        let old = self.state;
        self.state = old.wrapping_mul(Self::MULTIPLIER).wrapping_add(Self::INCREMENT);
        let mixed = (((old >> 18) ^ old) >> 27) as u32;
        mixed.rotate_right((old >> 59) as u32)
    }

    /// Uniform in `0..bound` (Lemire, "Fast random integer generation in an
    /// interval", 2019); 0 for a bound of 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        loop {
            let product = u64::from(self.next()) * u64::from(bound);
            // Low parts below this would make some values likelier.
            if product as u32 >= bound.wrapping_neg().checked_rem(bound).unwrap_or(0) {
                return (product >> 32) as u32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(weights: &[u32]) -> [Option<f64>; 1] {
        let sum: f64 = (0..).zip(weights).map(|(i, &w)| f64::from(i * w)).sum();
        [Some(sum / weights.len() as f64)]
    }

    #[test]
    fn the_same_files_give_the_same_interval() {
        assert_eq!(intervals(50, mean), intervals(50, mean));
    }

    #[test]
    fn the_interval_is_as_wide_as_theory_says() {
        // The mean of 0..100 is 49.5, its standard error 28.87 / 10.
        let [interval] = intervals(100, mean);
        let [low, high] = interval.expect("there");
        assert!((low - (49.5 - 1.96 * 2.887)).abs() < 0.5, "{low}");
        assert!((high - (49.5 + 1.96 * 2.887)).abs() < 0.5, "{high}");
    }

    #[test]
    fn a_figure_that_is_seldom_there_has_no_interval() {
        let heavy = |weights: &[u32]| [(weights[0] > 3).then_some(1.0), Some(2.0)];
        assert_eq!(intervals(10, heavy), [None, Some([2.0, 2.0])]);
        assert_eq!(intervals(0, |_| [None]), [None]);
    }

    #[test]
    fn groups_are_numbered_without_gaps() {
        let number = numbered(vec![7, 2, 7, 9]);
        assert_eq!([2, 7, 9].map(number), [0, 1, 2]);
    }

    #[test]
    fn quantiles_by_hand() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), 2.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert_eq!(quantile(&[7.0], 0.975), 7.0);
    }

    #[test]
    fn every_value_is_drawn_about_as_often() {
        let mut random = Pcg32::new(1);
        let mut counts = [0u32; 6];
        (0..60_000).for_each(|_| counts[random.below(6) as usize] += 1);
        assert!(counts.iter().all(|c| c.abs_diff(10_000) < 500), "{counts:?}");
        assert_eq!(random.below(0), 0);
        assert_eq!(random.below(1), 0);
    }
}
