//! The company of frames that come in while a camera shoots.
//!
//! Without a hold every frame is decided when it comes: it is the best of its burst so
//! far, or a near-duplicate of those before. With one, the frames of a burst wait until
//! none has come for so long, are ranked, and are given together; so are the frames of a
//! set.
//!
//! What a set is shows only when its frames are there. Those that were given before are
//! given [again](Decided::again), with their set and without what was held against them
//! for being alike.
//!
//! ```text
//! push ──> Groups ──> held, until the burst ends ──> ranks ──> Decided
//!      └─> Sets ────> watched, until it is known whether it is in a set ──> Decided again
//! ```
//!
//! Memory is bounded: [`MOST_HELD`] frames are held at most, and some 64 watched; of 64
//! bursts the 256 best places are known. Time is what the caller says it is.

use super::{Grouping, LONGEST_SET, Numbers, joins_burst, joins_set};
use crate::pipeline::{InBurst, Judged, Traits};
use edgecull_core::burst::best::Candidate;
use edgecull_core::burst::set::{FEWEST, Placed};
use edgecull_core::burst::{self, Groups, Sets};
use edgecull_core::judge::Strictness;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Frames that are held at most: then all of them are decided, as if their bursts had
/// ended.
pub const MOST_HELD: usize = 256;

/// Bursts that a frame may join.
const BURSTS: usize = 64;

/// Frames of a burst whose order is known; those behind them are last.
const RANKED: usize = 256;

/// Without a hold, a series is looked at when nothing has come for so long: the camera
/// paused, and what it took by then may be a set.
const PAUSE: Duration = Duration::from_secs(3);

/// A frame with its verdict among others.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided<T> {
    /// What the frame is told apart by.
    pub item: T,
    /// What became of it.
    pub judged: Judged,
    /// Whether it was given before, and this takes the place of that: its set was not
    /// known then, or has grown.
    pub again: bool,
}

/// What a frame is called.
type Name<T> = Box<dyn Fn(&T) -> Arc<str> + Send>;

/// The frames of a camera as they come; `T` is what they are told apart by.
pub struct Stream<T> {
    grouping: Grouping,
    strictness: Strictness,
    hold: Option<Duration>,
    name: Name<T>,
    numbers: Numbers,
    /// Number of the next frame.
    next: u32,
    groups: Groups<BURSTS>,
    sets: Sets<LONGEST_SET>,
    /// Frames that [`Sets`] has not told the place of.
    open: usize,
    /// When the last frame came that can be in a set.
    last: Option<Instant>,
    /// Whether the open frames were looked at since.
    looked: bool,
    held: Vec<Held<T>>,
    watched: VecDeque<Watched<T>>,
    /// That which got a frame last comes last.
    bursts: VecDeque<Burst>,
    /// Numbers and names of sets, by the number of their first frame.
    named: BTreeMap<u32, (u32, Arc<str>)>,
}

/// A frame that waits for its burst to end.
struct Held<T> {
    id: u32,
    item: T,
    judged: Judged,
    came: Instant,
    /// Burst and what ranks it there; `None` for what cannot be compared.
    member: Option<(u32, Candidate)>,
    set: Option<InSet>,
    /// Whether more may be told of its set.
    open: bool,
}

/// A frame that was given, and may yet turn out to be in a set.
struct Watched<T> {
    id: u32,
    item: T,
    /// As it was before it had any company.
    judged: Judged,
    burst: u32,
    set: Option<InSet>,
}

/// A set, by the number of its first frame, and the place in it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct InSet {
    first: u32,
    place: burst::InSet,
}

/// A burst of which frames were given.
struct Burst {
    number: u32,
    /// What its first frame is called, and the number that it has in records, once it has
    /// a second one.
    name: Arc<str>,
    id: Option<u32>,
    size: u32,
    /// The best first.
    best: Vec<(u32, Candidate)>,
}

impl<T> fmt::Debug for Stream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Stream");
        out.field("grouping", &self.grouping).field("hold", &self.hold);
        out.field("held", &self.held.len()).field("watched", &self.watched.len());
        out.finish_non_exhaustive()
    }
}

impl<T: Clone> Stream<T> {
    /// Without a frame. `hold` is how long a burst's frames wait for the next; `name` says
    /// what a frame is called, as bursts and sets are named for their first one.
    pub fn new(
        grouping: Grouping,
        strictness: Strictness,
        hold: Option<Duration>,
        name: impl Fn(&T) -> Arc<str> + Send + 'static,
    ) -> Self {
        Self {
            grouping,
            strictness,
            hold,
            name: Box::new(name),
            numbers: Numbers::default(),
            next: 0,
            groups: Groups::new(grouping.gap_ms),
            sets: Sets::new(),
            open: 0,
            last: None,
            looked: true,
            held: Vec::new(),
            watched: VecDeque::new(),
            bursts: VecDeque::new(),
            named: BTreeMap::new(),
        }
    }

    /// Takes the next frame; gives those that are decided by it, or by the time that it is.
    #[must_use]
    pub fn push(&mut self, item: T, mut judged: Judged, now: Instant) -> Vec<Decided<T>> {
        let mut out = self.poll(now);
        let id = self.next;
        self.next = self.next.wrapping_add(1);
        let mut member = None;
        if let Some(Traits { shot, sketch, candidate }) = judged.traits.take().as_deref() {
            member = Some((self.groups.push(shot).burst, *candidate));
            let placed = self.sets.push(id, sketch, &shot.taken);
            self.open = (self.open + 1).saturating_sub(placed.len());
            self.place(&placed, true, &mut out);
            self.last = Some(now);
            self.looked = false;
        }
        let open = member.is_some();
        self.held.push(Held { id, item, judged, came: now, member, set: None, open });
        if self.held.len() >= MOST_HELD {
            self.look(&mut out);
            self.give(|_| true, &mut out);
        } else {
            self.give_due(now, &mut out);
        }
        out
    }

    /// Gives the frames that are decided by the time that it is. To be called again at
    /// [`next_deadline`](Self::next_deadline).
    #[must_use]
    pub fn poll(&mut self, now: Instant) -> Vec<Decided<T>> {
        let mut out = Vec::new();
        if self.pause_ends().is_some_and(|at| at <= now) {
            self.look(&mut out);
        }
        self.give_due(now, &mut out);
        out
    }

    /// When the next frames are decided by time alone; `None` while none are.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let due = self.due();
        let held = self.held.iter().filter_map(|held| due.of(held));
        held.chain(self.pause_ends()).min()
    }

    /// Frames that were not decided yet: [`MOST_HELD`] at most.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Ends the stream; gives all frames that are left.
    #[must_use]
    pub fn finish(mut self) -> Vec<Decided<T>> {
        let mut out = Vec::new();
        let placed = self.sets.finish();
        self.place(&placed, true, &mut out);
        self.give(|_| true, &mut out);
        out
    }

    /// When the frames that may be a set are to be looked at.
    fn pause_ends(&self) -> Option<Instant> {
        let pause = self.hold.unwrap_or(PAUSE);
        let wanted = !self.looked && self.open >= FEWEST;
        self.last.filter(|_| wanted).and_then(|last| last.checked_add(pause))
    }

    /// Looks whether the last frames would be a set if none came after them.
    fn look(&mut self, out: &mut Vec<Decided<T>>) {
        self.looked = true;
        // The series may go on: what was seen of it is not to be forgotten.
        let placed = self.sets.clone().finish();
        self.place(&placed, false, out);
    }

    /// Notes which frames are in sets, and gives those again that were given without.
    /// Unless it is for `good`, more may be told of them; what was told of a set is not
    /// taken back then.
    fn place(&mut self, placed: &[Placed], good: bool, out: &mut Vec<Decided<T>>) {
        let mut first = 0;
        for &Placed { id, set } in placed {
            let set = set.map(|place| {
                first = if place.index == 0 { id } else { first };
                InSet { first, place }
            });
            if let Some(held) = self.held.iter_mut().find(|held| held.id == id) {
                (held.set, held.open) = (set.or(held.set), !good);
                continue;
            }
            let Some(at) = self.watched.iter().position(|watched| watched.id == id) else {
                continue;
            };
            let changed = self.watched.get(at).map(|watched| watched.set) != Some(set);
            if let Some(set) = set.filter(|_| changed) {
                out.extend(self.regroup(at, set));
            }
            if good {
                self.watched.remove(at);
            }
        }
    }

    /// A frame that was given turns out to be in a set.
    fn regroup(&mut self, at: usize, set: InSet) -> Option<Decided<T>> {
        let watched = self.watched.get_mut(at)?;
        watched.set = Some(set);
        let (id, number) = (watched.id, watched.burst);
        let (item, mut judged) = (watched.item.clone(), watched.judged.clone());
        // Later frames are not to be measured against it.
        if let Some(burst) = self.bursts.iter_mut().find(|burst| burst.number == number) {
            burst.remove(id);
        }
        self.join_set(&item, &mut judged, set);
        Some(Decided { item, judged, again: true })
    }

    fn join_set(&mut self, item: &T, judged: &mut Judged, set: InSet) {
        let Self { named, numbers, name, .. } = self;
        let (id, name) = named.entry(set.first).or_insert_with(|| {
            numbers.sets += 1;
            (numbers.sets, name(item))
        });
        joins_set(judged, set.place, *id, name);
    }

    /// Gives the frames whose time has come.
    fn give_due(&mut self, now: Instant, out: &mut Vec<Decided<T>>) {
        let due = self.due();
        let at_once = self.hold.is_none();
        self.give(|held| at_once || due.of(held).is_none_or(|at| at <= now), out);
    }

    /// When held frames are due.
    fn due(&self) -> Due {
        let mut bursts: HashMap<u32, Instant> = HashMap::new();
        let hold = self.hold.unwrap_or_default();
        for held in self.held.iter().filter(|held| !held.is_settled()) {
            let Some((burst, _)) = held.member else {
                continue;
            };
            // As long as more may be told of a frame, the last of its series counts.
            let came = if held.open { self.last.unwrap_or(held.came) } else { held.came };
            let at = came.checked_add(hold).unwrap_or(came);
            bursts.entry(burst).and_modify(|due| *due = at.max(*due)).or_insert(at);
        }
        Due(bursts)
    }

    /// Ranks and gives the held frames that are `ready`.
    fn give(&mut self, ready: impl Fn(&Held<T>) -> bool, out: &mut Vec<Decided<T>>) {
        let (ready, held) = std::mem::take(&mut self.held).into_iter().partition(ready);
        self.held = held;
        let ready: Vec<Held<T>> = ready;
        for held in &ready {
            if let (Some((number, candidate)), None) = (held.member, held.set) {
                self.burst(number, &held.item).add(held.id, candidate);
            }
        }
        for Held { id, item, mut judged, member, set, open, .. } in ready {
            if let Some((burst, _)) = member.filter(|_| open) {
                let (item, judged) = (item.clone(), judged.clone());
                self.watched.push_back(Watched { id, item, judged, burst, set });
            }
            if let Some(set) = set {
                self.join_set(&item, &mut judged, set);
            } else if let Some((number, _)) = member {
                self.join_burst(number, id, &mut judged);
            }
            out.push(Decided { item, judged, again: false });
        }
        self.forget();
    }

    fn join_burst(&mut self, number: u32, id: u32, judged: &mut Judged) {
        let Self { bursts, numbers, .. } = self;
        let burst = bursts.iter_mut().find(|burst| burst.number == number);
        let Some(burst) = burst.filter(|burst| burst.size > 1) else {
            return;
        };
        let of = *burst.id.get_or_insert_with(|| {
            numbers.bursts += 1;
            numbers.bursts
        });
        let (rank, size, name) = (burst.rank(id), burst.size, Arc::clone(&burst.name));
        let burst = InBurst { id: of, rank, size, name };
        joins_burst(judged, burst, self.grouping.keep, self.strictness);
    }

    /// The burst of a frame, which is now the last that got one.
    fn burst(&mut self, number: u32, item: &T) -> &mut Burst {
        let at = self.bursts.iter().position(|burst| burst.number == number);
        let known = at.and_then(|at| self.bursts.remove(at));
        let new = || Burst { number, name: (self.name)(item), id: None, size: 0, best: Vec::new() };
        let burst = known.unwrap_or_else(new);
        self.bursts.push_back_mut(burst)
    }

    /// Forgets what no frame to come can have to do with.
    fn forget(&mut self) {
        let over = self.bursts.len().saturating_sub(BURSTS);
        self.bursts.drain(..over);
        let Self { named, watched, held, .. } = self;
        // A set that may be told again has its first frame among these.
        named.retain(|first, _| {
            watched.iter().any(|watched| watched.id == *first)
                || held.iter().any(|held| held.id == *first)
        });
    }
}

/// When bursts are due.
struct Due(HashMap<u32, Instant>);

impl Due {
    /// When a frame is, `None` for at once.
    fn of<T>(&self, held: &Held<T>) -> Option<Instant> {
        let (burst, _) = held.member.filter(|_| !held.is_settled())?;
        self.0.get(&burst).copied()
    }
}

impl<T> Held<T> {
    /// Whether nothing more will be told of it: its set is complete.
    fn is_settled(&self) -> bool {
        self.set.is_some() && !self.open
    }
}

impl Burst {
    fn add(&mut self, id: u32, candidate: Candidate) {
        self.size = self.size.saturating_add(1);
        // Equal ones stay in their order.
        let at = self.best.partition_point(|(_, other)| other.rank(&candidate).is_le());
        self.best.insert(at, (id, candidate));
        self.best.truncate(RANKED);
    }

    fn remove(&mut self, id: u32) {
        if let Some(at) = self.best.iter().position(|(other, _)| *other == id) {
            self.best.remove(at);
            self.size = self.size.saturating_sub(1);
        }
    }

    /// A frame's place, from 1.
    fn rank(&self, id: u32) -> u32 {
        let ranks = (1..).zip(&self.best);
        ranks
            .filter(|(_, (other, _))| *other == id)
            .map(|(rank, _)| rank)
            .next()
            .unwrap_or(self.size)
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
