//! A result without measuring, for tests.

use super::device::System;
use super::device::tests::raspberry_pi_4;
use super::result::{Asked, Bench, Device, Journal, Program, Run, SCHEMA, Size, Stage};
use super::run::STAGES;

/// Of a board that is too hot, with three sizes.
pub(super) fn bench() -> Bench {
    let pi = raspberry_pi_4();
    let system = System::at(pi.path());
    let device = Device { cores: 4, kernels: "neon".into(), ..system.device() };
    let samples = |scale: f64| -> Vec<f64> {
        (0..120).map(|i| scale * f64::from(100 + i * 37 % 120)).collect()
    };
    let stage = |name: &str, scale| Stage::new(name, &samples(scale)).expect("samples");
    let run = |jobs: usize, scale: f64| Run {
        jobs,
        frames: 120,
        seconds: 10.0,
        frames_per_second: 12.0 * jobs as f64 / scale,
        rates: (0..40).map(|i| (jobs * (10 + i % 5)) as f64 / scale).collect(),
        peak_kib: Some(15_000 * jobs as u64),
        stages: STAGES.iter().map(|(name, _)| stage(name, scale)).collect(),
    };
    let size = |megapixels: f64| Size {
        name: format!("{megapixels} MP"),
        rendered: true,
        frames: 3,
        megapixels,
        bytes: (megapixels * 3e5) as u64,
        faces: 2.0,
        digest: format!("{megapixels:032}"),
        runs: [1, 2, 4].map(|jobs| run(jobs, megapixels / 12.0)).into(),
    };
    Bench {
        schema: SCHEMA.into(),
        complete: true,
        program: Program::here(),
        device,
        before: system.sensors(),
        after: system.sensors(),
        asked: Asked { seconds: 40.0, jobs: vec![1, 2, 4], faces: true, quality: true },
        sizes: [12.0, 24.0, 45.0].map(size).into(),
        journal: Some(Journal { filesystem: Some("ext4".into()), stage: stage("journal", 50.0) }),
        soak: None,
        peak_kib: Some(60_000),
        not_judged: Vec::new(),
        notes: Vec::new(),
    }
}
