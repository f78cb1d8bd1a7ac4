//! The wish that a thread ends, which it can wait for.
//!
//! Every thread of the rig has a clone of one [`Stop`], and sleeps on nothing else: when
//! it is raised, all of them wake at once.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A flag that is raised once and stays so. Clones are the same flag.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Flag>);

#[derive(Debug, Default)]
struct Flag {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Flag {
    /// A thread that panicked while it held the lock has done no harm: it is one boolean.
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stop {
    /// A flag that is not raised.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises it, and wakes all who wait. To be called from a thread, not from a signal
    /// handler, as it takes a lock.
    pub fn raise(&self) {
        *self.0.lock() = true;
        self.0.changed.notify_all();
    }

    /// Whether it was raised.
    #[must_use]
    pub fn raised(&self) -> bool {
        *self.0.lock()
    }

    /// Waits so long, or until it is raised; true if it is.
    #[must_use = "true means to stop"]
    pub fn wait(&self, at_most: Duration) -> bool {
        let waited = self.0.changed.wait_timeout_while(self.0.lock(), at_most, |raised| !*raised);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// Longer than any test may take: whoever waits to its end has not been woken.
    const FOREVER: Duration = Duration::from_secs(3_600);

    #[test]
    fn raising_wakes_all_who_wait_and_lasts() {
        let stop = Stop::new();
        assert!(!stop.raised());
        assert!(!stop.wait(Duration::from_millis(1)));
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let stop = stop.clone();
                thread::spawn(move || stop.wait(FOREVER))
            })
            .collect();
        stop.raise();
        for thread in waiting {
            assert!(thread.join().expect("no panic"));
        }
        assert!(stop.raised() && stop.wait(FOREVER));
    }
}
