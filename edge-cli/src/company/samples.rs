//! Judged frames without files, for tests.

use crate::pipeline::{Judged, Traits};
use crate::render::{Picture, sets};
use edgecull_core::burst::best::Candidate;
use edgecull_core::burst::{Fingerprint, Shot, Sketch, Taken};
use edgecull_core::frame::{BoardMemory, FrameBuilder};
use edgecull_core::geometry::Orientation;
use edgecull_core::kernels::Isa;
use edgecull_core::pixels::{Chroma, PixelFeeder};
use edgecull_core::plane::Plane;
use edgecull_core::verdict::{Decision, Verdict};

/// The frames of a rendered series, the first of its name.
pub(super) fn series(name: &str) -> Vec<Judged> {
    let series = sets::series(1, 480).into_iter().find(|series| series.name.starts_with(name));
    let shots = series.expect("a series").frames(0);
    shots.iter().map(|shot| seen(&shot.picture, shot.taken())).collect()
}

/// A good frame that shows a picture.
fn seen(picture: &Picture, taken: Taken) -> Judged {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let luma = picture.luma();
    let plane = Plane::new(&luma, width, height, width).expect("a plane");
    let mut memory = Box::new(BoardMemory::new());
    let mut builder = FrameBuilder::new(memory.buffers());
    let size = (picture.width, picture.height);
    let feeder = PixelFeeder::begin(&mut builder, Isa::detect(), size, Chroma::None);
    feeder.expect("a feeder").picture(&plane, None);
    let frame_of = builder.finish().expect("a frame");
    let fingerprint = Fingerprint::of(&frame_of, Orientation::Upright);
    let mut judged = frame(fingerprint, 0, 0.5);
    if let Some(traits) = &mut judged.traits {
        traits.shot.taken = taken;
        traits.sketch = Sketch::of(&frame_of, Orientation::Upright);
    }
    judged
}

/// A good frame that looks so, taken at a time, with a score that ranks it.
pub(super) fn frame(look: Fingerprint, time_ms: i64, score: f32) -> Judged {
    let mut judged = Judged::unread("");
    judged.error = None;
    judged.verdict =
        Verdict { decision: Decision::Keep, score: Some(score), ..judged.verdict.clone() };
    judged.traits = Some(Box::new(Traits {
        shot: Shot { fingerprint: look, taken: Taken::at(time_ms) },
        sketch: Sketch::EMPTY,
        candidate: Candidate { judged: true, score, ..Candidate::default() },
    }));
    judged
}
