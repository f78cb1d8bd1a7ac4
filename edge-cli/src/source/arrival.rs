//! How much of a file is there while it is still being written.
//!
//! The thread that brings the bytes says how far it is; a thread that reads the file
//! behind it waits here for more.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The progress of one file.
#[derive(Debug, Default)]
pub struct Arrival {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    bytes: u64,
    ended: bool,
}

impl Arrival {
    /// Of a file of which nothing is there.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// So many bytes can be read now.
    pub fn advance_to(&self, bytes: u64) {
        self.lock().bytes = bytes;
        self.changed.notify_all();
    }

    /// No more will come: the file is what it is.
    pub fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Waits until more than `at` bytes are there; gives their number, or `None` when the
    /// file has ended and is its own measure.
    #[must_use]
    pub fn beyond(&self, at: u64) -> Option<u64> {
        let waiting = |state: &mut State| state.bytes <= at && !state.ended;
        let state = self.changed.wait_while(self.lock(), waiting);
        let state = *state.unwrap_or_else(PoisonError::into_inner);
        (!state.ended).then_some(state.bytes)
    }

    /// Waits until the file has ended.
    pub fn wait_for_end(&self) {
        let _ = self.beyond(u64::MAX);
    }

    /// Nothing that holds the lock can leave the numbers half written.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_reader_waits_for_bytes_or_the_end() {
        let arrival = Arc::new(Arrival::new());
        let reader = {
            let arrival = Arc::clone(&arrival);
            std::thread::spawn(move || (arrival.beyond(9), arrival.beyond(20)))
        };
        arrival.advance_to(5);
        arrival.advance_to(10);
        arrival.end();
        let (first, second) = reader.join().expect("no panic");
        // It may have looked only when all was over.
        assert!(matches!(first, Some(10) | None));
        assert_eq!(second, None);
        arrival.wait_for_end();
    }
}
