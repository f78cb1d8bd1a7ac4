//! `edgecull bench`: what this device does, by the pipeline that judges frames.
//!
//! In come frames, rendered ones or somebody's own, and a time; out comes a [`Bench`], which
//! is written as JSON, shown to people ([`report`]) and compared with another ([`compare`]).
//!
//! ```text
//! frames ──> drive (judges, kept busy) ─┬─> run: stages, throughput, memory ─┐
//!                                       └─> soak: pace and heat over time ───┼─> Bench ─┬─> report
//! journal (the rig's spool) ─────────────────────────────────────────────────┤          └─> compare
//! device, sensors ───────────────────────────────────────────────────────────┘
//! ```
//!
//! A run keeps so many judges busy for its share of the time. Its warm-up does not count, nor
//! what comes out when time is up, as not all judges are busy then. The frames lie in memory,
//! as one does that has just arrived; a warm-up leaves files of one's own there too, as far as
//! there is room.

pub mod compare;
pub mod device;
mod drive;
mod frames;
#[cfg(unix)]
mod journal;
mod memory;
pub mod report;
pub mod result;
mod run;
#[cfg(test)]
mod samples;
pub mod sensors;
mod soak;
pub mod stats;

pub use result::Bench;
pub use run::STAGES;

use crate::args::Strictness;
use crate::pipeline::{FaceSearch, Judge, JudgeOptions, Judged};
use crate::render::encode::EncodeError;
use crate::render::mosaic::Mosaic;
use crate::sink::record::Record;
use crate::sink::table::escape;
use device::System;
use drive::Drive;
use frames::Frames;
use result::{Asked, NotJudged, Program, SCHEMA, Size};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The size of a frame that soaks are made with, if there are several: what most cameras have.
const USUAL: f64 = 24.0;

/// Share of the time that the journal gets.
const FOR_JOURNAL: f64 = 0.05;

/// Processes that are busy on average when it begins, from which on that is told.
const BUSY: f64 = 0.5;

/// What is to be measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Files and folders; rendered frames if there are none.
    pub paths: Vec<PathBuf>,
    /// Megapixels of rendered frames.
    pub sizes: Vec<f64>,
    /// Numbers of frames judged at a time, in increasing order.
    pub jobs: Vec<usize>,
    /// How long is measured, without the soak and what comes before.
    pub time: Duration,
    /// How long throughput and temperature are watched after that.
    pub soak: Option<Duration>,
    /// Whether faces are looked for.
    pub faces: bool,
    /// Whether quality is told.
    pub quality: bool,
    /// The folder whose disk the journal is measured on; the current one if none is named.
    pub spool: Option<PathBuf>,
}

/// Why nothing can be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A frame cannot be rendered.
    #[error("a frame cannot be made: {0}; choose another --size")]
    Encode(#[from] EncodeError),
    /// A rendered frame cannot be kept.
    #[error("there is no memory for the frames: {0}; choose a smaller --size")]
    Hold(io::Error),
    /// A rendered frame cannot be judged.
    #[error("a rendered frame cannot be judged: {0}; name photographs of your own instead")]
    Rendered(String),
    /// None of the files that were given can be judged.
    #[error("there is nothing to measure with: none of the files can be judged{}", named(.0))]
    NoFrames(Vec<NotJudged>),
    /// The folder for the journal cannot be used.
    #[error("the journal cannot be measured in {}: {source}; name another --spool", path.display())]
    Spool {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Threads cannot be had.
    #[error("threads for the judges cannot be had: {0}; choose fewer --jobs")]
    Threads(String),
    /// A fault of edgecull itself.
    #[error("{0}")]
    Fault(String),
}

/// Files and why, a line each.
fn named(files: &[NotJudged]) -> String {
    let line = |left_out: &NotJudged| {
        format!("\n  {}: {}", escape(&left_out.file), escape(&left_out.error))
    };
    files.iter().map(line).collect()
}

/// Measures this device. When `stop` is raised it ends with what was measured until then.
/// `say` gets a line about each part as it begins.
///
/// # Errors
/// When nothing can be measured, or the folder that was named cannot be used.
pub fn measure(
    options: &Options,
    stop: &AtomicBool,
    say: &dyn Fn(&str),
) -> Result<Bench, BenchError> {
    let system = System::here();
    let mut bench = Bench {
        schema: SCHEMA.into(),
        complete: true,
        program: Program::here(),
        device: system.device(),
        before: system.sensors(),
        after: system.sensors(),
        asked: Asked {
            seconds: options.time.as_secs_f64(),
            jobs: options.jobs.clone(),
            faces: options.faces,
            quality: options.quality,
        },
        sizes: Vec::new(),
        journal: None,
        soak: None,
        peak_kib: None,
        not_judged: Vec::new(),
        notes: Vec::new(),
    };
    let judging = judging(options);
    // Before anything takes long: a folder that was named must do.
    let journal = JournalPart::open(options)?;
    let prepared = prepare(options, judging, stop, say, &mut bench.not_judged)?;
    let stopped = || stop.load(Ordering::Relaxed);
    if prepared.is_empty() && !stopped() {
        return Err(BenchError::NoFrames(bench.not_judged));
    }
    let share = options.time.mul_f64((1.0 - FOR_JOURNAL) / prepared.len().max(1) as f64);
    bench.sizes = prepared.iter().map(size).collect();
    // From few to many at a time: memory that an allocator keeps is then no more than what
    // the next run takes by itself.
    let jobs_and_sizes = options.jobs.iter().enumerate().flat_map(|(at, &jobs)| {
        let share = share.mul_f64(part(at, options.jobs.len()));
        prepared.iter().enumerate().map(move |(size, frames)| (jobs, share, size, frames))
    });
    for (jobs, budget, size, frames) in jobs_and_sizes.take_while(|_| !stopped()) {
        say(&format!("measuring {}, {jobs} at a time ...", frames.name));
        let run = run::measure(&Drive { frames, jobs, options: judging, budget, stop })?;
        if let Some(size) = bench.sizes.get_mut(size) {
            size.runs.extend(run);
        }
    }
    if let Some(Frames { record, .. }) = prepared.last().filter(|_| !stopped()) {
        say("measuring the journal ...");
        journal.measure(record, options.time.mul_f64(FOR_JOURNAL), stop, &system, &mut bench);
    }
    let off = |frames: &&Frames| (frames.megapixels - USUAL).abs();
    let usual = prepared.iter().min_by(|a, b| off(a).total_cmp(&off(b)));
    if let (Some(budget), Some(frames)) = (options.soak, usual.filter(|_| !stopped())) {
        let jobs = options.jobs.last().copied().unwrap_or(1);
        say(&format!("soaking for {} s: {}, {jobs} at a time ...", budget.as_secs(), frames.name));
        let drive = Drive { frames, jobs, options: judging, budget, stop };
        bench.soak = soak::measure(&drive, &system)?;
    }
    bench.after = system.sensors();
    bench.complete = !stopped();
    bench.peak_kib =
        bench.sizes.iter().flat_map(|size| &size.runs).filter_map(|r| r.peak_kib).max();
    bench.notes.splice(0..0, notes(&bench, options));
    Ok(bench)
}

/// Makes or finds all frames before anything is measured, so that the memory that it takes is
/// free again by then. None when it was stopped.
fn prepare(
    options: &Options,
    judging: JudgeOptions,
    stop: &AtomicBool,
    say: &dyn Fn(&str),
    left_out: &mut Vec<NotJudged>,
) -> Result<Vec<Frames>, BenchError> {
    let mut judge = Judge::new(judging);
    if !options.paths.is_empty() {
        say("looking at the files ...");
        let frames = frames::own(&options.paths, &mut judge, stop, left_out);
        return Ok(frames.into_iter().collect());
    }
    let (mut mosaic, mut made) = (None::<Mosaic>, Vec::new());
    for &megapixels in &options.sizes {
        say(&format!("making frames of {} ...", frames::name(megapixels)));
        match frames::render(megapixels, &mut mosaic, &mut judge, stop)? {
            Some(frames) => made.push(frames),
            None => return Ok(Vec::new()),
        }
    }
    Ok(made)
}

/// How frames are judged: as `edgecull cull` does, with what bursts are told by.
fn judging(options: &Options) -> JudgeOptions {
    JudgeOptions {
        strictness: Strictness::Normal,
        faces: options.faces.then(FaceSearch::default),
        quality: options.quality,
        traits: true,
        hinted: true,
    }
}

/// The part of a size's time that goes to one of so many numbers of jobs: the first gets half,
/// as its stages are what is looked at.
fn part(at: usize, of: usize) -> f64 {
    match (at, of) {
        (_, 0 | 1) => 1.0,
        (0, _) => 0.5,
        _ => 0.5 / (of - 1) as f64,
    }
}

/// What the frames are; nothing is measured so far.
fn size(frames: &Frames) -> Size {
    Size {
        name: frames.name.clone(),
        rendered: frames.rendered,
        frames: frames.frames.len(),
        megapixels: frames.megapixels,
        bytes: frames.bytes,
        faces: frames.faces,
        digest: frames.digest.clone(),
        runs: Vec::new(),
    }
}

/// A frame's record as the journal keeps it.
fn record_of(path: &Path, judged: &Judged) -> String {
    // It has no maps and no numbers that JSON cannot hold.
    serde_json::to_string(&Record::new(path, judged)).unwrap_or_default()
}

/// What a reader of the figures should know.
fn notes(bench: &Bench, options: &Options) -> Vec<String> {
    let mut notes = Vec::new();
    if !bench.complete {
        notes.push("It was interrupted: what is here was measured until then.".to_owned());
    }
    if bench.program.profile != "release" {
        notes.push("This is a debug build: a release build is faster.".to_owned());
    }
    if let Some(load) = bench.before.load.filter(|load| *load >= BUSY) {
        notes.push(format!("Other processes were busy when it began (load {load})."));
    }
    let held = bench.after.throttling.iter().flat_map(|throttling| &throttling.now);
    let held: Vec<&str> = held.map(String::as_str).collect();
    if !held.is_empty() {
        notes.push(format!("The firmware held the device back at its end: {}.", held.join(", ")));
    }
    for size in &bench.sizes {
        let eyes = |run: &result::Run| run.stages.iter().any(|stage| stage.stage == "eyes");
        if options.faces && !size.runs.iter().any(eyes) {
            let name = &size.name;
            notes.push(format!("No face that counts was found in the frames ({name}): no eyes."));
        }
        if !size.rendered && size.frames == frames::MOST {
            notes.push(format!("The first {} files were taken.", frames::MOST));
        }
    }
    if bench.peak_kib.is_none() && !bench.sizes.is_empty() {
        notes.push("This system does not tell how much memory judging takes.".to_owned());
    }
    notes
}

/// The journal's part, on a system with a rig.
#[cfg(unix)]
struct JournalPart {
    scratch: Result<journal::Scratch, BenchError>,
}

#[cfg(unix)]
impl JournalPart {
    /// Makes its folder. One that was not named may be one that cannot be written to.
    fn open(options: &Options) -> Result<Self, BenchError> {
        let path = options.spool.as_deref().unwrap_or(Path::new("."));
        let scratch = journal::Scratch::new(path)
            .map_err(|source| BenchError::Spool { path: path.to_owned(), source });
        match scratch {
            Err(error) if options.spool.is_some() => Err(error),
            scratch => Ok(Self { scratch }),
        }
    }

    fn measure(
        &self,
        record: &str,
        time: Duration,
        stop: &AtomicBool,
        system: &System,
        bench: &mut Bench,
    ) {
        let scratch = match &self.scratch {
            Ok(scratch) => scratch,
            Err(error) => {
                bench.notes.push(format!("Without the journal: {error}."));
                return;
            }
        };
        let real = scratch.path().canonicalize().ok();
        let filesystem = real.and_then(|path| system.filesystem(&path));
        if matches!(filesystem.as_deref(), Some("tmpfs" | "ramfs")) {
            let said = "The journal lay in memory, where nothing need be flushed: name a folder on \
                        the spool's disk with --spool.";
            bench.notes.push(said.into());
        }
        match journal::measure(scratch, record, time, stop) {
            Ok(took) => {
                let stage = result::Stage::new("journal", &took);
                bench.journal = stage.map(|stage| result::Journal { filesystem, stage });
            }
            Err(error) => bench.notes.push(format!("Without the journal: {error}.")),
        }
    }
}

/// The journal's part, where there is no rig.
#[cfg(not(unix))]
struct JournalPart;

#[cfg(not(unix))]
impl JournalPart {
    fn open(_: &Options) -> Result<Self, BenchError> {
        Ok(Self)
    }

    fn measure(&self, _: &str, _: Duration, _: &AtomicBool, _: &System, bench: &mut Bench) {
        bench.notes.push("Without the journal: the rig runs on Unix systems only.".into());
    }
}
