//! Rectangles in pixels, and the eight ways a camera may have been held.

use serde::{Deserialize, Serialize};

/// An axis-aligned box in pixels, origin at the top left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width; the right edge `x + w` is exclusive.
    pub w: u32,
    /// Height; the bottom edge `y + h` is exclusive.
    pub h: u32,
}

impl Rect {
    /// The part of this box that lies inside a picture of `width` x `height`.
    #[must_use]
    pub fn clamped(self, width: u32, height: u32) -> Self {
        let x = self.x.min(width);
        let y = self.y.min(height);
        Self { x, y, w: self.w.min(width - x), h: self.h.min(height - y) }
    }

    /// Area in pixels.
    #[must_use]
    pub fn area(self) -> u64 {
        u64::from(self.w) * u64::from(self.h)
    }
}

/// How the stored picture must be turned to stand upright: EXIF tag 0x0112
/// (Exif 2.32, section 4.6.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Orientation {
    /// 1: stored upright.
    #[default]
    Upright,
    /// 2: mirrored left to right.
    Mirrored,
    /// 3: turned by 180 degrees.
    HalfTurn,
    /// 4: mirrored top to bottom.
    Flipped,
    /// 5: mirrored about the main diagonal.
    Transposed,
    /// 6: must be turned clockwise by 90 degrees.
    QuarterTurn,
    /// 7: mirrored about the other diagonal.
    Transversed,
    /// 8: must be turned counter-clockwise by 90 degrees.
    ThreeQuarterTurn,
}

impl Orientation {
    /// From the value of the EXIF tag; `None` for a value outside 1 to 8.
    #[must_use]
    pub fn from_exif(value: u32) -> Option<Self> {
        Some(match value {
            1 => Self::Upright,
            2 => Self::Mirrored,
            3 => Self::HalfTurn,
            4 => Self::Flipped,
            5 => Self::Transposed,
            6 => Self::QuarterTurn,
            7 => Self::Transversed,
            8 => Self::ThreeQuarterTurn,
            _ => return None,
        })
    }

    /// Whether width and height change places.
    #[must_use]
    pub fn swaps_axes(self) -> bool {
        matches!(
            self,
            Self::Transposed | Self::QuarterTurn | Self::Transversed | Self::ThreeQuarterTurn
        )
    }

    /// Size of the upright picture, given the stored one's.
    #[must_use]
    pub fn size(self, width: u32, height: u32) -> (u32, u32) {
        if self.swaps_axes() { (height, width) } else { (width, height) }
    }

    /// Maps a box of the stored picture (`width` x `height`) to the upright one.
    /// Parts outside the picture are cut off.
    #[must_use]
    pub fn rect(self, r: Rect, width: u32, height: u32) -> Rect {
        let r = r.clamped(width, height);
        let far_x = width - r.x - r.w;
        let far_y = height - r.y - r.h;
        let (x, y) = match self {
            Self::Upright => (r.x, r.y),
            Self::Mirrored => (far_x, r.y),
            Self::HalfTurn => (far_x, far_y),
            Self::Flipped => (r.x, far_y),
            Self::Transposed => (r.y, r.x),
            Self::QuarterTurn => (far_y, r.x),
            Self::Transversed => (far_y, far_x),
            Self::ThreeQuarterTurn => (r.y, far_x),
        };
        let (w, h) = self.size(r.w, r.h);
        Rect { x, y, w, h }
    }

    /// The orientation that turns the upright picture back to the stored one.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Self::QuarterTurn => Self::ThreeQuarterTurn,
            Self::ThreeQuarterTurn => Self::QuarterTurn,
            // Half turns and mirrors undo themselves.
            other => other,
        }
    }

    /// Whether the stored picture's x, and its y, run backwards in the upright one,
    /// along whichever axis they lie there.
    pub(crate) fn reverses(self) -> (bool, bool) {
        match self {
            Self::Upright | Self::Transposed => (false, false),
            Self::Mirrored | Self::ThreeQuarterTurn => (true, false),
            Self::Flipped | Self::QuarterTurn => (false, true),
            Self::HalfTurn | Self::Transversed => (true, true),
        }
    }

    /// Maps a point of the stored picture, of this width and height, to the upright
    /// one: x and y, where the first pixel's middle lies at 1/2.
    #[must_use]
    pub fn point(self, [x, y]: [f32; 2], [width, height]: [f32; 2]) -> [f32; 2] {
        let (reverse_x, reverse_y) = self.reverses();
        let x = if reverse_x { width - x } else { x };
        let y = if reverse_y { height - y } else { y };
        if self.swaps_axes() { [y, x] } else { [x, y] }
    }

    /// Maps a direction of the stored picture to the upright one. Degrees,
    /// counter-clockwise from the picture's right, modulo 180.
    #[must_use]
    pub fn angle_deg(self, angle: f32) -> f32 {
        let turned = match self {
            Self::Upright | Self::HalfTurn => angle,
            Self::Mirrored | Self::Flipped => 180.0 - angle,
            Self::QuarterTurn | Self::ThreeQuarterTurn => angle + 90.0,
            // Mirroring at the main diagonal (down-right) exchanges right and
            // down; for undirected lines that is 270 - angle, as for the other.
            Self::Transposed | Self::Transversed => 270.0 - angle,
        };
        let wrapped = libm::fmodf(turned, 180.0);
        if wrapped < 0.0 { wrapped + 180.0 } else { wrapped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the pixel at (x, y) of a stored w x h picture goes, straight from
    /// the standard's wording of rows and columns.
    fn pixel(o: Orientation, x: u32, y: u32, w: u32, h: u32) -> (u32, u32) {
        let r = o.rect(Rect { x, y, w: 1, h: 1 }, w, h);
        (r.x, r.y)
    }

    #[test]
    fn first_row_and_column_land_where_the_standard_says() {
        // Exif names, for each value, the visual side of row 0 and of column 0.
        let (w, h) = (5, 3);
        let corner = |v| pixel(Orientation::from_exif(v).expect("valid"), 0, 0, w, h);
        assert_eq!(corner(1), (0, 0)); // top, left
        assert_eq!(corner(2), (4, 0)); // top, right
        assert_eq!(corner(3), (4, 2)); // bottom, right
        assert_eq!(corner(4), (0, 2)); // bottom, left
        assert_eq!(corner(5), (0, 0)); // left, top
        assert_eq!(corner(6), (2, 0)); // right, top
        assert_eq!(corner(7), (2, 4)); // right, bottom
        assert_eq!(corner(8), (0, 4)); // left, bottom
    }

    #[test]
    fn boxes_keep_their_area_and_stay_inside() {
        let r = Rect { x: 2, y: 1, w: 2, h: 4 };
        for v in 1..=8 {
            let o = Orientation::from_exif(v).expect("valid");
            let (w, h) = o.size(9, 6);
            let m = o.rect(r, 9, 6);
            assert_eq!(m.area(), r.area());
            assert_eq!(m, m.clamped(w, h));
        }
        assert_eq!(Orientation::from_exif(0), None);
        assert_eq!(Orientation::from_exif(9), None);
    }

    #[test]
    fn the_inverse_turns_back() {
        let (w, h) = (9, 6);
        let r = Rect { x: 2, y: 1, w: 3, h: 4 };
        for v in 1..=8 {
            let o = Orientation::from_exif(v).expect("valid");
            let (upright_w, upright_h) = o.size(w, h);
            let upright = o.rect(r, w, h);
            assert_eq!(o.inverse().size(upright_w, upright_h), (w, h));
            assert_eq!(o.inverse().rect(upright, upright_w, upright_h), r);
        }
    }

    #[test]
    fn points_go_where_pixels_go() {
        let (w, h) = (9, 6);
        for v in 1..=8 {
            let o = Orientation::from_exif(v).expect("valid");
            for (x, y) in [(0, 0), (8, 0), (3, 4), (0, 5)] {
                let middle = |(x, y): (u32, u32)| [x as f32 + 0.5, y as f32 + 0.5];
                let upright = o.point(middle((x, y)), [w as f32, h as f32]);
                assert_eq!(upright, middle(pixel(o, x, y, w, h)));
                let (upright_w, upright_h) = o.size(w, h);
                let back = o.inverse().point(upright, [upright_w as f32, upright_h as f32]);
                assert_eq!(back, middle((x, y)));
            }
        }
    }

    #[test]
    fn directions_turn_with_the_picture() {
        assert_eq!(Orientation::QuarterTurn.angle_deg(0.0), 90.0);
        assert_eq!(Orientation::ThreeQuarterTurn.angle_deg(100.0), 10.0);
        assert_eq!(Orientation::Mirrored.angle_deg(30.0), 150.0);
        assert_eq!(Orientation::Transposed.angle_deg(0.0), 90.0);
        assert_eq!(Orientation::Upright.angle_deg(179.0), 179.0);
        assert_eq!(Orientation::Mirrored.angle_deg(0.0), 0.0);
    }
}
