//! Layers and how they are drawn onto a grid of pixels.
//!
//! A layer is a shaded surface with [`Mark`]s drawn over it, at one distance
//! or on the ground. Everything is in scene units: the shorter side of the
//! picture is 1, the origin is its centre, y points down. Colours are linear
//! light, 1 being a white that is just not clipped at 0 EV.

use super::colour::{CLEAR, Paint, Spot};
use super::mark::{Mark, Shape};

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

    /// Left, top, right, bottom of all that it may paint.
    pub(crate) fn extent(&self) -> [f32; 4] {
        self.marks.iter().map(Mark::bounds).fold(self.bounds, |[l, t, r, b], m| {
            [l.min(m[0]), t.min(m[1]), r.max(m[2]), b.max(m[3])]
        })
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

    /// Puts `front` before this, its corner at column and row `at`.
    pub(crate) fn cover_with(&mut self, front: &Self, at: [usize; 2]) {
        let wide = front.width;
        for row in 0..front.height {
            let here = (row + at[1]) * self.width + at[0];
            let alpha = &front.planes[3][row * wide..][..wide];
            for (back, plane) in self.planes.iter_mut().zip(&front.planes) {
                let back = &mut back[here..here + wide];
                for ((back, &f), &a) in back.iter_mut().zip(&plane[row * wide..]).zip(alpha) {
                    *back = *back * (1.0 - a) + f;
                }
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

    fn spot(&self, column: usize, row: usize) -> (usize, Spot) {
        let x = self.left + (column as f32 + 0.5) * self.px;
        (row * self.width + column, Spot { x, y: self.y(row), px: self.px })
    }

    fn spots(self, bounds: [f32; 4]) -> impl Iterator<Item = (usize, Spot)> {
        let [x0, x1, y0, y1] = self.touched(bounds);
        (y0..y1).flat_map(move |row| (x0..x1).map(move |column| self.spot(column, row)))
    }

    /// The part of the grid that `bounds` and a rim of `reach` pixels touch,
    /// out to multiples of `align`: its first column and row, and the part;
    /// `None` when there is none.
    pub(crate) fn part(
        &self,
        bounds: [f32; 4],
        reach: f32,
        align: usize,
    ) -> Option<([usize; 2], Self)> {
        let rim = reach * self.px;
        let [l, t, r, b] = bounds;
        let outside = r + rim < self.left
            || b + rim < self.top
            || l - rim > self.left + self.width as f32 * self.px
            || t - rim > self.top + self.height as f32 * self.px;
        let [x0, x1, y0, y1] = self.touched([l - rim, t - rim, r + rim, b + rim]);
        if outside || x0 >= x1 || y0 >= y1 {
            return None;
        }
        let (x0, y0) = (x0 / align * align, y0 / align * align);
        let part = Self {
            left: self.left + x0 as f32 * self.px,
            top: self.top + y0 as f32 * self.px,
            px: self.px,
            width: x1.next_multiple_of(align).min(self.width) - x0,
            height: y1.next_multiple_of(align).min(self.height) - y0,
        };
        Some(([x0, y0], part))
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
        let [x0, x1, y0, y1] = grid.touched(mark.bounds());
        for row in y0..y1 {
            let (from, to) = match mark.shape {
                Shape::Stroke { .. } => {
                    let [left, right] = mark.reach_at(grid.y(row), grid.px);
                    let [from, to, ..] = grid.touched([left, 0.0, right, 0.0]);
                    (from.max(x0), to.min(x1))
                }
                _ => (x0, x1),
            };
            for column in from..to {
                let (i, spot) = grid.spot(column, row);
                let paint = mark.at(spot);
                if let Shape::Glow { .. } = mark.shape {
                    for (plane, c) in canvas.planes.iter_mut().zip(paint.0) {
                        plane[i] += c;
                    }
                } else if paint.1 > 0.0 {
                    canvas.put(i, paint);
                }
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
