//! Cameras on USB.
use super::Ended;
use crate::rig::intake::Intake;
use crate::rig::stop::Stop;
use std::path::PathBuf;

/// How gphoto2 is driven.
#[derive(Clone, Debug, PartialEq)]
pub struct Gphoto2Settings {
    /// The program.
    pub program: PathBuf,
    /// Its folder in the spool.
    pub work: PathBuf,
    /// The one port that is looked at.
    pub port: Option<String>,
}

impl Gphoto2Settings {
    /// The usual ones.
    #[must_use]
    pub fn new(work: PathBuf) -> Self {
        Self { program: "gphoto2".into(), work, port: None }
    }
}

/// Drives gphoto2.
///
/// # Errors
/// Always.
pub fn run(_: &Gphoto2Settings, _: &Intake, _: &Stop) -> Result<Ended, std::io::Error> {
    Err(std::io::ErrorKind::Unsupported.into())
}
