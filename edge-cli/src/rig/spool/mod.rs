//! Where frames lie between the camera and the host.
//!
//! ```text
//! SPOOL/incoming/00000042/IMG_1.JPG     its bytes are coming, or stopped coming
//! SPOOL/judged/…                        waits for the end of its burst, or its name
//! SPOOL/kept|review|rejected|unjudged/… decided
//! SPOOL/done/…                          handed to a command, and left here
//! SPOOL/journal.redb                    what is known of each
//! ```
//!
//! A frame is a folder with its number for a name: its files, and a copy of its row. To
//! change its state is one rename of that folder. The folders are the truth about where a
//! frame is, the journal about everything else; when both are there at a start, they are
//! reconciled: a rename of which the journal has not heard has happened.

mod error;
mod journal;
mod origin;
mod reconcile;
pub mod row;

pub use error::{SpoolError, is_full};
pub use journal::JournalError;
pub use origin::Origin;
pub(in crate::rig) use reconcile::hash_of;
pub use reconcile::{Leftover, Story};
pub use row::{FileRow, Hash, Name, Row, State};

use crate::deliver::durable::{rename_to_free, sync_folder};
use crate::rig::name::GivenName;
use journal::Journal;
use rustix::fs::{FlockOperation, flock};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The folder of files that are coming.
const INCOMING: &str = "incoming";
/// The journal.
const JOURNAL: &str = "journal.redb";
/// Room that is kept for the journal: see [`Spool::commit`].
const BALLAST: &str = "ballast";
/// Its size in bytes.
const BALLAST_BYTES: u64 = 4 << 20;
/// What only one rig may hold.
const LOCK: &str = "lock";
/// A frame's row, beside its files.
const ROW: &str = ".frame.json";
/// Where a file came from, beside it.
const ORIGIN: &str = ".origin.json";

/// A frame that changes its place.
#[derive(Clone, Debug)]
pub struct Change {
    /// What it is afterwards.
    pub row: Row,
    /// Where it was; `None` for [incoming](Spool::incoming).
    pub from: Option<State>,
}

/// The spool of one rig.
#[derive(Debug)]
pub struct Spool {
    root: PathBuf,
    journal: Journal,
    next: AtomicU64,
    rig: u64,
    /// Held as long as the rig runs; the system lets go of it in any case.
    _lock: File,
}

impl Spool {
    /// Opens the spool, made if need be, and reconciles what is there.
    ///
    /// # Errors
    /// When it is in use, or the system says no.
    pub fn open(root: &Path) -> Result<(Self, Story), SpoolError> {
        let folder = |name: &str| {
            let path = root.join(name);
            fs::create_dir_all(&path).map_err(SpoolError::io(&path))
        };
        folder(INCOMING)?;
        for state in State::PLACES {
            folder(state.folder())?;
        }
        sync_folder(root).map_err(SpoolError::io(root))?;
        let path = root.join(LOCK);
        let lock = File::options().create(true).append(true).open(&path);
        let lock = lock.map_err(SpoolError::io(&path))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(SpoolError::InUse { path: root.to_owned() });
            }
            Err(error) => return Err(SpoolError::io(&path)(error.into())),
        }
        let (journal, mut story) = reconcile::journal(root)?;
        let rig = journal.number("rig", random)?;
        let next = AtomicU64::new(0);
        let spool = Self { root: root.to_owned(), journal, next, rig, _lock: lock };
        reconcile::places(&spool, &mut story)?;
        spool.ballast();
        spool.next.store(story.last_id.max(spool.journal.last_id()?) + 1, Ordering::Relaxed);
        Ok((spool, story))
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A number of this spool's own, the same at every start.
    #[must_use]
    pub fn rig(&self) -> u64 {
        self.rig
    }

    /// Makes a folder for a file that is to come, and notes where it comes from.
    ///
    /// # Errors
    /// When the system says no.
    pub fn begin(&self, origin: &Origin) -> Result<(u64, PathBuf), SpoolError> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let folder = self.incoming(id);
        fs::create_dir(&folder).map_err(SpoolError::io(&folder))?;
        let path = folder.join(ORIGIN);
        let text = serde_json::to_vec(origin).map_err(|error| SpoolError::io(&path)(error.into()));
        text.and_then(|text| fs::write(&path, text).map_err(SpoolError::io(&path))).inspect_err(
            |_| {
                let _ = fs::remove_dir_all(&folder);
            },
        )?;
        Ok((id, folder))
    }

    /// The folder of a file that is coming.
    #[must_use]
    pub fn incoming(&self, id: u64) -> PathBuf {
        self.root.join(INCOMING).join(number(id))
    }

    /// The folder of a frame that stands so.
    #[must_use]
    pub fn folder(&self, state: State, id: u64) -> PathBuf {
        self.root.join(state.folder()).join(number(id))
    }

    /// Moves frames, and journals what they are: all, or none.
    ///
    /// # Errors
    /// When the system says no; everything is where it was then.
    pub fn change(&self, changes: &[Change]) -> Result<(), SpoolError> {
        let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
        let done = self.move_all(changes, &mut moved).and_then(|()| {
            let rows: Vec<&Row> = changes.iter().map(|change| &change.row).collect();
            self.commit(&rows)
        });
        if done.is_err() {
            for (from, to) in moved.iter().rev() {
                // Else the next start finds it where it is, which is well too.
                let _ = fs::rename(to, from);
            }
        }
        done
    }

    fn move_all(
        &self,
        changes: &[Change],
        moved: &mut Vec<(PathBuf, PathBuf)>,
    ) -> Result<(), SpoolError> {
        let mut touched: Vec<PathBuf> = Vec::new();
        for Change { row, from } in changes {
            let old = from.map_or_else(|| self.incoming(row.id), |at| self.folder(at, row.id));
            let new = self.folder(row.state, row.id);
            self.note(&old, row);
            if old == new {
                continue;
            }
            fs::rename(&old, &new).map_err(SpoolError::io(&old))?;
            for folder in [new.parent(), old.parent()].into_iter().flatten() {
                if !touched.iter().any(|known| known == folder) {
                    touched.push(folder.to_owned());
                }
            }
            moved.push((old, new));
        }
        touched.iter().try_for_each(|folder| sync_folder(folder).map_err(SpoolError::io(folder)))
    }

    /// Lays a frame's row beside its files: what the journal can be made from again. It
    /// need not be there, as every frame can be judged again.
    fn note(&self, folder: &Path, row: &Row) {
        let _ = serde_json::to_vec(row).map(|text| fs::write(folder.join(ROW), text));
    }

    /// Journals what frames are that stay where they are; what the folders tell by
    /// themselves may be forgotten in a power cut.
    ///
    /// # Errors
    /// When the system says no.
    pub fn update(&self, row: &Row) -> Result<(), SpoolError> {
        self.note(&self.folder(row.state, row.id), row);
        self.commit(&[row])
    }

    /// Journals rows. On a disk that is full the ballast makes room: frames could else
    /// neither be moved nor handed on, and nothing would ever make room.
    fn commit(&self, rows: &[&Row]) -> Result<(), SpoolError> {
        match self.journal.put(rows).map_err(SpoolError::from) {
            Err(error) if error.is_full() => {
                if fs::remove_file(self.root.join(BALLAST)).is_err() {
                    return Err(error);
                }
                Ok(self.journal.put(rows)?)
            }
            done => done,
        }
    }

    /// Lays the ballast where there is none, if there is room.
    fn ballast(&self) {
        let path = self.root.join(BALLAST);
        if path.metadata().is_ok_and(|meta| meta.len() == BALLAST_BYTES) {
            return;
        }
        let laid = File::create(&path).and_then(|file| {
            let flags = rustix::fs::FallocateFlags::empty();
            Ok(rustix::fs::fallocate(&file, flags, 0, BALLAST_BYTES)?)
        });
        if laid.is_err() {
            let _ = fs::remove_file(path);
        }
    }

    /// Lays the files of one frame, which is at `from` or [coming](Self::incoming), into
    /// the folder of another, and makes them its own.
    ///
    /// # Errors
    /// When the system says no. What was moved until then belongs to the other.
    pub fn join(&self, row: &Row, from: Option<State>, leader: &mut Row) -> Result<(), SpoolError> {
        let old = from.map_or_else(|| self.incoming(row.id), |at| self.folder(at, row.id));
        let new = self.folder(leader.state, leader.id);
        for file in &row.files {
            let at = old.join(&file.name.0);
            rename_to_free(&at, &new.join(&file.name.0)).map_err(SpoolError::io(&at))?;
            leader.files.push(file.clone());
        }
        sync_folder(&new).map_err(SpoolError::io(&new))?;
        if from.is_some() {
            let done = Row { state: State::Done, ..row.clone() };
            self.commit(&[&done, leader])?;
        } else {
            self.commit(&[leader])?;
        }
        self.note(&new, leader);
        fs::remove_dir_all(&old).map_err(SpoolError::io(&old))
    }

    /// Notes that a frame is whole at the host, and only then takes it away from here.
    ///
    /// # Errors
    /// When the system says no. It is handed on again then, which finds it there.
    pub fn hand_on(&self, row: &Row) -> Result<(), SpoolError> {
        let folder = self.folder(row.state, row.id);
        self.commit(&[&Row { state: State::HandedOn, ..row.clone() }])?;
        self.tidy(row, &folder)?;
        self.ballast();
        Ok(self.journal.put_later(&[&Row { state: State::Done, ..row.clone() }])?)
    }

    /// Takes away the files of a frame that is whole elsewhere. What is not a frame's own
    /// stays.
    fn tidy(&self, row: &Row, folder: &Path) -> Result<(), SpoolError> {
        let own = |name: &std::ffi::OsStr| {
            let bytes = name.as_encoded_bytes();
            row.files.iter().any(|file| file.name.0 == name)
                || bytes.first() == Some(&b'.')
                || bytes.to_ascii_lowercase().ends_with(b".xmp")
        };
        for name in self.names_in(folder)? {
            if own(&name) {
                let path = folder.join(&name);
                fs::remove_file(&path).map_err(SpoolError::io(&path))?;
            }
        }
        match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                tracing::warn!(
                    "{} holds files that are not the frame's own: they stay there",
                    folder.display()
                );
                Ok(())
            }
            done => done.map_err(SpoolError::io(folder)),
        }
    }

    /// The files of a frame that are meant for people: pictures and sidecars.
    ///
    /// # Errors
    /// When the system says no.
    pub fn files(&self, row: &Row) -> Result<Vec<OsString>, SpoolError> {
        let mut names = self.names_in(&self.folder(row.state, row.id))?;
        names.retain(|name| name.as_encoded_bytes().first() != Some(&b'.'));
        names.sort();
        Ok(names)
    }

    fn names_in(&self, folder: &Path) -> Result<Vec<OsString>, SpoolError> {
        let entries = folder.read_dir().map_err(SpoolError::io(folder))?;
        entries
            .map(|entry| Ok(entry.map_err(SpoolError::io(folder))?.file_name()))
            .collect::<Result<_, _>>()
    }

    /// Takes away a file in [incoming](Self::incoming) that is whole elsewhere.
    ///
    /// # Errors
    /// When the system says no.
    pub fn discard(&self, id: u64) -> Result<(), SpoolError> {
        let folder = self.incoming(id);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done.map_err(SpoolError::io(&folder)),
        }
    }

    /// One frame's row.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn get(&self, id: u64) -> Result<Option<Row>, SpoolError> {
        Ok(self.journal.get(id)?)
    }

    /// The last photograph of the exposure that a file belongs to by its name.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn of_exposure(&self, source: &str, name: &GivenName) -> Result<Option<Row>, SpoolError> {
        Ok(self.journal.of_exposure(&row::key_of_exposure(source, name))?)
    }

    /// The last frame that a file of this name is in, or would be.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn of_name(&self, source: &str, name: &GivenName) -> Result<Option<Row>, SpoolError> {
        Ok(self.journal.of_exposure(&row::key_of(source, name))?)
    }

    /// The last frame that has a file with this hash.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn of_hash(&self, hash: Hash) -> Result<Option<Row>, SpoolError> {
        Ok(self.journal.of_hash(hash)?)
    }

    /// The first frame of a state from number `from` on.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn first(&self, state: State, from: u64) -> Result<Option<Row>, SpoolError> {
        Ok(self.journal.first(state, from)?)
    }

    /// The frames of a state by their numbers, until `take` says false.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn each(&self, state: State, take: impl FnMut(Row) -> bool) -> Result<(), SpoolError> {
        Ok(self.journal.each(state, take)?)
    }
}

/// The name of a frame's folder.
fn number(id: u64) -> String {
    format!("{id:08}")
}

/// The number of a frame by the name of its folder.
fn parse_number(name: &std::ffi::OsStr) -> Option<u64> {
    let id = name.to_str()?.parse().ok()?;
    (number(id).as_str() == name).then_some(id)
}

/// Hard to guess twice: the hasher of the standard library is seeded by the system.
fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
