//! Why a file was not taken.

use crate::rig::spool::{SpoolError, is_full};
use std::io;
use std::path::{Path, PathBuf};

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
    /// The spool cannot take it.
    #[error(transparent)]
    Spool(SpoolError),
    /// The system says no.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
}

impl From<SpoolError> for IntakeError {
    fn from(error: SpoolError) -> Self {
        if error.is_full() { Self::Full } else { Self::Spool(error) }
    }
}

impl IntakeError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            if is_full(&source) { Self::Full } else { Self::Io { path: path.to_owned(), source } }
        }
    }
}
