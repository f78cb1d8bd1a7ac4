//! One process of gphoto2: what it says, and how it is paused and ended.
//!
//! It leads a process group, so that whatever it started ends with it. What it writes is
//! read by threads that never wait, so that it never waits for us either.

use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Lines that are kept until somebody asks for them; later ones are dropped.
const MOST_LINES: usize = 1_024;

/// Bytes of a line.
const MOST_BYTES: u64 = 4_096;

/// Time for a process to end by itself after the first signal, which lets it finish what
/// it does with the camera; after the second, which makes it stop that; until it is
/// killed.
const ASKED: Duration = Duration::from_millis(600);
const TOLD: Duration = Duration::from_millis(900);

/// Time between two looks at processes that are ending.
const LOOK: Duration = Duration::from_millis(5);

/// A line of what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Whether it is about trouble.
    pub is_error: bool,
    pub text: String,
}

/// A running process. Dropped, it is killed.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    group: Option<Pid>,
    lines: Receiver<Line>,
    status: Option<ExitStatus>,
    pub paused: bool,
}

impl Process {
    /// Starts the program in a folder, without the user's language.
    pub(super) fn start(program: &Path, args: &[&str], folder: &Path) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(args)
            .current_dir(folder)
            .env("LANG", "C")
            .env("LC_ALL", "C")
            .env_remove("LANGUAGE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let (told, lines) = sync_channel(MOST_LINES);
        let stdout = child.stdout.take().map(|out| listen(out, false, told.clone()));
        let stderr = child.stderr.take().map(|out| listen(out, true, told));
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let process = Self { child, group, lines, status: None, paused: false };
        // Without a listener it would hang sooner or later: it is killed by the drop.
        stdout.transpose()?;
        stderr.transpose()?;
        Ok(process)
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.status.is_none() {
            self.status = self.child.try_wait()?;
        }
        Ok(self.status)
    }

    /// The next line that it said.
    pub(super) fn line(&self) -> Option<Line> {
        self.lines.try_recv().ok()
    }

    /// Lines that are still to come of a process that has ended.
    pub(super) fn last_lines(&self) -> impl Iterator<Item = Line> + '_ {
        // The writing ends are closed: what is in the pipes is all there will be. Should
        // somebody else hold one, it is not waited for.
        std::iter::from_fn(|| self.lines.recv_timeout(Duration::from_millis(100)).ok())
    }

    /// Lets it rest, or go on.
    pub(super) fn pause(&mut self, paused: bool) {
        if self.paused != paused {
            self.signal(if paused { Signal::STOP } else { Signal::CONT });
            self.paused = paused;
        }
    }

    fn signal(&self, signal: Signal) {
        // Once it was waited for, its number may be another's.
        if let (None, Some(group)) = (self.status, self.group) {
            // It may have ended by itself.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !matches!(self.ended(), Ok(Some(_))) {
            self.signal(Signal::KILL);
            // Killed, it ends.
            let _ = self.child.wait();
        }
    }
}

/// Ends all of them, together within a second.
pub(super) fn stop(processes: &mut [&mut Process]) {
    let began = Instant::now();
    for (signal, until) in [(Signal::INT, ASKED), (Signal::TERM, TOLD)] {
        for process in processes.iter_mut() {
            process.signal(signal);
            // Who rests hears nothing else.
            process.pause(false);
        }
        while began.elapsed() < until {
            if processes.iter_mut().all(|process| matches!(process.ended(), Ok(Some(_)))) {
                return;
            }
            thread::sleep(LOOK);
        }
    }
    for process in processes {
        process.signal(Signal::KILL);
        let _ = process.child.wait().map(|status| process.status = Some(status));
    }
}

fn listen(
    from: impl Read + Send + 'static,
    is_error: bool,
    to: SyncSender<Line>,
) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let read = move || {
        let mut line = Vec::new();
        loop {
            line.clear();
            match (&mut from).take(MOST_BYTES).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&line).trim().to_owned();
            if !text.is_empty() {
                // Nobody has listened for long: what it says is of no use any more.
                let _ = to.try_send(Line { is_error, text });
            }
        }
    };
    thread::Builder::new().name("gphoto2-says".into()).spawn(read).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    fn sh(script: &str) -> Process {
        let folder = std::env::temp_dir();
        Process::start(Path::new("/bin/sh"), &["-c", script], &folder).expect("a shell")
    }

    fn wait(process: &mut Process) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = process.ended().expect("a status") {
                return status;
            }
            assert!(began.elapsed() < LIMIT, "it does not end");
            thread::sleep(LOOK);
        }
    }

    #[test]
    fn all_that_it_says_is_heard_and_more_than_that_does_not_block_it() {
        let mut process = sh("echo $LC_ALL; echo bad >&2; yes | head -c 300000; exit 3");
        assert_eq!(wait(&mut process).code(), Some(3));
        let lines: Vec<Line> = process.last_lines().collect();
        assert!(lines.contains(&Line { is_error: false, text: "C".into() }));
        assert!(lines.contains(&Line { is_error: true, text: "bad".into() }));
        // What is read from the queue makes room for what is left in the pipe, of 64 KiB, and in
        // the reader's buffer, of 8 KiB; of what came before, the queue's length is kept.
        let most = MOST_LINES + (64 + 8) * 1024 / "y\n".len();
        assert!(lines.len() <= most, "{}", lines.len());
    }

    #[test]
    fn those_that_end_when_asked_and_those_that_do_not_are_ended() {
        let mut kind = sh("trap 'exit 7' INT; while :; do sleep 0.01; done");
        let mut deaf = sh("trap '' INT TERM; while :; do sleep 0.01; done");
        let mut resting = sh("while :; do sleep 0.01; done");
        resting.pause(true);
        // The traps must be set before the signal comes.
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(200) {
            thread::sleep(LOOK);
        }
        stop(&mut [&mut kind, &mut deaf, &mut resting]);
        assert_eq!(wait(&mut kind).code(), Some(7));
        assert_eq!(wait(&mut deaf).code(), None);
        assert_eq!(wait(&mut resting).code(), None);
    }
}
