//! Cameras by gphoto2, with a stand-in for the command.
#![cfg(unix)]

use edgecull::rig::source::Ended;
use edgecull::rig::source::gphoto2::{Gphoto2Error, Gphoto2Settings, run};
use edgecull_tests::inside::{Files, Inside, LIMIT, picture, wait_until};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const STANDIN: &str = env!("CARGO_BIN_EXE_gphoto2-standin");

/// A desk with cameras on it, and a rig.
struct Set {
    place: TempDir,
    rig: Inside,
    source: Option<JoinHandle<Result<Ended, Gphoto2Error>>>,
    shots: u32,
}

impl Set {
    fn new() -> Self {
        let place = tempfile::tempdir().expect("a folder");
        fs::create_dir(place.path().join("world")).expect("made");
        symlink(STANDIN, place.path().join("world/gphoto2")).expect("linked");
        let rig = Inside::new(&place.path().join("spool"));
        Self { place, rig, source: None, shots: 0 }
    }

    fn start(&mut self) {
        let settings =
            Gphoto2Settings { program: self.world("gphoto2"), work: self.work(), port: None };
        self.source = Some(self.rig.run(move |intake, stop| run(&settings, intake, stop)));
    }

    fn world(&self, name: &str) -> PathBuf {
        self.place.path().join("world").join(name)
    }

    fn work(&self) -> PathBuf {
        self.place.path().join("spool/gphoto2")
    }

    fn connect(&self, cameras: &[(&str, &str)]) {
        let lines = cameras.iter().map(|(model, port)| format!("{model}\t{port}\n"));
        // All at once, as it is read at any time.
        let new = self.world("cameras.new");
        fs::write(&new, lines.collect::<String>()).expect("written");
        fs::rename(new, self.world("cameras")).expect("renamed");
    }

    fn set(&self, what: &str) {
        fs::write(self.world(what), "").expect("written");
    }

    fn clear(&self, what: &str) {
        fs::remove_file(self.world(what)).expect("removed");
    }

    /// A camera takes a frame.
    fn shoot(&mut self, port: &str, name: &str, bytes: &[u8]) {
        self.shots += 1;
        let shots = self.world("shots").join(port.replace([':', ','], "-"));
        fs::create_dir_all(&shots).expect("made");
        let new = self.world("shot.new");
        fs::write(&new, bytes).expect("written");
        fs::rename(new, shots.join(format!("{}-{name}", self.shots))).expect("renamed");
    }

    /// How often something is in the stand-ins' log.
    fn logged(&self, what: &str) -> usize {
        let log = fs::read_to_string(self.world("log")).unwrap_or_default();
        log.lines().filter(|line| line.contains(what)).count()
    }

    /// The process that was started last, and holds a camera.
    fn pid(&self) -> u32 {
        let log = fs::read_to_string(self.world("log")).unwrap_or_default();
        let line = log.lines().rfind(|line| line.ends_with("start tether")).expect("started");
        line.split(' ').next().expect("a number").parse().expect("a number")
    }

    /// Files where gphoto2 puts them.
    fn left(&self) -> Vec<PathBuf> {
        let folders = self.work().read_dir().into_iter().flatten().flatten();
        folders
            .flat_map(|folder| folder.path().read_dir().into_iter().flatten().flatten())
            .map(|entry| entry.path())
            .collect()
    }

    fn stop(&mut self) {
        self.rig.stop.raise();
        let source = self.source.take().expect("started").join().expect("no panic");
        assert_eq!(source.expect("no error"), Ended::Stopped);
    }
}

/// By the camera's names, whatever the folders.
fn own_names(files: &Files) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut own: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for (path, bytes) in files {
        let name = path.file_name().expect("a name").to_str().expect("text").to_owned();
        own.entry(name).or_default().extend(bytes.iter().cloned());
    }
    own
}

const EOS: (&str, &str) = ("Canon EOS R5", "usb:001,005");
const NIKON: (&str, &str) = ("Nikon Z 6", "usb:002,003");

#[test]
fn frames_come_once_whole_and_under_the_cameras_names() {
    let mut set = Set::new();
    set.connect(&[EOS]);
    set.start();
    let mut sent = BTreeMap::new();
    for n in 0..12 {
        // What gphoto2 took for a number of its own is none here.
        let name = format!("7-{n:04}.JPG");
        let bytes = picture(n, n % 3 == 0);
        set.shoot(EOS.1, &name, &bytes);
        sent.insert(name, vec![bytes]);
    }
    let files = set.rig.wait_for(12);
    assert!(own_names(&files) == sent);
    let folders: Vec<_> = files.keys().map(|path| path.parent().expect("a folder")).collect();
    assert!(folders.iter().all(|folder| *folder == folders[0]));
    assert!(folders[0].to_str().expect("text").ends_with("-Canon-EOS-R5"), "{folders:?}");
    let card = set.world("card/usb-001-005");
    assert_eq!(card.read_dir().expect("a card").count(), 12, "the card keeps all");
    set.stop();
    assert!(set.left().is_empty());
    assert_eq!(set.work().read_dir().expect("a folder").count(), 0, "its folder is gone");
    assert_eq!(set.logged("start tether"), 1);
    assert_eq!(set.logged(" end"), 1, "it was asked to end, not killed");
}

#[test]
fn raw_and_jpeg_of_one_exposure_stay_together() {
    let mut set = Set::new();
    set.connect(&[EOS]);
    set.start();
    for n in 0..3 {
        set.shoot(
            EOS.1,
            &format!("IMG_{n}.CR3"),
            &[b"no real raw, but its ending".as_slice(), &[n]].concat(),
        );
        set.shoot(EOS.1, &format!("IMG_{n}.JPG"), &picture(n.into(), true));
    }
    let files = set.rig.wait_for(6);
    for n in 0..3 {
        let of = |ending: &str| {
            let name = format!("IMG_{n}.{ending}");
            files.keys().find(|path| path.ends_with(&name)).expect("there").parent()
        };
        assert_eq!(of("CR3"), of("JPG"));
    }
    set.stop();
}

#[test]
fn several_cameras_at_once_do_not_mix() {
    let mut set = Set::new();
    set.connect(&[EOS, NIKON]);
    set.start();
    for n in 0..5 {
        set.shoot(EOS.1, &format!("DSC_{n}.JPG"), &picture(n, true));
        set.shoot(NIKON.1, &format!("DSC_{n}.JPG"), &picture(100 + n, true));
    }
    let files = set.rig.wait_for(10);
    for (path, bytes) in files {
        let n: u32 = path
            .to_str()
            .and_then(|p| p.strip_suffix(".JPG")?.rsplit('_').next()?.parse().ok())
            .expect("a number");
        let seed = if path.to_str().expect("text").contains("Nikon") { 100 + n } else { n };
        assert!(bytes == [picture(seed, true)], "{}", path.display());
    }
    set.stop();
    assert_eq!(set.logged("start tether"), 2);
}

#[test]
fn a_camera_that_is_lost_in_a_download_is_found_again() {
    let mut set = Set::new();
    set.connect(&[EOS]);
    set.start();
    set.shoot(EOS.1, "IMG_1.JPG", &picture(1, false));
    set.rig.wait_for(1);
    set.set("stalled");
    set.shoot(EOS.1, "IMG_2.JPG", &picture(2, true));
    wait_until("a download", || !set.left().is_empty());
    set.connect(&[]);
    wait_until("the end of the process", || set.logged(" end") == 1);
    set.clear("stalled");
    // It comes back as another device; its card has what was broken off.
    let port = "usb:001,006";
    set.connect(&[(EOS.0, port)]);
    set.shoot(port, "IMG_3.JPG", &picture(3, true));
    let files = own_names(&set.rig.wait_for(2));
    assert!(files["IMG_3.JPG"] == [picture(3, true)]);
    assert!(set.world("card/usb-001-005/IMG_2.JPG").exists());
    assert!(set.left().is_empty());
    set.stop();
    assert_eq!(set.logged("start tether"), 2);
}

#[test]
fn a_camera_that_another_program_has_is_tried_again() {
    let mut set = Set::new();
    set.set("claimed");
    set.connect(&[EOS]);
    set.start();
    wait_until("a second try", || set.logged("start tether") == 2);
    set.clear("claimed");
    set.shoot(EOS.1, "IMG_1.JPG", &picture(1, false));
    set.rig.wait_for(1);
    set.stop();
    assert_eq!(set.work().read_dir().expect("a folder").count(), 0);
}

#[test]
fn a_camera_that_comes_later_is_found() {
    let mut set = Set::new();
    set.start();
    wait_until("a search", || set.logged("start detect") > 0);
    assert_eq!(set.logged("start tether"), 0);
    set.connect(&[EOS]);
    set.shoot(EOS.1, "IMG_1.JPG", &picture(1, false));
    set.rig.wait_for(1);
    set.stop();
}

#[test]
fn what_a_killed_rig_has_left_is_ended_swept_and_taken() {
    let mut set = Set::new();
    set.connect(&[EOS]);
    let session = set.work().join("20260102-030405-Canon-EOS-R5");
    fs::create_dir_all(&session).expect("made");
    let whole = picture(1, false);
    fs::write(session.join("1-IMG_1.JPG"), &whole).expect("written");
    fs::write(session.join("tmpfileAAAAAA"), &picture(2, true)[..1_000]).expect("written");
    set.set("stalled");
    let mut left: Child = Command::new(set.world("gphoto2"))
        .args(["--port", EOS.1, "--keep", "--filename", "%n-%f.%C", "--capture-tethered"])
        .current_dir(&session)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    set.shoot(EOS.1, "IMG_2.JPG", &picture(2, true));
    wait_until("a download", || set.left().len() == 3);
    set.start();
    wait_until("its end", || set.logged(" end") == 1);
    left.wait().expect("a status");
    set.clear("stalled");
    let files = set.rig.wait_for(1);
    assert!(files[Path::new("20260102-030405-Canon-EOS-R5/IMG_1.JPG")] == [whole]);
    set.shoot(EOS.1, "IMG_3.JPG", &picture(3, false));
    set.rig.wait_for(2);
    set.stop();
    assert!(set.left().is_empty());
}

#[test]
fn a_process_that_does_not_hear_is_killed_and_what_it_left_swept() {
    let mut set = Set::new();
    set.connect(&[EOS]);
    set.set("deaf");
    set.set("stalled");
    set.start();
    set.shoot(EOS.1, "IMG_1.JPG", &picture(1, true));
    wait_until("a download", || !set.left().is_empty());
    let pid = set.pid();
    set.stop();
    assert_eq!(set.logged(" end"), 0);
    assert!(!Path::new(&format!("/proc/{pid}")).exists(), "not even a zombie is left");
    assert!(set.left().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn cameras_rest_while_there_is_no_room() {
    let mut set = Set::new();
    set.connect(&[EOS]);
    set.start();
    set.shoot(EOS.1, "IMG_1.JPG", &picture(1, false));
    set.rig.wait_for(1);
    let pid = set.pid();
    let rests = || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    };
    set.rig.room.set_least(u64::MAX);
    wait_until("the process to rest", rests);
    set.shoot(EOS.1, "IMG_2.JPG", &picture(2, true));
    assert_eq!(set.logged("saved"), 1);
    set.rig.room.set_least(0);
    set.rig.wait_for(2);
    // One that rests is ended as any other.
    set.rig.room.set_least(u64::MAX);
    wait_until("the process to rest", rests);
    set.stop();
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn a_missing_command_is_said_with_its_package() {
    let set = Set::new();
    let settings =
        Gphoto2Settings { program: "no-such-gphoto2".into(), ..Gphoto2Settings::new(set.work()) };
    let error = run(&settings, &set.rig.intake, &set.rig.stop).expect_err("missing");
    assert!(matches!(error, Gphoto2Error::Missing { .. }), "{error}");
    assert!(error.to_string().contains("apt install gphoto2"), "{error}");
}

#[test]
fn a_port_that_was_asked_for_is_the_only_one() {
    let mut set = Set::new();
    set.connect(&[EOS, NIKON]);
    let mut settings = Gphoto2Settings::new(set.work());
    settings.program = set.world("gphoto2");
    settings.port = Some(NIKON.1.into());
    set.source = Some(set.rig.run(move |intake, stop| run(&settings, intake, stop)));
    set.shoot(EOS.1, "EOS.JPG", &picture(1, false));
    set.shoot(NIKON.1, "NIKON.JPG", &picture(2, false));
    let files = own_names(&set.rig.wait_for(1));
    assert!(files.contains_key("NIKON.JPG"));
    set.stop();
    assert_eq!(set.logged("start detect"), 0);
}

/// Runs the stand-in until the camera has nothing more, in a folder of its own.
fn standin(set: &Set, folder: &Path, args: &[&str], done: impl Fn() -> bool) {
    let mut child = Command::new(set.world("gphoto2"))
        .args(args)
        .arg("--capture-tethered")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let end = Instant::now() + LIMIT;
    while !done() && child.try_wait().expect("a status").is_none() {
        assert!(Instant::now() < end, "the stand-in does not do it");
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().and_then(|()| child.wait()).expect("ended");
}

/// What the real command was seen to do, and the rig is built around.
#[cfg(target_os = "linux")]
#[test]
fn the_stand_in_does_as_gphoto2_does() {
    let mut set = Set::new();
    set.connect(&[EOS]);
    let folder = set.place.path().join("cwd");
    fs::create_dir(&folder).expect("made");
    let card = set.world("card/usb-001-005");
    let on_card = |name: &str| card.join(name).exists();

    // Without `--keep` the card is emptied.
    set.shoot(EOS.1, "A.JPG", b"a");
    standin(&set, &folder, &[], || folder.join("A.JPG").exists() && !on_card("A.JPG"));
    assert_eq!(fs::read(folder.join("A.JPG")).expect("there"), b"a");

    // `%n` begins anew in each process, and a name that is taken ends the loop where
    // nobody answers.
    for round in [b"1", b"2"] {
        set.shoot(EOS.1, "B.JPG", round);
        let ends = set.logged(" end");
        let saved = set.logged("saved");
        standin(&set, &folder, &["--keep", "--filename", "x%n.%C"], || {
            set.logged(" end") > ends || set.logged("saved") > saved
        });
    }
    assert_eq!(fs::read(folder.join("x1.JPG")).expect("there"), b"1");
    let names = || folder.read_dir().expect("a folder").count();
    assert_eq!(names(), 2, "the second was not written, nor is a piece of it left");
    set.shoot(EOS.1, "B.JPG", b"3");
    standin(&set, &folder, &["--keep", "--force-overwrite", "--filename", "x%n.%C"], || {
        fs::read(folder.join("x1.JPG")).is_ok_and(|bytes| bytes == b"3")
    });

    // Another filesystem gets a copy.
    let shm = Path::new("/dev/shm");
    if shm.metadata().is_ok_and(|shm| shm.dev() != folder.metadata().expect("there").dev()) {
        let other = tempfile::tempdir_in(shm).expect("a folder");
        let target = other.path().join("%f.%C");
        set.shoot(EOS.1, "C.JPG", &picture(1, false));
        let saved = set.logged("saved");
        let args = ["--keep", "--filename", target.to_str().expect("text")];
        standin(&set, &folder, &args, || set.logged("saved") > saved);
        assert_eq!(fs::read(other.path().join("C.JPG")).expect("there"), picture(1, false));
    }

    // A hook hears of each step, and sees the file under its name; only its failing at
    // `init` matters.
    for (fails_at, heard) in
        [("init", "init  \n"), ("download", "init  \nstart  \ndownload D.JPG D.JPG\n")]
    {
        let (hook, hooked) = (set.world("hook"), set.world("hooked"));
        let script = format!(
            "#!/bin/sh\n\
             echo \"$ACTION $ARGUMENT\" $(ls $ARGUMENT /dev/null | grep D.JPG) >> {}\n\
             [ $ACTION != {fails_at} ]\n",
            hooked.display()
        );
        fs::write(&hook, script).expect("written");
        fs::set_permissions(&hook, PermissionsExt::from_mode(0o755)).expect("mode");
        let _ = fs::remove_file(&hooked);
        if fails_at != "init" {
            set.shoot(EOS.1, "D.JPG", b"d");
        }
        let args = ["--keep", "--hook-script", hook.to_str().expect("text")];
        let read = || fs::read_to_string(&hooked).unwrap_or_default();
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let heard = words(heard);
        standin(&set, &folder, &args, || words(&read()).len() >= heard.len());
        assert_eq!(words(&read()), heard);
    }
}
