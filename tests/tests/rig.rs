//! The rig from end to end: frames come into a hot folder, and what becomes of them.

#![cfg(unix)]

use edgecull::render::encode::Jpeg;
use edgecull::render::shoot::shoot;
use edgecull::render::{Camera, Scene, Subject, render};
use edgecull_tests::process::{program, run};
use edgecull_tests::records::LIMIT as RUN_LIMIT;
use edgecull_tests::rig::{Rig, files_below, in_spool, list, until, with_comment};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Folders of a test: what comes in, the spool, the host.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["in", "out"] {
            fs::create_dir(folder.path().join(name)).expect("made");
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The arguments of a rig from `in`, followed by others.
    fn args(&self, more: &[&str]) -> Vec<OsString> {
        let mut source = OsString::from("hotfolder:");
        source.push(self.path("in"));
        [source].into_iter().chain(more.iter().map(OsString::from)).collect()
    }

    fn start(&self, more: &[&str]) -> Rig {
        Rig::start(&self.path("spool"), self.args(more))
    }

    /// The same, with `out` for a host.
    fn start_to_host(&self, more: &[&str]) -> Rig {
        let mut args = self.args(more);
        args.extend(["--to".into(), self.path("out").into()]);
        Rig::start(&self.path("spool"), args)
    }

    /// Puts a file into the hot folder as programs do: all of it, then its name.
    fn put(&self, name: impl AsRef<OsStr>, bytes: &[u8]) {
        let hidden = self.path("in").join(".upload");
        fs::write(&hidden, bytes).expect("written");
        fs::rename(hidden, self.path("in").join(name.as_ref())).expect("renamed");
    }

    fn out(&self) -> Vec<(PathBuf, Vec<u8>)> {
        files_below(&self.path("out"))
    }

    fn names_out(&self) -> Vec<String> {
        self.out().into_iter().map(|(path, _)| path.to_string_lossy().into_owned()).collect()
    }

    fn spooled(&self) -> Vec<(PathBuf, Vec<u8>)> {
        in_spool(&self.path("spool"))
    }
}

/// A photograph that is kept.
fn keeper(seed: u64) -> Vec<u8> {
    let picture = render(&Scene::new(Subject::Facade, seed), &Camera::new(480, 320));
    Jpeg::default().encode(&picture).expect("encoded")
}

#[test]
fn keepers_go_to_the_host_and_the_rest_waits_until_it_is_released() {
    let place = Place::new();
    let config = place.path("config.toml");
    // One of them breaks off.
    fs::write(&config, "[tether.hotfolder]\nsettle = 1\n").expect("written");
    let config = config.to_str().expect("a path in UTF-8");
    let rig = place.start_to_host(&["--no-bursts", "--xmp", "adobe", "--config", config]);
    let frames = shoot(480, 320);
    let mut sent = Vec::new();
    for (n, frame) in frames.iter().enumerate() {
        let bytes = with_comment(&frame.file().expect("encoded"), &n.to_string());
        let name = format!("DSC_{n:04}.JPG");
        place.put(&name, &bytes);
        sent.push((name, bytes));
    }
    until("all frames are placed", || {
        let waiting = rig.list().iter().filter(|row| row["state"] != "kept").count();
        let out = place.names_out().iter().filter(|name| name.ends_with(".JPG")).count();
        waiting + out == sent.len()
    });
    let waiting = rig.list();
    assert!(!waiting.is_empty() && waiting.len() < sent.len(), "{waiting:?}");
    for row in &waiting {
        let record: serde_json::Value =
            serde_json::from_str(row["record"].as_str().expect("text")).expect("JSON");
        assert_eq!(record["verdict"], row["verdict"]);
        assert_ne!(row["verdict"], "keep");
        assert_eq!(record["path"], row["files"][0]["name"]);
    }
    for (path, bytes) in place.out() {
        let name = path.to_string_lossy();
        if let Some(stem) = name.strip_suffix(".xmp") {
            assert!(String::from_utf8_lossy(&bytes).contains("cull:keep"), "{name}");
            assert!(place.path("out").join(format!("{stem}.JPG")).is_file());
        } else {
            let (_, whole) = sent.iter().find(|(sent, _)| *sent == name).expect("it was sent");
            assert!(bytes == *whole, "{name} differs");
        }
    }
    let ids: Vec<String> = waiting.iter().map(|row| row["id"].to_string()).collect();
    let spool = place.path("spool");
    let mut args = vec!["tether".into(), "release".into(), "--spool".into(), spool.into()];
    args.extend(ids.iter().map(OsString::from));
    let released = run(args, RUN_LIMIT);
    assert_eq!(released.status, Some(0), "{}", released.stderr);
    until("the released frames are at the host", || {
        place.names_out().iter().filter(|name| name.ends_with(".JPG")).count() == sent.len()
    });
    until("nothing is left in the spool", || place.spooled().is_empty());
    let again = run(
        [
            "tether".into(),
            "release".into(),
            "999".into(),
            "--spool".into(),
            place.path("spool").into_os_string(),
        ],
        RUN_LIMIT,
    );
    assert_eq!(again.status, Some(2));
    assert!(again.stderr.contains("999"), "{}", again.stderr);
    assert!(rig.stop().success());
}

#[test]
fn names_are_kept_whatever_they_are_and_nothing_is_written_over() {
    let place = Place::new();
    let rig = place.start_to_host(&["--no-bursts"]);
    let names: [&[u8]; 5] =
        [b"a b.JPG", b"new\nline.jpg", b"\xff\xfe.JPG", b"-rf.jpg", "Größe.jpeg".as_bytes()];
    let photograph = keeper(1);
    for (n, name) in names.iter().enumerate() {
        place.put(OsStr::from_bytes(name), &with_comment(&photograph, &n.to_string()));
    }
    place.put("empty.jpg", b"");
    place.put("notes.txt", b"no picture");
    until("all are at the host", || place.out().len() == names.len() + 1);
    for (n, name) in names.iter().enumerate() {
        let there = fs::read(place.path("out").join(OsStr::from_bytes(name))).expect("there");
        assert!(there == with_comment(&photograph, &n.to_string()), "{name:?}");
    }
    // A name that comes again with other bytes is another frame.
    place.put("a b.JPG", &with_comment(&photograph, "another"));
    until("both are there", || place.out().len() == names.len() + 2);
    assert!(place.path("out").join("a b-1.JPG").is_file(), "{:?}", place.names_out());
    // The same file is the same frame.
    place.put("a b.JPG", &with_comment(&photograph, "another"));
    until("it is taken", || !place.path("in").join("a b.JPG").exists());
    rig.wait_for_log("came again");
    assert_eq!(place.out().len(), names.len() + 2);
    assert!(place.path("in").join("empty.jpg").is_file(), "it is not whole: more may come");
    assert!(rig.stop().success());
}

#[test]
fn the_files_of_one_exposure_stay_together() {
    let place = Place::new();
    let blank = render(&Scene::new(Subject::Facade, 3), &Camera::new(480, 320));
    // As dark as a lens cap.
    let black = edgecull::render::Picture { rgb: vec![0; blank.rgb.len()], ..blank };
    let rig = place.start_to_host(&["--no-bursts"]);
    place.put("IMG_1.JPG", &keeper(2));
    until("the JPEG is at the host", || place.names_out() == ["IMG_1.JPG"]);
    place.put("IMG_1.CR2", b"the sensor's data, which nobody here can read");
    until("the RAW file follows", || place.names_out() == ["IMG_1.CR2", "IMG_1.JPG"]);
    place.put("IMG_2.JPG", &Jpeg::default().encode(&black).expect("encoded"));
    until("the black frame is rejected", || {
        rig.list().iter().any(|row| row["state"] == "rejected" || row["state"] == "review")
    });
    place.put("IMG_2.CR2", b"the sensor's data of a black frame");
    until("its RAW file lies with it", || {
        rig.list().iter().any(|row| row["files"].as_array().is_some_and(|f| f.len() == 2))
    });
    assert_eq!(place.spooled().len(), 2);
    assert_eq!(place.names_out().len(), 2);
    assert!(rig.stop().success());
}

#[test]
fn only_the_best_of_a_held_burst_goes() {
    let place = Place::new();
    let rig = place.start_to_host(&["--hold-burst", "2", "--no-quality"]);
    let scene = Scene::new(Subject::Facade, 5);
    for n in 0..4u64 {
        let camera = Camera { seed: n + 1, ..Camera::new(480, 320) };
        let bytes = Jpeg::default().encode(&render(&scene, &camera)).expect("encoded");
        place.put(format!("B_{n}.JPG"), &bytes);
    }
    until("all are held", || rig.list().len() == 4);
    assert!(place.out().is_empty());
    until("the best has gone", || place.out().len() == 1);
    until("the others are decided", || {
        rig.list().iter().all(|row| row["state"] == "review") && rig.list().len() == 3
    });
    let row = &rig.list()[0];
    assert!(row["record"].as_str().expect("text").contains("near_duplicate"));
    assert!(rig.stop().success());
}

#[test]
fn a_host_that_is_away_makes_a_backlog() {
    let place = Place::new();
    fs::remove_dir(place.path("out")).expect("removed");
    let rig = place.start_to_host(&["--no-bursts"]);
    for n in 0..5 {
        place.put(format!("{n}.JPG"), &with_comment(&keeper(1), &n.to_string()));
    }
    until("all wait", || rig.list().len() == 5);
    rig.wait_for_log("away");
    assert!(!place.path("out").exists(), "the host's folder is not made on this disk");
    fs::create_dir(place.path("out")).expect("made");
    until("all are at the host", || place.out().len() == 5);
    until("the spool is empty", || place.spooled().is_empty());
    assert!(rig.stop().success());
}

#[test]
fn a_damaged_journal_is_made_anew_from_the_folders() {
    let place = Place::new();
    let rig = place.start(&["--no-bursts"]);
    for n in 0..6 {
        place.put(format!("{n}.JPG"), &with_comment(&keeper(1), &n.to_string()));
    }
    until("all are in the spool", || rig.list().len() == 6);
    let before = rig.list();
    assert!(rig.stop().success());
    let journal = place.path("spool").join("journal.redb");
    let mut bytes = fs::read(&journal).expect("a journal");
    bytes.iter_mut().skip(64).step_by(3).for_each(|byte| *byte ^= 0x77);
    fs::write(&journal, &bytes).expect("written");
    // One frame has lost what lay beside it.
    let (path, _) = place.spooled().pop().expect("a frame");
    let folder = place.path("spool").join(path);
    fs::remove_file(folder.with_file_name(".frame.json")).expect("removed");
    let rig = place.start_to_host(&["--no-bursts"]);
    rig.wait_for_log("made anew from the folders");
    assert_eq!(before.len(), 6);
    until("all are at the host", || place.out().len() == 6);
    let aside = place.path("spool").join("journal.redb.damaged-0");
    assert_eq!(fs::read(aside).expect("set aside"), bytes);
    assert!(rig.stop().success());
}

#[test]
fn one_rig_a_spool() {
    let place = Place::new();
    let rig = place.start(&[]);
    let mut args = vec![OsString::from("tether")];
    args.extend(place.args(&["--spool"]));
    args.push(place.path("spool").into());
    let second = run(args, RUN_LIMIT);
    assert_eq!(second.status, Some(1));
    assert!(second.stderr.contains("in use"), "{}", second.stderr);
    assert!(rig.stop().success());
}

#[test]
fn settings_are_read_again() {
    let place = Place::new();
    let config = place.path("config.toml");
    let source = format!("hotfolder:{}", place.path("in").display());
    let write = |to: &Path| {
        let text = format!("[tether]\nsources = [{source:?}]\nto = {to:?}\nno-bursts = true\n");
        fs::write(&config, text).expect("written");
    };
    let new = place.path("new");
    fs::create_dir(&new).expect("made");
    write(&place.path("out"));
    let check = |ok: bool| {
        let args =
            ["tether".as_ref(), "--check-config".as_ref(), "--config".as_ref(), config.as_os_str()];
        let checked = run(args, RUN_LIMIT);
        assert_eq!(checked.status, Some(if ok { 0 } else { 1 }), "{}", checked.stderr);
        checked.stderr
    };
    check(true);
    let rig = Rig::start(&place.path("spool"), [OsStr::new("--config"), config.as_os_str()]);
    place.put("1.JPG", &keeper(1));
    until("it is at the first host", || place.out().len() == 1);
    fs::write(&config, "[tether]\nto = '/tmp'\nspeed = 3\n").expect("written");
    assert!(check(false).contains("line 3"));
    rig.signal("HUP");
    rig.wait_for_log("all stays as it was");
    write(&new);
    rig.signal("HUP");
    rig.wait_for_log("settings read again");
    place.put("2.JPG", &keeper(2));
    until("it is at the second host", || files_below(&new).len() == 1);
    assert_eq!(place.out().len(), 1);
    assert!(rig.stop().success());
}

#[test]
fn the_service_manager_is_told() {
    let place = Place::new();
    let socket = place.path("notify");
    let manager = UnixDatagram::bind(&socket).expect("a socket");
    manager.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
    let hear = || {
        let mut text = [0; 4096];
        let count = manager.recv(&mut text).expect("told");
        String::from_utf8_lossy(&text[..count]).into_owned()
    };
    let mut child = Command::new(program())
        .arg("tether")
        .args(place.args(&["--log", "error", "--spool"]))
        .arg(place.path("spool"))
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "2000000")
        .spawn()
        .expect("the program runs");
    assert_eq!(hear(), "READY=1\n");
    let alive = hear();
    assert!(alive.contains("WATCHDOG=1") && alive.contains("STATUS=from hotfolder:"), "{alive}");
    Command::new("kill").arg(child.id().to_string()).status().expect("kill runs");
    let mut heard = hear();
    while heard.contains("WATCHDOG=1") {
        heard = hear();
    }
    assert_eq!(heard, "STOPPING=1\n");
    assert!(child.wait().expect("a status").success());
}

#[test]
fn a_spool_can_be_asked_when_no_rig_runs() {
    let place = Place::new();
    let rig = place.start(&["--no-bursts"]);
    place.put("1.JPG", &keeper(1));
    until("it is in the spool", || rig.list().len() == 1);
    assert!(rig.stop().success());
    let rows = list(&place.path("spool"));
    assert_eq!((rows.len(), &rows[0]["state"]), (1, &"kept".into()));
}
