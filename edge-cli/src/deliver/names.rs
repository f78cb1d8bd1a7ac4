//! Names for a whole frame in a folder that others use too.
//!
//! The files of a frame share a stem, and whoever sees two files of one stem takes them
//! for one frame. So a stem is free where no file could be one of it, and a frame whose
//! stem is not gets the next: `IMG.JPG` with `IMG.JPG.xmp` becomes `IMG-1.JPG` with
//! `IMG-1.JPG.xmp`.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

/// How many names are tried for a frame before giving up.
pub const MAX_SUFFIX: u32 = 100_000;

/// The stems in use in a folder.
#[derive(Clone, Debug, Default)]
pub struct Stems(HashSet<OsString>);

impl Stems {
    /// Of a folder; none if it is not there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let mut stems = Self::default();
        match folder.read_dir() {
            Ok(entries) => {
                for entry in entries {
                    stems.add(&entry?.file_name());
                }
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
        Ok(stems)
    }

    /// Notes a file: it takes every stem that it could be a file of.
    pub fn add(&mut self, name: &OsStr) {
        let mut part = Path::new(name);
        while let Some(stem) = part.file_stem() {
            self.0.insert(part.as_os_str().to_owned());
            if stem == part.as_os_str() {
                break;
            }
            part = Path::new(stem);
        }
    }

    /// Takes a stem; false if it is taken already.
    pub fn take(&mut self, stem: &OsStr) -> bool {
        self.0.insert(stem.to_owned())
    }
}

/// The stem to try as number `n`, from 0 for itself.
#[must_use]
pub fn numbered(stem: &OsStr, n: u32) -> OsString {
    let mut free = stem.to_owned();
    if n > 0 {
        free.push(format!("-{n}"));
    }
    free
}

/// A file's name with `free` in place of `stem`; `None` where it is not of that stem.
#[must_use]
pub fn renamed(name: &OsStr, stem: &OsStr, free: &OsStr) -> Option<OsString> {
    // What follows the stem is the same as the endings one by one: a name may
    // not be cut as bytes.
    let mut endings = Vec::new();
    let mut part = Path::new(name);
    while part.as_os_str() != stem {
        endings.push(part.extension()?);
        part = Path::new(part.file_stem()?);
    }
    let mut out = free.to_owned();
    for ending in endings.iter().rev() {
        out.push(".");
        out.push(ending);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_every_stem_that_it_could_be_of() {
        let mut stems = Stems::default();
        stems.add(OsStr::new("a.b.JPG.xmp"));
        for taken in ["a", "a.b", "a.b.JPG"] {
            assert!(!stems.take(OsStr::new(taken)), "{taken}");
        }
        assert!(stems.take(OsStr::new("a-1")));
        assert!(!stems.take(OsStr::new("a-1")));
    }

    #[test]
    fn all_endings_follow_the_new_stem() {
        let new = |name: &str, stem: &str| {
            let free = numbered(OsStr::new(stem), 2);
            renamed(OsStr::new(name), OsStr::new(stem), &free)
        };
        assert_eq!(new("a.b.JPG.xmp", "a.b"), Some("a.b-2.JPG.xmp".into()));
        assert_eq!(new("a", "a"), Some("a-2".into()));
        assert_eq!(new("ab.JPG", "a"), None);
        assert_eq!(numbered(OsStr::new("a"), 0), "a");
    }
}
