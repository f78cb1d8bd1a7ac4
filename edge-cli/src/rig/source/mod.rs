//! Where a rig's files come from.

#[cfg(feature = "ftp")]
pub mod ftp;
pub mod gphoto2;
pub mod hotfolder;
pub mod stdin;
pub mod supervise;

/// How a source came to its end, when no error was the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was asked to stop.
    Stopped,
    /// Nothing more can come from it.
    Over,
}
