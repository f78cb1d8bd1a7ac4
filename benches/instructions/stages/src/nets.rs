//! The networks that a microcontroller can run as well.

use crate::stage::{Amount, Counter, Failure};
use crate::tier::Scanner;
use edgecull_core::eye::{EyeNet, Gaze, SIZE};
use edgecull_core::face::{Detector, View};
use edgecull_core::frame::Frame;
use edgecull_core::geometry::Orientation;
use edgecull_core::nn::{Model, Plan};

/// Eyes, nose and corners of the mouth of a face of a twelfth of the frame's width.
const LANDMARKS: [[f32; 2]; 5] =
    [[1100.0, 600.0], [1300.0, 608.0], [1200.0, 720.0], [1120.0, 820.0], [1280.0, 824.0]];

/// The detector on the plane that the scan left: loaded, planned for its size, and at work.
pub fn faces(
    frame: &Frame<'_>,
    arena: &mut [i8],
    counter: &mut Counter<'_>,
) -> Result<(), Failure> {
    const FAILED: Failure = Failure("faces cannot be looked for");
    let document = edgecull_models::FACES;
    let bytes = Amount::Bytes(document.len() as u64);
    let model = counter.stage("faces: load", bytes, document, Model::load).map_err(|_| FAILED)?;
    let detector = Detector::new(&model).map_err(|_| FAILED)?;
    let view = View::of(frame, Orientation::Upright).ok_or(FAILED)?;
    let layers = Amount::Layers(model.layers().count() as u64);
    let plan = counter.stage("faces: plan", layers, &view, |view| detector.plan(view));
    let plan = plan.map_err(|_| FAILED)?;
    let (macs, isa) = (Amount::Macs(macs(&model, &plan)), counter.isa);
    counter
        .stage("faces", macs, &view, |view| detector.detect(view, &plan, arena, isa))
        .map(|_| ())
        .map_err(|_| FAILED)
}

/// Both eyes of a face: cut from samples that were decoded again, and judged, each twice.
pub fn eyes(
    scanner: &mut Scanner,
    file: &[u8],
    arena: &mut [i8],
    luma: &mut [u8],
    counter: &mut Counter<'_>,
) -> Result<(), Failure> {
    const FAILED: Failure = Failure("eyes cannot be judged");
    let header = scanner.header().ok_or(FAILED)?;
    let gaze = Gaze::new(&LANDMARKS, Orientation::Upright, header.width, header.height);
    let gaze = gaze.ok_or(FAILED)?;
    let mut region = scanner.region(gaze.rect, gaze.scale, luma, None).ok_or(FAILED)?;
    let start = usize::try_from(region.offset()).map_err(|_| FAILED)?;
    region.feed(file.get(start..).ok_or(FAILED)?);
    let decoded = region.finish();
    let source = gaze.source(decoded.luma);

    let model = Model::load(edgecull_models::EYES).map_err(|_| FAILED)?;
    let plan = model.plan(SIZE as u16, SIZE as u16).map_err(|_| FAILED)?;
    let amount = Amount::Macs(4 * macs(&model, &plan));
    let mut net = EyeNet::new(&model, &plan, arena, counter.isa).map_err(|_| FAILED)?;
    let eyes = counter.stage("eyes", amount, &source, |source| net.look(&gaze, source));
    let asked = decoded.complete && eyes.iter().all(|eye| eye.p_open.is_some());
    if asked { Ok(()) } else { Err(FAILED) }
}

/// Multiply-adds of a network's layers at the size of a plan.
pub fn macs(model: &Model<'_>, plan: &Plan) -> u64 {
    let shape_of = |tensor| plan.shape(tensor).unwrap_or(model.input());
    (1..)
        .zip(model.layers())
        .map(|(output, layer)| layer.macs(shape_of(layer.input), shape_of(output)))
        .sum()
}
