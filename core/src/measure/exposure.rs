//! Whether the frame is too dark, too bright, or shows nothing at all.
//!
//! Everything comes from the means of 8 x 8 blocks, so that a spark is no blown
//! highlight and a hair no blocked shadow. What is judged is whether the light
//! reaches the picture at all: low key, night and silhouettes keep something
//! bright, high key and snow keep something darker.

use super::region::Marks;
use super::stats::{logistic, percentile, share, total};
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::verdict::Exposure;

/// Unusably dark: log odds `UNDER[0] + UNDER[1] * median + UNDER[2] * p95`, of
/// luma in 0..1. A logistic regression on 48 underexposed and 108 other
/// photographs gave 4.3, -9.3, -3.2 (ROC AUC 0.97); the last weight was then
/// doubled by hand, and the first raised to match, so that a dark picture with
/// much that is bright in it is spared.
const UNDER: [f32; 3] = [4.9, -9.3, -6.0];

/// A little that is bright (99th percentile of luma, from the first level on and
/// fully from the second) is a moon, a lamp, a face on a stage, and may be
/// intended: the probability is held down to [`LIT_UNDER`]. Set by hand, where one in
/// twelve of 299 sharp photographs, mostly of the evening, passed 0.8 before.
const LIT: (f32, f32) = (40.0, 100.0);
const LIT_UNDER: f32 = 0.75;

/// Unusably bright: log odds `OVER[0] + OVER[1] * clipped`, the clipped fraction
/// in 0..1. That fraction tells 48 overexposed photographs from 108 others with a
/// ROC AUC of 0.92; the weights are set by hand to spare those that have a white
/// sky.
const OVER: [f32; 2] = [-3.0, 9.0];

/// Something dark on white (1st percentile of luma, from the first level on and
/// fully from the second) is a studio, snow, a page, and may be intended: the
/// probability is held down to [`DARK_OVER`]. Set by hand.
const DARK: (f32, f32) = (180.0, 120.0);
const DARK_OVER: f32 = 0.8;

/// All channels at least this high: white.
const WHITE: i32 = 250;

/// Two channels this high: a colour whose shade is lost.
const SATURATED: i32 = 254;

/// Darker samples are not looked at: full yellow has a luma of 226, full cyan 179.
const MAYBE_BLOWN: u8 = 170;

/// Luma of a blocked-up shadow.
const BLACK: u8 = 6;

/// Nothing but even grey: log odds fall with the range of luma (1st to 99th
/// percentile), in levels. A lens cap has 0 to 5, fog seldom less than 30. Set
/// by hand.
const BLANK_RANGE: f32 = 14.0;
const BLANK_PER_LEVEL: f32 = 0.5;

/// This share of tiles with texture proves that there is something.
const SOMETHING: f32 = 0.05;

/// Evidence of exposure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Light {
    /// The public numbers.
    pub exposure: Exposure,
    /// Percentiles 1, 5, 50, 95 and 99 of luma; `None` if nothing was seen.
    pub percentiles: Option<[u8; 5]>,
    /// The largest blown-out region, in pixels.
    pub clipped: Option<Rect>,
}

impl Light {
    /// Levels between the 1st and the 99th percentile.
    #[must_use]
    pub fn range(&self) -> u8 {
        self.percentiles.map_or(0, |[low, .., high]| high.saturating_sub(low))
    }
}

/// Measures exposure.
#[must_use]
pub fn measure(frame: &Frame<'_>) -> Light {
    let at = |percent| percentile(&frame.histogram, percent).and_then(|l| u8::try_from(l).ok());
    let (Some(p1), Some(p5), Some(p50), Some(p95), Some(p99)) =
        (at(1), at(5), at(50), at(95), at(99))
    else {
        return Light::default();
    };
    let clipping = clipping(frame);
    let unit = |level: u8| f32::from(level) / 255.0;
    let [offset, by_median, by_light] = UNDER;
    let lit = ((f32::from(p99) - LIT.0) / (LIT.1 - LIT.0)).clamp(0.0, 1.0);
    let under = logistic(offset + by_median * unit(p50) + by_light * unit(p95))
        .min(1.0 - lit * (1.0 - LIT_UNDER));
    let [offset, by_clipped] = OVER;
    let dark = ((f32::from(p1) - DARK.0) / (DARK.1 - DARK.0)).clamp(0.0, 1.0);
    let over =
        logistic(offset + by_clipped * clipping.highlights).min(1.0 - dark * (1.0 - DARK_OVER));
    let sum: u64 = (0u64..).zip(&frame.histogram).map(|(level, &n)| level * u64::from(n)).sum();
    Light {
        exposure: Exposure {
            under,
            over,
            mean: share(sum, 255 * total(&frame.histogram)),
            clipped_highlights: clipping.highlights,
            clipped_shadows: clipping.shadows,
        },
        percentiles: Some([p1, p5, p50, p95, p99]),
        clipped: clipping.region,
    }
}

/// Probability that nothing was photographed, given the share of tiles that have
/// texture.
#[must_use]
pub fn blank(light: &Light, textured: f32) -> f32 {
    if light.percentiles.is_none() {
        return 0.0;
    }
    let even = logistic(BLANK_PER_LEVEL * (BLANK_RANGE - f32::from(light.range())));
    even * (1.0 - textured / SOMETHING).clamp(0.0, 1.0)
}

#[derive(Default)]
struct Clipping {
    highlights: f32,
    shadows: f32,
    region: Option<Rect>,
}

fn clipping(frame: &Frame<'_>) -> Clipping {
    let luma = &frame.luma;
    let (width, height) = (luma.width(), luma.height());
    let mut blown = Marks::new(width, height);
    let (mut highlights, mut shadows) = (0u64, 0u64);
    for y in 0..height {
        for (x, &level) in luma.row(y).iter().enumerate() {
            shadows += u64::from(level <= BLACK);
            if level >= MAYBE_BLOWN && is_blown(frame, x, y, level) {
                highlights += 1;
                blown.mark(x, y);
            }
        }
    }
    let samples = (width as u64).saturating_mul(height as u64);
    // Pixels that a sample stands for.
    let item = |pixels: u32, samples: usize| {
        pixels.div_ceil(u32::try_from(samples).unwrap_or(u32::MAX).max(1))
    };
    let item = (item(frame.width, width), item(frame.height, height));
    Clipping {
        highlights: share(highlights, samples),
        shadows: share(shadows, samples),
        region: blown
            .largest()
            .map(|group| group.rect(item, frame.width, frame.height))
            .filter(|rect| rect.area() > 0),
    }
}

/// Whether a sample of luma `level` at (x, y) of the luma plane is blown out:
/// white, or two of its channels full (JFIF 1.02, conversion to RGB).
fn is_blown(frame: &Frame<'_>, x: usize, y: usize, level: u8) -> bool {
    let luma = i32::from(level);
    let Some([cb, cr]) = &frame.chroma else {
        return luma >= WHITE;
    };
    let scaled = |at: usize, to: usize, from: usize| at.saturating_mul(to) / from.max(1);
    let at = |plane: &crate::plane::Plane<'_>| {
        let x = scaled(x, plane.width(), frame.luma.width());
        let y = scaled(y, plane.height(), frame.luma.height());
        i32::from(plane.at(x, y)) - 128
    };
    let (cb, cr) = (at(cb), at(cr));
    let red = luma + ((cr * 359) >> 8);
    let green = luma - ((cb * 88 + cr * 183) >> 8);
    let blue = luma + ((cb * 454) >> 8);
    let full = [red, green, blue].into_iter().filter(|&channel| channel >= SATURATED).count();
    red.min(green).min(blue) >= WHITE || full >= 2
}
