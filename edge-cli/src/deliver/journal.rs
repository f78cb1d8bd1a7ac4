//! The log of a reject folder: which file came from where.
//!
//! It is the marker of such a folder too, and lies in it as
//! [`REJECTS_MARKER`]. Each line is a JSON object: first the schema, then for
//! each frame `{"move":[{"from":..,"to":..}]}` before anything is touched, and
//! `{"done":true}` after all files are in place, or `{"undone":true}` after all
//! are back. A `move` with neither was cut short, by a power cut say.

use crate::source::folder::REJECTS_MARKER;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

const SCHEMA: &str = "edgecull.rejects.v1";

#[derive(Debug)]
pub(super) struct Journal {
    file: File,
}

/// A step of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Schema(String),
    Move(Vec<Entry>),
    Done(bool),
    Undone(bool),
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    from: Name,
    to: Name,
}

/// A path: as it is where it is UTF-8, else its bytes in base64.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Name {
    Text(String),
    Bytes { b64: String },
}

impl From<&Path> for Name {
    fn from(path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        path.to_str().map_or_else(
            || Self::Bytes { b64: STANDARD.encode(path.as_os_str().as_encoded_bytes()) },
            |text| Self::Text(text.to_owned()),
        )
    }
}

impl Name {
    fn path(self) -> Option<PathBuf> {
        match self {
            Self::Text(text) => Some(text.into()),
            Self::Bytes { b64 } => os_string(STANDARD.decode(b64).ok()?).map(PathBuf::from),
        }
    }
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> Option<OsString> {
    Some(std::os::unix::ffi::OsStringExt::from_vec(bytes))
}

#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> Option<OsString> {
    String::from_utf8(bytes).ok().map(OsString::from)
}

impl Journal {
    /// Opens the journal of `folder`, or begins one. Also gives the steps of a
    /// move that was cut short.
    pub(super) fn open(folder: &Path) -> io::Result<(Self, Vec<Step>)> {
        let path = folder.join(REJECTS_MARKER);
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let (open, ends_well) = unfinished(&mut file)?;
        let mut journal = Self { file };
        if !ends_well {
            // The last line was cut short; what follows must not be glued to it.
            journal.file.write_all(b"\n")?;
        }
        if journal.file.metadata()?.len() == 0 {
            journal.line(&Line::Schema(SCHEMA.into()))?;
            super::durable::sync_folder(folder)?;
        }
        Ok((journal, open))
    }

    pub(super) fn begin(&mut self, steps: &[Step]) -> io::Result<()> {
        let entries = steps
            .iter()
            .map(|s| Entry { from: s.from.as_path().into(), to: s.to.as_path().into() })
            .collect();
        self.line(&Line::Move(entries))
    }

    pub(super) fn done(&mut self) -> io::Result<()> {
        self.line(&Line::Done(true))
    }

    pub(super) fn undone(&mut self) -> io::Result<()> {
        self.line(&Line::Undone(true))
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)?;
        self.file.sync_data()
    }
}

/// The steps of the last move if nothing says how it ended, and whether the
/// file ends in a whole line.
fn unfinished(file: &mut File) -> io::Result<(Vec<Step>, bool)> {
    let mut open = Vec::new();
    let mut ends_well = true;
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? != 0 {
        ends_well = line.last() == Some(&b'\n');
        // Lines of a newer version, or cut short, say nothing.
        match serde_json::from_slice(&line) {
            Ok(Line::Move(entries)) => {
                open = entries
                    .into_iter()
                    .filter_map(|e| Some(Step { from: e.from.path()?, to: e.to.path()? }))
                    .collect();
            }
            Ok(Line::Done(_) | Line::Undone(_)) => open.clear(),
            Ok(Line::Schema(_)) | Err(_) => {}
        }
        line.clear();
    }
    Ok((open, ends_well))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn step(from: &str, to: &str) -> Step {
        Step { from: from.into(), to: to.into() }
    }

    #[test]
    fn a_move_that_was_cut_short_is_found_again() {
        let t = tempfile::tempdir().expect("folder");
        let (mut journal, open) = Journal::open(t.path()).expect("new");
        assert_eq!(open, []);
        journal.begin(&[step("/a/1.jpg", "/r/1.jpg")]).expect("begin");
        journal.done().expect("done");
        assert_eq!(Journal::open(t.path()).expect("open").1, []);
        let steps = [step("/a/2\n.jpg", "/r/2.jpg"), step("/a/2.cr2", "/r/2.cr2")];
        journal.begin(&steps).expect("begin");
        assert_eq!(Journal::open(t.path()).expect("open").1, steps);
        journal.undone().expect("undone");
        assert_eq!(Journal::open(t.path()).expect("open").1, []);
    }

    #[test]
    fn a_half_written_line_harms_no_later_one() {
        let t = tempfile::tempdir().expect("folder");
        fs::write(t.path().join(REJECTS_MARKER), "{\"schema\":\"x\"}\n{\"mo").expect("write");
        let (mut journal, open) = Journal::open(t.path()).expect("open");
        assert_eq!(open, []);
        let steps = [step("/a/2.jpg", "/r/2.jpg")];
        journal.begin(&steps).expect("begin");
        assert_eq!(Journal::open(t.path()).expect("open").1, steps);
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_utf8_come_back() {
        use std::os::unix::ffi::OsStrExt;
        let t = tempfile::tempdir().expect("folder");
        let name = PathBuf::from(std::ffi::OsStr::from_bytes(b"/a/\xFF.jpg"));
        let steps = [Step { from: name.clone(), to: name }];
        Journal::open(t.path()).expect("new").0.begin(&steps).expect("begin");
        assert_eq!(Journal::open(t.path()).expect("open").1, steps);
    }
}
