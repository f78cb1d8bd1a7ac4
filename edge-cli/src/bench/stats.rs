//! What a handful of durations says: percentiles, and how two handfuls differ.

use crate::eval::bootstrap::{Pcg32, RESAMPLES, SEED, quantile};

/// Samples from which on a 95th percentile is told.
const FOR_P95: usize = 20;

/// Samples from which on a 99th percentile is told.
const FOR_P99: usize = 100;

/// Percentiles, as far as there are samples enough to tell them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percentiles {
    /// The median.
    pub p50: f64,
    /// What 95 of a hundred stay within, from 20 samples on.
    pub p95: Option<f64>,
    /// What 99 of a hundred stay within, from 100 samples on.
    pub p99: Option<f64>,
}

impl Percentiles {
    /// Of samples in any order; `None` without any.
    #[must_use]
    pub fn of(samples: &[f64]) -> Option<Self> {
        let sorted = sorted(samples);
        let at = |share: f64, least: usize| {
            (sorted.len() >= least).then(|| rounded(quantile(&sorted, share)))
        };
        let (p95, p99) = (at(0.95, FOR_P95), at(0.99, FOR_P99));
        at(0.5, 1).map(|p50| Self { p50, p95, p99 })
    }
}

/// At most so many of the samples, taken evenly in their order.
#[must_use]
pub fn thinned(samples: &[f64], most: usize) -> Vec<f64> {
    let count = samples.len().min(most);
    let at = |i: usize| i * samples.len() / count.max(1);
    (0..count).filter_map(|i| samples.get(at(i)).copied().map(rounded)).collect()
}

/// To a thousandth: what stands behind is noise of the clock.
#[must_use]
pub fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// How the median of some samples stands to that of others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The second median over the first.
    pub ratio: f64,
    /// What holds 95 % of the ratios over resamples (Efron, "Bootstrap methods: another look
    /// at the jackknife", 1979; the percentile interval).
    pub interval: [f64; 2],
}

/// Samples on either side below which no ratio is told.
pub const FEWEST: usize = 5;

/// The ratio of the medians of `second` and `first`. The same samples give the same interval,
/// always. `None` where there are too few of them, or a median is 0.
#[must_use]
pub fn ratio_of_medians(first: &[f64], second: &[f64]) -> Option<Ratio> {
    let (first, second) = (sorted(first), sorted(second));
    if first.len().min(second.len()) < FEWEST {
        return None;
    }
    let over = |second: f64, first: f64| (first > 0.0 && second > 0.0).then(|| second / first);
    let ratio = over(quantile(&second, 0.5), quantile(&first, 0.5))?;
    let mut random = Pcg32::new(SEED);
    let mut ratios: Vec<f64> = (0..RESAMPLES)
        .filter_map(|_| {
            let first = resampled_median(&first, &mut random);
            over(resampled_median(&second, &mut random), first)
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    (ratios.len() > RESAMPLES / 2).then(|| {
        let interval = [quantile(&ratios, 0.025), quantile(&ratios, 0.975)];
        Ratio { ratio, interval }
    })
}

/// The median of as many samples as there are, drawn with replacement from sorted ones: how
/// often each is drawn is counted, so that none need be sorted again.
fn resampled_median(sorted: &[f64], random: &mut Pcg32) -> f64 {
    let mut times = vec![0usize; sorted.len()];
    let count = u32::try_from(sorted.len()).unwrap_or(u32::MAX);
    for _ in sorted {
        if let Some(times) = times.get_mut(random.below(count) as usize) {
            *times += 1;
        }
    }
    let (low, high) = ((sorted.len() - 1) / 2, sorted.len() / 2);
    let mut seen = 0;
    let mut middle = [f64::NAN; 2];
    for (value, times) in sorted.iter().zip(times) {
        for (middle, place) in middle.iter_mut().zip([low, high]) {
            if (seen..seen + times).contains(&place) {
                *middle = *value;
            }
        }
        seen += times;
    }
    f64::midpoint(middle[0], middle[1])
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = samples.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_by_hand_and_only_where_there_are_samples_for_them() {
        assert_eq!(Percentiles::of(&[]), None);
        let few = Percentiles::of(&[3.0, 1.0, 2.0, 10.0]).expect("some");
        assert_eq!(few, Percentiles { p50: 2.5, p95: None, p99: None });
        let hundred: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        let all = Percentiles::of(&hundred).expect("some");
        assert_eq!(all, Percentiles { p50: 50.0, p95: Some(95.0), p99: Some(99.0) });
        assert_eq!(Percentiles::of(&hundred[..99]).expect("some").p99, None);
        assert_eq!(Percentiles::of(&hundred[..20]).expect("some").p95, Some(99.05));
        assert_eq!(Percentiles::of(&hundred[..19]).expect("some").p95, None);
    }

    #[test]
    fn samples_are_thinned_evenly() {
        let ten: Vec<f64> = (0..10).map(f64::from).collect();
        assert_eq!(thinned(&ten, 5), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(thinned(&ten, 20), ten);
        assert_eq!(thinned(&[1.23456], 1), [1.235]);
        assert_eq!(thinned(&[], 3), [0.0; 0]);
    }

    /// Even numbers from 100 on, in no order.
    fn spread(count: u32, scale: f64) -> Vec<f64> {
        (0..count).map(|i| scale * f64::from(100 + i * 37 % count)).collect()
    }

    #[test]
    fn the_same_samples_do_not_differ_and_doubled_ones_do() {
        let samples = spread(60, 1.0);
        let same = ratio_of_medians(&samples, &samples).expect("a ratio");
        assert_eq!(same.ratio, 1.0);
        assert!(same.interval[0] < 1.0 && 1.0 < same.interval[1], "{same:?}");
        let doubled = ratio_of_medians(&samples, &spread(60, 2.0)).expect("a ratio");
        assert!((doubled.ratio - 2.0).abs() < 1e-9);
        assert!(doubled.interval[0] > 1.7 && doubled.interval[1] < 2.3, "{doubled:?}");
        assert_eq!(ratio_of_medians(&samples, &samples), Some(same));
    }

    #[test]
    fn the_interval_is_as_wide_as_theory_says() {
        // Of n even numbers over a width w the median deviates by w / (2 sqrt n).
        let samples = spread(100, 1.0);
        let Ratio { interval: [low, high], .. } =
            ratio_of_medians(&samples, &samples).expect("a ratio");
        let deviation = 2f64.sqrt() * (100.0 / 2.0 / 10.0) / 149.5;
        for (end, wanted) in [(1.0 - low, 1.96 * deviation), (high - 1.0, 1.96 * deviation)] {
            assert!((end - wanted).abs() < 0.25 * wanted, "{end} for {wanted}");
        }
    }

    #[test]
    fn too_few_samples_or_none_that_took_time_have_no_ratio() {
        assert_eq!(ratio_of_medians(&[1.0; 4], &[1.0; 9]), None);
        assert_eq!(ratio_of_medians(&[0.0; 9], &[1.0; 9]), None);
        let flat = ratio_of_medians(&[2.0; 9], &[3.0; 9]);
        assert_eq!(flat, Some(Ratio { ratio: 1.5, interval: [1.5; 2] }));
    }

    #[test]
    fn the_median_of_a_resample_is_that_of_what_was_drawn() {
        let values: Vec<f64> = (0..11).map(f64::from).collect();
        for seed in 0..50 {
            let drawn_median = resampled_median(&values, &mut Pcg32::new(seed));
            let mut random = Pcg32::new(seed);
            let mut drawn: Vec<f64> = values.iter().map(|_| f64::from(random.below(11))).collect();
            drawn.sort_by(f64::total_cmp);
            assert_eq!(drawn_median, drawn[5]);
        }
    }
}
