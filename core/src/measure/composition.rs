//! Where the subject lies. A ranking aid, never a reason to reject.

use crate::geometry::Rect;
use crate::verdict::Composition;

/// How near the subject's centre is to a crossing of the thirds: 1 on it, falling
/// evenly to 0 in the picture's corners, which are farthest from any. 0 without a
/// subject.
#[must_use]
pub fn measure(subject: Option<Rect>, width: u32, height: u32) -> Composition {
    let Some(subject) = subject.filter(|_| width > 0 && height > 0) else {
        return Composition::default();
    };
    // Distance to the nearer third as a fraction of the side: at most 1/3.
    let distance = |start: u32, length: u32, side: u32| {
        let centre = (start as f32 + length as f32 / 2.0) / side as f32;
        let from_edge = centre.min(1.0 - centre).clamp(0.0, 0.5);
        (from_edge - 1.0 / 3.0).abs()
    };
    let across = distance(subject.x, subject.w, width);
    let down = distance(subject.y, subject.h, height);
    let farthest = libm::sqrtf(2.0) / 3.0;
    let thirds = 1.0 - libm::sqrtf(across * across + down * down) / farthest;
    Composition { thirds: thirds.clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thirds(x: u32, y: u32) -> f32 {
        measure(Some(Rect { x, y, w: 100, h: 100 }), 3000, 1500).thirds
    }

    #[test]
    fn crossings_are_best_and_corners_worst() {
        for (x, y) in [(950, 450), (1950, 450), (950, 950), (1950, 950)] {
            assert!((thirds(x, y) - 1.0).abs() < 1e-5);
        }
        assert!(thirds(0, 0) < 0.1);
        assert!(thirds(1450, 700) > 0.4 && thirds(1450, 700) < 0.6);
        assert_eq!(measure(None, 10, 10).thirds, 0.0);
        assert_eq!(measure(Some(Rect { x: 0, y: 0, w: 1, h: 1 }), 0, 0).thirds, 0.0);
    }
}
