//! `edgecull bench`: what this device does, and results side by side.

use super::cull::interrupt_flag;
use super::{Ending, Failure};
use crate::args::{BenchArgs, BenchCommand, BenchCompareArgs, BenchFormat, ReportFormat};
use crate::bench::compare::{CompareError, Comparison};
use crate::bench::report::{Sheet, json};
use crate::bench::result::ReadError;
use crate::bench::{Bench, BenchError, Options, measure};
use crate::sink::table::escape;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::thread::available_parallelism;

/// Why a benchmark could not be made, shown or compared.
#[derive(Debug, thiserror::Error)]
pub enum BenchFailure {
    /// Nothing could be measured.
    #[error(transparent)]
    Measure(#[from] BenchError),
    /// A result cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Two results say nothing about each other.
    #[error(transparent)]
    Compare(#[from] CompareError),
}

/// Runs the command.
///
/// # Errors
/// When nothing can be measured, or results not be read, compared or written.
pub fn run(args: &BenchArgs) -> Result<Ending, Failure> {
    match &args.command {
        Some(BenchCommand::Compare(args)) => compare(args),
        Some(BenchCommand::Show(args)) => {
            let bench = Bench::read(&args.file).map_err(BenchFailure::from)?;
            print(|out| write(out, &bench, args.format))?;
            Ok(Ending::Judged)
        }
        None => bench(args),
    }
}

fn bench(args: &BenchArgs) -> Result<Ending, Failure> {
    let stop = interrupt_flag()?;
    // Made first: nobody shall wait for a result that has no place to go to.
    let output = args.output.as_deref().map(Output::create).transpose()?;
    let options = options(args);
    let terminal = io::stderr().is_terminal();
    let say = |line: &str| {
        if terminal {
            complain(line);
        }
    };
    let bench = measure(&options, &stop, &say).map_err(BenchFailure::from)?;
    for left_out in &bench.not_judged {
        complain(&format!("left out: {}: {}", left_out.file, left_out.error));
    }
    if let Some(output) = output {
        output.write(&bench)?;
    }
    print(|out| write(out, &bench, args.format))?;
    Ok(match (stop.load(Ordering::Relaxed), bench.not_judged.is_empty()) {
        (true, _) => Ending::Interrupted,
        (false, false) => Ending::Partly,
        (false, true) => Ending::Judged,
    })
}

fn options(args: &BenchArgs) -> Options {
    let cores = available_parallelism().map_or(1, usize::from);
    let mut jobs: Vec<usize> = args.jobs.iter().copied().map(NonZeroUsize::get).collect();
    if jobs.is_empty() {
        let doubled = std::iter::successors(Some(1usize), |jobs| jobs.checked_mul(2));
        jobs = doubled.take_while(|jobs| *jobs < cores).chain([cores]).collect();
    }
    jobs.sort_unstable();
    jobs.dedup();
    let mut sizes = args.size.clone();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    Options {
        paths: args.paths.clone(),
        sizes,
        jobs,
        time: args.seconds,
        soak: args.duration,
        faces: !args.no_faces,
        quality: !args.no_quality,
        spool: args.spool.clone(),
    }
}

fn compare(args: &BenchCompareArgs) -> Result<Ending, Failure> {
    let [first, second] = [&args.first, &args.second].map(|path| Bench::read(path));
    let (first, second) = (first.map_err(BenchFailure::from)?, second.map_err(BenchFailure::from)?);
    let comparison = Comparison::new(&first, &second).map_err(BenchFailure::from)?;
    print(|out| match args.format {
        ReportFormat::Json => json(out, &comparison),
        ReportFormat::Table => table(out, &comparison),
    })?;
    Ok(Ending::Judged)
}

fn table(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    for warning in &comparison.warnings {
        writeln!(out, "{}", escape(warning))?;
    }
    for (at, grid) in comparison.grids().iter().enumerate() {
        let gap = at > 0 || !comparison.warnings.is_empty();
        write!(out, "{}{}", if gap { "\n" } else { "" }, grid.text())?;
    }
    Ok(())
}

fn write(out: &mut impl Write, bench: &Bench, format: BenchFormat) -> io::Result<()> {
    match format {
        BenchFormat::Table => out.write_all(Sheet::of(bench).text().as_bytes()),
        BenchFormat::Json => json(out, bench),
        BenchFormat::Markdown => out.write_all(Sheet::of(bench).markdown().as_bytes()),
    }
}

/// A file for a result, taken away again if none comes.
struct Output {
    path: PathBuf,
    file: Option<File>,
}

impl Output {
    fn create(path: &Path) -> Result<Self, Failure> {
        match File::create_new(path) {
            Ok(file) => Ok(Self { path: path.to_owned(), file: Some(file) }),
            Err(source) => Err(Failure::Create { path: path.to_owned(), source }),
        }
    }

    fn write(mut self, bench: &Bench) -> Result<(), Failure> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let mut out = BufWriter::new(file);
        let done = json(&mut out, bench).and_then(|()| out.flush());
        drop(out);
        match done {
            Ok(()) => {
                self.file = None;
                Ok(())
            }
            Err(source) => Err(Failure::Create { path: self.path.clone(), source }),
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes to standard output; a reader that has gone is no failure.
fn print(
    write: impl FnOnce(&mut BufWriter<io::StdoutLock<'static>>) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// A line on standard error. Nobody may be listening.
fn complain(said: &str) {
    let _ = writeln!(io::stderr(), "edgecull: {}", escape(said));
}
