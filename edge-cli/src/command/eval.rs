//! `edgecull eval`: labelled files in, how well the verdicts match out.

use super::cull::interrupt_flag;
use super::{Ending, Failure};
use crate::args::{EvalArgs, ReportFormat};
use crate::eval::manifest::{Manifest, Row};
use crate::eval::report::classes::{self, Options};
use crate::eval::report::{Findings, Report, ratings};
use crate::eval::task::Task;
use crate::eval::{Sample, features, table};
use crate::ordered::{Panicked, ordered};
use crate::pipeline::{Judge, JudgeOptions, Judged};
use edgecull_core::verdict::Decision;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// Files under way for each thread.
const WINDOW_PER_JOB: usize = 8;

/// Runs the command.
///
/// # Errors
/// When the manifest or an option cannot be used, or the results cannot be written.
pub fn run(args: &EvalArgs) -> Result<Ending, Failure> {
    match args.task.task() {
        Task::Classes(task) => {
            let manifest = Manifest::read(&args.manifest, &task.labels())?;
            let options = Options {
                strictness: args.strictness,
                max_keepers_flagged: args.max_keepers_flagged,
            };
            evaluate(args, task.name, &manifest, |samples| {
                Findings::Classes(classes::Findings::new(task, samples, options))
            })
        }
        Task::Ratings(task) if args.max_keepers_flagged.is_some() => {
            Err(Failure::NoKeepers { task: task.name })
        }
        Task::Ratings(task) => {
            let manifest = Manifest::read(&args.manifest, &task.labels())?;
            evaluate(args, task.name, &manifest, |samples| {
                Findings::Ratings(ratings::Findings::new(task, samples))
            })
        }
    }
}

/// Judges a manifest's files and writes the report of what is found in them.
fn evaluate<L: Copy + Send + Sync>(
    args: &EvalArgs,
    task: &'static str,
    manifest: &Manifest<L>,
    find: impl FnOnce(&[Sample<L>]) -> Findings,
) -> Result<Ending, Failure> {
    let wanted = args.features.as_deref();
    let file = wanted.map(|path| {
        File::create_new(path).map_err(|source| Failure::Create { path: path.to_owned(), source })
    });
    let file = file.transpose()?;
    let (samples, vectors) = judge(args, manifest, file.is_some())?;
    let left = manifest.rows.len() - samples.len();
    if left > 0 {
        // Figures of a part would be taken for those of the whole.
        let _ =
            writeln!(io::stderr(), "edgecull: interrupted: {left} files not looked at, no figures");
        return Ok(Ending::Interrupted);
    }
    if let Some(file) = file {
        features::write(BufWriter::new(file), manifest, &vectors)
            .map_err(|e| Failure::Output(e.into()))?;
    }
    let report = Report::new(task, manifest, args.strictness, &samples, find(&samples));
    match print(args.format, &report) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Ending::Judged),
        Err(error) => return Err(Failure::Output(error)),
        Ok(()) => {}
    }
    let failed = samples.iter().any(|s| s.verdict.decision == Decision::Error);
    Ok(if failed { Ending::Partly } else { Ending::Judged })
}

/// What became of each file, and the numbers behind its verdict where they are
/// wanted. Both are shorter than the manifest after an interrupt.
type Results<L> = (Vec<Sample<L>>, Vec<(Decision, Vec<(String, f32)>)>);

/// Judges a manifest's files, in its order.
fn judge<L: Copy + Send + Sync>(
    args: &EvalArgs,
    manifest: &Manifest<L>,
    with_features: bool,
) -> Result<Results<L>, Failure> {
    let stop = interrupt_flag()?;
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let jobs = args.jobs.unwrap_or_else(cores).get();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .thread_name(|n| format!("judge-{n}"))
        .build()
        .map_err(|e| Failure::Setup(e.into()))?;
    let options = JudgeOptions { strictness: args.strictness };
    let bar = progress(manifest.rows.len());
    let mut samples = Vec::with_capacity(manifest.rows.len());
    let mut vectors = Vec::new();
    ordered(
        Some(&pool),
        jobs.saturating_mul(WINDOW_PER_JOB),
        &stop,
        &mut manifest.rows.iter(),
        || Judge::new(options),
        |judge, row: &&Row<L>| {
            let mut numbers = Vec::new();
            let judged = judge.inspect(&row.path, |frame, measured| {
                if with_features {
                    numbers = features::vector(frame, measured);
                }
            });
            (judged, numbers)
        },
        |row, done| {
            let (judged, numbers) = done.unwrap_or_else(|Panicked(message)| {
                let sentence = format!("a fault in edgecull itself stopped its judging: {message}");
                (Judged::unread(sentence), Vec::new())
            });
            samples.push(Sample::new(row, &judged));
            vectors.push((judged.verdict.decision, numbers));
            bar.inc(1);
            ControlFlow::Continue(())
        },
    );
    bar.finish_and_clear();
    Ok((samples, vectors))
}

fn print(format: ReportFormat, report: &Report) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        ReportFormat::Table => table::write(&mut out, report)?,
        ReportFormat::Json => {
            serde_json::to_writer_pretty(&mut out, report)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()
}

/// A bar on standard error, if that is a terminal.
fn progress(files: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(files as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {eta} left") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
