//! A rig as a process: started, watched, stopped or killed.

use crate::process::program;
use serde_json::Value;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Far longer than anything takes that is waited for on a slow machine.
pub const LIMIT: Duration = Duration::from_secs(120);

/// A running `edgecull tether`. Killed when it is dropped.
#[derive(Debug)]
pub struct Rig {
    child: Child,
    spool: PathBuf,
    log: PathBuf,
}

impl Rig {
    /// Starts a rig with these sources and options, and waits until it is ready.
    ///
    /// # Panics
    /// When it does not begin.
    #[must_use]
    pub fn start<A: Into<OsString>>(spool: &Path, args: impl IntoIterator<Item = A>) -> Self {
        let rig = Self::spawn(spool, args);
        rig.wait_for_log(" to ");
        rig
    }

    /// Starts a rig, and waits for nothing. Its log goes on in the file of the one before.
    ///
    /// # Panics
    /// When the program cannot be run.
    #[must_use]
    pub fn spawn<A: Into<OsString>>(spool: &Path, args: impl IntoIterator<Item = A>) -> Self {
        let log = spool.with_extension("log");
        let out = File::options().create(true).append(true).open(&log).expect("a log");
        let child = Command::new(program())
            .arg("tether")
            .args(args.into_iter().map(Into::into))
            .arg("--spool")
            .arg(spool)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(out)
            .spawn()
            .expect("the program runs");
        Self { child, spool: spool.to_owned(), log }
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged, with those before it in this spool.
    ///
    /// # Panics
    /// When the log cannot be read.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).expect("a log")).into_owned()
    }

    /// Waits until the log has a line with these words; gives the last one.
    ///
    /// # Panics
    /// When there is none for long.
    pub fn wait_for_log(&self, words: &str) -> String {
        let mut found = None;
        until(&format!("{words:?} in the log"), || {
            found = self.log().lines().rfind(|line| line.contains(words)).map(str::to_owned);
            found.is_some()
        });
        found.expect("just found")
    }

    /// The frames in its spool, as `tether list` gives them.
    ///
    /// # Panics
    /// When they cannot be listed.
    #[must_use]
    pub fn list(&self) -> Vec<Value> {
        list(&self.spool)
    }

    /// Asks it to stop, and gives how it ended.
    ///
    /// # Panics
    /// When it does not.
    pub fn stop(mut self) -> ExitStatus {
        signal(&self.child, "TERM");
        let mut status = None;
        until("the rig stops", || {
            status = self.child.try_wait().expect("a status");
            status.is_some()
        });
        status.expect("just stopped")
    }

    /// Sends it a signal by name.
    ///
    /// # Panics
    /// When that fails.
    pub fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Whether it has ended by itself, and how.
    ///
    /// # Panics
    /// When the system does not say.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a status")
    }

    /// Ends it as a power cut would, but for what the system keeps in memory.
    pub fn kill(self) {}
}

impl Drop for Rig {
    fn drop(&mut self) {
        // SIGKILL; it may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success(), "SIG{name} was not sent");
}

/// The frames in a spool, whether or not a rig works in it.
///
/// # Panics
/// When they cannot be listed.
#[must_use]
pub fn list(spool: &Path) -> Vec<Value> {
    let listed = Command::new(program())
        .args(["tether", "list", "--format", "ndjson", "--spool"])
        .arg(spool)
        .output()
        .expect("the program runs");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let lines = listed.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("JSON")).collect()
}

/// Waits for a condition.
///
/// # Panics
/// When it does not come true for long.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < LIMIT, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The files below a folder that are not hidden, with their bytes; their paths are below it.
///
/// # Panics
/// When they cannot be read.
#[must_use]
pub fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder_at) = folders.pop() {
        for entry in fs::read_dir(&folder_at).expect("a folder") {
            let entry = entry.expect("an entry");
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                let bytes = fs::read(&path).expect("readable");
                files.push((path.strip_prefix(folder).expect("below").to_owned(), bytes));
            }
        }
    }
    files.sort();
    files
}

/// The frames' files in a spool: the folder that tells their state, and the name.
///
/// # Panics
/// When they cannot be read.
#[must_use]
pub fn in_spool(spool: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for state in ["judged", "kept", "review", "rejected", "unjudged", "done"] {
        for (path, bytes) in files_below(&spool.join(state)) {
            all.push((Path::new(state).join(path), bytes));
        }
    }
    all
}

/// A photograph whose bytes are like no other's: a rendered one with a comment (JPEG COM
/// segment, ITU-T T.81 B.2.4.5).
///
/// # Panics
/// When `photograph` is no JPEG, or the comment is too long for a segment.
#[must_use]
pub fn with_comment(photograph: &[u8], comment: &str) -> Vec<u8> {
    let rest = photograph.strip_prefix(b"\xff\xd8").expect("a JPEG");
    let length = u16::try_from(comment.len() + 2).expect("a short comment");
    let length = length.to_be_bytes();
    [b"\xff\xd8\xff\xfe", length.as_slice(), comment.as_bytes(), rest].concat()
}
