//! Layers as a document holds them.
//!
//! Layer `i` makes tensor `i + 1`; tensor 0 is the network's input. Weights stay
//! where the document lies. Nothing here is checked before it is loaded.

use super::{Multiplier, Quantization};
use serde::{Deserialize, Serialize};

/// One operation, with its inputs and its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer<'a> {
    /// For people.
    pub name: &'a str,
    /// The tensor that it reads; of several, the first.
    pub input: u8,
    /// What it does.
    #[serde(borrow)]
    pub op: Op<'a>,
}

impl<'a> Layer<'a> {
    /// The tensors that it reads, in order.
    pub fn inputs(&self) -> impl Iterator<Item = u8> + use<'a> {
        let (one, more) = match self.op {
            Op::Add { other, .. } => (Some(other), &[][..]),
            Op::Concat { others } => (None, others),
            _ => (None, &[][..]),
        };
        core::iter::once(self.input).chain(one).chain(more.iter().copied())
    }
}

/// What a layer does: TensorFlow Lite's operations, to the bit, on int8.
///
/// `weights` are panels as [`pack`](super::pack()) writes them. `clamp` is the fused
/// activation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op<'a> {
    /// CONV_2D. A channel's weights: for each row of the window, for each pixel of
    /// it, one for each input channel.
    Conv {
        /// Where it reads.
        window: Window,
        /// Output channels.
        channels: u16,
        /// Fused activation.
        clamp: Clamp,
        /// Panels.
        weights: &'a [u8],
    },
    /// DEPTHWISE_CONV_2D with a multiplier of 1. A channel's weights: for each row
    /// of the window, one for each pixel of it; at most 64.
    Depthwise {
        /// Where it reads.
        window: Window,
        /// Fused activation.
        clamp: Clamp,
        /// Panels.
        weights: &'a [u8],
    },
    /// FULLY_CONNECTED, of all numbers of the input as they lie in memory. The
    /// output has one pixel. Sums are rounded once, not twice:
    /// so LiteRT's reference does.
    Dense {
        /// Numbers of the input.
        inputs: u32,
        /// Numbers of the output.
        channels: u16,
        /// Fused activation.
        clamp: Clamp,
        /// Panels.
        weights: &'a [u8],
    },
    /// AVERAGE_POOL_2D: padding does not count. Scale and zero point stay.
    AveragePool {
        /// Where it reads.
        window: Window,
        /// Fused activation.
        clamp: Clamp,
    },
    /// MAX_POOL_2D. Scale and zero point stay.
    MaxPool {
        /// Where it reads.
        window: Window,
        /// Fused activation.
        clamp: Clamp,
    },
    /// MEAN over height and width.
    GlobalAverage {
        /// The input's scale over the output's.
        rescale: Multiplier,
    },
    /// ADD of two tensors of one shape. With `m` the greater of the inputs' scales:
    Add {
        /// The second input.
        other: u8,
        /// Each input's scale over `2 m`.
        rescale: [Multiplier; 2],
        /// `2 m` over 2^20 times the output's scale.
        output: Multiplier,
        /// Fused activation.
        clamp: Clamp,
    },
    /// CONCATENATION of channels. All have one scale and zero point: bring the
    /// others to it by a [`Table`](Self::Table) first.
    Concat {
        /// All inputs but the first; at most 15.
        others: &'a [u8],
    },
    /// RESIZE_NEAREST_NEIGHBOR to twice the height and width.
    Resize2x,
    /// Any function of single numbers: LOGISTIC, HARD_SWISH, LEAKY_RELU, RELU6,
    /// QUANTIZE ([`Table`](super::Table) makes them).
    Table {
        /// 256 numbers: the outputs for -128, -127 and so on.
        table: &'a [u8],
    },
    /// SOFTMAX of every `classes` numbers that follow each other. The output's scale
    /// is 1/256 and its zero point -128.
    Softmax {
        /// A divisor of the channels, at most 511.
        classes: u16,
        /// The input's scale times beta times 2^26: at least 1, and 2^31 - 1 where it
        /// would be more.
        rescale: Multiplier,
    },
}

impl Op<'_> {
    /// GLOBAL_AVERAGE between these scales; `None` if no multiplier stands for their
    /// ratio.
    #[must_use]
    pub fn global_average(from: Quantization, to: Quantization) -> Option<Self> {
        let ratio = f64::from(from.scale) / f64::from(to.scale);
        let rescale = Multiplier::from_real(ratio).filter(|m| m.is_valid())?;
        Some(Self::GlobalAverage { rescale })
    }

    /// The sum of the layer's input and tensor `other`; `None` for scales that are too
    /// far apart.
    #[must_use]
    pub fn add(
        other: u8,
        inputs: [Quantization; 2],
        to: Quantization,
        clamp: Clamp,
    ) -> Option<Self> {
        let [one, two] = inputs.map(|input| f64::from(input.scale));
        let twice = 2.0 * one.max(two);
        let factor = |real| {
            let below_one = |m: &Multiplier| m.is_valid() && m.exponent <= 0;
            Multiplier::from_real(real).filter(below_one)
        };
        let output = factor(twice / (f64::from(1 << 20) * f64::from(to.scale)))?;
        Some(Self::Add {
            other,
            rescale: [factor(one / twice)?, factor(two / twice)?],
            output,
            clamp,
        })
    }

    /// The softmax of every `classes` numbers that are quantised so; `None` for a scale
    /// below 2^-26.
    #[must_use]
    pub fn softmax(classes: u16, from: Quantization, beta: f32) -> Option<Self> {
        let factor = f64::from(from.scale) * f64::from(beta) * f64::from(1 << 26);
        let factor = Some(factor).filter(|f| *f >= 1.0)?.min(f64::from(i32::MAX));
        Some(Self::Softmax { classes, rescale: Multiplier::from_real(factor)? })
    }
}

/// Where a layer reads: for each output a rectangle of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Rows.
    pub height: u8,
    /// Pixels of a row.
    pub width: u8,
    /// Rows from one window to the one below.
    pub stride_y: u8,
    /// Pixels from one window to the one beside.
    pub stride_x: u8,
    /// What surrounds the input.
    pub padding: Padding,
}

/// How far windows reach over the input's edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Padding {
    /// Not at all.
    Valid,
    /// Just so far that there is an output for each `stride` inputs; where the sum is
    /// odd, one more at the bottom and at the right.
    Same,
    /// So many rows and pixels, each fewer than the window has.
    Explicit {
        /// Above.
        top: u8,
        /// To the left.
        left: u8,
        /// Below.
        bottom: u8,
        /// To the right.
        right: u8,
    },
}

/// Where an activation cuts off, both ends within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clamp {
    /// The least output.
    pub min: i8,
    /// The greatest.
    pub max: i8,
}

impl Clamp {
    /// No activation.
    pub const NONE: Self = Self { min: i8::MIN, max: i8::MAX };

    /// An activation that cuts off at these real numbers, for an output that is
    /// quantised so: RELU has 0 and nothing, RELU6 has 0 and 6.
    #[must_use]
    pub fn between(output: Quantization, min: Option<f32>, max: Option<f32>) -> Self {
        let quantized = |real: f32| {
            let q = libm::roundf(real / output.scale) + f32::from(output.zero_point);
            q.clamp(-128.0, 127.0) as i8
        };
        Self { min: min.map_or(i8::MIN, quantized), max: max.map_or(i8::MAX, quantized) }
    }
}
