//! A result as it is written and read: schema `edgecull.bench.v1`.
//!
//! What is not known is null, never made up. Fields may be added; what a field means stays.

use super::stats::{Percentiles, thinned};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name of this format.
pub const SCHEMA: &str = "edgecull.bench.v1";

/// Samples that are kept of each stage of a run.
const KEPT: usize = 200;

/// All that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bench {
    /// [`SCHEMA`].
    pub schema: String,
    /// Whether nothing interrupted it.
    pub complete: bool,
    /// The program.
    pub program: Program,
    /// The device.
    pub device: Device,
    /// What the device was doing when measuring began.
    pub before: Sensors,
    /// And when it ended.
    pub after: Sensors,
    /// What was asked for.
    pub asked: Asked,
    /// Frames by their size, or the files that were given.
    pub sizes: Vec<Size>,
    /// What it takes until a verdict is there for good; `None` where it could not be measured.
    pub journal: Option<Journal>,
    /// Throughput and temperature over time, if that was asked for.
    pub soak: Option<Soak>,
    /// Most resident memory of all runs in KiB.
    pub peak_kib: Option<u64>,
    /// Files that were left out.
    pub not_judged: Vec<NotJudged>,
    /// What a reader of the figures should know, in sentences.
    pub notes: Vec<String>,
}

/// The program that measured itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its version.
    pub version: String,
    /// Architecture, system and C library.
    pub target: String,
    /// `release`, or `debug` for one with checks that cost time.
    pub profile: String,
    /// Parts that are built in.
    pub features: Vec<String>,
}

/// A device, as far as it tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// The board's name for itself.
    pub model: Option<String>,
    /// Kinds of cores, with their number: `4 x Cortex-A72`.
    pub processor: Option<String>,
    /// Cores that this process may use.
    pub cores: usize,
    /// Whether it is a virtual machine, where that shows.
    pub virtual_machine: Option<bool>,
    /// Instruction sets that matter here and that the processor has.
    pub instructions: Vec<String>,
    /// The kernel set that was chosen.
    pub kernels: String,
    /// Memory in KiB.
    pub memory_kib: Option<u64>,
    /// Version of the system's kernel.
    pub system: Option<String>,
}

/// What a device is doing at a moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sensors {
    /// Degrees Celsius.
    pub temperatures: Vec<Temperature>,
    /// Clocks of the cores.
    pub frequency: Option<Frequency>,
    /// What the power supply and the heat do, where firmware tells (Raspberry Pi).
    pub throttling: Option<Throttling>,
    /// Processes that ran or waited in the last minute, on average.
    pub load: Option<f64>,
}

/// One thermal zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Temperature {
    /// What it is called.
    pub zone: String,
    /// Degrees Celsius.
    pub celsius: f64,
}

/// Clocks of the cores, in MHz.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frequency {
    /// Of the slowest now.
    pub lowest_mhz: f64,
    /// Of the fastest now.
    pub highest_mhz: f64,
    /// The most that any can.
    pub limit_mhz: Option<f64>,
    /// What decides on it.
    pub governor: Option<String>,
}

/// The firmware's word on throttling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttling {
    /// The bits, in hexadecimal.
    pub bits: String,
    /// What holds now.
    pub now: Vec<String>,
    /// What has held since the device was started.
    pub since_boot: Vec<String>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Seconds of measuring, without the soak.
    pub seconds: f64,
    /// Numbers of frames judged at a time.
    pub jobs: Vec<usize>,
    /// Whether faces were looked for.
    pub faces: bool,
    /// Whether quality was told.
    pub quality: bool,
}

/// Frames of one size, or the files that were given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Size {
    /// `24 MP`, or `own files`.
    pub name: String,
    /// Whether edgecull rendered them.
    pub rendered: bool,
    /// How many different ones.
    pub frames: usize,
    /// Millions of pixels, on average.
    pub megapixels: f64,
    /// Bytes of a file, on average.
    pub bytes: u64,
    /// Faces in a frame, on average.
    pub faces: f64,
    /// XXH3-128 of all of them, in hexadecimal: equal for the same frames.
    pub digest: String,
    /// What was measured, for each number of jobs.
    pub runs: Vec<Run>,
}

/// Frames judged so many at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// So many.
    pub jobs: usize,
    /// Frames that were measured.
    pub frames: usize,
    /// Seconds that they took.
    pub seconds: f64,
    /// Frames a second.
    pub frames_per_second: f64,
    /// The same, of one part of the run after the other; each has every frame as often as
    /// the others.
    pub rates: Vec<f64>,
    /// Most resident memory in KiB, where it can be told apart from what was before.
    pub peak_kib: Option<u64>,
    /// Where the time of a frame went.
    pub stages: Vec<Stage>,
}

/// One stage of a frame's way, or all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub stage: String,
    /// How often it was measured.
    pub count: usize,
    /// The median in microseconds.
    pub p50_us: f64,
    /// What 95 of a hundred stay within; null below 20 samples.
    pub p95_us: Option<f64>,
    /// What 99 of a hundred stay within; null below 100 samples.
    pub p99_us: Option<f64>,
    /// At most 200 of the samples, taken evenly.
    pub samples_us: Vec<f64>,
}

impl Stage {
    /// From samples in microseconds; `None` without any.
    #[must_use]
    pub fn new(stage: &str, samples: &[f64]) -> Option<Self> {
        let Percentiles { p50, p95, p99 } = Percentiles::of(samples)?;
        let samples_us = thinned(samples, KEPT);
        let (stage, count) = (stage.into(), samples.len());
        Some(Self { stage, count, p50_us: p50, p95_us: p95, p99_us: p99, samples_us })
    }
}

/// From a frame's verdict to its being there for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    /// The filesystem that was measured.
    pub filesystem: Option<String>,
    /// How long it took.
    #[serde(flatten)]
    pub stage: Stage,
}

/// Throughput and temperature over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Soak {
    /// The frames: the name of their size.
    pub size: String,
    /// Frames judged at a time.
    pub jobs: usize,
    /// Seconds that were asked for.
    pub seconds: f64,
    /// One after the other.
    pub points: Vec<Point>,
}

/// One stretch of a soak.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Seconds from the soak's start to the stretch's end.
    pub at: f64,
    /// Frames a second in it.
    pub frames_per_second: f64,
    /// The hottest zone at its end, in degrees Celsius.
    pub celsius: Option<f64>,
    /// The slowest core's clock at its end, in MHz.
    pub mhz: Option<f64>,
    /// What the firmware said was held back at its end; null where it says nothing.
    pub throttling: Option<Vec<String>>,
}

/// A file that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotJudged {
    /// Its path.
    pub file: String,
    /// Why.
    pub error: String,
}

/// Why a result cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system says no.
    #[error("{} cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is something else.
    #[error(
        "{} is no result of `edgecull bench`: {reason}; make one with `edgecull bench --output {}`",
        path.display(), path.display()
    )]
    NoResult {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It is of a later version.
    #[error(
        "{} is of the schema {schema}, and this edgecull reads {SCHEMA}: use a newer edgecull",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        schema: String,
    },
}

impl Bench {
    /// Reads a result.
    ///
    /// # Errors
    /// When it cannot be read, or is none that this version knows.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let text =
            fs::read(path).map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
        let wrong = |error: serde_json::Error| ReadError::NoResult {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        /// What every version has.
        #[derive(Deserialize)]
        struct Head {
            schema: String,
        }
        let Head { schema } = serde_json::from_slice(&text).map_err(wrong)?;
        match schema.strip_prefix("edgecull.bench.v") {
            _ if schema == SCHEMA => serde_json::from_slice(&text).map_err(wrong),
            Some(_) => Err(ReadError::Newer { path: path.to_owned(), schema }),
            None => Err(ReadError::NoResult {
                path: path.to_owned(),
                reason: format!("its schema is {schema}"),
            }),
        }
    }
}
