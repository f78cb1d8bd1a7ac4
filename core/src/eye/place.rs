//! Where the eyes of a face are looked at: two squares, and what must be decoded.

use super::crop::{SIZE, Source};
use super::square::{BLOCK, Square, length, per_sample};
use crate::geometry::{Orientation, Rect};
use crate::jpeg::Scale;
use crate::plane::Plane;

/// Side of the square about an eye, in distances between the eyes.
pub const SHARE: f32 = 0.62;

/// How far the nose stands beyond an eye that it hides, in distances between the eyes.
const PROFILE: f32 = 0.08;

/// Eyes are not farther apart: no picture is larger.
const FARTHEST: f32 = 65_536.0;

impl Square {
    /// Corners of the box about it: least x and y, greatest x and y.
    fn extent(&self) -> [f32; 4] {
        let half = |axis: usize| (self.along[axis].abs() + self.down[axis].abs()) / 2.0;
        let [x, y] = self.centre;
        [x - half(0), y - half(1), x + half(0), y + half(1)]
    }

    /// The same square in the stored picture, whose upright form it lies in.
    fn stored(&self, turn: &Turn) -> Self {
        Self {
            centre: turn.point(self.centre),
            along: turn.direction(self.along),
            down: turn.direction(self.down),
        }
    }
}

/// Which square of the picture shows an eye, for both eyes of a face, and which region
/// of the file to decode for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaze {
    /// The left eye's and the right eye's square, in pixels of the stored picture; left
    /// in the upright one. `None` for an eye outside of the picture, and for the far eye
    /// of a profile.
    pub squares: [Option<Square>; 2],
    /// The box of the stored picture that holds the squares. It begins at a whole block.
    pub rect: Rect,
    /// The smallest scale at which a square's side still has as many samples as a crop's,
    /// if there is one.
    pub scale: Scale,
}

impl Gaze {
    /// The eyes of a face: `landmarks` are its left eye, right eye, nose and corners of
    /// the mouth, in pixels of the upright picture; `width` and `height` the stored
    /// picture's.
    ///
    /// A head that is turned so far that the nose is beside an eye hides that eye. On
    /// portraits with known angles that begins at 35 to 40 degrees.
    ///
    /// `None` if there is no eye to look at, or if the eyes are not finite or less than
    /// two pixels apart.
    #[must_use]
    pub fn new(
        landmarks: &[[f32; 2]; 5],
        orientation: Orientation,
        width: u32,
        height: u32,
    ) -> Option<Self> {
        let (upright_width, upright_height) = orientation.size(width, height);
        let [left, right, nose, ..] = *landmarks;
        let line = [right[0] - left[0], right[1] - left[1]];
        let distance = length(line);
        if !(2.0..=FARTHEST).contains(&distance) {
            return None;
        }
        // Where the nose is between the eyes: 0 at the left one, 1 at the right one. NaN
        // hides none.
        let from_left = [nose[0] - left[0], nose[1] - left[1]];
        let beside = (from_left[0] * line[0] + from_left[1] * line[1]) / (distance * distance);
        let far = [beside < -PROFILE, beside > 1.0 + PROFILE];
        let along = line.map(|part| part * SHARE);
        let down = [-along[1], along[0]];
        let turn = Turn { orientation, width: width as f32, height: height as f32 };
        let square = |centre: [f32; 2], far: bool| {
            let inside = (0.0..upright_width as f32).contains(&centre[0])
                && (0.0..upright_height as f32).contains(&centre[1]);
            (inside && !far).then(|| Square { centre, along, down }.stored(&turn))
        };
        let squares = [square(left, far[0]), square(right, far[1])];
        let side = distance * SHARE;
        let fits = |scale: &Scale| side >= (SIZE as u32 * per_sample(*scale)) as f32;
        let scale = [Scale::Eighth, Scale::Quarter, Scale::Half].into_iter().find(fits);
        let scale = scale.unwrap_or(Scale::Full);
        let rect = around(&squares, per_sample(scale), width, height)?;
        Some(Self { squares, rect, scale })
    }

    /// What the region decoder made of [`rect`](Self::rect) at [`scale`](Self::scale).
    #[must_use]
    pub fn source<'p>(&self, luma: Plane<'p>) -> Source<'p> {
        Source { plane: luma, x: self.rect.x, y: self.rect.y, scale: self.scale }
    }
}

/// The box about the squares with a sample to spare, from a whole block on.
fn around(squares: &[Option<Square>; 2], spare: u32, width: u32, height: u32) -> Option<Rect> {
    let extents = squares.iter().flatten().map(Square::extent);
    let [x0, y0, x1, y1] =
        extents.reduce(|[a, b, c, d], [e, f, g, h]| [a.min(e), b.min(f), c.max(g), d.max(h)])?;
    let (x, y) = (floor_block(x0 - spare as f32), floor_block(y0 - spare as f32));
    let end = |at: f32| (libm::ceilf(at) as u32).saturating_add(spare);
    let rect = Rect { x, y, w: end(x1).checked_sub(x)?, h: end(y1).checked_sub(y)? };
    let rect = rect.clamped(width, height);
    (rect.area() > 0).then_some(rect)
}

fn floor_block(at: f32) -> u32 {
    // Below 0 and NaN become 0.
    at as u32 / BLOCK * BLOCK
}

/// From the upright picture back to the stored one, of this size.
struct Turn {
    orientation: Orientation,
    width: f32,
    height: f32,
}

impl Turn {
    fn point(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let (w, h) = (self.width, self.height);
        match self.orientation {
            Orientation::Upright => [x, y],
            Orientation::Mirrored => [w - x, y],
            Orientation::HalfTurn => [w - x, h - y],
            Orientation::Flipped => [x, h - y],
            Orientation::Transposed => [y, x],
            Orientation::QuarterTurn => [y, h - x],
            Orientation::Transversed => [w - y, h - x],
            Orientation::ThreeQuarterTurn => [w - y, x],
        }
    }

    fn direction(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        match self.orientation {
            Orientation::Upright => [x, y],
            Orientation::Mirrored => [-x, y],
            Orientation::HalfTurn => [-x, -y],
            Orientation::Flipped => [x, -y],
            Orientation::Transposed => [y, x],
            Orientation::QuarterTurn => [y, -x],
            Orientation::Transversed => [-y, -x],
            Orientation::ThreeQuarterTurn => [-y, x],
        }
    }
}
