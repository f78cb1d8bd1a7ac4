//! The shipped networks at work on a frame that was seen whole.
//!
//! In come the frame and a way back to its pixels. The view is the frame's own planes
//! where they are of the right size, else the picture decoded once more; the patches are
//! three small boxes at native resolution. All are turned upright first.

use crate::pipeline::memory::Scanner;
use crate::pipeline::samples::{Colours, SCALES, Samples, factor};
use crate::source::decode;
use crate::source::format::Format;
use crate::source::section::Section;
use edgecull_core::frame::Frame;
use edgecull_core::geometry::{Orientation, Rect};
use edgecull_core::jpeg::{ColorSpace, Scale};
use edgecull_core::kernels::Isa;
use edgecull_core::plane::Plane;
use edgecull_core::quality::{
    self, Memory, PATCHES, Planes, Scorer, VIEW, patches, thumbnail_size,
};
use std::array;
use std::io::{BufReader, Seek};

/// Rates pictures by the networks that are shipped, with memory of its own that is used
/// again.
pub(in crate::pipeline) struct Rater {
    scorer: Scorer<'static>,
    isa: Isa,
    memory: Box<Memory>,
    arena: Vec<i8>,
    view: Colours,
    patches: [Colours; PATCHES],
    upright: [Upright; 1 + PATCHES],
}

/// What is known of a picture before it is rated.
#[derive(Clone, Copy)]
pub(in crate::pipeline) struct Known<'a, 'f> {
    /// The frame.
    pub(in crate::pipeline) frame: &'a Frame<'f>,
    /// Luma of the whole picture at the scale of [`scale`], where it has been decoded.
    pub(in crate::pipeline) whole: Option<Plane<'a>>,
    /// How the picture must be turned.
    pub(in crate::pipeline) orientation: Orientation,
}

impl Rater {
    pub(in crate::pipeline) fn new(isa: Isa) -> Self {
        let scorer = Scorer::load(edgecull_models::QUALITY);
        let scorer = scorer.expect("the networks in the program are whole");
        Self {
            arena: vec![0; scorer.arena()],
            scorer,
            isa,
            memory: Box::default(),
            view: Colours::default(),
            patches: array::from_fn(|_| Colours::default()),
            upright: array::from_fn(|_| Upright::default()),
        }
    }

    /// The quality of a decoded picture, 0..1. `None` where it is too small or too large.
    pub(in crate::pipeline) fn picture(
        &mut self,
        known: &Known<'_, '_>,
        picture: &decode::Picture,
    ) -> Option<f32> {
        self.rate(known, &mut Samples::Decoded(picture))
    }

    /// The quality of a JPEG that `scanner` has seen all of. `None` also where it cannot
    /// be read again. One whose luma and colours are not in one scan, or are none, is
    /// decoded in full.
    pub(in crate::pipeline) fn jpeg(
        &mut self,
        known: &Known<'_, '_>,
        scanner: &mut Scanner,
        file: &mut Section,
    ) -> Option<f32> {
        let color = scanner.header().map(|header| header.color);
        if matches!(color, Some(ColorSpace::Grey | ColorSpace::YCbCr)) {
            let rated = self.rate(known, &mut Samples::Scanned(scanner, file));
            if rated.is_some() {
                return rated;
            }
        }
        let (width, height) = (known.frame.width, known.frame.height);
        if width.min(height) < quality::PATCH {
            return None;
        }
        file.rewind().ok()?;
        let picture = decode::decode(BufReader::new(file), Format::Jpeg).ok()?;
        // The frame's planes need not be luma and colour differences.
        let none = Plane::default();
        let frame = Frame { luma: none, chroma: None, ..*known.frame };
        self.picture(&Known { frame: &frame, whole: None, ..*known }, &picture)
    }

    fn rate(&mut self, known: &Known<'_, '_>, samples: &mut Samples<'_>) -> Option<f32> {
        let Known { frame, orientation, .. } = *known;
        let [view, near @ ..] = &mut self.upright;
        let whole = whole(known, samples, &mut self.view)?;
        let whole = view.turn(whole, orientation)?;
        let rects = patches(frame, orientation);
        let mut parts = [whole; PATCHES];
        let memory = self.patches.iter_mut().zip(near);
        for ((part, rect), (colours, upright)) in parts.iter_mut().zip(rects).zip(memory) {
            let planes = samples.colours(rect, Scale::Full, colours)?;
            *part = upright.turn(planes, orientation)?;
        }
        let Self { scorer, memory, arena, isa, .. } = self;
        scorer.score(&whole, &parts, memory, arena, *isa).ok().map(|quality| quality.score)
    }
}

/// The scale of the view of a picture: the largest at which its longer side is short
/// enough.
pub(in crate::pipeline) fn scale(width: u32, height: u32) -> Scale {
    let fits = |scale: &&Scale| width.max(height).div_ceil(factor(**scale)) <= VIEW;
    SCALES.iter().rev().find(fits).copied().unwrap_or(Scale::Eighth)
}

/// The view: what is there already, or the picture once more.
fn whole<'v>(
    known: &Known<'v, '_>,
    samples: &mut Samples<'_>,
    buffer: &'v mut Colours,
) -> Option<Planes<'v>> {
    let Known { frame, whole, .. } = *known;
    let scale = scale(frame.width, frame.height);
    let luma = if scale == Scale::Eighth { Some(frame.luma) } else { whole };
    let luma = luma.filter(|luma| luma.width() > 0);
    let fine = |chroma: &[Plane<'_>; 2]| {
        let (width, height) = thumbnail_size(frame.width as usize, frame.height as usize);
        chroma.iter().all(|p| p.width() >= width.into() && p.height() >= height.into())
    };
    let chroma = frame.chroma.filter(fine);
    if let Some(luma) = luma.filter(|_| chroma.is_some() || samples.grey()) {
        return Some(Planes { luma, chroma });
    }
    let rect = Rect { x: 0, y: 0, w: frame.width, h: frame.height };
    samples.colours(rect, scale, buffer)
}

/// Memory for planes that were turned.
#[derive(Debug, Default)]
struct Upright([Vec<u8>; 3]);

impl Upright {
    /// The same planes, upright.
    fn turn<'a>(&'a mut self, planes: Planes<'a>, orientation: Orientation) -> Option<Planes<'a>> {
        if orientation == Orientation::Upright {
            return Some(planes);
        }
        let [luma, cb, cr] = &mut self.0;
        let luma = turned(planes.luma, orientation, luma)?;
        let chroma = match planes.chroma {
            Some([b, r]) => Some([turned(b, orientation, cb)?, turned(r, orientation, cr)?]),
            None => None,
        };
        Some(Planes { luma, chroma })
    }
}

fn turned<'a>(
    plane: Plane<'_>,
    orientation: Orientation,
    samples: &'a mut Vec<u8>,
) -> Option<Plane<'a>> {
    let size = [plane.width(), plane.height()];
    let [width, height] = if orientation.swaps_axes() { [size[1], size[0]] } else { size };
    let [stored_width, stored_height] = size.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let (upright_width, upright_height) = orientation.size(stored_width, stored_height);
    let stored = |x: u32, y: u32| {
        let Rect { x, y, .. } =
            orientation.inverse().rect(Rect { x, y, w: 1, h: 1 }, upright_width, upright_height);
        (x as usize, y as usize)
    };
    samples.clear();
    for y in 0..upright_height {
        // A row of the upright plane is a row or a column of the stored one, either way.
        let ((x0, y0), (x1, y1)) = (stored(0, y), stored(upright_width.saturating_sub(1), y));
        let way = |from: usize, to: usize, at: usize| if to < from { from - at } else { from + at };
        if orientation.swaps_axes() {
            samples.extend((0..width).map(|at| plane.at(x0, way(y0, y1, at))));
        } else {
            samples.extend((0..width).map(|at| plane.at(way(x0, x1, at), y0)));
        }
    }
    Plane::new(samples, width, height, width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_side_decides_the_scale_of_the_view() {
        for (size, wanted) in [
            ((64, 64), Scale::Full),
            ((500, 1000), Scale::Full),
            ((1001, 500), Scale::Half),
            ((1500, 2001), Scale::Quarter),
            ((4000, 3000), Scale::Quarter),
            ((4032, 3024), Scale::Eighth),
            ((6000, 4000), Scale::Eighth),
            ((60_000, 400), Scale::Eighth),
        ] {
            assert_eq!(scale(size.0, size.1), wanted, "{size:?}");
        }
    }

    #[test]
    fn planes_are_turned_as_boxes_are() {
        let samples: Vec<u8> = (0..15).collect();
        let plane = Plane::new(&samples, 5, 3, 5).expect("whole");
        for value in 1..=8 {
            let orientation = Orientation::from_exif(value).expect("1 to 8");
            let mut memory = vec![99; 4];
            let upright = turned(plane, orientation, &mut memory).expect("whole");
            let size = orientation.size(5, 3);
            assert_eq!((upright.width() as u32, upright.height() as u32), size);
            for y in 0..3 {
                for x in 0..5 {
                    let at = orientation.rect(Rect { x, y, w: 1, h: 1 }, 5, 3);
                    let found = upright.at(at.x as usize, at.y as usize);
                    assert_eq!(found, samples[(5 * y + x) as usize], "{value}: {x} {y}");
                }
            }
        }
    }
}
