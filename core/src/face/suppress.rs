//! One detection for each face: greedy non-maximum suppression, with the mean of what it
//! suppresses (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on
//! Mobile GPUs", 2019).

use super::MAX_FACES;
use super::decode::Detection;
use crate::bounded::gather;
use heapless::Vec;

/// Two boxes that share more than this part of their union are of one face.
const SAME: f32 = 0.45;

/// A detection that was kept, and the weighted sum of all that are of its face.
struct Kept {
    best: Detection,
    corners: [f32; 4],
    points: [[f32; 2]; 5],
    weight: f32,
}

impl Kept {
    fn new(best: Detection) -> Self {
        let mut kept = Self { best, corners: [0.0; 4], points: [[0.0; 2]; 5], weight: 0.0 };
        kept.add(&best);
        kept
    }

    fn add(&mut self, other: &Detection) {
        let weight = other.probability();
        let add = |sum: &mut f32, &x: &f32| *sum += weight * x;
        self.corners.iter_mut().zip(&other.corners).for_each(|(sum, x)| add(sum, x));
        let points = other.points.as_flattened();
        self.points.as_flattened_mut().iter_mut().zip(points).for_each(|(sum, x)| add(sum, x));
        self.weight += weight;
    }

    fn mean(&self) -> Detection {
        Detection {
            score: self.best.score,
            corners: self.corners.map(|sum| sum / self.weight),
            points: self.points.map(|point| point.map(|sum| sum / self.weight)),
        }
    }
}

/// Takes detections, the best first: one that shares much with a better one that was kept
/// is of its face, others are kept. Gives for each face the mean of its detections,
/// weighted by their probability, with the score of the best.
pub(super) fn suppress(detections: impl Iterator<Item = Detection>) -> Vec<Detection, MAX_FACES> {
    let mut kept: Vec<Kept, MAX_FACES> = Vec::new();
    for detection in detections {
        let of = |face: &&mut Kept| overlap(&face.best.corners, &detection.corners) > SAME;
        if let Some(face) = kept.iter_mut().find(of) {
            face.add(&detection);
        } else {
            // Where there is no room, the least sure goes.
            let _ = kept.push(Kept::new(detection));
        }
    }
    gather(kept.iter().map(Kept::mean))
}

/// Intersection over union of two boxes (left, top, right, bottom), 0..1.
pub(super) fn overlap(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let area =
        |[left, top, right, bottom]: [f32; 4]| (right - left).max(0.0) * (bottom - top).max(0.0);
    let common = area([a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    let union = area(*a) + area(*b) - common;
    if union > 0.0 { (common / union).clamp(0.0, 1.0) } else { 0.0 }
}
