//! Whether the frame is too dark, too bright, or shows nothing at all.
//!
//! Everything comes from means of 8 x 8 blocks and from cells, so that a spark is no
//! blown highlight and a hair no blocked shadow. What is judged is how much light
//! reaches what has detail, and how much of the picture has lost its tones: low key,
//! night and silhouettes keep something bright, high key and snow something darker.
//!
//! | file | what flows out |
//! | --- | --- |
//! | `survey` | what is lost at either end, from the 1/8 planes |
//! | `subject` | the light on what has detail, from the cells |
//! | `colour` | red, green and blue; whether they are lost |
//! | `weights` | of two logistic regressions, written by models/train/exposure.py |
//! | `blank` | whether anything was photographed |

mod blank;
mod colour;
mod subject;
mod survey;
mod weights;

pub use blank::blank;

use super::stats::{logistic, percentile, share, total};
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::verdict::Exposure;
use subject::Subject;
use survey::Survey;
use weights::{OVER, UNDER};

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

/// A face that is lit as a face may be forgives its surroundings: so much is left of
/// what goes beyond [`DOUBTED`], in the dark where its mean luma is at the second level
/// or above, in the light where it is at the second level or below. Skin of every
/// complexion, well lit, lies between them.
const LIT_FACE: (f32, f32) = (40.0, 65.0);
const HELD_FACE: (f32, f32) = (238.0, 218.0);
const LEFT_BESIDE_FACE: f32 = 0.6;

/// A face that is black or white itself, fully at the second level, adds so much to the
/// log odds, whatever surrounds it. Set by hand, as the levels are.
const BLACK_FACE: (f32, f32) = (28.0, 10.0);
const WHITE_FACE: (f32, f32) = (242.0, 252.0);
const LOST_FACE: f32 = 1.0;

/// Octaves are of luma and this, so that black is no abyss.
const BLACK_LEVEL: u8 = 4;

/// Contrast of a frame that is too small for cells: that of most photographs.
const USUAL_CONTRAST: f32 = 0.4;

/// Evidence of exposure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Light {
    /// The public numbers.
    pub exposure: Exposure,
    /// Percentiles 1, 5, 50, 95 and 99 of luma; `None` if nothing was seen.
    pub percentiles: Option<[u8; 5]>,
    /// The largest region whose tones are lost in the highlights, in pixels.
    pub clipped: Option<Rect>,
    /// Cells of 32 x 8 pixels in which a light stands out from what is around: stars,
    /// windows at night.
    pub lights: u64,
    /// How far the strongest cells exceed noise: eighths of an octave of power.
    pub relief: u8,
}

/// Measures exposure. `face` is the mean luma of the faces that matter, if there are any.
#[must_use]
#[inline(never)]
pub fn measure(frame: &Frame<'_>, face: Option<u8>) -> Light {
    let at = |percent| percentile(&frame.histogram, percent).and_then(|l| u8::try_from(l).ok());
    let percents = [1, 5, 25, 50, 95, 99].map(at);
    let [Some(p1), Some(p5), Some(p25), Some(p50), Some(p95), Some(p99)] = percents else {
        return Light::default();
    };
    let bell = bell();
    let survey = Survey::of(frame, &bell);
    let Some((centre, level)) = survey.centre() else {
        return Light::default();
    };
    let subject = Subject::of(frame, &bell).unwrap_or(Subject {
        detail: centre,
        contrast: USUAL_CONTRAST,
        brightness: level,
        lights: 0,
        relief: u8::MAX,
    });
    let [offset, by_detail, by_contrast, by_brightness] = UNDER;
    let under = offset
        + by_detail * subject.detail
        + by_contrast * subject.contrast
        + by_brightness * subject.brightness;
    let [offset, by_blown, by_lost, by_white, by_detail, by_centre, by_shadows] = OVER;
    let over = offset
        + by_blown * libm::sqrtf(survey.blown())
        + by_lost * libm::sqrtf(survey.lost_near_centre())
        + by_white * libm::sqrtf(survey.white())
        + by_detail * subject.detail
        + by_centre * centre
        + by_shadows * octaves(p25);
    let lit = ramp(LIT, brightest(&frame.histogram));
    let dark = ramp(DARK, p5);
    let seen_on = |at| face.map_or(0.0, |luma| ramp(at, luma));
    let under = doubted(under, lit, LEFT_OF_UNDER);
    let under = doubted(under, seen_on(LIT_FACE), LEFT_BESIDE_FACE);
    let under = under + LOST_FACE * seen_on(BLACK_FACE);
    let over = doubted(over, dark, LEFT_OF_OVER);
    let over = doubted(over, seen_on(HELD_FACE), LEFT_BESIDE_FACE);
    let over = over + LOST_FACE * seen_on(WHITE_FACE);
    let sum: u64 = (0u64..).zip(&frame.histogram).map(|(level, &n)| level * u64::from(n)).sum();
    Light {
        exposure: Exposure {
            under: logistic(under),
            over: logistic(over),
            mean: share(sum, 255 * total(&frame.histogram)),
            clipped_highlights: survey.lost(),
            clipped_shadows: survey.blocked(),
        },
        percentiles: Some([p1, p5, p50, p95, p99]),
        clipped: survey.region(frame),
        lights: subject.lights,
        relief: subject.relief,
    }
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
    libm::log2f(f32::from(level) + f32::from(BLACK_LEVEL))
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

/// Weights in 64 steps from one side to the other.
type Bell = [u16; 64];

/// `256 exp(-8 d^2)` for distances `d` of -1/2 to 1/2 from the centre.
fn bell() -> Bell {
    core::array::from_fn(|step| {
        let distance = (step as f32 + 0.5) / 64.0 - 0.5;
        libm::roundf(256.0 * libm::expf(-8.0 * distance * distance)) as u16
    })
}

#[cfg(test)]
mod tests;
