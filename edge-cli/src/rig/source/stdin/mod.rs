//! The standard input: `stdin`, for those who wire their own.
//!
//! Either one picture until the end of the stream, or files one after the other, each
//! behind a header as [`frame`] describes it: the first four bytes tell. The stream is
//! held back while there is no room, and nothing of it is thrown away: a file that
//! breaks off stays in the spool as a partial.

pub mod frame;
mod input;

use super::Ended;
use crate::rig::intake::{Intake, IntakeError, Receiving};
use crate::rig::name::GivenName;
use crate::rig::stop::Stop;
use crate::source::format::{Format, SIGNATURE_LEN};
use frame::{HEADER_LEN, Header, HeaderError, MAGIC};
use input::{Dry, Input};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tracing::{info, warn};

/// The source's name.
pub const NAME: &str = "stdin";

/// Time between two looks whether there is room.
const ROOM: Duration = Duration::from_millis(250);

/// Set when the standard input was begun: what is left of it has no known beginning.
static BEGUN: AtomicBool = AtomicBool::new(false);

/// How the standard input is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StdinSettings {
    /// The name of a single picture; by default `stdin` with the ending of its format.
    pub name: Option<GivenName>,
}

/// Why no more is read. Offsets are of the stream's bytes, from 0.
#[derive(Debug, thiserror::Error)]
pub enum StdinError {
    /// It ended within a file.
    #[error(
        "the standard input ended at byte {offset}, within {name:?}, of which {missing} bytes \
         are missing; what came is kept as a partial"
    )]
    Ended {
        /// Where.
        offset: u64,
        /// The file.
        name: GivenName,
        /// Bytes that were announced and did not come.
        missing: u64,
    },
    /// It ended within a header.
    #[error("the standard input ended at byte {offset}, within the header that began at {began}")]
    EndedInHeader {
        /// Where.
        offset: u64,
        /// Where the header began.
        began: u64,
    },
    /// What should be a header is none.
    #[error("the standard input makes no sense at byte {offset}: {source}; no more of it is read")]
    Header {
        /// Where the header began.
        offset: u64,
        /// What is wrong with it.
        source: HeaderError,
    },
    /// A single picture was not taken.
    #[error("the picture on the standard input, {bytes} bytes, was not taken: {source}")]
    Picture {
        /// Bytes that came.
        bytes: u64,
        /// Why.
        source: IntakeError,
    },
    /// The system says no.
    #[error("the standard input cannot be read at byte {offset}: {source}")]
    Io {
        /// Where.
        offset: u64,
        /// What it says.
        source: io::Error,
    },
}

/// Reads the standard input until its end, or until it is asked to stop. It can be read
/// once: after an error a second call has nothing to read, and says that it is over.
///
/// # Errors
/// When the stream breaks off or makes no sense. What came before is safe.
pub fn run(settings: &StdinSettings, intake: &Intake, stop: &Stop) -> Result<Ended, StdinError> {
    if BEGUN.swap(true, Ordering::Relaxed) {
        return Ok(Ended::Over);
    }
    let file = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let file = file.map_err(|source| StdinError::Io { offset: 0, source })?;
    read(file, settings, intake, stop)
}

/// Reads any stream as [`run`] reads the standard input.
///
/// # Errors
/// As [`run`].
pub fn read(
    file: File,
    settings: &StdinSettings,
    intake: &Intake,
    stop: &Stop,
) -> Result<Ended, StdinError> {
    Reader { input: Input::new(file, stop), intake, stop }.all(settings)
}

/// Why a file is not finished.
enum Broken {
    /// The stream itself.
    Stream(Dry),
    /// The intake does not want it: the next one may come.
    Refused(IntakeError),
}

struct Reader<'a> {
    input: Input<'a>,
    intake: &'a Intake,
    stop: &'a Stop,
}

impl Reader<'_> {
    fn all(mut self, settings: &StdinSettings) -> Result<Ended, StdinError> {
        let mut head = [0; SIGNATURE_LEN];
        const { assert!(SIGNATURE_LEN >= HEADER_LEN) };
        // A header is shorter than what tells one format from another.
        let (first, rest) = head.split_at_mut(MAGIC.len());
        let mut filled = match self.input.fill(first) {
            Ok(filled) => filled,
            Err(dry) => return self.dry(dry),
        };
        if filled == 0 {
            info!("the standard input is empty");
            return Ok(Ended::Over);
        }
        if *first == MAGIC {
            return self.frames();
        }
        if filled == MAGIC.len() {
            filled += match self.input.fill(rest) {
                Ok(filled) => filled,
                Err(dry) => return self.dry(dry),
            };
        }
        self.picture(settings, head.get(..filled).unwrap_or_default())
    }

    /// How a stream without bytes ends between files.
    fn dry(&self, dry: Dry) -> Result<Ended, StdinError> {
        match dry {
            Dry::End => Ok(Ended::Over),
            Dry::Stopped => Ok(Ended::Stopped),
            Dry::Io(source) => Err(StdinError::Io { offset: self.input.offset, source }),
        }
    }

    /// One picture, of which the first bytes were read.
    fn picture(mut self, settings: &StdinSettings, head: &[u8]) -> Result<Ended, StdinError> {
        let given = settings.name.clone();
        let name = given.unwrap_or_else(|| GivenName::new(default_name(head)).expect("a name"));
        match self.file(&name, head, None) {
            Ok(()) => Ok(Ended::Over),
            Err(Broken::Refused(IntakeError::Stopped)) => Ok(Ended::Stopped),
            Err(Broken::Refused(source)) => {
                Err(StdinError::Picture { bytes: self.input.offset, source })
            }
            Err(Broken::Stream(dry)) => self.dry(dry),
        }
    }

    /// Files behind headers, of which the first one's magic was read.
    fn frames(mut self) -> Result<Ended, StdinError> {
        let mut known = MAGIC.len();
        loop {
            let began = self.input.offset - known as u64;
            let mut header = [0; HEADER_LEN];
            header[..known].copy_from_slice(&MAGIC[..known]);
            let filled = match self.input.fill(&mut header[known..]) {
                Ok(filled) => filled + known,
                Err(dry) => return self.dry(dry),
            };
            let offset = self.input.offset;
            if filled == 0 {
                return Ok(Ended::Over);
            }
            if filled < HEADER_LEN {
                return Err(StdinError::EndedInHeader { offset, began });
            }
            known = 0;
            let header = Header::parse(&header)
                .map_err(|source| StdinError::Header { offset: began, source })?;
            let mut name = vec![0; header.name_len];
            match self.input.fill(&mut name) {
                Ok(filled) if filled == name.len() => {}
                Ok(_) => {
                    return Err(StdinError::EndedInHeader { offset: self.input.offset, began });
                }
                Err(dry) => return self.dry(dry),
            }
            if let Some(ended) = self.frame(&name, header.bytes, began)? {
                return Ok(ended);
            }
        }
    }

    /// One file behind its header; `Some` when no more is read after it.
    fn frame(&mut self, path: &[u8], bytes: u64, began: u64) -> Result<Option<Ended>, StdinError> {
        let end = self.input.offset.saturating_add(bytes);
        match GivenName::new(OsStr::from_bytes(path)) {
            Ok(name) => match self.file(&name, &[], Some(bytes)) {
                Ok(()) => return Ok(None),
                Err(Broken::Refused(IntakeError::Stopped)) => return Ok(Some(Ended::Stopped)),
                Err(Broken::Refused(error)) => {
                    warn!(file = ?name.path(), "from byte {began} of the standard input, is not taken: {error}");
                }
                Err(Broken::Stream(Dry::End)) => {
                    let offset = self.input.offset;
                    return Err(StdinError::Ended { offset, name, missing: end - offset });
                }
                Err(Broken::Stream(dry)) => return self.dry(dry).map(Some),
            },
            Err(error) => warn!(
                file = ?OsStr::from_bytes(path),
                "from byte {began} of the standard input, is not taken: {error}"
            ),
        }
        // What is left of a file that is not wanted lies before the next one.
        while self.input.offset < end {
            match self.input.some(end - self.input.offset) {
                Ok(_) => {}
                Err(Dry::End) => {
                    return Err(StdinError::EndedInHeader { offset: self.input.offset, began });
                }
                Err(dry) => return self.dry(dry).map(Some),
            }
        }
        Ok(None)
    }

    /// Hands over one file: what was read of it, and so many more bytes, or all there are.
    fn file(&mut self, name: &GivenName, head: &[u8], more: Option<u64>) -> Result<(), Broken> {
        self.wait_for_room()?;
        let mut file = Some(self.intake.begin(NAME, name).map_err(Broken::Refused)?);
        let mut written = 0;
        put(self.intake, self.stop, name, &mut file, &mut written, head)?;
        let mut left = more;
        while left != Some(0) {
            let bytes = match self.input.some(left.unwrap_or(u64::MAX)) {
                Ok(bytes) => bytes,
                Err(Dry::End) if left.is_none() => break,
                Err(dry) => return Err(Broken::Stream(dry)),
            };
            left = left.map(|left| left.saturating_sub(bytes.len() as u64));
            put(self.intake, self.stop, name, &mut file, &mut written, bytes)?;
        }
        loop {
            let Some(receiving) = file.take() else { return Ok(()) };
            match receiving.finish() {
                Ok(receipt) => {
                    info!(file = ?name.path(), id = receipt.id, "taken from the standard input");
                    return Ok(());
                }
                Err(IntakeError::Full) => {
                    self.wait_for_room()?;
                    let again = self.intake.resume(NAME, name, written);
                    file = Some(again.map_err(Broken::Refused)?);
                }
                Err(error) => return Err(Broken::Refused(error)),
            }
        }
    }

    fn wait_for_room(&self) -> Result<(), Broken> {
        wait_for_room(self.intake, self.stop)
    }
}

/// Writes bytes, and waits for room as often as it takes: whoever sent them has no other
/// copy, perhaps.
fn put(
    intake: &Intake,
    stop: &Stop,
    name: &GivenName,
    file: &mut Option<Receiving>,
    written: &mut u64,
    bytes: &[u8],
) -> Result<(), Broken> {
    let start = *written;
    let end = start + bytes.len() as u64;
    while *written < end {
        if file.is_none() {
            wait_for_room(intake, stop)?;
            let kept = intake.partial(NAME, name).unwrap_or(0);
            if !(start..=end).contains(&kept) {
                return Err(Broken::Refused(IntakeError::Gap { from: start, bytes: kept }));
            }
            *written = kept;
            *file = Some(intake.resume(NAME, name, *written).map_err(Broken::Refused)?);
        }
        let Some(receiving) = file else { continue };
        let done = usize::try_from(*written - start).unwrap_or(usize::MAX);
        let rest = bytes.get(done..).unwrap_or_default();
        match receiving.write(rest) {
            Ok(()) => *written = end,
            // What of it was written is a partial now.
            Err(IntakeError::Full) => *file = None,
            Err(error) => return Err(Broken::Refused(error)),
        }
    }
    Ok(())
}

fn wait_for_room(intake: &Intake, stop: &Stop) -> Result<(), Broken> {
    let mut told = false;
    while !intake.wait_for_room(ROOM, stop) {
        if stop.raised() {
            return Err(Broken::Refused(IntakeError::Stopped));
        }
        if !std::mem::replace(&mut told, true) {
            warn!("waiting: the disk is low; the standard input is held back");
        }
    }
    Ok(())
}

/// The name of a picture that has none.
fn default_name(head: &[u8]) -> &'static str {
    match Format::of(head, OsStr::new("")) {
        Format::Jpeg => "stdin.jpg",
        Format::Png => "stdin.png",
        Format::Tiff => "stdin.tif",
        Format::WebP => "stdin.webp",
        Format::Heif => "stdin.heic",
        Format::Raw => "stdin.raw",
        Format::Unknown => "stdin",
    }
}
