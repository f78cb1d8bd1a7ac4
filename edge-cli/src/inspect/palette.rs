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
pub(super) const FACE: Colour = [198, 156, 255];
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

/// From soft to crisp: dark blue over purple to yellow, so that brightness alone
/// tells it too.
const HEAT: [Colour; 5] =
    [[34, 28, 120], [122, 30, 160], [206, 72, 116], [248, 150, 62], [248, 246, 86]];

/// The colour at 0 soft .. 1 crisp.
pub(super) fn heat_at(share: f32) -> Colour {
    let place = share.clamp(0.0, 1.0) * (HEAT.len() - 1) as f32;
    let below = (place as usize).min(HEAT.len() - 2);
    let part = place - below as f32;
    std::array::from_fn(|c| {
        let (from, to) = (f32::from(HEAT[below][c]), f32::from(HEAT[below + 1][c]));
        (from + (to - from) * part).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_run_from_soft_to_crisp() {
        assert_eq!(heat_at(0.0), HEAT[0]);
        assert_eq!(heat_at(1.0), HEAT[4]);
        assert_eq!(heat_at(0.5), HEAT[2]);
        let light = |share| heat_at(share).iter().map(|&c| u32::from(c)).sum::<u32>();
        assert!((0..10).all(|i| light(i as f32 / 10.0) < light((i + 1) as f32 / 10.0)));
    }
}
