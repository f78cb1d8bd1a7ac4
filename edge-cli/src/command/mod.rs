//! The subcommands, and what the process ends with.

pub mod bench;
pub mod cull;
pub mod demo;
pub mod eval;
pub mod inspect;
pub mod model;
#[cfg(unix)]
pub mod tether;

use crate::args::Command;
use crate::config::{ConfigError, CullSettings};
use crate::eval::list::ManifestError;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// How a run ended, as its exit status tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// 0: every file was judged, or the reader of the output went away.
    Judged,
    /// 1: the command line or the configuration is wrong, or the results
    /// cannot be written.
    Usage,
    /// 2: some files could not be judged, or a sidecar not written, or a
    /// reject not moved.
    Partly,
    /// 130: interrupted before all were judged.
    Interrupted,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Judged => 0,
            Ending::Usage => 1,
            Ending::Partly => 2,
            Ending::Interrupted => 130,
        })
    }
}

/// Why a run could not be made, or not go on.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The list of labelled files.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// An option that says nothing for a task of `eval`.
    #[error("{option} does not go with --task {task}: leave it out")]
    NotForTask {
        /// The option.
        option: &'static str,
        /// The task's name.
        task: &'static str,
    },
    /// A file that was asked for cannot be made. None is ever written over.
    #[error("{} cannot be written: {source}; name another file", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// `--move-rejects` names a folder that is to be judged.
    #[error(
        "rejects cannot be moved to {}: {} lies in it; name another folder",
        rejects.display(),
        path.display()
    )]
    RejectsInput {
        /// The folder for rejects.
        rejects: PathBuf,
        /// The path that is to be judged.
        path: PathBuf,
    },
    /// `--move-rejects` names a folder that cannot be used.
    #[error("rejects cannot be moved to {}: {source}", path.display())]
    Rejects {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Threads or signal handlers cannot be had.
    #[error("the run cannot be set up: {0}")]
    Setup(Box<dyn std::error::Error + Send + Sync>),
    /// The rig cannot run.
    #[cfg(unix)]
    #[error(transparent)]
    Rig(#[from] crate::rig::service::RigError),
    /// This device cannot be measured, or results not be compared.
    #[error(transparent)]
    Bench(#[from] bench::BenchFailure),
    /// The demo's photographs cannot be made.
    #[error(transparent)]
    Demo(#[from] demo::DemoError),
    /// A network cannot be shown, made or compared.
    #[error(transparent)]
    Model(#[from] model::ModelError),
    /// Standard output, for example on a full disk.
    #[error("the results cannot be written: {0}")]
    Output(io::Error),
}

impl Failure {
    /// The ending that goes with it.
    #[must_use]
    pub fn ending(&self) -> Ending {
        Ending::Usage
    }
}

/// Runs a subcommand.
///
/// # Errors
/// When it cannot begin, or its results not be written; what goes wrong with
/// single files is in the results.
pub fn run(command: Command) -> Result<Ending, Failure> {
    match command {
        Command::Cull(args) => cull::run(&CullSettings::from_args(args)?),
        Command::Eval(args) => eval::run(&args),
        #[cfg(unix)]
        Command::Tether(args) => tether::run(&args),
        #[cfg(not(unix))]
        Command::Tether(_) => Err(Failure::Setup("the rig runs on Unix systems only".into())),
        Command::Inspect(args) => inspect::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Demo(args) => demo::run(args),
        Command::Model(command) => model::run(&command),
    }
}
