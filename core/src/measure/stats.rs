//! Percentiles without sorting, and the curve from evidence to probability.

/// Counts of values in `N` bins of one unit each. What lies outside goes into
/// the first or last bin.
#[derive(Clone, Debug)]
pub(super) struct Histogram<const N: usize> {
    counts: [u32; N],
}

impl<const N: usize> Histogram<N> {
    pub(super) const fn new() -> Self {
        Self { counts: [0; N] }
    }

    pub(super) fn clear(&mut self) {
        self.counts.fill(0);
    }

    pub(super) fn add(&mut self, bin: i64) {
        let bin = usize::try_from(bin.max(0)).unwrap_or(usize::MAX).min(N.saturating_sub(1));
        if let Some(count) = self.counts.get_mut(bin) {
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn total(&self) -> u64 {
        total(&self.counts)
    }

    pub(super) fn percentile(&self, percent: u64) -> Option<usize> {
        percentile(&self.counts, percent)
    }

    /// The bin of a rank, counted from 1 for the least; `None` beyond the last.
    pub(super) fn at_rank(&self, rank: u64) -> Option<usize> {
        at_rank(&self.counts, rank)
    }
}

/// Number of values counted.
pub(super) fn total(counts: &[u32]) -> u64 {
    counts.iter().map(|&count| u64::from(count)).sum()
}

/// The least bin such that at least `percent` of all values, and at least one,
/// lie in it or below; `None` when nothing was counted.
pub(super) fn percentile(counts: &[u32], percent: u64) -> Option<usize> {
    at_rank(counts, (total(counts).saturating_mul(percent)).div_ceil(100).max(1))
}

fn at_rank(counts: &[u32], rank: u64) -> Option<usize> {
    let mut below = 0u64;
    counts.iter().position(|&count| {
        below += u64::from(count);
        below >= rank
    })
}

/// The curve through points in order of x, level beyond the first and the last.
pub(super) fn interpolate(points: &[(f32, f32)], x: f32) -> f32 {
    let first = points.first().map_or(0.0, |&(_, y)| y);
    let from = points.iter().rev().find(|&&(from, _)| x >= from);
    let to = points.iter().find(|&&(to, _)| x < to);
    match (from, to) {
        (Some(&(x0, y0)), Some(&(x1, y1))) => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        (Some(&(_, y)), None) => y,
        _ => first,
    }
}

/// `1 / (1 + e^-x)`: evidence in log odds to a probability. Always in 0..1; what
/// is no number is no evidence.
pub(super) fn logistic(x: f32) -> f32 {
    if x.is_nan() { 0.5 } else { 1.0 / (1.0 + libm::expf(-x.clamp(-30.0, 30.0))) }
}

/// `part / whole`, in 0..1; 0 of nothing is 0.
pub(super) fn share(part: u64, whole: u64) -> f32 {
    if whole == 0 { 0.0 } else { (part as f32 / whole as f32).clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_values() {
        let mut h = Histogram::<10>::new();
        assert_eq!(h.percentile(50), None);
        for v in [3, 1, 2, 2, 9, 40, -7, 2, 5, 6] {
            h.add(v);
        }
        // Sorted: 0 1 2 2 2 3 5 6 9 9.
        assert_eq!(h.total(), 10);
        assert_eq!(h.percentile(0), Some(0));
        assert_eq!(h.percentile(10), Some(0));
        assert_eq!(h.percentile(11), Some(1));
        assert_eq!(h.percentile(50), Some(2));
        assert_eq!(h.percentile(60), Some(3));
        assert_eq!(h.percentile(100), Some(9));
    }

    #[test]
    fn curves_go_through_their_points() {
        let points = [(-1.0, 0.25), (1.0, 0.5), (2.0, 1.0)];
        for (x, y) in
            [(-9.0, 0.25), (-1.0, 0.25), (0.0, 0.375), (1.0, 0.5), (1.5, 0.75), (7.0, 1.0)]
        {
            assert_eq!(interpolate(&points, x), y);
        }
        assert_eq!(interpolate(&points, f32::NAN), 0.25);
        assert_eq!(interpolate(&[], 1.0), 0.0);
    }

    #[test]
    fn the_curve_is_a_probability() {
        assert_eq!(logistic(0.0), 0.5);
        assert_eq!(logistic(f32::NAN), 0.5);
        assert!(logistic(f32::INFINITY) <= 1.0 && logistic(f32::NEG_INFINITY) >= 0.0);
        assert!((logistic(2.0) + logistic(-2.0) - 1.0).abs() < 1e-6);
        assert!((logistic(1.0) - 0.731_058_6).abs() < 1e-6);
    }
}
