//! What happens in folders, from the system to the one who waits for it.
//!
//! Notices of one path are put together, and their number is bounded: when there are too
//! many, or the system has lost some, all that is left to say is `lost`, and everything
//! must be looked at again.

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Paths that are remembered before everything is looked at again.
const MOST: usize = 8_192;

/// What happened to a file, the more telling the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Signal {
    /// It is there; nothing else is known.
    Found,
    /// It came into being, was written to, or went away.
    Changed,
    /// It got this name.
    Renamed,
    /// Who wrote it has closed it.
    Closed,
}

/// What was told since the last time.
#[derive(Debug)]
pub(super) struct Told<T> {
    /// Paths in order, so that the files of one exposure stand together.
    pub paths: BTreeMap<PathBuf, Signal>,
    /// What others have put on the board.
    pub others: Vec<T>,
    /// Whether something happened that is not among the paths.
    pub lost: bool,
}

impl<T> Default for Told<T> {
    fn default() -> Self {
        Self { paths: BTreeMap::new(), others: Vec::new(), lost: false }
    }
}

impl<T> Told<T> {
    fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.others.is_empty() && !self.lost
    }

    fn path(&mut self, path: PathBuf, signal: Signal) {
        if self.paths.len() < MOST || self.paths.contains_key(&path) {
            let known = self.paths.entry(path).or_insert(signal);
            *known = signal.max(*known);
        } else {
            self.lost = true;
        }
    }

    fn event(&mut self, event: notify::Result<Event>) {
        let Ok(mut event) = event else {
            self.lost = true;
            return;
        };
        self.lost |= event.need_rescan();
        let signal = match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => Signal::Closed,
            EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Signal::Renamed,
            // Its two halves were told already.
            EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => return,
            EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) => Signal::Changed,
            // Opened and closed by readers: we are readers too.
            EventKind::Access(_) | EventKind::Any | EventKind::Other => return,
        };
        for path in event.paths.drain(..) {
            self.path(path, signal);
        }
    }
}

/// Where notices are left, and waited for.
#[derive(Debug)]
pub(super) struct Board<T> {
    told: Mutex<Told<T>>,
    more: Condvar,
}

impl<T> Default for Board<T> {
    fn default() -> Self {
        Self { told: Mutex::default(), more: Condvar::new() }
    }
}

impl<T> Board<T> {
    /// Who panicked here left nothing half done that a look at everything would not mend.
    fn lock(&self) -> MutexGuard<'_, Told<T>> {
        self.told.lock().unwrap_or_else(|poisoned| {
            let mut told = PoisonError::into_inner(poisoned);
            told.lost = true;
            told
        })
    }

    /// Leaves something that is not about a path.
    pub(super) fn leave(&self, other: T) {
        self.lock().others.push(other);
        self.more.notify_one();
    }

    /// Waits so long for something to be told, and takes all of it.
    pub(super) fn take(&self, at_most: Duration) -> Told<T> {
        let waited = self.more.wait_timeout_while(self.lock(), at_most, |told| told.is_empty());
        std::mem::take(&mut *waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}

/// Watches folders, one by one, and tells a [`Board`].
#[derive(Debug)]
pub(super) struct Watch(RecommendedWatcher);

impl Watch {
    /// # Errors
    /// When the system has no more to give.
    pub(super) fn new<T: Send + 'static>(board: &Arc<Board<T>>) -> notify::Result<Self> {
        let board = Arc::clone(board);
        let tell = move |event| {
            board.lock().event(event);
            board.more.notify_one();
        };
        Ok(Self(RecommendedWatcher::new(tell, notify::Config::default())?))
    }

    /// Tells from now on what happens to the entries of a folder. What happened before
    /// must be looked for afterwards.
    ///
    /// # Errors
    /// When the folder cannot be read, or there are too many of them.
    pub(super) fn add(&mut self, folder: &Path) -> notify::Result<()> {
        self.0.watch(folder, RecursiveMode::NonRecursive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::Instant;

    /// Waits for one path to be told of with at least this signal.
    fn expect(board: &Board<()>, path: &Path, signal: Signal) {
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end {
            let told = board.take(Duration::from_millis(50));
            if told.paths.get(path).is_some_and(|known| *known >= signal) {
                return;
            }
        }
        panic!("not told of {}", path.display());
    }

    #[test]
    fn closing_and_renaming_are_told_and_reading_is_not() {
        let t = tempfile::tempdir().expect("a folder");
        let board = Arc::new(Board::<()>::default());
        let mut watch = Watch::new(&board).expect("a watch");
        watch.add(t.path()).expect("watched");
        let (a, b) = (t.path().join("a b\n"), t.path().join("b"));
        fs::write(&a, b"x").expect("written");
        expect(&board, &a, Signal::Closed);
        fs::rename(&a, &b).expect("renamed");
        expect(&board, &b, Signal::Renamed);
        fs::read(&b).expect("read");
        fs::write(&a, b"x").expect("written");
        let mut seen = Vec::new();
        while !seen.contains(&a) {
            seen.extend(board.take(Duration::from_millis(50)).paths.into_keys());
        }
        assert!(!seen.contains(&b), "{seen:?}");
    }

    #[test]
    fn too_much_is_said_to_be_lost() {
        let mut told = Told::<()>::default();
        for n in 0..=MOST {
            assert!(!told.lost);
            told.path(PathBuf::from(format!("{n}")), Signal::Found);
        }
        assert!(told.lost);
        assert_eq!(told.paths.len(), MOST);
        told.path(PathBuf::from("7"), Signal::Closed);
        told.path(PathBuf::from("7"), Signal::Changed);
        assert_eq!(told.paths.get(Path::new("7")), Some(&Signal::Closed));
    }
}
