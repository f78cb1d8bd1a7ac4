//! Which way the camera moved.
//!
//! Motion takes the fine detail along its direction and leaves it across. So the
//! two directions' fall-off ([`sharpness`](super::sharpness)) are compared. Buildings
//! and horizons look the same to such a comparison: it names the kind of a frame
//! that is soft, and never calls a frame soft.

use super::sharpness::Sharpness;
use super::stats::logistic;
use crate::verdict::Motion;

/// Difference in octaves at which motion is as likely as defocus, and how fast
/// that changes. Set by hand: of sharp photographs nine in ten stay below 1.2.
const EVEN_OCTAVES: f32 = 1.5;
const PER_OCTAVE: f32 = 2.5;

/// Below this amount there is no direction worth naming.
const NAMED: f32 = 0.2;

/// Measures motion. The angle is that of the nearer axis, 0 or 90 degrees: band
/// energies do not tell a rising diagonal from a falling one.
#[must_use]
pub fn measure(sharpness: &Sharpness) -> Motion {
    let Some((horizontal, vertical)) = sharpness.horizontal.zip(sharpness.vertical) else {
        return Motion::default();
    };
    let difference = (horizontal - vertical).abs();
    let amount = sharpness.blur * logistic(PER_OCTAVE * (difference - EVEN_OCTAVES));
    let angle = if horizontal < vertical { 0.0 } else { 90.0 };
    Motion { amount, angle_deg: (amount >= NAMED).then_some(angle) }
}
