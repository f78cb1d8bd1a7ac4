//! Single steps on a disk that happen in full or not at all, and last.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Makes the entries of a folder last (fsync).
///
/// # Errors
/// When the folder cannot be opened or synchronised.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    // Elsewhere than on Unix a folder cannot be opened, and need not be.
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(here(folder))?.sync_all() {
        // Some network filesystems have no such thing.
        Err(e) if is_unknown_to_filesystem(&e) => Ok(()),
        done => done,
    }
}

/// The folder that a file lies in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    here(path.parent().unwrap_or(Path::new("")))
}

fn here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// Replaces the content of `path`, or makes the file: whoever reads it sees
/// the old content or the new.
///
/// # Errors
/// When a step fails; the old content is then still there.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    // Through a link, the file that it leads to is replaced, not the link.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (temp, mut file) = create_temp(&target)?;
    let written = (|| {
        if let Ok(meta) = target.metadata() {
            // FAT and its like have none.
            let _ = file.set_permissions(meta.permissions());
        }
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temp, &target)
    })();
    if written.is_err() {
        // The temporary file is ours alone.
        let _ = fs::remove_file(&temp);
    }
    written?;
    sync_folder(folder_of(&target))
}

/// Makes a hidden temporary file beside `target`.
fn create_temp(target: &Path) -> io::Result<(PathBuf, File)> {
    let name = target.file_name().unwrap_or(OsStr::new("file"));
    for attempt in 0u32.. {
        let mut temp = OsString::from(".");
        temp.push(name);
        temp.push(format!(".{}-{attempt}.part", std::process::id()));
        let path = target.with_file_name(temp);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Copies `from` to a temporary file beside `target`, with its times and
/// permissions, and reads it back to compare. Returns the temporary file.
///
/// # Errors
/// When a step fails or the bytes differ; no temporary file is left then.
pub fn copy_beside(from: &Path, target: &Path) -> io::Result<PathBuf> {
    let (temp, mut file) = create_temp(target)?;
    let copied = (|| {
        let mut source = File::open(from)?;
        let meta = source.metadata()?;
        io::copy(&mut source, &mut file)?;
        // As far as the other filesystem knows such things.
        let _ = file.set_permissions(meta.permissions());
        if let Ok(modified) = meta.modified() {
            let _ = file.set_modified(modified);
        }
        file.sync_all()?;
        if same_bytes(File::open(from)?, File::open(&temp)?)? {
            Ok(())
        } else {
            Err(io::Error::other("the copy differs from the original"))
        }
    })();
    match copied {
        Ok(()) => Ok(temp),
        Err(error) => {
            let _ = fs::remove_file(&temp);
            Err(error)
        }
    }
}

/// Whether two files, or what else can be read, hold the same bytes.
///
/// # Errors
/// When one of them cannot be read.
pub fn same_bytes(mut a: impl Read, mut b: impl Read) -> io::Result<bool> {
    const CHUNK: usize = 64 * 1024;
    let (mut left, mut right) = (Vec::with_capacity(CHUNK), Vec::with_capacity(CHUNK));
    loop {
        left.clear();
        right.clear();
        (&mut a).take(CHUNK as u64).read_to_end(&mut left)?;
        (&mut b).take(CHUNK as u64).read_to_end(&mut right)?;
        if left != right {
            return Ok(false);
        }
        if left.is_empty() {
            return Ok(true);
        }
    }
}

/// Renames `from` to `to` on one filesystem, never over an existing file.
///
/// # Errors
/// `AlreadyExists` when `to` is there, `CrossesDevices` when it is on another
/// filesystem, or what else the system says. `from` is then untouched.
pub fn rename_to_free(from: &Path, to: &Path) -> io::Result<()> {
    match rename_no_replace(from, to) {
        Err(error) if is_unknown_to_filesystem(&error) => {}
        done => return done,
    }
    // A second name fails where the name is taken, like the rename above.
    match fs::hard_link(from, to) {
        Ok(()) => return fs::remove_file(from),
        Err(error) if is_final(&error) => return Err(error),
        Err(_) => {}
    }
    // The filesystem knows neither: take the name by an empty file of our own,
    // which the rename then replaces.
    OpenOptions::new().write(true).create_new(true).open(to)?;
    fs::rename(from, to).inspect_err(|_| {
        let _ = fs::remove_file(to);
    })
}

#[cfg(target_os = "linux")]
fn rename_no_replace(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

#[cfg(not(target_os = "linux"))]
fn rename_no_replace(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether the kernel or the filesystem does not know what was asked for:
/// EINVAL, ENOSYS or EOPNOTSUPP.
fn is_unknown_to_filesystem(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

fn is_final(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, CrossesDevices, NotFound, ReadOnlyFilesystem, StorageFull};
    matches!(
        error.kind(),
        AlreadyExists | CrossesDevices | NotFound | ReadOnlyFilesystem | StorageFull
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<OsString> {
        let mut names: Vec<_> =
            folder.read_dir().expect("folder").map(|e| e.expect("entry").file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn writing_replaces_and_leaves_nothing_behind() {
        let t = tempfile::tempdir().expect("folder");
        let path = t.path().join("a.xmp");
        write(&path, b"one").expect("new");
        write(&path, b"two").expect("again");
        assert_eq!(fs::read(&path).expect("read"), b"two");
        assert_eq!(names(t.path()), ["a.xmp"]);
        assert!(write(&t.path().join("no/a.xmp"), b"x").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn writing_keeps_permissions_and_follows_links() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let t = tempfile::tempdir().expect("folder");
        let path = t.path().join("a.xmp");
        fs::write(&path, b"one").expect("write");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).expect("mode");
        let link = t.path().join("link.xmp");
        symlink("a.xmp", &link).expect("link");
        write(&link, b"two").expect("write");
        assert!(link.is_symlink());
        assert_eq!(fs::read(&path).expect("read"), b"two");
        assert_eq!(path.metadata().expect("meta").permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_taken_name_is_never_overwritten() {
        let t = tempfile::tempdir().expect("folder");
        let (a, b) = (t.path().join("a"), t.path().join("b"));
        fs::write(&a, b"a").expect("write");
        fs::write(&b, b"b").expect("write");
        let error = rename_to_free(&a, &b).expect_err("taken");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&a).expect("a"), b"a");
        assert_eq!(fs::read(&b).expect("b"), b"b");
        rename_to_free(&a, &t.path().join("c")).expect("free");
        assert_eq!(names(t.path()), ["b", "c"]);
    }

    #[test]
    fn copies_are_equal_in_bytes_and_time() {
        let t = tempfile::tempdir().expect("folder");
        let from = t.path().join("from");
        let content: Vec<u8> = (0..200_000u32).map(|n| (n.wrapping_mul(n) >> 5) as u8).collect();
        fs::write(&from, &content).expect("write");
        let then = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        File::options().write(true).open(&from).and_then(|f| f.set_modified(then)).expect("time");
        let temp = copy_beside(&from, &t.path().join("to")).expect("copy");
        assert_eq!(fs::read(&temp).expect("read"), content);
        assert_eq!(temp.metadata().and_then(|m| m.modified()).expect("time"), then);
        let open = |path: &Path| File::open(path).expect("open");
        assert!(!same_bytes(open(&from), open(Path::new("/dev/null"))).expect("read"));
    }
}
