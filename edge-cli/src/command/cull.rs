//! `edgecull cull`: files and folders in, verdicts out.
//!
//! One thread (this one) walks the folders, writes results and moves rejects,
//! all in the walk's order; the others judge. Between them at most a few frames
//! a thread are under way. Verdicts are held until their folder is judged, as frames
//! are compared with each other; with `--no-bursts` nothing is held, and memory does not
//! grow with the number of files.

use super::{Ending, Failure, model};
use crate::company::{Folder, Grouping, Numbers};
use crate::config::CullSettings;
use crate::deliver::handoff::Rejects;
use crate::ordered::{Panicked, ordered};
use crate::pipeline::{Judge, JudgeOptions, Judged, sentence_of};
use crate::sink::record::Record;
use crate::sink::xmp::{Outcome, Sidecars};
use crate::sink::{Counts, Lines, table};
use crate::source::folder::{Found, Frame, Walk};
use edgecull_core::judge::Strictness;
use edgecull_core::verdict::Decision;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Frames under way for each thread: enough that none waits while a slow frame
/// holds back the output of the others.
const WINDOW_PER_JOB: usize = 8;

/// Exit status of the second interrupt.
const INTERRUPTED: i32 = 130;

/// Runs the command.
///
/// # Errors
/// When it cannot begin, or the results cannot be written.
pub fn run(settings: &CullSettings) -> Result<Ending, Failure> {
    let stop = interrupt_flag()?;
    let scorer = model::scorer(settings.float.as_deref())?;
    let delivery = Delivery::open(settings)?;
    let pool = (settings.jobs.get() > 1).then(|| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(settings.jobs.get())
            .thread_name(|n| format!("judge-{n}"))
            .build()
            .map_err(|e| Failure::Setup(e.into()))
    });
    let pool = pool.transpose()?;
    let mut walk = Walk::new(settings.paths.clone(), settings.move_rejects.as_deref());
    let bar = progress(settings);
    let mut run = Run {
        lines: Lines::to_stdout(settings.format),
        out: BufWriter::new(io::stdout().lock()),
        delivery,
        counts: Counts::default(),
        bar: bar.clone(),
        grouping: settings.grouping,
        strictness: settings.strictness.into(),
        folder: None,
        numbers: Numbers::default(),
    };
    run.begin();
    let mut failed = None;
    let options = JudgeOptions {
        strictness: settings.strictness,
        faces: settings.faces,
        // A scorer takes the place of the networks in the program.
        quality: settings.quality && scorer.is_none(),
        traits: settings.grouping.is_some(),
        ..JudgeOptions::default()
    };
    let untouched = ordered(
        pool.as_ref(),
        settings.jobs.get().saturating_mul(WINDOW_PER_JOB),
        &stop,
        &mut walk,
        || Judge::new(options).with_scorer(scorer.clone()),
        judge,
        |found, judged| match run.judged(found, judged) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        },
    );
    let left = if stop.load(Ordering::Relaxed) { untouched + walk.count() as u64 } else { 0 };
    bar.finish_and_clear();
    match failed.map_or_else(|| run.part().and_then(|()| run.end()), Err) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Ending::Judged),
        Err(error) => return Err(Failure::Output(error)),
        Ok(()) => {}
    }
    if left > 0 {
        run.say(&format!("interrupted: {left} {} not looked at", were(left)));
        return Ok(Ending::Interrupted);
    }
    let failed = run.counts.error > 0 || run.delivery.failed;
    Ok(if failed { Ending::Partly } else { Ending::Judged })
}

/// Judges on a thread of the pool.
fn judge(judge: &mut Judge, found: &Found) -> Judged {
    match found {
        Found::Frame(frame) => judge.file(&frame.path),
        Found::Unreadable { error, .. } => Judged::unread(sentence_of(error)),
    }
}

fn path_of(found: &Found) -> &Path {
    match found {
        Found::Frame(frame) => &frame.path,
        Found::Unreadable { path, .. } => path,
    }
}

/// A flag that the first interrupt raises; the second ends the process.
pub(super) fn interrupt_flag() -> Result<Arc<AtomicBool>, Failure> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag::{register, register_conditional_shutdown};
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order, so that the signal which raises it does not end all.
        register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&stop))
            .and_then(|_| register(signal, Arc::clone(&stop)))
            .map_err(|e| Failure::Setup(e.into()))?;
    }
    Ok(stop)
}

/// A bar on standard error, if that is a terminal. How many frames there are
/// is counted meanwhile, on a thread of its own.
fn progress(settings: &CullSettings) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {rate}  {eta} left") {
        let rate = |state: &ProgressState, to: &mut dyn std::fmt::Write| {
            // Nobody could be told of a failure to draw.
            let _ = write!(to, "{:.1}/s", state.per_sec());
        };
        bar.set_style(style.with_key("rate", rate).progress_chars("=> "));
    }
    let (paths, rejects) = (settings.paths.clone(), settings.move_rejects.clone());
    let counted = bar.clone();
    std::thread::spawn(move || {
        counted.set_length(Walk::new(paths, rejects.as_deref()).count() as u64);
    });
    bar
}

/// What the calling thread keeps during a run.
struct Run<W: Write> {
    lines: Lines,
    out: W,
    delivery: Delivery,
    counts: Counts,
    bar: ProgressBar,
    grouping: Option<Grouping>,
    strictness: Strictness,
    /// The folder whose frames come in, and its path.
    folder: Option<(PathBuf, Folder<Found>)>,
    numbers: Numbers,
}

impl<W: Write> Run<W> {
    fn begin(&mut self) {
        for notice in self.delivery.notices() {
            self.say(&notice);
        }
    }

    /// Takes a frame, and lets those go that wait for no other.
    fn judged(&mut self, found: Found, judged: Result<Judged, Panicked>) -> io::Result<()> {
        let judged = judged.unwrap_or_else(|Panicked(message)| {
            Judged::unread(format!("a fault in edgecull itself stopped its judging: {message}"))
        });
        self.bar.inc(1);
        let Some(grouping) = self.grouping else {
            return self.frame(&found, &judged);
        };
        let path = path_of(&found).parent().unwrap_or(Path::new(""));
        if self.folder.as_ref().is_none_or(|(of, _)| of != path) {
            let path = path.to_owned();
            self.part()?;
            self.folder = Some((path, Folder::new(grouping)));
        }
        if let Some((_, folder)) = &mut self.folder {
            folder.push(found, judged);
        }
        Ok(())
    }

    /// Lets the frames of a folder go.
    fn part(&mut self) -> io::Result<()> {
        let Some((_, folder)) = self.folder.take() else {
            return Ok(());
        };
        let name =
            |found: &Found| path_of(found).file_stem().unwrap_or_default().to_string_lossy().into();
        for (found, judged) in folder.finish(self.strictness, &mut self.numbers, name) {
            self.frame(&found, &judged)?;
        }
        Ok(())
    }

    /// Carries a verdict out and writes it down.
    fn frame(&mut self, found: &Found, judged: &Judged) -> io::Result<()> {
        let path = path_of(found);
        if let Found::Frame(frame) = found {
            for notice in self.delivery.deliver(frame, judged) {
                self.say(&notice);
            }
        }
        let first = self.counts.total() == 0;
        self.counts.add(judged.verdict.decision);
        let record = Record::new(path, judged);
        let Self { lines, out, bar, .. } = self;
        bar.suspend(|| {
            if first {
                lines.begin(out)?;
            }
            lines.record(out, &record)?;
            out.flush()
        })
    }

    fn end(&mut self) -> io::Result<()> {
        if self.counts.total() == 0 {
            self.lines.begin(&mut self.out)?;
        }
        self.lines.end(&mut self.out, &self.counts)?;
        self.out.flush()?;
        if let Some(summary) = self.delivery.summary() {
            self.say(&summary);
        }
        Ok(())
    }

    /// A line on standard error, clear of the bar. Nobody may be listening.
    fn say(&self, text: &str) {
        self.bar.suspend(|| {
            let _ = writeln!(io::stderr(), "edgecull: {}", table::escape(text));
        });
    }
}

/// What happens on the disk because of a verdict.
struct Delivery {
    sidecars: Sidecars,
    rejects: Option<Rejects>,
    dry_run: bool,
    failed: bool,
    moved: u64,
    written: u64,
}

impl Delivery {
    fn open(settings: &CullSettings) -> Result<Self, Failure> {
        let rejects = settings.move_rejects.as_deref().map(|folder| {
            check_apart(folder, &settings.paths)?;
            Rejects::open(folder, settings.dry_run)
                .map_err(|source| Failure::Rejects { path: folder.to_owned(), source })
        });
        Ok(Self {
            sidecars: Sidecars { naming: settings.xmp, dry_run: settings.dry_run },
            rejects: rejects.transpose()?,
            dry_run: settings.dry_run,
            failed: false,
            moved: 0,
            written: 0,
        })
    }

    /// What an earlier run left behind.
    fn notices(&self) -> Vec<String> {
        self.rejects.iter().flat_map(Rejects::unfinished).collect()
    }

    /// Writes sidecars, then moves the frame with them if it is a reject. Gives
    /// what a person should hear of.
    fn deliver(&mut self, frame: &Frame, judged: &Judged) -> Vec<String> {
        let mut notices = Vec::new();
        for done in self.sidecars.write(frame, judged) {
            match done {
                Ok((_, Outcome::Unchanged)) => {}
                Ok((path, outcome)) => {
                    self.written += 1;
                    if self.dry_run {
                        let what = if outcome == Outcome::Created { "write" } else { "update" };
                        notices.push(format!("would {what} {}", path.display()));
                    }
                }
                Err(error) => {
                    self.failed = true;
                    notices.push(error.to_string());
                }
            }
        }
        if judged.verdict.decision == Decision::Reject
            && let Some(rejects) = &mut self.rejects
        {
            match rejects.hand_off(frame) {
                Ok(moved) => {
                    self.moved += 1;
                    if self.dry_run {
                        notices.extend(moved.iter().map(|m| {
                            format!("would move {} to {}", m.from.display(), m.to.display())
                        }));
                    }
                }
                Err(error) => {
                    self.failed = true;
                    notices.push(error.to_string());
                }
            }
        }
        notices
    }

    fn summary(&self) -> Option<String> {
        let would = if self.dry_run { "would have been" } else { "were" };
        let mut parts = Vec::new();
        if self.sidecars.naming != crate::args::Xmp::Off {
            parts.push(format!("{} sidecars {would} written", self.written));
        }
        if self.rejects.is_some() {
            parts.push(format!("{} rejects {would} moved", self.moved));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Rejects must not be moved onto what is being judged.
fn check_apart(rejects: &Path, paths: &[PathBuf]) -> Result<(), Failure> {
    let Ok(real) = rejects.canonicalize() else {
        return Ok(());
    };
    let inside = |path: &&PathBuf| path.canonicalize().is_ok_and(|p| p.starts_with(&real));
    match paths.iter().find(inside) {
        Some(path) => {
            Err(Failure::RejectsInput { rejects: rejects.to_owned(), path: path.clone() })
        }
        None => Ok(()),
    }
}

fn were(count: u64) -> &'static str {
    if count == 1 { "frame was" } else { "frames were" }
}

#[cfg(test)]
#[path = "cull_tests.rs"]
mod tests;
