//! One detection for each face: greedy non-maximum suppression.

use super::MAX_FACES;
use super::decode::Detection;
use heapless::Vec;

/// Two boxes that share more than this part of their union are of one face.
const SAME: f32 = 0.45;

/// Takes detections, the best first, and keeps those that share little with any that
/// was kept before.
pub(super) fn suppress(detections: impl Iterator<Item = Detection>) -> Vec<Detection, MAX_FACES> {
    let mut kept: Vec<Detection, MAX_FACES> = Vec::new();
    for detection in detections {
        if kept.is_full() {
            break;
        }
        if kept.iter().all(|other| overlap(&other.corners, &detection.corners) <= SAME) {
            // There is room: this cannot fail.
            let _ = kept.push(detection);
        }
    }
    kept
}

/// Intersection over union of two boxes (left, top, right, bottom), 0..1.
pub(super) fn overlap(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let area =
        |[left, top, right, bottom]: [f32; 4]| (right - left).max(0.0) * (bottom - top).max(0.0);
    let common = area([a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    let union = area(*a) + area(*b) - common;
    if union > 0.0 { (common / union).clamp(0.0, 1.0) } else { 0.0 }
}
