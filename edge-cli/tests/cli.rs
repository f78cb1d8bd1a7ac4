//! The binary as a user meets it: exit status, output, signals, odd files.
//!
//! The files here are no pictures, so their verdict is `error` whatever this
//! version can judge: what is tested is everything around the judging.
#![cfg(unix)]

use edgecull::render::encode::Jpeg;
use edgecull::render::{Camera, Scene, Subject, render};
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

fn edgecull() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edgecull"));
    command.stdin(Stdio::null());
    command
}

fn run(args: &[&OsStr]) -> Output {
    edgecull().args(args).output().expect("runs")
}

fn cull(folder: &Path, args: &[&str]) -> Output {
    let output = edgecull().arg("cull").args(args).arg(folder).output();
    output.expect("runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("utf-8")
}

fn shoot(files: &[&[u8]]) -> tempfile::TempDir {
    let t = tempfile::tempdir().expect("folder");
    for file in files {
        let path = t.path().join(OsStr::from_bytes(file));
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(path, b"no picture").expect("file");
    }
    t
}

fn many(count: usize) -> tempfile::TempDir {
    let t = tempfile::tempdir().expect("folder");
    for n in 0..count {
        fs::write(t.path().join(format!("{n:05}.jpg")), b"no picture").expect("file");
    }
    t
}

fn records(stdout: &[u8]) -> Vec<serde_json::Value> {
    let schema = include_str!("../../docs/frame.v1.schema.json");
    let schema = serde_json::from_str(schema).expect("json");
    let schema = jsonschema::validator_for(&schema).expect("schema");
    let records: Vec<serde_json::Value> = stdout
        .split_inclusive(|&b| b == b'\n')
        .map(|line| serde_json::from_slice(line).expect("a whole JSON line"))
        .collect();
    for record in &records {
        assert!(schema.is_valid(record), "{record}");
    }
    records
}

#[test]
fn usage_errors_are_1_and_help_is_0() {
    let os = |args: &[&str]| run(&args.iter().map(OsStr::new).collect::<Vec<_>>());
    for bad in [
        &[][..],
        &["cull"],
        &["cull", "--format", "xml", "."],
        &["cull", "--jobs", "0", "."],
        &["cull", "--no-such-option", "."],
        &["cull", ""],
        &["cull", "--config", "/nowhere.toml", "."],
        &["frobnicate"],
    ] {
        let output = os(bad);
        assert_eq!(output.status.code(), Some(1), "{bad:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{bad:?}");
    }
    for good in [&["--help"][..], &["--version"], &["cull", "--help"]] {
        assert_eq!(os(good).status.code(), Some(0), "{good:?}");
    }
    assert!(text(&os(&["cull", "--help"]).stdout).contains("darktable"));
}

#[test]
fn an_empty_folder_is_a_success() {
    let t = shoot(&[b"notes.txt", b".hidden.jpg"]);
    let output = cull(t.path(), &["--format", "ndjson"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty());
    let table = cull(t.path(), &[]);
    assert_eq!(text(&table.stdout), "0 frames: 0 keep, 0 review, 0 reject, 0 error\n");
}

#[test]
fn every_file_that_cannot_be_judged_has_its_line() {
    let t = shoot(&[b"b.jpg", b"a\nb.jpg", b"c\xFF.jpg", b"d/e.png", b".x/f.jpg", b"r.CR3"]);
    let missing = t.path().join("missing.jpg");
    let output = run(&[
        "cull".as_ref(),
        "--format=ndjson".as_ref(),
        missing.as_os_str(),
        t.path().as_os_str(),
    ]);
    assert_eq!(output.status.code(), Some(2));
    let records = records(&output.stdout);
    let names: Vec<_> = records
        .iter()
        .map(|r| r["path"].as_str().expect("path").rsplit_once('/').expect("folder").1)
        .collect();
    assert_eq!(names, ["missing.jpg", "a\nb.jpg", "b.jpg", "c\u{FFFD}.jpg", "r.CR3", "e.png"]);
    assert!(records.iter().all(|r| r["verdict"] == "error" && r["error"].is_string()));
    assert_eq!(records[0]["reasons"], serde_json::json!([]));
    assert_eq!(records[1]["reasons"][0]["code"], "unsupported");
    assert!(records[3]["path_b64"].is_string() && records[2].get("path_b64").is_none());
    assert!(output.stderr.is_empty(), "progress belongs on a terminal only");
}

#[test]
fn raw_and_jpeg_are_one_line() {
    let t = shoot(&[b"1.JPG", b"1.CR3", b"2.CR3"]);
    let lines = records(&cull(t.path(), &["--format=ndjson"]).stdout);
    let paths: Vec<_> = lines.iter().map(|r| r["path"].as_str().expect("path")).collect();
    assert_eq!(paths.len(), 2);
    assert!(paths[0].ends_with("/1.JPG") && paths[1].ends_with("/2.CR3"));
}

#[test]
fn output_is_the_same_on_any_number_of_threads() {
    let t = many(300);
    let lines = |jobs: &str| {
        let mut records = records(&cull(t.path(), &["--format=ndjson", "--jobs", jobs]).stdout);
        records.iter_mut().for_each(|r| r["timing_us"] = serde_json::Value::Null);
        records
    };
    let one = lines("1");
    assert_eq!(one.len(), 300);
    assert!(one.is_sorted_by_key(|r| r["path"].as_str().map(str::to_owned)));
    for jobs in ["2", "7"] {
        assert_eq!(lines(jobs), one);
    }
}

#[test]
fn csv_has_a_header_and_a_row_a_frame() {
    let t = shoot(&[b"a,\"b\"\n.jpg", b"c.jpg"]);
    let output = cull(t.path(), &["--format", "csv"]);
    let mut reader = csv::Reader::from_reader(&output.stdout[..]);
    assert_eq!(reader.headers().expect("header").get(0), Some("path"));
    let rows: Vec<_> = reader.records().map(|r| r.expect("row")).collect();
    assert_eq!(rows.len(), 2);
    assert!(rows[0][0].ends_with("a,\"b\"\n.jpg"));
}

#[test]
fn the_table_is_plain_and_ends_in_a_summary() {
    let t = shoot(&[b"evil\x1b[31m.jpg", b"c.jpg"]);
    let output = cull(t.path(), &[]);
    let table = text(&output.stdout);
    assert_eq!(table.lines().count(), 3);
    assert!(!table.contains('\x1b'));
    assert!(table.ends_with("2 frames: 0 keep, 0 review, 0 reject, 2 error\n"));
}

#[test]
fn a_configuration_file_is_read_and_its_faults_named() {
    let t = shoot(&[b"1.jpg"]);
    let config = t.path().join("e.toml");
    fs::write(&config, "[cull]\nformat = 'csv'\n").expect("write");
    let config = config.to_str().expect("utf-8");
    assert!(cull(t.path(), &["--config", config]).stdout.starts_with(b"path,verdict,"));
    fs::write(config, "[cull]\nformat = 'csv'\nfaces = 1\n").expect("write");
    let output = cull(t.path(), &["--config", config]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("line 3") && said.contains("faces"), "{said}");
}

#[test]
fn a_pipe_in_place_of_a_file_does_not_block() {
    let t = shoot(&[b"1.jpg"]);
    let pipe = t.path().join("pipe.jpg");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let lines = records(&cull(t.path(), &["--format=ndjson"]).stdout);
    assert_eq!(lines[1]["error"], "it is no regular file");
}

#[test]
fn rejects_must_not_go_where_the_pictures_are() {
    let t = shoot(&[b"d/1.jpg"]);
    let inside = t.path().join("d");
    let root = t.path().to_str().expect("utf-8");
    let output = cull(&inside, &["--move-rejects", root]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!t.path().join(".edgecull-rejects").exists());
    let file = t.path().join("d/1.jpg");
    let output = cull(&inside, &["--move-rejects", file.to_str().expect("utf-8")]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn what_cannot_be_judged_is_neither_moved_nor_marked() {
    let t = shoot(&[b"d/1.jpg"]);
    let out = t.path().join("out");
    let out = out.to_str().expect("utf-8");
    cull(&t.path().join("d"), &["--xmp=both", "--move-rejects", out, "--dry-run"]);
    assert!(!Path::new(out).exists());
    cull(&t.path().join("d"), &["--xmp=both", "--move-rejects", out]);
    let names = |folder: &Path| fs::read_dir(folder).expect("folder").count();
    assert_eq!(names(&t.path().join("d")), 1);
    assert_eq!(names(Path::new(out)), 1, "only the marker");
}

fn spawn(folder: &Path) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = edgecull()
        .args(["cull", "--format=ndjson", "--jobs=2", "--no-bursts"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    let stdout = BufReader::new(child.stdout.take().expect("stdout"));
    (child, stdout)
}

fn interrupt(child: &Child) {
    let kill = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("sh").success());
}

/// More lines than fit into a pipe, so that the process cannot be done before
/// its output is read.
const TOO_MANY: usize = 4000;

#[test]
fn a_reader_that_leaves_is_a_success() {
    let t = many(TOO_MANY);
    let (child, mut stdout) = spawn(t.path());
    let mut line = String::new();
    stdout.read_line(&mut line).expect("line");
    drop(stdout);
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn an_interrupt_finishes_cleanly_and_counts_what_is_left() {
    let t = many(TOO_MANY);
    let (child, mut stdout) = spawn(t.path());
    let mut out = Vec::new();
    stdout.read_until(b'\n', &mut out).expect("line");
    interrupt(&child);
    stdout.read_to_end(&mut out).expect("rest");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(130));
    let done = records(&out).len();
    let said = text(&output.stderr);
    let left: usize = said.split_whitespace().find_map(|word| word.parse().ok()).expect("a number");
    assert!(said.contains("interrupted") && done + left == TOO_MANY, "{done}: {said}");
}

/// Bytes that a process has read so far.
fn read_by(child: &Child) -> u64 {
    let io = fs::read_to_string(format!("/proc/{}/io", child.id())).unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("rchar: "));
    line.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}

#[test]
fn an_interrupt_within_a_folder_lets_go_of_what_is_judged() {
    // Frames that take so long that the signal comes in time.
    let t = tempfile::tempdir().expect("folder");
    let picture = render(&Scene::new(Subject::Facade, 1), &Camera::new(1200, 800));
    let file = Jpeg::default().encode(&picture).expect("encoded");
    let total = 400;
    for i in 0..total {
        fs::write(t.path().join(format!("{i:03}.jpg")), &file).expect("write");
    }
    let mut child = edgecull()
        .args(["cull", "--format=ndjson", "--jobs=1"])
        .arg(t.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    // The program itself and its libraries are mapped, not read.
    while child.try_wait().expect("status").is_none() && read_by(&child) < 4 * file.len() as u64 {
        std::thread::sleep(Duration::from_millis(5));
    }
    interrupt(&child);
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(130));
    let done = records(&output.stdout);
    let said = text(&output.stderr);
    let left: usize = said.split_whitespace().find_map(|word| word.parse().ok()).expect("a number");
    assert!(!done.is_empty() && done.len() + left == total, "{}: {said}", done.len());
    assert_eq!(done[0]["burst"]["size"], done.len());
}

#[test]
fn a_second_interrupt_ends_at_once() {
    let t = many(TOO_MANY);
    let (mut child, mut stdout) = spawn(t.path());
    let mut line = String::new();
    stdout.read_line(&mut line).expect("line");
    // The process waits for its reader; two signals may arrive as one, so they
    // are repeated until it is gone.
    for _ in 0..200 {
        if let Some(status) = child.try_wait().expect("status") {
            assert_eq!(status.code(), Some(130));
            return;
        }
        let _ = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).output();
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().expect("kill");
    panic!("the second interrupt did not end it");
}
