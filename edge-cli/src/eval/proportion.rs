//! Shares of a number of files, and how far they can be trusted.
//!
//! In come two counts; out comes an interval that holds the true share with a
//! stated probability. Both methods take the files as independent: photographs of
//! one scene are not quite that, so that the truth is a little wider.

use serde::Serialize;

/// A share with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Proportion {
    /// Files that have it.
    pub count: u64,
    /// Files.
    pub total: u64,
    /// `count / total`; `None` of nothing.
    pub share: Option<f64>,
    /// The 95 % interval of [`wilson`].
    pub interval: Option<[f64; 2]>,
}

impl Proportion {
    /// Of `count` in `total`.
    #[must_use]
    pub fn new(count: u64, total: u64) -> Self {
        let some = total > 0;
        Self {
            count,
            total,
            share: some.then(|| count as f64 / total as f64),
            interval: some.then(|| wilson(count, total)),
        }
    }
}

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % score interval (Wilson, "Probable inference, the law of succession,
/// and statistical inference", 1927). Of nothing, everything is possible.
#[must_use]
pub fn wilson(count: u64, total: u64) -> [f64; 2] {
    if total == 0 {
        return [0.0, 1.0];
    }
    let (k, n) = (count.min(total) as f64, total as f64);
    let p = k / n;
    let scale = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    // The ends touch 0 and 1 exactly; rounding would leave a trace.
    let low = if count == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if count >= total { 1.0 } else { (centre + half).min(1.0) };
    [low, high]
}

/// The one-sided upper bound of a share (Clopper and Pearson, "The use of
/// confidence or fiducial limits illustrated in the case of the binomial", 1934):
/// with probability `confidence` the true share is not above it.
#[must_use]
pub fn clopper_pearson_upper(count: u64, total: u64, confidence: f64) -> f64 {
    if count >= total {
        return 1.0;
    }
    // The share at which so few would be seen with probability 1 - confidence.
    // The probability falls with the share, so halving finds it.
    let (mut low, mut high) = (count as f64 / total as f64, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if at_most(count, total, middle) > 1.0 - confidence { low = middle } else { high = middle }
    }
    high
}

/// Probability of at most `count` successes in `total` trials.
fn at_most(count: u64, total: u64, p: f64) -> f64 {
    let n = total as f64;
    let log_factorial = |k: f64| libm::lgamma(k + 1.0);
    let (log_p, log_q) = (p.ln(), (-p).ln_1p());
    (0..=count)
        .map(|k| {
            let k = k as f64;
            let ways = log_factorial(n) - log_factorial(k) - log_factorial(n - k);
            (ways + k * log_p + (n - k) * log_q).exp()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 5e-5
    }

    #[test]
    fn wilson_by_hand() {
        // z² = 3.841459. 8 of 10: centre (0.8 + 0.192073) / 1.384146 = 0.716740,
        // half 1.959964 / 1.384146 * sqrt(0.016 + 0.009604) = 0.226578.
        let [low, high] = wilson(8, 10);
        assert!(near(low, 0.49016) && near(high, 0.94332), "{low} {high}");
        // 0 of 299: z² / (n + z²).
        let [low, high] = wilson(0, 299);
        assert!(low == 0.0 && near(high, 3.841_459 / 302.841_459), "{high}");
        assert_eq!(wilson(5, 5)[1], 1.0);
        assert_eq!(wilson(0, 0), [0.0, 1.0]);
    }

    #[test]
    fn clopper_pearson_by_hand() {
        // None seen: (1 - p)^n = 0.05.
        let upper = clopper_pearson_upper(0, 299, 0.95);
        assert!(near(upper, 1.0 - 0.05f64.powf(1.0 / 299.0)), "{upper}");
        assert!(upper < 0.01 && clopper_pearson_upper(0, 298, 0.95) > 0.01);
        // One of two: (1 - p)² + 2 p (1 - p) = 1 - p² = 0.05.
        assert!(near(clopper_pearson_upper(1, 2, 0.95), 0.95f64.sqrt()));
        // Two of ten, from the table of the F distribution.
        assert!(near(clopper_pearson_upper(2, 10, 0.95), 0.50690));
        assert_eq!(clopper_pearson_upper(3, 3, 0.95), 1.0);
        assert_eq!(clopper_pearson_upper(0, 0, 0.95), 1.0);
    }

    #[test]
    fn the_bound_rises_with_the_count_and_holds_for_many_files() {
        let bounds: Vec<_> = (0..50).map(|k| clopper_pearson_upper(k, 20_000, 0.95)).collect();
        assert!(bounds.windows(2).all(|w| w[0] < w[1]));
        assert!(bounds.iter().zip(0..).all(|(b, k)| *b > f64::from(k) / 20_000.0));
    }

    #[test]
    fn nothing_has_no_share() {
        assert_eq!(Proportion::new(0, 0).share, None);
        assert_eq!(Proportion::new(1, 4).share, Some(0.25));
    }
}
