//! The standard input as programs write to it.
#![cfg(unix)]

use edgecull::rig::name::GivenName;
use edgecull::rig::source::Ended;
use edgecull::rig::source::stdin::frame::{HeaderError, MAGIC};
use edgecull::rig::source::stdin::{StdinError, StdinSettings, read};
use edgecull_tests::inside::{Inside, picture, wait_until};
use std::fs::File;
use std::io::{self, PipeWriter, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use tempfile::TempDir;

struct Piped {
    _place: TempDir,
    rig: Inside,
    source: JoinHandle<Result<Ended, StdinError>>,
}

impl Piped {
    fn of(file: File, name: Option<&str>) -> Self {
        let place = tempfile::tempdir().expect("a folder");
        let rig = Inside::new(&place.path().join("spool"));
        let name = name.map(|name| GivenName::new(name).expect("a name"));
        let settings = StdinSettings { name };
        let source = rig.run(move |intake, stop| read(file, &settings, intake, stop));
        Self { _place: place, rig, source }
    }

    fn new() -> (Self, PipeWriter) {
        let (from, to) = io::pipe().expect("a pipe");
        (Self::of(File::from(OwnedFd::from(from)), None), to)
    }

    /// What becomes of a stream of these bytes.
    fn send(bytes: Vec<u8>) -> (Self, Result<Ended, StdinError>) {
        let (piped, mut to) = Self::new();
        thread::spawn(move || {
            // After an error nobody reads the rest.
            let _ = to.write_all(&bytes);
        });
        piped.end()
    }

    fn end(mut self) -> (Self, Result<Ended, StdinError>) {
        let over = thread::spawn(|| Ok(Ended::Over));
        let ended = std::mem::replace(&mut self.source, over).join().expect("no panic");
        (self, ended)
    }
}

fn frame(name: &[u8], bytes: &[u8]) -> Vec<u8> {
    let name_len = u16::try_from(name.len()).expect("short").to_be_bytes();
    let len = (bytes.len() as u64).to_be_bytes();
    [&MAGIC[..], &name_len, &len, name, bytes].concat()
}

#[test]
fn one_picture_until_the_end() {
    let bytes = picture(1, true);
    let (piped, ended) = Piped::send(bytes.clone());
    assert_eq!(ended.expect("taken"), Ended::Over);
    let files = piped.rig.wait_for(1);
    assert!(files[Path::new("stdin.jpg")] == std::slice::from_ref(&bytes));

    // A file is as good as a pipe, and may be given a name.
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&bytes).expect("written");
    io::Seek::rewind(&mut file).expect("rewound");
    let (piped, ended) = Piped::of(file, Some("shoot/1.jpg")).end();
    assert_eq!(ended.expect("taken"), Ended::Over);
    assert_eq!(piped.rig.wait_for(1)[Path::new("shoot/1.jpg")], [bytes]);

    let (piped, ended) = Piped::send(Vec::new());
    assert_eq!(ended.expect("nothing"), Ended::Over);
    assert!(piped.rig.files().is_empty());
}

#[test]
fn a_picture_that_breaks_off_is_kept_and_said() {
    let bytes = picture(1, true);
    let (piped, ended) = Piped::send(bytes[..bytes.len() / 2].to_owned());
    let error = ended.expect_err("not whole").to_string();
    assert!(error.contains(&format!("{} bytes", bytes.len() / 2)), "{error}");
    assert!(piped.rig.files().is_empty());
    assert_eq!(piped.rig.incoming(), 1);
}

#[test]
fn files_behind_headers() {
    let names: [&[u8]; 5] = [b"a.jpg", b"100/a b\n.jpg", b"\xff\xfe.jpg", b"/abs.jpg", b"b.JPG"];
    let pictures: Vec<Vec<u8>> = (0..5).map(|seed| picture(seed, seed % 2 == 0)).collect();
    let stream = names.iter().zip(&pictures).map(|(name, bytes)| frame(name, bytes));
    let (piped, ended) = Piped::send(stream.collect::<Vec<_>>().concat());
    assert_eq!(ended.expect("taken"), Ended::Over);
    let files = piped.rig.wait_for(5);
    for (name, bytes) in names.iter().zip(pictures) {
        use std::os::unix::ffi::OsStrExt;
        let name = PathBuf::from(std::ffi::OsStr::from_bytes(name));
        let name = name.strip_prefix("/").unwrap_or(&name);
        assert!(files[name] == [bytes], "{}", name.display());
    }
}

#[test]
fn the_shell_and_python_can_write_it() {
    let place = tempfile::tempdir().expect("a folder");
    let files = [("a.jpg", picture(1, false)), ("b c.jpg", picture(2, true))];
    for (name, bytes) in &files {
        std::fs::write(place.path().join(name), bytes).expect("written");
    }
    // As the documentation has it.
    let shell = r#"for f in *.jpg; do
        printf 'ECF1'; printf '%04x%016x' "${#f}" "$(stat -c %s "$f")" | xxd -r -p
        printf '%s' "$f"; cat "$f"
    done"#;
    let python = r#"
import pathlib, struct, sys
def send(name: str, picture: bytes, to=sys.stdout.buffer):
    path = name.encode()
    to.write(struct.pack(">4sHQ", b"ECF1", len(path), len(picture)) + path + picture)
    to.flush()
for path in sorted(pathlib.Path(".").glob("*.jpg")):
    send(path.name, path.read_bytes())
"#;
    for (program, needs, script) in [("sh", "xxd", shell), ("python3", "python3", python)] {
        if Command::new(needs).arg("-h").output().is_err() {
            eprintln!("skipped: no {needs}");
            continue;
        }
        let mut writer = Command::new(program)
            .args(["-c", script])
            .current_dir(place.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let stdout = File::from(OwnedFd::from(writer.stdout.take().expect("a pipe")));
        let (piped, ended) = Piped::of(stdout, None).end();
        assert_eq!(ended.expect(program), Ended::Over);
        assert!(writer.wait().expect("a status").success());
        let got = piped.rig.wait_for(2);
        for (name, bytes) in &files {
            assert!(got[Path::new(name)] == [bytes.clone()], "{program}: {name}");
        }
    }
}

#[test]
fn a_stream_that_makes_no_sense_ends_with_its_offset() {
    let good = frame(b"a.jpg", &picture(1, false));
    let offset = good.len() as u64;
    let with = |rest: &[u8]| Piped::send([&good[..], rest].concat());

    let (piped, ended) = with(b"no header at all");
    let error = ended.expect_err("no header");
    assert!(
        matches!(error, StdinError::Header { offset: at, source: HeaderError::Magic } if at == offset),
        "{error}"
    );
    assert!(error.to_string().contains(&format!("byte {offset}")), "{error}");
    piped.rig.wait_for(1);

    let (_, ended) = with(b"ECF1\0\0\0\0\0\0\0\0\0\0");
    assert!(matches!(ended, Err(StdinError::Header { source: HeaderError::Name(0), .. })));

    for cut in [1, 10, 16] {
        let (piped, ended) = with(&frame(b"b.jpg", &picture(2, false))[..cut]);
        let error = ended.expect_err("ended within a header");
        assert!(
            matches!(error, StdinError::EndedInHeader { offset: at, began }
                if began == offset && at == offset + cut as u64),
            "{cut}: {error}"
        );
        piped.rig.wait_for(1);
        assert_eq!(piped.rig.incoming(), 0);
    }

    let second = frame(b"b.jpg", &picture(2, true));
    let (piped, ended) = with(&second[..second.len() - 100_000]);
    let error = ended.expect_err("ended within a file");
    assert!(matches!(error, StdinError::Ended { missing: 100_000, .. }), "{error}");
    piped.rig.wait_for(1);
    assert_eq!(piped.rig.incoming(), 1, "what came of it is kept");
}

#[test]
fn a_file_that_is_not_wanted_does_not_stop_the_next() {
    let good = picture(3, false);
    let half = &picture(4, true)[..300_000];
    let stream = [
        frame(b"../../etc/passwd", &picture(1, false)),
        frame(&[b'x'; 300], &picture(2, true)),
        frame(b"empty.jpg", b""),
        frame(b"half.jpg", half),
        frame(b"good.jpg", &good),
    ];
    let (piped, ended) = Piped::send(stream.concat());
    assert_eq!(ended.expect("to the end"), Ended::Over);
    let files = piped.rig.wait_for(1);
    assert!(files[Path::new("good.jpg")] == [good]);
}

#[test]
fn a_silent_stream_is_left_when_the_rig_stops() {
    let (piped, mut to) = Piped::new();
    let bytes = picture(1, false);
    to.write_all(&frame(b"a.jpg", &bytes)).expect("written");
    to.write_all(&MAGIC).expect("written");
    piped.rig.wait_for(1);
    piped.rig.stop.raise();
    let (_, ended) = piped.end();
    assert_eq!(ended.expect("no error"), Ended::Stopped);
    drop(to);
}

#[test]
fn the_stream_is_held_back_while_there_is_no_room() {
    let (from, mut to) = io::pipe().expect("a pipe");
    let place = tempfile::tempdir().expect("a folder");
    let rig = Inside::new(&place.path().join("spool"));
    rig.room.set_least(u64::MAX);
    let file = File::from(OwnedFd::from(from));
    let settings = StdinSettings::default();
    let source = rig.run(move |intake, stop| read(file, &settings, intake, stop));
    let bytes = picture(1, false);
    to.write_all(&frame(b"a.jpg", &bytes)).expect("written");
    drop(to);
    wait_until("the disk to be low", || rig.room.is_low());
    assert!(rig.files().is_empty());
    rig.room.set_least(0);
    assert!(rig.wait_for(1)[Path::new("a.jpg")] == [bytes]);
    assert_eq!(source.join().expect("no panic").expect("no error"), Ended::Over);
}
