//! Paths of the command line in, frames out, in a stable order.
//!
//! A folder's own frames come first, sorted by the bytes of their names, then
//! its folders, sorted likewise, each in full: so the frames of one folder stay
//! together. One folder's list of names is held at a time.

use super::format::Ending;
use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder that holds a file of this name is edgecull's own, made for rejects.
pub const REJECTS_MARKER: &str = ".edgecull-rejects";

/// The files of one exposure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The file that is judged.
    pub path: PathBuf,
    /// The other files of the exposure, which share its fate: those in RAW, then those in
    /// HEIF.
    pub companions: Vec<PathBuf>,
    /// The file's folder, relative to the path that was given; empty for a
    /// file that was given itself.
    pub below: PathBuf,
    /// Whether no other frame of the folder has this stem, so that `STEM.xmp`
    /// can only be meant for this one.
    pub sole_of_stem: bool,
}

impl Frame {
    /// The judged file and its companions.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.path).chain(&self.companions).map(PathBuf::as_path)
    }
}

/// One thing that a walk came upon.
#[derive(Debug)]
pub enum Found {
    /// A frame.
    Frame(Frame),
    /// A path that was given, or a folder below it, that cannot be read.
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// The frames of one folder, without their paths.
#[derive(Debug, Default)]
struct Listing {
    frames: Vec<Group>,
    folders: Vec<OsString>,
    /// From any file of a group to the group's place in `frames`.
    by_name: HashMap<OsString, usize>,
}

#[derive(Debug)]
struct Group {
    name: OsString,
    companions: Vec<OsString>,
    sole_of_stem: bool,
}

impl Listing {
    fn read(folder: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        let mut folders = Vec::new();
        let place = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        for entry in place.read_dir()? {
            let entry = entry?;
            let name = entry.file_name();
            if is_hidden(&name) {
                continue;
            }
            let kind = entry.file_type()?;
            // A link that leads nowhere counts as a file: its ending decides
            // whether anybody hears of it.
            let is_folder = kind.is_dir()
                || (kind.is_symlink() && entry.path().metadata().is_ok_and(|m| m.is_dir()));
            if is_folder {
                folders.push(name);
            } else if let Some(ending) = Ending::of(&name) {
                files.push((name, ending));
            }
        }
        folders.sort_by(|a, b| bytes(a).cmp(bytes(b)));
        files.sort_by(|a, b| bytes(&a.0).cmp(bytes(&b.0)));
        let mut listing = Self { frames: group(files), folders, by_name: HashMap::new() };
        for (at, frame) in listing.frames.iter().enumerate() {
            for name in std::iter::once(&frame.name).chain(&frame.companions) {
                listing.by_name.insert(name.clone(), at);
            }
        }
        Ok(listing)
    }
}

/// Joins the sorted files of a folder into frames. RAW and HEIF files go to the first
/// JPEG of their stem; without one they are a frame of their own, of which the first RAW
/// file is judged: nearly all have a large preview, and HEIF files seldom more than an
/// icon.
fn group(files: Vec<(OsString, Ending)>) -> Vec<Group> {
    let mut leaders: HashMap<OsString, usize> = HashMap::new();
    let mut frames_of_stem: HashMap<OsString, usize> = HashMap::new();
    let mut frames: Vec<Group> = Vec::new();
    let (mut companions, pictures): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|(_, ending)| ending.follows());
    // The sort is stable: RAW comes first, by name.
    companions.sort_by_key(|(_, ending)| *ending == Ending::Heif);
    for (name, ending) in pictures {
        if ending == Ending::Jpeg {
            leaders.entry(stem(&name)).or_insert(frames.len());
        }
        *frames_of_stem.entry(stem(&name)).or_default() += 1;
        frames.push(Group { name, companions: Vec::new(), sole_of_stem: true });
    }
    for (name, _) in companions {
        if let Some(frame) = leaders.get(&stem(&name)).and_then(|at| frames.get_mut(*at)) {
            frame.companions.push(name);
        } else {
            leaders.insert(stem(&name), frames.len());
            *frames_of_stem.entry(stem(&name)).or_default() += 1;
            frames.push(Group { name, companions: Vec::new(), sole_of_stem: true });
        }
    }
    for frame in &mut frames {
        frame.sole_of_stem = frames_of_stem.get(&stem(&frame.name)) == Some(&1);
    }
    frames.sort_by(|a, b| bytes(&a.name).cmp(bytes(&b.name)));
    frames
}

/// Finds the frames of the given paths, lazily.
#[derive(Debug)]
pub struct Walk {
    arguments: std::vec::IntoIter<PathBuf>,
    ready: VecDeque<Found>,
    /// Folders still to be opened, the next one last, with their place below
    /// the path that was given.
    folders: Vec<(PathBuf, PathBuf)>,
    /// Real paths of folders that were opened: each is opened once, whatever
    /// links lead to it, which makes loops harmless.
    opened: HashSet<PathBuf>,
    /// Frames that were named themselves: real path of the folder, and name.
    named: HashSet<(PathBuf, OsString)>,
    /// The folder of the last named file, so that a long list of files of one
    /// folder reads it once.
    last: Option<(PathBuf, Arc<Listing>)>,
    /// Real path of the folder that rejects of this run go to.
    rejects: Option<PathBuf>,
}

impl Walk {
    /// A walk over files and folders, in the order given. `rejects` is passed
    /// over wherever it turns up below them.
    #[must_use]
    pub fn new(paths: Vec<PathBuf>, rejects: Option<&Path>) -> Self {
        Self {
            arguments: paths.into_iter(),
            ready: VecDeque::new(),
            folders: Vec::new(),
            opened: HashSet::new(),
            named: HashSet::new(),
            last: None,
            rejects: rejects.and_then(|path| path.canonicalize().ok()),
        }
    }

    fn argument(&mut self, path: PathBuf) {
        match path.metadata() {
            Ok(meta) if meta.is_dir() => self.open(path, PathBuf::new(), true),
            Ok(_) => {
                if let Some(frame) = self.named_file(&path) {
                    self.ready.push_back(Found::Frame(frame));
                }
            }
            Err(error) => self.ready.push_back(Found::Unreadable { path, error }),
        }
    }

    /// The frame of a file that was named itself; `None` when it had its turn.
    fn named_file(&mut self, path: &Path) -> Option<Frame> {
        let alone = || Frame {
            path: path.to_owned(),
            companions: Vec::new(),
            below: PathBuf::new(),
            sole_of_stem: false,
        };
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Some(alone());
        };
        let place = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        // A folder that may be entered but not listed still gives its files.
        let Ok(real) = place.canonicalize() else {
            return Some(alone());
        };
        let listing = match &self.last {
            Some((folder, listing)) if *folder == real => Arc::clone(listing),
            _ => {
                let listing = Arc::new(Listing::read(parent).unwrap_or_default());
                self.last = Some((real.clone(), Arc::clone(&listing)));
                listing
            }
        };
        let Some(found) = listing.by_name.get(name).and_then(|at| listing.frames.get(*at)) else {
            // Hidden, or no picture by its ending: judged because it was named.
            // Whether a sidecar is its own depends on its neighbours all the same.
            let shared = listing.frames.iter().any(|f| stem(&f.name) == stem(name));
            let fresh = self.named.insert((real, name.to_owned()));
            return fresh.then(|| Frame { sole_of_stem: !shared, ..alone() });
        };
        if self.opened.contains(&real) || !self.named.insert((real, found.name.clone())) {
            return None;
        }
        Some(frame_of(found, parent, Path::new("")))
    }

    fn open(&mut self, folder: PathBuf, below: PathBuf, given: bool) {
        let real = match folder.canonicalize() {
            Ok(real) => real,
            Err(error) => {
                self.ready.push_back(Found::Unreadable { path: folder, error });
                return;
            }
        };
        let is_own = self.rejects.as_ref() == Some(&real)
            || (!given && folder.join(REJECTS_MARKER).symlink_metadata().is_ok());
        if is_own || !self.opened.insert(real.clone()) {
            return;
        }
        let listing = match Listing::read(&folder) {
            Ok(listing) => listing,
            Err(error) => {
                self.ready.push_back(Found::Unreadable { path: folder, error });
                return;
            }
        };
        for found in &listing.frames {
            let key = (real.clone(), found.name.clone());
            if self.named.is_empty() || !self.named.contains(&key) {
                self.ready.push_back(Found::Frame(frame_of(found, &folder, &below)));
            }
        }
        for name in listing.folders.iter().rev() {
            self.folders.push((folder.join(name), below.join(name)));
        }
    }
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            if let Some(found) = self.ready.pop_front() {
                return Some(found);
            }
            if let Some((folder, below)) = self.folders.pop() {
                self.open(folder, below, false);
            } else {
                let path = self.arguments.next()?;
                self.argument(path);
            }
        }
    }
}

fn frame_of(group: &Group, folder: &Path, below: &Path) -> Frame {
    Frame {
        path: folder.join(&group.name),
        companions: group.companions.iter().map(|name| folder.join(name)).collect(),
        below: below.to_owned(),
        sole_of_stem: group.sole_of_stem,
    }
}

fn is_hidden(name: &OsStr) -> bool {
    bytes(name).first() == Some(&b'.')
}

fn bytes(name: &OsStr) -> &[u8] {
    name.as_encoded_bytes()
}

fn stem(name: &OsStr) -> OsString {
    Path::new(name).file_stem().unwrap_or(name).to_owned()
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
