//! Functions of single numbers, put together from a few.

/// Where a result is cut off, if it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Activation {
    /// The least.
    pub min: Option<f32>,
    /// The greatest.
    pub max: Option<f32>,
}

impl Activation {
    /// Nothing is cut off.
    pub const NONE: Self = Self { min: None, max: None };

    /// The number, cut off.
    #[must_use]
    pub fn apply(self, x: f32) -> f32 {
        let x = self.min.map_or(x, |min| x.max(min));
        self.max.map_or(x, |max| x.min(max))
    }

    /// Whether a positive factor may be drawn through it.
    #[must_use]
    pub fn is_homogeneous(self) -> bool {
        self.max.is_none() && self.min.is_none_or(|min| min == 0.0)
    }
}

/// A function of one number. In int8 any of them is a table of 256.
#[derive(Clone, Debug, PartialEq)]
pub enum Function {
    /// The number itself.
    Identity,
    /// Cut off.
    Clip(Box<Self>, Activation),
    /// Times a factor where it is below 0.
    Leaky(Box<Self>, f32),
    /// 1 / (1 + e^-x).
    Sigmoid(Box<Self>),
    /// The hyperbolic tangent.
    Tanh(Box<Self>),
    /// ln(1 + e^x).
    Softplus(Box<Self>),
    /// Times the first, plus the second.
    Affine(Box<Self>, f32, f32),
    /// Two functions of the number, multiplied.
    Product(Box<Self>, Box<Self>),
    /// Two functions of the number, added.
    Sum(Box<Self>, Box<Self>),
}

impl Function {
    /// Its value.
    #[must_use]
    pub fn apply(&self, x: f32) -> f32 {
        match self {
            Self::Identity => x,
            Self::Clip(of, activation) => activation.apply(of.apply(x)),
            Self::Leaky(of, slope) => match of.apply(x) {
                y if y < 0.0 => slope * y,
                y => y,
            },
            Self::Sigmoid(of) => 1.0 / (1.0 + (-of.apply(x)).exp()),
            Self::Tanh(of) => of.apply(x).tanh(),
            Self::Softplus(of) => match of.apply(x) {
                // Beyond this the rest is lost in rounding, and e^y may not be.
                y if y > 20.0 => y,
                y => y.exp().ln_1p(),
            },
            Self::Affine(of, factor, offset) => factor * of.apply(x) + offset,
            Self::Product(one, other) => one.apply(x) * other.apply(x),
            Self::Sum(one, other) => one.apply(x) + other.apply(x),
        }
    }

    /// How many parts it is put together from.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Identity => 1,
            Self::Clip(of, _)
            | Self::Leaky(of, _)
            | Self::Sigmoid(of)
            | Self::Tanh(of)
            | Self::Softplus(of)
            | Self::Affine(of, ..) => 1 + of.size(),
            Self::Product(one, other) | Self::Sum(one, other) => 1 + one.size() + other.size(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hard_swish_is_put_together() {
        let x = || Box::new(Function::Identity);
        let shifted = Box::new(Function::Affine(x(), 1.0, 3.0));
        let gate = Function::Clip(shifted, Activation { min: Some(0.0), max: Some(6.0) });
        let product = Box::new(Function::Product(x(), Box::new(gate)));
        let hard_swish = Function::Affine(product, 1.0 / 6.0, 0.0);
        for (x, y) in [(-4.0, 0.0), (-1.0, -1.0 / 3.0), (0.0, 0.0), (1.0, 2.0 / 3.0), (5.0, 5.0)] {
            assert!((hard_swish.apply(x) - y).abs() < 1e-6, "{x}");
        }
    }

    #[test]
    fn large_numbers_stay_finite() {
        let softplus = Function::Softplus(Box::new(Function::Identity));
        assert_eq!(softplus.apply(1e4), 1e4);
        assert_eq!(softplus.apply(-1e4), 0.0);
        assert_eq!(Function::Sigmoid(Box::new(Function::Identity)).apply(-1e4), 0.0);
    }
}
