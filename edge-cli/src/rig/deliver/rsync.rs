//! Handing on through the installed rsync, by a remote shell.
//!
//! rsync writes `.NAME.XXXXXX` and renames it, so that nobody at the other end sees half
//! a file. One call takes the sidecars, a second one the pictures; a file that gets
//! another name than it has takes a call of its own. Files that are there are left alone
//! (`--ignore-existing`); where that concerns one of ours, a further call compares
//! checksums, and tells what we brought before from what is somebody else's. Whoever puts
//! a file there while ours is on its way gets it back under a name that ends in
//! `.edgecull-RIG-FRAME.bak`.
//!
//! The other end needs rsync 3.0 or newer; from 3.2.4 on it flushes what it writes.

use super::child::{self, ChildError, Ended, Terms, last_lines};
use super::plan::{Step, is_sidecar};
use super::{DeliverError, Options, Parcel, Plan, Remote};
use crate::deliver::names::Stems;
use crate::rig::stop::Stop;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// ssh asks for no password, and does not wait for ever for a host that is gone.
const SSH: &str = "ssh -oBatchMode=yes -oConnectTimeout=10 -oServerAliveInterval=10";

/// Seconds without a byte after which rsync gives up.
const SILENCE_S: u32 = 60;

/// Bytes of a list of names that are kept at most: some 200,000 names.
const LIST: usize = 16 * 1024 * 1024;

/// Bytes of other output.
const OUTPUT: usize = 64 * 1024;

/// Has it flush what it writes.
const FLUSH: &str = "--fsync";

/// Lines of its errors that a person gets to see.
const LINES: usize = 3;

/// rsync at work.
#[derive(Debug)]
pub(super) struct Rsync {
    program: PathBuf,
    shell: Option<OsString>,
    limit: Duration,
    /// Whether both ends know how to flush, as far as is known.
    flushes: AtomicBool,
}

impl Rsync {
    pub(super) fn new(options: &Options) -> Self {
        let given = options.remote_shell.as_ref().map(OsString::from);
        let shell = given.or_else(|| env::var_os("RSYNC_RSH").is_none().then(|| SSH.into()));
        Self {
            program: options.rsync.clone(),
            shell,
            limit: options.rsync_limit,
            flushes: AtomicBool::new(true),
        }
    }

    /// The stems in use there.
    pub(super) fn stems(&self, to: &Remote, stop: &Stop) -> Result<Stems, DeliverError> {
        let mut command = self.command();
        command.args(["--list-only", "--"]).arg(to.folder());
        let listed = self.run(&mut command, to, LIST, stop)?;
        let mut stems = Stems::default();
        listed.split(|byte| *byte == b'\n').filter_map(listed_name).for_each(|n| stems.add(&n));
        Ok(stems)
    }

    /// Brings a parcel there, or finishes doing so.
    pub(super) fn hand_on(
        &self,
        to: &Remote,
        rig: u64,
        parcel: &Parcel<'_>,
        plan: &Plan,
        stop: &Stop,
    ) -> Result<(), DeliverError> {
        let suffix = format!("--suffix=.edgecull-{rig:016x}-{:x}.bak", parcel.id);
        let send = ["--times", "--ignore-existing", "--backup", &suffix];
        let compare = ["--dry-run", "--checksum"];
        // Those that keep their names go together, but for sidecars and pictures.
        let sort = |step: &Step| (step.file == step.name).then(|| is_sidecar(&step.file));
        let together = |a: &Step, b: &Step| sort(a).is_some() && sort(a) == sort(b);
        for steps in plan.steps().chunk_by(together) {
            let files = Files { folder: parcel.folder, steps };
            let sent = self.flushed(&send, &files, to, stop)?;
            if sent.iter().filter(|line| line.starts_with(b"<f+")).count() == steps.len() {
                continue;
            }
            let differ = self.transfer(&compare, &files, to, stop)?;
            if differ.iter().any(|line| line.starts_with(b"<")) {
                let name = steps.first().map_or(OsStr::new(""), |step| &step.name);
                return Err(DeliverError::Taken(Path::new(to.path()).join(name)));
            }
        }
        Ok(())
    }

    /// A transfer that is flushed there, if both ends know how.
    fn flushed(
        &self,
        options: &[&str],
        files: &Files<'_>,
        to: &Remote,
        stop: &Stop,
    ) -> Result<Vec<Vec<u8>>, DeliverError> {
        if self.flushes.load(Ordering::Relaxed) {
            match self.transfer(&[options, &[FLUSH]].concat(), files, to, stop) {
                Err(DeliverError::Refused(said)) if said.contains(FLUSH) => {
                    tracing::warn!("{to}: an old rsync, which does not flush what it writes");
                    self.flushes.store(false, Ordering::Relaxed);
                }
                done => return done,
            }
        }
        self.transfer(options, files, to, stop)
    }

    /// One call of rsync for some files; what it says of each that it does something with.
    fn transfer(
        &self,
        options: &[&str],
        files: &Files<'_>,
        to: &Remote,
        stop: &Stop,
    ) -> Result<Vec<Vec<u8>>, DeliverError> {
        let mut command = self.command();
        command.current_dir(files.folder).args(options).args(["--out-format=%i", "--"]);
        for Step { file, .. } in files.steps {
            // Neither an option nor a host, whatever it begins with.
            command.arg(Path::new(".").join(file));
        }
        command.arg(match files.steps {
            [Step { file, name }] if file != name => to.file(name),
            _ => to.folder(),
        });
        let said = self.run(&mut command, to, OUTPUT, stop)?;
        Ok(said.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect())
    }

    /// rsync with what all calls have.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--protect-args").arg(format!("--timeout={SILENCE_S}"));
        // Its sentences are to be understood, and nobody's habits to get between.
        command.env("LC_ALL", "C").env_remove("RSYNC_OLD_ARGS").env_remove("RSYNC_PARTIAL_DIR");
        if let Some(shell) = &self.shell {
            command.env("RSYNC_RSH", shell);
        }
        command
    }

    /// Runs it; gives its output.
    fn run(
        &self,
        command: &mut Command,
        to: &Remote,
        keep: usize,
        stop: &Stop,
    ) -> Result<Vec<u8>, DeliverError> {
        let terms = Terms { input: b"", keep, limit: self.limit };
        match child::run(command, terms, stop) {
            Ok(Ended { status, out, .. }) if status.success() => Ok(out),
            Ok(Ended { status, err, .. }) => {
                Err(meaning(to, status.code(), &last_lines(&err, usize::MAX)))
            }
            Err(ChildError::Stopped) => Err(DeliverError::Stopped),
            Err(ChildError::TimedOut) => {
                let limit = self.limit.as_secs_f32();
                Err(DeliverError::Away(format!("{to}: rsync was not done after {limit} s")))
            }
            Err(ChildError::System(error)) if error.kind() == ErrorKind::NotFound => {
                let program = self.program.display();
                let said = format!("{program} is not installed here; on Debian: apt install rsync");
                Err(DeliverError::Refused(said))
            }
            Err(ChildError::System(error)) => {
                Err(DeliverError::Failed(format!("rsync cannot be run: {error}")))
            }
        }
    }
}

/// Files of one call.
struct Files<'a> {
    folder: &'a Path,
    steps: &'a [Step],
}

/// What it means that rsync ended so: its exit status alone says little, as that is the
/// same for a full disk and a missing folder.
fn meaning(to: &Remote, code: Option<i32>, lines: &[String]) -> DeliverError {
    let says = |words: &str| lines.iter().any(|line| line.contains(words));
    // The first lines are the cause, those after them what came of it.
    let cause = lines.iter().take(LINES).map(String::as_str).collect::<Vec<_>>().join("; ");
    let host = to.host();
    if says("No space left on device") || says("Disk quota exceeded") {
        return DeliverError::Full(format!("{to}: {cause}"));
    }
    if says("Failed to exec") {
        return DeliverError::Refused(format!("the remote shell is not installed here: {cause}"));
    }
    if code == Some(127) || says("command not found") || says("rsync: not found") {
        return DeliverError::Refused(format!("rsync is not installed on {host}: {cause}"));
    }
    let refused = ["Permission denied", "Read-only file system", "Host key verification failed"];
    // 1 and 2: options or a protocol that the other end does not know; 4: something that
    // it cannot do.
    if refused.iter().any(|words| says(words)) || matches!(code, Some(1 | 2 | 4)) {
        return DeliverError::Refused(format!("{to}: {cause}"));
    }
    match code {
        // All of the parcel's files were there a moment ago, so that it is the folder.
        Some(3 | 11 | 23) if says("No such file or directory") => {
            DeliverError::Away(format!("{} is not there on {host}", to.path()))
        }
        // The connection, or the remote shell.
        Some(5 | 10 | 12 | 14 | 30 | 35 | 255) => DeliverError::Away(format!("{to}: {cause}")),
        _ => DeliverError::Failed(format!("{to}: {cause}")),
    }
}

/// The name in a line of `--list-only`: behind mode, size, date and time.
fn listed_name(line: &[u8]) -> Option<OsString> {
    let mut rest = line;
    for _ in 0..4 {
        rest = rest.trim_ascii_start();
        let end = rest.iter().position(|byte| *byte == b' ')?;
        rest = rest.get(end..)?;
    }
    Some(OsString::from_vec(unescaped(rest.strip_prefix(b" ")?)))
}

/// A name without rsync's escapes, which are `\#` and three octal digits.
fn unescaped(mut name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    while let Some((&first, rest)) = name.split_first() {
        let octal = |digit: &u8| (b'0'..=b'7').contains(digit).then(|| u32::from(digit - b'0'));
        let byte = match rest {
            [b'#', a, b, c, ..] if first == b'\\' => octal(a)
                .zip(octal(b).zip(octal(c)))
                .and_then(|(a, (b, c))| u8::try_from(64 * a + 8 * b + c).ok()),
            _ => None,
        };
        out.push(byte.unwrap_or(first));
        name = if byte.is_some() { rest.get(4..).unwrap_or_default() } else { rest };
    }
    out
}

#[cfg(test)]
#[path = "rsync_tests.rs"]
mod tests;
