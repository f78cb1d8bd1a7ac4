//! Whether a soft frame was moved or out of focus, and which way it was moved.
//!
//! Motion takes the fine detail along its direction and leaves it across;
//! defocus takes both. A model of its own, trained on blurred renderings only,
//! tells the two apart; it names the kind of a frame that is soft, and never
//! calls a frame soft.
//!
//! The direction comes from the difference of the two axes' fall-off, which says
//! how far from 45 degrees it is, and from the second differences along the two
//! diagonals of the 1/8 plane, which say on which side.

use super::blur_model::MOTION;
use super::detail::{DIRECTED, MOST_APART, directed};
use super::features::Features;
use super::seen;
use super::stats::{Histogram, logistic};
use super::trees::log_odds;
use crate::frame::Frame;
use crate::verdict;

/// Below this amount there is no direction worth naming.
const NAMED: f32 = 0.2;

/// The fall-off is looked at in this percent of cells, those with most detail
/// along the axis.
const BEST_PERCENT: u64 = 20;

/// Difference of the axes' fall-off, in octaves, in sharp pictures, for the second
/// and third ring; and that of level motion, half as much for either.
const LEVEL: [f32; 2] = [0.24, 0.20];
const FULL: [f32; 2] = [3.0, 5.6];

/// Second differences count to at most so many levels.
const STRONGEST: i32 = 24;

/// The same for the diagonals, in octaves.
const LEVEL_DIAGONAL: f32 = 0.03;

/// Rows and columns of the 1/8 plane that are looked at, at most.
const LINES: usize = 128;

/// Evidence of motion.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Motion {
    /// The public numbers.
    pub motion: verdict::Motion,
    /// If the frame is blurred: probability that it was moved.
    pub moved: f32,
}

/// Measures motion, given the probability of blur.
#[must_use]
#[inline(never)]
pub fn measure(frame: &Frame<'_>, features: &Features, blur: f32) -> Motion {
    if features.cells() == 0 {
        return Motion::default();
    }
    let moved = logistic(log_odds(&MOTION, features.values()));
    let amount = blur * moved;
    let angle_deg = if amount >= NAMED { Some(angle(frame)) } else { None };
    Motion { motion: verdict::Motion { amount, angle_deg }, moved }
}

/// Direction in degrees, counter-clockwise from the right: 0 to 180 exclusive.
fn angle(frame: &Frame<'_>) -> f32 {
    let ([h1, h2], [v1, v2]) = (falloff(frame, 0), falloff(frame, 1));
    let cosine = (v1 - h1 - LEVEL[0]) / FULL[0] + (v2 - h2 - LEVEL[1]) / FULL[1];
    let cosine = cosine.clamp(-1.0, 1.0);
    let sine = libm::sqrtf(1.0 - cosine * cosine);
    let half = libm::atan2f(if falls(frame) { -sine } else { sine }, cosine) / 2.0;
    let degrees = half.to_degrees();
    let degrees = if degrees < 0.0 { degrees + 180.0 } else { degrees };
    // A tiny negative angle rounds to 180.
    if degrees < 180.0 { degrees } else { 0.0 }
}

/// Mean fall-off along an axis, in octaves of power, from the coarsest ring to the
/// second and third, in the cells with most detail along it.
fn falloff(frame: &Frame<'_>, axis: usize) -> [f32; 2] {
    let mut levels = Histogram::<{ 2 * MOST_APART as usize }>::new();
    let bin = |levels: [i16; DIRECTED]| i64::from(levels[0]) + i64::from(MOST_APART);
    seen(frame).for_each(|cell| levels.add(bin(directed(cell, axis))));
    let best = (levels.total() * BEST_PERCENT / 100).max(1);
    let from = levels.at_rank((levels.total() + 1).saturating_sub(best)).unwrap_or(0);
    let (mut sums, mut count) = ([0i64; 2], 0i64);
    for cell in seen(frame) {
        let levels = directed(cell, axis);
        if usize::try_from(bin(levels)).is_ok_and(|bin| bin >= from) {
            let [first, second, third, ..] = levels;
            sums = [sums[0] + i64::from(second - first), sums[1] + i64::from(third - first)];
            count += 1;
        }
    }
    sums.map(|sum| sum as f32 / (8 * count.max(1)) as f32)
}

/// Whether the picture is smoother along the diagonal that falls to the right.
fn falls(frame: &Frame<'_>) -> bool {
    let luma = &frame.luma;
    let inner = |n: usize| (1..n.saturating_sub(1)).step_by(n.div_ceil(LINES).max(1));
    let (mut falling, mut rising, mut count) = (0u64, 0u64, 0u64);
    for y in inner(luma.height()) {
        for x in inner(luma.width()) {
            let at = |x, y| i32::from(luma.at(x, y));
            let middle = 2 * at(x, y);
            let second = |a: i32, b: i32| (middle - a - b).abs().min(STRONGEST).unsigned_abs();
            falling += u64::from(second(at(x - 1, y - 1), at(x + 1, y + 1)));
            rising += u64::from(second(at(x + 1, y - 1), at(x - 1, y + 1)));
            count += 1;
        }
    }
    let mean = |sum: u64| sum as f32 / count.max(1) as f32 + 0.1;
    libm::log2f(mean(rising) / mean(falling)) >= LEVEL_DIAGONAL
}
