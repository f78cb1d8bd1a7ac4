//! A plane as the network sees it: upright, padded, as int8.

use crate::frame::Frame;
use crate::geometry::Orientation;
use crate::plane::Plane;

/// A luma plane, and how it lies in the picture.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    plane: Plane<'a>,
    size: (u32, u32),
    scale: u32,
    orientation: Orientation,
}

impl<'a> View<'a> {
    /// A plane of the stored picture, which is of `size` pixels at full resolution. A
    /// sample stands for `scale` x `scale` pixels, the first for those at the top left;
    /// the last of a row or column may reach over the edge.
    ///
    /// `None` for an empty plane, and for one that does not cover the picture so.
    #[must_use]
    pub fn new(
        plane: Plane<'a>,
        size: (u32, u32),
        scale: u32,
        orientation: Orientation,
    ) -> Option<Self> {
        let covers =
            |samples: usize, pixels: u32| pixels > 0 && pixels.div_ceil(scale) as usize == samples;
        let fits = scale > 0 && covers(plane.width(), size.0) && covers(plane.height(), size.1);
        fits.then_some(Self { plane, size, scale, orientation })
    }

    /// What a scan left of the picture.
    #[must_use]
    pub fn of(frame: &Frame<'a>, orientation: Orientation) -> Option<Self> {
        let size = (frame.width, frame.height);
        // The scan's plane is at 1/8, or smaller by a power of two.
        (3..16).find_map(|octave| Self::new(frame.luma, size, 1 << octave, orientation))
    }

    /// Samples across and down, of the upright plane.
    pub(super) fn samples(&self) -> (usize, usize) {
        let (width, height) = (self.plane.width(), self.plane.height());
        if self.orientation.swaps_axes() { (height, width) } else { (width, height) }
    }

    /// Size of the upright picture in pixels.
    #[must_use]
    pub fn picture(&self) -> (u32, u32) {
        self.orientation.size(self.size.0, self.size.1)
    }

    /// From samples of the upright plane to pixels of the upright picture.
    pub(super) fn to_picture(self) -> impl Fn([f32; 2]) -> [f32; 2] {
        // Where the picture is turned over, samples that reach over its edge are the
        // first, and begin before it.
        let over = |samples: usize, pixels: u32| pixels as f32 - self.scale as f32 * samples as f32;
        let over_x = over(self.plane.width(), self.size.0);
        let over_y = over(self.plane.height(), self.size.1);
        let offset = self.orientation.point([0.0; 2], [over_x, over_y]);
        let scale = self.scale as f32;
        move |[x, y]| [x * scale + offset[0], y * scale + offset[1]]
    }

    /// Writes the upright plane to the top left of `input`, which has `width` numbers
    /// in a row: luma less 128, and black to the right and below.
    pub(super) fn write(&self, input: &mut [i8], width: usize) {
        let (across, down) = self.samples();
        let last = |samples: usize| samples.saturating_sub(1);
        let (last_x, last_y) = (last(self.plane.width()), last(self.plane.height()));
        let (right_to_left, bottom_to_top) = self.orientation.reverses();
        let turned = |at: usize, last: usize, reverse: bool| {
            if reverse { last.saturating_sub(at) } else { at }
        };
        for (y, row) in input.chunks_exact_mut(width.max(1)).enumerate() {
            let (picture, padding) = row.split_at_mut(across.min(row.len()));
            padding.fill(i8::MIN);
            if y >= down {
                picture.fill(i8::MIN);
            } else if self.orientation.swaps_axes() {
                let column = turned(y, last_x, right_to_left);
                for (x, to) in picture.iter_mut().enumerate() {
                    let from = self.plane.row(turned(x, last_y, bottom_to_top));
                    *to = from.get(column).map_or(i8::MIN, |&luma| centred(luma));
                }
            } else {
                let from = self.plane.row(turned(y, last_y, bottom_to_top)).iter();
                if right_to_left {
                    picture.iter_mut().zip(from.rev()).for_each(|(to, &luma)| *to = centred(luma));
                } else {
                    picture.iter_mut().zip(from).for_each(|(to, &luma)| *to = centred(luma));
                }
            }
        }
    }
}

/// Luma less 128.
fn centred(luma: u8) -> i8 {
    (luma ^ 0x80).cast_signed()
}
