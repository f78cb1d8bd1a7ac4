//! How close int8 comes to `f32`.

use edgecull_core::kernels::Isa;
use edgecull_core::nn::{Error, Model, Net, Plan, Quantization};
use serde::Serialize;

/// A network that can be run on many inputs.
#[derive(Debug)]
pub struct Runner<'m> {
    model: &'m Model<'m>,
    plan: Plan,
    arena: Vec<i8>,
}

impl<'m> Runner<'m> {
    /// At the size that it was made for.
    ///
    /// # Errors
    /// What the core finds.
    pub fn new(model: &'m Model<'m>) -> Result<Self, Error> {
        let shape = model.input();
        let plan = model.plan(shape.height, shape.width)?;
        let arena = vec![0; plan.arena()];
        Ok(Self { model, plan, arena })
    }

    /// Every tensor in real numbers, the input's first.
    ///
    /// # Errors
    /// What the core finds.
    pub fn run(&mut self, input: &[f32]) -> Result<Vec<Vec<f32>>, Error> {
        let from = self.model.quantization(0).unwrap_or(Quantization { scale: 1.0, zero_point: 0 });
        let mut net = Net::new(self.model, &self.plan, &mut self.arena, Isa::detect())?;
        let mut first = Vec::with_capacity(input.len());
        for (place, &x) in net.input().iter_mut().zip(input) {
            let whole = (x / from.scale).round() + f32::from(from.zero_point);
            *place = whole.clamp(-128.0, 127.0) as i8;
            first.push(from.scale * (f32::from(*place) - f32::from(from.zero_point)));
        }
        let mut tensors = vec![first];
        net.run_with(|_, tensor| tensors.push(tensor.values().collect()))?;
        Ok(tensors)
    }
}

/// Sums over numbers and their errors.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deviation {
    signal: f64,
    noise: f64,
    most: f64,
}

impl Deviation {
    /// Takes in a tensor.
    pub fn add(&mut self, truth: &[f32], found: &[f32]) {
        for (&truth, &found) in truth.iter().zip(found) {
            let (truth, error) = (f64::from(truth), f64::from(truth) - f64::from(found));
            self.signal += truth * truth;
            self.noise += error * error;
            self.most = self.most.max(error.abs());
        }
    }

    /// Takes in what another has seen.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            signal: self.signal + other.signal,
            noise: self.noise + other.noise,
            most: self.most.max(other.most),
        }
    }

    /// Signal to noise in decibels; 120 at most, where there is next to no noise.
    #[must_use]
    pub fn snr_db(&self) -> f64 {
        if self.noise <= self.signal * 1e-12 {
            return 120.0;
        }
        10.0 * (self.signal / self.noise).log10()
    }

    /// The greatest error.
    #[must_use]
    pub fn max_error(&self) -> f64 {
        self.most
    }
}

/// An output of int8 beside that of `f32`.
#[derive(Clone, Debug, Serialize)]
pub struct Agreement {
    /// The output's name.
    pub output: String,
    /// Signal to noise in decibels.
    pub snr_db: f64,
    /// The greatest error.
    pub max_error: f64,
    /// Of a classifier, the share of inputs with the same class on top.
    pub top_1: Option<f64>,
}

/// Sums over an output on many inputs.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputDeviation {
    deviation: Deviation,
    same: u64,
    inputs: u64,
}

impl OutputDeviation {
    /// Takes in one input's.
    pub fn add(&mut self, truth: &[f32], found: &[f32]) {
        self.deviation.add(truth, found);
        self.inputs += 1;
        // Several classes of int8 may be on top: one of them has to be the truth's.
        let top = top(truth);
        let most = found.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        self.same += u64::from(top.is_some_and(|top| found.get(top) == Some(&most)));
    }

    /// Takes in what another has seen.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            deviation: self.deviation.and(other.deviation),
            same: self.same + other.same,
            inputs: self.inputs + other.inputs,
        }
    }

    /// The figures; `classes` says whether the output's numbers are those of classes.
    #[must_use]
    pub fn agreement(&self, output: &str, classes: bool) -> Agreement {
        let share = self.same as f64 / self.inputs.max(1) as f64;
        Agreement {
            output: output.into(),
            snr_db: self.deviation.snr_db(),
            max_error: self.deviation.max_error(),
            top_1: classes.then_some(share),
        }
    }
}

fn top(values: &[f32]) -> Option<usize> {
    let pairs = values.iter().enumerate();
    pairs.max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0))).map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_in_decibels() {
        let mut deviation = Deviation::default();
        deviation.add(&[10.0, -10.0], &[9.0, -9.0]);
        assert!((deviation.snr_db() - 20.0).abs() < 1e-9);
        assert_eq!(deviation.max_error(), 1.0);
        let mut exact = Deviation::default();
        exact.add(&[1.0], &[1.0]);
        assert_eq!(exact.snr_db(), 120.0);
    }

    #[test]
    fn ties_on_top_agree() {
        let mut output = OutputDeviation::default();
        output.add(&[0.1, 0.5, 0.4], &[0.0, 0.5, 0.5]);
        output.add(&[0.1, 0.5, 0.4], &[0.0, 0.4, 0.5]);
        assert_eq!(output.agreement("y", true).top_1, Some(0.5));
        assert_eq!(output.agreement("y", false).top_1, None);
    }
}
