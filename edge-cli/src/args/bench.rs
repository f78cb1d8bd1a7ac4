//! `edgecull bench` as it is typed.

use clap::{Args, Subcommand, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const NOTES: &str = "\
Without PATH frames are rendered, the same on every device, with two people each; it takes some \
seconds before measuring begins. Stages are those of `edgecull cull`, each frame is judged as \
there. docs/command-line.md says what each stage is, and docs/devices.md has results.

Results go to standard output; progress to standard error, on a terminal.

Exit status: 0 measured, 1 the command line is wrong or nothing can be measured, 2 some of the \
files could not be judged (each is named), 130 interrupted (the first interrupt ends with what was \
measured until then, the second at once).";

/// `edgecull bench`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct BenchArgs {
    /// What is to be done with results that are there.
    #[command(subcommand)]
    pub command: Option<BenchCommand>,

    /// Measure with these files and folders (the first 100 frames), not with rendered frames
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Megapixels of rendered frames
    #[arg(long, value_name = "MP,...", value_delimiter = ',', value_parser = megapixels,
          default_value = "12,24,45", conflicts_with = "paths")]
    pub size: Vec<f64>,

    /// Numbers of frames judged at a time [default: 1, 2, 4, ... up to one a core]
    #[arg(long, value_name = "N,...", value_delimiter = ',')]
    pub jobs: Vec<NonZeroUsize>,

    /// Seconds of measuring, shared by sizes and jobs
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "40")]
    pub seconds: Duration,

    /// After that, watch throughput and temperature for so long, such as 90s, 10m or 1h: shows
    /// whether the device holds its pace when it is warm
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,

    /// Look for no faces
    #[arg(long)]
    pub no_faces: bool,

    /// Tell no quality
    #[arg(long)]
    pub no_quality: bool,

    /// Measure the journal on the disk of this folder; what is written there is taken away again
    /// [default: the current folder]
    #[arg(long, value_name = "DIR")]
    pub spool: Option<PathBuf>,

    /// How the result is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: BenchFormat,

    /// Write the result as JSON into a file, too
    ///
    /// The file must not exist: nothing is written over.
    #[arg(short, long, value_name = "FILE.json")]
    pub output: Option<PathBuf>,
}

/// What can be done with results.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Say what is slower or faster in a second result, and of what that is not shown
    Compare(BenchCompareArgs),
    /// Show a result again
    Show(BenchShowArgs),
}

/// `edgecull bench compare`.
#[derive(Debug, Args)]
pub struct BenchCompareArgs {
    /// The first result
    #[arg(value_name = "A.json")]
    pub first: PathBuf,

    /// The second
    #[arg(value_name = "B.json")]
    pub second: PathBuf,

    /// How the comparison is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: super::ReportFormat,
}

/// `edgecull bench show`.
#[derive(Debug, Args)]
pub struct BenchShowArgs {
    /// The result
    #[arg(value_name = "FILE.json")]
    pub file: PathBuf,

    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: BenchFormat,
}

/// How a result is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BenchFormat {
    /// Text for people
    #[default]
    Table,
    /// One JSON object, schema edgecull.bench.v1
    Json,
    /// A section for docs/devices.md
    Markdown,
}

/// The smallest and the largest frame that can be rendered, in megapixels.
const MEGAPIXELS: std::ops::RangeInclusive<f64> = 0.1..=200.0;

fn megapixels(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(megapixels) if MEGAPIXELS.contains(&megapixels) => Ok(megapixels),
        _ => Err("megapixels from 0.1 to 200 are wanted, such as 24".into()),
    }
}

/// The longest time that can be asked for, in seconds: a week.
const LONGEST: f64 = 7.0 * 86_400.0;

fn seconds(text: &str) -> Result<Duration, String> {
    within(text.trim().parse().unwrap_or(f64::NAN))
        .ok_or_else(|| "seconds from 0.1 to a week are wanted, such as 40".into())
}

/// A number of seconds, or of what its unit says.
fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let units = [("s", 1.0), ("m", 60.0), ("h", 3600.0), ("", 1.0)];
    let parsed = units.iter().find_map(|(unit, scale)| {
        let number: f64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        within(number * scale)
    });
    parsed.ok_or_else(|| "a time from 0.1 seconds to a week is wanted, such as 90s or 10m".into())
}

fn within(seconds: f64) -> Option<Duration> {
    (0.1..=LONGEST).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, wanted) in [("90", 90), ("90s", 90), ("10m", 600), (" 1.5 h ", 5400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(wanted)), "{text}");
        }
        for bad in ["", "m", "-1s", "0", "nan", "inf", "8000h", "10 minutes"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_those_that_can_be_rendered() {
        assert_eq!((megapixels("24"), megapixels("0.3")), (Ok(24.0), Ok(0.3)));
        for bad in ["0", "-1", "1000", "nan", "large"] {
            assert!(megapixels(bad).is_err(), "{bad}");
        }
        assert!(seconds("0.5").is_ok() && seconds("0").is_err() && seconds("1e9").is_err());
    }
}
