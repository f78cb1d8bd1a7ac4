//! Frames that were taken to be used together: exposure brackets, panoramas, focus
//! stacks. Thinned like a burst, they would be destroyed.
//!
//! In come [`Sketch`]es in the order in which the frames were taken; out comes, for
//! each frame, the set that it is in, or none. Frames that follow one another are
//! linked as long as each shows the same as the one before, or continues it to one
//! side; when a run of such frames has ended, its links tell what it was.
//!
//! ```text
//! Sketch, Taken ──> compare ──> run of linked frames ──┬> bracket   ┐
//!                                                      ├> stack     ├──> Placed
//!                                                      └> panorama  ┘
//! ```
//!
//! A false set would keep what should be thinned, so that a set needs three frames at
//! least and a pattern in all of them.

mod bracket;
mod compare;
mod panorama;
mod stack;

use super::sketch::{REGIONS, Sketch};
use super::taken::Taken;
use compare::{Detail, EV, Same, Shift, neighbour, same};
use heapless::Vec;

/// Frames in a set at least.
pub const FEWEST: usize = 3;

/// Seconds from the end of an exposure to the next one of its set at most. Panoramas
/// by hand and brackets by the dial take their time; whoever has walked on, has not.
pub const LONGEST_PAUSE_S: i64 = 30;

/// Seconds that a pause may be longer than three times the longest before it.
const SLACK_S: i64 = 5;

/// Frames back with which a frame is compared: in a bracket the darkest may follow the
/// brightest, and neither shows what the other does.
const BACK: usize = 4;

/// How alike the same frame is at least, in 1/256: brackets reach 0.5 at their dark
/// end, two of one place seldom do.
const SAME: i32 = 115;

/// What a set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetKind {
    /// One frame at several exposures.
    Bracket,
    /// Neighbouring views that overlap.
    Panorama,
    /// One frame at several distances of focus.
    FocusStack,
}

impl SetKind {
    /// What records call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bracket => "bracket",
            Self::Panorama => "panorama",
            Self::FocusStack => "focus_stack",
        }
    }
}

/// A frame's place in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InSet {
    /// What the set is.
    pub kind: SetKind,
    /// Its number in the stream, from 0.
    pub set: u32,
    /// The frame's number in it, from 0, in the order in which they were taken.
    pub index: u16,
    /// Frames in it.
    pub size: u16,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The frame, as it was pushed.
    pub id: u32,
    /// The set that it is in.
    pub set: Option<InSet>,
}

/// Finds sets in a stream of frames, in memory that does not grow.
///
/// Each frame comes back once, in the order of pushing: when the frame after it has
/// nothing to do with it, else when its run has ended, at the latest when `N` frames
/// have been pushed after it. A set of more than `N` frames is thus reported in
/// parts. It takes some 250 bytes a frame and 4 KiB.
#[derive(Clone, Debug)]
pub struct Sets<const N: usize> {
    run: Vec<Entry, N>,
    recent: Vec<Sketch, BACK>,
    sets: u32,
}

/// A frame of a run.
#[derive(Clone, Copy, Debug)]
struct Entry {
    id: u32,
    taken: Taken,
    link: Link,
    /// Brightness against the first frame of the run, in 1/64 stops.
    level: i32,
    /// Too dark or too bright to show much.
    faint: bool,
    sharp: [u8; REGIONS],
    /// Regions across, and in all.
    regions: [usize; 2],
}

/// How a frame follows those before it in its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// It is the first.
    First,
    /// It shows the same.
    Same(Same),
    /// It continues the one before.
    Shift(Shift),
}

/// Mean difference between neighbours, times 16, below which a frame is faint: 3.5 codes.
const FAINT: u32 = 56;

impl<const N: usize> Default for Sets<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Sets<N> {
    /// With nothing seen so far.
    #[must_use]
    pub const fn new() -> Self {
        Self { run: Vec::new(), recent: Vec::new(), sets: 0 }
    }

    /// Takes the next frame; gives those whose place is now known.
    pub fn push(&mut self, id: u32, sketch: &Sketch, taken: &Taken) -> Vec<Placed, N> {
        let detail = Detail::of(sketch);
        let (regions, all) = (sketch.regions(), sketch.sharp().len());
        let mut sharp = [0; REGIONS];
        sharp.iter_mut().zip(sketch.sharp()).for_each(|(to, &code)| *to = code);
        let mut entry = Entry {
            id,
            taken: *taken,
            link: Link::First,
            level: 0,
            faint: detail.strength < FAINT,
            sharp,
            regions: [regions[0], all],
        };
        let mut done = Vec::new();
        let fits = self.link(sketch, &detail, &mut entry);
        if !fits || self.run.is_full() {
            // The last frame of a run may be the first of the next.
            let last = self.run.last().copied().zip(self.recent.last().copied());
            done = self.close();
            entry = Entry { link: Link::First, level: 0, ..entry };
            let free = done.len() > 1 && done.last().is_some_and(|placed| placed.set.is_none());
            if let Some((last, before)) = last.filter(|_| free) {
                let _ = self.run.push(Entry { link: Link::First, level: 0, ..last });
                let _ = self.recent.push(before);
                if self.link(sketch, &detail, &mut entry) {
                    done.pop();
                } else {
                    self.run.clear();
                    self.recent.clear();
                }
            }
        }
        if self.recent.is_full() {
            self.recent.remove(0);
        }
        let _ = self.recent.push(*sketch);
        if self.run.push(entry).is_err() {
            // Only without any room, `N` being 0: the frame is in no set, and cannot
            // be told of either.
            self.recent.clear();
        }
        done
    }

    /// Ends the stream; gives the frames that are left.
    pub fn finish(&mut self) -> Vec<Placed, N> {
        self.close()
    }

    /// Links a frame to the run, if it can be.
    fn link(&self, sketch: &Sketch, detail: &Detail, entry: &mut Entry) -> bool {
        let (Some(last), Some(before)) = (self.run.last(), self.recent.last()) else {
            return true;
        };
        if sketch.is_empty() || pause_s(&last.taken, &entry.taken) > self.patience_s() {
            return false;
        }
        let detail_before = Detail::of(before);
        if !matches!(last.link, Link::Shift(_)) {
            let mut best: Option<(Same, i32)> = None;
            // The nearest first; an older one only where that says little.
            for (old, known) in self.run.iter().rev().zip(self.recent.iter().rev()) {
                if best.is_some_and(|(same, _)| same.score >= 230) {
                    break;
                }
                if let Some(found) = same((known, &Detail::of(known)), (sketch, detail))
                    && best.is_none_or(|(same, _)| found.score > same.score)
                {
                    best = Some((found, old.level));
                }
            }
            if let Some((same, level)) = best.filter(|(same, _)| same.score >= SAME) {
                entry.level = level.saturating_add(same.step);
                entry.link = Link::Same(same);
                return true;
            }
            if self.run.len() > 1 {
                return false;
            }
        }
        let shift = panorama::link(last.link, self.run.len(), |axis, expected| {
            neighbour(before, sketch, [&detail_before, detail], axis, expected)
        });
        if let Some(shift) = shift {
            entry.link = Link::Shift(shift);
        }
        shift.is_some()
    }

    /// Seconds until the next frame of the run at most: a series has a pace.
    fn patience_s(&self) -> i64 {
        let pauses = self.run.iter().zip(self.run.iter().skip(1));
        match pauses.map(|(a, b)| pause_s(&a.taken, &b.taken)).max() {
            Some(longest) => (3 * longest + SLACK_S).min(LONGEST_PAUSE_S),
            None => LONGEST_PAUSE_S,
        }
    }

    /// Ends the run; gives its frames.
    fn close(&mut self) -> Vec<Placed, N> {
        let mut placed: Vec<Placed, N> = Vec::new();
        for entry in &self.run {
            let _ = placed.push(Placed { id: entry.id, set: None });
        }
        let mut sets = self.sets;
        let mut claim = |kind, from: usize, size: usize| {
            let members = placed.get_mut(from..from.saturating_add(size)).unwrap_or(&mut []);
            for (index, member) in (0u16..).zip(members) {
                member.set = Some(InSet { kind, set: sets, index, size: size as u16 });
            }
            sets = sets.wrapping_add(1);
        };
        let run = self.run.as_slice();
        if run.len() >= FEWEST && matches!(run.last().map(|e| e.link), Some(Link::Shift(_))) {
            claim(SetKind::Panorama, 0, run.len());
        } else {
            let (mut from, mut free) = (0, 0);
            while let Some(rest) = run.get(from..).filter(|rest| rest.len() >= FEWEST) {
                let size = bracket::longest(rest);
                if size >= FEWEST {
                    if let Some((at, size)) = run.get(free..from).and_then(stack::within) {
                        claim(SetKind::FocusStack, free + at, size);
                    }
                    claim(SetKind::Bracket, from, size);
                    free = from + size;
                }
                from += size.max(1);
            }
            if let Some((at, size)) = run.get(free..).and_then(stack::within) {
                claim(SetKind::FocusStack, free + at, size);
            }
        }
        self.sets = sets;
        self.run.clear();
        self.recent.clear();
        placed
    }
}

/// Finds the sets of a folder's frames, which are in the order in which they were
/// taken. `out` gets, for each, the set that it is in; it is as long as there is
/// room. `N` bounds a set's size, as in [`Sets`].
pub fn sets<'a, const N: usize>(
    frames: impl IntoIterator<Item = (&'a Sketch, &'a Taken)>,
    out: &mut [Option<InSet>],
) {
    let mut stream = Sets::<N>::new();
    let mut keep = |placed: Vec<Placed, N>| {
        for Placed { id, set } in placed {
            if let Some(to) = out.get_mut(id as usize) {
                *to = set;
            }
        }
    };
    for (id, (sketch, taken)) in (0..).zip(frames) {
        keep(stream.push(id, sketch, taken));
    }
    keep(stream.finish());
}

/// Seconds between the end of one exposure and the next, whichever came first; 0 where
/// it is not known.
fn pause_s(before: &Taken, after: &Taken) -> i64 {
    let Some((from, to)) = before.time_ms.zip(after.time_ms) else {
        return 0;
    };
    // Clocks note the start or the end of an exposure.
    let open = |taken: &Taken| taken.exposure_s.filter(|s| *s > 0.0).map_or(0, |s| s as i64);
    let between = (to.saturating_sub(from)).saturating_abs() / 1000;
    between.saturating_sub(open(before)).saturating_sub(open(after)).max(0)
}

/// Brightness that the settings would give, in 1/64 stops: by exposure, of which what a
/// camera does not know (an old lens's aperture) is taken to stay as it is, else by
/// exposure compensation.
fn setting(taken: &Taken) -> Option<i32> {
    let stops = exposure(taken).or(taken.bias_ev)?;
    (stops.is_finite() && stops.abs() < 64.0).then_some((stops * EV as f32) as i32)
}

/// Exposure in stops, as far as it is known; none without a time.
fn exposure(taken: &Taken) -> Option<f32> {
    let stops = |x: f32| if x.is_finite() && x > 0.0 { libm::log2f(x) } else { 0.0 };
    let time = taken.exposure_s.filter(|s| s.is_finite() && *s > 0.0)?;
    let aperture = taken.f_number.map_or(0.0, |n| 2.0 * stops(n));
    let speed = taken.iso.map_or(0.0, |iso| stops(iso as f32 / 100.0));
    Some(stops(time) - aperture + speed)
}

#[cfg(test)]
#[path = "set/tests.rs"]
mod tests;
