//! What faces say of a frame.
//!
//! In come the faces that were found, with their eyes; out go the same, the most
//! prominent first and with their own sharpness, and what the
//! [prominent](crate::face::prominent) ones of them say: where the subject is, how much
//! light is on it, whether the focus missed it, whether its eyes are shut. The worst
//! prominent face decides on eyes, the most prominent one on focus.

use super::subject::Contrast;
use super::{Hints, sharpness, stats::logistic};
use crate::bounded::gather;
use crate::eye::{Eye, EyeState};
use crate::face::{Face, MAX_FACES, PROMINENT, ranked};
use crate::frame::Frame;
use crate::geometry::Rect;
use heapless::Vec;

/// Log odds that a face is out of focus while something else is sharp: the octaves that
/// its best cells fall off more steeply than those around it, beyond the first number,
/// times the second. Skin, brows and lashes fall off by an octave more than leaves or
/// cloth when both are sharp.
const SOFTER_BY: f32 = 3.0;
const PER_OCTAVE: f32 = 2.0;

/// A face of this sharpness is not soft at all, and one of the first is as soft as the
/// surroundings make it: they may be crisper than any skin.
const SHARP_ITSELF: (f32, f32) = (0.12, 0.40);

/// A detector that is less sure may have seen a face in a blur: what it says of softness
/// counts from the first confidence on, and fully from the second.
const SURE: (f32, f32) = (0.60, 0.80);

/// Brows, lashes and lips leave texture in any face that is in focus and lit. One that
/// has next to none in so many cells is called soft with this probability: less than
/// what a person is asked about by default.
const CELLS_TO_MISS_TEXTURE: u64 = 40;
const SOFT_WITHOUT_TEXTURE: f32 = 0.8;
const LIT: core::ops::RangeInclusive<u8> = 50..=220;

/// Light is measured on so much of a face's box, about its middle, and at so many places
/// across and down at most.
const MIDDLE: f32 = 0.6;
const PLACES: u32 = 24;

/// What the prominent faces say. Boxes are in pixels of the stored picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct People {
    /// How many of the faces, from the first on, are prominent.
    pub prominent: usize,
    /// The box around them; `None` without any.
    pub region: Option<Rect>,
    /// The box of the most prominent face.
    pub first: Option<Rect>,
    /// Probability that the most prominent face is out of focus while something else is
    /// sharp.
    pub soft: f32,
    /// Probability that a prominent face has its eyes shut: that of the worst.
    pub closed: f32,
    /// That face's place among the faces, if there is one with shut eyes.
    pub blinker: Option<usize>,
    /// That face's box.
    pub blinker_region: Option<Rect>,
    /// Mean luma of the prominent faces; `None` without any.
    pub luma: Option<u8>,
}

impl People {
    /// [`soft`](Self::soft), if the most prominent face lies at the subject's place.
    pub(super) fn soft_at(&self, subject: Rect) -> f32 {
        if self.first.is_some_and(|face| meet(face, subject)) { self.soft } else { 0.0 }
    }
}

/// Measures faces: those that lie in the picture, and whose numbers are such.
#[must_use]
#[inline(never)]
pub fn measure(frame: &Frame<'_>, hints: &Hints<'_>) -> (Vec<Face, MAX_FACES>, People) {
    let Hints { orientation, faces, .. } = *hints;
    let size = orientation.size(frame.width, frame.height);
    let stored = |face: &Face| orientation.inverse().rect(face.region, size.0, size.1);
    let valid = faces.iter().filter(|face| is_valid(face, size)).take(MAX_FACES);
    let found: Vec<Face, MAX_FACES> = gather(valid.map(|face| {
        let region = face.region.clamped(size.0, size.1);
        let sharpness = sharpness::region(frame, stored(face));
        Face { region, sharpness, ..*face }
    }));
    let ranked = ranked(&found, size);
    let prominent = ranked.iter().filter(|(_, weight)| *weight >= PROMINENT).count();
    let in_order = ranked.iter().filter_map(|&(place, _)| found.get(place));
    let faces: Vec<Face, MAX_FACES> = gather(in_order.copied());
    let deciding = faces.get(..prominent).unwrap_or_default();

    let luma = luma(frame, deciding.iter().map(stored));
    let (closed, blinker) = worst(deciding);
    let first = deciding.first();
    let people = People {
        prominent,
        region: deciding.iter().map(stored).reduce(around),
        first: first.map(stored),
        soft: first.map_or(0.0, |face| soft(frame, face, stored(face), luma)),
        closed,
        blinker,
        blinker_region: blinker.and_then(|place| faces.get(place)).map(stored),
        luma,
    };
    (faces, people)
}

fn is_valid(face: &Face, (width, height): (u32, u32)) -> bool {
    let unit = |x: f32| (0.0..=1.0).contains(&x);
    unit(face.confidence)
        && face.landmarks.as_flattened().iter().all(|at| at.is_finite())
        && face.eyes.is_none_or(|eyes| eyes.iter().all(|eye| eye.p_open.is_none_or(unit)))
        && face.region.clamped(width, height).area() > 0
}

/// Probability that a face is out of focus while something else is sharp.
fn soft(frame: &Frame<'_>, face: &Face, region: Rect, luma: Option<u8>) -> f32 {
    let sure = ramp(SURE, face.confidence);
    sure * match Contrast::of(frame, region) {
        Contrast::Octaves(softer) => {
            let itself = face.sharpness.map_or(0.0, |s| ramp(SHARP_ITSELF, s));
            (1.0 - itself) * logistic(PER_OCTAVE * (softer - SOFTER_BY))
        }
        Contrast::Untextured { cells } => {
            let is_lit = luma.is_some_and(|luma| LIT.contains(&luma));
            if cells >= CELLS_TO_MISS_TEXTURE && is_lit { SOFT_WITHOUT_TEXTURE } else { 0.0 }
        }
        Contrast::Untold => 0.0,
    }
}

/// 0 up to the first number, 1 from the second on.
fn ramp((from, to): (f32, f32), x: f32) -> f32 {
    ((x - from) / (to - from)).clamp(0.0, 1.0)
}

/// The greatest probability that a face has its eyes shut, and the first face of which
/// it is.
fn worst(faces: &[Face]) -> (f32, Option<usize>) {
    let shut = faces.iter().map(shut).enumerate();
    shut.fold((0.0, None), |worst, (place, p)| if p > worst.0 { (p, Some(place)) } else { worst })
}

/// Probability that a face's eyes are shut. An open eye says that they are not: of a
/// wink nothing is made. Of two shut eyes the one that is more likely open counts, and
/// a hidden eye says nothing.
fn shut(face: &Face) -> f32 {
    let told = |eye: &&Eye| eye.state != EyeState::Hidden;
    let eyes = face.eyes.as_ref().map_or(&[][..], |eyes| eyes);
    if eyes.iter().any(|eye| eye.state == EyeState::Open) {
        return 0.0;
    }
    let open = eyes.iter().filter(told).filter_map(|eye| eye.p_open);
    open.reduce(f32::max).map_or(0.0, |open| 1.0 - open)
}

/// Mean luma of the middles of boxes; `None` without any.
fn luma(frame: &Frame<'_>, regions: impl Iterator<Item = Rect>) -> Option<u8> {
    let plane = &frame.luma;
    if plane.width() == 0 || frame.width == 0 || frame.height == 0 {
        return None;
    }
    let (mut sum, mut count) = (0u32, 0u32);
    for region in regions {
        for row in 0..PLACES {
            for column in 0..PLACES {
                let at = |start: u32, length: u32, step: u32, side: u32, samples: usize| {
                    let part = (step as f32 + 0.5) / PLACES as f32;
                    let pixel = start as f32 + length as f32 * (0.5 + MIDDLE * (part - 0.5));
                    (pixel / side as f32 * samples as f32) as usize
                };
                let x = at(region.x, region.w, column, frame.width, plane.width());
                let y = at(region.y, region.h, row, frame.height, plane.height());
                sum += u32::from(plane.at(x, y));
                count += 1;
            }
        }
    }
    Some(sum.checked_div(count)? as u8)
}

/// The box around two boxes inside a picture.
fn around(a: Rect, b: Rect) -> Rect {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let right = a.x.saturating_add(a.w).max(b.x.saturating_add(b.w));
    let bottom = a.y.saturating_add(a.h).max(b.y.saturating_add(b.h));
    Rect { x, y, w: right - x, h: bottom - y }
}

/// Whether two boxes share a pixel.
fn meet(a: Rect, b: Rect) -> bool {
    let apart = |a: u32, length: u32, b: u32| a.saturating_add(length) <= b;
    !apart(a.x, a.w, b.x) && !apart(b.x, b.w, a.x) && !apart(a.y, a.h, b.y) && !apart(b.y, b.h, a.y)
}

#[cfg(test)]
mod tests;
