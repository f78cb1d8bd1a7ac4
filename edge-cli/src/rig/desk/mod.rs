//! From a verdict to a place: the one who decides where each frame goes.
//!
//! In come files that are whole and judged; their frames are in their places, on the
//! disk and in the journal, when the call returns. Frames are seen in the order in which
//! they came, as the company that they keep decides with.
//!
//! The same file that comes twice is one frame: a camera that did not hear the answer
//! sends it again. The RAW file of a JPEG that is here already goes with it.

mod exposure;
mod going;
mod naming;
mod words;

pub use naming::Renamed;

use super::name::GivenName;
use super::spool::{Change, FileRow, Hash, Name, Row, Spool, SpoolError, State};
use crate::args::Xmp;
use crate::company::{Decided, Grouping, Stream};
use crate::pipeline::Judged;
use edgecull_core::judge::Strictness;
use edgecull_core::verdict::Decision;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A file that comes again within this time, in milliseconds, is the same file; later a
/// person has sent it again, and wants it again.
const SAME_MS: u64 = 600_000;

/// How long a file with a provisional name waits for its own.
const NAMING: Duration = Duration::from_secs(60);

/// A file that has been taken: it is durable, and so is its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The frame's number in the spool.
    pub id: u64,
    /// What was decided; a companion of a frame has that frame's.
    pub decision: Decision,
    /// Bytes of the file.
    pub bytes: u64,
    /// Whether the same file was there already, and this one was not needed.
    pub known: bool,
}

/// A file that is whole and judged, in the folder of those that come.
#[derive(Debug)]
pub struct Arrived {
    /// The number of its folder.
    pub id: u64,
    /// The source's name.
    pub source: String,
    /// The name that the source gave it.
    pub name: GivenName,
    /// Its length.
    pub bytes: u64,
    /// Of its bytes.
    pub hash: Hash,
    /// What became of it.
    pub judged: Judged,
}

/// How frames are decided on, beyond each one's own verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// How much is forgiven.
    pub strictness: Strictness,
    /// How frames are grouped; `None` for not at all.
    pub grouping: Option<Grouping>,
    /// How long after its last frame a burst is waited for; `None` for not at all.
    pub hold: Option<Duration>,
    /// Which sidecars are written beside the frames.
    pub xmp: Xmp,
}

impl Rules {
    fn stream(&self) -> Option<Stream<Key>> {
        let name = |key: &Key| Arc::clone(&key.name);
        self.grouping.map(|grouping| Stream::new(grouping, self.strictness, self.hold, name))
    }
}

/// What a frame is told apart by, and called.
#[derive(Clone, Debug)]
struct Key {
    id: u64,
    name: Arc<str>,
}

/// Decides where frames go.
#[derive(Debug)]
pub struct Desk {
    spool: Spool,
    inner: Mutex<Inner>,
    bell: Bell,
}

#[derive(Debug)]
struct Inner {
    rules: Rules,
    company: Option<Stream<Key>>,
    /// Frames whose files have provisional names.
    unnamed: BTreeMap<u64, (Instant, Key, Judged)>,
    /// Decided, but not carried out: the disk said no.
    waiting: Vec<(u64, Judged)>,
}

/// Rung when there is something new to hand on.
#[derive(Debug)]
struct Bell {
    ring: SyncSender<()>,
    rung: Mutex<Receiver<()>>,
}

impl Desk {
    /// Over a spool.
    #[must_use]
    pub fn new(spool: Spool, rules: Rules) -> Self {
        let (ring, rung) = sync_channel(1);
        let inner =
            Inner { rules, company: rules.stream(), unnamed: BTreeMap::new(), waiting: Vec::new() };
        Self { spool, inner: Mutex::new(inner), bell: Bell { ring, rung: Mutex::new(rung) } }
    }

    /// The spool.
    #[must_use]
    pub fn spool(&self) -> &Spool {
        &self.spool
    }

    /// From the next frame on, decides by these. Frames that are held are decided.
    pub fn set_rules(&self, rules: Rules) {
        let mut inner = self.lock();
        if inner.rules != rules {
            inner.rules = rules;
            inner.reset();
        }
        drop(inner);
        self.tick();
    }

    /// Takes a file: it and its verdict are durable when this returns.
    ///
    /// # Errors
    /// When the system says no; the file is where it was then.
    pub fn admit(&self, arrived: Arrived) -> Result<Receipt, SpoolError> {
        let mut inner = self.lock();
        let Arrived { id, bytes, .. } = arrived;
        if let Some(known) = self.known(&arrived)? {
            tracing::info!(
                "{} came again: it is frame {}",
                arrived.name.path().display(),
                known.id
            );
            self.spool.discard(id)?;
            return Ok(Receipt {
                id: known.id,
                decision: known.verdict.into(),
                bytes,
                known: true,
            });
        }
        let mut row = Row {
            id,
            state: State::Judged,
            source: arrived.source,
            folder: Name(arrived.name.folder().into()),
            files: vec![FileRow {
                name: Name(arrived.name.name().into()),
                bytes,
                hash: arrived.hash,
            }],
            received_ms: super::now_ms(),
            verdict: arrived.judged.verdict.decision.into(),
            record: String::new(),
            released: false,
            after: None,
            plan: None,
        };
        row.record = words::record(&row, &arrived.judged);
        match self.leader(&row.source, &arrived.name, row.received_ms)? {
            Some(leader) => self.go_with(&mut inner, row, None, leader, arrived.judged),
            None => self.decide(&mut inner, row, None, arrived.judged),
        }
    }

    /// Takes a frame that stood as judged, judged again: the rig was killed meanwhile, or
    /// it has got the name that tells what it is. `leader` is the frame that it goes with.
    ///
    /// # Errors
    /// When the system says no.
    pub fn again(
        &self,
        row: Row,
        leader: Option<Row>,
        judged: Judged,
    ) -> Result<Receipt, SpoolError> {
        let mut inner = self.lock();
        let from = Some(State::Judged);
        match leader {
            Some(leader) => self.go_with(&mut inner, row, from, leader, judged),
            None => self.decide(&mut inner, row, from, judged),
        }
    }

    /// The frame that this file is already part of.
    fn known(&self, arrived: &Arrived) -> Result<Option<Row>, SpoolError> {
        let Some(row) = self.spool.of_hash(arrived.hash)? else {
            return Ok(None);
        };
        let same = row.source == arrived.source
            && Path::new(&row.folder.0) == arrived.name.folder()
            && row.files.iter().any(|file| {
                file.hash == arrived.hash
                    && file.bytes == arrived.bytes
                    && file.name.0 == arrived.name.name()
            });
        let gone = matches!(row.state, State::HandedOn | State::Done);
        let late = super::now_ms().abs_diff(row.received_ms) > SAME_MS;
        Ok((same && !(gone && late)).then_some(row))
    }

    /// Lets the company decide on a frame, and carries it out.
    fn decide(
        &self,
        inner: &mut Inner,
        row: Row,
        from: Option<State>,
        judged: Judged,
    ) -> Result<Receipt, SpoolError> {
        let id = row.id;
        let bytes = row.files.iter().map(|file| file.bytes).sum();
        let unnamed = GivenName::new(row.given()).is_ok_and(|name| name.is_provisional());
        let decided = if unnamed {
            inner.unnamed.insert(id, (Instant::now() + NAMING, key(&row), judged));
            Vec::new()
        } else {
            inner.push(key(&row), judged)
        };
        let decision = decided.iter().find(|(other, _)| *other == id);
        let decision = decision.map_or(row.verdict.into(), |(_, judged)| judged.verdict.decision);
        self.carry_out(inner, decided, Some((row, from)))?;
        Ok(Receipt { id, decision, bytes, known: false })
    }

    /// Moves frames to where they belong. `new` is one that is not where the journal has
    /// it, decided or not.
    fn carry_out(
        &self,
        inner: &mut Inner,
        decided: Vec<(u64, Judged)>,
        new: Option<(Row, Option<State>)>,
    ) -> Result<(), SpoolError> {
        let mut new = new;
        let fresh = new.as_ref().map(|(row, _)| row.id);
        let changes = self.changes(&decided, &mut new, inner.rules.xmp);
        let done =
            changes.and_then(
                |changes| {
                    if changes.is_empty() { Ok(()) } else { self.spool.change(&changes) }
                },
            );
        match done {
            Ok(()) => self.ring(),
            Err(_) => {
                // The one that is refused will come again, and must not find itself there.
                inner.unnamed.retain(|id, _| Some(*id) != fresh);
                inner.reset();
                inner.waiting.extend(decided);
                inner.waiting.retain(|(id, _)| Some(*id) != fresh);
            }
        }
        done
    }

    fn changes(
        &self,
        decided: &[(u64, Judged)],
        new: &mut Option<(Row, Option<State>)>,
        xmp: Xmp,
    ) -> Result<Vec<Change>, SpoolError> {
        let mut changes = Vec::new();
        for (id, judged) in decided {
            let (mut row, from) = match new.take_if(|(row, _)| row.id == *id) {
                Some(new) => new,
                None => match self.spool.get(*id)? {
                    Some(row) => {
                        let from = Some(row.state);
                        (row, from)
                    }
                    None => continue,
                },
            };
            // What is on its way, or gone, is decided for good.
            if row.plan.is_some() || matches!(row.state, State::HandedOn | State::Done) {
                continue;
            }
            row.verdict = judged.verdict.decision.into();
            row.record = words::record(&row, judged);
            row.state = if row.released { State::Kept } else { State::of(row.verdict.into()) };
            let folder = from
                .map_or_else(|| self.spool.incoming(row.id), |at| self.spool.folder(at, row.id));
            words::sidecars(&folder, &row, judged, xmp);
            changes.push(Change { row, from });
        }
        changes.extend(new.take().map(|(row, from)| Change { row, from }));
        Ok(changes)
    }

    /// Decides what time decides: bursts that have ended, names that never came. To be
    /// called now and then; costs nothing when there is nothing.
    pub fn tick(&self) {
        let mut inner = self.lock();
        let now = Instant::now();
        let mut decided = std::mem::take(&mut inner.waiting);
        if let Some(company) = &mut inner.company {
            decided.extend(plain(company.poll(now)));
        }
        let late: Vec<u64> =
            inner.unnamed.iter().filter(|(_, (at, ..))| *at <= now).map(|(id, _)| *id).collect();
        for id in late {
            if let Some((_, key, judged)) = inner.unnamed.remove(&id) {
                decided.extend(inner.push(key, judged));
            }
        }
        self.say_if_failed(&mut inner, decided);
    }

    /// Decides on all frames that are held, as no more will come.
    pub fn finish(&self) {
        let mut inner = self.lock();
        let unnamed = std::mem::take(&mut inner.unnamed);
        let mut decided = Vec::new();
        for (_, key, judged) in unnamed.into_values() {
            decided.extend(inner.push(key, judged));
        }
        inner.reset();
        decided.append(&mut inner.waiting);
        self.say_if_failed(&mut inner, decided);
    }

    fn say_if_failed(&self, inner: &mut Inner, decided: Vec<(u64, Judged)>) {
        if decided.is_empty() {
            return;
        }
        if let Err(error) = self.carry_out(inner, decided, None) {
            tracing::error!("frames wait in {}: {error}", State::Judged.folder());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // What a panic leaves half done is what a kill would leave.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn push(&mut self, key: Key, judged: Judged) -> Vec<(u64, Judged)> {
        match &mut self.company {
            Some(company) => plain(company.push(key, judged, Instant::now())),
            None => vec![(key.id, judged)],
        }
    }

    /// Begins a new company; what the old one held is decided, and waits.
    fn reset(&mut self) {
        let old = std::mem::replace(&mut self.company, self.rules.stream());
        self.waiting.extend(old.into_iter().flat_map(|company| plain(company.finish())));
    }
}

fn key(row: &Row) -> Key {
    let given = row.given();
    let name = given.file_stem().unwrap_or_default().to_string_lossy().into();
    Key { id: row.id, name }
}

/// Frames by their numbers alone; whether one was decided before, its row tells.
fn plain(decided: Vec<Decided<Key>>) -> Vec<(u64, Judged)> {
    decided.into_iter().map(|decided| (decided.item.id, decided.judged)).collect()
}

#[cfg(test)]
mod tests;
