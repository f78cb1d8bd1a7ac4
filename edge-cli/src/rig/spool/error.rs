//! Why a spool cannot be used.

use super::JournalError;
use std::io;
use std::path::{Path, PathBuf};

/// Why the spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Another rig works in it.
    #[error("the spool {} is in use by another edgecull", path.display())]
    InUse {
        /// The spool.
        path: PathBuf,
    },
    /// The system says no.
    #[error("the spool's {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
    /// The journal cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl SpoolError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    /// Whether it is for want of room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Io { source, .. } => is_full(source),
            // The database's own words: it gives no kind.
            Self::Journal(error) => error.reason.contains("No space left"),
            Self::InUse { .. } => false,
        }
    }
}

/// Whether the system says that there is no room: ENOSPC or EDQUOT.
#[must_use]
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
