//! The hot folder as programs use it that put files there.
#![cfg(unix)]

use edgecull::rig::source::Ended;
use edgecull::rig::source::hotfolder::{HotFolderError, HotFolderSettings, run};
use edgecull_tests::containers::{KINDS, Shot};
use edgecull_tests::inside::{Files, Inside, LIMIT, picture, wait_until};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tempfile::TempDir;

/// A hot folder, and what is expected to come out of it.
struct Hot {
    place: TempDir,
    rig: Inside,
    settings: HotFolderSettings,
    source: Option<JoinHandle<Result<Ended, HotFolderError>>>,
    sent: Files,
}

impl Hot {
    fn new() -> Self {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("hot");
        fs::create_dir(&folder).expect("made");
        let rig = Inside::new(&place.path().join("spool"));
        let settings = HotFolderSettings::new(folder);
        Self { place, rig, settings, source: None, sent: BTreeMap::new() }
    }

    fn start(&mut self) {
        let settings = self.settings.clone();
        self.source = Some(self.rig.run(move |intake, stop| run(&settings, intake, stop)));
    }

    /// The path of a file, which is expected with these bytes.
    fn expect(&mut self, name: impl AsRef<Path>, bytes: &[u8]) -> PathBuf {
        self.sent.entry(name.as_ref().to_owned()).or_default().push(bytes.to_owned());
        self.path(name)
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.settings.folder.join(name)
    }

    /// Another folder, on the same filesystem.
    fn elsewhere(&self) -> PathBuf {
        let folder = self.place.path().join("elsewhere");
        fs::create_dir_all(&folder).expect("made");
        folder
    }

    /// Waits until all that was sent was taken, and is nowhere else.
    fn check(&self) {
        let files = self.rig.wait_for(self.sent.values().map(Vec::len).sum());
        assert!(files == self.sent, "{:?} came, {:?} was sent", files.keys(), self.sent.keys());
        assert_eq!(self.rig.incoming(), 0);
        let is_picture = |path: &PathBuf| path.extension().is_some_and(|e| e != "txt");
        let unread: Vec<PathBuf> = self.rig.unjudged().into_iter().filter(is_picture).collect();
        assert!(unread.is_empty(), "{unread:?} could not be read");
    }

    /// What is left in the folder.
    fn left(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in folder.read_dir().expect("a folder").flatten() {
                match entry.file_type().expect("a type").is_dir() {
                    true => walk(&entry.path(), found),
                    false => found.push(entry.path()),
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.settings.folder, &mut found);
        found.sort();
        found
    }

    fn stop(&mut self) {
        self.rig.stop.raise();
        let source = self.source.take().expect("started").join().expect("no panic");
        assert_eq!(source.expect("no error"), Ended::Stopped);
    }
}

fn sh(program: &str, args: &[&Path]) {
    let status = Command::new(program).args(args).status().expect(program);
    assert!(status.success(), "{program}");
}

/// A raw file of a camera, around a picture.
fn raw(seed: u32) -> Vec<u8> {
    let (_, nef) = KINDS.iter().find(|(ending, _)| *ending == "nef").expect("a kind");
    nef(&Shot {
        preview: picture(seed, true),
        thumbnail: picture(seed + 1, false),
        size: (1_200, 800),
        orientation: 1,
        sensor: 100_000,
    })
}

/// All ways in which files come.
fn fill(hot: &mut Hot) {
    let elsewhere = hot.elsewhere();
    let large = picture(1, true);
    assert!(large.len() > 512 * 1024, "large enough to be followed");

    let path = hot.expect("slow.jpg", &large);
    let mut file = File::create(path).expect("made");
    for piece in large.chunks(100_000) {
        file.write_all(piece).expect("written");
        thread::sleep(Duration::from_millis(2));
    }
    drop(file);

    let bytes = picture(2, false);
    let path = hot.expect("sub/renamed.jpg", &bytes);
    fs::create_dir(hot.path("sub")).expect("made");
    fs::write(hot.path("sub/renamed.jpg.part"), &bytes).expect("written");
    fs::rename(hot.path("sub/renamed.jpg.part"), path).expect("renamed");

    for (seed, program) in [(3, "cp"), (4, "mv"), (5, "ln")] {
        let bytes = picture(seed, true);
        let from = elsewhere.join(program);
        fs::write(&from, &bytes).expect("written");
        let to = hot.expect(format!("{program}.jpg"), &bytes);
        sh(program, &[&from, &to]);
    }

    let shm = Path::new("/dev/shm");
    let device = |path: &Path| path.metadata().map(|meta| meta.dev()).ok();
    if device(shm).is_some_and(|shm| Some(shm) != device(&elsewhere)) {
        let other = tempfile::tempdir_in(shm).expect("a folder");
        let bytes = picture(6, true);
        let from = other.path().join("across");
        fs::write(&from, &bytes).expect("written");
        let to = hot.expect("across.jpg", &bytes);
        sh("mv", &[&from, &to]);
    }

    let names: [&[u8]; 4] = [b"a b.jpg", b"a\nb.jpg", b"\xff\xfe.jpg", b"'\"$.JPG"];
    for (seed, name) in (10..).zip(names) {
        let bytes = picture(seed, false);
        let path = hot.expect(Path::new("odd").join(OsStr::from_bytes(name)), &bytes);
        fs::create_dir_all(hot.path("odd")).expect("made");
        fs::write(path, &bytes).expect("written");
    }

    for seed in [20, 30] {
        for (ending, bytes) in [("NEF", raw(seed)), ("JPG", picture(seed, false))] {
            let path = hot.expect(format!("DSC_{seed}.{ending}"), &bytes);
            fs::write(path, &bytes).expect("written");
        }
    }

    let path = hot.expect("notes.txt", b"no picture, but sent");
    fs::write(path, b"no picture, but sent").expect("written");

    if Command::new("rsync").arg("--version").output().is_ok() {
        let shoot = elsewhere.join("shoot");
        fs::create_dir(&shoot).expect("made");
        for seed in 40..50 {
            let bytes = picture(seed, seed % 2 == 0);
            fs::write(shoot.join(format!("{seed}.jpg")), &bytes).expect("written");
            hot.expect(format!("shoot/{seed}.jpg"), &bytes);
        }
        sh("rsync", &[Path::new("-a"), &shoot, &hot.settings.folder]);
    }
}

#[test]
fn whatever_way_files_come_they_come_once_and_whole() {
    let mut hot = Hot::new();
    for (seed, name) in [(100, "before.jpg"), (101, "old/deep/before.jpg")] {
        let bytes = picture(seed, false);
        let path = hot.expect(name, &bytes);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, &bytes).expect("written");
    }
    hot.start();
    fill(&mut hot);
    hot.check();
    assert!(hot.left().is_empty());
    hot.stop();
}

#[test]
fn a_polled_folder_gives_the_same() {
    let mut hot = Hot::new();
    hot.settings.polling = Some(true);
    hot.start();
    fill(&mut hot);
    hot.check();
    assert!(hot.left().is_empty());
    hot.stop();
}

#[test]
fn folders_that_are_filled_as_soon_as_they_are_made_are_not_missed() {
    let mut hot = Hot::new();
    hot.start();
    let mut writers = Vec::new();
    for folder in 0..12u32 {
        let pictures: Vec<(PathBuf, Vec<u8>)> = (0..4)
            .map(|n| {
                let bytes = picture(1_000 + folder * 10 + n, false);
                (hot.expect(format!("{folder}/a/b/{n}.jpg"), &bytes), bytes)
            })
            .collect();
        writers.push(thread::spawn(move || {
            for (path, bytes) in pictures {
                fs::create_dir_all(path.parent().expect("a folder")).expect("made");
                fs::write(path, bytes).expect("written");
            }
        }));
    }
    for writer in writers {
        writer.join().expect("no panic");
    }
    // One that comes whole, by a rename.
    let elsewhere = hot.elsewhere().join("card");
    fs::create_dir_all(elsewhere.join("100")).expect("made");
    let bytes = picture(2_000, false);
    fs::write(elsewhere.join("100/IMG_1.JPG"), &bytes).expect("written");
    hot.expect("card/100/IMG_1.JPG", &bytes);
    fs::rename(elsewhere, hot.path("card")).expect("renamed");
    hot.check();
    hot.stop();
}

#[test]
fn a_file_that_breaks_off_waits_for_its_rest_and_is_taken_at_last() {
    let mut hot = Hot::new();
    hot.settings.settle = Duration::from_secs(2);
    hot.start();
    let whole = picture(1, true);
    let (first, rest) = whole.split_at(whole.len() / 2);
    let path = hot.path("resumed.jpg");
    fs::write(&path, first).expect("written");
    fs::write(hot.path("whole.jpg"), picture(2, false)).expect("written");
    wait_until("another file", || hot.rig.files().len() == 1);
    assert!(path.exists(), "nothing is said of a file that is not whole");
    File::options().append(true).open(&path).expect("there").write_all(rest).expect("written");
    let files = hot.rig.wait_for(2);
    assert!(files[Path::new("resumed.jpg")] == [whole.clone()]);

    // A copy that rests while it is still under way is none of those.
    let late = picture(4, true);
    let (first, rest) = late.split_at(late.len() / 3);
    let mut copy = File::create(hot.path("late.jpg")).expect("made");
    copy.write_all(first).expect("written");
    let half = &picture(3, true)[..200_000];
    fs::write(hot.path("half.jpg"), half).expect("written");
    let files = hot.rig.wait_for(3);
    assert!(files[Path::new("half.jpg")] == [half]);
    assert_eq!(hot.left(), [hot.path("late.jpg")]);
    copy.write_all(rest).expect("written");
    drop(copy);
    assert!(hot.rig.wait_for(4)[Path::new("late.jpg")] == [late]);
    assert!(hot.left().is_empty());
    hot.stop();
}

#[test]
fn what_is_nobodys_business_stays() {
    let mut hot = Hot::new();
    let inside = hot.path("delivered");
    for folder in ["rejects", ".hidden", "delivered"] {
        fs::create_dir(hot.path(folder)).expect("made");
    }
    fs::write(hot.path("rejects/.edgecull-rejects"), "").expect("written");
    hot.settings.except.push(inside);
    let target = hot.elsewhere().join("target.jpg");
    fs::write(&target, picture(1, false)).expect("written");
    fs::create_dir(hot.elsewhere().join("folder")).expect("made");
    fs::write(hot.elsewhere().join("folder/x.jpg"), picture(1, false)).expect("written");
    let long = format!("{}.jpg", "x".repeat(220));
    let stays = |hot: &Hot, round: u32| {
        for folder in ["rejects", ".hidden", "delivered"] {
            let path = hot.path(folder).join(format!("{round}.jpg"));
            fs::write(path, picture(round, false)).expect("written");
        }
        symlink(&target, hot.path(format!("{round}.jpg"))).expect("linked");
        symlink(hot.elsewhere().join("folder"), hot.path(format!("{round}"))).expect("linked");
        fs::write(hot.path(format!("{round}{long}")), picture(round, false)).expect("written");
        fs::write(hot.path(format!(".{round}.jpg")), picture(round, false)).expect("written");
        fs::write(hot.path(format!("{round}.jpg.part")), picture(round, false)).expect("written");
    };
    stays(&hot, 7);
    hot.start();
    let bytes = picture(50, false);
    fs::write(hot.expect("first.jpg", &bytes), &bytes).expect("written");
    hot.check();
    stays(&hot, 8);
    let before = hot.left();
    let bytes = picture(51, false);
    fs::write(hot.expect("second.jpg", &bytes), &bytes).expect("written");
    hot.check();
    hot.stop();
    assert_eq!(hot.left(), before);
    assert!(target.exists());
}

#[test]
fn nothing_is_taken_while_there_is_no_room() {
    let mut hot = Hot::new();
    hot.rig.room.set_least(u64::MAX);
    hot.start();
    for seed in 0..5 {
        let bytes = picture(seed, false);
        fs::write(hot.expect(format!("{seed}.jpg"), &bytes), &bytes).expect("written");
    }
    wait_until("the disk to be low", || hot.rig.room.is_low());
    assert_eq!(hot.left().len(), 5);
    assert!(hot.rig.files().is_empty());
    hot.rig.room.set_least(0);
    hot.check();
    hot.stop();
}

#[test]
fn a_folder_that_is_missing_or_goes_away_is_said() {
    let mut hot = Hot::new();
    hot.start();
    let away = hot.place.path().join("away");
    let bytes = picture(1, false);
    fs::write(hot.expect("1.jpg", &bytes), &bytes).expect("written");
    hot.check();
    fs::rename(&hot.settings.folder, &away).expect("renamed");
    let source = hot.source.take().expect("started");
    let end = std::time::Instant::now() + LIMIT;
    while !source.is_finished() {
        assert!(std::time::Instant::now() < end, "not said");
        thread::sleep(Duration::from_millis(10));
    }
    let error = source.join().expect("no panic").expect_err("gone");
    assert!(error.to_string().contains("hot\" cannot be used"), "{error}");
    let error = run(&hot.settings, &hot.rig.intake, &hot.rig.stop).expect_err("missing");
    assert!(error.to_string().contains("make the folder"), "{error}");
}

#[test]
fn what_comes_while_the_rig_is_off_is_found() {
    let mut hot = Hot::new();
    hot.start();
    let bytes = picture(1, false);
    fs::write(hot.expect("1.jpg", &bytes), &bytes).expect("written");
    hot.check();
    hot.stop();
    let bytes = picture(2, false);
    fs::write(hot.expect("2.jpg", &bytes), &bytes).expect("written");
    let Hot { place, rig, settings, sent, .. } = hot;
    drop(rig);
    let rig = Inside::new(&place.path().join("spool"));
    let mut hot = Hot { place, rig, settings, source: None, sent };
    hot.start();
    hot.check();
    hot.stop();
}
