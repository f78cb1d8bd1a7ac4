//! The drawing's colours.

use super::Explained;
use super::canvas::Colour;
use edgecull_core::verdict::Decision;

pub(super) const GROUND: Colour = [22, 24, 29];
pub(super) const CARD: Colour = [36, 39, 46];
pub(super) const TRACK: Colour = [58, 62, 72];
pub(super) const INK: Colour = [236, 238, 242];
pub(super) const QUIET: Colour = [158, 164, 176];
pub(super) const FINE: Colour = [94, 196, 124];
pub(super) const DOUBT: Colour = [245, 184, 66];
pub(super) const BAD: Colour = [240, 88, 82];
pub(super) const NEUTRAL: Colour = [110, 150, 210];
pub(super) const SUBJECT: Colour = [90, 220, 255];
pub(super) const HIGHLIGHT: Colour = [255, 64, 64];
pub(super) const SHADOW: Colour = [70, 140, 255];

pub(super) fn verdict_colour(explained: &Explained) -> Colour {
    match explained.judged.verdict.decision {
        Decision::Keep => FINE,
        Decision::Review => DOUBT,
        Decision::Reject => BAD,
        Decision::Error => QUIET,
    }
}
