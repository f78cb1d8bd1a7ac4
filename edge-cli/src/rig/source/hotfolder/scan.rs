//! A walk over folders that stops after each entry, and holds few of them.
//!
//! Entries of a folder come in the order of their names, so that the files of one
//! exposure stand together, as long as there are not too many of them: then each
//! [`CHUNK`] of them is in order.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::ReadDir;
use std::io;
use std::path::{Path, PathBuf};

/// Entries of a folder that are held at a time.
const CHUNK: usize = 8_192;

/// Folders to be looked through, one after the other.
#[derive(Debug, Default)]
pub(super) struct Scan {
    folders: VecDeque<PathBuf>,
    open: Option<(PathBuf, ReadDir)>,
    /// The folder whose names are at hand, and those, the first one last.
    place: PathBuf,
    names: Vec<OsString>,
}

/// What a step of a walk came upon.
#[derive(Debug)]
pub(super) enum Step {
    /// An entry of a folder, of whatever kind.
    Entry(PathBuf),
    /// A folder that cannot be read, or not to its end.
    Unreadable(PathBuf, io::Error),
}

impl Scan {
    /// Has a folder looked through, after those that wait already.
    pub(super) fn push(&mut self, folder: &Path) {
        if !self.folders.iter().any(|known| known == folder) {
            self.folders.push_back(folder.to_owned());
        }
    }

    /// Whether there is nothing left.
    pub(super) fn is_done(&self) -> bool {
        self.names.is_empty() && self.open.is_none() && self.folders.is_empty()
    }

    fn read(&mut self) -> io::Result<()> {
        let Some((_, entries)) = &mut self.open else { return Ok(()) };
        for entry in entries.by_ref().take(CHUNK) {
            self.names.push(entry?.file_name());
        }
        self.names.sort_unstable_by(|a, b| b.cmp(a));
        if self.names.is_empty() {
            self.open = None;
        }
        Ok(())
    }
}

impl Iterator for Scan {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            if let Some(name) = self.names.pop() {
                return Some(Step::Entry(self.place.join(name)));
            }
            if self.open.is_none() {
                let folder = self.folders.pop_front()?;
                match folder.read_dir() {
                    Ok(entries) => self.open = Some((folder.clone(), entries)),
                    Err(error) => return Some(Step::Unreadable(folder, error)),
                }
                self.place = folder;
            }
            if let Err(error) = self.read() {
                let folder = self.open.take().map(|(folder, _)| folder);
                return Some(Step::Unreadable(folder.unwrap_or_default(), error));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    fn entries(scan: &mut Scan) -> Vec<PathBuf> {
        scan.map(|step| match step {
            Step::Entry(path) => path,
            Step::Unreadable(folder, error) => panic!("{}: {error}", folder.display()),
        })
        .collect()
    }

    #[test]
    fn entries_come_in_order_and_each_folder_once() {
        let t = tempfile::tempdir().expect("a folder");
        for name in ["b", "a.JPG", "a.CR3", "c"] {
            fs::write(t.path().join(name), b"").expect("written");
        }
        let mut scan = Scan::default();
        scan.push(t.path());
        scan.push(t.path());
        let names = ["a.CR3", "a.JPG", "b", "c"].map(|name| t.path().join(name));
        assert_eq!(entries(&mut scan), names);
        assert!(scan.is_done());
        scan.push(&t.path().join("no"));
        assert!(matches!(scan.next(), Some(Step::Unreadable(..))));
        assert!(scan.next().is_none());
    }

    #[test]
    fn a_large_folder_comes_in_pieces_and_whole() {
        let t = tempfile::tempdir().expect("a folder");
        for n in 0..CHUNK + 10 {
            fs::write(t.path().join(n.to_string()), b"").expect("written");
        }
        let mut scan = Scan::default();
        scan.push(t.path());
        let seen = entries(&mut scan);
        assert_eq!(seen.len(), CHUNK + 10);
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), CHUNK + 10);
    }
}
