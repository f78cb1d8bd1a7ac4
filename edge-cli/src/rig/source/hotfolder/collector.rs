//! Watches a folder, and hands over what is complete in it.

use super::file::{Act, Stage, Times, Waiting};
use super::followed::Followed;
use super::look::{self, Look};
use super::notices::{Board, Signal, Told, Watch};
use super::scan::{Scan, Step};
use super::takers::{Job, Outcome, Takers};
use super::writers;
use crate::rig::intake::{Intake, IntakeError, Wholeness};
use crate::rig::name::{GivenName, MAX_DEPTH, NameError};
use crate::rig::stop::Stop;
use crate::source::folder::REJECTS_MARKER;
use notify::ErrorKind;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::{info, warn};

/// Files that are remembered because they cannot be taken yet. When there are more, the
/// others are found when these have gone.
const MOST_WAITING: usize = 8_192;

/// Files that are queued before the walk through the folders goes on.
const ENOUGH_QUEUED: usize = 256;

/// Without a write for so long, a file that was found is not being written.
const OLD: Duration = Duration::from_secs(5);

/// Time after which a full disk is asked again whether it has room for a file.
const FULL: Duration = Duration::from_secs(1);

/// Time between two looks whether the folder itself is still there.
const ROOT: Duration = Duration::from_secs(2);

/// What a path below the folder is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rig::source) enum Kind {
    /// A file that is taken under this name.
    File(GivenName),
    /// A file that has its final name yet to come.
    InTheMaking,
}

/// What is watched, and how.
pub(in crate::rig::source) struct Place {
    /// The folder.
    pub root: PathBuf,
    /// The source's name.
    pub source: &'static str,
    /// What a path is, relative to the folder.
    pub kind: fn(&Path) -> Result<Kind, NameError>,
    /// How long is waited for what.
    pub times: Times,
    /// Folders that are passed over if they lie inside.
    pub except: Vec<PathBuf>,
}

/// Watches a folder, and hands over what is complete in it.
pub(in crate::rig::source) struct Collector<'a> {
    place: Place,
    intake: &'a Intake,
    stop: &'a Stop,
    board: Arc<Board<Outcome>>,
    /// `None` where folders are polled.
    watch: Option<Watch>,
    takers: Takers,
    scan: Scan,
    waiting: BTreeMap<PathBuf, Waiting>,
    queue: VecDeque<PathBuf>,
    followed: Followed,
    /// Whether there are files that are not remembered.
    missed: bool,
    has_room: bool,
    /// Device and number of the folder.
    root: (u64, u64),
    /// When to look after the folder; when to look at waiting files; when to go through
    /// all folders.
    next_root: Instant,
    next_due: Instant,
    next_scan: Option<Instant>,
}

impl<'a> Collector<'a> {
    /// Begins to watch, and to look through what is there.
    pub(in crate::rig::source) fn new(
        mut place: Place,
        takers: usize,
        intake: &'a Intake,
        stop: &'a Stop,
    ) -> io::Result<Self> {
        // The system tells of paths below this one, whatever the current folder is.
        place.root = place.root.canonicalize()?;
        let meta = place.root.metadata()?;
        place.except = place.except.iter().filter_map(|path| path.canonicalize().ok()).collect();
        let board = Arc::new(Board::default());
        let watch = if place.times.polling {
            None
        } else {
            match Watch::new(&board) {
                Ok(watch) => Some(watch),
                Err(error) => {
                    warn!(folder = ?place.root, "cannot be watched ({error}): it is polled");
                    None
                }
            }
        };
        place.times.polling = watch.is_none();
        let takers = Takers::start(takers, place.source, intake, &board)?;
        let now = Instant::now();
        let mut collector = Self {
            root: (meta.dev(), meta.ino()),
            place,
            intake,
            stop,
            board,
            watch,
            takers,
            scan: Scan::default(),
            waiting: BTreeMap::new(),
            queue: VecDeque::new(),
            followed: Followed::default(),
            missed: false,
            has_room: true,
            next_root: now + ROOT,
            next_due: now,
            next_scan: None,
        };
        collector.look_at_everything(now);
        Ok(collector)
    }

    /// Does what there is to do, after waiting for it so long at most.
    ///
    /// # Errors
    /// When the folder is gone, or no file can be taken any more.
    pub(in crate::rig::source) fn turn(&mut self, at_most: Duration) -> io::Result<()> {
        let now = Instant::now();
        let told = self.board.take(self.wait(at_most, now));
        let now = Instant::now();
        if now >= self.next_root {
            self.check_root()?;
            self.next_root = now + ROOT;
        }
        self.followed.expire(now);
        self.hear(told, now);
        if now >= self.next_due {
            self.look_at_due(now);
        }
        if self.next_scan.is_some_and(|next| now >= next) && self.scan.is_done() {
            self.look_at_everything(now);
        }
        self.go_on_looking(now);
        self.give_out()?;
        Ok(())
    }

    fn wait(&self, at_most: Duration, now: Instant) -> Duration {
        let has_work = self.takers.is_free() && self.has_room && !self.queue.is_empty();
        if has_work || self.may_go_on_looking() {
            return Duration::ZERO;
        }
        let next = self.next_due.min(self.next_root);
        let next = self.next_scan.map_or(next, |scan| scan.min(next));
        next.saturating_duration_since(now).min(at_most)
    }

    fn check_root(&self) -> io::Result<()> {
        let meta = self.place.root.metadata()?;
        if (meta.dev(), meta.ino()) == self.root {
            return Ok(());
        }
        // Another disk was mounted here, or this one was taken away.
        Err(io::Error::new(io::ErrorKind::NotFound, "another folder has taken its place"))
    }

    fn look_at_everything(&mut self, now: Instant) {
        self.missed = false;
        self.next_scan = self.place.times.polling.then_some(now + self.place.times.interval);
        let root = self.place.root.clone();
        self.enter(&root, now);
    }

    fn hear(&mut self, told: Told<Outcome>, now: Instant) {
        for outcome in told.others {
            self.takers.busy = self.takers.busy.saturating_sub(1);
            self.conclude(outcome, now);
        }
        for (path, signal) in told.paths {
            self.touch(&path, signal, now);
        }
        if told.lost {
            self.look_at_everything(now);
        }
    }

    fn look_at_due(&mut self, now: Instant) {
        let due: Vec<PathBuf> = self
            .waiting
            .iter()
            .filter(|(_, file)| file.next <= now && !is_under_way(file))
            .map(|(path, _)| path.clone())
            .collect();
        for path in due {
            let polling = self.place.times.polling;
            let look = match fs::symlink_metadata(&path) {
                Ok(meta) if meta.is_dir() => {
                    self.waiting.remove(&path);
                    self.enter(&path, now);
                    continue;
                }
                Ok(meta) if meta.is_file() && polling => Look::through(&path),
                Ok(meta) if meta.is_file() => Ok(Look::of(&meta)),
                Ok(_) => Err(io::ErrorKind::NotFound.into()),
                Err(error) => Err(error),
            };
            match look {
                Ok(look) => {
                    let Some(file) = self.waiting.get_mut(&path) else { continue };
                    let act = file.due(look, &self.place.times, now);
                    if file.stage == Stage::Queued(Wholeness::AsItIs)
                        && let Some(writer) = writers::writer_of(look.inode)
                    {
                        if file.hold_on(&self.place.times, now) {
                            warn!(file = ?path, "does not grow, but {writer} still has it open: it waits");
                        }
                        continue;
                    }
                    self.act(&path, act);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.waiting.remove(&path);
                }
                Err(error) => self.refuse(&path, &error.to_string(), now),
            }
        }
        let next = self.waiting.values().filter(|file| !is_under_way(file)).map(|file| file.next);
        self.next_due = next.min().unwrap_or(now + self.place.times.retry);
    }

    fn may_go_on_looking(&self) -> bool {
        !self.scan.is_done()
            && self.queue.len() < ENOUGH_QUEUED
            && self.waiting.len() < MOST_WAITING
    }

    /// Walks on through the folders, as far as files can be taken or remembered.
    fn go_on_looking(&mut self, now: Instant) {
        for _ in 0..ENOUGH_QUEUED {
            if !self.may_go_on_looking() {
                break;
            }
            match self.scan.next() {
                Some(Step::Entry(path)) => self.touch(&path, Signal::Found, now),
                Some(Step::Unreadable(path, error)) if path == self.place.root => {
                    warn!(folder = ?path, "cannot be read: {error}");
                    self.missed = true;
                }
                Some(Step::Unreadable(path, error)) => {
                    self.refuse(&path, &error.to_string(), now);
                }
                None => break,
            }
        }
        if self.missed && self.scan.is_done() && self.next_scan.is_none() {
            self.next_scan = Some(now + self.place.times.retry);
        }
    }

    /// Looks at a path of which something was told, or that was found.
    fn touch(&mut self, path: &Path, signal: Signal, now: Instant) {
        let meta = match fs::symlink_metadata(path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.forget(path);
                return;
            }
            Err(error) => {
                self.refuse(path, &error.to_string(), now);
                return;
            }
        };
        if meta.is_dir() {
            if path != self.place.root {
                self.enter(path, now);
            }
        } else if meta.is_file() {
            self.file(path, &meta, signal, now);
        } else {
            // A link, or no file at all: nobody sent that.
            self.forget(path);
        }
    }

    fn file(&mut self, path: &Path, meta: &Metadata, signal: Signal, now: Instant) {
        let relative = path.strip_prefix(&self.place.root).unwrap_or(path);
        let unnamed = match (self.place.kind)(relative) {
            Ok(Kind::File(_)) => false,
            Ok(Kind::InTheMaking) => true,
            Err(error) => {
                self.refuse(path, &error.to_string(), now);
                return;
            }
        };
        let look = Look::of(meta);
        let times = self.place.times;
        // A second name of a file is given when it is whole, as a new name is.
        let linked = signal == Signal::Changed && meta.nlink() > 1;
        let signal = if linked { Signal::Renamed } else { signal };
        let full = self.waiting.len() >= MOST_WAITING;
        let file = match self.waiting.entry(path.to_owned()) {
            Entry::Vacant(_) if full => {
                self.missed = true;
                return;
            }
            Entry::Vacant(place) => place.insert(Waiting::new(look, unnamed, signal, &times, now)),
            Entry::Occupied(place) => place.into_mut(),
        };
        let old = !times.polling && look::is_old(meta, OLD);
        let act = file.signal(look, signal, old, &times, now);
        self.next_due = self.next_due.min(file.next);
        if matches!(file.stage, Stage::Growing | Stage::Unnamed)
            && self.has_room
            && signal == Signal::Changed
        {
            self.followed.grown(path, look, self.intake, now);
        }
        self.act(path, act);
    }

    fn act(&mut self, path: &Path, act: Act) {
        match act {
            Act::Wait => {}
            Act::Queue => self.queue.push_back(path.to_owned()),
            Act::TellUnnamed => info!(
                file = ?path,
                "has not changed for {} s, but its name is one of a file in the making: it stays there",
                self.place.times.settle.as_secs()
            ),
        }
    }

    /// Watches a folder, then looks at what is in it: whatever came before the watch is
    /// found, and whatever comes later is told.
    fn enter(&mut self, folder: &Path, now: Instant) {
        if self.is_passed_over(folder) {
            return;
        }
        let relative = folder.strip_prefix(&self.place.root).unwrap_or(folder);
        if relative.components().count() > MAX_DEPTH {
            self.refuse(folder, &NameError::Long.to_string(), now);
            return;
        }
        match self.watch.as_mut().map(|watch| watch.add(folder)) {
            None | Some(Ok(())) => self.scan.push(folder),
            Some(Err(error)) => match error.kind {
                ErrorKind::PathNotFound => {}
                ErrorKind::Io(error) if error.kind() == io::ErrorKind::NotFound => {}
                ErrorKind::MaxFilesWatch => {
                    warn!(
                        folder = ?self.place.root,
                        "has more folders than the system watches (fs.inotify.max_user_watches): it is polled from now on"
                    );
                    self.watch = None;
                    self.place.times.polling = true;
                    self.look_at_everything(now);
                }
                _ => self.refuse(folder, &error.to_string(), now),
            },
        }
    }

    /// Whether a folder is hidden, edgecull's own, or excepted.
    fn is_passed_over(&self, folder: &Path) -> bool {
        if folder == self.place.root {
            return false;
        }
        let is_hidden = folder.file_name().is_some_and(|name| name.as_bytes().starts_with(b"."));
        is_hidden
            || self.place.except.iter().any(|except| folder.starts_with(except))
            || folder.join(REJECTS_MARKER).symlink_metadata().is_ok()
    }

    fn forget(&mut self, path: &Path) {
        if let Some(file) = self.waiting.get_mut(path) {
            if file.stage == Stage::Busy {
                return;
            }
            self.waiting.remove(path);
        }
    }

    /// Tells, once, why something is not taken, and has it looked at again after a while.
    fn refuse(&mut self, path: &Path, why: &str, now: Instant) {
        let times = self.place.times;
        if self.waiting.len() >= MOST_WAITING && !self.waiting.contains_key(path) {
            self.missed = true;
            return;
        }
        let file = self
            .waiting
            .entry(path.to_owned())
            .or_insert_with(|| Waiting::new(Look::nothing(), false, Signal::Found, &times, now));
        if file.refuse(times.retry, now) {
            warn!(file = ?path, "cannot be taken: {why}; it stays there, and is tried again");
        }
        self.next_due = self.next_due.min(now + times.retry);
    }

    /// Gives queued files to free takers.
    fn give_out(&mut self) -> io::Result<()> {
        if self.takers.is_broken() {
            return Err(io::Error::other("a thread has ended that should not"));
        }
        if self.queue.is_empty() && self.has_room {
            return Ok(());
        }
        let has_room = self.intake.wait_for_room(Duration::ZERO, self.stop);
        if has_room != self.has_room {
            self.has_room = has_room;
            if has_room {
                info!(folder = ?self.place.root, "there is room again: files are taken");
            } else {
                warn!(folder = ?self.place.root, "waiting: the disk is low; files stay where they are");
            }
        }
        while self.has_room && self.takers.is_free() {
            let Some(path) = self.queue.pop_front() else { break };
            self.give(path);
        }
        Ok(())
    }

    fn give(&mut self, path: PathBuf) {
        let relative = path.strip_prefix(&self.place.root).unwrap_or(&path);
        let Some(file) = self.waiting.get_mut(&path) else { return };
        let Stage::Queued(wholeness) = file.stage else { return };
        let Ok(Kind::File(name)) = (self.place.kind)(relative) else {
            // It was refused for its name, and still has that.
            file.put_off(self.place.times.retry, Instant::now());
            return;
        };
        if wholeness == Wholeness::AsItIs {
            warn!(
                file = ?path,
                "has not changed for {} s: it is taken as it is",
                self.place.times.settle.as_secs()
            );
        }
        file.stage = Stage::Busy;
        file.meanwhile = None;
        let following = match path.symlink_metadata() {
            Ok(meta) => self.followed.end(Look::of(&meta)),
            Err(_) => None,
        };
        self.takers.give(Job { path, name, following, wholeness });
    }

    fn conclude(&mut self, Outcome { path, result, followed }: Outcome, now: Instant) {
        let times = self.place.times;
        let Some(file) = self.waiting.get_mut(&path) else { return };
        let meanwhile = file.meanwhile.take();
        match result {
            Ok(_) => {
                self.waiting.remove(&path);
            }
            // It may have been written otherwise than from its beginning to its end: then
            // what was read while it grew is not what it holds.
            Err(IntakeError::NotWhole { .. }) if followed => {
                file.stage = Stage::Queued(Wholeness::Required);
                self.queue.push_front(path);
                return;
            }
            Err(IntakeError::NotWhole { .. }) => {
                file.shorten(&times, now);
            }
            Err(IntakeError::Full) => file.put_off(FULL, now),
            Err(IntakeError::Stopped) => file.put_off(times.retry, now),
            Err(IntakeError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                self.waiting.remove(&path);
            }
            Err(error) => self.refuse(&path, &error.to_string(), now),
        }
        if let Some(file) = self.waiting.get(&path) {
            self.next_due = self.next_due.min(file.next);
        }
        if let Some(signal) = meanwhile {
            self.touch(&path, signal, now);
        }
        if self.missed && self.next_scan.is_none() && self.waiting.len() < MOST_WAITING / 2 {
            self.next_scan = Some(now);
        }
    }
}

fn is_under_way(file: &Waiting) -> bool {
    matches!(file.stage, Stage::Queued(_) | Stage::Busy)
}
