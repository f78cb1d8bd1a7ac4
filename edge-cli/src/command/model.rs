//! `edgecull model`: networks for the int8 engine, looked at, made and compared.

use super::{Ending, Failure};
use crate::args::{ModelCommand, ModelInfoArgs, ReportFormat};
use crate::model::info::Info;
use crate::pipeline::Scorer;
use edgecull_core::nn::{Error, Model};
use serde::Serialize;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(feature = "onnx")]
mod convert;

/// Why a network cannot be shown, made or compared.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file that cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that holds no network.
    #[error("{} cannot be used: {why}", path.display())]
    Network {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// The build has no ONNX import.
    #[cfg(not(feature = "onnx"))]
    #[error(
        "this build of edgecull cannot read ONNX: build one that can with \
         `cargo build --release --features onnx`, which needs a C compiler"
    )]
    NoOnnx,
    /// The ONNX file.
    #[cfg(feature = "onnx")]
    #[error("{}: {source}", path.display())]
    Import {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: crate::model::onnx::ImportError,
    },
    /// `--float`.
    #[cfg(feature = "onnx")]
    #[error("{} cannot be the scorer: {source}", path.display())]
    Scorer {
        /// The ONNX file.
        path: PathBuf,
        /// What is wrong with it.
        source: crate::model::scorer::ScorerError,
    },
    /// The inputs.
    #[cfg(feature = "onnx")]
    #[error(transparent)]
    Samples(#[from] crate::model::samples::SampleError),
    /// Making or comparing it.
    #[cfg(feature = "onnx")]
    #[error("{}: {source}", path.display())]
    Quantize {
        /// The ONNX file.
        path: PathBuf,
        /// What is wrong.
        source: crate::model::convert::ConvertError,
    },
    /// `--size` with a model that has another one, and the like.
    #[error("{0}")]
    Size(String),
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be used, or the results cannot be written.
pub fn run(command: &ModelCommand) -> Result<Ending, Failure> {
    match command {
        ModelCommand::Info(args) => info(args),
        #[cfg(feature = "onnx")]
        ModelCommand::Quantize(args) => convert::quantize(args),
        #[cfg(feature = "onnx")]
        ModelCommand::Verify(args) => convert::verify(args),
        #[cfg(not(feature = "onnx"))]
        ModelCommand::Quantize(_) | ModelCommand::Verify(_) => Err(ModelError::NoOnnx.into()),
    }
}

/// The scorer that `--float` names, if any.
#[cfg(feature = "onnx")]
pub(super) fn scorer(path: Option<&Path>) -> Result<Option<Arc<Scorer>>, ModelError> {
    let read = |path: &Path| {
        crate::model::scorer::read(path)
            .map(Arc::new)
            .map_err(|source| ModelError::Scorer { path: path.to_owned(), source })
    };
    path.map(read).transpose()
}

/// Without ONNX there is none.
#[cfg(not(feature = "onnx"))]
pub(super) fn scorer(path: Option<&Path>) -> Result<Option<Arc<Scorer>>, ModelError> {
    path.map_or(Ok(None), |_| Err(ModelError::NoOnnx))
}

fn info(args: &ModelInfoArgs) -> Result<Ending, Failure> {
    let bytes = read(&args.file)?;
    let model = load(&args.file, &bytes)?;
    let info = Info::new(&model, bytes.len(), args.size.map(|size| (size.height, size.width)));
    let info = info.map_err(|error| {
        let size = args.size.map_or(String::new(), |s| format!(" for {}x{}", s.height, s.width));
        ModelError::Size(format!("{} cannot work{size}: {error}", args.file.display()))
    })?;
    print(args.format, &info, |out| info.write(out))
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    fs::read(path).map_err(|source| ModelError::Read { path: path.to_owned(), source })
}

/// The network in a file's bytes.
fn load<'a>(path: &Path, bytes: &'a [u8]) -> Result<Model<'a>, ModelError> {
    Model::load(bytes).map_err(|error| {
        let why = match error {
            Error::NotModel => "it is not a network of edgecull; `edgecull model quantize` makes \
                                one of an ONNX file"
                .into(),
            Error::Version(schema) => format!(
                "it is a network of schema {schema}, which this edgecull does not know; make it \
                 anew, or use the edgecull that made it"
            ),
            Error::Checksum | Error::Malformed => {
                format!("it is a network that is damaged ({error}); copy it again")
            }
            error => format!("it is a network that cannot run: {error}"),
        };
        ModelError::Network { path: path.to_owned(), why }
    })
}

fn print(
    format: ReportFormat,
    report: &impl Serialize,
    table: impl FnOnce(&mut BufWriter<io::StdoutLock<'_>>) -> io::Result<()>,
) -> Result<Ending, Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match format {
        ReportFormat::Table => table(&mut out),
        ReportFormat::Json => serde_json::to_writer_pretty(&mut out, report)
            .map_err(io::Error::from)
            .and_then(|()| out.write_all(b"\n")),
    };
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(Ending::Judged),
    }
}
