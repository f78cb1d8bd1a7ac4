//! What faces cost, beside the scan of the same frame: the detector on the scan's own
//! plane, and the eyes of one face at native resolution.

use criterion::{Criterion, criterion_group, criterion_main};
use edgecull_core::eye::{EyeNet, Gaze, SIZE};
use edgecull_core::face::{Detector, View};
use edgecull_core::frame::{BoardMemory, FrameBuilder};
use edgecull_core::geometry::Orientation;
use edgecull_core::jpeg::{Scanner, plane_sizes};
use edgecull_core::kernels::Isa;
use edgecull_core::nn::Model;
use std::hint::black_box;

/// Eyes, nose and corners of the mouth of a face in a half-length portrait: a fifth of
/// the frame's width, its eyes 500 pixels apart.
const LANDMARKS: [[f32; 2]; 5] =
    [[2750.0, 1500.0], [3250.0, 1520.0], [3000.0, 1800.0], [2800.0, 2050.0], [3200.0, 2060.0]];

fn faces(c: &mut Criterion) {
    let bytes = edgecull_benches::kept_photograph(6000, 4000).expect("renders");
    let mut group = c.benchmark_group("24 MP, faces");
    group.sample_size(20);
    let isa = Isa::detect();
    let mut memory = Box::new(BoardMemory::new());
    let mut scanner = Box::new(Scanner::<32_768, 512>::new(isa));
    group.bench_function("scan", |b| {
        b.iter(|| {
            scanner.reset();
            let mut builder = FrameBuilder::new(memory.buffers());
            scanner.feed(&bytes, &mut builder).expect("baseline");
            scanner.finish(&mut builder).expect("baseline");
            black_box(builder.finish().expect("a frame").blocks_seen)
        });
    });
    scanner.reset();
    let mut builder = FrameBuilder::new(memory.buffers());
    scanner.feed(&bytes, &mut builder).expect("baseline");
    scanner.finish(&mut builder).expect("baseline");
    let frame = builder.finish().expect("a frame");

    let model = Model::load(edgecull_models::FACES).expect("a network");
    let detector = Detector::new(&model).expect("a face detector");
    let size = (frame.width, frame.height);
    let view = View::new(frame.luma, size, 8, Orientation::Upright).expect("a plane of 1/8");
    let plan = detector.plan(&view).expect("a plan");
    let mut arena = vec![0; plan.arena()];
    group.bench_function("detector", |b| {
        b.iter(|| {
            let faces = detector.detect(black_box(&view), &plan, &mut arena, isa);
            faces.expect("runs").len()
        });
    });

    let model = Model::load(edgecull_models::EYES).expect("a network");
    let plan = model.plan(SIZE as u16, SIZE as u16).expect("a plan");
    let mut arena = vec![0; plan.arena()];
    let mut net = EyeNet::new(&model, &plan, &mut arena, isa).expect("a network for eyes");
    let gaze = Gaze::new(&LANDMARKS, Orientation::Upright, size.0, size.1).expect("in the frame");
    let header = *scanner.header().expect("a JPEG");
    let [luma, ..] = plane_sizes(&header, gaze.rect, gaze.scale).expect("in the frame");
    let mut samples = vec![0; luma.width * luma.height];
    group.bench_function("eyes of one face", |b| {
        b.iter(|| {
            let region = scanner.region(gaze.rect, gaze.scale, &mut samples, None);
            let mut region = region.expect("it was seen");
            let start = usize::try_from(region.offset()).expect("in memory");
            region.feed(&bytes[start..]);
            let decoded = region.finish();
            net.look(&gaze, &gaze.source(decoded.luma))
        });
    });
    group.finish();
}

criterion_group!(benches, faces);
criterion_main!(benches);
