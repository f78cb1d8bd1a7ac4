//! A square of a picture that is looked at.

use crate::jpeg::Scale;

/// Regions begin at whole blocks, so that each scale's samples begin there too.
pub(super) const BLOCK: u32 = 8;

/// A square, or a mirrored one, anywhere in a picture. Coordinates are pixels; the
/// centre of the first pixel is (1/2, 1/2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Square {
    /// Its centre.
    pub centre: [f32; 2],
    /// Its upper side, from left to right as the eye is looked at.
    pub along: [f32; 2],
    /// Its left side, from top to bottom.
    pub down: [f32; 2],
}

impl Square {
    /// Length of a side, pixels.
    #[must_use]
    pub fn side(&self) -> f32 {
        length(self.along)
    }
}

/// Pixels of the picture along a sample of a region.
pub(super) fn per_sample(scale: Scale) -> u32 {
    BLOCK / scale.block_size()
}

pub(super) fn length([x, y]: [f32; 2]) -> f32 {
    libm::sqrtf(x * x + y * y)
}
