//! One pass over an even sample of the 1/8 planes: how much is lost at either end.

use super::colour::{Colour, along, factor, lost};
use super::{Bell, octaves};
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::measure::region::Marks;
use crate::measure::stats::share;

/// Luma of a blown-out block near the centre, and of the darkest channel of a
/// white one.
const BLOWN: usize = 248;
const WHITE: i32 = 245;

/// Luma of a blocked-up shadow.
const BLACK: u8 = 6;

/// Samples of the 1/8 plane that are looked at, at most.
const SAMPLES: usize = 1 << 14;

/// What the samples show.
pub(super) struct Survey {
    /// Weights, largest at the centre, of each level of luma.
    weights: [u64; 256],
    /// Samples looked at.
    samples: u64,
    /// Those whose darkest channel is white.
    white: u64,
    /// Those that have [lost](super::colour::lost) their tones, and their weights.
    lost: u64,
    lost_weight: u64,
    /// Those that are black.
    blocked: u64,
    marks: Marks,
    every: usize,
}

impl Survey {
    pub(super) fn of(frame: &Frame<'_>, bell: &Bell) -> Self {
        let luma = &frame.luma;
        let (width, height) = (luma.width(), luma.height());
        let mut every = 1;
        while width.div_ceil(every.max(1)).saturating_mul(height.div_ceil(every.max(1))) > SAMPLES {
            every += 1;
        }
        let mut survey = Self {
            weights: [0; 256],
            samples: 0,
            white: 0,
            lost: 0,
            lost_weight: 0,
            blocked: 0,
            marks: Marks::new(width.div_ceil(every.max(1)), height.div_ceil(every.max(1))),
            every,
        };
        let (across, down) = (factor(bell.len(), width as u64), factor(bell.len(), height as u64));
        let weight = |at: usize, factor: u64| {
            bell.get(along(at as u64, factor)).copied().map_or(0, u64::from)
        };
        let colour = Colour::new(frame, width as u64, height as u64);
        for (row, y) in (0..height).step_by(every.max(1)).enumerate() {
            let row_weight = weight(y, down);
            let colours = colour.row(y as u64);
            for (col, (x, &level)) in
                luma.row(y).iter().enumerate().step_by(every.max(1)).enumerate()
            {
                let weight = row_weight * weight(x, across);
                if let Some(sum) = survey.weights.get_mut(usize::from(level)) {
                    *sum += weight;
                }
                survey.samples += 1;
                survey.blocked += u64::from(level <= BLACK);
                let rgb = colours.rgb(x as u64, level);
                survey.white += u64::from(rgb.into_iter().min() >= Some(WHITE));
                if lost(rgb) {
                    survey.lost += 1;
                    survey.lost_weight += weight;
                    survey.marks.mark(col, row);
                }
            }
        }
        survey
    }

    fn whole(&self) -> u64 {
        self.weights.iter().sum()
    }

    /// Mean octaves and mean level of luma, weighted towards the centre; `None` if
    /// nothing was seen.
    pub(super) fn centre(&self) -> Option<(f32, f32)> {
        let (mut sum, mut levels) = (0.0f32, 0u64);
        for (level, &weight) in (0u8..=255).zip(&self.weights) {
            if weight > 0 {
                sum += weight as f32 * octaves(level);
                levels += weight * u64::from(level);
            }
        }
        let whole = self.whole();
        (whole > 0).then(|| (sum / whole as f32, share(levels, 255 * whole)))
    }

    /// Share that is blown out, weighted towards the centre.
    pub(super) fn blown(&self) -> f32 {
        share(self.weights.get(BLOWN..).unwrap_or(&[]).iter().sum(), self.whole())
    }

    /// Share that has lost its tones, weighted towards the centre.
    pub(super) fn lost_near_centre(&self) -> f32 {
        share(self.lost_weight, self.whole())
    }

    /// Share of all that has lost its tones.
    pub(super) fn lost(&self) -> f32 {
        share(self.lost, self.samples)
    }

    /// Share of all that is white.
    pub(super) fn white(&self) -> f32 {
        share(self.white, self.samples)
    }

    /// Share of all that is black.
    pub(super) fn blocked(&self) -> f32 {
        share(self.blocked, self.samples)
    }

    /// The largest region that has lost its tones, in pixels.
    pub(super) fn region(&self, frame: &Frame<'_>) -> Option<Rect> {
        // Pixels that a marked sample stands for.
        let item = |pixels: u32, samples: usize| {
            let one = pixels.div_ceil(u32::try_from(samples).unwrap_or(u32::MAX).max(1));
            one.saturating_mul(u32::try_from(self.every).unwrap_or(u32::MAX))
        };
        let item = (item(frame.width, frame.luma.width()), item(frame.height, frame.luma.height()));
        let rect = self.marks.largest()?.rect(item, frame.width, frame.height);
        (rect.area() > 0).then_some(rect)
    }
}
