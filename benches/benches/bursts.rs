//! What grouping a large folder costs: 100,000 fingerprints, on one thread.
//!
//! Spread as photographs are, in series of four with times, and with as many pictures of
//! which nothing else is near: the more differ, the longer each is looked up.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use edgecull::burst::Bursts;
use edgecull::burst::samples::{Random, near, unrelated};
use edgecull_core::burst::group::GAP_MS;
use edgecull_core::burst::{Shot, Taken};
use std::hint::black_box;

const FRAMES: usize = 100_000;

/// Frames in series of `length`, each series of another subject.
fn folder(length: usize) -> Vec<Shot> {
    let mut random = Random::new(1);
    let mut shots: Vec<Shot> = Vec::with_capacity(FRAMES);
    let mut time = 0;
    for number in 0..FRAMES {
        let first = number % length == 0;
        let fingerprint = match shots.last() {
            Some(before) if !first => near(&before.fingerprint, 40, &mut random),
            _ => unrelated(&mut random),
        };
        time += if first { 20_000 } else { 300 };
        shots.push(Shot { fingerprint, taken: Taken::at(time) });
    }
    shots
}

fn bursts(c: &mut Criterion) {
    let mut group = c.benchmark_group("100,000 frames grouped");
    group.sample_size(10);
    for (name, length) in [("series of four", 4), ("all different", 1)] {
        let shots = folder(length);
        group.bench_function(name, |b| {
            b.iter_batched(
                || Bursts::new(GAP_MS),
                |mut bursts| {
                    for shot in &shots {
                        bursts.push(Some(black_box(shot)));
                    }
                    bursts
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, bursts);
criterion_main!(benches);
