//! `edgecull eval`: labelled files in, how well the verdicts match out.

mod duplicates;
mod eyes;
mod faces;
mod sets;

use super::cull::interrupt_flag;
use super::{Ending, Failure};
use crate::args::{EvalArgs, ReportFormat, TaskName};
use crate::config::search;
use crate::eval::list::ManifestError;
use crate::eval::manifest::{Manifest, Row};
use crate::eval::report::classes::{self, Options};
use crate::eval::report::{Findings, Head, NotJudged, Report, ratings};
use crate::eval::task::{self, ClassTask, RatingTask};
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
    check(args)?;
    match args.task {
        TaskName::Blur => classes(args, &task::BLUR),
        TaskName::Exposure => classes(args, &task::EXPOSURE),
        TaskName::Noise => classes(args, &task::NOISE),
        TaskName::Quality => ratings(args, &task::QUALITY),
        TaskName::Faces => faces::run(args),
        TaskName::Eyes => eyes::run(args),
        TaskName::Duplicates => duplicates::run(args),
        TaskName::Sets => sets::run(args),
    }
}

/// Refuses options that say nothing for the task.
fn check(args: &EvalArgs) -> Result<(), Failure> {
    use TaskName::{Blur, Duplicates, Exposure, Eyes, Faces, Noise, Quality};
    let has = [
        ("--max-keepers-flagged", args.max_keepers_flagged.is_some(), &[Blur, Exposure, Noise][..]),
        ("--features", args.features.is_some(), &[Blur, Exposure, Noise, Quality]),
        ("--min-height", args.min_height.is_some(), &[Faces]),
        ("--crop-side", args.crop_side.is_some(), &[Eyes]),
        ("--burst-gap", args.burst_gap.is_some(), &[Duplicates]),
        ("--variants", args.variants.is_some(), &[Duplicates]),
        ("--small-faces", args.small_faces, &[Blur, Exposure, Noise, Quality, Faces, Eyes]),
        ("--no-faces", args.no_faces, &[Blur, Exposure, Noise, Quality]),
        ("--no-exif", args.no_exif, &[Blur, Exposure, Noise, Quality]),
    ];
    match has.into_iter().find(|(_, given, tasks)| *given && !tasks.contains(&args.task)) {
        Some((option, ..)) => Err(Failure::NotForTask { option, task: args.task.name() }),
        None => Ok(()),
    }
}

fn classes(args: &EvalArgs, task: &'static ClassTask) -> Result<Ending, Failure> {
    let manifest = Manifest::read(&args.manifest, &task.labels())?;
    let options =
        Options { strictness: args.strictness, max_keepers_flagged: args.max_keepers_flagged };
    evaluate(args, &manifest, |samples| {
        Findings::Classes(classes::Findings::new(task, samples, options))
    })
}

fn ratings(args: &EvalArgs, task: &'static RatingTask) -> Result<Ending, Failure> {
    let manifest = Manifest::read(&args.manifest, &task.labels())?;
    evaluate(args, &manifest, |samples| Findings::Ratings(ratings::Findings::new(task, samples)))
}

/// Judges a manifest's files and writes the report of what is found in them.
fn evaluate<L: Copy + Send + Sync>(
    args: &EvalArgs,
    manifest: &Manifest<L>,
    find: impl FnOnce(&[Sample<L>]) -> Findings,
) -> Result<Ending, Failure> {
    let wanted = args.features.as_deref();
    let file = wanted.map(|path| {
        File::create_new(path).map_err(|source| Failure::Create { path: path.to_owned(), source })
    });
    let file = file.transpose()?;
    let options = JudgeOptions {
        strictness: args.strictness,
        faces: search(args.no_faces, args.small_faces),
        // It ranks, and decides nothing.
        quality: args.task == TaskName::Quality,
        ..JudgeOptions::default()
    };
    let judge = |judge: &mut Judge, row: &Row<L>| {
        let mut numbers = Vec::new();
        let judged = judge.inspect(&row.path, |frame, measured| {
            if file.is_some() {
                numbers = features::vector(frame, measured);
            }
        });
        (judged, numbers)
    };
    let broken = |sentence| (Judged::unread(sentence), Vec::new());
    let Some(done) = each(args, options, &manifest.rows, judge, broken)? else {
        return Ok(Ending::Interrupted);
    };
    let (mut samples, mut vectors) = (Vec::new(), Vec::new());
    for (row, (judged, numbers)) in manifest.rows.iter().zip(done) {
        samples.push(Sample::new(row, &judged));
        vectors.push((judged.verdict.decision, numbers));
    }
    if let Some(file) = file {
        features::write(BufWriter::new(file), manifest, &vectors)
            .map_err(|e| Failure::Output(e.into()))?;
    }
    let not_judged = samples.iter().filter(|s| s.verdict.measures.is_none());
    let not_judged = not_judged.map(|s| NotJudged::new(&s.file, s.error.as_deref())).collect();
    let head = Head {
        task: args.task.name(),
        strictness: args.strictness,
        files: samples.len(),
        unlabelled: manifest.unlabelled,
        label_column: manifest.label_column.into(),
        group_column: manifest.group_column,
        groups: manifest.groups,
    };
    let failed = samples.iter().any(|s| s.verdict.decision == Decision::Error);
    finish(args.format, &Report::new(head, find(&samples), not_judged), failed)
}

/// Lets `work` look at each of the files, in their order; `broken` tells of a fault
/// in the program itself. `None` after an interrupt, of which is told: figures of a part
/// would be taken for those of the whole.
fn each<T: Sync, R: Send>(
    args: &EvalArgs,
    options: JudgeOptions,
    files: &[T],
    work: impl Fn(&mut Judge, &T) -> R + Sync,
    broken: impl Fn(String) -> R,
) -> Result<Option<Vec<R>>, Failure> {
    let stop = interrupt_flag()?;
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let jobs = args.jobs.unwrap_or_else(cores).get();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .thread_name(|n| format!("judge-{n}"))
        .build()
        .map_err(|e| Failure::Setup(e.into()))?;
    let bar = progress(files.len());
    let mut results = Vec::with_capacity(files.len());
    ordered(
        Some(&pool),
        jobs.saturating_mul(WINDOW_PER_JOB),
        &stop,
        &mut files.iter(),
        || Judge::new(JudgeOptions { hinted: !args.no_exif, ..options }),
        |judge, file: &&T| work(judge, file),
        |_, done| {
            results.push(done.unwrap_or_else(|Panicked(message)| {
                broken(format!("a fault in edgecull itself stopped its judging: {message}"))
            }));
            bar.inc(1);
            ControlFlow::Continue(())
        },
    );
    bar.finish_and_clear();
    let left = files.len() - results.len();
    if left > 0 {
        let _ =
            writeln!(io::stderr(), "edgecull: interrupted: {left} files not looked at, no figures");
        return Ok(None);
    }
    Ok(Some(results))
}

/// The error of a manifest that is there and of no use.
fn unusable(args: &EvalArgs, why: String) -> Failure {
    Failure::Manifest(ManifestError::Content { path: args.manifest.clone(), why })
}

/// Writes a report. `failed` says that some files could not be judged.
fn finish(format: ReportFormat, report: &Report, failed: bool) -> Result<Ending, Failure> {
    match print(format, report) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Ending::Judged),
        Err(error) => Err(Failure::Output(error)),
        Ok(()) if failed => Ok(Ending::Partly),
        Ok(()) => Ok(Ending::Judged),
    }
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
