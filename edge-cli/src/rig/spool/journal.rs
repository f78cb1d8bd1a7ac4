//! The journal: every frame's [`Row`], in a redb database.
//!
//! What [`put`](Journal::put) was given is there after a power cut, or nothing of it is.
//! A journal that cannot be opened, or is not what it should be, is set aside, never
//! repaired by guessing: the folders of the spool say where each frame is.

use super::row::{Hash, Row, State};
use crate::ordered::message;
use redb::{
    Database, Durability, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A frame's number, and its row as JSON.
const FRAMES: TableDefinition<u64, &[u8]> = TableDefinition::new("frames");
/// Frames by the number of their state.
const STATES: TableDefinition<(u8, u64), ()> = TableDefinition::new("states");
/// The last frame of each exposure: source, folder and stem, with NUL between.
const EXPOSURES: TableDefinition<&[u8], u64> = TableDefinition::new("exposures");
/// The last frame with a file of this hash.
const HASHES: TableDefinition<u128, u64> = TableDefinition::new("hashes");
/// Single numbers.
const NUMBERS: TableDefinition<&str, u64> = TableDefinition::new("numbers");

/// Memory for pages of the database, in bytes.
const CACHE: usize = 2 << 20;

/// Frames that are done and still remembered.
const REMEMBERED: u64 = 20_000;

/// Why the journal could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the journal {}: {reason}", path.display())]
pub struct JournalError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub reason: String,
    /// Whether the file itself is not what it should be.
    pub damaged: bool,
}

/// The journal of one spool.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    /// `None` after an error of the disk, until it is opened again.
    database: Mutex<Option<Database>>,
}

/// What the database says when something is wrong.
type Said = redb::Error;

impl Journal {
    /// Opens or makes the journal at `path`, and reads all of it once.
    ///
    /// # Errors
    /// When the system says no; `damaged` when the file is no journal, or a damaged one.
    pub(super) fn open(path: &Path) -> Result<Self, JournalError> {
        let journal = Self { path: path.to_owned(), database: Mutex::new(None) };
        journal.run(|database| {
            let write = database.begin_write()?;
            write.open_table(FRAMES)?;
            write.open_table(STATES)?;
            write.open_table(EXPOSURES)?;
            write.open_table(HASHES)?;
            write.open_table(NUMBERS)?;
            write.commit()?;
            Ok(())
        })?;
        for state in State::PLACES {
            journal.each(state, |_| true)?;
        }
        Ok(journal)
    }

    /// Writes rows, all or none; they are there for good when this returns.
    ///
    /// # Errors
    /// When the system says no; nothing is changed then.
    pub(super) fn put(&self, rows: &[&Row]) -> Result<(), JournalError> {
        self.write(rows, Durability::Immediate)
    }

    /// Writes rows that may be forgotten in a power cut, as they can be told from the
    /// folders.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub(super) fn put_later(&self, rows: &[&Row]) -> Result<(), JournalError> {
        self.write(rows, Durability::None)
    }

    fn write(&self, rows: &[&Row], durability: Durability) -> Result<(), JournalError> {
        let texts: Vec<Vec<u8>> = rows
            .iter()
            .map(|row| serde_json::to_vec(row).map_err(|error| self.error(error.to_string())))
            .collect::<Result<_, _>>()?;
        self.run(|database| {
            let mut write = database.begin_write()?;
            // Names what the type allows; only savepoints make it fail.
            let _ = write.set_durability(durability);
            for (row, text) in rows.iter().zip(&texts) {
                insert(&write, row, text)?;
            }
            let newest = rows.iter().map(|row| row.id).max().unwrap_or_default();
            if let Some(limit) = newest.checked_sub(REMEMBERED) {
                // Two for each that comes, so that their number shrinks to the limit.
                forget(&write, limit, rows.len() * 2)?;
            }
            write.commit()?;
            Ok(())
        })
    }

    /// One frame's row.
    ///
    /// # Errors
    /// When the system says no.
    pub(super) fn get(&self, id: u64) -> Result<Option<Row>, JournalError> {
        self.run(|database| {
            let frames = database.begin_read()?.open_table(FRAMES)?;
            Ok(frames.get(id)?.and_then(|text| parsed(text.value())))
        })
    }

    /// The frame that a file belongs to by its [key](super::row::key_of).
    ///
    /// # Errors
    /// When the system says no.
    pub(super) fn of_exposure(&self, key: &[u8]) -> Result<Option<Row>, JournalError> {
        let id = self.run(|database| {
            let exposures = database.begin_read()?.open_table(EXPOSURES)?;
            Ok(exposures.get(key)?.map(|id| id.value()))
        })?;
        id.map_or(Ok(None), |id| self.get(id))
    }

    /// The last frame that has a file with this hash.
    ///
    /// # Errors
    /// When the system says no.
    pub(super) fn of_hash(&self, hash: Hash) -> Result<Option<Row>, JournalError> {
        let id = self.run(|database| {
            let hashes = database.begin_read()?.open_table(HASHES)?;
            Ok(hashes.get(hash.0)?.map(|id| id.value()))
        })?;
        id.map_or(Ok(None), |id| self.get(id))
    }

    /// The frames of a state in the order of their numbers, until `take` says false.
    ///
    /// # Errors
    /// When the system says no, or a row cannot be read.
    pub(super) fn each(
        &self,
        state: State,
        mut take: impl FnMut(Row) -> bool,
    ) -> Result<(), JournalError> {
        let mut from = 0;
        loop {
            // A transaction at a time is short: `take` may take its time.
            let batch = self.run(|database| {
                let read = database.begin_read()?;
                let (states, frames) = (read.open_table(STATES)?, read.open_table(FRAMES)?);
                let number = state.number();
                let mut batch = Vec::new();
                for entry in states.range((number, from)..=(number, u64::MAX))?.take(256) {
                    let id = entry?.0.value().1;
                    batch.push((id, frames.get(id)?.and_then(|text| parsed(text.value()))));
                }
                Ok(batch)
            })?;
            let Some(&(last, _)) = batch.last() else {
                return Ok(());
            };
            for (id, row) in batch {
                let Some(row) = row else {
                    let reason = format!("the row of frame {id} cannot be read");
                    return Err(JournalError { path: self.path.clone(), reason, damaged: true });
                };
                if !take(row) {
                    return Ok(());
                }
            }
            let Some(next) = last.checked_add(1) else {
                return Ok(());
            };
            from = next;
        }
    }

    /// The first frame of a state from number `from` on.
    ///
    /// # Errors
    /// When the system says no.
    pub(super) fn first(&self, state: State, from: u64) -> Result<Option<Row>, JournalError> {
        let id = self.run(|database| {
            let states = database.begin_read()?.open_table(STATES)?;
            let number = state.number();
            let first = states.range((number, from)..=(number, u64::MAX))?.next().transpose()?;
            Ok(first.map(|(key, _)| key.value().1))
        })?;
        id.map_or(Ok(None), |id| self.get(id))
    }

    /// The greatest number of a frame, 0 for none.
    ///
    /// # Errors
    /// When the system says no.
    pub(super) fn last_id(&self) -> Result<u64, JournalError> {
        self.run(|database| {
            let frames = database.begin_read()?.open_table(FRAMES)?;
            Ok(frames.last()?.map_or(0, |(id, _)| id.value()))
        })
    }

    /// A number by its name, made by `make` if it is not there.
    ///
    /// # Errors
    /// When the system says no.
    pub(super) fn number(&self, name: &str, make: impl Fn() -> u64) -> Result<u64, JournalError> {
        self.run(|database| {
            let known = database.begin_read()?.open_table(NUMBERS)?.get(name)?;
            if let Some(known) = known {
                return Ok(known.value());
            }
            let made = make();
            let write = database.begin_write()?;
            write.open_table(NUMBERS)?.insert(name, made)?;
            write.commit()?;
            Ok(made)
        })
    }

    /// Works on the database, opened if need be. After an error of the disk it is closed,
    /// as it refuses any further work until it is opened again.
    fn run<T>(&self, work: impl FnOnce(&Database) -> Result<T, Said>) -> Result<T, JournalError> {
        let mut slot = self.lock();
        let database = match slot.take() {
            Some(database) => database,
            None => self.open_database()?,
        };
        // What redb takes for granted about its file, damage can break.
        let done = catch_unwind(AssertUnwindSafe(|| {
            let done = work(&database);
            (database, done)
        }));
        match done {
            Ok((database, Ok(value))) => {
                *slot = Some(database);
                Ok(value)
            }
            Ok((_, Err(said))) => Err(self.said(&said)),
            Err(panic) => {
                let reason = message(panic.as_ref());
                Err(JournalError { path: self.path.clone(), reason, damaged: true })
            }
        }
    }

    fn open_database(&self) -> Result<Database, JournalError> {
        let open = || Database::builder().set_cache_size(CACHE).create(&self.path);
        match catch_unwind(open) {
            Ok(Ok(database)) => Ok(database),
            Ok(Err(error)) => Err(self.said(&error.into())),
            Err(panic) => {
                let reason = message(panic.as_ref());
                Err(JournalError { path: self.path.clone(), reason, damaged: true })
            }
        }
    }

    fn said(&self, said: &Said) -> JournalError {
        use redb::Error::{
            Corrupted, RepairAborted, TableTypeMismatch, TypeDefinitionChanged, UpgradeRequired,
        };
        let damaged = match said {
            Corrupted(_) | RepairAborted | TableTypeMismatch { .. } | UpgradeRequired(_) => true,
            TypeDefinitionChanged { .. } => true,
            // Not a database, or one cut short.
            Said::Io(error) => matches!(
                error.kind(),
                std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof
            ),
            _ => false,
        };
        JournalError { path: self.path.clone(), reason: said.to_string(), damaged }
    }

    fn error(&self, reason: String) -> JournalError {
        JournalError { path: self.path.clone(), reason, damaged: false }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Database>> {
        // A panic inside leaves `None`: it is opened again.
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn insert(write: &WriteTransaction, row: &Row, text: &[u8]) -> Result<(), Said> {
    let before = write.open_table(FRAMES)?.insert(row.id, text)?.and_then(|t| parsed(t.value()));
    let mut states = write.open_table(STATES)?;
    if let Some(before) = before {
        states.remove((before.state.number(), row.id))?;
    }
    states.insert((row.state.number(), row.id), ())?;
    write.open_table(EXPOSURES)?.insert(row.key().as_slice(), row.id)?;
    let mut hashes = write.open_table(HASHES)?;
    for file in &row.files {
        hashes.insert(file.hash.0, row.id)?;
    }
    Ok(())
}

/// Forgets some of the frames that are done and have a number below `limit`.
fn forget(write: &WriteTransaction, limit: u64, some: usize) -> Result<(), Said> {
    let mut states = write.open_table(STATES)?;
    let mut frames = write.open_table(FRAMES)?;
    let mut exposures = write.open_table(EXPOSURES)?;
    let mut hashes = write.open_table(HASHES)?;
    let done = State::Done.number();
    for _ in 0..some {
        let first = states.range((done, 0)..(done, limit))?.next().transpose()?;
        let Some(id) = first.map(|(key, _)| key.value().1) else {
            break;
        };
        states.remove((done, id))?;
        let Some(row) = frames.remove(id)?.and_then(|text| parsed(text.value())) else {
            continue;
        };
        let is_last = exposures.get(row.key().as_slice())?.is_some_and(|at| at.value() == id);
        if is_last {
            exposures.remove(row.key().as_slice())?;
        }
        for file in &row.files {
            let is_last = hashes.get(file.hash.0)?.is_some_and(|at| at.value() == id);
            if is_last {
                hashes.remove(file.hash.0)?;
            }
        }
    }
    Ok(())
}

fn parsed(text: &[u8]) -> Option<Row> {
    serde_json::from_slice(text).ok()
}

#[cfg(test)]
mod tests {
    use super::super::row::tests::row;
    use super::*;
    use std::fs;

    fn journal() -> (tempfile::TempDir, Journal) {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = Journal::open(&folder.path().join("journal.redb")).expect("a journal");
        (folder, journal)
    }

    fn ids(journal: &Journal, state: State) -> Vec<u64> {
        let mut ids = Vec::new();
        journal
            .each(state, |row| {
                ids.push(row.id);
                true
            })
            .expect("read");
        ids
    }

    #[test]
    fn a_frame_is_found_by_number_state_name_and_hash() {
        let (_folder, journal) = journal();
        let kept = row(1, State::Kept, b"IMG_1.JPG");
        journal.put(&[&kept, &row(2, State::Review, b"IMG_2.JPG")]).expect("written");
        assert_eq!(journal.get(1).expect("read"), Some(kept.clone()));
        assert_eq!(journal.of_exposure(&kept.key()).expect("read"), Some(kept.clone()));
        assert_eq!(journal.of_hash(kept.files[0].hash).expect("read"), Some(kept.clone()));
        assert_eq!(journal.of_hash(Hash(9)).expect("read"), None);
        let done = Row { state: State::Done, ..kept };
        journal.put_later(&[&done]).expect("written");
        assert_eq!((ids(&journal, State::Kept), ids(&journal, State::Done)), (vec![], vec![1]));
        assert_eq!(journal.first(State::Review, 0).expect("read").map(|row| row.id), Some(2));
        assert_eq!(journal.first(State::Review, 3).expect("read"), None);
        assert_eq!(journal.last_id().expect("read"), 2);
    }

    #[test]
    fn frames_that_are_done_for_long_are_forgotten() {
        let (_folder, journal) = journal();
        let old: Vec<Row> = (1..=5).map(|id| row(id, State::Done, b"old.JPG")).collect();
        journal.put(&old.iter().collect::<Vec<_>>()).expect("written");
        journal.put(&[&row(6, State::Kept, b"kept.JPG")]).expect("written");
        for n in 0..3 {
            let new = row(REMEMBERED + 10 + n, State::Done, b"new.JPG");
            journal.put(&[&new]).expect("written");
        }
        assert_eq!(ids(&journal, State::Done).first(), Some(&(REMEMBERED + 10)));
        assert_eq!(journal.of_hash(old[4].files[0].hash).expect("read"), None);
        assert_eq!(journal.of_exposure(&old[4].key()).expect("read"), None);
        assert_eq!(ids(&journal, State::Kept), [6]);
    }

    #[test]
    fn numbers_are_made_once() {
        let (folder, journal) = journal();
        assert_eq!(journal.number("rig", || 7).expect("read"), 7);
        drop(journal);
        let again = Journal::open(&folder.path().join("journal.redb")).expect("a journal");
        assert_eq!(again.number("rig", || 8).expect("read"), 7);
    }

    #[test]
    fn a_damaged_file_is_told_from_one_that_cannot_be_read() {
        let (folder, journal) = journal();
        for id in 1..200 {
            journal.put(&[&row(id, State::Kept, b"IMG_1.JPG")]).expect("written");
        }
        drop(journal);
        let path = folder.path().join("journal.redb");
        let whole = fs::read(&path).expect("read");
        let cut = &whole[..whole.len() / 2];
        let scrambled: Vec<u8> = whole.iter().map(|byte| byte ^ 0x5a).collect();
        let mut holed = whole.clone();
        holed[4096..].iter_mut().step_by(7).for_each(|byte| *byte = 0xa5);
        for damaged in [cut, &scrambled, &holed, b"no database at all"] {
            fs::write(&path, damaged).expect("written");
            let error = Journal::open(&path).expect_err("damaged");
            assert!(error.damaged, "{error}");
        }
        fs::remove_file(&path).expect("removed");
        let error = Journal::open(&path.join("below a file that is not there"));
        assert!(!error.expect_err("no folder").damaged);
    }
}
