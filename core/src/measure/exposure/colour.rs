//! Red, green and blue from planes of different grids, and when a colour is lost.

use crate::frame::Frame;
use crate::plane::Plane;

/// A mean of so many pixels that is this high leaves hardly one below full scale.
const FULL: i32 = 250;

/// Parts of 256 that the channels have in luma (ITU-R BT.601).
const LUMA: [i32; 3] = [77, 150, 29];

/// Whether tones are gone: more than half of the luma comes from channels that can
/// hold no more. White is lost, and so are a pure red and a pure blue, whose shades
/// are those of one channel; a blue sky, whose blue alone is full, still has those
/// of red and green, and so has skin, whose red alone is.
pub(super) fn lost(rgb: [i32; 3]) -> bool {
    let (mut full, mut whole) = (0, 0);
    for (channel, part) in rgb.into_iter().zip(LUMA) {
        let luma = part * channel.max(0);
        whole += luma;
        full += if channel >= FULL { luma } else { 0 };
    }
    2 * full > whole
}

/// What [`along`] multiplies with to find the step of `steps` steps of `length`.
pub(super) fn factor(steps: usize, length: u64) -> u64 {
    // Rounded up, so that the product is exact for lengths below 2^16.
    ((steps as u64) << 32).div_ceil(length.max(1))
}

/// The step in which a place lies.
pub(super) fn along(place: u64, factor: u64) -> usize {
    usize::try_from(place.saturating_mul(factor) >> 32).unwrap_or(usize::MAX)
}

/// The colours of a frame, by places on a grid of any size.
pub(super) struct Colour<'a> {
    planes: Option<[Scaled<'a>; 2]>,
}

struct Scaled<'a> {
    plane: Plane<'a>,
    across: u64,
    down: u64,
}

/// The colours of a row; grey without.
#[derive(Clone, Copy)]
pub(super) struct Row<'a>(Option<[(&'a [u8], u64); 2]>);

impl<'a> Colour<'a> {
    /// Where places go up to `width` and `height`.
    pub(super) fn new(frame: &Frame<'a>, width: u64, height: u64) -> Self {
        let scaled = |plane: Plane<'a>| Scaled {
            across: factor(plane.width(), width),
            down: factor(plane.height(), height),
            plane,
        };
        Self { planes: frame.chroma.map(|planes| planes.map(scaled)) }
    }

    /// The row at `y`.
    pub(super) fn row(&self, y: u64) -> Row<'a> {
        Row(self.planes.as_ref().map(|planes| {
            planes.each_ref().map(|scaled| {
                let last = scaled.plane.height().saturating_sub(1);
                (scaled.plane.row(along(y, scaled.down).min(last)), scaled.across)
            })
        }))
    }
}

impl Row<'_> {
    /// Red, green and blue at `x`, where luma is `level` (JFIF 1.02, conversion to
    /// RGB): beyond 0 to 255 where chroma belongs to neighbours too.
    pub(super) fn rgb(&self, x: u64, level: u8) -> [i32; 3] {
        let luma = i32::from(level);
        let Some(chroma) = &self.0 else {
            return [luma; 3];
        };
        let [cb, cr] = chroma.map(|(row, across)| {
            let at = along(x, across).min(row.len().saturating_sub(1));
            row.get(at).map_or(0, |&sample| i32::from(sample) - 128)
        });
        let red = luma + ((cr * 359) >> 8);
        let green = luma - ((cb * 88 + cr * 183) >> 8);
        let blue = luma + ((cb * 454) >> 8);
        [red, green, blue]
    }
}
