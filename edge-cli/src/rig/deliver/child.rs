//! Another program at work, for so long and no longer.
//!
//! It gets a process group of its own, so that all it started ends with it. Its input and
//! output go through pipes that never block this side: a program that reads nothing, or
//! writes for ever, is stopped in time like any other.

use crate::rig::stop::Stop;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program has to end when it is asked to.
const GRACE: Duration = Duration::from_millis(500);

/// How often it is looked at: soon at first, as most are quick.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Pieces read in one go at most: even a program that writes for ever is looked at.
const PIECES: usize = 16;
const PIECE: usize = 64 * 1024;

/// What a program gets, and what is kept of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    /// What it may read.
    pub(super) input: &'a [u8],
    /// Bytes of its output, and as many of its errors, that are kept at most: the last.
    pub(super) keep: usize,
    /// How long it may take.
    pub(super) limit: Duration,
}

/// How a program ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
}

/// Why it was not let end.
#[derive(Debug)]
pub(super) enum ChildError {
    /// It cannot be started, or not be watched.
    System(io::Error),
    /// It took too long.
    TimedOut,
    /// The rig stops.
    Stopped,
}

impl From<io::Error> for ChildError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Runs a program to its end.
pub(super) fn run(
    command: &mut Command,
    terms: Terms<'_>,
    stop: &Stop,
) -> Result<Ended, ChildError> {
    let started = Instant::now();
    if stop.raised() {
        return Err(ChildError::Stopped);
    }
    command.process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running { child: command.spawn()?, ended: false };
    let mut pipes = Pipes::of(&mut running.child, terms)?;
    let mut pause = SHORTEST_PAUSE;
    loop {
        let busy = pipes.serve();
        // What it wrote before it ended is in the pipes by now.
        if let Some(status) = running.child.try_wait()? {
            running.ended = true;
            pipes.serve();
            let Pipes { out, err, .. } = pipes;
            return Ok(Ended { status, out: out.bytes, err: err.bytes });
        }
        if stop.raised() {
            return Err(ChildError::Stopped);
        }
        let left = terms.limit.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Err(ChildError::TimedOut);
        }
        pause = if busy { SHORTEST_PAUSE } else { (2 * pause).min(LONGEST_PAUSE) };
        if stop.wait(pause.min(left)) {
            return Err(ChildError::Stopped);
        }
    }
}

/// A program that does not outlive the interest in it.
struct Running {
    child: Child,
    ended: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let group = Pid::from_child(&self.child);
        // A group that has nobody in it any more needs no signal.
        let _ = kill_process_group(group, Signal::TERM);
        let asked = Instant::now();
        // It is left unburied, so that its number is nobody else's yet when the rest of
        // its group is ended.
        let over = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        while asked.elapsed() < GRACE && matches!(waitid(WaitId::Pid(group), over), Ok(None)) {
            thread::sleep(SHORTEST_PAUSE);
        }
        let _ = kill_process_group(group, Signal::KILL);
        // One that hangs in the kernel, on a dead mount, is not waited for.
        while asked.elapsed() < 2 * GRACE && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(SHORTEST_PAUSE);
        }
    }
}

/// The pipes to a program, none of which blocks.
struct Pipes<'a> {
    input: Option<(ChildStdin, &'a [u8])>,
    out: Tail<ChildStdout>,
    err: Tail<ChildStderr>,
}

impl<'a> Pipes<'a> {
    fn of(child: &mut Child, terms: Terms<'a>) -> io::Result<Self> {
        let input = child.stdin.take();
        input.as_ref().map_or(Ok(()), never_block)?;
        Ok(Self {
            input: input.map(|pipe| (pipe, terms.input)),
            out: Tail::of(child.stdout.take(), terms.keep)?,
            err: Tail::of(child.stderr.take(), terms.keep)?,
        })
    }

    /// Moves what can be moved; whether there was anything.
    fn serve(&mut self) -> bool {
        let given = self.give();
        let out = self.out.take();
        self.err.take() || out || given
    }

    fn give(&mut self) -> bool {
        let Some((pipe, left)) = &mut self.input else {
            return false;
        };
        match pipe.write(left) {
            Ok(count) if count < left.len() => {
                *left = left.get(count..).unwrap_or_default();
                count > 0
            }
            Err(error) if is_later(&error) => false,
            // All is written, or it reads no more.
            _ => {
                self.input = None;
                true
            }
        }
    }
}

/// The end of what a program writes.
struct Tail<R> {
    pipe: Option<R>,
    bytes: Vec<u8>,
    keep: usize,
}

impl<R: Read + AsFd> Tail<R> {
    fn of(pipe: Option<R>, keep: usize) -> io::Result<Self> {
        pipe.as_ref().map_or(Ok(()), never_block)?;
        Ok(Self { pipe, bytes: Vec::new(), keep })
    }

    /// Reads what is there; whether there was anything.
    fn take(&mut self) -> bool {
        let mut piece = vec![0; PIECE];
        let mut some = false;
        for _ in 0..PIECES {
            let Some(pipe) = &mut self.pipe else {
                break;
            };
            match pipe.read(&mut piece) {
                Ok(count) if count > 0 => {
                    some = true;
                    self.bytes.extend_from_slice(piece.get(..count).unwrap_or_default());
                    let over = self.bytes.len().saturating_sub(self.keep);
                    self.bytes.drain(..over);
                }
                Err(error) if is_later(&error) => break,
                _ => self.pipe = None,
            }
        }
        some
    }
}

fn never_block(pipe: &impl AsFd) -> io::Result<()> {
    Ok(fcntl_setfl(pipe, fcntl_getfl(pipe)? | OFlags::NONBLOCK)?)
}

fn is_later(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// The last lines of what a program said, for people: at most `count`, without control
/// characters.
pub(super) fn last_lines(said: &[u8], count: usize) -> Vec<String> {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(count);
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    lines.iter().skip(from).map(|line| line.chars().take(400).map(plain).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str, terms: Terms<'_>, stop: &Stop) -> Result<Ended, ChildError> {
        run(Command::new("sh").args(["-c", script]), terms, stop)
    }

    /// Whether the process that wrote its number into a file goes: a signal takes a moment.
    fn is_gone(pid: &Path) -> bool {
        let pid = fs::read_to_string(pid).expect("its number");
        let began = Instant::now();
        while began.elapsed() < LONG {
            let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
            // A zombie whose parent is gone waits for init alone.
            if stat.map_or(true, |stat| stat.contains(") Z ")) {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        false
    }

    #[test]
    fn input_goes_in_and_the_end_of_the_output_comes_back() {
        // More than any pipe holds, both ways.
        let input: Vec<u8> = (0..300_000u32).map(|n| (n % 251) as u8).collect();
        let terms = Terms { input: &input, keep: input.len(), limit: LONG };
        let ended = shell("cat; echo oh >&2; exit 3", terms, &Stop::new()).expect("ended");
        assert_eq!(ended.status.code(), Some(3));
        assert!(ended.out == input && ended.err == b"oh\n");
        let few = Terms { keep: 1_000, ..terms };
        let ended = shell("cat", few, &Stop::new()).expect("ended");
        assert_eq!(ended.out, input[input.len() - 1_000..]);
    }

    #[test]
    fn one_that_reads_nothing_and_leaves_others_behind_is_no_burden() {
        let input = vec![0; 1 << 20];
        let terms = Terms { input: &input, keep: 10, limit: LONG };
        let ended = shell("exec sleep 0", terms, &Stop::new()).expect("ended");
        assert!(ended.status.success());
        // The one in the background holds the pipes.
        let ended = shell("sleep 20 & echo on", terms, &Stop::new()).expect("ended");
        assert_eq!(ended.out, b"on\n");
    }

    #[test]
    fn when_time_is_up_or_the_rig_stops_the_whole_group_ends() {
        let t = tempfile::tempdir().expect("folder");
        // Neither the shell nor what it started listens to a polite word.
        let pid = t.path().join("pid");
        let script = format!("trap '' TERM; sleep 3600 & echo $! > {}; wait; wait", pid.display());
        let short = Terms { input: b"", keep: 10, limit: Duration::from_millis(700) };
        let ended = shell(&script, short, &Stop::new());
        assert!(matches!(ended, Err(ChildError::TimedOut)), "{ended:?}");
        assert!(is_gone(&pid));

        let stop = Stop::new();
        let raise = stop.clone();
        let wanted = pid.clone();
        fs::remove_file(&pid).expect("remove");
        let raiser = thread::spawn(move || {
            while !fs::read(&wanted).is_ok_and(|text| text.ends_with(b"\n")) {
                thread::sleep(Duration::from_millis(5));
            }
            raise.raise();
        });
        let ended = shell(&script, Terms { limit: LONG, ..short }, &stop);
        assert!(matches!(ended, Err(ChildError::Stopped)), "{ended:?}");
        raiser.join().expect("raised");
        assert!(is_gone(&pid));
        assert!(matches!(shell("true", short, &stop), Err(ChildError::Stopped)));
    }

    #[test]
    fn endless_output_takes_no_memory_and_no_time_beyond_the_limit() {
        let terms = Terms { input: b"", keep: 100, limit: Duration::from_millis(300) };
        let ended = shell("yes", terms, &Stop::new());
        assert!(matches!(ended, Err(ChildError::TimedOut)), "{ended:?}");
    }

    #[test]
    fn people_see_lines_without_tricks() {
        let said = b"one\n\n\x1b[31mtwo\r\n\xffthree\n";
        assert_eq!(last_lines(said, 2), [" [31mtwo", "\u{fffd}three"]);
        assert_eq!(last_lines(b"", 2), Vec::<String>::new());
    }
}
