//! Moving a reject with everything that belongs to it: RAW files of its stem,
//! and sidecars.
//!
//! In comes a [`Frame`]; its files are in the reject folder afterwards, below
//! the same folders as before, or all where they were. On one filesystem a
//! file is renamed, to another it is copied under a temporary name, flushed,
//! compared, renamed, and only then removed here. Nothing is overwritten:
//! where a name is taken the whole frame gets the next free one, `IMG-1`.

use super::durable::{copy_beside, folder_of, rename_to_free, sync_folder};
use super::journal::{Journal, Step};
use super::names::{MAX_SUFFIX, Stems, numbered, renamed};
use crate::source::folder::Frame;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder that rejects are moved to.
#[derive(Debug)]
pub struct Rejects {
    root: PathBuf,
    /// `None` when nothing is to be changed.
    journal: Option<Journal>,
    unfinished: Vec<Step>,
    /// The stems that are taken in the folder used last.
    taken: Option<(PathBuf, Stems)>,
}

/// One file's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where it was.
    pub from: PathBuf,
    /// Where it is.
    pub to: PathBuf,
}

/// Why a frame was not moved.
#[derive(Debug)]
pub struct HandoffError {
    /// The file that stood in the way.
    path: PathBuf,
    /// What the system said.
    source: io::Error,
    /// Files that could not be put back, and are in their new place.
    moved: Vec<Step>,
    /// Files that are whole in both places: the old one could not be removed.
    doubled: Vec<Step>,
}

impl fmt::Display for HandoffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be moved: {}", self.path.display(), self.source)?;
        if self.moved.is_empty() && self.doubled.is_empty() {
            return write!(f, "; the whole frame stays where it was");
        }
        for step in &self.moved {
            write!(f, "; {} is now {}", step.from.display(), step.to.display())?;
        }
        for step in &self.doubled {
            let (from, to) = (step.from.display(), step.to.display());
            write!(f, "; {from} is whole, and so is its copy {to}")?;
        }
        Ok(())
    }
}

impl std::error::Error for HandoffError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl HandoffError {
    fn untouched(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_owned(), source, moved: Vec::new(), doubled: Vec::new() }
    }
}

impl Rejects {
    /// Opens `root`, made if need be, with the file that marks it as edgecull's
    /// own. With `dry_run` nothing is made, and nothing will be moved.
    ///
    /// # Errors
    /// When the folder cannot be made or its journal not be written.
    pub fn open(root: &Path, dry_run: bool) -> io::Result<Self> {
        let mut rejects =
            Self { root: root.to_owned(), journal: None, unfinished: Vec::new(), taken: None };
        if !dry_run {
            make_folder(root, root)?;
            let (journal, unfinished) = Journal::open(root)?;
            rejects.journal = Some(journal);
            rejects.unfinished = unfinished;
        }
        Ok(rejects)
    }

    /// Says where the files of a move are that an earlier run could not finish.
    pub fn unfinished(&self) -> impl Iterator<Item = String> {
        self.unfinished.iter().map(|step| {
            let (from, to) = (step.from.display(), step.to.display());
            let exists = |path: &Path| path.symlink_metadata().is_ok();
            let place = match (exists(&step.from), exists(&step.to)) {
                (true, true) => format!("{from} is whole, and so is its copy {to}"),
                (false, true) => format!("{from} is now {to}"),
                (true, false) => format!("{from} is still there"),
                (false, false) => format!("{from} was taken elsewhere since"),
            };
            format!("an earlier move was cut short: {place}")
        })
    }

    /// Moves a frame, or, in a dry run, says how it would be moved.
    ///
    /// # Errors
    /// When a file cannot be moved; the error says where each file is.
    pub fn hand_off(&mut self, frame: &Frame) -> Result<Vec<Moved>, HandoffError> {
        let files = members(frame);
        for file in &files {
            let meta = file.symlink_metadata();
            let meta = meta.map_err(|e| HandoffError::untouched(file, e))?;
            if !meta.is_file() {
                // What a relative link leads to would change by a move.
                let said = io::Error::other("it is a link, not a file");
                return Err(HandoffError::untouched(file, said));
            }
        }
        let folder = self.root.join(&frame.below);
        let stem = frame.path.file_stem().unwrap_or_default().to_owned();
        let fail = |e| HandoffError::untouched(&folder, e);
        if self.journal.is_some() {
            make_folder(&self.root, &folder).map_err(fail)?;
        }
        self.look_up(&folder).map_err(fail)?;
        for n in 0..MAX_SUFFIX {
            let free = numbered(&stem, n);
            let Some((_, taken)) = &mut self.taken else {
                break;
            };
            if !taken.take(&free) {
                continue;
            }
            let steps = plan(&files, &folder, &stem, &free);
            if self.journal.is_some() && !self.carry_out(&steps)? {
                continue;
            }
            return Ok(steps.into_iter().map(|Step { from, to }| Moved { from, to }).collect());
        }
        Err(HandoffError::untouched(&frame.path, io::ErrorKind::AlreadyExists.into()))
    }

    /// Learns the stems in use in `folder`.
    fn look_up(&mut self, folder: &Path) -> io::Result<()> {
        if self.taken.as_ref().is_some_and(|(known, _)| known == folder) {
            return Ok(());
        }
        self.taken = Some((folder.to_owned(), Stems::of(folder)?));
        Ok(())
    }

    /// Takes the steps; false when a name turned out to be taken, and all is as
    /// before.
    fn carry_out(&mut self, steps: &[Step]) -> Result<bool, HandoffError> {
        let Some(journal) = &mut self.journal else {
            return Ok(false);
        };
        let note = |e| HandoffError::untouched(&self.root, e);
        journal.begin(steps).map_err(note)?;
        let outcome = rename_all(steps).or_else(|error| {
            if error.source.kind() == io::ErrorKind::CrossesDevices && error.moved.is_empty() {
                copy_all(steps)
            } else {
                Err(error)
            }
        });
        match outcome {
            Ok(()) => {
                // The files are where they belong even if this cannot be noted.
                let _ = journal.done();
                Ok(true)
            }
            Err(error) => {
                let whole = error.moved.is_empty() && error.doubled.is_empty();
                if whole {
                    let _ = journal.undone();
                }
                if whole && error.source.kind() == io::ErrorKind::AlreadyExists {
                    Ok(false)
                } else {
                    Err(error)
                }
            }
        }
    }
}

/// Every file of a frame: pictures, and the sidecars that can only be theirs.
fn members(frame: &Frame) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = frame.files().map(Path::to_owned).collect();
    let mut bases: Vec<PathBuf> = files.clone();
    if frame.sole_of_stem {
        bases.push(frame.path.with_extension(""));
    }
    for base in bases {
        for ending in [".xmp", ".XMP"] {
            let mut name = base.clone().into_os_string();
            name.push(ending);
            let path = PathBuf::from(name);
            // On a filesystem that ignores case both names are one file.
            let known = files.iter().any(|f| same_file(f, &path));
            if path.symlink_metadata().is_ok() && !known {
                files.push(path);
            }
        }
    }
    files
}

fn same_file(a: &Path, b: &Path) -> bool {
    a.as_os_str().eq_ignore_ascii_case(b.as_os_str())
        && matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn plan(files: &[PathBuf], folder: &Path, stem: &OsStr, free: &OsStr) -> Vec<Step> {
    let step = |from: &PathBuf| {
        let name = from.file_name().unwrap_or_default();
        let to = folder.join(renamed(name, stem, free).unwrap_or_else(|| name.to_owned()));
        Step { from: from.clone(), to }
    };
    files.iter().map(step).collect()
}

/// Renames all files, or puts back those that were.
fn rename_all(steps: &[Step]) -> Result<(), HandoffError> {
    for (at, step) in steps.iter().enumerate() {
        if let Err(source) = rename_to_free(&step.from, &step.to) {
            let back = steps.iter().take(at).rev();
            let moved = back.filter(|s| rename_to_free(&s.to, &s.from).is_err()).cloned().collect();
            let path = step.from.clone();
            return Err(HandoffError { path, source, moved, doubled: Vec::new() });
        }
    }
    sync_both(steps);
    Ok(())
}

/// Copies all files to another filesystem, then removes them here.
fn copy_all(steps: &[Step]) -> Result<(), HandoffError> {
    let mut temps: Vec<PathBuf> = Vec::new();
    let mut placed = 0;
    let mut copied = || {
        for step in steps {
            let temp = copy_beside(&step.from, &step.to);
            temps.push(temp.map_err(|e| HandoffError::untouched(&step.from, e))?);
        }
        for (temp, step) in temps.iter().zip(steps) {
            rename_to_free(temp, &step.to).map_err(|e| HandoffError::untouched(&step.from, e))?;
            placed += 1;
        }
        let folder = steps.first().map_or(Path::new(""), |s| folder_of(&s.to));
        sync_folder(folder).map_err(|e| HandoffError::untouched(folder, e))
    };
    let copied = copied();
    // Until here every original is whole in its place: copies may go.
    let take_back = |placed: usize| {
        for (at, temp) in temps.iter().enumerate() {
            let copy = steps.get(at).filter(|_| at < placed).map_or(temp, |s| &s.to);
            let _ = fs::remove_file(copy);
        }
    };
    if let Err(error) = copied {
        take_back(placed);
        return Err(error);
    }
    for (at, step) in steps.iter().enumerate() {
        if let Err(source) = fs::remove_file(&step.from) {
            if at == 0 {
                take_back(placed);
                return Err(HandoffError::untouched(&step.from, source));
            }
            let (moved, doubled) = steps.split_at(at);
            let (moved, doubled) = (moved.to_vec(), doubled.to_vec());
            return Err(HandoffError { path: step.from.clone(), source, moved, doubled });
        }
    }
    sync_both(steps);
    Ok(())
}

/// Makes the moves last. The files are in place; a folder that cannot be
/// flushed changes nothing about that.
fn sync_both(steps: &[Step]) {
    if let Some(step) = steps.first() {
        let _ = sync_folder(folder_of(&step.to));
        let _ = sync_folder(folder_of(&step.from));
    }
}

/// Makes `folder` and all above it up to `root`, to last.
fn make_folder(root: &Path, folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    for made in folder.ancestors() {
        sync_folder(folder_of(made))?;
        if made == root {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "handoff_tests.rs"]
mod tests;
