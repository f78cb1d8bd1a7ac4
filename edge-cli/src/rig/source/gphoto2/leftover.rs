//! What an earlier rig that was killed has left: processes that still hold a camera, and
//! pieces of files.

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use tracing::{info, warn};

/// Time that such a process has to let go of its camera.
const ASKED: Duration = Duration::from_secs(1);

/// Whether it is the name under which gphoto2 writes what is not yet all there.
pub(super) fn is_piece(name: &OsStr) -> bool {
    let rest = name.as_bytes().strip_prefix(b"tmpfile");
    rest.is_some_and(|rest| rest.len() == 6 && rest.iter().all(u8::is_ascii_alphanumeric))
}

/// Removes pieces of files from a folder in which no process works any more. What they
/// are pieces of is whole on the camera's card, which keeps everything.
pub(super) fn sweep(folder: &Path) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        if is_piece(&entry.file_name()) && entry.file_type()?.is_file() {
            info!(file = ?entry.path(), "a download that was broken off: removed, the card has it");
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether a download is under way in a folder.
pub(super) fn has_piece(folder: &Path) -> bool {
    let entries = folder.read_dir().into_iter().flatten();
    entries.flatten().any(|entry| is_piece(&entry.file_name()))
}

/// Ends processes of this program that work in a folder below `work`: they can only be
/// those of a rig that is no more. Where there is no /proc, none is found.
pub(super) fn end_processes(program: &OsStr, work: &Path) {
    let pids: Vec<Pid> = processes(program, work);
    if pids.is_empty() {
        return;
    }
    warn!("an earlier rig has left {} gphoto2 running: ended", pids.len());
    let began = Instant::now();
    for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
        let until = if signal == Signal::INT { ASKED / 2 } else { ASKED };
        for pid in &pids {
            // One that has ended meanwhile is what was wanted.
            let _ = kill_process(*pid, signal);
            let _ = kill_process(*pid, Signal::CONT);
        }
        while began.elapsed() < until {
            if pids.iter().all(|pid| test_kill_process(*pid).is_err()) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The system cuts names of programs to so many bytes.
const NAME_LEN: usize = 15;

fn processes(program: &OsStr, work: &Path) -> Vec<Pid> {
    let name = program.as_bytes();
    let name = name.get(..NAME_LEN).unwrap_or(name);
    let Ok(entries) = Path::new("/proc").read_dir() else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| {
        let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
        let folder = entry.path().join("cwd").read_link().ok()?;
        let comm = fs::read(entry.path().join("comm")).ok()?;
        (folder.starts_with(work) && comm.trim_ascii_end() == name).then_some(pid)
    });
    pids.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    #[test]
    fn pieces_are_known_and_swept_and_nothing_else_is() {
        let t = tempfile::tempdir().expect("a folder");
        for name in ["tmpfileaB3xYz", "tmpfile", "tmpfile12345", "1-tmpfileaB3xYz.JPG"] {
            fs::write(t.path().join(name), b"x").expect("written");
        }
        assert!(has_piece(t.path()));
        sweep(t.path()).expect("swept");
        assert!(!has_piece(t.path()));
        assert_eq!(t.path().read_dir().expect("a folder").count(), 3);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn processes_of_that_name_in_that_folder_are_ended() {
        let t = tempfile::tempdir().expect("a folder");
        let work = t.path().canonicalize().expect("there");
        let inside = work.join("a");
        fs::create_dir(&inside).expect("made");
        let start = |folder: &Path| {
            Command::new("sleep").arg("1000").current_dir(folder).spawn().expect("started")
        };
        let (mut left, mut other) = (start(&inside), start(Path::new("/")));
        // Between fork and exec it still has our name.
        let end = Instant::now() + Duration::from_secs(60);
        while processes(OsStr::new("sleep"), &work).is_empty() {
            assert!(Instant::now() < end, "not found");
        }
        end_processes(OsStr::new("gphoto2"), &work);
        assert!(left.try_wait().expect("a status").is_none());
        end_processes(OsStr::new("sleep"), &work);
        assert_eq!(left.wait().expect("a status").signal(), Some(2));
        assert!(other.try_wait().expect("a status").is_none());
        other.kill().and_then(|()| other.wait()).expect("ended");
    }
}
