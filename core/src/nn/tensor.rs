//! Shapes, and what a tensor's numbers mean.

use serde::{Deserialize, Serialize};

/// Height, width and channels of a tensor, which lies in memory in this order, the
/// channels of a pixel side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Rows.
    pub height: u16,
    /// Pixels of a row.
    pub width: u16,
    /// Numbers of a pixel.
    pub channels: u16,
}

impl Shape {
    /// A shape.
    #[must_use]
    pub const fn new(height: u16, width: u16, channels: u16) -> Self {
        Self { height, width, channels }
    }

    /// Pixels.
    pub(super) fn pixels(self) -> Option<usize> {
        usize::from(self.height).checked_mul(self.width.into())
    }

    /// Bytes of the tensor; `None` for one without any, or that no memory holds.
    pub(super) fn bytes(self) -> Option<usize> {
        let bytes = self.pixels()?.checked_mul(self.channels.into())?;
        (1..=isize::MAX.unsigned_abs() / 2).contains(&bytes).then_some(bytes)
    }

    /// Bytes of a row, of a tensor that has passed [`bytes`](Self::bytes).
    pub(super) fn row(self) -> usize {
        usize::from(self.width).saturating_mul(self.channels.into())
    }
}

/// What the numbers `q` of a tensor stand for: `scale * (q - zero_point)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantization {
    /// Above 0.
    pub scale: f32,
    /// The number that stands for 0.
    pub zero_point: i8,
}

/// A tensor's numbers and all that is needed to read them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tensor<'n> {
    /// Row by row, pixel by pixel.
    pub data: &'n [i8],
    /// How many of each.
    pub shape: Shape,
    /// What they stand for.
    pub quantization: Quantization,
}

impl Tensor<'_> {
    /// The real numbers, in the same order.
    pub fn values(&self) -> impl Iterator<Item = f32> + '_ {
        let Quantization { scale, zero_point } = self.quantization;
        self.data.iter().map(move |&q| scale * f32::from(i16::from(q) - i16::from(zero_point)))
    }
}
