//! How long to wait before trying again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Seconds between two attempts at least, and at most.
const SHORTEST_S: u64 = 1;
const LONGEST_S: u64 = 60;

/// Waits that double, from a second to a minute, each by chance up to twice as long as
/// at least, so that a host that comes back is not asked by everybody at once.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Without a failure so far.
    #[must_use]
    pub const fn new() -> Self {
        Self { failures: 0 }
    }

    /// How long to wait after one more failure: 1 to 2 seconds after the first, 30 to 60
    /// after many.
    pub fn failed(&mut self) -> Duration {
        let most = (2 * SHORTEST_S).checked_shl(self.failures.min(16)).unwrap_or(LONGEST_S);
        let most = most.min(LONGEST_S) * 1_000;
        self.failures = self.failures.saturating_add(1);
        // Keyed differently each time: as much chance as is needed here.
        let chance = RandomState::new().hash_one(self.failures) % (most / 2 + 1);
        Duration::from_millis(most / 2 + chance)
    }

    /// It worked: the next wait is short again.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Failures since it last worked.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_begin_anew_after_success() {
        let mut backoff = Backoff::new();
        for round in 0..2 {
            for (failures, most) in [2, 4, 8, 16, 32, 60, 60, 60].into_iter().enumerate() {
                assert_eq!(backoff.failures() as usize, failures, "round {round}");
                let wait = backoff.failed().as_millis();
                assert!((most * 500..=most * 1_000).contains(&wait), "{wait} ms after {failures}");
            }
            backoff.succeeded();
        }
        let mut worn = Backoff { failures: u32::MAX };
        assert!(worn.failed() <= Duration::from_secs(LONGEST_S));
        assert!(worn.failed() >= Duration::from_secs(LONGEST_S / 2));
    }

    #[test]
    fn two_rigs_do_not_wait_equally_long() {
        let waits = |_| {
            let mut backoff = Backoff::new();
            (0..20).map(|_| backoff.failed()).collect::<Vec<_>>()
        };
        let [one, other] = [(); 2].map(waits);
        assert_ne!(one, other);
    }
}
