//! Layers and how they are drawn onto a grid of pixels.
//!
//! A layer is a shaded surface with [`Mark`]s drawn over it, at one distance
//! or on the ground. Everything is in scene units: the shorter side of the
//! picture is 1, the origin is its centre, y points down. Colours are linear
//! light, 1 being a white that is just not clipped at 0 EV.

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

/// How far a layer is from the camera.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Distance {
    /// All of it at so many metres.
    At(f32),
    /// A level plane: at `y` below the horizon it is `metres / (y - horizon)`
    /// away, so that `1 / distance` is linear in y.
    Ground { horizon: f32, metres: f32 },
}

impl Distance {
    /// `1 / metres` at height `y`.
    pub(crate) fn dioptres(&self, y: f32) -> f32 {
        match *self {
            Self::At(m) => 1.0 / m,
            Self::Ground { horizon, metres } => (y - horizon).max(0.0) / metres,
        }
    }
}

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
    fn bounds(&self) -> [f32; 4] {
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

    /// Colour and coverage of the pixel at `spot`; coverage is exact for
    /// straight edges along the axes and close for the others.
    fn at(&self, spot: Spot) -> Paint {
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

/// The colour of a surface at a spot.
pub(crate) type Shade = Box<dyn Fn(Spot) -> Paint + Send + Sync>;

/// One layer of a scene; see the module's text for units.
pub(crate) struct Layer {
    pub(crate) distance: Distance,
    /// Left, top, right, bottom: the shade is clear outside.
    pub(crate) bounds: [f32; 4],
    pub(crate) shade: Shade,
    /// Drawn over the shade, first to last.
    pub(crate) marks: Vec<Mark>,
    /// Strength of fine surface texture over shade and marks.
    pub(crate) grain: f32,
    /// Belongs to what the photographer follows.
    pub(crate) tracked: bool,
}

impl Layer {
    pub(crate) fn new(
        distance: Distance,
        shade: impl Fn(Spot) -> Paint + Send + Sync + 'static,
    ) -> Self {
        Self {
            distance,
            bounds: [-9.0, -9.0, 9.0, 9.0],
            shade: Box::new(shade),
            marks: Vec::new(),
            grain: 0.0,
            tracked: false,
        }
    }

    /// A layer of marks alone.
    pub(crate) fn of_marks(distance: Distance, marks: Vec<Mark>) -> Self {
        let mut layer = Self::new(distance, |_| CLEAR).within([0.0; 4]);
        layer.marks = marks;
        layer
    }

    pub(crate) fn within(mut self, bounds: [f32; 4]) -> Self {
        self.bounds = bounds;
        self
    }

    pub(crate) fn marked(mut self, marks: Vec<Mark>) -> Self {
        self.marks = marks;
        self
    }

    pub(crate) fn grained(mut self, grain: f32) -> Self {
        self.grain = grain;
        self
    }

    pub(crate) fn tracked(mut self) -> Self {
        self.tracked = true;
        self
    }
}

/// Premultiplied red, green, blue and coverage, as four planes of one size.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) planes: [Vec<f32>; 4],
}

impl Canvas {
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let plane = vec![0.0; width * height];
        Self { width, height, planes: [plane.clone(), plane.clone(), plane.clone(), plane] }
    }

    fn put(&mut self, i: usize, Paint(colour, cover): Paint) {
        for (plane, c) in self.planes.iter_mut().zip(colour) {
            plane[i] = plane[i] * (1.0 - cover) + c * cover;
        }
        self.planes[3][i] += (1.0 - self.planes[3][i]) * cover;
    }

    /// Puts `front` before this.
    pub(crate) fn cover_with(&mut self, front: &Self) {
        let [r, g, b, a] = &mut self.planes;
        let alpha = &front.planes[3];
        for (back, plane) in [r, g, b, a].into_iter().zip(&front.planes) {
            for ((back, &f), &a) in back.iter_mut().zip(plane).zip(alpha) {
                *back = *back * (1.0 - a) + f;
            }
        }
    }
}

/// Where a grid of pixels lies in the scene.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    /// Scene coordinates of the outer corner of the first pixel.
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) px: f32,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Grid {
    /// Scene y of the middle of row `row`.
    pub(crate) fn y(&self, row: usize) -> f32 {
        self.top + (row as f32 + 0.5) * self.px
    }

    /// The pixels that bounds in the scene touch: first and one past the last
    /// column, first and one past the last row.
    fn touched(&self, bounds: [f32; 4]) -> [usize; 4] {
        let column = |x: f32| ((x - self.left) / self.px).clamp(0.0, self.width as f32);
        let row = |y: f32| ((y - self.top) / self.px).clamp(0.0, self.height as f32);
        [
            (column(bounds[0]) - 1.0).max(0.0) as usize,
            (column(bounds[2]).ceil() as usize + 1).min(self.width),
            (row(bounds[1]) - 1.0).max(0.0) as usize,
            (row(bounds[3]).ceil() as usize + 1).min(self.height),
        ]
    }

    fn spots(self, bounds: [f32; 4]) -> impl Iterator<Item = (usize, Spot)> {
        let [x0, x1, y0, y1] = self.touched(bounds);
        (y0..y1).flat_map(move |row| {
            (x0..x1).map(move |column| {
                let x = self.left + (column as f32 + 0.5) * self.px;
                (row * self.width + column, Spot { x, y: self.y(row), px: self.px })
            })
        })
    }
}

/// Draws a layer, everything sharp.
pub(crate) fn draw(layer: &Layer, grid: Grid) -> Canvas {
    let mut canvas = Canvas::new(grid.width, grid.height);
    for (i, spot) in grid.spots(layer.bounds) {
        let paint = (layer.shade)(spot);
        if paint.1 > 0.0 {
            canvas.put(i, paint);
        }
    }
    for mark in &layer.marks {
        let glows = matches!(mark.shape, Shape::Glow { .. });
        for (i, spot) in grid.spots(mark.bounds()) {
            let paint = mark.at(spot);
            if glows {
                for (plane, c) in canvas.planes.iter_mut().zip(paint.0) {
                    plane[i] += c;
                }
            } else if paint.1 > 0.0 {
                canvas.put(i, paint);
            }
        }
    }
    if layer.grain > 0.0 {
        for (i, spot) in grid.spots([-9.0, -9.0, 9.0, 9.0]) {
            if canvas.planes[3][i] > 0.0 {
                let k = (1.0 + layer.grain * spot.fbm(60.0, 0.95, 0x6A1)).max(0.05);
                for plane in &mut canvas.planes[..3] {
                    plane[i] *= k;
                }
            }
        }
    }
    canvas
}
