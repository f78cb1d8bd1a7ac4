//! A frame in a spool, for tests.

use super::Parcel;
use edgecull_core::verdict::Decision;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};
use tempfile::TempDir;

pub(super) struct Sample {
    spool: TempDir,
    pub(super) files: Vec<OsString>,
}

impl Sample {
    /// Files of these names, each with content of its own.
    pub(super) fn new(names: &[&[u8]]) -> Self {
        let spool = tempfile::tempdir().expect("spool");
        let files: Vec<OsString> =
            names.iter().map(|name| OsStr::from_bytes(name).to_owned()).collect();
        let sample = Self { spool, files };
        for name in names {
            let mut content = format!("{name:?}").repeat(5_000).into_bytes();
            content.push(0xFF);
            sample.write(OsStr::from_bytes(name), &content);
        }
        sample
    }

    pub(super) fn write(&self, name: &OsStr, content: &[u8]) {
        let path = self.folder().join(name);
        fs::write(&path, content).expect("write");
        // Old, so that a copy that does not keep it is seen.
        let then = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let file = fs::File::options().write(true).open(&path).expect("open");
        file.set_modified(then).expect("time");
    }

    pub(super) fn folder(&self) -> &Path {
        self.spool.path()
    }

    pub(super) fn parcel(&self) -> Parcel<'_> {
        Parcel {
            id: 42,
            folder: self.spool.path(),
            files: &self.files,
            record: "{\"schema\":\"edgecull.frame.v1\"}",
            verdict: Decision::Review,
        }
    }

    pub(super) fn content(&self, name: &OsStr) -> Vec<u8> {
        fs::read(self.folder().join(name)).expect("in the spool")
    }
}

/// All that lies in a folder, hidden or not.
pub(super) fn names(folder: &Path) -> Vec<OsString> {
    let entries = folder.read_dir().expect("folder");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("entry").file_name()).collect();
    names.sort();
    names
}
