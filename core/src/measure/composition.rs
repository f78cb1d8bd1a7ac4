//! How the subject is placed, whether the border cuts it, whether the horizon is
//! level. A ranking aid, never a reason to reject.

use super::region::Sides;
use crate::geometry::{Orientation, Rect};
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

/// Degrees up to which a horizon passes for level, and from which it is as askew
/// as can be.
const LEVEL_DEG: f32 = 1.0;
const ASKEW_DEG: f32 = 6.0;

/// How far from level a horizon is, 0 level .. 1 askew, given its tilt in degrees.
#[must_use]
pub fn askew(tilt_deg: f32) -> f32 {
    let beyond = (libm::fabsf(tilt_deg) - LEVEL_DEG) / (ASKEW_DEG - LEVEL_DEG);
    if beyond.is_nan() { 0.0 } else { beyond.clamp(0.0, 1.0) }
}

/// How much of one side of the subject lies on the frame's border: 0 free .. 1 cut
/// off. What reaches from border to border is not cut, it fills the frame. `free`
/// is a border of which nothing is made.
#[must_use]
pub(super) fn cut(against: Sides, free: Option<Border>) -> f32 {
    let mut against = against;
    for [one, other] in [[0, 1], [2, 3]] {
        if against[one] > 0.0 && against[other] > 0.0 {
            (against[one], against[other]) = (0.0, 0.0);
        }
    }
    if let Some(side) = free.and_then(|border| against.get_mut(border as usize)) {
        *side = 0.0;
    }
    against.into_iter().fold(0.0, f32::max).min(1.0)
}

/// How much of a box's sides lies on the border of a picture of `width` x `height`:
/// all or nothing.
pub(super) fn against(rect: Rect, width: u32, height: u32) -> Sides {
    let right = rect.x.saturating_add(rect.w) >= width;
    let bottom = rect.y.saturating_add(rect.h) >= height;
    [rect.x == 0, right, rect.y == 0, bottom].map(|on| if on { 1.0 } else { 0.0 })
}

/// A border of the stored picture, by its place in [`Sides`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Border {
    Left,
    Right,
    Top,
    Bottom,
}

/// The border that is at the bottom when the picture stands upright. People and
/// trees stand on it: what it cuts was meant to be.
pub(super) fn lowest(orientation: Orientation) -> Border {
    match orientation {
        Orientation::Upright | Orientation::Mirrored => Border::Bottom,
        Orientation::HalfTurn | Orientation::Flipped => Border::Top,
        Orientation::Transposed | Orientation::QuarterTurn => Border::Right,
        Orientation::Transversed | Orientation::ThreeQuarterTurn => Border::Left,
    }
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

    #[test]
    fn a_tilt_counts_from_one_degree_to_six() {
        for (tilt, askew_by) in [(0.0, 0.0), (-1.0, 0.0), (3.5, 0.5), (-3.5, 0.5), (9.0, 1.0)] {
            assert_eq!(askew(tilt), askew_by, "{tilt}");
        }
        assert_eq!(askew(f32::NAN), 0.0);
    }

    #[test]
    fn the_border_cuts_what_lies_against_it_and_does_not_fill_the_frame() {
        assert_eq!(cut([0.0; 4], None), 0.0);
        assert_eq!(cut([0.75, 0.0, 0.25, 0.0], None), 0.75);
        assert_eq!(cut([1.0, 0.5, 0.25, 0.0], None), 0.25);
        assert_eq!(cut([0.0, 0.0, 0.0, 0.75], None), 0.75);
        assert_eq!(cut([0.0, 0.0, 0.0, 0.75], Some(Border::Bottom)), 0.0);
        let of = |x, y, w, h| cut(against(Rect { x, y, w, h }, 300, 200), None);
        assert_eq!(of(10, 10, 20, 20), 0.0);
        assert_eq!(of(0, 10, 20, 20), 1.0);
        assert_eq!(of(280, 10, u32::MAX, 20), 1.0);
        assert_eq!(of(0, 10, 300, 20), 0.0);
    }

    #[test]
    fn the_lowest_border_is_the_one_that_orientation_turns_down() {
        for value in 1..=8 {
            let orientation = Orientation::from_exif(value).expect("valid");
            let (w, h) = (300, 200);
            let strip = match lowest(orientation) {
                Border::Left => Rect { x: 0, y: 0, w: 1, h },
                Border::Right => Rect { x: w - 1, y: 0, w: 1, h },
                Border::Top => Rect { x: 0, y: 0, w, h: 1 },
                Border::Bottom => Rect { x: 0, y: h - 1, w, h: 1 },
            };
            let upright = orientation.rect(strip, w, h);
            assert_eq!(upright.y + 1, orientation.size(w, h).1, "{value}");
        }
    }
}
