//! A file on its way from a data connection to the intake.
//!
//! It goes there in one thread with nothing in between: what the intake cannot take is not
//! read, and the client has to wait.

use super::SOURCE;
use super::uploads::Upload;
use crate::rig::intake::{Intake, IntakeError, Receipt};
use crate::rig::name::GivenName;
use std::io;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::runtime::Handle;
use tokio::time::timeout;
use unftp_core::storage::ErrorKind;

/// Bytes that are read at once, at most.
const PIECE: usize = 128 << 10;

/// A client is given so long to show that it is faster than [`LEAST_PER_SECOND`].
const WARM_UP: Duration = Duration::from_secs(60);

/// Bytes that a client has to send a second, on average: nobody with fewer sends pictures.
const LEAST_PER_SECOND: u64 = 1_024;

/// Why a file was not taken. What came of it is kept as a partial.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error(transparent)]
    Intake(#[from] IntakeError),
    #[error("the connection was lost ({0})")]
    Lost(io::Error),
    #[error("nothing came for {} s", .0.as_secs())]
    Idle(Duration),
    #[error("it came at less than {LEAST_PER_SECOND} bytes a second")]
    Slow,
    #[error("it is sent again on another connection")]
    Replaced,
    #[error("the rig is stopping")]
    Stopped,
    #[error("a fault in edgecull itself stopped it")]
    Fault,
}

impl Broken {
    /// What the client hears: 426 where it may go on or send the file again at once, 451
    /// and 452 where it had better wait.
    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::Intake(error) => match error {
                IntakeError::NotWhole { .. } => ErrorKind::ConnectionClosed,
                IntakeError::Full => ErrorKind::InsufficientStorageSpaceError,
                IntakeError::TooLarge { .. } => ErrorKind::ExceededStorageAllocationError,
                IntakeError::Gap { .. } | IntakeError::Unknown => {
                    ErrorKind::PermanentFileNotAvailable
                }
                IntakeError::Stopped | IntakeError::Spool(_) | IntakeError::Io { .. } => {
                    ErrorKind::LocalError
                }
            },
            Self::Lost(_) | Self::Idle(_) | Self::Slow | Self::Replaced => {
                ErrorKind::ConnectionClosed
            }
            Self::Stopped | Self::Fault => ErrorKind::LocalError,
        }
    }

    /// Whether the client is not worth its place: no word of it came for long.
    pub(super) fn is_dead(&self) -> bool {
        matches!(self, Self::Idle(_) | Self::Slow | Self::Replaced | Self::Stopped)
    }
}

/// A file that is to come.
pub(super) struct Coming {
    pub(super) intake: Intake,
    pub(super) name: GivenName,
    /// The first byte that comes.
    pub(super) from: u64,
    /// How long the client may be silent.
    pub(super) idle: Duration,
    pub(super) upload: Upload,
}

impl Coming {
    /// Takes the file, to the connection's end. Blocks.
    pub(super) fn take(
        &self,
        runtime: &Handle,
        mut data: impl AsyncRead + Unpin,
    ) -> Result<Receipt, Broken> {
        let mut receiving = self.intake.resume(SOURCE, &self.name, self.from)?;
        let mut piece = vec![0; PIECE];
        let began = Instant::now();
        loop {
            let read = timeout(self.idle, data.read(&mut piece));
            let read = match runtime.block_on(self.upload.cut().run_until_cancelled(read)) {
                None if self.upload.is_ending() => return Err(Broken::Stopped),
                None => return Err(Broken::Replaced),
                Some(Err(_)) => return Err(Broken::Idle(self.idle)),
                // TLS that ends without saying so. Whether the file is whole is for the
                // file to tell, here as with any other end.
                Some(Ok(Err(error))) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
                Some(Ok(Err(error))) => return Err(Broken::Lost(error)),
                Some(Ok(Ok(read))) => read,
            };
            if read == 0 {
                return Ok(receiving.finish()?);
            }
            receiving.write(piece.get(..read).unwrap_or_default())?;
            let (took, came) = (began.elapsed(), receiving.bytes() - self.from);
            if took > WARM_UP && came / took.as_secs() < LEAST_PER_SECOND {
                return Err(Broken::Slow);
            }
        }
    }
}
