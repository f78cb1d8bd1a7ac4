//! Cameras on the USB, driven by the installed command gphoto2: `gphoto2`.
//!
//! Each camera has a process of its own, in a folder of its own inside the spool, which
//! is collected from like any [hot folder](super::hotfolder). gphoto2 writes a file as
//! `tmpfile??????`, which is judged as it grows, and renames it when it is whole. It
//! keeps what is on the card, and no hook makes it wait.
//!
//! Frames have the camera's own names, in a folder named for the moment at which the
//! camera was found, and for its model: numbers begin anew with each card.
//!
//! ```text
//! detect ─> cameras ─┬─> session ─> process ─> gphoto2 ─┐
//!           (found,  └─> session ─> process ─> gphoto2 ─┤ files
//!            lost)                                      v
//!                                        hotfolder::Collector ─> intake
//! ```
//!
//! Its exit status and its order of lines mean nothing: what counts is files, and whether
//! the process is there.

mod cameras;
mod detect;
mod leftover;
mod process;
mod says;
mod session;

use super::Ended;
use super::hotfolder::{Collector, Kind, Place, Times};
use crate::rig::intake::Intake;
use crate::rig::name::{GivenName, NameError};
use crate::rig::stop::Stop;
use cameras::Cameras;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The source's name.
pub const NAME: &str = "gphoto2";

/// A file that has its name is whole, as far as gphoto2 knows: if its structure says
/// otherwise for so long, it is what the camera has.
const SETTLE: Duration = Duration::from_secs(10);

/// gphoto2 sets time and permissions of a file after it has renamed it, and closes it
/// then; that is not waited for any longer.
const GRACE: Duration = Duration::from_millis(20);

/// Time between two looks at a file that was found.
const INTERVAL: Duration = Duration::from_secs(1);

/// Time until a file that was refused is tried again.
const RETRY: Duration = Duration::from_secs(60);

/// Longest sleep, after which processes and the wish to stop are looked at.
const TICK: Duration = Duration::from_millis(100);

/// Time between two looks whether there is room, and at folders that may be removed.
const CARE: Duration = Duration::from_secs(1);

/// Files that are taken at a time.
const TAKERS: usize = 2;

/// How cameras are driven.
#[derive(Clone, Debug, PartialEq)]
pub struct Gphoto2Settings {
    /// The command.
    pub program: PathBuf,
    /// A folder inside the spool that is for this source alone. It is made.
    pub work: PathBuf,
    /// The one port to be used, as gphoto2's `--port` takes it; by default all cameras on
    /// the USB are.
    pub port: Option<String>,
}

impl Gphoto2Settings {
    /// The usual settings, with this folder to work in.
    #[must_use]
    pub fn new(work: PathBuf) -> Self {
        Self { program: PathBuf::from("gphoto2"), work, port: None }
    }
}

/// Why cameras cannot be driven.
#[derive(Debug, thiserror::Error)]
pub enum Gphoto2Error {
    /// The command is not there.
    #[error(
        "{} is not installed, which cameras on the USB need: install the package gphoto2 \
         (Debian, Ubuntu, Raspberry Pi OS: `apt install gphoto2`)",
        program.display()
    )]
    Missing {
        /// The command.
        program: PathBuf,
    },
    /// It cannot be run.
    #[error("{} cannot be run: {source}", program.display())]
    Process {
        /// The command.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The folder cannot be used.
    #[error("{}: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Takes what cameras take, until it is asked to stop.
///
/// # Errors
/// When gphoto2 cannot be run, or its folder not be used.
pub fn run(
    settings: &Gphoto2Settings,
    intake: &Intake,
    stop: &Stop,
) -> Result<Ended, Gphoto2Error> {
    let failed = |source| Gphoto2Error::Folder { folder: settings.work.clone(), source };
    let made = fs::create_dir_all(&settings.work).and_then(|()| settings.work.canonicalize());
    let work = made.map_err(failed)?;
    let program = located(&settings.program);
    leftover::end_processes(program.file_name().unwrap_or_default(), &work);
    let folders = sessions(&work).map_err(failed)?;
    for folder in &folders {
        leftover::sweep(folder).map_err(failed)?;
    }
    let times =
        Times { polling: false, interval: INTERVAL, settle: SETTLE, grace: GRACE, retry: RETRY };
    let root = work.clone();
    let place = Place { root, source: NAME, kind, times, except: Vec::new() };
    let mut collector = Collector::new(place, TAKERS, intake, stop).map_err(failed)?;
    let mut cameras = Cameras::new(program, work, settings.port.as_deref(), folders);
    let mut has_room = true;
    let mut next_care = Instant::now();
    let mut turn = || {
        collector.turn(TICK).map_err(failed)?;
        let now = Instant::now();
        if now >= next_care {
            next_care = now + CARE;
            has_room = intake.wait_for_room(Duration::ZERO, stop);
            cameras.tidy();
        }
        cameras.turn(has_room, now)
    };
    let mut ended = Ok(Ended::Stopped);
    while !stop.raised() {
        if let Err(error) = turn() {
            ended = Err(error);
            break;
        }
    }
    // What is whole in its folder by now is found at the next start.
    cameras.stop();
    ended
}

/// A command that was given by its path is the same in every folder.
fn located(program: &Path) -> PathBuf {
    let is_name = program.components().count() == 1;
    if is_name { program.to_owned() } else { std::path::absolute(program).unwrap_or_default() }
}

/// Folders of earlier sessions.
fn sessions(work: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in work.read_dir()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

/// What a path in the folder of all sessions is: `SESSION/N-NAME`, where N only keeps
/// names apart.
fn kind(relative: &Path) -> Result<Kind, NameError> {
    let name = relative.file_name().unwrap_or_default();
    if leftover::is_piece(name) {
        return Ok(Kind::InTheMaking);
    }
    Ok(Kind::File(GivenName::new(relative.with_file_name(own_name(name)))?))
}

/// The camera's name for a file.
fn own_name(name: &OsStr) -> OsString {
    let bytes = name.as_bytes();
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match bytes.get(digits..) {
        Some([b'-', own @ ..]) if digits > 0 && !own.is_empty() => OsStr::from_bytes(own).into(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_name_that_the_camera_gave_them() {
        let kind = |path: &str| kind(Path::new(path)).expect("a name");
        let file = |path: &str| Kind::File(GivenName::new(path).expect("a name"));
        assert_eq!(kind("S/12-IMG_0001.CR3"), file("S/IMG_0001.CR3"));
        assert_eq!(kind("S/1-7-up.JPG"), file("S/7-up.JPG"));
        assert_eq!(kind("S/-x.JPG"), file("S/-x.JPG"));
        assert_eq!(kind("S/12-"), file("S/12-"));
        assert_eq!(kind("S/tmpfileAb3dE6"), Kind::InTheMaking);
        assert_eq!(kind("S/3-tmpfileAb3dE6"), file("S/tmpfileAb3dE6"));
    }
}
