//! Bursts, as frames come in.
//!
//! In come [`Shot`]s in the order of the camera; out goes for each the burst that it
//! belongs to: every frame belongs to one, if only its own.
//!
//! A frame is compared with two frames of each burst that is still open: its *leader*,
//! the first frame, and its *latest*. It joins
//!
//! - where it was taken at most `gap_ms` after the latest of one of
//!   the [`LIVE`] bursts that grew last, and still resembles it
//!   ([`Fingerprint::BURST`]): a subject may move as far as it likes, from frame to frame;
//! - where it resembles the leader ([`Fingerprint::NEAR`]), and no clock says that more
//!   than the gap lies between: without times, or with times that run backwards, bursts
//!   are what stays about the same;
//! - where it is as good as the leader's picture ([`Fingerprint::SAME`]), whatever the
//!   time.
//!
//! So chains form along close times alone. By looks nothing is chained: all that joins
//! without a time lies around one leader, and a walk through a town does not become one
//! burst. A clock that stands still chains no more than unrelated neighbours that
//! resemble each other by chance.
//!
//! Where several bursts would have a frame, it joins the one that it is nearest to, of
//! equal ones that which grew last.

use super::{Fingerprint, Shot, Taken};
use heapless::Vec;

/// Milliseconds between frames of one burst at most, unless someone says otherwise.
/// Cameras that write whole seconds make frames look up to a second further apart.
pub const GAP_MS: u32 = 3_000;

/// As many bursts may be under way at a time: something passes before the lens, a second
/// camera fires.
pub const LIVE: usize = 4;

/// The bursts that are open: the `N` that grew last, `N` times some 150 bytes.
#[derive(Clone, Debug)]
pub struct Groups<const N: usize> {
    /// That which grew last comes last.
    open: Vec<Open, N>,
    gap_ms: u32,
    frames: u32,
}

/// Where a frame belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Membership {
    /// Number of the burst: that of its first frame among all frames, from 0.
    pub burst: u32,
    /// The frame's place in it, in order of arrival, from 0.
    pub index: u32,
}

/// A burst that may still grow.
#[derive(Clone, Copy, Debug)]
struct Open {
    burst: u32,
    size: u32,
    leader: Fingerprint,
    latest: Fingerprint,
    time_ms: Option<i64>,
}

impl<const N: usize> Default for Groups<N> {
    fn default() -> Self {
        Self::new(GAP_MS)
    }
}

impl<const N: usize> Groups<N> {
    /// No bursts so far. Frames of one are at most `gap_ms` milliseconds apart, each
    /// from the next.
    #[must_use]
    pub const fn new(gap_ms: u32) -> Self {
        Self { open: Vec::new(), gap_ms, frames: 0 }
    }

    /// The burst of the next frame. Frames are numbered up to 2^32 - 1; those beyond
    /// share the last number.
    pub fn push(&mut self, shot: &Shot) -> Membership {
        let live = self.open.len().saturating_sub(LIVE);
        let candidates = self.open.iter().enumerate().rev().filter_map(|(at, open)| {
            let distance = open.distance(shot, self.gap_ms, at >= live)?;
            Some((distance, at))
        });
        // The first of equal ones, which is that which grew last.
        let nearest = candidates.min_by_key(|&(distance, _)| distance);
        let number = self.frames;
        self.frames = self.frames.saturating_add(1);
        let open = match nearest {
            Some((_, at)) if at < self.open.len() => {
                let open = self.open.remove(at);
                Open { size: open.size.saturating_add(1), ..open }
            }
            _ => {
                if self.open.is_full() && !self.open.is_empty() {
                    self.open.remove(0);
                }
                let look = shot.fingerprint;
                Open { burst: number, size: 1, leader: look, latest: look, time_ms: None }
            }
        };
        let time_ms = shot.taken.time_ms.or(open.time_ms);
        // There is room, but for no bursts at all.
        let _ = self.open.push(Open { latest: shot.fingerprint, time_ms, ..open });
        Membership { burst: open.burst, index: open.size.saturating_sub(1) }
    }

    /// Counts a frame of which nothing is known: it belongs to no burst, and has a number.
    pub fn skip(&mut self) {
        self.frames = self.frames.saturating_add(1);
    }

    /// Frames seen so far.
    #[must_use]
    pub fn frames(&self) -> u32 {
        self.frames
    }

    /// Forgets all frames.
    pub fn clear(&mut self) {
        self.open.clear();
        self.frames = 0;
    }
}

impl Open {
    /// How far a frame is from this burst; `None` where it does not belong to it.
    fn distance(&self, shot: &Shot, gap_ms: u32, live: bool) -> Option<u32> {
        let latest = Taken { time_ms: self.time_ms, ..Taken::default() };
        let apart = latest.apart(&shot.taken, gap_ms);
        let soon = apart.map(|ms| ms <= gap_ms.into());
        let within = |look: &Fingerprint, limit: u32| {
            Some(look.distance(&shot.fingerprint)).filter(|&distance| distance <= limit)
        };
        let moved = if live && soon == Some(true) {
            within(&self.latest, Fingerprint::BURST)
        } else {
            None
        };
        // Blank frames look like each other, and are not the same picture for that.
        let alike = if shot.fingerprint.is_blank() {
            None
        } else if soon == Some(false) {
            within(&self.leader, Fingerprint::SAME)
        } else {
            within(&self.leader, Fingerprint::NEAR)
        };
        moved.into_iter().chain(alike).min()
    }
}

#[cfg(test)]
mod tests;
