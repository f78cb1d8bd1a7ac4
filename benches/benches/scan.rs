//! Scan, measures and verdict of one frame, beside decoding it in full.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use edgecull_core::frame::{BoardMemory, FrameBuilder};
use edgecull_core::jpeg::Scanner;
use edgecull_core::judge::{Integrity, Policy, judge};
use edgecull_core::kernels::Isa;
use edgecull_core::measure::{Hints, measure};
use std::hint::black_box;

fn frame(c: &mut Criterion, name: &str, width: u32, height: u32) {
    let bytes = edgecull_benches::kept_photograph(width, height).expect("renders");
    let mut group = c.benchmark_group(name);
    group.sample_size(20);
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    let mut memory = Box::new(BoardMemory::new());
    for isa in [Isa::baseline(), Isa::detect()] {
        let mut scanner = Box::new(Scanner::<32_768, 512>::new(isa));
        group.bench_function(format!("scan, {}", isa.name()), |b| {
            b.iter(|| {
                scanner.reset();
                let mut builder = FrameBuilder::new(memory.buffers());
                for chunk in bytes.chunks(32_768) {
                    scanner.feed(chunk, &mut builder).expect("baseline");
                }
                scanner.finish(&mut builder).expect("baseline");
                black_box(builder.finish().expect("a frame").blocks_seen)
            });
        });
    }
    let mut scanner = Box::new(Scanner::<32_768, 512>::new(Isa::detect()));
    let mut builder = FrameBuilder::new(memory.buffers());
    scanner.feed(&bytes, &mut builder).expect("baseline");
    scanner.finish(&mut builder).expect("baseline");
    let frame = builder.finish().expect("a frame");
    group.bench_function("measures and verdict", |b| {
        let policy = Policy::default();
        b.iter(|| {
            let measured = measure(black_box(&frame), &Hints::default());
            judge(&measured, &Integrity::default(), &policy)
        });
    });
    group.bench_function("full decode by the image crate", |b| {
        b.iter(|| image::load_from_memory(black_box(&bytes)).expect("decodes").width());
    });
    group.finish();
}

fn frames(c: &mut Criterion) {
    frame(c, "3 MP", 2160, 1440);
    frame(c, "24 MP", 6000, 4000);
}

criterion_group!(benches, frames);
criterion_main!(benches);
