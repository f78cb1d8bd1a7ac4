//! The command line as it is typed.
//!
//! Every option is optional here: what is absent is filled in by
//! [`config`](crate::config), from a file or from the defaults.

use crate::eval::task::{self, Task};
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use std::num::NonZeroUsize;
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
    /// Explain one frame: what was measured, which limits apply, and why
    Inspect(InspectArgs),
    /// Measure how well verdicts match the labels of a list of files
    #[command(after_long_help = EVAL_NOTES)]
    Eval(EvalArgs),
    /// Render a small shoot and judge it, for someone with no photographs at hand
    Demo(DemoArgs),
    /// Show, make and compare networks for the int8 engine
    #[command(subcommand)]
    Model(ModelCommand),
}

/// `edgecull model`.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Draw the layer table of a network, with what it costs
    Info(ModelInfoArgs),
    /// Make an int8 network of an ONNX file
    #[command(after_long_help = MODEL_NOTES)]
    Quantize(QuantizeArgs),
    /// Run an ONNX file and an int8 network side by side
    #[command(after_long_help = MODEL_NOTES)]
    Verify(VerifyArgs),
}

const MODEL_NOTES: &str = "\
Images are resized to the network's input; a network of one channel gets luma, one of three gets \
RGB. Each value is (pixel - mean) / std, pixels from 0 to 255: without --mean and --std from 0 to 1. \
A .npz file holds one array, or one called `x` or `input`: float32 [n, channels, height, width] or \
[n, height, width, channels], as the network takes it. docs/model.md tells more.

Reading ONNX is in builds with the feature `onnx` only.";

/// `edgecull model info`.
#[derive(Debug, Args)]
pub struct ModelInfoArgs {
    /// The network
    #[arg(value_name = "FILE.ecm")]
    pub file: PathBuf,

    /// Show it for another input size [default: the one it was made for]
    #[arg(long, value_name = "HEIGHTxWIDTH", value_parser = size)]
    pub size: Option<Size>,

    /// How the table is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: ReportFormat,
}

/// `edgecull model quantize`.
#[derive(Debug, Args)]
pub struct QuantizeArgs {
    /// The network in f32
    #[arg(value_name = "FLOAT.onnx")]
    pub model: PathBuf,

    /// Inputs like those it will see: a folder of images, or arrays in a .npz file
    ///
    /// At most 512 are taken, spread evenly.
    #[arg(long, value_name = "IMAGES|FILE.npz")]
    pub calibrate: PathBuf,

    /// The network that is made; the file must not exist
    #[arg(short, long, value_name = "NET.ecm")]
    pub output: PathBuf,

    /// How ranges are chosen
    #[arg(long, value_enum, value_name = "METHOD", default_value_t)]
    pub method: RangeMethod,

    /// What the network is called [default: as in the ONNX file]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// The input's size, where the ONNX file leaves it open
    #[arg(long, value_name = "HEIGHTxWIDTH", value_parser = size)]
    pub size: Option<Size>,

    /// What the network takes
    #[command(flatten)]
    pub input: ModelInputArgs,

    /// How the figures are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: ReportFormat,
}

/// `edgecull model verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The network in f32
    #[arg(value_name = "FLOAT.onnx")]
    pub model: PathBuf,

    /// The network in int8
    #[arg(value_name = "NET.ecm")]
    pub network: PathBuf,

    /// A folder of images, or arrays in a .npz file
    ///
    /// At most 4096 are taken, spread evenly.
    #[arg(value_name = "IMAGES|FILE.npz")]
    pub inputs: PathBuf,

    /// What the network takes
    #[command(flatten)]
    pub input: ModelInputArgs,

    /// How the figures are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: ReportFormat,
}

/// What a network takes for a pixel.
#[derive(Debug, Default, Args)]
pub struct ModelInputArgs {
    /// Subtracted from each pixel: one number, or one a channel [default: 0]
    #[arg(long, value_name = "M[,M,M]", value_parser = numbers, allow_hyphen_values = true)]
    pub mean: Option<Numbers>,

    /// What the difference is divided by: one number, or one a channel [default: 255]
    #[arg(long, value_name = "S[,S,S]", value_parser = positive_numbers)]
    pub std: Option<Numbers>,
}

/// How ranges of activations are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RangeMethod {
    /// Nothing is cut off
    Minmax,
    /// One number in 20,000 is cut off at each end
    Percentile,
    /// The squared error is least
    #[default]
    Mse,
}

/// Height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub height: u16,
    /// Pixels of a row.
    pub width: u16,
}

/// Two numbers of pixels, as `96x128`.
fn size(text: &str) -> Result<Size, String> {
    let number = |text: &str| text.trim().parse().ok().filter(|&number: &u16| number > 0);
    let parts = text.split_once(['x', 'X']);
    parts
        .and_then(|(height, width)| Some(Size { height: number(height)?, width: number(width)? }))
        .ok_or_else(|| "a height and a width in pixels are wanted, such as 96x128".into())
}

/// Numbers with commas between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers(pub Vec<f32>);

fn numbers(text: &str) -> Result<Numbers, String> {
    let number = |text: &str| text.trim().parse().ok().filter(|number: &f32| number.is_finite());
    let all: Option<Vec<f32>> = text.split(',').map(number).collect();
    all.map(Numbers).ok_or_else(|| "numbers are wanted, such as 128 or 123.7,116.3,103.5".into())
}

fn positive_numbers(text: &str) -> Result<Numbers, String> {
    let numbers = numbers(text)?;
    match numbers.0.iter().all(|number| number.is_normal() && *number > 0.0) {
        true => Ok(numbers),
        false => Err("numbers above 0 are wanted".into()),
    }
}

const EVAL_NOTES: &str = "\
MANIFEST is a CSV file with a header. It needs the columns `file` (relative names are below its \
folder) and `label` (or one named as the task); a column `scene`, `pair` or `group` says which \
files belong together. Other columns are ignored. docs/eval.md explains all figures.

Exit status: as of cull.";

const CULL_NOTES: &str = "\
Folders are searched recursively, in a stable order. Hidden files and folders, and folders that \
edgecull made for rejects (they hold a file .edgecull-rejects), are passed over. A JPEG and the \
RAW or HEIF files of the same stem beside it are one frame: the JPEG is judged, the others follow.

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

    /// Number of frames judged at a time [default: one a core]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// Read options from a TOML file; those of the command line win
    ///
    /// The file holds a table named `cull` with the long names of the options:
    /// format, xmp, move-rejects, strictness, jobs.
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

    /// Draw the frame with its focus map, subject and clipped areas into a PNG file
    ///
    /// The file must not exist: nothing is written over.
    #[arg(short, long, value_name = "OUT.png")]
    pub output: Option<PathBuf>,

    /// How much is forgiven
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    pub strictness: Strictness,

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

    /// Suggest thresholds that flag at most this share of keepers, such as 1%
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub max_keepers_flagged: Option<f64>,

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
}

impl TaskName {
    /// The task of this name.
    #[must_use]
    pub fn task(self) -> &'static Task {
        match self {
            Self::Blur => &task::BLUR,
            Self::Exposure => &task::EXPOSURE,
            Self::Noise => &task::NOISE,
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
    fn sizes_are_height_and_width() {
        assert_eq!(size("96x128"), Ok(Size { height: 96, width: 128 }));
        for bad in ["96", "0x4", "x", "4x", "-1x3", "70000x4", ""] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn means_are_one_or_several() {
        assert_eq!(numbers("128"), Ok(Numbers(vec![128.0])));
        assert_eq!(numbers("1, -2.5,3"), Ok(Numbers(vec![1.0, -2.5, 3.0])));
        assert!(numbers("1,").is_err() && numbers("inf").is_err());
        assert!(positive_numbers("1,0").is_err() && positive_numbers("0.5").is_ok());
    }

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
