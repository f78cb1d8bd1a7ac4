//! Whether there is room on the spool's disk.
//!
//! Below the limit sources are held back, and say so: what the camera has stays on its
//! card. A little is always left for the journal, and for frames on their way out.

use super::stop::Stop;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long nothing is tried after the disk said that it is full, unless it gets more room
/// than it had then, by so many bytes.
const REST: Duration = Duration::from_secs(10);
const MORE: u64 = 4 << 20;

/// Time between two looks while there is no room.
const LOOK: Duration = Duration::from_millis(500);

/// The room on the spool's disk.
#[derive(Debug)]
pub struct Room {
    spool: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    least: u64,
    low: bool,
    /// Free bytes when the disk said that it is full, and when that was.
    ran_out: Option<(u64, Instant)>,
}

impl Room {
    /// Of the disk of `spool`, of which `least` bytes stay free.
    #[must_use]
    pub fn new(spool: &Path, least: u64) -> Self {
        Self {
            spool: spool.to_owned(),
            state: Mutex::new(State { least, low: false, ran_out: None }),
        }
    }

    /// From now on so many bytes stay free.
    pub fn set_least(&self, least: u64) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).least = least;
    }

    /// The disk said that it is full, whatever is free by its own account.
    pub fn ran_out(&self) {
        let free = self.free().unwrap_or_default();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.ran_out = Some((free, Instant::now()));
        drop(state);
        let _ = self.there_is();
    }

    /// Free bytes; `None` where nothing can be written.
    fn free(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.spool).ok()?;
        let writable = !disk.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY);
        writable.then(|| disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Whether there is room now. Says so when that has changed.
    #[must_use]
    pub fn there_is(&self) -> bool {
        let free = self.free();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = |(then, at): (u64, Instant)| {
            at.elapsed() < REST && free.is_some_and(|free| free < then.saturating_add(MORE))
        };
        state.ran_out = state.ran_out.filter(|&ran_out| rests(ran_out));
        let low = free.is_none_or(|free| free < state.least) || state.ran_out.is_some();
        if low != state.low {
            state.low = low;
            let spool = self.spool.display();
            match free {
                _ if !low => tracing::warn!("{spool}: there is room again: sources go on"),
                Some(free) => tracing::error!(
                    "{spool}: only {} MiB are free: sources are paused, the camera's card \
                     keeps what it has; make room, or bring the host back",
                    free >> 20
                ),
                None => tracing::error!(
                    "{spool}: it cannot be written now: sources are paused, the camera's \
                     card keeps what it has"
                ),
            }
        }
        !low
    }

    /// Whether there was none at the last look.
    #[must_use]
    pub fn is_low(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).low
    }

    /// Waits until there is room; false when there is none for so long, or it is time to
    /// stop.
    #[must_use]
    pub fn wait(&self, at_most: Duration, stop: &Stop) -> bool {
        let until = Instant::now() + at_most;
        loop {
            if self.there_is() {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || stop.wait(left.min(LOOK)) {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_what_the_disk_has_beyond_the_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let room = Room::new(folder.path(), u64::MAX);
        let stop = Stop::new();
        assert!(!room.wait(Duration::ZERO, &stop) && room.is_low());
        room.set_least(0);
        assert!(room.wait(Duration::ZERO, &stop) && !room.is_low());
        room.ran_out();
        assert!(room.is_low() && !room.wait(Duration::ZERO, &stop));
        let gone = Room::new(&folder.path().join("gone"), 0);
        stop.raise();
        assert!(!gone.wait(Duration::from_secs(3600), &stop));
    }
}
