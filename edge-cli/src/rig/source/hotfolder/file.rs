//! One file that is not taken yet: what is known of it, and what it waits for.
//!
//! No clock is read and no file touched here: moments and looks are handed in.

use super::look::Look;
use super::notices::Signal;
use crate::rig::intake::Wholeness;
use std::time::{Duration, Instant};

/// How long is waited for what.
#[derive(Clone, Copy, Debug)]
pub(in crate::rig::source) struct Times {
    /// Whether nothing but looking tells that a file has changed.
    pub polling: bool,
    /// Time between two looks at a file of which no end of writing was told.
    pub interval: Duration,
    /// Time without a change after which no more is expected of a file that ends too
    /// early.
    pub settle: Duration,
    /// Time that a renamed file's writer has to close it.
    pub grace: Duration,
    /// Time until a file that was refused is tried again.
    pub retry: Duration,
}

/// What a file waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It was found here: for a second look that is the same.
    Seen,
    /// It is being written: for its writer to close it.
    Growing,
    /// It got its name: for its writer to close it, for a moment.
    Renamed,
    /// For a free taker.
    Queued(Wholeness),
    /// To be taken, which is being done.
    Busy,
    /// It ends too early: for more.
    Short,
    /// It was refused: for a change, or another try.
    Refused,
    /// For its name, as it has one of a file in the making.
    Unnamed,
}

/// What is to be done about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing now.
    Wait,
    /// It is to be put into the queue.
    Queue,
    /// People should hear that it keeps its provisional name.
    TellUnnamed,
}

/// A file that is not taken yet.
#[derive(Debug)]
pub(super) struct Waiting {
    pub look: Look,
    pub stage: Stage,
    /// When to look again, if nothing is told before.
    pub next: Instant,
    /// Whether people were told of its trouble.
    pub told: bool,
    /// What was told while it was being taken.
    pub meanwhile: Option<Signal>,
    /// When it was last seen to have changed.
    since: Instant,
    /// Whether no more was expected of it when it was queued.
    given_up: bool,
}

impl Waiting {
    /// A file that was just found or told of. Hand that to [`Self::signal`] next.
    pub(super) fn new(
        look: Look,
        unnamed: bool,
        signal: Signal,
        times: &Times,
        now: Instant,
    ) -> Self {
        let (stage, wait) = match signal {
            _ if unnamed => (Stage::Unnamed, times.settle),
            Signal::Found => (Stage::Seen, times.interval),
            Signal::Changed | Signal::Renamed | Signal::Closed => (Stage::Growing, times.settle),
        };
        Self {
            look,
            stage,
            next: now + wait,
            told: false,
            meanwhile: None,
            since: now,
            given_up: false,
        }
    }

    /// Something was told of it. `old`: nobody wrote to it in the last while.
    pub(super) fn signal(
        &mut self,
        look: Look,
        signal: Signal,
        old: bool,
        times: &Times,
        now: Instant,
    ) -> Act {
        let changed = self.note(look, now);
        match (self.stage, signal) {
            (Stage::Busy, _) => {
                self.meanwhile = self.meanwhile.max(Some(signal));
                Act::Wait
            }
            (Stage::Unnamed, _) => {
                self.next = self.since + times.settle;
                Act::Wait
            }
            (Stage::Queued(Wholeness::AsItIs), _) if changed => self.grow(times, now),
            (Stage::Queued(_), _) => Act::Wait,
            (_, Signal::Closed | Signal::Renamed) if self.look.bytes == 0 => {
                self.shorten(times, now)
            }
            (_, Signal::Closed) => self.queue(Wholeness::Required),
            (_, Signal::Renamed) if times.grace.is_zero() => self.queue(Wholeness::Required),
            (_, Signal::Renamed) => {
                self.stage = Stage::Renamed;
                self.next = now + times.grace;
                Act::Wait
            }
            (Stage::Refused, Signal::Changed) => self.queue(Wholeness::Required),
            (Stage::Renamed, Signal::Changed) => Act::Wait,
            (_, Signal::Changed) if changed || self.stage == Stage::Growing => {
                self.grow(times, now)
            }
            (Stage::Seen, Signal::Found) if old && self.look.bytes > 0 => {
                self.queue(Wholeness::Required)
            }
            (_, Signal::Changed | Signal::Found) => Act::Wait,
        }
    }

    /// Its time has come to be looked at.
    pub(super) fn due(&mut self, look: Look, times: &Times, now: Instant) -> Act {
        let changed = self.note(look, now);
        let settled = now.duration_since(self.since) >= times.settle;
        match self.stage {
            Stage::Queued(_) | Stage::Busy => {
                self.next = now + times.retry;
                Act::Wait
            }
            Stage::Unnamed if !settled => {
                self.next = self.since + times.settle;
                Act::Wait
            }
            Stage::Unnamed => {
                self.next = now + times.retry;
                if std::mem::replace(&mut self.told, true) { Act::Wait } else { Act::TellUnnamed }
            }
            Stage::Renamed => self.queue(Wholeness::Required),
            Stage::Seen | Stage::Short | Stage::Growing if changed => {
                self.stage = if times.polling { Stage::Seen } else { self.stage };
                self.next = now + times.interval;
                Act::Wait
            }
            Stage::Seen if self.look.bytes == 0 => self.shorten(times, now),
            Stage::Seen => self.queue(Wholeness::Required),
            Stage::Short | Stage::Growing if settled => self.queue(Wholeness::AsItIs),
            Stage::Short => self.shorten(times, now),
            Stage::Growing => self.grow(times, now),
            Stage::Refused => {
                let wholeness =
                    if self.given_up && !changed { Wholeness::AsItIs } else { Wholeness::Required };
                self.queue(wholeness)
            }
        }
    }

    /// It was to be taken as it is, but somebody still writes to it; true if that is to be
    /// told.
    pub(super) fn hold_on(&mut self, times: &Times, now: Instant) -> bool {
        self.since = now;
        self.grow(times, now);
        !std::mem::replace(&mut self.told, true)
    }

    /// It turned out to end too early.
    pub(super) fn shorten(&mut self, times: &Times, now: Instant) -> Act {
        self.stage = Stage::Short;
        self.wait_for_more(times, now)
    }

    /// It was refused, and is tried again after a while; true if that is to be told.
    pub(super) fn refuse(&mut self, wait: Duration, now: Instant) -> bool {
        self.stage = Stage::Refused;
        self.next = now + wait;
        !std::mem::replace(&mut self.told, true)
    }

    /// It had to wait for something that is not its fault: it is tried again soon.
    pub(super) fn put_off(&mut self, wait: Duration, now: Instant) {
        self.stage = Stage::Refused;
        self.next = now + wait;
    }

    fn note(&mut self, look: Look, now: Instant) -> bool {
        let changed = look != self.look;
        if changed {
            self.look = look;
            self.since = now;
        }
        changed
    }

    fn queue(&mut self, wholeness: Wholeness) -> Act {
        self.given_up = wholeness == Wholeness::AsItIs;
        self.stage = Stage::Queued(wholeness);
        Act::Queue
    }

    fn grow(&mut self, times: &Times, now: Instant) -> Act {
        self.stage = Stage::Growing;
        self.wait_for_more(times, now)
    }

    fn wait_for_more(&mut self, times: &Times, now: Instant) -> Act {
        let settled = self.since + times.settle;
        self.next = if times.polling { settled.min(now + times.interval) } else { settled };
        Act::Wait
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
