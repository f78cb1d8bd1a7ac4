//! The command line as it is typed.
//!
//! Every option is optional here: what is absent is filled in by
//! [`config`](crate::config), from a file or from the defaults.

mod bench;
mod model;
mod tether;

pub use bench::{BenchArgs, BenchCommand, BenchCompareArgs, BenchFormat, BenchShowArgs};
pub use model::{
    ModelCommand, ModelInfoArgs, ModelInputArgs, Numbers, QuantizeArgs, RangeMethod, Size,
    VerifyArgs,
};
pub use tether::{
    DEFAULT_SPOOL, Deliver, ListArgs, ListFormat, ReleaseArgs, SourceName, SourceNameError,
    TetherArgs, TetherCommand, millis,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

/// Says keep, review or reject of each photograph, and why. Nothing is ever
/// deleted.
#[derive(Debug, Parser)]
#[command(name = "edgecull", version, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge files and folders
    #[command(after_long_help = CULL_NOTES)]
    Cull(CullArgs),
    /// Run the rig: judge frames as they come from a camera, and hand on what is worth it
    #[command(after_long_help = tether::NOTES)]
    Tether(Box<TetherArgs>),
    /// Explain one frame: what was measured, which limits apply, and why
    Inspect(InspectArgs),
    /// Measure how well verdicts match the labels of a list of files
    #[command(after_long_help = EVAL_NOTES)]
    Eval(EvalArgs),
    /// Measure this device: latency of each stage, throughput, memory, temperature, throttling
    #[command(after_long_help = bench::NOTES)]
    Bench(Box<BenchArgs>),
    /// Render a small shoot and judge it, for someone with no photographs at hand
    Demo(DemoArgs),
    /// Show, make and compare networks for the int8 engine
    #[command(subcommand)]
    Model(ModelCommand),
}

const EVAL_NOTES: &str = "\
MANIFEST is a CSV file with a header. It needs the columns `file` (relative names are below its \
folder, or one of the two above it) and `label` (or one named as the task, or `mos` for quality); \
a column `scene`, `pair` or `group` says which files belong together. Other columns are ignored. \
For faces a line is a box (`x`, `y`, `w`, `h`), for eyes a face (`label`, or `eye_left` and \
`eye_right`, or blink scores); crops of eyes may also come in a .npz file. For \
duplicates lines are in the order of the camera, and a column `time` may have seconds. docs/eval.md explains all \
columns and figures.

Exit status: as of cull.";

const CULL_NOTES: &str = "\
Folders are searched recursively, in a stable order. Hidden files and folders, and folders that \
edgecull made for rejects (they hold a file .edgecull-rejects), are passed over. A JPEG and the \
RAW or HEIF files of the same stem beside it are one frame: the JPEG is judged, the others follow. \
RAW and HEIF files without one are judged by the JPEG preview in them.

Frames of a folder that look alike and were taken in one go are a burst: its best are kept. \
Exposure brackets, panoramas and focus stacks stay whole. Both are told when a folder is done.

Results go to standard output; progress and warnings to standard error.

Exit status: 0 everything was judged, 1 the command line or the configuration is wrong, 2 some \
files could not be judged, written or moved (each has its line), 130 interrupted (the first \
interrupt finishes the frames in hand, the second ends at once).";

/// `edgecull cull`.
#[derive(Debug, Default, Args)]
pub struct CullArgs {
    /// Files and folders to judge
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// How results are written: a table for people, or one record a frame for programs
    /// [default: table]
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = false)]
    pub format: Option<Format>,

    /// Write verdicts into XMP sidecars [default: off]
    ///
    /// They are merged into sidecars that exist: everything that is not
    /// edgecull's stays, above all the stars, flags and labels that a person set.
    ///
    /// darktable 4.2.1 misreads a reject in IMG.xmp (it raises the rating)
    /// unless IMG.EXT.xmp is there too: use `full` or `both` for darktable.
    #[arg(long, value_enum, value_name = "NAMING")]
    pub xmp: Option<Xmp>,

    /// Move rejects into DIR, with their RAW files and sidecars
    ///
    /// The folders below each PATH are kept. Nothing is overwritten: where a
    /// name is taken, the whole frame gets a free one (IMG-1.JPG, IMG-1.CR2).
    #[arg(long, value_name = "DIR")]
    pub move_rejects: Option<PathBuf>,

    /// How much is forgiven [default: normal]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub strictness: Option<Strictness>,

    /// Keep the best N frames of each burst; the others are for review, or rejected if strict
    /// [default: 1]
    #[arg(long, value_name = "N")]
    pub keep_per_burst: Option<NonZeroU32>,

    /// The longest pause in seconds between two frames of a burst [default: 3]
    #[arg(long, value_name = "SECONDS", value_parser = pause)]
    pub burst_gap: Option<u32>,

    /// Judge each frame alone: no bursts, no sets; results are written as frames come
    #[arg(long, conflicts_with_all = ["keep_per_burst", "burst_gap"])]
    pub no_bursts: bool,

    /// Look for no faces: `faces` is empty, and eyes weigh nothing
    #[arg(long, conflicts_with = "small_faces")]
    pub no_faces: bool,

    /// Look for faces at twice the detail: finds those half as large, in some eight times the time
    #[arg(long)]
    pub small_faces: bool,

    /// Tell no quality: `quality` is null, and frames rank by what was measured alone
    #[arg(long, conflicts_with = "float")]
    pub no_quality: bool,

    /// Let a network of your own tell each frame's quality (in builds with ONNX)
    ///
    /// It takes the place of the one in the program: it fills `quality` in the record
    /// and weighs a little in the score, never in the verdict. docs/model.md says what it gets and must give.
    #[arg(long, value_name = "SCORER.onnx")]
    pub float: Option<PathBuf>,

    /// Number of frames judged at a time [default: one a core]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// Read options from a TOML file; those of the command line win
    ///
    /// The file holds a table named `cull` with the long names of the options:
    /// format, xmp, move-rejects, strictness, keep-per-burst, burst-gap, no-bursts, no-faces, small-faces,
    /// no-quality, float, jobs.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Judge and print, but write no sidecar and move nothing: say what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// `edgecull inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The file to explain
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Draw the frame with its focus map, faces, subject and clipped areas into a PNG file
    ///
    /// The file must not exist: nothing is written over.
    #[arg(short, long, value_name = "OUT.png")]
    pub output: Option<PathBuf>,

    /// How much is forgiven
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    pub strictness: Strictness,

    /// Look for no faces: `faces` is empty, and eyes weigh nothing
    #[arg(long, conflicts_with = "small_faces")]
    pub no_faces: bool,

    /// Look for faces at twice the detail: finds those half as large, in some eight times the time
    #[arg(long)]
    pub small_faces: bool,

    /// Tell no quality: `quality` is null, and frames rank by what was measured alone
    #[arg(long, conflicts_with = "float")]
    pub no_quality: bool,

    /// Let a network of your own tell the frame's quality (in builds with ONNX)
    #[arg(long, value_name = "SCORER.onnx")]
    pub float: Option<PathBuf>,

    /// How the explanation is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: ReportFormat,
}

/// `edgecull eval`.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// The list of labelled files
    #[arg(value_name = "MANIFEST")]
    pub manifest: PathBuf,

    /// What the labels are about
    #[arg(long, value_enum, value_name = "TASK")]
    pub task: TaskName,

    /// How much is forgiven
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    pub strictness: Strictness,

    /// Look for no faces: `faces` is empty, and eyes weigh nothing
    #[arg(long, conflicts_with = "small_faces")]
    pub no_faces: bool,

    /// Look for faces at twice the detail: finds those half as large, in some eight times the time
    #[arg(long)]
    pub small_faces: bool,

    /// Take nothing but the orientation from EXIF: tells what the rest of it is good for
    #[arg(long)]
    pub no_exif: bool,

    /// Suggest thresholds that flag at most this share of keepers, such as 1%; for blur,
    /// exposure and noise
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub max_keepers_flagged: Option<f64>,

    /// For faces: the least height in pixels of a face that counts [default: 20]
    #[arg(long, value_name = "PIXELS", value_parser = pixels)]
    pub min_height: Option<f64>,

    /// For eyes from a .npz file: a crop's side in distances between the eyes [default: 0.62]
    #[arg(long, value_name = "DISTANCES", value_parser = distances)]
    pub crop_side: Option<f32>,

    /// For duplicates: seconds between frames of a burst at most [default: 3]
    #[arg(long, value_name = "SECONDS", value_parser = pause, conflicts_with = "variants")]
    pub burst_gap: Option<u32>,

    /// For duplicates: write versions of each file (cropped, brighter, smaller, ...) into DIR, and
    /// tell how many are known for the same photograph
    ///
    /// The folder must not exist: nothing is written over.
    #[arg(long, value_name = "DIR")]
    pub variants: Option<PathBuf>,

    /// How the figures are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: ReportFormat,

    /// Number of files judged at a time [default: one a core]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// For training: also write a row a file with all numbers behind its verdict
    ///
    /// The file must not exist: nothing is written over.
    #[arg(long, value_name = "FILE.csv")]
    pub features: Option<PathBuf>,
}

/// What labels can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TaskName {
    /// Sharp or blurred
    Blur,
    /// Normal, under or over
    Exposure,
    /// Clean or noisy
    Noise,
    /// Numbers, higher for better, such as stars or a mean opinion score
    Quality,
    /// Boxes of faces, a line each
    Faces,
    /// Open, closed or hidden, a line a face; or crops of eyes in a .npz file
    Eyes,
    /// Groups of files that belong together, in the order of the camera
    Duplicates,
    /// Frames that belong together: bracket, panorama, focus_stack; else none, or either
    Sets,
}

impl TaskName {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Blur => "blur",
            Self::Exposure => "exposure",
            Self::Noise => "noise",
            Self::Quality => "quality",
            Self::Faces => "faces",
            Self::Eyes => "eyes",
            Self::Duplicates => "duplicates",
            Self::Sets => "sets",
        }
    }
}

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Text for people
    #[default]
    Table,
    /// One JSON object
    Json,
}

/// A share above 0 and below 1, as `1%` or `0.01`.
fn share(text: &str) -> Result<f64, String> {
    let (number, scale) = match text.trim().strip_suffix('%') {
        Some(number) => (number.trim(), 0.01),
        None => (text.trim(), 1.0),
    };
    match number.parse::<f64>().map(|value| value * scale) {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(share),
        _ => Err("a share above 0 and below 1 is wanted, such as 1% or 0.01".into()),
    }
}

/// A height of at least 1 pixel.
fn pixels(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(height) if (1.0..=65_535.0).contains(&height) => Ok(height),
        _ => Err("a height of 1 pixel or more is wanted, such as 20".into()),
    }
}

/// The longest pause that can be asked for, in seconds: a day.
const LONGEST_PAUSE: f64 = 86_400.0;

/// A pause between frames in milliseconds.
///
/// # Errors
/// A sentence, when it is no number of seconds from 0 to a day.
pub fn milliseconds(seconds: f64) -> Result<u32, String> {
    if (0.0..=LONGEST_PAUSE).contains(&seconds) {
        Ok((seconds * 1000.0).round() as u32)
    } else {
        Err(format!("a pause is a number of seconds from 0 to {LONGEST_PAUSE}"))
    }
}

fn pause(text: &str) -> Result<u32, String> {
    milliseconds(text.trim().parse().unwrap_or(f64::NAN))
}

/// A side of an eye's crop.
fn distances(text: &str) -> Result<f32, String> {
    match text.trim().parse::<f32>() {
        Ok(side) if (0.1..=4.0).contains(&side) => Ok(side),
        _ => Err("a side between 0.1 and 4 distances between the eyes is wanted".into()),
    }
}

/// `edgecull demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the rendered photographs go; nothing there is overwritten
    #[arg(long, value_name = "DIR", default_value = "edgecull-demo")]
    pub to: PathBuf,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Aligned columns and a sentence for each reason
    #[default]
    Table,
    /// One JSON object a line, schema edgecull.frame.v1
    Ndjson,
    /// Comma-separated, with a header line
    Csv,
}

/// Which XMP sidecars are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Xmp {
    /// None
    #[default]
    Off,
    /// IMG.xmp, as Bridge, Lightroom and Capture One read it
    Adobe,
    /// IMG.EXT.xmp, as darktable reads it
    Full,
    /// Both
    Both,
}

/// How much is forgiven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strictness {
    /// Only what is certainly broken
    Lenient,
    /// At most one keeper in a hundred is flagged
    #[default]
    Normal,
    /// Doubtful frames too
    Strict,
}

impl Strictness {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lenient => "lenient",
            Self::Normal => "normal",
            Self::Strict => "strict",
        }
    }
}

impl From<Strictness> for edgecull_core::judge::Strictness {
    fn from(strictness: Strictness) -> Self {
        match strictness {
            Strictness::Lenient => Self::Lenient,
            Strictness::Normal => Self::Normal,
            Strictness::Strict => Self::Strict,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percentages_or_fractions() {
        assert_eq!(share("1%"), Ok(0.01));
        assert_eq!(share(" 2.5 % "), Ok(0.025));
        assert_eq!(share("0.2"), Ok(0.2));
        for bad in ["1", "0", "0%", "100%", "-1%", "few", "nan", ""] {
            assert!(share(bad).is_err(), "{bad}");
        }
    }
}
