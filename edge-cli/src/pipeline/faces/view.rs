//! The picture as the face detector gets it: luma, upright, at one scale.

use super::source::{Source, factor};
use edgecull_core::frame::Frame;
use edgecull_core::geometry::{Orientation, Rect};
use edgecull_core::jpeg::Scale;
use edgecull_core::plane::Plane;

/// The longer side of what the detector sees has at least so many samples, if the
/// picture has.
const LEAST_SIDE: u32 = 640;

/// One step larger than that is done up to so many samples: the detector's memory and
/// time grow with them.
const MOST_SAMPLES: u64 = 1 << 22;

/// Scales, the smallest first.
const SCALES: [Scale; 4] = [Scale::Eighth, Scale::Quarter, Scale::Half, Scale::Full];

/// Memory for the samples as stored, and turned.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    stored: Vec<u8>,
    turned: Vec<u8>,
}

/// What the detector gets.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'v> {
    /// Luma of the upright picture.
    pub(super) luma: Plane<'v>,
    /// Pixels along a side of a sample.
    pub(super) factor: u32,
}

impl<'v> View<'v> {
    /// The view of a frame: its own plane where that is large enough, else its picture
    /// again. `larger` takes one step more. `None` where the picture cannot be had.
    pub(super) fn new(
        frame: &Frame<'v>,
        source: &mut Source<'_>,
        orientation: Orientation,
        larger: bool,
        buffers: &'v mut Buffers,
    ) -> Option<Self> {
        let Buffers { stored, turned } = buffers;
        let (width, height) = (frame.width, frame.height);
        let scale = scale(width, height, larger);
        let (luma, factor) = if scale == Scale::Eighth {
            // Where it had to be made smaller than 1/8 it is large all the same.
            let samples = frame.luma.width().max(frame.luma.height());
            let ratio = width.max(height).div_ceil(u32::try_from(samples).ok()?.max(1));
            (frame.luma, ratio.next_power_of_two())
        } else {
            let whole = Rect { x: 0, y: 0, w: width, h: height };
            let part = source.luma(whole, scale, stored)?;
            (Plane::new(stored, part.width, part.height, part.width)?, factor(scale))
        };
        Some(Self { luma: turn(luma, orientation, turned)?, factor })
    }
}

/// The smallest scale at which the longer side is long enough, or the next one.
fn scale(width: u32, height: u32, larger: bool) -> Scale {
    let samples = |scale: &Scale| [width, height].map(|side| side.div_ceil(factor(*scale)));
    let first = SCALES.iter().position(|scale| samples(scale).into_iter().any(|n| n >= LEAST_SIDE));
    let Some(first) = first else {
        return Scale::Full;
    };
    let next = SCALES.get(first + 1).filter(|scale| {
        let [w, h] = samples(scale).map(u64::from);
        larger && w * h <= MOST_SAMPLES
    });
    next.copied().unwrap_or(SCALES[first])
}

/// Samples turned as the orientation asks for.
fn turn<'v>(
    plane: Plane<'v>,
    orientation: Orientation,
    turned: &'v mut Vec<u8>,
) -> Option<Plane<'v>> {
    if orientation == Orientation::Upright {
        return Some(plane);
    }
    let (w, h) = (plane.width(), plane.height());
    let (width, height) = if orientation.swaps_axes() { (h, w) } else { (w, h) };
    turned.clear();
    turned.resize(width * height, 0);
    // Whether the upright picture's columns and rows run against the stored ones that
    // they come from.
    let (against_x, against_y) = match orientation {
        Orientation::Upright | Orientation::Transposed => (false, false),
        Orientation::Mirrored | Orientation::QuarterTurn => (true, false),
        Orientation::Flipped | Orientation::ThreeQuarterTurn => (false, true),
        Orientation::HalfTurn | Orientation::Transversed => (true, true),
    };
    for y in 0..height {
        let line = turned.get_mut(y * width..(y + 1) * width)?;
        let from_y = if against_y { height - 1 - y } else { y };
        for (x, sample) in line.iter_mut().enumerate() {
            let from_x = if against_x { width - 1 - x } else { x };
            *sample = match orientation.swaps_axes() {
                true => plane.at(from_y, from_x),
                false => plane.at(from_x, from_y),
            };
        }
    }
    Plane::new(turned, width, height, width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_side_decides_the_scale() {
        for (size, plain, larger) in [
            ((6000, 4000), Scale::Eighth, Scale::Quarter),
            ((4000, 6000), Scale::Eighth, Scale::Quarter),
            ((5113, 10), Scale::Eighth, Scale::Quarter),
            ((5112, 10), Scale::Quarter, Scale::Half),
            ((2000, 3000), Scale::Quarter, Scale::Half),
            ((1280, 960), Scale::Half, Scale::Full),
            ((640, 480), Scale::Full, Scale::Full),
            ((160, 160), Scale::Full, Scale::Full),
            // What is huge stays as it is.
            ((12_000, 9000), Scale::Eighth, Scale::Eighth),
        ] {
            assert_eq!(scale(size.0, size.1, false), plain, "{size:?}");
            assert_eq!(scale(size.0, size.1, true), larger, "{size:?}");
        }
    }

    #[test]
    fn samples_turn_as_boxes_do() {
        let (w, h) = (5u8, 3u8);
        let stored: Vec<u8> = (0..w * h).collect();
        let plane = Plane::new(&stored, w.into(), h.into(), w.into()).expect("fits");
        for value in 1..=8 {
            let orientation = Orientation::from_exif(value).expect("known");
            let mut buffer = Vec::new();
            let turned = turn(plane, orientation, &mut buffer).expect("turned");
            let size = orientation.size(w.into(), h.into());
            assert_eq!((turned.width() as u32, turned.height() as u32), size);
            for (x, y) in (0..h).flat_map(|y| (0..w).map(move |x| (x, y))) {
                let pixel = Rect { x: x.into(), y: y.into(), w: 1, h: 1 };
                let to = orientation.rect(pixel, w.into(), h.into());
                assert_eq!(turned.at(to.x as usize, to.y as usize), y * w + x, "{value}");
            }
        }
    }
}
