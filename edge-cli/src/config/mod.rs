//! Options from the command line, over those of the environment and of a file, over the
//! defaults.

mod cull;
#[cfg(unix)]
mod tether;

pub use cull::CullSettings;
#[cfg(unix)]
pub use tether::{SourceSettings, TetherSettings};

use crate::args::milliseconds;
use crate::company::Grouping;
use crate::pipeline::FaceSearch;
use serde::Deserialize;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

/// Why a configuration was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {} cannot be read: {source}", path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no TOML, or holds a key or value that means nothing here.
    #[error("the configuration {} is not understood: {source}", path.display())]
    Parse {
        /// Its path.
        path: PathBuf,
        /// Line, column and what was expected.
        source: Box<toml::de::Error>,
    },
    /// What was asked for cannot be, or something is missing.
    #[error("{0}")]
    Wrong(String),
}

/// A configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    cull: cull::Cull,
    #[cfg(unix)]
    #[serde(default)]
    tether: tether::Tether,
    #[cfg(not(unix))]
    #[serde(default)]
    tether: toml::Table,
}

/// Reads a configuration file; without one all is as if nothing stood in it.
fn read(path: Option<&Path>) -> Result<File, ConfigError> {
    let Some(path) = path else {
        return Ok(File::default());
    };
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    toml::from_str(&text)
        .map_err(|source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) })
}

fn pause<'d, D: serde::Deserializer<'d>>(from: D) -> Result<Option<u32>, D::Error> {
    milliseconds(f64::deserialize(from)?).map(Some).map_err(serde::de::Error::custom)
}

/// How frames are grouped with these options.
fn grouping(keep: Option<NonZeroU32>, gap_ms: Option<u32>) -> Grouping {
    let plain = Grouping::default();
    Grouping { keep: keep.unwrap_or(plain.keep), gap_ms: gap_ms.unwrap_or(plain.gap_ms) }
}

/// How faces are looked for with these options.
#[must_use]
pub fn search(no_faces: bool, small_faces: bool) -> Option<FaceSearch> {
    (!no_faces).then(|| FaceSearch { small: small_faces, ..FaceSearch::default() })
}
