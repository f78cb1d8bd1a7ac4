//! Colours, and the spots that are asked for theirs.
//!
//! Units are those of [`paint`](super::paint).

use super::noise::{fbm, lerp};

/// Linear red, green, blue.
pub(crate) type Rgb = [f32; 3];

/// A colour and how much of the pixel it covers (not premultiplied).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(pub(crate) Rgb, pub(crate) f32);

/// Nothing is there.
pub(crate) const CLEAR: Paint = Paint([0.0; 3], 0.0);

/// Where a layer is asked for its colour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub(crate) x: f32,
    pub(crate) y: f32,
    /// Size of the pixel in scene units.
    pub(crate) px: f32,
}

impl Spot {
    /// How much of the pixel lies inside, when the edge is `distance` away
    /// (positive inside).
    pub(crate) fn cover(&self, distance: f32) -> f32 {
        (distance / self.px + 0.5).clamp(0.0, 1.0)
    }

    /// [`fbm`] here.
    pub(crate) fn fbm(&self, frequency: f32, gain: f32, seed: u32) -> f32 {
        fbm(self.x, self.y, frequency, gain, self.px, seed)
    }
}

pub(crate) fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    [lerp(a[0], b[0], t), lerp(a[1], b[1], t), lerp(a[2], b[2], t)]
}

pub(crate) fn scale(a: Rgb, k: f32) -> Rgb {
    a.map(|v| v * k)
}

pub(crate) fn add(a: Rgb, b: Rgb) -> Rgb {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}
