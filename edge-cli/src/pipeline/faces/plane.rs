//! The plane of luma that the face detector gets.

use super::{Part, Samples};
use crate::pipeline::samples::{SCALES, factor};
use edgecull_core::frame::Frame;
use edgecull_core::geometry::Rect;
use edgecull_core::jpeg::Scale;
use edgecull_core::plane::Plane;

/// The longer side of what the detector sees has at least so many samples, if the
/// picture has.
const LEAST_SIDE: u32 = 640;

/// One step larger than that is done up to so many samples: the detector's memory and
/// time grow with them.
const MOST_SAMPLES: u64 = 1 << 22;

/// Luma of the picture as stored, and how many pixels lie along a side of its samples:
/// the frame's own plane where that is large enough, else the picture once more, into
/// `buffer`, of which `had` then tells. `larger` takes one step more. `None` where the
/// picture cannot be had.
pub(super) fn luma<'v>(
    frame: &Frame<'v>,
    samples: &mut Samples<'_>,
    larger: bool,
    buffer: &'v mut Vec<u8>,
    had: &mut Option<(Scale, Part)>,
) -> Option<(Plane<'v>, u32)> {
    let (width, height) = (frame.width, frame.height);
    let scale = scale(width, height, larger);
    if scale == Scale::Eighth {
        // Where it had to be made smaller than 1/8 it is large all the same.
        let side = u32::try_from(frame.luma.width().max(frame.luma.height())).ok()?;
        let ratio = width.max(height).div_ceil(side.max(1));
        return Some((frame.luma, ratio.next_power_of_two()));
    }
    let whole = Rect { x: 0, y: 0, w: width, h: height };
    let part = samples.luma(whole, scale, buffer)?;
    *had = Some((scale, part));
    Some((Plane::new(buffer, part.width, part.height, part.width)?, factor(scale)))
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
}
