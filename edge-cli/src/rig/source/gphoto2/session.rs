//! One camera, held by one process, in a folder of its own.

use super::detect::Camera;
use super::leftover;
use super::process::Process;
use super::says::{News, Trouble};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};
use tracing::{debug, info, warn};

/// A process that has lived so long has its camera.
const SURE: Duration = Duration::from_secs(5);

/// How files are named: by the number that makes each unique, and the camera's own name,
/// in capitals or not.
const FILE_NAMES: &str = "%n-%f.%C";

/// One camera, held by one process.
#[derive(Debug)]
pub(super) struct Session {
    pub camera: Camera,
    /// Where its files come to lie.
    pub folder: PathBuf,
    pub process: Process,
    pub trouble: Option<Trouble>,
    began: Instant,
    has_saved: bool,
}

impl Session {
    /// Makes the folder and starts the process. The system says `NotFound` for a missing
    /// program.
    pub(super) fn begin(
        program: &Path,
        work: &Path,
        camera: Camera,
        now: Instant,
    ) -> io::Result<Self> {
        let folder = make_folder(work, &camera.model)?;
        // `--keep`: without it gphoto2 deletes what it has downloaded from the card.
        // `--force-overwrite`: it never asks; each name is new all the same.
        let args = [
            "--port",
            &camera.port,
            "--keep",
            "--force-overwrite",
            "--filename",
            FILE_NAMES,
            "--capture-tethered",
        ];
        let process = Process::start(program, &args, &folder).inspect_err(|_| {
            // It is empty, and may stay if it has to.
            let _ = fs::remove_dir(&folder);
        })?;
        Ok(Self { camera, folder, process, trouble: None, began: now, has_saved: false })
    }

    /// Hears what was said since the last time.
    pub(super) fn hear(&mut self) {
        while let Some(line) = self.process.line() {
            self.understand(line.is_error, &line.text);
        }
    }

    /// Hears the last words of a process that has ended.
    pub(super) fn hear_out(&mut self) {
        let last: Vec<_> = self.process.last_lines().collect();
        for line in last {
            self.understand(line.is_error, &line.text);
        }
    }

    /// Whether it has shown that the camera can be driven.
    pub(super) fn works(&self, now: Instant) -> bool {
        self.has_saved || now.duration_since(self.began) >= SURE
    }

    /// Has the process rest while there is no room, between two downloads if it can be: a
    /// camera that waits for long in one gives up on it.
    pub(super) fn hold_back(&mut self, has_room: bool) {
        if has_room != self.process.paused || (!has_room && leftover::has_piece(&self.folder)) {
            return;
        }
        self.process.pause(!has_room);
        let Camera { model, port } = &self.camera;
        if has_room {
            info!("{model} ({port}): goes on");
        } else {
            warn!("{model} ({port}): is paused, as the disk is low; its card keeps what it has");
        }
    }

    fn understand(&mut self, is_error: bool, text: &str) {
        let Camera { model, port } = &self.camera;
        debug!("{model} ({port}): {text}");
        if !is_error {
            self.has_saved |= matches!(News::of(text), News::Saved(_));
        } else if let Some(trouble) = Trouble::of(text) {
            self.trouble = Some(match self.trouble.take() {
                Some(earlier) => earlier.or(trouble),
                None => trouble,
            });
        }
    }
}

/// Makes a folder that was not there: `%n` counts from one in each process.
fn make_folder(work: &Path, model: &str) -> io::Result<PathBuf> {
    let name = format!("{}-{}", stamp(SystemTime::now()), slug(model));
    for attempt in 1u32.. {
        let name = if attempt == 1 { name.clone() } else { format!("{name}-{attempt}") };
        let folder = work.join(name);
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // A missing program is told from a missing folder.
            Err(error) => return Err(io::Error::other(error)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// A moment as `20261123-044000`, in UTC. Days are counted from 1 March of year 0, so
/// that a leap day is the last of its year.
fn stamp(moment: SystemTime) -> String {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, seconds) = (since / 86_400 + 719_468, since % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + next;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{date:02}-{hour:02}{minute:02}{second:02}")
}

/// A model's name as part of a folder's name.
fn slug(model: &str) -> String {
    let words = model.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = words.collect::<Vec<_>>().join("-");
    slug.truncate(40);
    if slug.is_empty() { "camera".into() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_calendar_has_them() {
        for (seconds, text) in [
            (0, "19700101-000000"),
            (951_782_399, "20000228-235959"),
            (951_782_400, "20000229-000000"),
            (951_868_800, "20000301-000000"),
            (1_795_408_940, "20261123-044220"),
            (4_107_542_400, "21000301-000000"),
        ] {
            assert_eq!(stamp(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn folders_are_new_and_named_for_the_camera() {
        let t = tempfile::tempdir().expect("a folder");
        let [a, b] = [(); 2].map(|()| make_folder(t.path(), "Canon EOS 5D/Mk.II").expect("made"));
        assert_ne!(a, b);
        assert!(a.to_str().expect("a name").contains("-Canon-EOS-5D-Mk-II"), "{}", a.display());
        assert_eq!(slug("?"), "camera");
    }
}
