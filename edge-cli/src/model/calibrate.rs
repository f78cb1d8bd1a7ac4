//! The range of each tensor, from what a set of inputs makes of it.

use super::eval;
use super::graph::Graph;
use edgecull_core::nn::Quantization;
use rayon::prelude::*;

/// How a range is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// All numbers fit.
    MinMax,
    /// One number in 20,000 is cut off at each end.
    Percentile,
    /// The sum of squared errors, of rounding and of cutting off, is least.
    #[default]
    Mse,
}

/// Share of the numbers that [`Method::Percentile`] cuts off at each end.
const CUT_OFF: f64 = 1.0 / 20_000.0;

/// Bins of a histogram: some eight for each step of int8.
const BINS: usize = 2048;

/// How many ends [`Method::Mse`] tries, from the outermost to a fifth of it.
const TRIES: usize = 64;

/// Least and greatest number, with 0 between.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    /// The least, at most 0.
    pub low: f32,
    /// The greatest, at least 0.
    pub high: f32,
}

impl Range {
    /// What holds both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    fn of(values: &[f32]) -> Self {
        let widen = |range: Self, &x: &f32| Self { low: range.low.min(x), high: range.high.max(x) };
        values.iter().fold(Self::default(), widen)
    }

    /// The finest scale that covers it, in which 0 is a whole number.
    #[must_use]
    pub fn quantization(self) -> Quantization {
        let scale = ((self.high - self.low) / 255.0).max(1e-8);
        let zero_point = (-128.0 - self.low / scale).round().clamp(-128.0, 127.0) as i8;
        Quantization { scale, zero_point }
    }
}

/// The range of every tensor.
#[must_use]
pub fn ranges(graph: &Graph, samples: &[Vec<f32>], method: Method) -> Vec<Range> {
    let tensors = graph.nodes.len() + 1;
    let full = samples
        .par_iter()
        .map(|sample| eval::run(graph, sample).iter().map(|t| Range::of(t)).collect::<Vec<_>>())
        .reduce(
            || vec![Range::default(); tensors],
            |a, b| a.into_iter().zip(b).map(|(a, b)| a.or(b)).collect(),
        );
    if method == Method::MinMax {
        return full;
    }
    let empty = || full.iter().map(|&range| Histogram::new(range)).collect::<Vec<_>>();
    let histograms = samples
        .par_iter()
        .fold(empty, |mut histograms, sample| {
            for (histogram, tensor) in histograms.iter_mut().zip(eval::run(graph, sample)) {
                histogram.add(&tensor);
            }
            histograms
        })
        .reduce(empty, |mut a, b| {
            a.iter_mut().zip(b).for_each(|(a, b)| a.merge(&b));
            a
        });
    let choose = |histogram: Histogram| match method {
        Method::Percentile => histogram.percentile(),
        _ => histogram.least_error(),
    };
    histograms.into_iter().map(choose).collect()
}

/// How often which numbers come.
struct Histogram {
    range: Range,
    counts: Vec<u64>,
    /// Exact zeros, which any scale stands for without error.
    zeros: u64,
}

impl Histogram {
    fn new(range: Range) -> Self {
        Self { range, counts: vec![0; BINS], zeros: 0 }
    }

    fn add(&mut self, values: &[f32]) {
        let per_bin = BINS as f32 / (self.range.high - self.range.low).max(f32::MIN_POSITIVE);
        for &x in values {
            if x == 0.0 {
                self.zeros += 1;
            } else {
                let bin = ((x - self.range.low) * per_bin) as usize;
                self.counts[bin.min(BINS - 1)] += 1;
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
    }

    /// The middle of a bin.
    fn middle(&self, bin: usize) -> f64 {
        let (low, high) = (f64::from(self.range.low), f64::from(self.range.high));
        low + (high - low) * (bin as f64 + 0.5) / BINS as f64
    }

    fn percentile(&self) -> Range {
        let total = self.counts.iter().sum::<u64>() + self.zeros;
        let cut = (total as f64 * CUT_OFF) as u64;
        let end = |bins: &mut dyn Iterator<Item = usize>| {
            let mut seen = 0;
            let mut first_kept = bins.skip_while(|&bin| {
                seen += self.counts[bin];
                seen <= cut
            });
            first_kept.next().map_or(0.0, |bin| self.middle(bin) as f32)
        };
        let (low, high) = (end(&mut (0..BINS)), end(&mut (0..BINS).rev()));
        // Both ends may lie on one side of 0.
        Range { low: low.min(0.0).max(self.range.low), high: high.max(0.0).min(self.range.high) }
    }

    fn least_error(&self) -> Range {
        let mut best = (self.error(self.range), self.range);
        let factor = |step: usize| 1.0 - 0.8 * step as f32 / TRIES as f32;
        let mut attempt = |range: Range| {
            let error = self.error(range);
            if error < best.0 {
                best = (error, range);
            }
            best.1
        };
        for step in 1..=TRIES {
            let (low, high) = (self.range.low * factor(step), self.range.high * factor(step));
            attempt(Range { low, high });
        }
        let mut chosen = attempt(self.range);
        for step in 0..=TRIES {
            chosen = attempt(Range { low: self.range.low * factor(step), ..chosen });
        }
        for step in 0..=TRIES {
            chosen = attempt(Range { high: self.range.high * factor(step), ..chosen });
        }
        chosen
    }

    /// Sum of squared errors: a step's variance where a number fits, what is cut off
    /// where not.
    fn error(&self, range: Range) -> f64 {
        let (low, high) = (f64::from(range.low), f64::from(range.high));
        let step = (high - low) / 255.0;
        let counted = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let errors = counted.map(|(bin, &count)| {
            let x = self.middle(bin);
            let beyond = x - x.clamp(low, high);
            count as f64 * (beyond * beyond + step * step / 12.0)
        });
        errors.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(values: &[f32]) -> Histogram {
        let mut histogram = Histogram::new(Range::of(values));
        histogram.add(values);
        histogram
    }

    /// Numbers spread evenly over 0 to 1, and one far away.
    fn with_outlier() -> Vec<f32> {
        let mut values: Vec<f32> = (1..100_000).map(|i| i as f32 / 1e5).collect();
        values.push(20.0);
        values
    }

    #[test]
    fn an_outlier_is_cut_off() {
        let histogram = histogram(&with_outlier());
        assert_eq!(histogram.range, Range { low: 0.0, high: 20.0 });
        let percentile = histogram.percentile();
        assert!((0.99..1.03).contains(&percentile.high), "{percentile:?}");
        let mse = histogram.least_error();
        // 2 (20 - x) = 100,000 * 2 x / (12 * 255^2) is where the error is least.
        assert!((17.0..18.5).contains(&mse.high) && mse.low == 0.0, "{mse:?}");
        assert!(histogram.error(mse) < histogram.error(histogram.range));
    }

    #[test]
    fn zero_is_a_whole_number() {
        for (low, high) in [(0.0, 6.0), (-1.0, 3.0), (-2.5, 0.0), (0.0, 0.0)] {
            let q = Range { low, high }.quantization();
            let zero = q.scale * (f32::from(q.zero_point) - f32::from(q.zero_point));
            assert_eq!(zero, 0.0);
            let least = q.scale * (-128.0 - f32::from(q.zero_point));
            assert!((least - low).abs() <= q.scale, "{low} {high}: {least}");
            assert!(q.scale > 0.0);
        }
        assert_eq!(Range { low: 0.0, high: 6.0 }.quantization().zero_point, -128);
    }
}
