//! Who still has a file open to write to it.
//!
//! Asked before a file is given up on: a copy over a bad network may rest for minutes,
//! and goes on in whatever folder the file is by then.

/// A process that writes to the file of this device and number, as far as the system
/// lets us see: those of this user, or all for root.
#[cfg(target_os = "linux")]
pub(super) fn writer_of(inode: (u64, u64)) -> Option<String> {
    use rustix::fs::OFlags;
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::path::PathBuf;

    let list = |folder: PathBuf| folder.read_dir().into_iter().flatten().flatten();
    for process in list(PathBuf::from("/proc")) {
        // Others than processes have no such folder.
        for open in list(process.path().join("fd")) {
            let is_it = open.path().metadata().is_ok_and(|meta| (meta.dev(), meta.ino()) == inode);
            if !is_it {
                continue;
            }
            let info = process.path().join("fdinfo").join(open.file_name());
            let info = fs::read_to_string(info).unwrap_or_default();
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
            let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
            if flags.is_some_and(|flags| flags & OFlags::ACCMODE.bits() != 0) {
                let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
                let pid = process.file_name().display().to_string();
                return Some(format!("{} (process {pid})", name.trim_end()));
            }
        }
    }
    None
}

/// Elsewhere nobody tells.
#[cfg(not(target_os = "linux"))]
pub(super) fn writer_of(_: (u64, u64)) -> Option<String> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn writers_are_seen_and_readers_are_none() {
        let t = tempfile::tempdir().expect("a folder");
        let path = t.path().join("a");
        let writer = File::create(&path).expect("made");
        let meta = path.metadata().expect("there");
        let inode = (meta.dev(), meta.ino());
        let _reader = File::open(&path).expect("opened");
        let told = writer_of(inode).expect("this process");
        assert!(told.contains(&std::process::id().to_string()), "{told}");
        drop(writer);
        assert_eq!(writer_of(inode), None);
    }
}
