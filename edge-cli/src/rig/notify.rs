//! What the service manager is told: ready, alive, in words, stopping.
//!
//! Without one, nothing happens.

#[cfg(target_os = "linux")]
mod systemd {
    use sd_notify::NotifyState;
    use std::time::Duration;

    /// The rig runs.
    pub(in crate::rig) fn ready() {
        tell(&[NotifyState::Ready]);
    }

    /// It reads its configuration again.
    pub(in crate::rig) fn reloading() {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
        tell(&[NotifyState::Reloading, NotifyState::MonotonicUsec(micros)]);
    }

    /// It ends.
    pub(in crate::rig) fn stopping() {
        tell(&[NotifyState::Stopping]);
    }

    /// It is alive, and this is how it goes.
    pub(in crate::rig) fn alive(status: &str) {
        tell(&[NotifyState::Watchdog, NotifyState::Status(status)]);
    }

    /// How often it wants to hear that the rig is alive; `None` for never.
    pub(in crate::rig) fn interval() -> Option<Duration> {
        sd_notify::watchdog_enabled().map(|timeout| timeout / 2)
    }

    fn tell(states: &[NotifyState<'_>]) {
        // Nobody may be listening.
        let _ = sd_notify::notify(states);
    }
}

#[cfg(not(target_os = "linux"))]
mod systemd {
    use std::time::Duration;

    /// The rig runs.
    pub(in crate::rig) fn ready() {}
    /// It reads its configuration again.
    pub(in crate::rig) fn reloading() {}
    /// It ends.
    pub(in crate::rig) fn stopping() {}
    /// It is alive, and this is how it goes.
    pub(in crate::rig) fn alive(_: &str) {}
    /// How often that is wanted.
    pub(in crate::rig) fn interval() -> Option<Duration> {
        None
    }
}

pub(super) use systemd::{alive, interval, ready, reloading, stopping};
