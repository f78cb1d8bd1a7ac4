//! Handing a frame on to the photographer's computer.
//!
//! In comes a [`Parcel`]: a frame's files in the spool. A [`Courier`] brings them to its
//! [`Destination`]; nothing of the spool or its journal is known here.
//!
//! ```text
//! Parcel ──> plan ──> Plan (to be journalled) ──> hand_on ──> HandedOn
//!                       ^                           │
//!                       └── Taken: plan anew ───────┘
//! ```
//!
//! [`Courier::hand_on`] may be called again with the same plan after whatever happened,
//! a power cut in the middle of it too: it finishes what was begun. Nothing of anybody
//! else is overwritten or removed there.

mod child;
pub mod destination;
mod exec;
mod folder;
pub mod plan;
mod rsync;
#[cfg(test)]
mod samples;

pub use destination::{Destination, DestinationError, Remote};
pub use plan::Plan;

use super::stop::Stop;
use crate::deliver::names::Stems;
use edgecull_core::verdict::Decision;
use folder::Host;
use rsync::Rsync;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A frame's files in the spool, ready to go.
#[derive(Clone, Copy, Debug)]
pub struct Parcel<'a> {
    /// The frame's number, by which no other frame of this rig goes.
    pub id: u64,
    /// Its own folder in the spool.
    pub folder: &'a Path,
    /// The names of its files there: sidecars and pictures.
    pub files: &'a [OsString],
    /// Its record: one line of JSON.
    pub record: &'a str,
    /// What was decided.
    pub verdict: Decision,
}

/// A frame was handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct HandedOn {
    /// Whether it lies whole at the destination, so that the spool's copy may go. A
    /// command moves the files itself, if it wants to be rid of them.
    pub removes_source: bool,
}

/// Why a frame was not handed on. It is still whole in the spool.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The destination is not there. It is to be tried again; until then frames wait.
    #[error("the destination is away: {0}")]
    Away(String),
    /// It has no room left. To be tried again, when somebody has made some.
    #[error("the destination is full: {0}")]
    Full(String),
    /// Somebody else's file has a name of the plan: plan anew.
    #[error("there is another file already: {}", .0.display())]
    Taken(PathBuf),
    /// It will not go before somebody has changed something: rights, a missing program.
    #[error("the destination does not take frames: {0}")]
    Refused(String),
    /// Whatever else; to be tried again.
    #[error("the frame cannot be handed on: {0}")]
    Failed(String),
    /// The rig stops.
    #[error("stopped before the frame was handed on")]
    Stopped,
}

/// How frames are brought.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether a destination folder must be on another filesystem than `/`: where its
    /// host is away, the folder it is mounted on is empty, and must not be filled.
    pub mounted: bool,
    /// The rsync program.
    pub rsync: PathBuf,
    /// The remote shell with its arguments, as for rsync's `--rsh`. Without it
    /// `RSYNC_RSH` of the environment counts, and without that ssh, which asks nobody
    /// for a password.
    pub remote_shell: Option<String>,
    /// How long one call of rsync may take.
    pub rsync_limit: Duration,
    /// How long a command may take.
    pub exec_limit: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mounted: false,
            rsync: "rsync".into(),
            remote_shell: None,
            rsync_limit: Duration::from_secs(600),
            exec_limit: Duration::from_secs(60),
        }
    }
}

/// One that brings frames to a destination.
#[derive(Debug)]
pub struct Courier {
    destination: Destination,
    rig: u64,
    options: Options,
    rsync: Rsync,
    known: Mutex<Known>,
}

/// What is known of the names at the destination.
#[derive(Debug, Default)]
struct Known {
    stems: Option<(Instant, Stems)>,
    /// Stems that turned out to be taken though no list has them: a filesystem to which
    /// `img` and `IMG` are one.
    refused: VecDeque<OsString>,
}

/// How old a list of names may be. Where it is too old, a file that was put there since
/// is found when its name is to be used.
const FRESH: Duration = Duration::from_secs(2);
const FRESH_REMOTE: Duration = Duration::from_secs(600);

/// Refused stems that are remembered: as many frames as may be planned at a time.
const REFUSED: usize = 64;

impl Courier {
    /// One for a destination. `rig` is this rig's number, chosen once by chance: it is in
    /// temporary names, so that of two rigs with one destination none touches the other's.
    #[must_use]
    pub fn new(destination: Destination, rig: u64, options: Options) -> Self {
        let rsync = Rsync::new(&options);
        Self { destination, rig, options, rsync, known: Mutex::default() }
    }

    /// Where it goes.
    #[must_use]
    pub fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Chooses names at the destination that are free, the same stem for all files of the
    /// frame. To be journalled before [`hand_on`](Self::hand_on).
    ///
    /// # Errors
    /// [`Away`](DeliverError::Away) where the destination cannot be looked at, and what
    /// else comes between.
    pub fn plan(&self, parcel: &Parcel<'_>, stop: &Stop) -> Result<Plan, DeliverError> {
        let none = || DeliverError::Failed(format!("frame {} has no names to go by", parcel.id));
        if parcel.files.is_empty() {
            return Err(none());
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let old = |fresh| known.stems.as_ref().is_none_or(|(since, _)| since.elapsed() >= fresh);
        let list = match &self.destination {
            Destination::Exec(_) => None,
            Destination::Folder(root) => {
                let host = self.host(root);
                host.check()?;
                if old(FRESH) { Some(host.stems()?) } else { None }
            }
            Destination::Rsync(to) if old(FRESH_REMOTE) => Some(self.rsync.stems(to, stop)?),
            Destination::Rsync(_) => None,
        };
        let Known { stems, refused } = &mut *known;
        if let Some(list) = list {
            *stems = Some((Instant::now(), list));
        }
        let free = |stem: &OsStr| {
            let listed = stems.as_mut().is_none_or(|(_, stems)| stems.take(stem));
            listed && !refused.iter().any(|known| known == stem)
        };
        Plan::free(parcel.files, free).ok_or_else(none)
    }

    /// Brings a parcel to its destination under the names of its plan: sidecars first,
    /// pictures after them, in their order. What is there already with the same bytes is
    /// done.
    ///
    /// # Errors
    /// See [`DeliverError`]. Called again with the same plan it goes on.
    pub fn hand_on(
        &self,
        parcel: &Parcel<'_>,
        plan: &Plan,
        stop: &Stop,
    ) -> Result<HandedOn, DeliverError> {
        if !plan.is_for(parcel.files) {
            let said = format!("the plan of frame {} is not one for its files", parcel.id);
            return Err(DeliverError::Failed(said));
        }
        folder_is_there(parcel)?;
        let done = match &self.destination {
            Destination::Folder(root) => self.host(root).hand_on(self.rig, parcel, plan, stop),
            Destination::Rsync(to) => self.rsync.hand_on(to, self.rig, parcel, plan, stop),
            Destination::Exec(command) => {
                let files: Vec<&OsStr> = plan.steps().iter().map(|s| s.file.as_os_str()).collect();
                exec::hand_on(command, self.options.exec_limit, parcel, &files, stop)
            }
        };
        if matches!(done, Err(DeliverError::Taken(_))) {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            // Somebody else is at work there: what is known of it is old.
            known.stems = None;
            if known.refused.len() == REFUSED {
                known.refused.pop_front();
            }
            known.refused.push_back(plan.stem().to_owned());
        }
        let removes_source = !matches!(self.destination, Destination::Exec(_));
        done.map(|()| HandedOn { removes_source })
    }

    fn host<'a>(&self, root: &'a Path) -> Host<'a> {
        Host { root, mounted: self.options.mounted }
    }
}

/// Where the frame's folder is not there, a program could not be started in it, and would
/// seem to be missing.
fn folder_is_there(parcel: &Parcel<'_>) -> Result<(), DeliverError> {
    for file in parcel.files {
        let path = parcel.folder.join(file);
        let meta = path.symlink_metadata();
        let why = match meta {
            Ok(meta) if meta.is_file() => continue,
            Ok(_) => "it is no file".to_owned(),
            Err(error) => error.to_string(),
        };
        return Err(DeliverError::Failed(format!("{}: {why}", path.display())));
    }
    Ok(())
}
