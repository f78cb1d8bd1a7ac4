//! What the system says of a file, and of the filesystem below it.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// A file at one moment: two looks that are equal are of a file that nobody wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Device and number: what a file keeps when it is renamed.
    pub inode: (u64, u64),
    pub bytes: u64,
    pub modified: (i64, i64),
}

impl Look {
    pub(super) fn of(meta: &Metadata) -> Self {
        Self {
            inode: (meta.dev(), meta.ino()),
            bytes: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
        }
    }

    /// What there is to see where nothing can be seen.
    pub(super) fn nothing() -> Self {
        Self { inode: (0, 0), bytes: 0, modified: (0, 0) }
    }

    /// Looks at a file on a filesystem that others write to: opening it makes a client of
    /// NFS or SMB ask the server, where a mere question is answered from its cache.
    pub(super) fn through(path: &Path) -> io::Result<Self> {
        Ok(Self::of(&File::open(path)?.metadata()?))
    }
}

/// Whether nobody wrote to a file in the last while, as far as its clock tells: by the
/// time of its inode's last change, which no program can set.
pub(super) fn is_old(meta: &Metadata, age: Duration) -> bool {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    now.abs_diff(meta.ctime()) > age.as_secs()
}

/// Whether other machines may write to the filesystem of `path`, which inotify does not
/// see.
///
/// # Errors
/// When the system does not know the path.
#[cfg(target_os = "linux")]
pub(super) fn is_remote(path: &Path) -> io::Result<bool> {
    /// `f_type` of statfs(2), by name: NFS, SMB 1 to 3, FUSE, 9p, Ceph, AFS twice, Coda,
    /// VirtualBox's and VMware's shared folders, GFS2, OCFS2, Lustre.
    const REMOTE: [u32; 15] = [
        0x6969,
        0x517b,
        0xff53_4d42,
        0xfe53_4d42,
        0x6573_5546,
        0x0102_1997,
        0x00c3_6400,
        0x5346_414f,
        0x6b41_4653,
        0x7375_7245,
        0x786f_4256,
        0xbacb_acbc,
        0x0116_1970,
        0x7461_636f,
        0x0bd0_0bd0,
    ];
    let kind = rustix::fs::statfs(path)?.f_type;
    // The field's width and sign differ between processors; the numbers have 32 bits.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let kind = kind as u32;
    Ok(REMOTE.contains(&kind))
}

/// Elsewhere nothing tells of a closed file, so that all folders are polled.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_remote(path: &Path) -> io::Result<bool> {
    path.metadata().map(|_| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_look_changes_with_the_bytes_and_not_with_the_name() {
        let t = tempfile::tempdir().expect("a folder");
        let (a, b) = (t.path().join("a"), t.path().join("b"));
        fs::write(&a, b"one").expect("written");
        let first = Look::through(&a).expect("there");
        fs::rename(&a, &b).expect("renamed");
        assert_eq!(Look::through(&b).expect("there"), first);
        fs::write(&b, b"four").expect("written");
        assert_ne!(Look::through(&b).expect("there"), first);
        assert!(!is_old(&b.metadata().expect("there"), Duration::from_secs(3_600)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_disk_of_this_machine_is_watched() {
        assert!(!is_remote(Path::new("/proc")).expect("there"));
        assert!(is_remote(Path::new("/nowhere")).is_err());
    }
}
