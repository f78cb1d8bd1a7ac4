//! From a verdict to a place: the one who decides where each frame goes.
//!
//! In come files that are whole and judged; their frames are in their places, on the
//! disk and in the journal, when the call returns. Frames are seen in the order in which
//! they came, as the company that they keep decides with.
//!
//! The same file that comes twice is one frame: a camera that did not hear the answer
//! sends it again. The RAW file of a JPEG that is here already goes with it.

use super::intake::Receipt;
use super::name::GivenName;
use super::spool::row::Verdict;
use super::spool::{Change, FileRow, Hash, Name, Row, Spool, SpoolError, State};
use super::stop::Stop;
use crate::args::Xmp;
use crate::company::{Decided, Grouping, Stream};
use crate::deliver::durable::{rename_to_free, sync_folder};
use crate::pipeline::Judged;
use crate::sink::ndjson;
use crate::sink::record::Record;
use crate::sink::xmp::Sidecars;
use crate::source::folder::Frame;
use crate::source::format::Ending;
use edgecull_core::judge::Strictness;
use edgecull_core::verdict::Decision;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A file that comes again within this time, in milliseconds, is the same file; later a
/// person has sent it again, and wants it again.
const SAME_MS: u64 = 600_000;

/// Files of one exposure are at most so many milliseconds apart: cameras count to 9,999
/// and begin anew.
const EXPOSURE_MS: u64 = 600_000;

/// How long a file with a provisional name waits for its own.
const NAMING: Duration = Duration::from_secs(60);

/// Endings of files that belong to a photograph and are none, in lower case.
const ATTACHED: &[&str] = &["xmp", "wav", "aae", "thm"];

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

/// What a new name has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renamed {
    /// The name.
    Done,
    /// Also what the file is: it is to be judged [again](Desk::again), with the frame that it
    /// goes with.
    JudgeAgain(Box<(Row, Option<Row>)>),
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
        row.record = record(&row, &arrived.judged);
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

    /// The frame that a file is another file of.
    fn leader(
        &self,
        source: &str,
        name: &GivenName,
        now_ms: u64,
    ) -> Result<Option<Row>, SpoolError> {
        let row = self.spool.of_exposure(source, name)?;
        Ok(row.filter(|row| {
            let all = row.files.iter().map(|file| file.name.0.as_os_str());
            now_ms.abs_diff(row.received_ms) <= EXPOSURE_MS
                && !name.is_provisional()
                && belongs(name.name(), all)
        }))
    }

    /// Takes another file of a frame: into its folder, or, when the frame has gone, after it.
    /// It has the frame's verdict, or, where that could not be judged, gives it its own.
    fn go_with(
        &self,
        inner: &mut Inner,
        row: Row,
        from: Option<State>,
        mut leader: Row,
        judged: Judged,
    ) -> Result<Receipt, SpoolError> {
        let id = row.id;
        let bytes = row.files.iter().map(|file| file.bytes).sum();
        let tells = leader.verdict == Verdict::Error && judged.verdict.decision != Decision::Error;
        let gone = matches!(leader.state, State::HandedOn | State::Done);
        if gone || leader.plan.is_some() {
            tracing::info!("{} goes after frame {}", row.given().display(), leader.id);
            let row = Row { after: Some(leader.id), ..row };
            if tells {
                return self.decide(inner, row, from, judged);
            }
            let Row { verdict, released, .. } = leader;
            let state = if released { State::Kept } else { State::of(verdict.into()) };
            self.spool.change(&[Change { row: Row { state, verdict, released, ..row }, from }])?;
            self.ring();
            return Ok(Receipt { id, decision: verdict.into(), bytes, known: false });
        }
        tracing::info!("{} belongs to frame {}", row.given().display(), leader.id);
        self.spool.join(&row, from, &mut leader)?;
        if tells {
            // The one that was judged stands first.
            leader.files.rotate_right(row.files.len());
            let from = Some(leader.state);
            return self.decide(inner, leader, from, judged);
        }
        Ok(Receipt { id: leader.id, decision: leader.verdict.into(), bytes, known: false })
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
            row.record = record(&row, judged);
            row.state = if row.released { State::Kept } else { State::of(row.verdict.into()) };
            let folder = from
                .map_or_else(|| self.spool.incoming(row.id), |at| self.spool.folder(at, row.id));
            sidecars(&folder, &row, judged, xmp);
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

    /// Lets a frame go to the host, whatever its verdict.
    ///
    /// # Errors
    /// When the system says no; `None` when no such frame waits.
    pub fn release(&self, id: u64) -> Result<Option<Row>, SpoolError> {
        let _inner = self.lock();
        let Some(row) = self.spool.get(id)? else {
            return Ok(None);
        };
        if matches!(row.state, State::HandedOn | State::Done) {
            return Ok(None);
        }
        let from = Some(row.state);
        let row = Row { released: true, state: State::Kept, ..row };
        self.spool.change(&[Change { row: row.clone(), from }])?;
        self.ring();
        Ok(Some(row))
    }

    /// Gives a file another name, as far as its frame is not on its way.
    ///
    /// # Errors
    /// When the system says no; `None` when no such file waits.
    pub fn rename(
        &self,
        source: &str,
        from: &GivenName,
        to: &GivenName,
    ) -> Result<Option<Renamed>, SpoolError> {
        let mut inner = self.lock();
        let Some(mut row) = self.spool.of_exposure(source, from)? else {
            return Ok(None);
        };
        if row.plan.is_some() || matches!(row.state, State::HandedOn | State::Done) {
            return Ok(None);
        }
        let Some(file) = row.files.iter_mut().find(|file| file.name.0 == from.name()) else {
            return Ok(None);
        };
        if from.name() != to.name() {
            let folder = self.spool.folder(row.state, row.id);
            let old = folder.join(from.name());
            let io = |source| SpoolError::Io { path: old.clone(), source };
            rename_to_free(&old, &folder.join(to.name()))
                .and_then(|()| sync_folder(&folder))
                .map_err(io)?;
        }
        file.name = Name(to.name().into());
        row.folder = Name(to.folder().into());
        let leader = self.leader(source, to, row.received_ms)?.filter(|leader| leader.id != row.id);
        self.spool.update(&row)?;
        let Some((_, _, judged)) = inner.unnamed.remove(&row.id) else {
            return Ok(Some(Renamed::Done));
        };
        row.record = record(&row, &judged);
        // An ending tells RAW files from others.
        if Ending::of(from.name()) != Ending::of(to.name()) {
            return Ok(Some(Renamed::JudgeAgain(Box::new((row, leader)))));
        }
        if to.is_provisional() {
            inner.unnamed.insert(row.id, (Instant::now() + NAMING, key(&row), judged));
            return Ok(Some(Renamed::Done));
        }
        let from = Some(State::Judged);
        match leader {
            Some(leader) => self.go_with(&mut inner, row, from, leader, judged)?,
            None => self.decide(&mut inner, row, from, judged)?,
        };
        Ok(Some(Renamed::Done))
    }

    /// The first frame in one of these states, from number `from` on.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn first(&self, states: &[State], from: u64) -> Result<Option<Row>, SpoolError> {
        let mut first: Option<Row> = None;
        for state in states {
            let row = self.spool.first(*state, from)?;
            first = match (first, row) {
                (Some(a), Some(b)) => Some(if a.id < b.id { a } else { b }),
                (a, b) => a.or(b),
            };
        }
        Ok(first)
    }

    /// Journals how a frame is to be handed on, or that names are to be chosen for it alone,
    /// if it is still where `row` has it; false if it is not.
    ///
    /// # Errors
    /// When the system says no.
    pub fn set_plan(
        &self,
        row: &mut Row,
        plan: Option<serde_json::Value>,
    ) -> Result<bool, SpoolError> {
        let _inner = self.lock();
        match self.spool.get(row.id)? {
            Some(now) if now == *row => {}
            _ => return Ok(false),
        }
        let after = row.after.filter(|_| plan.is_some());
        let planned = Row { plan, after, ..row.clone() };
        self.spool.update(&planned)?;
        *row = planned;
        Ok(true)
    }

    /// Notes that a frame was handed on. Where the host has it, it goes from here; where a
    /// command got it, it stays among what is done.
    ///
    /// # Errors
    /// When the system says no.
    pub fn handed_on(&self, row: &Row, removes_source: bool) -> Result<(), SpoolError> {
        let _inner = self.lock();
        if removes_source {
            return self.spool.hand_on(row);
        }
        let done = Row { state: State::Done, ..row.clone() };
        self.spool.change(&[Change { row: done, from: Some(row.state) }])
    }

    /// Waits until there may be something new to hand on, at most so long.
    pub fn wait(&self, at_most: Duration, stop: &Stop) {
        if !stop.raised() {
            let rung = self.bell.rung.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = rung.recv_timeout(at_most);
        }
    }

    /// Wakes the one who [waits](Self::wait).
    pub fn ring(&self) {
        // One ring is as good as two.
        let _ = self.bell.ring.try_send(());
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

/// Whether a file goes with others of its stem, of which it is none.
fn belongs<'a>(name: &OsStr, mut all: impl Iterator<Item = &'a OsStr> + Clone) -> bool {
    if all.clone().any(|other| other == name) {
        return false;
    }
    let ending = Ending::of(name);
    let attached = Path::new(name)
        .extension()
        .is_some_and(|ending| ATTACHED.iter().any(|known| ending.eq_ignore_ascii_case(known)));
    if attached {
        return all.any(|other| Ending::of(other).is_some());
    }
    let is_raw = |ending: Option<Ending>| ending.is_some_and(Ending::follows);
    // A second JPEG of the same stem is another picture.
    let has =
        |raw: bool| all.clone().any(|n| Ending::of(n).is_some() && is_raw(Ending::of(n)) == raw);
    match ending {
        Some(Ending::Jpeg) => has(true) && !has(false),
        Some(ending) if ending.follows() => {
            let same = all.clone().any(|other| {
                Path::new(other).extension().is_some_and(|e| {
                    Path::new(name).extension().is_some_and(|own| e.eq_ignore_ascii_case(own))
                })
            });
            !same
        }
        _ => false,
    }
}

/// The line for programs.
fn record(row: &Row, judged: &Judged) -> String {
    let mut line = Vec::new();
    // Into memory, nothing can fail.
    let _ = ndjson::record(&mut line, &Record::new(&row.given(), judged));
    let text = String::from_utf8_lossy(&line);
    text.trim_end().to_owned()
}

/// Writes sidecars beside a frame's files, if they are wanted. A frame goes on without.
fn sidecars(folder: &Path, row: &Row, judged: &Judged, naming: Xmp) {
    if naming == Xmp::Off {
        return;
    }
    let mut paths = row.files.iter().map(|file| folder.join(&file.name.0));
    let Some(path) = paths.next() else {
        return;
    };
    let companions: Vec<PathBuf> = paths.collect();
    let frame = Frame { path, companions, below: PathBuf::new(), sole_of_stem: true };
    for done in (Sidecars { naming, dry_run: false }).write(&frame, judged) {
        if let Err(error) = done {
            tracing::warn!("{error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    struct Place {
        _folder: tempfile::TempDir,
        desk: Desk,
    }

    fn place() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let (spool, _) = Spool::open(folder.path()).expect("a spool");
        let strictness = Strictness::Normal;
        let rules = Rules { strictness, grouping: None, hold: None, xmp: Xmp::Off };
        Place { _folder: folder, desk: Desk::new(spool, rules) }
    }

    impl Place {
        /// Hands in a file that was decided so.
        fn admit(
            &self,
            name: &str,
            bytes: &[u8],
            decision: Decision,
        ) -> Result<Receipt, SpoolError> {
            let name = GivenName::new(name).expect("a name");
            let spool = self.desk.spool();
            let (id, folder) =
                spool.begin(&super::super::spool::Origin::new("ftp", &name)).expect("begun");
            let path = folder.join(name.name());
            fs::write(&path, bytes).expect("written");
            let (bytes, hash) = super::super::spool::hash_of(&path).expect("read");
            let mut judged = Judged::unread("");
            judged.verdict.decision = decision;
            self.desk.admit(Arrived { id, source: "ftp".into(), name, bytes, hash, judged })
        }

        fn row(&self, id: u64) -> Row {
            self.desk.spool().get(id).expect("read").expect("a row")
        }
    }

    #[test]
    fn the_same_file_twice_is_one_frame() {
        let place = place();
        let first = place.admit("a/1.jpg", b"one", Decision::Keep).expect("taken");
        assert!(!first.known);
        let again = place.admit("a/1.jpg", b"one", Decision::Keep).expect("taken");
        assert_eq!((again.id, again.known), (first.id, true));
        for (name, bytes) in [("a/2.jpg", b"one"), ("b/1.jpg", b"one"), ("a/1.jpg", b"two")] {
            let other = place.admit(name, bytes, Decision::Keep).expect("taken");
            assert!(!other.known, "{name}");
        }
        // Sent again by a person, long after it went.
        let gone = Row { received_ms: 1, ..place.row(first.id) };
        place.desk.spool().update(&gone).expect("written");
        assert!(place.admit("a/1.jpg", b"one", Decision::Keep).is_ok_and(|r| r.known));
        place.desk.handed_on(&gone, true).expect("gone");
        assert!(place.admit("a/1.jpg", b"one", Decision::Keep).is_ok_and(|r| !r.known));
    }

    #[test]
    fn places_follow_the_decision_and_a_person() {
        let place = place();
        let decisions = [Decision::Keep, Decision::Review, Decision::Reject, Decision::Error];
        for (n, decision) in decisions.into_iter().enumerate() {
            let name = format!("{n}.jpg");
            let taken = place.admit(&name, name.as_bytes(), decision).expect("taken");
            let row = place.row(taken.id);
            assert_eq!(row.state, State::of(decision));
            assert!(place.desk.spool().folder(row.state, row.id).join(&name).is_file());
        }
        let released = place.desk.release(3).expect("written").expect("it waits");
        assert_eq!((released.state, place.row(3).state), (State::Kept, State::Kept));
        assert_eq!(place.desk.release(99).expect("read"), None);
        let order: Vec<u64> = (0..5)
            .map_while(|from| place.desk.first(&[State::Kept, State::Unjudged], from).ok()?)
            .map(|row| row.id)
            .collect();
        assert_eq!(order, [1, 1, 3, 3, 4]);
    }

    #[test]
    fn a_file_with_a_provisional_name_waits_for_its_own() {
        let place = place();
        let leader = place.admit("1.jpg", b"one", Decision::Review).expect("taken");
        let hidden = place.admit(".in.2.jpg", b"two", Decision::Keep).expect("taken");
        let raw = place.admit("1.tmp", b"raw", Decision::Error).expect("taken");
        assert_eq!(place.row(hidden.id).state, State::Judged);
        let name = |path: &str| GivenName::new(path).expect("a name");
        let rename = |from, to| place.desk.rename("ftp", &name(from), &name(to));
        assert_eq!(rename(".in.2.jpg", "2.jpg").expect("renamed"), Some(Renamed::Done));
        assert_eq!(place.row(hidden.id).state, State::Kept);
        assert!(place.row(hidden.id).record.contains("2.jpg"));
        let Some(Renamed::JudgeAgain(again)) = rename("1.tmp", "1.cr3").expect("renamed") else {
            panic!("its ending says something else now");
        };
        let (row, found) = *again;
        assert_eq!(found.as_ref().map(|row| row.id), Some(leader.id));
        place.desk.again(row, found, Judged::unread("")).expect("taken");
        assert_eq!(place.row(leader.id).files.len(), 2);
        assert_eq!(place.row(raw.id).state, State::Done);
        assert_eq!(rename("9.jpg", "8.jpg").expect("read"), None);
    }

    #[test]
    fn a_raw_file_that_says_nothing_is_judged_by_its_jpeg() {
        let place = place();
        let raw = place.admit("1.cr3", b"raw", Decision::Error).expect("taken");
        assert_eq!(place.row(raw.id).state, State::Unjudged);
        let jpeg = place.admit("1.jpg", b"jpeg", Decision::Reject).expect("taken");
        assert_eq!((jpeg.id, jpeg.decision), (raw.id, Decision::Reject));
        let row = place.row(raw.id);
        assert_eq!((row.state, row.given()), (State::Rejected, "1.jpg".into()));
        assert_eq!(place.desk.spool().files(&row).expect("listed"), ["1.cr3", "1.jpg"]);
        // The same after the RAW file has gone.
        let raw = place.admit("2.cr3", b"raw 2", Decision::Error).expect("taken");
        place.desk.handed_on(&place.row(raw.id), true).expect("gone");
        let jpeg = place.admit("2.jpg", b"jpeg 2", Decision::Review).expect("taken");
        let row = place.row(jpeg.id);
        assert_eq!((row.state, row.after), (State::Review, Some(raw.id)));
    }

    #[test]
    fn what_cannot_be_placed_stays_and_may_come_again() {
        let place = place();
        let kept = place.desk.spool().root().join("kept");
        fs::remove_dir(&kept).expect("removed");
        assert!(place.admit("1.jpg", b"one", Decision::Keep).is_err());
        assert!(place.desk.spool().incoming(1).join("1.jpg").is_file());
        fs::create_dir(&kept).expect("made");
        assert!(place.admit("1.jpg", b"one", Decision::Keep).is_ok_and(|taken| !taken.known));
        assert_eq!(place.row(2).state, State::Kept);
    }

    #[test]
    fn files_of_one_exposure_are_told_by_their_endings() {
        let go = |name: &str, with: &[&str]| {
            belongs(OsStr::new(name), with.iter().map(|name| OsStr::new(*name)))
        };
        assert!(go("1.CR3", &["1.JPG"]) && go("1.JPG", &["1.NEF"]) && go("1.HIF", &["1.jpg"]));
        assert!(go("1.XMP", &["1.JPG"]) && go("1.wav", &["1.JPG", "1.CR3"]));
        assert!(!go("1.JPG", &["1.JPG"]) && !go("1.JPEG", &["1.JPG"]) && !go("1.CR3", &["1.cr3"]));
        assert!(!go("1.txt", &["1.JPG"]) && !go("1.xmp", &["1.txt"]));
        assert!(!go("1.PNG", &["1.JPG"]));
    }
}
