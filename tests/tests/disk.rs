//! The rig on disks that are full, read-only, or another than the one that files come from.

#![cfg(target_os = "linux")]

use edgecull::render::encode::Jpeg;
use edgecull::render::{Camera, Scene, Subject, render};
use edgecull_tests::rig::{Rig, files_below, in_spool, until, with_comment};
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk in memory, gone when this is dropped.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// So many MiB; `None`, with a line, where this process may not mount.
    fn new(mib: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self { folder });
        }
        assert!(std::env::var_os("CI").is_none(), "this process may not mount");
        eprintln!("skipped: this process may not mount");
        None
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn remount(&self, how: &str) {
        let option = format!("remount,{how}");
        let done = Command::new("mount").args(["-o", &option]).arg(self.path()).status();
        assert!(done.expect("mount runs").success(), "{how}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a rig that is being killed may still hold a file.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// A photograph of some 2 MB, most of it behind its end.
fn large(n: usize) -> Vec<u8> {
    let picture = render(&Scene::new(Subject::Facade, 1), &Camera::new(480, 320));
    let photograph = Jpeg::default().encode(&picture).expect("encoded");
    let mut bytes = with_comment(&photograph, &n.to_string());
    bytes.resize(2 << 20, n as u8);
    bytes
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    let hidden = folder.join(".upload");
    fs::write(&hidden, bytes).expect("written");
    fs::rename(hidden, folder.join(name)).expect("renamed");
}

fn hot(folder: &Path) -> OsString {
    let mut source = OsString::from("hotfolder:");
    source.push(folder);
    source
}

fn args(folder: &Path) -> [OsString; 4] {
    [hot(folder), "--no-bursts".into(), "--min-free".into(), "1MiB".into()]
}

/// Fills a spool of 48 MiB with more than it holds while the host is away, then brings the
/// host back.
fn overfill(min_free: &str, says: &str) {
    let Some(disk) = Disk::new(48) else { return };
    let place = tempfile::tempdir().expect("a folder");
    let path = |name: &str| place.path().join(name);
    fs::create_dir(path("in")).expect("made");
    let args = [
        hot(&path("in")),
        "--no-bursts".into(),
        "--min-free".into(),
        min_free.into(),
        "--to".into(),
        path("out").into(),
    ];
    let spool = disk.path().join("spool");
    fs::create_dir(&spool).expect("made");
    let rig = Rig::start(&spool, args);
    for n in 0..40 {
        put(&path("in"), &format!("{n:02}.JPG"), &large(n));
    }
    rig.wait_for_log(says);
    let waiting = files_below(&path("in")).len();
    let spooled = in_spool(&spool).len();
    assert!(waiting > 5 && spooled > 5, "{waiting} wait in the hot folder, {spooled} in the spool");
    fs::create_dir(path("out")).expect("made");
    until("all are at the host", || fs::read_dir(path("out")).expect("listed").count() >= 40);
    until("the spool is empty", || in_spool(&spool).is_empty());
    let there = files_below(&path("out"));
    assert_eq!(there.len(), 40);
    for (name, bytes) in there {
        let n = name.to_string_lossy().trim_end_matches(".JPG").parse().expect("a number");
        assert!(bytes == large(n), "{} differs", name.display());
    }
    assert!(rig.stop().success());
}

#[test]
fn sources_are_paused_before_the_disk_is_full() {
    overfill("16MiB", "sources are paused");
}

#[test]
fn nothing_is_lost_on_a_disk_that_is_full_to_the_last_byte() {
    overfill("0B", "sources are paused");
}

#[test]
fn a_spool_that_cannot_be_written_is_said_and_left_alone() {
    let Some(disk) = Disk::new(48) else { return };
    let place = tempfile::tempdir().expect("a folder");
    let hot_folder = place.path().join("in");
    fs::create_dir(&hot_folder).expect("made");
    let spool = disk.path().join("spool");
    let log = place.path().join("log");
    fs::create_dir(&spool).expect("made");
    let rig = Rig::start_with_log(&spool, &log, args(&hot_folder));
    put(&hot_folder, "1.JPG", &large(1));
    until("it is in the spool", || in_spool(&spool).len() == 1);
    assert!(rig.stop().success());
    let before = files_below(&spool);
    disk.remount("ro");
    put(&hot_folder, "2.JPG", &large(2));
    let mut args: Vec<OsString> = vec!["tether".into()];
    args.extend(self::args(&hot_folder));
    args.extend(["--spool".into(), spool.clone().into()]);
    let ended = edgecull_tests::process::run(args, edgecull_tests::rig::LIMIT);
    assert_eq!(ended.status, Some(1));
    assert!(ended.stderr.contains("Read-only file system"), "{}", ended.stderr);
    assert!(hot_folder.join("2.JPG").is_file());
    assert!(files_below(&spool) == before);
    disk.remount("rw");
    let rig = Rig::start_with_log(&spool, &log, self::args(&hot_folder));
    until("both are in the spool", || in_spool(&spool).len() == 2);
    assert!(rig.stop().success());
}

#[test]
fn a_large_file_from_another_disk_takes_little_memory() {
    let place = tempfile::tempdir().expect("a folder");
    let Some(disk) = Disk::new(260) else { return };
    let path = |name: &str| place.path().join(name);
    fs::create_dir(path("out")).expect("made");
    let film = disk.path().join(".film");
    let mut file = fs::File::create(&film).expect("made");
    let piece: Vec<u8> = (0..1u32 << 20).map(|n| (n.wrapping_mul(n) >> 9) as u8).collect();
    let picture = large(0);
    file.write_all(&picture).expect("written");
    for _ in 0..200 {
        file.write_all(&piece).expect("written");
    }
    drop(file);
    let args = [hot(disk.path()), "--no-bursts".into(), "--to".into(), OsString::from(path("out"))];
    let rig = Rig::start(&path("spool"), args);
    fs::rename(film, disk.path().join("film.jpg")).expect("renamed");
    until("it is at the host", || path("out").join("film.jpg").is_file());
    until("it is taken out of the hot folder", || !disk.path().join("film.jpg").exists());
    let peak = peak_mib(rig.id());
    assert!(peak < 96, "{peak} MiB");
    let there = fs::read(path("out").join("film.jpg")).expect("read");
    assert_eq!(there.len(), picture.len() + 200 * piece.len());
    assert!(there.starts_with(&picture) && there.ends_with(&piece));
    assert!(rig.stop().success());
}

/// Most resident memory of a process so far: `VmHWM` of proc(5).
fn peak_mib(process: u32) -> u64 {
    let path = PathBuf::from(format!("/proc/{process}/status"));
    let text = fs::read_to_string(path).expect("a process");
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
    line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).expect("a number") / 1024
}
