//! What the whole-system tests share: where the data packs lie, how the program
//! is run, and what its records must look like.

pub mod containers;
#[cfg(unix)]
pub mod inside;
pub mod nn;
pub mod npz;
pub mod onnx;
pub mod process;
pub mod records;
pub mod rig;

use std::path::PathBuf;

/// The folder of a data pack, or `None` with a line on the standard error when
/// it is not there. `EDGECULL_DATA` names the folder of all packs; without it
/// `../shared/data` beside the workspace is taken.
///
/// # Panics
/// When the pack is missing and the variable `CI` is set: there every test runs.
#[must_use]
pub fn data(pack: &str) -> Option<PathBuf> {
    let root = std::env::var_os("EDGECULL_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")),
        PathBuf::from,
    );
    let folder = root.join(pack);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", folder.display());
    eprintln!("skipped: {} is missing", folder.display());
    None
}

/// The files of a folder with this extension, in order of their names.
///
/// # Panics
/// When the folder cannot be read.
#[must_use]
pub fn files(folder: &std::path::Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a readable folder");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    files
}

/// Name and content of one file.
pub type Named = (String, Vec<u8>);

/// A temporary folder with these files.
///
/// # Panics
/// When it cannot be made.
#[must_use]
pub fn folder(files: &[Named]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).expect("written");
    }
    folder
}
