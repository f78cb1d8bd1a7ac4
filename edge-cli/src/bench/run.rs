//! One run: frames of one kind, judged so many at a time.

use super::BenchError;
use super::drive::Drive;
use super::memory;
use super::result::{Run, Stage};
use super::stats::rounded;
use crate::burst::samples::{Random, unrelated};
use crate::company::{Grouping, Stream};
use crate::pipeline::{Judged, Timing};
use edgecull_core::burst::Taken;
use edgecull_core::judge::Strictness;
use std::time::{Duration, Instant};

/// The stages of a frame's way in their order, each with what it is.
pub const STAGES: [(&str, &str); 8] = [
    ("read", "bytes of the file into memory"),
    ("scan", "from bytes to cells and small planes"),
    ("measures", "blur, motion, exposure, noise, subject; the verdict"),
    ("faces", "finding faces"),
    ("eyes", "decoding eyes again and judging them; frames with a face that counts"),
    ("quality", "how good people would find the frame"),
    ("burst", "comparing a frame that is like none of 64 bursts before it"),
    ("verdict", "from opening the file to its verdict: all of these but the burst"),
];

/// Measures a run; `None` when it was stopped before anything was measured.
pub(super) fn measure(drive: &Drive<'_>) -> Result<Option<Run>, BenchError> {
    let mut samples: [Vec<f64>; STAGES.len()] = Default::default();
    let mut done: Vec<Duration> = Vec::new();
    let mut bursts = Bursts::new();
    let mut told_apart = false;
    drive.run(
        || told_apart = memory::reset_peak(),
        |at, judged| {
            done.push(at);
            let faces = drive.options.faces.is_some();
            let seen = judged.faces.iter().any(|face| face.eyes.is_some());
            let Timing { read, scan, faces: found, eyes, measure, quality, total } = judged.timing;
            let of_this = [
                Some(read as f64),
                Some(scan as f64),
                Some(measure as f64),
                faces.then_some(found.saturating_sub(eyes) as f64),
                seen.then_some(eyes as f64),
                drive.options.quality.then_some(quality as f64),
                bursts.push(judged),
                Some(total as f64),
            ];
            for (samples, sample) in samples.iter_mut().zip(of_this) {
                samples.extend(sample);
            }
        },
    )?;
    let Some(last) = done.last() else {
        return Ok(None);
    };
    let stages = STAGES.iter().zip(&samples).filter_map(|((name, _), s)| Stage::new(name, s));
    Ok(Some(Run {
        jobs: drive.jobs,
        frames: done.len(),
        seconds: rounded(last.as_secs_f64()),
        frames_per_second: rounded(done.len() as f64 / last.as_secs_f64().max(1e-9)),
        rates: rates(&done, block(drive.frames.frames.len(), drive.jobs)),
        peak_kib: if told_apart { memory::peak_kib() } else { None },
        stages: stages.collect(),
    }))
}

/// Frames of one part of a run: each frame as often, and enough to keep all judges busy.
fn block(frames: usize, jobs: usize) -> usize {
    jobs.div_ceil(frames.max(1)).max(1) * frames
}

/// Frames a second of each block of frames that were done at these times.
fn rates(done: &[Duration], block: usize) -> Vec<f64> {
    let ends = done.iter().skip(block.saturating_sub(1)).step_by(block.max(1));
    let mut before = Duration::ZERO;
    ends.map(|&end| {
        let took = end.saturating_sub(before).as_secs_f64();
        before = end;
        rounded(block as f64 / took.max(1e-9))
    })
    .collect()
}

/// A rig's memory of bursts, full, and frames that are like none of them: the dearest case.
struct Bursts {
    stream: Stream<()>,
    random: Random,
    clock_ms: i64,
}

/// Milliseconds between two of these frames: longer than any burst waits.
const APART: i64 = 60_000;

impl Bursts {
    fn new() -> Self {
        let name = |(): &()| "".into();
        let stream = Stream::new(Grouping::default(), Strictness::Normal, None, name);
        Self { stream, random: Random::new(1), clock_ms: 0 }
    }

    /// Microseconds that it takes; `None` for a frame that tells nothing. The first fills the
    /// memory.
    fn push(&mut self, judged: Judged) -> Option<f64> {
        judged.traits.as_ref()?;
        while self.clock_ms < 64 * APART {
            self.next(judged.clone());
        }
        Some(self.next(judged))
    }

    fn next(&mut self, mut judged: Judged) -> f64 {
        self.clock_ms += APART;
        if let Some(traits) = &mut judged.traits {
            traits.shot.fingerprint = unrelated(&mut self.random);
            traits.shot.taken = Taken::at(self.clock_ms);
        }
        let start = Instant::now();
        let decided = self.stream.push((), judged, start);
        let took = start.elapsed();
        drop(decided);
        took.as_secs_f64() * 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Judge, JudgeOptions};
    use crate::render::encode::Jpeg;
    use crate::render::{Camera, Scene, Subject, render};

    #[test]
    fn rates_are_those_of_blocks_with_every_frame_in_them() {
        assert_eq!([block(3, 1), block(3, 2), block(3, 4), block(1, 4)], [3, 3, 6, 4]);
        let done: Vec<Duration> = [1, 2, 4, 6, 8].map(Duration::from_secs).into();
        assert_eq!(rates(&done, 2), [1.0, 0.5]);
        assert_eq!(rates(&done, 3), [0.75]);
        assert_eq!(rates(&done, 9), [0.0; 0]);
    }

    #[test]
    fn a_frame_is_compared_with_a_full_memory() {
        let mut bursts = Bursts::new();
        assert_eq!(bursts.push(Judged::unread("gone")), None);
        assert_eq!(bursts.clock_ms, 0);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.jpg");
        let picture = render(&Scene::new(Subject::Facade, 1), &Camera::new(160, 112));
        std::fs::write(&path, Jpeg::default().encode(&picture).expect("encoded")).expect("written");
        let options = JudgeOptions { traits: true, ..JudgeOptions::default() };
        let judged = Judge::new(options).file(&path);
        for told in 65..70 {
            assert!(bursts.push(judged.clone()).is_some_and(|took| took > 0.0));
            assert_eq!(bursts.clock_ms, told * APART);
        }
    }
}
