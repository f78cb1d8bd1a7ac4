//! Where sources hand in their files.
//!
//! In come the bytes of a file, or a whole file that lies elsewhere; what comes back,
//! when the file is durable and judged, is a [`Receipt`]. The bytes are judged while
//! they come, if a judge is free; if not, right after the last.
//!
//! What ends too early by its own structure is no frame: its bytes are kept as a
//! partial, which the source may resume or send anew. Sent twice with as many bytes, or
//! left alone for long, it is taken as it is.

use super::name::GivenName;
use super::stop::Stop;
use edgecull_core::verdict::Decision;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A file that has been taken: it is durable, and so is its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The frame's number in the spool.
    pub id: u64,
    /// What was decided; a companion of a frame has that frame's.
    pub decision: Decision,
    /// Bytes of the file.
    pub bytes: u64,
    /// Whether the same file was there already, and this one was not needed.
    pub known: bool,
}

/// Why a file was not taken. Its bytes are where they were, or in a partial.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// It ends too early, by its own structure.
    #[error("the file is not whole: {bytes} bytes are here, and it goes on")]
    NotWhole {
        /// Bytes that are kept.
        bytes: u64,
    },
    /// There is no room for it now.
    #[error("the spool's disk is full; send it again later")]
    Full,
    /// It is larger than is allowed.
    #[error("the file is larger than {limit} bytes, which is the limit")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// The source asked to go on from a byte that is not there.
    #[error("it cannot go on at byte {from}: {bytes} bytes are here")]
    Gap {
        /// Where it wanted to go on.
        from: u64,
        /// Bytes of the partial.
        bytes: u64,
    },
    /// A frame of this name is not there, or was handed on already.
    #[error("no file of this name waits here")]
    Unknown,
    /// The rig is ending.
    #[error("the rig is stopping")]
    Stopped,
    /// The system says no.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
}

/// What a source does with a file that ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wholeness {
    /// It is refused: more is to come.
    Required,
    /// It is taken, and judged as it is: more is not to come.
    AsItIs,
}

/// Where sources hand in their files; cheap to clone.
#[derive(Clone)]
pub struct Intake(Arc<()>);

impl Intake {
    /// Begins a file of which the bytes come one after the other. `source` is the
    /// source's name, such as `ftp`: names of files are told apart by source.
    pub fn begin(&self, source: &str, name: &GivenName) -> Result<Receiving, IntakeError> {
        unimplemented!("{source} {name:?}")
    }

    /// Goes on with a partial, of which bytes from `from` on come (again).
    pub fn resume(
        &self,
        source: &str,
        name: &GivenName,
        from: u64,
    ) -> Result<Receiving, IntakeError> {
        unimplemented!("{source} {name:?} {from}")
    }

    /// Bytes of the partial of this name, if there is one.
    #[must_use]
    pub fn partial(&self, source: &str, name: &GivenName) -> Option<u64> {
        unimplemented!("{source} {name:?}")
    }

    /// Begins to judge a file that grows elsewhere; `None` when no judge is free, and the
    /// file is then judged when it is taken.
    #[must_use]
    pub fn follow(&self, path: &Path) -> Option<Following> {
        unimplemented!("{}", path.display())
    }

    /// Takes a whole file from `path`: afterwards it is in the spool, and no longer there.
    pub fn take(
        &self,
        source: &str,
        name: &GivenName,
        path: &Path,
        following: Option<Following>,
        wholeness: Wholeness,
    ) -> Result<Receipt, IntakeError> {
        unimplemented!("{source} {name:?} {} {wholeness:?} {}", path.display(), following.is_some())
    }

    /// Gives a file that was taken another name, as far as it still waits here.
    pub fn rename(
        &self,
        source: &str,
        from: &GivenName,
        to: &GivenName,
    ) -> Result<(), IntakeError> {
        unimplemented!("{source} {from:?} {to:?}")
    }

    /// Waits until there is room on the disk, at most so long; false when there is none.
    /// Sources that can hold back a camera do so while it says false.
    #[must_use]
    pub fn wait_for_room(&self, at_most: Duration, stop: &Stop) -> bool {
        unimplemented!("{at_most:?} {}", stop.raised())
    }
}

/// A file of which the bytes are coming. Dropped, it leaves a partial.
pub struct Receiving(());

impl Receiving {
    /// Takes the next bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), IntakeError> {
        unimplemented!("{}", bytes.len())
    }

    /// Bytes so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        unimplemented!()
    }

    /// The last byte is there: makes the file last, with its verdict.
    pub fn finish(self) -> Result<Receipt, IntakeError> {
        unimplemented!()
    }
}

/// A file elsewhere that is judged while it grows.
pub struct Following(());

impl Following {
    /// So many bytes of it can be read now.
    pub fn grown_to(&mut self, bytes: u64) {
        unimplemented!("{bytes}")
    }
}
