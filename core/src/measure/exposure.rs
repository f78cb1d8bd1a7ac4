//! Whether the frame is too dark, too bright, or shows nothing at all.
//!
//! Everything comes from the means of 8 x 8 blocks, so that a spark is no blown
//! highlight and a hair no blocked shadow. What is judged is whether the light
//! reaches the picture at all: low key, night and silhouettes keep something
//! bright, high key and snow keep something darker.
//!
//! The weights are those of logistic regressions on 156 photographs (48
//! underexposed, 48 overexposed, 60 normal; 299 more normal ones, mostly of the
//! evening, with a tenth of the weight). By scene: ROC AUC 0.978 and 0.961.

use super::region::Marks;
use super::stats::{logistic, percentile, share, total};
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::verdict::Exposure;

/// Unusably dark, log odds: offset; octaves of luma, weighted towards the centre;
/// octaves from the 5th to the 95th percentile; 10th percentile.
const UNDER: [f32; 4] = [11.9737, -1.8981, -0.3297, -6.7983];

/// Unusably bright, log odds: offset; root of the blown share, weighted towards
/// the centre; root of the white share; octaves of luma, weighted; octaves of the
/// 25th percentile.
const OVER: [f32; 5] = [-8.8434, 12.694, -5.5867, 1.6052, -0.7905];

/// Log odds beyond this are doubted where intent is likely.
const DOUBTED: f32 = 2.0;

/// A little that is lit (one block in so many, from the first level on and fully
/// from the second) is a moon, a lamp, a face on a stage: so much is left of what
/// goes beyond [`DOUBTED`]. Set by hand: renderings that are five stops too dark
/// reach 34 there, renderings of low key 97, a photograph of the moon 157.
const LIT_ONE_IN: u64 = 2000;
const LIT: (f32, f32) = (50.0, 90.0);
const LEFT_OF_UNDER: f32 = 0.1;

/// Something dark on white (5th percentile of luma, from the first level on and
/// fully from the second) is a studio, snow, a page.
const DARK: (f32, f32) = (180.0, 160.0);
const LEFT_OF_OVER: f32 = 0.6;

/// Octaves are of luma and this, so that black is no abyss.
const BLACK_LEVEL: f32 = 4.0;

/// Luma of a blown-out block near the centre, and of the darkest channel of a
/// white one.
const BLOWN: usize = 248;
const WHITE_CHANNEL: i32 = 245;

/// All channels at least this high: clipped.
const WHITE: i32 = 250;

/// Two channels this high: a colour whose shade is lost.
const SATURATED: i32 = 254;

/// Darker samples are not looked at: full yellow has a luma of 226, full cyan 179.
const MAYBE_BLOWN: u8 = 170;

/// Luma of a blocked-up shadow.
const BLACK: u8 = 6;

/// Samples of the 1/8 plane that are looked at, at most.
const SAMPLES: usize = 1 << 16;

/// Nothing but even grey: log odds fall with the range of luma (1st to 99th
/// percentile), in levels. A lens cap has 0 to 5, fog seldom less than 30. Set
/// by hand.
const BLANK_RANGE: f32 = 14.0;
const BLANK_PER_LEVEL: f32 = 0.5;

/// This share of cells with texture proves that there is something.
const SOMETHING: f32 = 0.05;

/// Black from end to end, or white, whatever the noise: the 99th percentile of
/// luma at most this, the 1st at least that, and log odds for each level.
const CAPPED: f32 = 14.0;
const WASHED_OUT: f32 = 251.0;
const PER_LEVEL: f32 = 1.0;

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

/// Measures exposure.
#[must_use]
pub fn measure(frame: &Frame<'_>) -> Light {
    let at = |percent| percentile(&frame.histogram, percent).and_then(|l| u8::try_from(l).ok());
    let percents = [1, 5, 10, 25, 50, 95, 99].map(at);
    let [Some(p1), Some(p5), Some(p10), Some(p25), Some(p50), Some(p95), Some(p99)] = percents
    else {
        return Light::default();
    };
    let survey = Survey::of(frame);
    let Some(centre) = survey.centre() else {
        return Light::default();
    };
    let [offset, by_centre, by_spread, by_shadows] = UNDER;
    let under = offset
        + by_centre * centre
        + by_spread * (octaves(p95) - octaves(p5))
        + by_shadows * f32::from(p10) / 255.0;
    let lit = ramp(LIT, brightest(&frame.histogram));
    let [offset, by_blown, by_white, by_centre, by_quarter] = OVER;
    let over = offset
        + by_blown * libm::sqrtf(survey.blown_near_centre())
        + by_white * libm::sqrtf(share(survey.white, survey.samples))
        + by_centre * centre
        + by_quarter * octaves(p25);
    let dark = ramp(DARK, p5);
    let sum: u64 = (0u64..).zip(&frame.histogram).map(|(level, &n)| level * u64::from(n)).sum();
    Light {
        exposure: Exposure {
            under: logistic(doubted(under, lit, LEFT_OF_UNDER)),
            over: logistic(doubted(over, dark, LEFT_OF_OVER)),
            mean: share(sum, 255 * total(&frame.histogram)),
            clipped_highlights: share(survey.clipped, survey.samples),
            clipped_shadows: share(survey.blocked, survey.samples),
        },
        percentiles: Some([p1, p5, p50, p95, p99]),
        clipped: survey.region(frame),
    }
}

/// Probability that nothing was photographed, given the share of cells that have
/// texture.
#[must_use]
pub fn blank(light: &Light, textured: f32) -> f32 {
    let Some([p1, .., p99]) = light.percentiles.map(|p| p.map(f32::from)) else {
        return 0.0;
    };
    let even = logistic(BLANK_PER_LEVEL * (BLANK_RANGE - (p99 - p1)));
    let even = even * (1.0 - textured / SOMETHING).clamp(0.0, 1.0);
    let black = logistic(PER_LEVEL * (CAPPED - p99));
    let white = logistic(PER_LEVEL * (p1 - WASHED_OUT));
    even.max(black).max(white)
}

/// The level that one block in [`LIT_ONE_IN`] reaches.
fn brightest(histogram: &[u32; 256]) -> u8 {
    let wanted = (total(histogram) / LIT_ONE_IN).max(1);
    let mut above = 0;
    let found = (0..=255u8).rev().zip(histogram.iter().rev()).find(|&(_, &count)| {
        above += u64::from(count);
        above >= wanted
    });
    found.map_or(0, |(level, _)| level)
}

fn octaves(level: u8) -> f32 {
    libm::log2f(f32::from(level) + BLACK_LEVEL)
}

/// 0 at the first level, 1 at the second.
fn ramp((from, to): (f32, f32), level: u8) -> f32 {
    ((f32::from(level) - from) / (to - from)).clamp(0.0, 1.0)
}

/// What is left of log odds beyond [`DOUBTED`] at a doubt of 0 to 1.
fn doubted(log_odds: f32, doubt: f32, left: f32) -> f32 {
    let beyond = (log_odds - DOUBTED).max(0.0);
    log_odds - beyond * doubt * (1.0 - left)
}

/// One pass over an even sample of the 1/8 planes.
struct Survey {
    /// Weights, largest at the centre, of each level of luma.
    weights: [u64; 256],
    samples: u64,
    white: u64,
    clipped: u64,
    blocked: u64,
    blown: Marks,
    every: usize,
}

impl Survey {
    fn of(frame: &Frame<'_>) -> Self {
        let luma = &frame.luma;
        let (width, height) = (luma.width(), luma.height());
        let mut every = 1;
        while width.div_ceil(every).saturating_mul(height.div_ceil(every)) > SAMPLES {
            every += 1;
        }
        let mut survey = Self {
            weights: [0; 256],
            samples: 0,
            white: 0,
            clipped: 0,
            blocked: 0,
            blown: Marks::new(width.div_ceil(every), height.div_ceil(every)),
            every,
        };
        let bell = bell();
        let weight = |at: usize, length: usize| {
            let step = at.saturating_mul(BELL) / length.max(1);
            bell.get(step).copied().map_or(0, u64::from)
        };
        for (row, y) in (0..height).step_by(every).enumerate() {
            let down = weight(y, height);
            for (col, (x, &level)) in luma.row(y).iter().enumerate().step_by(every).enumerate() {
                if let Some(sum) = survey.weights.get_mut(usize::from(level)) {
                    *sum += down * weight(x, width);
                }
                survey.samples += 1;
                survey.blocked += u64::from(level <= BLACK);
                if level < MAYBE_BLOWN {
                    continue;
                }
                let rgb = rgb(frame, x, y, level);
                let least = rgb.into_iter().min().unwrap_or(0);
                survey.white += u64::from(least >= WHITE_CHANNEL);
                let full = rgb.into_iter().filter(|&channel| channel >= SATURATED).count();
                if least >= WHITE || (frame.chroma.is_some() && full >= 2) {
                    survey.clipped += 1;
                    survey.blown.mark(col, row);
                }
            }
        }
        survey
    }

    /// Mean octaves of luma, weighted towards the centre.
    fn centre(&self) -> Option<f32> {
        let (mut sum, mut whole) = (0.0f32, 0u64);
        for (level, &weight) in (0u8..=255).zip(&self.weights) {
            if weight > 0 {
                sum += weight as f32 * octaves(level);
                whole += weight;
            }
        }
        (whole > 0).then(|| sum / whole as f32)
    }

    fn blown_near_centre(&self) -> f32 {
        let sum = |weights: &[u64]| weights.iter().sum();
        share(sum(self.weights.get(BLOWN..).unwrap_or(&[])), sum(&self.weights))
    }

    fn region(&self, frame: &Frame<'_>) -> Option<Rect> {
        // Pixels that a marked sample stands for.
        let item = |pixels: u32, samples: usize| {
            let one = pixels.div_ceil(u32::try_from(samples).unwrap_or(u32::MAX).max(1));
            one.saturating_mul(u32::try_from(self.every).unwrap_or(u32::MAX))
        };
        let item = (item(frame.width, frame.luma.width()), item(frame.height, frame.luma.height()));
        let rect = self.blown.largest()?.rect(item, frame.width, frame.height);
        (rect.area() > 0).then_some(rect)
    }
}

/// Steps of the weight from one side to the other.
const BELL: usize = 64;

/// `256 exp(-8 d^2)` for distances `d` of -1/2 to 1/2 from the centre.
fn bell() -> [u16; BELL] {
    core::array::from_fn(|step| {
        let distance = (step as f32 + 0.5) / BELL as f32 - 0.5;
        libm::roundf(256.0 * libm::expf(-8.0 * distance * distance)) as u16
    })
}

/// Red, green and blue of the sample of luma `level` at (x, y) of the luma plane
/// (JFIF 1.02, conversion to RGB).
fn rgb(frame: &Frame<'_>, x: usize, y: usize, level: u8) -> [i32; 3] {
    let luma = i32::from(level);
    let Some([cb, cr]) = &frame.chroma else {
        return [luma; 3];
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
    [red, green, blue]
}
