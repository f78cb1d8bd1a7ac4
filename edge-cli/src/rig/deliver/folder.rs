//! Handing on into a folder of this machine, or a mounted one.
//!
//! ```text
//! every file: copy to .edgecull-RIG-FRAME-N.part, flush, compare with the disk
//! then each, sidecars first: rename to its name, if that is free; flush the folder
//! ```
//!
//! Whoever watches the folder sees whole files only, a picture after its sidecars, and
//! both at nearly one time. Whatever a crash leaves behind is told from what is there:
//!
//! | under its name | temporary | it was |
//! | --- | --- | --- |
//! | nothing | nothing, or anything | in the making: made again |
//! | the same bytes | nothing, or a second name of it | done; the temporary name goes |
//! | an empty file | the same bytes | being renamed where the filesystem cannot keep a name: renamed |
//! | anything else | | somebody else's |

use super::plan::{Step, is_sidecar};
use super::{DeliverError, Parcel, Plan};
use crate::deliver::durable::{rename_to_free, same_bytes, sync_folder};
use crate::deliver::names::Stems;
use crate::rig::stop::Stop;
use rustix::fs::{Advice, fadvise};
use rustix::io::Errno;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes copied in one go; between them the rig may stop.
const CHUNK: usize = 256 * 1024;

/// A folder that frames go to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Host<'a> {
    pub(super) root: &'a Path,
    /// Whether it must be on another filesystem than `/`.
    pub(super) mounted: bool,
}

/// One file on its way.
struct Job {
    sidecar: bool,
    from: PathBuf,
    part: PathBuf,
    to: PathBuf,
    state: State,
}

/// How far it has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing of it counts.
    Missing,
    /// Its name is held by an empty file, and its bytes are in the temporary one.
    Reserved,
    /// It is there.
    Done,
    /// Another file has its name.
    Taken,
}

/// What went wrong: with the file in the spool, or at the destination.
enum Fault {
    Source(io::Error),
    There(io::Error),
    Stopped,
}

impl Host<'_> {
    /// Whether the folder is there.
    pub(super) fn check(&self) -> Result<(), DeliverError> {
        let away = |why: &str| DeliverError::Away(format!("{} {why}", self.root.display()));
        match self.root.metadata() {
            Ok(meta) if !meta.is_dir() => Err(away("is not a folder")),
            Ok(meta) if self.mounted && is_local(&meta) => Err(away("is not mounted")),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(away("is not there")),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Err(DeliverError::Refused(format!("{}: {error}", self.root.display())))
            }
            Err(error) => Err(away(&format!("cannot be reached: {error}"))),
        }
    }

    /// The stems in use there.
    pub(super) fn stems(&self) -> Result<Stems, DeliverError> {
        Stems::of(self.root).map_err(|error| self.there(self.root, &error))
    }

    /// Brings a parcel there, or finishes doing so.
    pub(super) fn hand_on(
        &self,
        rig: u64,
        parcel: &Parcel<'_>,
        plan: &Plan,
        stop: &Stop,
    ) -> Result<(), DeliverError> {
        self.check()?;
        let steps = plan.steps().iter().enumerate();
        let mut jobs: Vec<Job> =
            steps.map(|(number, step)| self.job(rig, parcel, number, step)).collect();
        let mut placed = Vec::new();
        let made = self.make(&mut jobs, stop);
        let done = made.and_then(|()| self.place(&mut jobs, &mut placed));
        if let Err(error) = &done {
            tidy(&jobs, &placed, error);
        }
        done
    }

    fn job(&self, rig: u64, parcel: &Parcel<'_>, number: usize, step: &Step) -> Job {
        let part = format!(".edgecull-{rig:016x}-{:x}-{number}.part", parcel.id);
        Job {
            sidecar: is_sidecar(&step.file),
            from: parcel.folder.join(&step.file),
            part: self.root.join(part),
            to: self.root.join(&step.name),
            state: State::Missing,
        }
    }

    /// Looks what is there, and copies what is not under temporary names.
    fn make(&self, jobs: &mut [Job], stop: &Stop) -> Result<(), DeliverError> {
        for job in &mut *jobs {
            job.state = look(job, stop).map_err(|fault| self.told(job, fault))?;
            if job.state == State::Taken {
                return Err(taken(job));
            }
        }
        for job in jobs.iter().filter(|job| job.state == State::Missing) {
            self.copy(job, stop).map_err(|fault| self.told(job, fault))?;
        }
        Ok(())
    }

    /// Gives the files their names, and notes which got theirs just now.
    fn place(&self, jobs: &mut [Job], placed: &mut Vec<PathBuf>) -> Result<(), DeliverError> {
        let sidecars = jobs.iter().filter(|job| job.sidecar).count();
        for (number, job) in jobs.iter_mut().enumerate() {
            if number == sidecars && number > 0 {
                // After a power cut, too, no picture is there without its sidecars.
                self.flush()?;
            }
            let moved = match job.state {
                State::Missing => rename_to_free(&job.part, &job.to),
                State::Reserved => fs::rename(&job.part, &job.to),
                State::Done | State::Taken => remove(&job.part),
            };
            match moved {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(taken(job)),
                Err(error) => return Err(self.told(job, Fault::There(error))),
                Ok(()) if job.state == State::Done => {}
                Ok(()) => placed.push(job.to.clone()),
            }
            job.state = State::Done;
        }
        self.flush()
    }

    fn copy(&self, job: &Job, stop: &Stop) -> Result<(), Fault> {
        let mut source = File::open(&job.from).map_err(Fault::Source)?;
        // Not written over: it may be the finished file under a second name.
        remove(&job.part).map_err(Fault::There)?;
        let part = OpenOptions::new().write(true).create_new(true).open(&job.part);
        let mut part = part.map_err(Fault::There)?;
        if self.mounted && part.metadata().is_ok_and(|meta| is_local(&meta)) {
            return Err(Fault::There(io::Error::other("it has just been unmounted")));
        }
        let mut chunk = vec![0; CHUNK];
        loop {
            if stop.raised() {
                return Err(Fault::Stopped);
            }
            let count = source.read(&mut chunk).map_err(Fault::Source)?;
            let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else {
                break;
            };
            part.write_all(bytes).map_err(Fault::There)?;
        }
        if let Ok(modified) = source.metadata().and_then(|meta| meta.modified()) {
            // As far as the other filesystem knows such things.
            let _ = part.set_modified(modified);
        }
        part.sync_all().map_err(Fault::There)?;
        // What is compared is to come from there, not from this machine's memory.
        let _ = fadvise(&part, 0, None, Advice::DontNeed);
        if same(&job.from, &job.part, stop)? {
            Ok(())
        } else {
            Err(Fault::There(io::Error::other("the copy differs from the original")))
        }
    }

    fn flush(&self) -> Result<(), DeliverError> {
        sync_folder(self.root).map_err(|error| self.there(self.root, &error))
    }

    fn told(&self, job: &Job, fault: Fault) -> DeliverError {
        match fault {
            Fault::Stopped => DeliverError::Stopped,
            Fault::There(error) => self.there(&job.to, &error),
            Fault::Source(error) => {
                DeliverError::Failed(format!("{} cannot be read: {error}", job.from.display()))
            }
        }
    }

    /// What an error at the destination means.
    fn there(&self, path: &Path, error: &io::Error) -> DeliverError {
        if let Err(away) = self.check() {
            return away;
        }
        let said = format!("{}: {error}", path.display());
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => DeliverError::Full(said),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                DeliverError::Refused(said)
            }
            _ if is_of_a_lost_host(error) => DeliverError::Away(said),
            _ => DeliverError::Failed(said),
        }
    }
}

/// Leaves nothing there that is of no use.
fn tidy(jobs: &[Job], placed: &[PathBuf], error: &DeliverError) {
    // Where the host is gone, the next attempt finds them and makes them again. But one
    // that holds a name tells whose the empty file is.
    for job in jobs.iter().filter(|job| job.state != State::Reserved) {
        let _ = fs::remove_file(&job.part);
    }
    if matches!(error, DeliverError::Taken(_)) {
        // Beside another's picture, a sidecar would be taken for its own.
        for path in placed {
            let _ = fs::remove_file(path);
        }
    }
}

fn is_local(meta: &Metadata) -> bool {
    Path::new("/").metadata().is_ok_and(|system| system.dev() == meta.dev())
}

fn taken(job: &Job) -> DeliverError {
    DeliverError::Taken(job.to.clone())
}

/// What filesystems of other machines say when these are gone.
fn is_of_a_lost_host(error: &io::Error) -> bool {
    let lost = [
        Errno::HOSTDOWN,
        Errno::HOSTUNREACH,
        Errno::NETDOWN,
        Errno::NETUNREACH,
        Errno::NOTCONN,
        Errno::CONNABORTED,
        Errno::CONNREFUSED,
        Errno::CONNRESET,
        Errno::TIMEDOUT,
        Errno::STALE,
        Errno::NODEV,
        Errno::NXIO,
    ];
    lost.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// What is there of a file already.
fn look(job: &Job, stop: &Stop) -> Result<State, Fault> {
    let size = job.from.metadata().map_err(Fault::Source)?.len();
    let there = match job.to.symlink_metadata() {
        Ok(meta) if meta.is_file() => meta.len(),
        Ok(_) => return Ok(State::Taken),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::Missing),
        Err(error) => return Err(Fault::There(error)),
    };
    if there == size && same(&job.from, &job.to, stop)? {
        return Ok(State::Done);
    }
    let made = job.part.symlink_metadata().is_ok_and(|meta| meta.is_file() && meta.len() == size);
    if there == 0 && made && same(&job.from, &job.part, stop)? {
        return Ok(State::Reserved);
    }
    Ok(State::Taken)
}

/// Removes a temporary file, if it is there.
fn remove(part: &Path) -> io::Result<()> {
    fs::remove_file(part).or_else(|error| match error.kind() {
        ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

fn same(from: &Path, there: &Path, stop: &Stop) -> Result<bool, Fault> {
    let from = File::open(from).map_err(Fault::Source)?;
    let there = File::open(there).map_err(Fault::There)?;
    let same = same_bytes(Stoppable { file: from, stop }, Stoppable { file: there, stop });
    same.map_err(|error| if stop.raised() { Fault::Stopped } else { Fault::There(error) })
}

/// A file that cannot be read any more when the rig stops.
struct Stoppable<'a> {
    file: File,
    stop: &'a Stop,
}

impl Read for Stoppable<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.stop.raised() {
            return Err(io::Error::other("stopped"));
        }
        self.file.read(to)
    }
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
