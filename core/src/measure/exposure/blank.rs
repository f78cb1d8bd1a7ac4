//! Whether anything was photographed: lens cap, pocket, floor.

use super::Light;
use crate::measure::stats::logistic;

/// Nothing but even grey: log odds fall with the range of luma (1st to 99th
/// percentile), in levels. A lens cap has 0 to 5, fog seldom less than 30. Set
/// by hand.
const EVEN_RANGE: f32 = 14.0;
const EVEN_PER_LEVEL: f32 = 0.5;

/// This share of cells with texture proves that there is something.
const SOMETHING: f32 = 0.05;

/// Black from end to end, or white, whatever the noise: the 99th percentile of
/// luma at most this, the 1st at least that, and log odds for each level.
const CAPPED: f32 = 14.0;
const WASHED_OUT: f32 = 251.0;
const PER_LEVEL: f32 = 1.0;

/// A pocket or the ground: dark (95th percentile of luma), with shades (range) but
/// nothing beyond noise in any cell (relief, from the first value on and fully at the
/// second). Levels per unit of log odds. It might be dusk without a horizon, so a
/// person is asked: never surer than this.
const DIM: f32 = 70.0;
const SHADES: f32 = 56.0;
const DIM_PER_ODDS: f32 = 6.0;
const RELIEF: (f32, f32) = (26.0, 16.0);
const POCKET_AT_MOST: f32 = 0.9;

/// So many cells with a light in them are a sky with stars or a street; up to this
/// few may be hot pixels of the sensor.
const LIGHTS: (f32, f32) = (2.0, 6.0);

/// Probability that nothing was photographed, given the share of cells that have
/// texture.
#[must_use]
pub fn blank(light: &Light, textured: f32) -> f32 {
    let Some([p1, _, _, p95, p99]) = light.percentiles.map(|p| p.map(f32::from)) else {
        return 0.0;
    };
    let (few, many) = LIGHTS;
    let unlit = ((many - light.lights as f32) / (many - few)).clamp(0.0, 1.0);
    let even = logistic(EVEN_PER_LEVEL * (EVEN_RANGE - (p99 - p1)));
    let even = even * (1.0 - textured / SOMETHING).clamp(0.0, 1.0);
    let black = logistic(PER_LEVEL * (CAPPED - p99));
    let white = logistic(PER_LEVEL * (p1 - WASHED_OUT));
    let dim = logistic((DIM - p95) / DIM_PER_ODDS);
    let shades = logistic((SHADES - (p99 - p1)) / DIM_PER_ODDS);
    let smooth = super::ramp(RELIEF, light.relief);
    let pocket = POCKET_AT_MOST * dim * shades * smooth;
    white.max(unlit * even.max(black).max(pocket))
}
