//! What a running rig is asked from outside: a Unix socket in the spool.
//!
//! One request a connection, a line of JSON; the answer is a line of JSON for each frame.
//! Where no rig runs, whoever asks works on the spool itself, with the same words.

use super::desk::Desk;
use super::spool::{Row, State};
use super::stop::Stop;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The socket's name in the spool.
const SOCKET: &str = "control";

/// Longest request, in bytes.
const MAX_REQUEST: u64 = 1 << 20;

/// How long one who asks may be silent.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Let these frames go to the host.
    Release(Vec<u64>),
    /// Which frames lie in the spool.
    List,
}

/// What is answered, a line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// A frame, as it is now.
    Frame(Box<Row>),
    /// No such frame waits.
    Unknown(u64),
    /// It could not be done.
    Failed(String),
}

/// Answers a request.
///
/// # Errors
/// When `say` does.
pub fn answer(
    desk: &Desk,
    request: &Request,
    say: &mut impl FnMut(Answer) -> io::Result<()>,
) -> io::Result<()> {
    match request {
        Request::Release(ids) => ids.iter().try_for_each(|&id| {
            say(match desk.release(id) {
                Ok(Some(row)) => Answer::Frame(Box::new(row)),
                Ok(None) => Answer::Unknown(id),
                Err(error) => Answer::Failed(error.to_string()),
            })
        }),
        Request::List => {
            let mut said = Ok(());
            for state in State::PLACES.into_iter().filter(|state| *state != State::Done) {
                let each = desk.spool().each(state, |row| {
                    said = say(Answer::Frame(Box::new(row)));
                    said.is_ok()
                });
                if let Err(error) = each {
                    return say(Answer::Failed(error.to_string()));
                }
            }
            said
        }
    }
}

/// Asks the rig that works in a spool; `None` when none does.
///
/// # Errors
/// When it cannot be reached, or its answer makes no sense.
pub fn ask(spool: &Path, request: &Request) -> io::Result<Option<Vec<Answer>>> {
    let connected = in_folder(spool, |path| UnixStream::connect(path));
    let mut stream = match connected {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let lines = BufReader::new(stream).lines();
    lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect::<io::Result<_>>().map(Some)
}

/// A socket in a spool; it goes with this.
#[derive(Debug)]
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Makes the socket. Only the rig's own user may ask.
    ///
    /// # Errors
    /// When the system says no.
    pub fn open(spool: &Path) -> io::Result<Self> {
        let path = spool.join(SOCKET);
        // The spool is locked: whoever made this is gone.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = in_folder(spool, |path| UnixListener::bind(path))?;
        fs::set_permissions(&path, PermissionsExt::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Answers until it is stopped, which takes one more connection: see
    /// [`wake`](Self::wake).
    pub fn serve(&self, desk: &Desk, stop: &Stop) {
        for stream in self.listener.incoming() {
            if stop.raised() {
                return;
            }
            // Whoever asked has gone away: nobody is to be told.
            let _ = stream.and_then(|stream| serve_one(&stream, desk));
        }
    }

    /// Lets [`serve`](Self::serve) see that it is to stop.
    pub fn wake(spool: &Path) {
        let _ = in_folder(spool, |path| UnixStream::connect(path));
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn serve_one(stream: &UnixStream, desk: &Desk) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(stream.take(MAX_REQUEST)).read_line(&mut line)?;
    let mut out = io::BufWriter::new(stream);
    let mut say = |answer: Answer| {
        serde_json::to_writer(&mut out, &answer)?;
        out.write_all(b"\n")
    };
    match serde_json::from_str(&line) {
        Ok(request) => answer(desk, &request, &mut say)?,
        Err(error) => say(Answer::Failed(format!("the request is not understood: {error}")))?,
    }
    out.flush()
}

/// Works on the socket by a path that is short however deep the spool lies: the address of
/// a socket has room for 107 bytes.
fn in_folder<T>(spool: &Path, work: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let folder = File::open(spool)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
    if short.is_dir() { work(&short.join(SOCKET)) } else { work(&spool.join(SOCKET)) }
}
