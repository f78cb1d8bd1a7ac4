//! The program as a process: where it lies, how long and how large it may grow.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Time between two looks at a running process. Its peak is kept by the system,
/// so that only what it asked for since the last look can be missed.
const LOOK: Duration = Duration::from_millis(2);

/// What became of a run.
#[derive(Debug)]
pub struct Ended {
    /// Exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// What it wrote on its standard output.
    pub stdout: Vec<u8>,
    /// What it wrote on its standard error.
    pub stderr: String,
    /// Most resident memory in KiB; `None` where the system does not tell.
    pub peak_kib: Option<u64>,
}

/// The program `edgecull` of the profile that the tests were built with.
///
/// # Panics
/// When it was not built: a test of this package does not cause that by itself.
#[must_use]
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it lies");
    // target/PROFILE/deps/TEST-HASH
    let profile = test.ancestors().nth(2).expect("a test lies in a target folder");
    let program = profile.join("edgecull").with_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        program.is_file(),
        "{} is missing: run `cargo test --workspace`, or `cargo build` with this profile first",
        program.display()
    );
    program
}

/// Runs the program to its end.
///
/// # Panics
/// When it cannot be run, or is not done within `limit`: then it is killed.
pub fn run<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>, limit: Duration) -> Ended {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    // Files, not pipes: nobody needs to read them while the process is watched.
    let [stdout, stderr] = ["stdout", "stderr"].map(|name| scratch.path().join(name));
    let mut child = Command::new(program())
        .args(args)
        .stdin(Stdio::null())
        .stdout(File::create(&stdout).expect("a file"))
        .stderr(File::create(&stderr).expect("a file"))
        .spawn()
        .expect("the program runs");
    let began = Instant::now();
    let mut peak_kib = None;
    let status = loop {
        peak_kib = peak(&child).max(peak_kib);
        if let Some(status) = child.try_wait().expect("a status") {
            break status;
        }
        if began.elapsed() > limit {
            child.kill().expect("killed");
            child.wait().expect("a status");
            panic!("not done after {limit:?}");
        }
        std::thread::sleep(LOOK);
    };
    let said = fs::read(&stderr).expect("readable");
    Ended {
        status: status.code(),
        stdout: fs::read(&stdout).expect("readable"),
        stderr: String::from_utf8_lossy(&said).into_owned(),
        peak_kib,
    }
}

/// Most resident memory of a process so far, in KiB: `VmHWM` of proc(5).
fn peak(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
