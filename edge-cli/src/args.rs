//! The command line as it is typed.
//!
//! Every option is optional here: what is absent is filled in by
//! [`config`](crate::config), from a file or from the defaults.

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
    /// Render a small shoot and judge it, for someone with no photographs at hand
    Demo(DemoArgs),
}

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

impl From<Strictness> for edgecull_core::judge::Strictness {
    fn from(strictness: Strictness) -> Self {
        match strictness {
            Strictness::Lenient => Self::Lenient,
            Strictness::Normal => Self::Normal,
            Strictness::Strict => Self::Strict,
        }
    }
}
