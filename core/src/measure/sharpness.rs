//! Whether anything is in focus, and how crisp it is.
//!
//! The blur model weighs the [features]: how fast detail falls
//! off towards high frequencies, in the cells that have most, by direction, by
//! light. Where there is nothing to tell by, nothing is claimed.

use super::blur_model::BLUR;
use super::detail::{cell_sharpness, directed, is_sharp, rings};
use super::features::{self, Features};
use super::region::Marks;
use super::stats::{Histogram, logistic, share};
use super::trees::log_odds;
use super::{cells, inside};
use crate::frame::Frame;
use crate::geometry::Rect;

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

/// With fewer textured cells, nothing is said of a region.
const ENOUGH: u64 = 6;

/// Cells that are at least this bright in the coarsest ring along an axis, in eighths of
/// an octave, have detail along it: [`cell_sharpness`] wants the same of both together.
const TEXTURE_DIRECTED: i16 = 30;

/// One in so many of a region's cells, those with most detail, says how sharp it is: the
/// best quarter of these. Where there is little detail, what noise and rounding leave of
/// the fine levels passes for some.
const STRONGEST: u64 = 4;
const BEST_PERCENT: u64 = 75;

/// Bins of levels and fall-offs, from this on.
const LOWEST: i64 = -290;
const LEVELS: usize = 600;

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
#[inline(never)]
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
    let falloff = (octaves(features::FINE_BEST) + octaves(features::FINE_SOFTER_BEST)) / 2.0;
    let crispness = crispness(falloff, octaves(features::SIZE));
    Sharpness {
        blur: logistic(log_odds).min(ceiling),
        log_odds,
        crispness: if textured == 0 { 0.0 } else { crispness },
        textured: share(textured, seen),
        sharp_cells,
    }
}

/// Crispness, given the fall-off and the picture's size in octaves.
fn crispness(falloff: f32, size: f32) -> f32 {
    logistic(CRISP_SLOPE * (falloff + FORGIVEN * size + CRISP_OFFSET))
}

/// Crispness of what lies in a box of the stored picture, on the scale of
/// [`Sharpness::crispness`]: of the quarter of its textured cells that has most detail,
/// and along the softer axis. `None` with too little texture to tell by.
#[must_use]
pub fn region(frame: &Frame<'_>, region: Rect) -> Option<f32> {
    let textured = inside(frame, region).filter(|cell| cell_sharpness(cell).is_some());
    let whole = falloff(textured.clone().map(|cell| {
        let [coarsest, _, _, fine, ..] = rings(cell);
        (coarsest, fine)
    }))?;
    let [x, y] = [0, 1].map(|axis| {
        falloff(textured.clone().filter_map(move |cell| {
            let [coarsest, _, _, fine, _] = directed(cell, axis);
            (coarsest >= TEXTURE_DIRECTED).then_some((coarsest, fine))
        }))
    });
    let softer = match (x, y) {
        (Some(x), Some(y)) => x.min(y),
        (one, other) => one.or(other).unwrap_or(whole),
    };
    let size = features::octaves(frame.width, frame.height);
    Some(crispness((whole + softer) / 2.0, size))
}

/// By how many octaves cells fall off from their coarse to their fine level, those with
/// the highest coarse level; `None` of too few.
fn falloff(levels: impl Iterator<Item = (i16, i16)> + Clone) -> Option<f32> {
    let mut coarse = Histogram::<LEVELS>::new();
    levels.clone().for_each(|(level, _)| coarse.add(i64::from(level) - LOWEST));
    if coarse.total() < ENOUGH {
        return None;
    }
    let taken = (coarse.total() / STRONGEST).max(ENOUGH);
    let least = coarse.at_rank(coarse.total() - taken + 1)?;
    let mut falloffs = Histogram::<LEVELS>::new();
    for (level, fine) in levels.filter(|&(level, _)| i64::from(level) - LOWEST >= least as i64) {
        falloffs.add(i64::from(fine - level) - LOWEST);
    }
    let best = falloffs.percentile(BEST_PERCENT)?;
    Some((best as i64 + LOWEST) as f32 / 8.0)
}
