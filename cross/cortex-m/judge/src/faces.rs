//! Faces in the plane that a scan left, within a fixed arena.

use edgecull_core::face::{Detector, Face, MAX_FACES, View};
use edgecull_core::frame::Frame;
use edgecull_core::geometry::Orientation;
use edgecull_core::kernels::Isa;
use edgecull_core::nn::Model;

/// Bytes of the network's arena.
pub const ARENA: usize = 56 * 1024;

/// The network's memory.
pub(crate) struct Arena([i8; ARENA]);

impl Arena {
    pub(crate) const fn new() -> Self {
        Self([0; ARENA])
    }
}

/// The faces of a frame, most sure first; none where its plane is so long that the
/// network's work on it does not fit the arena.
#[inline(never)]
pub(crate) fn find(
    frame: &Frame<'_>,
    orientation: Orientation,
    arena: &mut Arena,
) -> heapless::Vec<Face, MAX_FACES> {
    detect(frame, orientation, arena).unwrap_or_default()
}

fn detect(
    frame: &Frame<'_>,
    orientation: Orientation,
    Arena(arena): &mut Arena,
) -> Option<heapless::Vec<Face, MAX_FACES>> {
    let view = View::of(frame, orientation)?;
    let model = Model::load(edgecull_models::FACES).ok()?;
    let detector = Detector::new(&model).ok()?;
    let plan = detector.plan(&view).ok()?;
    detector.detect(&view, &plan, arena, Isa::baseline()).ok()
}
