//! Where sources hand in their files.
//!
//! In come the bytes of a file, or a whole file that lies elsewhere; what comes back,
//! when the file is durable and judged, is a [`Receipt`]. The bytes are judged while
//! they come, if a judge is free; if not, right after the last.
//!
//! What ends too early by its own structure is no frame: its bytes are kept as a
//! partial, which the source may resume or send anew. Sent twice with the same
//! bytes, or left alone for long, it is taken as it is.

mod elsewhere;
mod error;
mod partials;
mod receiving;

pub use elsewhere::Following;
pub use error::IntakeError;
pub use receiving::Receiving;

pub use super::desk::Receipt;

use super::desk::{Arrived, Desk, Renamed};
use super::judges::Judges;
use super::name::GivenName;
use super::room::Room;
use super::spool::{FileRow, Hash, Leftover, Origin, Row, State};
use super::stop::Stop;
use crate::pipeline::Judged;
use edgecull_core::verdict::ReasonCode;
use partials::Partials;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a file that finds no room waits for some before it is refused.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a source does with a file that ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wholeness {
    /// It is refused: more is to come.
    Required,
    /// It is taken, and judged as it is: more is not to come.
    AsItIs,
}

/// Where sources hand in their files; cheap to clone.
#[derive(Clone)]
pub struct Intake(Arc<Inner>);

struct Inner {
    desk: Arc<Desk>,
    judges: Judges,
    room: Arc<Room>,
    partials: Partials,
    max_bytes: AtomicU64,
    stop: Stop,
}

/// How long the last step of a file took.
#[derive(Clone, Copy, Debug, Default)]
struct Took {
    /// From the last byte to the verdict.
    verdict: Duration,
    /// From the last byte until the file's own bytes were durable (fsync).
    sync: Duration,
}

impl Intake {
    /// Over a desk.
    #[must_use]
    pub fn new(desk: Arc<Desk>, judges: Judges, room: Arc<Room>, stop: Stop) -> Self {
        let max_bytes = AtomicU64::new(u64::MAX);
        let partials = Partials::default();
        Self(Arc::new(Inner { desk, judges, room, partials, max_bytes, stop }))
    }

    /// From the next file on, none may be larger.
    pub fn set_max_bytes(&self, bytes: u64) {
        self.0.max_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Begins a file of which the bytes come one after the other. `source` is the
    /// source's name, such as `ftp`: names of files are told apart by source.
    ///
    /// # Errors
    /// When there is no room for long, or the system says no.
    pub fn begin(&self, source: &str, name: &GivenName) -> Result<Receiving, IntakeError> {
        self.need_room()?;
        self.noted(Receiving::begin(self, source, name))
    }

    /// Goes on with a partial, of which bytes from `from` on come (again).
    ///
    /// # Errors
    /// When there is none that long, or as [`begin`](Self::begin).
    pub fn resume(
        &self,
        source: &str,
        name: &GivenName,
        from: u64,
    ) -> Result<Receiving, IntakeError> {
        if from == 0 {
            return self.begin(source, name);
        }
        self.need_room()?;
        Receiving::resume(self, source, name, from)
    }

    /// Bytes of the partial of this name, if there is one.
    #[must_use]
    pub fn partial(&self, source: &str, name: &GivenName) -> Option<u64> {
        self.0.partials.bytes(source, name)
    }

    /// Begins to judge a file that grows elsewhere; `None` when no judge is free, and the
    /// file is then judged when it is taken.
    #[must_use]
    pub fn follow(&self, path: &Path) -> Option<Following> {
        Following::begin(&self.0.judges, path)
    }

    /// Takes a whole file from `path`: afterwards it is in the spool, and no longer there.
    ///
    /// # Errors
    /// When it is not whole and has to be, when there is no room for long, or the system
    /// says no: it is where it was then.
    pub fn take(
        &self,
        source: &str,
        name: &GivenName,
        path: &Path,
        following: Option<Following>,
        wholeness: Wholeness,
    ) -> Result<Receipt, IntakeError> {
        self.need_room()?;
        self.noted(elsewhere::take(self, source, name, path, following, wholeness))
    }

    /// Notes when the disk is full, so that sources are held back.
    fn noted<T>(&self, done: Result<T, IntakeError>) -> Result<T, IntakeError> {
        if matches!(done, Err(IntakeError::Full)) {
            self.0.room.ran_out();
        }
        done
    }

    /// Gives a file that was taken another name, as far as it still waits here.
    ///
    /// # Errors
    /// When no such file waits, or the system says no.
    pub fn rename(
        &self,
        source: &str,
        from: &GivenName,
        to: &GivenName,
    ) -> Result<(), IntakeError> {
        match self.0.desk.rename(source, from, to)?.ok_or(IntakeError::Unknown)? {
            Renamed::Done => {}
            Renamed::JudgeAgain(again) => {
                let (row, leader) = *again;
                let path = self.0.desk.spool().folder(State::Judged, row.id).join(to.name());
                let judged = self.0.judges.whole(&path).wait();
                self.0.desk.again(row, leader, judged)?;
            }
        }
        Ok(())
    }

    /// Waits until there is room on the disk, at most so long; false when there is none.
    /// Sources that can hold back a camera do so while it says false.
    #[must_use]
    pub fn wait_for_room(&self, at_most: Duration, stop: &Stop) -> bool {
        self.0.room.wait(at_most, stop)
    }

    fn need_room(&self) -> Result<(), IntakeError> {
        if self.0.stop.raised() {
            return Err(IntakeError::Stopped);
        }
        if self.0.room.wait(PATIENCE, &self.0.stop) {
            Ok(())
        } else if self.0.stop.raised() {
            Err(IntakeError::Stopped)
        } else {
            Err(IntakeError::Full)
        }
    }

    /// Takes up what a start found: files of which the last byte may not have come, and
    /// frames that were waiting for a decision.
    pub fn take_up(&self, leftovers: Vec<Leftover>, again: Vec<Row>) {
        for row in again {
            let path = self.0.desk.spool().folder(State::Judged, row.id);
            let path = path.join(row.files.first().map(|file| &*file.name.0).unwrap_or_default());
            let judged = self.0.judges.whole(&path).wait();
            if let Err(error) = self.0.desk.again(row, None, judged) {
                tracing::error!("{}: {error}", path.display());
            }
        }
        for leftover in leftovers {
            let path = leftover.path.clone();
            if let Err(error) = self.take_up_one(leftover) {
                tracing::error!("{} stays where it is: {error}", path.display());
            }
        }
    }

    fn take_up_one(&self, leftover: Leftover) -> Result<(), IntakeError> {
        let Leftover { id, origin, path, bytes } = leftover;
        let Some(name) = origin.given() else {
            return Ok(());
        };
        if bytes == 0 {
            // Nothing of it had come.
            return Ok(self.0.desk.spool().discard(id)?);
        }
        let judged = self.0.judges.whole(&path).wait();
        if is_whole(&judged) {
            let (bytes, hash) = super::spool::hash_of(&path).map_err(IntakeError::io(&path))?;
            let source = origin.source;
            tracing::info!("{} was whole when the rig was stopped", name.path().display());
            self.admit(Arrived { id, source, name, bytes, hash, judged }, Took::default())?;
        } else {
            let (_, hash) = super::spool::hash_of(&path).map_err(IntakeError::io(&path))?;
            self.keep_partial(&origin, &name, partials::Partial::new(id, bytes, hash))?;
        }
        Ok(())
    }

    /// Takes partials as they are that nobody went on with for so long.
    pub fn settle(&self, after: Duration) {
        for (source, name, partial) in self.0.partials.older_than(after) {
            let said = name.path();
            let whole = self.came_whole(&source, &name, &partial).unwrap_or(false);
            if whole || partial.bytes == 0 {
                // A copy of what is elsewhere, or nothing.
                let _ = self.0.desk.spool().discard(partial.id);
                continue;
            }
            tracing::warn!(
                "{}: only {} bytes of it came, and no more for long: it is taken as it is",
                said.display(),
                partial.bytes
            );
            if let Err(error) = self.take_partial(&source, &name, partial) {
                tracing::error!("{}: {error}", said.display());
            }
        }
    }

    /// A partial becomes a frame, as it is.
    fn take_partial(
        &self,
        source: &str,
        name: &GivenName,
        partial: partials::Partial,
    ) -> Result<Receipt, IntakeError> {
        let path = self.0.desk.spool().incoming(partial.id).join(name.name());
        let judged = self.0.judges.whole(&path).wait();
        let partials::Partial { id, bytes, hash, .. } = partial;
        let (source, name) = (source.to_owned(), name.clone());
        self.admit(Arrived { id, source, name, bytes, hash, judged }, Took::default())
    }

    /// Keeps the bytes of a file that ended too early. Of two such files of one name the
    /// longer one stays, if the other is its beginning.
    fn keep_partial(
        &self,
        origin: &Origin,
        name: &GivenName,
        partial: partials::Partial,
    ) -> Result<(), IntakeError> {
        let source = &origin.source;
        if self.came_whole(source, name, &partial)? {
            return Ok(self.0.desk.spool().discard(partial.id)?);
        }
        let old = self.0.partials.put(source, name, partial);
        match old.filter(|old| old.id != partial.id) {
            Some(old) if old.bytes > partial.bytes => {
                self.0.partials.put(source, name, old);
                self.supersede(source, name, partial, old.id)
            }
            Some(old) => self.supersede(source, name, old, partial.id),
            None => Ok(()),
        }
    }

    /// Whether a file of this name that was begun later has come whole: it is what was sent
    /// in place of the partial.
    fn came_whole(
        &self,
        source: &str,
        name: &GivenName,
        partial: &partials::Partial,
    ) -> Result<bool, IntakeError> {
        let spool = self.0.desk.spool();
        let Some(row) = spool.of_name(source, name)?.filter(|row| row.id > partial.id) else {
            return Ok(false);
        };
        let same = |file: &FileRow| file.name.0 == name.name() && file.bytes >= partial.bytes;
        if !row.files.iter().any(same) {
            return Ok(false);
        }
        if matches!(row.state, State::HandedOn | State::Done) {
            return Ok(true);
        }
        let whole = spool.folder(row.state, row.id).join(name.name());
        let part = spool.incoming(partial.id).join(name.name());
        // It may be handed on just now: then the partial waits for another look.
        Ok(partials::begins_with(&whole, &part).unwrap_or(false))
    }

    /// Takes away a partial that the file `by` of the same name begins with; any other is a
    /// damaged frame.
    fn supersede(
        &self,
        source: &str,
        name: &GivenName,
        old: partials::Partial,
        by: u64,
    ) -> Result<(), IntakeError> {
        let spool = self.0.desk.spool();
        let path = |id| spool.incoming(id).join(name.name());
        let begins = partials::begins_with(&path(by), &path(old.id));
        if begins.map_err(IntakeError::io(&path(old.id)))? {
            return Ok(spool.discard(old.id)?);
        }
        self.take_partial(source, name, old).map(|_| ())
    }

    /// Makes a frame of a file that lies in the folder of those that come.
    fn admit(&self, arrived: Arrived, took: Took) -> Result<Receipt, IntakeError> {
        let began = Instant::now();
        let path = arrived.name.path();
        // Before it moves: it may be what an earlier partial was the beginning of.
        if let Some(old) = self.0.partials.take(&arrived.source, &arrived.name)
            && old.id != arrived.id
        {
            self.supersede(&arrived.source, &arrived.name, old, arrived.id)?;
        }
        let score = arrived.judged.verdict.score.unwrap_or_default();
        let said = arrived.judged.error.clone();
        let receipt = self.0.desk.admit(arrived)?;
        let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
        tracing::info!(
            frame = receipt.id,
            verdict_ms = millis(took.verdict),
            sync_ms = millis(took.sync),
            commit_ms = millis(began.elapsed()),
            "{}: {} {score:.2}{}{}",
            path.display(),
            receipt.decision.name(),
            if said.is_some() { "; " } else { "" },
            said.unwrap_or_default(),
        );
        Ok(receipt)
    }
}

/// Whether a file ends where its structure says that it ends.
fn is_whole(judged: &Judged) -> bool {
    !judged.verdict.has(ReasonCode::TRUNCATED)
}

/// A hash of nothing yet.
fn hasher() -> twox_hash::XxHash3_128 {
    twox_hash::XxHash3_128::new()
}

fn hash(hasher: &twox_hash::XxHash3_128) -> Hash {
    Hash(hasher.finish_128())
}

#[cfg(test)]
mod tests;
