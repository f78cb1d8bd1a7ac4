//! Which faces decide.
//!
//! A portrait has one face that matters, a group many, and behind either may be faces
//! of strangers. What is judged of a face (shut eyes, softness) is judged of prominent
//! ones alone: the worst of these decides, so that one blinker among ten is told, and a
//! passer-by in the background vetoes nothing.
//!
//! A face's weight is the product of
//! - its side (the root of its area) against the largest face's: nothing below 0.3,
//!   all from 0.6 on. The back row of a group is in, what is twice as far away is not;
//! - its side against the picture's shorter side: nothing below 1/64, all from 1/32 on;
//! - the detector's confidence;
//! - its sharpness against the sharpest face's of those that have a weight so far: 0.4
//!   where it has none of it, 1 from six tenths on or where it was not measured. Of two
//!   faces of a size the focused one is the subject; but a large soft face stays ahead
//!   of a small sharp one, as it may be the fault.
//!
//! The numbers are set by hand.

use super::{Face, MAX_FACES};
use crate::bounded::{gather, sort};
use heapless::Vec;

/// Faces with at least this part of the greatest weight are prominent.
pub const PROMINENT: f32 = 0.5;

const AGAINST_LARGEST: (f32, f32) = (0.3, 0.6);
const AGAINST_PICTURE: (f32, f32) = (1.0 / 64.0, 1.0 / 32.0);
const AGAINST_SHARPEST: f32 = 0.6;
const LEFT_OF_SOFT: f32 = 0.4;

/// What each face weighs, 0..1, in a picture of this size: 1 for the most prominent,
/// unless all are too small to count.
#[must_use]
pub fn weights(faces: &[Face], size: (u32, u32)) -> Vec<f32, MAX_FACES> {
    let faces = faces.get(..MAX_FACES.min(faces.len())).unwrap_or_default();
    let side = |face: &Face| libm::sqrtf(face.region.area() as f32);
    let largest = faces.iter().map(side).fold(0.0, f32::max);
    let shorter = size.0.min(size.1).max(1) as f32;
    let mut weights: Vec<f32, MAX_FACES> = gather(faces.iter().map(|face| {
        let side = side(face);
        let sure = if face.confidence > 0.0 { face.confidence.min(1.0) } else { 0.0 };
        ramp(AGAINST_LARGEST, side / largest.max(1.0))
            * ramp(AGAINST_PICTURE, side / shorter)
            * sure
    }));
    let counting = faces.iter().zip(&weights).filter(|&(_, &weight)| weight > 0.0);
    let sharpest = counting.filter_map(|(face, _)| face.sharpness).fold(0.0, f32::max);
    for (weight, face) in weights.iter_mut().zip(faces) {
        if let Some(sharpness) = face.sharpness
            && sharpest > 0.0
        {
            let sharp = ramp((0.0, AGAINST_SHARPEST), sharpness / sharpest);
            *weight *= LEFT_OF_SOFT + (1.0 - LEFT_OF_SOFT) * sharp;
        }
    }
    let greatest = weights.iter().copied().fold(0.0, f32::max);
    if greatest > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= greatest);
    }
    weights
}

/// The faces that decide, by their places in `faces`, the most prominent first. `size`
/// is that of the picture that they lie in.
#[must_use]
pub fn prominent(faces: &[Face], size: (u32, u32)) -> Vec<usize, MAX_FACES> {
    let ranked = ranked(faces, size);
    let prominent = ranked.iter().filter(|(_, weight)| *weight >= PROMINENT);
    gather(prominent.map(|&(place, _)| place))
}

/// Places and weights of all faces, the most prominent first: of equals the larger, then
/// the first.
pub(crate) fn ranked(faces: &[Face], size: (u32, u32)) -> Vec<(usize, f32), MAX_FACES> {
    let area = |place: usize| faces.get(place).map_or(0, |face| face.region.area());
    let mut ranked: Vec<(usize, f32), MAX_FACES> =
        gather(weights(faces, size).iter().copied().enumerate());
    sort(&mut ranked, |&(a, weight_a), &(b, weight_b)| {
        let larger = area(b).cmp(&area(a));
        weight_b.total_cmp(&weight_a).then(larger).then(a.cmp(&b)).is_lt()
    });
    ranked
}

/// 0 up to the first number, 1 from the second on.
fn ramp((from, to): (f32, f32), x: f32) -> f32 {
    let at = (x - from) / (to - from);
    if at > 0.0 { at.min(1.0) } else { 0.0 }
}
