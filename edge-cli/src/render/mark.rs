//! Strokes, ellipses and glows: hair, leaves, lamps.
//!
//! A [`Mark`] knows its bounds in the scene and its coverage of a pixel; units
//! are those of [`paint`](super::paint).

use super::colour::{Paint, Rgb, Spot, mix, scale};
use super::noise::lerp;

/// The outline of a mark.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// A line with round ends, half as wide as given at either end.
    Stroke { a: [f32; 2], b: [f32; 2], width_a: f32, width_b: f32 },
    /// An ellipse; `axis` is the direction of its first radius.
    Ellipse { centre: [f32; 2], radii: [f32; 2], axis: [f32; 2] },
    /// Light around a lamp, added to what is there.
    Glow { centre: [f32; 2], radius: f32 },
}

/// Something drawn over a layer, fading from one colour to another along it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) shape: Shape,
    pub(crate) from: Rgb,
    pub(crate) to: Rgb,
}

impl Mark {
    pub(crate) fn stroke(a: [f32; 2], b: [f32; 2], width: f32, colour: Rgb) -> Self {
        let shape = Shape::Stroke { a, b, width_a: width, width_b: width };
        Self { shape, from: colour, to: colour }
    }

    pub(crate) fn disc(centre: [f32; 2], radius: f32, colour: Rgb) -> Self {
        let shape = Shape::Ellipse { centre, radii: [radius; 2], axis: [1.0, 0.0] };
        Self { shape, from: colour, to: colour }
    }

    pub(crate) fn glow(centre: [f32; 2], radius: f32, colour: Rgb) -> Self {
        Self { shape: Shape::Glow { centre, radius }, from: colour, to: colour }
    }

    /// Left, top, right, bottom.
    pub(crate) fn bounds(&self) -> [f32; 4] {
        let (centre, reach) = match self.shape {
            Shape::Stroke { a, b, width_a, width_b } => {
                let w = width_a.max(width_b);
                return [
                    a[0].min(b[0]) - w,
                    a[1].min(b[1]) - w,
                    a[0].max(b[0]) + w,
                    a[1].max(b[1]) + w,
                ];
            }
            Shape::Ellipse { centre, radii, .. } => (centre, radii[0].max(radii[1])),
            Shape::Glow { centre, radius } => (centre, radius),
        };
        [centre[0] - reach, centre[1] - reach, centre[0] + reach, centre[1] + reach]
    }

    /// Of a stroke, the left and right end of what it covers of a row of
    /// pixels: much less than its bounds where it is slanted.
    pub(crate) fn reach_at(&self, y: f32, px: f32) -> [f32; 2] {
        let Shape::Stroke { a, b, width_a, width_b } = self.shape else {
            let [left, _, right, _] = self.bounds();
            return [left, right];
        };
        let w = width_a.max(width_b) + px;
        let dy = b[1] - a[1];
        let (mut t0, mut t1) = (0.0, 1.0);
        if dy.abs() > px {
            let (u, v) = ((y - w - a[1]) / dy, (y + w - a[1]) / dy);
            (t0, t1) = (u.min(v).clamp(0.0, 1.0), u.max(v).clamp(0.0, 1.0));
        }
        let (x0, x1) = (lerp(a[0], b[0], t0), lerp(a[0], b[0], t1));
        [x0.min(x1) - w, x0.max(x1) + w]
    }

    /// Colour and coverage of the pixel at `spot`; coverage is exact for
    /// straight edges along the axes and close for the others.
    pub(crate) fn at(&self, spot: Spot) -> Paint {
        let Spot { x, y, px } = spot;
        match self.shape {
            Shape::Stroke { a, b, width_a, width_b } => {
                let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
                let length2 = (dx * dx + dy * dy).max(1e-12);
                let t = (((x - a[0]) * dx + (y - a[1]) * dy) / length2).clamp(0.0, 1.0);
                let (ex, ey) = (x - a[0] - t * dx, y - a[1] - t * dy);
                let d = (ex * ex + ey * ey).sqrt();
                let w = lerp(width_a, width_b, t);
                let inside = (d + px / 2.0).min(w) - (d - px / 2.0).max(-w);
                Paint(mix(self.from, self.to, t), (inside / px).clamp(0.0, 1.0))
            }
            Shape::Ellipse { centre, radii, axis } => {
                let (dx, dy) = (x - centre[0], y - centre[1]);
                let u = (dx * axis[0] + dy * axis[1]) / radii[0];
                let v = (dy * axis[0] - dx * axis[1]) / radii[1];
                let q = (u * u + v * v).sqrt();
                let small = radii[0].min(radii[1]);
                let area = (2.0 * small / px).min(1.0);
                let cover = ((1.0 - q) * small / px + 0.5).clamp(0.0, 1.0) * area;
                Paint(mix(self.from, self.to, (0.5 + 0.5 * u).clamp(0.0, 1.0)), cover)
            }
            Shape::Glow { centre, radius } => {
                let (dx, dy) = ((x - centre[0]) / radius, (y - centre[1]) / radius);
                let r2 = dx * dx + dy * dy;
                let edge = (1.0 - r2).max(0.0);
                // Falls off as scattered light does, and ends at the radius.
                Paint(scale(self.from, edge * edge * 0.02 / (0.02 + r2)), 0.0)
            }
        }
    }
}
