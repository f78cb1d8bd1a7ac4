//! A folder into which others put files: `hotfolder:DIR`.
//!
//! Whatever file appears there, or in a folder below, is taken out of it into the spool
//! when it is complete:
//!
//! - when it got its name by a rename, or who wrote it has closed it, and its own
//!   structure has come to its end. A file that ends too early waits for more, and is
//!   taken as it is when nothing has changed for [`HotFolderSettings::settle`].
//! - when two looks in a row see the same size and time, where nothing tells of what is
//!   written: on filesystems that other machines write to, and of files that were there
//!   before. Its structure has the last word there, too.
//!
//! Names that programs give to files in the making wait for their rename. Links, hidden
//! folders and the folders that edgecull itself makes are passed over.
//!
//! ```text
//! notify ─> notices ─┐          ┌─> takers ─> intake
//! scan ──────────────┴─> file ──┤
//!                               └─> followed (judged while it grows)
//! ```

mod collector;
mod file;
mod followed;
mod look;
mod notices;
mod scan;
mod takers;
mod writers;

pub(super) use collector::{Collector, Kind, Place};
pub(super) use file::Times;

use super::Ended;
use crate::rig::intake::Intake;
use crate::rig::name::{GivenName, NameError};
use crate::rig::stop::Stop;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tracing::info;

/// The source's name.
pub const NAME: &str = "hotfolder";

/// Time without a change after which a file that ends too early is taken as it is.
pub const SETTLE: Duration = Duration::from_secs(60);

/// Time between two looks at files, and where folders are polled at them, too.
const INTERVAL: Duration = Duration::from_secs(1);

/// Time until something that was refused is tried again.
const RETRY: Duration = Duration::from_secs(60);

/// Longest sleep, after which a wish to stop is heard.
const TICK: Duration = Duration::from_millis(250);

/// Files that are taken at a time.
const TAKERS: usize = 2;

/// How a folder is collected from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HotFolderSettings {
    /// The folder. It must be there.
    pub folder: PathBuf,
    /// Whether it is polled; by itself where other machines may write.
    pub polling: Option<bool>,
    /// Time without a change after which a file that ends too early is taken as it is.
    pub settle: Duration,
    /// Folders that are passed over if they lie inside: the spool, where frames go to.
    pub except: Vec<PathBuf>,
}

impl HotFolderSettings {
    /// The usual settings for a folder.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, polling: None, settle: SETTLE, except: Vec::new() }
    }
}

/// Why a folder cannot be collected from.
#[derive(Debug, thiserror::Error)]
#[error("the hot folder {folder:?} cannot be used: {source}; make the folder, or mount it")]
pub struct HotFolderError {
    /// The folder.
    pub folder: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// Collects from a folder until it is asked to stop.
///
/// # Errors
/// When the folder is not there, or no longer.
pub fn run(
    settings: &HotFolderSettings,
    intake: &Intake,
    stop: &Stop,
) -> Result<Ended, HotFolderError> {
    let failed = |source| HotFolderError { folder: settings.folder.clone(), source };
    let polling = match settings.polling {
        Some(polling) => polling,
        None => look::is_remote(&settings.folder).map_err(failed)?,
    };
    let times = Times {
        polling,
        interval: INTERVAL,
        settle: settings.settle,
        grace: Duration::ZERO,
        retry: RETRY,
    };
    let place = Place {
        root: settings.folder.clone(),
        source: NAME,
        kind,
        times,
        except: settings.except.clone(),
    };
    let mut collector = Collector::new(place, TAKERS, intake, stop).map_err(failed)?;
    let how = if polling { "polled" } else { "watched" };
    info!(folder = ?settings.folder, "{how} for files");
    while !stop.raised() {
        collector.turn(TICK).map_err(failed)?;
    }
    Ok(Ended::Stopped)
}

fn kind(relative: &Path) -> Result<Kind, NameError> {
    let name = GivenName::new(relative)?;
    Ok(if name.is_provisional() { Kind::InTheMaking } else { Kind::File(name) })
}
