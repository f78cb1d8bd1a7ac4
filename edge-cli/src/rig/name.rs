//! The name of a file as its source gave it, and what of it is believed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// Most bytes of one part of a name: what filesystems allow, less room for what is
/// put around it.
pub const MAX_PART: usize = 200;

/// Most folders of a name.
pub const MAX_DEPTH: usize = 16;

/// A file's name with the folders above it, below wherever its source puts such
/// things: never empty, never absolute, without `.` and `..`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GivenName {
    folder: PathBuf,
    name: OsString,
}

/// Why a name is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is none.
    #[error("there is no file name")]
    Empty,
    /// It leads out of the place it is meant for.
    #[error("the name leads out of its folder")]
    Outside,
    /// It has a NUL byte.
    #[error("the name has a byte that no file name can have")]
    Byte,
    /// A part of it, or all of it, is too long.
    #[error("the name is longer than {MAX_PART} bytes, or has more than {MAX_DEPTH} folders")]
    Long,
}

impl GivenName {
    /// Takes a path below a source's root. A leading `/` stands for that root.
    ///
    /// # Errors
    /// When it is empty, leads outside, or is too long.
    pub fn new(path: impl AsRef<Path>) -> Result<Self, NameError> {
        let mut parts: Vec<&OsStr> = Vec::new();
        for part in path.as_ref().components() {
            match part {
                Component::RootDir | Component::CurDir => {}
                Component::Normal(part) if part.as_bytes().contains(&0) => {
                    return Err(NameError::Byte);
                }
                Component::Normal(part) if part.len() > MAX_PART => return Err(NameError::Long),
                Component::Normal(part) => parts.push(part),
                Component::ParentDir | Component::Prefix(_) => return Err(NameError::Outside),
            }
        }
        let name = parts.pop().ok_or(NameError::Empty)?.to_owned();
        if parts.len() > MAX_DEPTH {
            return Err(NameError::Long);
        }
        Ok(Self { folder: parts.iter().collect(), name })
    }

    /// The folders above, empty for none.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file's own name.
    #[must_use]
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// The name without its ending: what the files of one exposure share.
    #[must_use]
    pub fn stem(&self) -> &OsStr {
        Path::new(&self.name).file_stem().unwrap_or(&self.name)
    }

    /// Both.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    /// Whether it is the name of a file that is still being written, by the habits of
    /// programs that rename when they are done: hidden, or `.part`, `.tmp` and their like.
    #[must_use]
    pub fn is_provisional(&self) -> bool {
        let ending = Path::new(&self.name).extension().unwrap_or_default();
        self.name.as_bytes().starts_with(b".")
            || self.name.as_bytes().ends_with(b"~")
            || ["part", "tmp", "temp", "filepart", "partial", "crdownload"]
                .iter()
                .any(|known| ending.eq_ignore_ascii_case(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        let name = GivenName::new("/DCIM//100/./IMG_1.JPG").expect("a name");
        assert_eq!(name.folder(), Path::new("DCIM/100"));
        assert_eq!((name.name(), name.stem()), (OsStr::new("IMG_1.JPG"), OsStr::new("IMG_1")));
        assert_eq!(name.path(), Path::new("DCIM/100/IMG_1.JPG"));
        for (bad, why) in [
            ("", NameError::Empty),
            ("/", NameError::Empty),
            ("..", NameError::Outside),
            ("a/../../b", NameError::Outside),
            ("/../etc/passwd", NameError::Outside),
            ("a\0b", NameError::Byte),
        ] {
            assert_eq!(GivenName::new(bad), Err(why), "{bad:?}");
        }
        assert_eq!(GivenName::new("x".repeat(201)), Err(NameError::Long));
        assert_eq!(GivenName::new("a/".repeat(17) + "b"), Err(NameError::Long));
    }

    #[test]
    fn what_is_not_utf_8_is_a_name_too() {
        let name = GivenName::new(OsStr::from_bytes(b"d\xff/a b\n\xfe.JPG")).expect("a name");
        assert_eq!(name.name().as_bytes(), b"a b\n\xfe.JPG");
        assert_eq!(name.stem().as_bytes(), b"a b\n\xfe");
    }

    #[test]
    fn names_of_files_in_the_making_are_known() {
        for name in [".IMG_1.JPG.x7", "IMG_1.JPG.part", "IMG_1.JPG~", "a.TMP"] {
            assert!(GivenName::new(name).expect("a name").is_provisional(), "{name}");
        }
        assert!(!GivenName::new("IMG.part.JPG").expect("a name").is_provisional());
    }
}
