//! The folders and files that clients see: none of them is real.
//!
//! Clients want to make folders, enter them, list what they sent and ask for its size.
//! What was sent lies in the spool, under names of its own; here are only names, sizes
//! and times, of the last that came. All clients of a server share one tree.

use crate::rig::name::NameError;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ops::Bound;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Most names that are remembered; the oldest go first.
const MOST: usize = 4_096;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    /// A file of which so many bytes are here.
    File {
        bytes: u64,
        /// Whether it was taken; if not, more is awaited.
        whole: bool,
    },
}

/// A name's kind, and when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) modified: SystemTime,
}

/// Why a folder cannot be made or left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TreeError {
    /// Something of this name is there.
    Exists,
    /// There is no such folder.
    Unknown,
    /// There is something in it.
    NotEmpty,
}

/// Names, by path below the root. The root itself is always there.
pub(super) struct Tree {
    names: Mutex<Names>,
    most: usize,
}

#[derive(Default)]
struct Names {
    by_path: BTreeMap<PathBuf, (Entry, u64)>,
    by_age: BTreeMap<u64, PathBuf>,
    next: u64,
}

impl Tree {
    pub(super) fn new() -> Self {
        Self::of(MOST)
    }

    fn of(most: usize) -> Self {
        Self { names: Mutex::default(), most }
    }

    fn lock(&self) -> MutexGuard<'_, Names> {
        // A list of names that a panic left half changed shows a name too few.
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known by this name.
    pub(super) fn get(&self, path: &Path) -> Option<Entry> {
        if path.as_os_str().is_empty() {
            return Some(Entry { kind: Kind::Folder, modified: SystemTime::UNIX_EPOCH });
        }
        self.lock().by_path.get(path).map(|(entry, _)| *entry)
    }

    /// Makes a folder, with those above it.
    pub(super) fn make(&self, path: &Path) -> Result<(), TreeError> {
        if self.get(path).is_some() {
            return Err(TreeError::Exists);
        }
        self.put(path, Kind::Folder);
        Ok(())
    }

    /// Remembers a name, with the folders above it.
    pub(super) fn put(&self, path: &Path, kind: Kind) {
        let mut names = self.lock();
        let modified = SystemTime::now();
        names.put(path, Entry { kind, modified });
        // Folders are touched after what is in them, so that they outlive it.
        for above in path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()) {
            names.put(above, Entry { kind: Kind::Folder, modified });
        }
        while names.by_path.len() > self.most {
            let Some((_, oldest)) = names.by_age.pop_first() else { break };
            names.by_path.remove(&oldest);
        }
    }

    /// Forgets an empty folder.
    pub(super) fn remove_folder(&self, path: &Path) -> Result<(), TreeError> {
        match self.get(path) {
            Some(Entry { kind: Kind::Folder, .. }) if !path.as_os_str().is_empty() => {}
            _ => return Err(TreeError::Unknown),
        }
        if !self.list(path).is_empty() {
            return Err(TreeError::NotEmpty);
        }
        self.lock().remove(path);
        Ok(())
    }

    /// A file goes by another name.
    pub(super) fn rename(&self, from: &Path, to: &Path) {
        let entry = self.lock().remove(from);
        let kind = entry.map_or(Kind::File { bytes: 0, whole: true }, |entry| entry.kind);
        self.put(to, kind);
    }

    /// Names and entries right below a folder, in order.
    pub(super) fn list(&self, folder: &Path) -> Vec<(PathBuf, Entry)> {
        let names = self.lock();
        // Paths are ordered by their parts: a folder is followed by all that is below it.
        let below = (Bound::Excluded(folder), Bound::Unbounded);
        names
            .by_path
            .range::<Path, _>(below)
            .take_while(|(path, _)| path.starts_with(folder))
            .filter(|(path, _)| path.parent() == Some(folder))
            .filter_map(|(path, (entry, _))| Some((PathBuf::from(path.file_name()?), *entry)))
            .collect()
    }
}

impl Names {
    fn put(&mut self, path: &Path, entry: Entry) {
        let age = self.next;
        self.next += 1;
        if let Some((_, before)) = self.by_path.insert(path.to_owned(), (entry, age)) {
            self.by_age.remove(&before);
        }
        self.by_age.insert(age, path.to_owned());
    }

    fn remove(&mut self, path: &Path) -> Option<Entry> {
        let (entry, age) = self.by_path.remove(path)?;
        self.by_age.remove(&age);
        Some(entry)
    }
}

/// The path below the root that a client means who is in `folder`. There is nothing above
/// the root, not even in passing.
pub(super) fn resolve(folder: &Path, given: &[u8]) -> Result<PathBuf, NameError> {
    let mut path = if given.starts_with(b"/") { PathBuf::new() } else { folder.to_owned() };
    for part in given.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if path.pop() => {}
            b".." => return Err(NameError::Outside),
            part => path.push(OsStr::from_bytes(part)),
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: u64) -> Kind {
        Kind::File { bytes, whole: true }
    }

    fn listed(tree: &Tree, folder: &str) -> Vec<String> {
        let names = tree.list(Path::new(folder));
        names.into_iter().map(|(name, _)| name.display().to_string()).collect()
    }

    #[test]
    fn paths_stay_below_the_root() {
        let from = |folder: &str, given: &str| resolve(Path::new(folder), given.as_bytes());
        assert_eq!(from("", "/"), Ok(PathBuf::new()));
        assert_eq!(from("a/b", "c//./d/"), Ok("a/b/c/d".into()));
        assert_eq!(from("a/b", "../c"), Ok("a/c".into()));
        assert_eq!(from("a/b", "/c"), Ok("c".into()));
        assert_eq!(from("a/b", "../../.."), Err(NameError::Outside));
        assert_eq!(from("a", "../../a/x"), Err(NameError::Outside));
        assert_eq!(from("a", "/../etc/passwd"), Err(NameError::Outside));
    }

    #[test]
    fn a_listing_has_what_is_right_below() {
        let tree = Tree::new();
        for path in ["a/b/c.JPG", "a/b.JPG", "a-b/d.JPG", "e.JPG"] {
            tree.put(Path::new(path), file(7));
        }
        assert_eq!(tree.make(Path::new("f")), Ok(()));
        assert_eq!(tree.make(Path::new("a/b")), Err(TreeError::Exists));
        assert_eq!(listed(&tree, ""), ["a", "a-b", "e.JPG", "f"]);
        assert_eq!(listed(&tree, "a"), ["b", "b.JPG"]);
        assert_eq!(listed(&tree, "a/b"), ["c.JPG"]);
        assert!(listed(&tree, "nowhere").is_empty());
        assert_eq!(tree.get(Path::new("a/b")).map(|entry| entry.kind), Some(Kind::Folder));
    }

    #[test]
    fn only_empty_folders_are_forgotten() {
        let tree = Tree::new();
        tree.put(Path::new("a/b.JPG"), file(7));
        assert_eq!(tree.remove_folder(Path::new("a")), Err(TreeError::NotEmpty));
        assert_eq!(tree.remove_folder(Path::new("a/b.JPG")), Err(TreeError::Unknown));
        assert_eq!(tree.remove_folder(Path::new("")), Err(TreeError::Unknown));
        tree.rename(Path::new("a/b.JPG"), Path::new("c/d.JPG"));
        assert_eq!(tree.get(Path::new("c/d.JPG")).map(|entry| entry.kind), Some(file(7)));
        assert_eq!(tree.remove_folder(Path::new("a")), Ok(()));
        assert_eq!(listed(&tree, ""), ["c"]);
    }

    #[test]
    fn the_oldest_names_go_and_folders_outlive_what_is_in_them() {
        let tree = Tree::of(5);
        for i in 0..40 {
            tree.put(Path::new(&format!("a/b/{i:02}")), file(i));
        }
        assert_eq!(listed(&tree, "a/b"), ["37", "38", "39"]);
        assert_eq!(listed(&tree, "a"), ["b"]);
        let names = tree.lock();
        assert_eq!((names.by_path.len(), names.by_age.len()), (5, 5));
    }
}
