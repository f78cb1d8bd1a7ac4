//! Faces of a frame that was seen whole, and the eyes of those that decide.
//!
//! In come the frame and a way back to its pixels; out go [`Face`]s in pixels of the
//! upright picture. Whatever cannot be had (a file that has gone meanwhile, a picture too
//! long for the detector) leaves faces or eyes out, and never touches the verdict
//! otherwise.

mod eyes;
mod plane;

pub use eyes::EyeJudge;

use super::micros;
use super::samples::{Part, Samples};
use edgecull_core::face::{Detector, Face, THRESHOLD, View};
use edgecull_core::frame::Frame;
use edgecull_core::geometry::Orientation;
use edgecull_core::jpeg::Scale;
use edgecull_core::kernels::Isa;
use edgecull_core::measure::{Hints, people};
use edgecull_core::nn::{Model, Plan};
use edgecull_core::plane::Plane;
use std::time::Instant;

/// How faces are looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceSearch {
    /// At twice the detail: for faces of half the size, at four times the work and a second
    /// reading.
    pub small: bool,
    /// From which confidence on something is a face: 0..1.
    pub threshold: f32,
}

impl Default for FaceSearch {
    fn default() -> Self {
        Self { small: false, threshold: THRESHOLD }
    }
}

/// The faces of a frame.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) faces: Vec<Face>,
    /// Microseconds that their eyes took.
    pub(super) eyes: u64,
}

/// Looks for faces, with memory of its own that is used again.
pub(super) struct Finder {
    search: FaceSearch,
    isa: Isa,
    faces: Network,
    eyes: EyeJudge,
    /// Luma for the detector.
    luma: Vec<u8>,
    /// What of the last frame lies there.
    whole: Option<(Scale, Part)>,
}

impl Finder {
    pub(super) fn new(search: FaceSearch, isa: Isa) -> Self {
        let faces = Network::new(edgecull_models::FACES);
        Self { search, isa, faces, eyes: EyeJudge::new(isa), luma: Vec::new(), whole: None }
    }

    /// The faces of a frame, the most prominent with their eyes.
    pub(super) fn find(
        &mut self,
        frame: &Frame<'_>,
        samples: &mut Samples<'_>,
        orientation: Orientation,
    ) -> Found {
        let found = self.detect(frame, samples, orientation).unwrap_or_default();
        // Which of them decide hangs on how sharp they are, too.
        let hints = Hints { faces: &found, orientation, ..Hints::default() };
        let (mut faces, people) = people::measure(frame, &hints);
        let size = (frame.width, frame.height);
        let start = Instant::now();
        for face in faces.iter_mut().take(people.prominent) {
            face.eyes = self.eyes.look(&face.landmarks, size, samples, orientation);
        }
        Found { faces: faces.to_vec(), eyes: micros(start) }
    }

    /// Luma of the whole of the last frame at this scale, where it had to be had.
    pub(super) fn whole(&self, scale: Scale) -> Option<Plane<'_>> {
        let (_, part) = self.whole.filter(|(had, _)| *had == scale)?;
        Plane::new(&self.luma, part.width, part.height, part.width)
    }

    fn detect(
        &mut self,
        frame: &Frame<'_>,
        samples: &mut Samples<'_>,
        orientation: Orientation,
    ) -> Option<Vec<Face>> {
        let FaceSearch { small, threshold } = self.search;
        self.whole = None;
        let (luma, factor) = plane::luma(frame, samples, small, &mut self.luma, &mut self.whole)?;
        let view = View::new(luma, (frame.width, frame.height), factor, orientation)?;
        let detector = Detector::new(&self.faces.model).ok()?.with_threshold(threshold);
        let plan = detector.plan(&view).ok()?;
        let arena = room(&mut self.faces.arena, &plan);
        Some(detector.detect(&view, &plan, arena, self.isa).ok()?.to_vec())
    }
}

/// A network that is shipped, and its memory.
struct Network {
    model: Model<'static>,
    arena: Vec<i8>,
}

impl Network {
    fn new(document: &'static [u8]) -> Self {
        let model = Model::load(document).expect("the networks in the program are whole");
        Self { model, arena: Vec::new() }
    }
}

/// As much memory as a plan needs. It keeps the largest size that was asked for.
fn room<'a>(arena: &'a mut Vec<i8>, plan: &Plan) -> &'a mut [i8] {
    if arena.len() < plan.arena() {
        arena.resize(plan.arena(), 0);
    }
    arena
}
