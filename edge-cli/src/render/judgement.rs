//! Pictures that are meant to look like that, and pictures that are broken.
//!
//! The first kind is what careless tools throw away: shallow focus, darkness,
//! brightness and movement that somebody wanted. [`judgement_set`] renders
//! both kinds, so that thresholds can be held against them.

use super::rng::Rng;
use super::{Camera, Picture, Scene, Subject, render};

/// What a picture of the set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A sharp subject before a background far out of focus.
    Bokeh,
    /// Little light, where it belongs.
    LowKey,
    /// Nearly white, and right.
    HighKey,
    /// Black shapes before a bright sky.
    Silhouette,
    /// A sharp subject, the surroundings streaked.
    Panning,
    /// Snow in daylight.
    Snow,
    /// A street at night.
    Night,
    /// Contrast that fades with distance.
    Fog,
    /// An ordinary sharp picture.
    Sharp,
    /// Nothing in focus.
    Blurred,
    /// The camera moved.
    Shaken,
    /// The lens cap was on.
    Black,
    /// Nothing but white.
    White,
    /// Exposed far too little.
    Under,
    /// Exposed far too much.
    Over,
}

impl Kind {
    /// Every kind, those to keep first.
    pub const ALL: [Self; 15] = [
        Self::Bokeh,
        Self::LowKey,
        Self::HighKey,
        Self::Silhouette,
        Self::Panning,
        Self::Snow,
        Self::Night,
        Self::Fog,
        Self::Sharp,
        Self::Blurred,
        Self::Shaken,
        Self::Black,
        Self::White,
        Self::Under,
        Self::Over,
    ];

    /// Whether throwing it away would be a mistake.
    #[must_use]
    pub fn must_be_kept(self) -> bool {
        !matches!(
            self,
            Self::Blurred | Self::Shaken | Self::Black | Self::White | Self::Under | Self::Over
        )
    }
}

/// One picture of the set, not rendered yet.
#[derive(Clone, Debug)]
pub struct Case {
    /// Kind and number, unique in the set.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// How it was taken.
    pub camera: Camera,
    subject: Subject,
    seed: u64,
}

impl Case {
    /// Renders it.
    #[must_use]
    pub fn picture(&self) -> Picture {
        render(&Scene::new(self.subject, self.seed), &self.camera)
    }
}

/// Pictures of each kind.
pub const CASES_OF_A_KIND: usize = 8;

/// [`CASES_OF_A_KIND`] pictures of each [`Kind`], in the order of
/// [`Kind::ALL`]; about 0.4 MP each, most in landscape format.
#[must_use]
pub fn judgement_set(seed: u64) -> Vec<Case> {
    let mut rng = Rng::new(seed);
    let mut cases = Vec::new();
    for kind in Kind::ALL {
        for number in 0..CASES_OF_A_KIND {
            let (width, height) = rng.pick(&[(768, 512), (768, 576), (800, 450), (512, 704)]);
            let camera = Camera::new(width, height).seeded(rng.next());
            let (subject, camera) = situation(kind, camera, &mut rng);
            let name = format!("{kind:?}-{number}").to_lowercase();
            cases.push(Case { name, kind, camera, subject, seed: rng.next() });
        }
    }
    cases
}

fn situation(kind: Kind, camera: Camera, rng: &mut Rng) -> (Subject, Camera) {
    const DAYLIGHT: [Subject; 5] =
        [Subject::Landscape, Subject::Facade, Subject::Foliage, Subject::Portrait, Subject::Race];
    match kind {
        Kind::Bokeh => match rng.pick(&[Subject::Portrait, Subject::Flower]) {
            Subject::Portrait => {
                let f_number = rng.range(1.4, 2.8);
                (Subject::Portrait, camera.lens(85.0, f_number))
            }
            flower => (flower, camera.lens(60.0, rng.range(4.0, 8.0))),
        },
        Kind::LowKey => {
            (Subject::Stage, camera.lens(85.0, 2.8).at_iso(rng.pick(&[400, 1600, 3200])))
        }
        Kind::HighKey => (Subject::Studio, camera.lens(85.0, 4.0).exposed(rng.range(0.0, 0.4))),
        Kind::Silhouette => (Subject::Silhouette, camera.exposed(rng.range(-0.5, 0.3))),
        Kind::Panning => {
            let pan = [rng.range(0.05, 0.16), rng.range(-0.004, 0.004)];
            (Subject::Race, Camera { pan, shutter_s: 1.0 / 40.0, ..camera })
        }
        Kind::Snow => (Subject::Snow, camera.exposed(rng.range(-0.2, 0.25))),
        Kind::Night => (Subject::Night, camera.at_iso(rng.pick(&[200, 1600, 3200]))),
        Kind::Fog => (Subject::Fog, camera),
        Kind::Sharp => {
            let wall = rng.chance(0.25);
            (if wall { Subject::Wall } else { rng.pick(&DAYLIGHT) }, camera)
        }
        Kind::Blurred => {
            // Focused near enough for even the closest layer to be lost.
            let subject = rng.pick(&DAYLIGHT);
            let metres = if subject == Subject::Portrait { 0.75 } else { rng.range(0.8, 1.3) };
            (subject, camera.lens(50.0, rng.range(1.4, 2.4)).focused_at(metres))
        }
        Kind::Shaken => {
            let (extent, angle) = (rng.range(0.02, 0.05), rng.range(0.0, 180.0));
            (rng.pick(&DAYLIGHT), camera.shaken(extent, angle))
        }
        Kind::Black => {
            (rng.pick(&DAYLIGHT), camera.at_iso(rng.pick(&[100, 800, 6400])).exposed(-14.0))
        }
        Kind::White => (rng.pick(&DAYLIGHT), camera.exposed(12.0)),
        Kind::Under => (rng.pick(&DAYLIGHT), camera.exposed(rng.range(-6.5, -5.0))),
        Kind::Over => (rng.pick(&DAYLIGHT), camera.exposed(rng.range(3.5, 5.0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn the_set_is_as_large_as_it_says_and_no_two_are_alike() {
        let set = judgement_set(1);
        assert_eq!(set.len(), Kind::ALL.len() * CASES_OF_A_KIND);
        let wanted = set.iter().filter(|c| c.kind.must_be_kept()).count();
        assert!(wanted >= 60, "{wanted}");
        let names: std::collections::HashSet<_> = set.iter().map(|c| &c.name).collect();
        assert_eq!(names.len(), set.len());
        assert!(set.windows(2).all(|w| w[0].seed != w[1].seed));
    }

    #[test]
    fn light_is_where_the_kind_says() {
        let set = judgement_set(2);
        let means: Vec<(Kind, f32)> = set
            .par_iter()
            .filter(|c| c.name.ends_with('0'))
            .map(|case| {
                let luma = case.picture().luma();
                (case.kind, luma.iter().map(|&l| f32::from(l)).sum::<f32>() / luma.len() as f32)
            })
            .collect();
        for (kind, mean) in means {
            let wanted = match kind {
                Kind::Black => 0.0..12.0,
                Kind::Under => 0.0..40.0,
                Kind::LowKey => 2.0..50.0,
                Kind::Night => 8.0..90.0,
                Kind::White => 250.0..256.0,
                Kind::Over => 195.0..256.0,
                Kind::HighKey => 150.0..245.0,
                Kind::Snow => 140.0..240.0,
                _ => 40.0..200.0,
            };
            assert!(wanted.contains(&mean), "{kind:?} has a mean of {mean}");
        }
    }
}
