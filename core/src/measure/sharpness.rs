//! Whether anything is in focus, and how crisp it is.
//!
//! The blur model weighs the [features]: how fast detail falls
//! off towards high frequencies, in the cells that have most, by direction, by
//! light. Where there is nothing to tell by, nothing is claimed.

use super::blur_model::BLUR;
use super::cells;
use super::detail::{cell_sharpness, is_sharp};
use super::features::{self, Features};
use super::region::Marks;
use super::stats::{logistic, share};
use super::trees::log_odds;
use crate::frame::Frame;

/// Without texture, or without light, blur is never claimed: its probability is
/// held down to this.
const NO_EVIDENCE: f32 = 0.5;

/// The 98th percentile of the coarsest level, in eighths of an octave, below which
/// a frame has no texture, and the 95th of luma below which it has no light.
const TEXTURE: i16 = 40;
const LIGHT: i16 = 16;

/// So many sharp cells that touch vouch for the frame: at least the first number,
/// and at least one cell in the second. Then the probability of blur is held down
/// to [`VOUCHED`], at which a person looks, and which does not reject.
/// Of the blurred photographs that the model is surest of, 5 % have as many, of
/// sharp ones two in three. It does not say more than the model, but it is seen:
/// a sharp subject in a streaked or soft picture is not thrown away unseen.
const VOUCHING_CELLS: (u64, u64) = (40, 16);
const VOUCHED: f32 = 0.9;

/// Crispness: log odds from the fall-off in octaves of power, of the cells with
/// most detail and along the softer axis, and what a doubling of the side is
/// forgiven, as a large picture is looked at from farther. Set so that the median
/// of 299 sharp photographs gets 0.79, of 299 blurred ones 0.04.
const CRISP_SLOPE: f32 = 0.9;
const CRISP_OFFSET: f32 = 4.6;
const FORGIVEN: f32 = 0.5;

/// Evidence of focus.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sharpness {
    /// Probability that the frame is unusably blurred.
    pub blur: f32,
    /// What the model alone says, in log odds; 0 where no cell was seen.
    pub log_odds: f32,
    /// Sharpness of the sharpest cells, 0 soft .. 1 crisp; 0 when none could be
    /// measured.
    pub crispness: f32,
    /// Fraction of cells with texture.
    pub textured: f32,
    /// The most cells that touch and are sharp beyond doubt.
    pub sharp_cells: u64,
}

/// Measures focus.
#[must_use]
pub fn measure(frame: &Frame<'_>, features: &Features) -> Sharpness {
    let seen = u64::from(features.cells());
    if seen == 0 {
        return Sharpness::default();
    }
    let mut sharp = Marks::new(frame.cells.cols, frame.cells.rows);
    let mut textured = 0;
    for (x, y, cell) in cells(frame) {
        textured += u64::from(cell_sharpness(cell).is_some());
        if is_sharp(cell) {
            sharp.mark(x, y);
        }
    }
    let sharp_cells = sharp.largest().map_or(0, |group| group.marks);
    let log_odds = log_odds(&BLUR, features.values());
    let blind = features.get(features::TEXTURE_98) < 16 * TEXTURE
        || features.get(features::LUMA_95) < 16 * LIGHT;
    let vouched = sharp_cells >= VOUCHING_CELLS.0.max(seen / VOUCHING_CELLS.1);
    let ceiling = match (textured, blind, vouched) {
        (0, ..) => 0.0,
        (_, true, _) => NO_EVIDENCE,
        (_, false, true) => VOUCHED,
        (_, false, false) => 1.0,
    };
    let octaves = |index| f32::from(features.get(index)) / 128.0;
    let falloff = (octaves(features::FINE_BEST) + octaves(features::FINE_SOFTER_BEST)) / 2.0
        + FORGIVEN * octaves(features::SIZE);
    let crispness = logistic(CRISP_SLOPE * (falloff + CRISP_OFFSET));
    Sharpness {
        blur: logistic(log_odds).min(ceiling),
        log_odds,
        crispness: if textured == 0 { 0.0 } else { crispness },
        textured: share(textured, seen),
        sharp_cells,
    }
}
