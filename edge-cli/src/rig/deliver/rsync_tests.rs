//! With the real rsync, over a remote shell that stays on this machine.

use super::super::samples::{Sample, names};
use super::super::{Courier, HandedOn};
use super::*;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread;
use tempfile::TempDir;

/// Like ssh, it has a shell there put the arguments together again.
const LOCAL: &str = "shift; exec sh -c \"$*\"";

/// A host that is this machine.
struct Stand {
    home: TempDir,
    options: Options,
}

impl Stand {
    /// `None` where rsync is not installed.
    fn new(shell: &str) -> Option<Self> {
        if Command::new("rsync").arg("--version").output().is_err() {
            assert!(env::var_os("CI").is_none(), "rsync is needed for this test");
            eprintln!("rsync is not installed: not tested");
            return None;
        }
        let home = tempfile::tempdir().expect("home");
        fs::create_dir(home.path().join("in box")).expect("folder");
        let script = home.path().join("shell");
        fs::write(&script, shell).expect("script");
        let shell = format!("sh {}", script.display());
        Some(Self { home, options: Options { remote_shell: Some(shell), ..Options::default() } })
    }

    /// With a space in it.
    fn folder(&self) -> PathBuf {
        self.home.path().join("in box")
    }

    fn courier(&self) -> Courier {
        let to = format!("rsync:studio:{}", self.folder().display());
        Courier::new(to.parse().expect("destination"), 7, self.options.clone())
    }
}

fn hand(courier: &Courier, sample: &Sample) -> Result<Plan, DeliverError> {
    let stop = Stop::new();
    let plan = courier.plan(&sample.parcel(), &stop)?;
    let done = courier.hand_on(&sample.parcel(), &plan, &stop)?;
    assert_eq!(done, HandedOn { removes_source: true });
    Ok(plan)
}

#[test]
fn files_of_any_name_arrive_as_they_are() {
    let Some(stand) = Stand::new(LOCAL) else { return };
    let sample = Sample::new(&[
        b"a b.JPG",
        b"-rf.JPG",
        b"host:c.JPG",
        b"n\nl \xff.JPG",
        b"$(touch x) `y` ';\"*?[a].JPG",
        b"\\#123.JPG",
        b"a b.JPG.xmp",
    ]);
    let courier = stand.courier();
    hand(&courier, &sample).expect("handed on");
    let mut sent = sample.files.clone();
    sent.sort();
    assert_eq!(names(&stand.folder()), sent);
    let is_whole = |name: &OsStr, as_name: &OsStr| {
        let (from, to) = (sample.folder().join(name), stand.folder().join(as_name));
        assert!(fs::read(&to).expect("there") == sample.content(name), "{name:?}");
        let time = |path: &Path| path.metadata().and_then(|m| m.modified()).expect("time");
        assert_eq!(time(&from), time(&to));
    };
    sent.iter().for_each(|name| is_whole(name, name));
    // All these names are known to be in use: each is given another one, and none is
    // changed on its way to the other end.
    let plan = hand(&stand.courier(), &sample).expect("again");
    for step in plan.steps() {
        assert_ne!(step.file, step.name);
        is_whole(&step.file, &step.name);
    }
    assert_eq!(names(&stand.folder()).len(), 2 * sent.len());
}

#[test]
fn sidecars_are_there_before_any_picture() {
    let shell = format!("ls \"$0.box\" >> \"$0.log\"; {LOCAL}");
    let Some(stand) = Stand::new(&shell) else { return };
    std::os::unix::fs::symlink("in box", stand.home.path().join("shell.box")).expect("link");
    let sample = Sample::new(&[b"1.CR3", b"1.JPG", b"1.JPG.xmp", b"1.xmp"]);
    hand(&stand.courier(), &sample).expect("handed on");
    // Before the list, the sidecars and the pictures: two calls for files, not four.
    let log = fs::read_to_string(stand.home.path().join("shell.log")).expect("log");
    assert_eq!(log, "1.JPG.xmp\n1.xmp\n");
    assert_eq!(names(&stand.folder()).len(), 4);
}

#[test]
fn what_was_begun_is_finished_and_what_is_done_is_left() {
    let Some(stand) = Stand::new(LOCAL) else { return };
    let sample = Sample::new(&[b"1.JPG", b"1.xmp"]);
    let (courier, stop) = (stand.courier(), Stop::new());
    let plan = courier.plan(&sample.parcel(), &stop).expect("plan");
    // The sidecar had arrived, with another time, when the connection broke.
    fs::write(stand.folder().join("1.xmp"), sample.content(OsStr::new("1.xmp"))).expect("write");
    let inode = |name: &str| stand.folder().join(name).metadata().expect("there").ino();
    let before = inode("1.xmp");
    for _ in 0..2 {
        let _ = courier.hand_on(&sample.parcel(), &plan, &stop).expect("handed on");
        assert_eq!(names(&stand.folder()), ["1.JPG", "1.xmp"]);
        assert_eq!(inode("1.xmp"), before);
    }
}

#[test]
fn what_is_somebody_elses_is_never_overwritten() {
    let Some(stand) = Stand::new(LOCAL) else { return };
    let sample = Sample::new(&[b"1.JPG"]);
    let (courier, stop) = (stand.courier(), Stop::new());
    let plan = courier.plan(&sample.parcel(), &stop).expect("plan");
    // Equal in size and time.
    let theirs = stand.folder().join("1.JPG");
    let mut other = sample.content(OsStr::new("1.JPG"));
    other.reverse();
    fs::write(&theirs, &other).expect("write");
    let time = sample.folder().join("1.JPG").metadata().and_then(|m| m.modified()).expect("time");
    fs::File::options().write(true).open(&theirs).and_then(|f| f.set_modified(time)).expect("set");
    let ended = courier.hand_on(&sample.parcel(), &plan, &stop);
    assert!(matches!(&ended, Err(DeliverError::Taken(p)) if *p == theirs), "{ended:?}");
    let plan = courier.plan(&sample.parcel(), &stop).expect("plan");
    assert_eq!(plan.names().collect::<Vec<_>>(), ["1-1.JPG"]);
    let _ = courier.hand_on(&sample.parcel(), &plan, &stop).expect("handed on");
    assert!(fs::read(&theirs).expect("theirs") == other);
    assert!(
        fs::read(stand.folder().join("1-1.JPG")).expect("ours")
            == sample.content(OsStr::new("1.JPG"))
    );
}

#[test]
fn a_file_put_there_while_ours_is_on_its_way_is_kept_aside() {
    // As soon as rsync has its temporary file, somebody takes the name.
    let shell = "shift
        case \"$*\" in *--sender*) exec sh -c \"$*\";; esac
        exec 3<&0
        sh -c \"$*\" <&3 &
        while kill -0 $! 2>/dev/null; do
            set -- \"${0%shell}in box\"/.1.JPG.*
            if [ -e \"$1\" ]; then
                echo theirs > \"${0%shell}in box/1.JPG\"
                break
            fi
        done
        wait $!";
    let Some(stand) = Stand::new(shell) else { return };
    let sample = Sample::new(&[b"1.JPG"]);
    sample.write(OsStr::new("1.JPG"), &vec![7; 32 << 20]);
    hand(&stand.courier(), &sample).expect("handed on");
    let there = names(&stand.folder());
    let whole = fs::read(stand.folder().join("1.JPG")).expect("ours");
    assert!(whole == sample.content(OsStr::new("1.JPG")));
    assert_eq!(there, ["1.JPG", "1.JPG.edgecull-0000000000000007-2a.bak"]);
    assert_eq!(fs::read(stand.folder().join(&there[1])).expect("theirs"), b"theirs\n");
}

#[test]
fn a_host_that_is_away_is_told_from_one_that_refuses() {
    let sample = Sample::new(&[b"1.JPG"]);
    let said = |shell: &str| {
        let stand = Stand::new(shell)?;
        Some(hand(&stand.courier(), &sample).expect_err("must fail"))
    };
    let Some(away) = said("echo 'ssh: connect to host studio: No route to host' >&2; exit 255")
    else {
        return;
    };
    assert!(matches!(&away, DeliverError::Away(s) if s.contains("No route to host")), "{away:?}");
    let missing = said("shift; PATH=/nowhere; eval \"$*\"");
    assert!(matches!(missing, Some(DeliverError::Refused(_))), "{missing:?}");
    let denied = said("echo 'me@studio: Permission denied (publickey).' >&2; exit 255");
    assert!(matches!(denied, Some(DeliverError::Refused(_))), "{denied:?}");

    let stand = Stand::new(LOCAL).expect("rsync");
    fs::remove_dir(stand.folder()).expect("unmounted");
    let away = hand(&stand.courier(), &sample).expect_err("away");
    assert!(matches!(&away, DeliverError::Away(s) if s.contains("is not there on studio")));
    // Neither does sending make it, whether names are kept or changed.
    for n in [0, 1] {
        let plan = Plan::numbered(&sample.files, n).expect("plan");
        let away = stand.courier().hand_on(&sample.parcel(), &plan, &Stop::new());
        assert!(matches!(away, Err(DeliverError::Away(_))), "{away:?}");
        assert!(!stand.folder().exists());
    }

    let options = Options { rsync: "/no/rsync".into(), ..stand.options.clone() };
    let courier = Courier::new("rsync:h:".parse().expect("rsync"), 7, options);
    let missing = hand(&courier, &sample).expect_err("missing");
    assert!(matches!(&missing, DeliverError::Refused(s) if s.contains("apt install rsync")));
}

#[test]
fn a_connection_that_hangs_ends_with_its_time_or_with_the_rig() {
    let Some(mut stand) = Stand::new("exec sleep 3600") else { return };
    let sample = Sample::new(&[b"1.JPG"]);
    stand.options.rsync_limit = Duration::from_millis(200);
    let ended = hand(&stand.courier(), &sample).expect_err("hangs");
    assert!(matches!(&ended, DeliverError::Away(s) if s.contains("0.2 s")), "{ended:?}");
    stand.options.rsync_limit = Duration::from_secs(3_600);
    let stop = Stop::new();
    let raise = stop.clone();
    let raiser = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        raise.raise();
    });
    let plan = Plan::numbered(&sample.files, 0).expect("plan");
    let ended = stand.courier().hand_on(&sample.parcel(), &plan, &stop);
    assert!(matches!(ended, Err(DeliverError::Stopped)), "{ended:?}");
    raiser.join().expect("raised");
}

#[test]
fn an_rsync_that_cannot_flush_is_taken_as_it_is() {
    let Some(mut stand) = Stand::new(LOCAL) else { return };
    let old = stand.home.path().join("rsync");
    let script = "#!/bin/sh
        for option; do case $option in --fsync)
            echo 'rsync: --fsync: unknown option' >&2; exit 1;; esac; done
        exec rsync \"$@\"";
    fs::write(&old, script).expect("script");
    fs::set_permissions(&old, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("mode");
    stand.options.rsync = old;
    let sample = Sample::new(&[b"1.JPG", b"1.xmp"]);
    let courier = stand.courier();
    hand(&courier, &sample).expect("handed on");
    assert_eq!(names(&stand.folder()), ["1.JPG", "1.xmp"]);
    assert!(!courier.rsync.flushes.load(Ordering::Relaxed));
}

#[test]
fn what_rsync_says_is_understood() {
    let to: Remote = "studio:/in".parse().expect("remote");
    let means = |code, line: &str| {
        let error = meaning(&to, Some(code), &[line.to_owned(), "rsync error: (code)".to_owned()]);
        assert!(error.to_string().contains("studio"), "{error}");
        format!("{error:?}").split('(').next().map(str::to_owned).expect("a name")
    };
    // As rsync 3.2 to 3.5 says it.
    for (code, line, meaning) in [
        (11, "rsync: [receiver] write failed on \"/in/1\": No space left on device (28)", "Full"),
        (11, "rsync: [Receiver] mkdir \"/in/.\" failed: No such file or directory (2)", "Away"),
        (3, "rsync: [Receiver] change_dir#3 \"/in\" failed: No such file or directory (2)", "Away"),
        (12, "rsync: connection unexpectedly closed (0 bytes received so far) [sender]", "Away"),
        (30, "[sender] io timeout after 60 seconds -- exiting", "Away"),
        (23, "rsync: [receiver] mkstemp \"/in/.1\" failed: Permission denied (13)", "Refused"),
        (23, "rsync: [receiver] mkstemp \"/in/.1\" failed: Read-only file system (30)", "Refused"),
        (127, "sh: 1: rsync: not found", "Refused"),
        (24, "file has vanished", "Failed"),
    ] {
        assert_eq!(means(code, line), meaning, "{line}");
    }
}

#[test]
fn lists_are_read_to_the_byte() {
    let name = |line: &[u8]| listed_name(line).map(OsString::into_vec);
    assert_eq!(
        name(b"-rw-r--r--  3,221,225,472 2026/11/23 04:28:17  a b.tif"),
        Some(b" a b.tif".to_vec())
    );
    assert_eq!(
        name(b"-rw-r--r--              1 2026/11/23 04:28:17 n\\#012l\\#377\\#134#123\\#9"),
        Some(b"n\nl\xff\\#123\\#9".to_vec())
    );
    assert_eq!(name(b""), None);
    assert_eq!(name(b"rsync: oh dear"), None);
}
