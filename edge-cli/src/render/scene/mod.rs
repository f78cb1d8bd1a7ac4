//! What there is to photograph: scenes with depth, drawn from a seed.
//!
//! In go a [`Subject`], a seed and a [`Moment`]; out comes a [`Scene`], layers
//! from back to front. Every seed is another place, person or light of the
//! same kind; every moment is the same one a little later.

mod nature;
mod people;
mod person;
mod plants;
mod race;
mod signs;
mod town;
mod weather;

use super::colour::Spot;
use super::paint::Layer;
use super::rng::Rng;

/// Focal length of the framing, in shorter sides of the picture (35 mm over
/// 24 mm): how large a metre is at a distance.
const FRAMING: f32 = 1.46;

/// Eye height of the photographer: what [`Distance::Ground`] wants as metres.
///
/// [`Distance::Ground`]: super::paint::Distance::Ground
const GROUND: f32 = 1.6 * FRAMING;

/// Kinds of scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Meadow, trees, hills and a sky: detail at all distances.
    Landscape,
    /// Head and shoulders before foliage.
    Portrait,
    /// A brick house front with a shop sign.
    Facade,
    /// A street at night, lamps and windows.
    Night,
    /// A snowfield in daylight: bright and right.
    Snow,
    /// A singer in a spotlight before black: low key.
    Stage,
    /// A portrait before white: high key.
    Studio,
    /// A figure and a tree before a setting sun.
    Silhouette,
    /// Trees that fade away with distance.
    Fog,
    /// A plastered wall: flat, and sharp.
    Wall,
    /// A car passing: the thing to pan with.
    Race,
    /// A flower close up.
    Flower,
    /// A hedge: leaves from edge to edge.
    Foliage,
}

impl Subject {
    /// Every kind there is.
    pub const ALL: [Self; 13] = [
        Self::Landscape,
        Self::Portrait,
        Self::Facade,
        Self::Night,
        Self::Snow,
        Self::Stage,
        Self::Studio,
        Self::Silhouette,
        Self::Fog,
        Self::Wall,
        Self::Race,
        Self::Flower,
        Self::Foliage,
    ];
}

/// What differs from frame to frame of one scene.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// How far the subject has moved to the right, in fractions of the shorter
    /// side of the picture.
    pub sway: f32,
    /// How far the eyes of a person are open: 0 shut, 1 open.
    pub eyes_open: f32,
    /// 0 earnest .. 1 smiling.
    pub smile: f32,
}

impl Default for Moment {
    fn default() -> Self {
        Self { sway: 0.0, eyes_open: 1.0, smile: 0.4 }
    }
}

/// Something to photograph.
pub struct Scene {
    /// Back to front.
    pub(crate) layers: Vec<Layer>,
    /// Distance of what a photographer would focus on, in metres.
    pub subject_m: f32,
}

impl Scene {
    /// A scene of a kind; the seed tells which.
    #[must_use]
    pub fn new(subject: Subject, seed: u64) -> Self {
        Self::at(subject, seed, Moment::default())
    }

    /// The same scene at a moment.
    #[must_use]
    pub fn at(subject: Subject, seed: u64, moment: Moment) -> Self {
        let mut rng = Rng::new(seed ^ ((subject as u64) << 40));
        let rng = &mut rng;
        match subject {
            Subject::Landscape => nature::landscape(rng),
            Subject::Portrait => people::portrait(rng, moment),
            Subject::Facade => town::facade(rng),
            Subject::Night => town::night(rng),
            Subject::Snow => weather::snow(rng),
            Subject::Stage => people::stage(rng, moment),
            Subject::Studio => people::studio(rng, moment),
            Subject::Silhouette => weather::silhouette(rng),
            Subject::Fog => weather::fog(rng),
            Subject::Wall => town::wall(rng),
            Subject::Race => race::race(rng, moment),
            Subject::Flower => nature::flower(rng),
            Subject::Foliage => nature::foliage(rng),
        }
    }
}

/// How far inside a rectangle (left, top, right, bottom): negative outside.
fn inside(spot: Spot, [left, top, right, bottom]: [f32; 4]) -> f32 {
    (spot.x - left).min(right - spot.x).min(spot.y - top).min(bottom - spot.y)
}
