//! `edgecull bench`: what it measures, what it writes, what it leaves behind.

use edgecull::bench::report::Sheet;
use edgecull::bench::{Bench, STAGES};
use edgecull::render::encode::Jpeg;
use edgecull::render::{Camera, Scene, Subject, render};
use edgecull_tests::process::{Ended, program, run};
use edgecull_tests::records::LIMIT;
use edgecull_tests::{Named, folder};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

fn bench<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Ended {
    let args = args.into_iter().map(|arg| arg.as_ref().to_owned());
    run([OsStr::new("bench").to_owned()].into_iter().chain(args), LIMIT)
}

fn result(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

/// A small measurement that several tests look at: its folder, and what the run said.
struct Measured {
    folder: tempfile::TempDir,
    ended: Ended,
}

impl Measured {
    fn file(&self) -> PathBuf {
        self.folder.path().join("a.json")
    }

    /// The result, changed.
    fn doctored(&self, change: impl FnOnce(&mut Value)) -> (tempfile::TempDir, PathBuf) {
        let mut value = result(&self.file());
        change(&mut value);
        let folder = folder(&[("b.json".into(), value.to_string().into_bytes())]);
        let path = folder.path().join("b.json");
        (folder, path)
    }
}

static MEASURED: LazyLock<Measured> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("spool")).expect("made");
    let options = ["--size=0.3", "--jobs=2,1", "--seconds=3", "--duration=2.5s", "--format=json"];
    let mut args: Vec<String> = options.map(str::to_owned).into();
    args.push(format!("--output={}", folder.path().join("a.json").display()));
    args.push(format!("--spool={}", folder.path().join("spool").display()));
    let ended = bench(args);
    Measured { folder, ended }
});

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

#[test]
fn all_stages_are_measured_and_the_percentiles_are_in_order() {
    let Measured { folder, ended } = &*MEASURED;
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let value: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
    assert_eq!(value, result(&MEASURED.file()));
    assert_eq!((&value["schema"], &value["complete"]), (&json!("edgecull.bench.v1"), &json!(true)));
    assert_eq!(value["program"]["version"], json!(env!("CARGO_PKG_VERSION")));
    assert_ne!(value["device"]["kernels"], json!(""));
    let [size] = &value["sizes"].as_array().expect("a list")[..] else {
        panic!("{}", value["sizes"]);
    };
    assert_eq!((&size["name"], &size["frames"]), (&json!("0.3 MP"), &json!(3)));
    assert!(size["faces"].as_f64() > Some(0.0), "{size}");
    let runs = size["runs"].as_array().expect("a list");
    assert_eq!(runs.iter().map(|run| &run["jobs"]).collect::<Vec<_>>(), [&json!(1), &json!(2)]);
    for run in runs {
        let stages = run["stages"].as_array().expect("a list");
        let names: Vec<_> = stages.iter().map(|s| s["stage"].as_str().expect("a name")).collect();
        assert_eq!(names, STAGES.map(|(name, _)| name));
        stages.iter().for_each(in_order);
        let rate = run["frames_per_second"].as_f64().expect("a rate");
        let (frames, seconds) = (run["frames"].as_f64(), run["seconds"].as_f64());
        let wanted = frames.expect("a count") / seconds.expect("a time");
        assert!((rate / wanted - 1.0).abs() < 0.01, "{rate} for {wanted}");
        assert!(numbers(&run["rates"]).iter().all(|&rate| rate > 0.0));
    }
    if cfg!(unix) {
        in_order(&value["journal"]);
        // Nothing is left where the journal was measured.
        let left = fs::read_dir(folder.path().join("spool")).expect("a folder").count();
        assert_eq!(left, 0);
    }
    let soak = &value["soak"];
    assert_eq!((&soak["jobs"], &soak["size"]), (&json!(2), &json!("0.3 MP")));
    let points = soak["points"].as_array().expect("a list");
    assert!(points.len() >= 2, "{soak}");
    let times: Vec<f64> = points.iter().filter_map(|point| point["at"].as_f64()).collect();
    assert!(times.is_sorted() && times.len() == points.len(), "{soak}");
}

/// Percentiles are there as far as there are samples for them, and rise.
fn in_order(stage: &Value) {
    let count = stage["count"].as_u64().expect("a count") as usize;
    let samples = numbers(&stage["samples_us"]);
    assert!(count > 0 && samples.len() == count.min(200), "{stage}");
    assert!(samples.iter().all(|&us| us >= 0.0), "{stage}");
    let [p50, p95, p99] = ["p50_us", "p95_us", "p99_us"].map(|name| stage[name].as_f64());
    assert_eq!((p50.is_some(), p95.is_some(), p99.is_some()), (true, count >= 20, count >= 100));
    let told: Vec<f64> = [p50, p95, p99].into_iter().flatten().collect();
    assert!(told.is_sorted(), "{stage}");
}

#[test]
fn people_read_the_same_on_80_columns_and_in_markdown() {
    let file = MEASURED.file();
    let shown = bench([OsStr::new("show"), file.as_os_str()]);
    assert_eq!((shown.status, shown.stderr.as_str()), (Some(0), ""));
    let text = String::from_utf8(shown.stdout).expect("UTF-8");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let words = ["processor", "0.3 MP", "scan", "eyes", "frames/s", "journal", "Soak for 2.5 s"];
    for words in words {
        assert!(text.contains(words), "{words}: {text}");
    }
    let shown = bench([OsStr::new("show"), file.as_os_str(), OsStr::new("--format=markdown")]);
    let markdown = String::from_utf8(shown.stdout).expect("UTF-8");
    assert_eq!(markdown, Sheet::of(&Bench::read(&file).expect("a result")).markdown());
    let title = markdown.lines().next().expect("a title");
    assert_eq!(title.strip_prefix("## "), text.lines().next());
    let again = bench([OsStr::new("show"), file.as_os_str(), OsStr::new("--format=json")]);
    assert_eq!(again.stdout, fs::read(&file).expect("a file"));
}

fn compare(first: &Path, second: &Path, args: &[&str]) -> Ended {
    let command = [OsStr::new("compare"), first.as_os_str(), second.as_os_str()];
    bench(command.into_iter().chain(args.iter().map(OsStr::new)))
}

/// What a comparison shows of each figure.
fn shown(ended: &Ended) -> Vec<(String, String)> {
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let value: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
    let differences = value["differences"].as_array().expect("a list").iter();
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    differences.map(|d| (word(&d["figure"]), word(&d["shown"]))).collect()
}

#[test]
fn a_result_does_not_differ_from_itself_and_twice_the_time_is_slower() {
    let file = MEASURED.file();
    let same = shown(&compare(&file, &file, &["--format=json"]));
    assert!(same.len() > STAGES.len(), "{same:?}");
    for (figure, shown) in &same {
        let nothing = ["no_difference_shown", "not_told"].contains(&shown.as_str());
        assert!(nothing, "{figure}: {shown}");
    }
    // Thirty samples near the median: those that were measured may scatter by more than twice.
    let near = |times: f64| {
        MEASURED.doctored(|value| {
            for run in value["sizes"][0]["runs"].as_array_mut().expect("a list") {
                for stage in run["stages"].as_array_mut().expect("a list") {
                    let median = stage["p50_us"].as_f64().expect("a number");
                    let sample = |n: u32| median * times * (0.9 + f64::from(n % 7) / 30.0);
                    stage["samples_us"] = (0..30).map(sample).collect();
                }
            }
        })
    };
    let ((_once, once), (_doubled, doubled)) = (near(1.0), near(2.0));
    let slower = shown(&compare(&once, &doubled, &["--format=json"]));
    let of = |name: &str| slower.iter().find(|(figure, _)| figure == name).map(|(_, s)| s.as_str());
    assert_eq!((of("scan"), of("verdict")), (Some("slower"), Some("slower")));
    assert!(matches!(of("frames/s"), Some("no_difference_shown" | "not_told")), "{slower:?}");
    let faster = compare(&doubled, &once, &[]);
    let text = String::from_utf8(faster.stdout).expect("UTF-8");
    let line = text.lines().find(|line| line.starts_with("verdict")).expect("a line");
    assert!(line.ends_with("faster") && line.contains("0.50"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_refused_in_a_sentence() {
    let file = MEASURED.file();
    let (_a, frames) = MEASURED.doctored(|value| value["sizes"][0]["digest"] = json!("other"));
    let (_b, work) = MEASURED.doctored(|value| value["asked"]["faces"] = json!(false));
    let (_c, newer) = MEASURED.doctored(|value| value["schema"] = json!("edgecull.bench.v9"));
    let (_d, other) = MEASURED.doctored(|value| value["schema"] = json!("edgecull.eval.v1"));
    let gone = Path::new("/nowhere/at/all.json");
    for (second, words) in [
        (frames.as_path(), "the frames differ (0.3 MP)"),
        (&work, "measured with faces"),
        (&newer, "use a newer edgecull"),
        (&other, "is no result of `edgecull bench`"),
        (gone, "/nowhere/at/all.json cannot be read"),
    ] {
        let ended = compare(&file, second, &[]);
        assert_eq!((ended.status, ended.stdout.len()), (Some(1), 0), "{words}");
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
    let (_e, device) = MEASURED.doctored(|value| value["device"]["kernels"] = json!("abacus"));
    let ended = compare(&file, &device, &[]);
    let text = String::from_utf8(ended.stdout).expect("UTF-8");
    assert!(ended.status == Some(0) && text.contains("The kernels chosen differ"), "{text}");
}

#[test]
fn no_file_is_written_over_and_none_is_left_half_done() {
    let folder = folder(&[("a.json".into(), b"mine".to_vec())]);
    let path = folder.path().join("a.json");
    let ended = bench([OsStr::new("--size=0.3"), OsStr::new("--output"), path.as_os_str()]);
    assert_eq!((ended.status, ended.stdout.len()), (Some(1), 0));
    assert!(ended.stderr.contains("name another file"), "{}", ended.stderr);
    assert_eq!(fs::read(&path).expect("a file"), b"mine");
    let spool = folder.path().join("gone");
    let output = folder.path().join("b.json");
    let args = [OsStr::new("--spool"), spool.as_os_str(), OsStr::new("-o"), output.as_os_str()];
    let ended = bench(args);
    assert_eq!((ended.status, ended.stdout.len()), (Some(1), 0));
    assert!(ended.stderr.contains("name another --spool"), "{}", ended.stderr);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_what_was_measured_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = folder.path().join("spool");
    fs::create_dir(&spool).expect("made");
    let output = folder.path().join("a.json");
    let mut child = Command::new(program())
        .args(["bench", "--size=0.3", "--seconds=3600", "--jobs=2", "--output"])
        .arg(&output)
        .arg("--spool")
        .arg(&spool)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    // Its handler is there before its folder.
    let until = Instant::now() + LIMIT;
    while fs::read_dir(&spool).expect("a folder").count() == 0 {
        assert_eq!(child.try_wait().expect("a child"), None, "it has ended");
        assert!(Instant::now() < until, "it never began");
        std::thread::sleep(Duration::from_millis(5));
    }
    // Into the rendering on a slow machine, into the measuring on others: both end well.
    std::thread::sleep(Duration::from_secs(2));
    let sent = Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    let ended = child.wait_with_output().expect("an end");
    assert_eq!(ended.status.code(), Some(130));
    let text = String::from_utf8(ended.stdout).expect("UTF-8");
    assert!(text.contains("It was interrupted"), "{text}");
    assert_eq!(result(&output)["complete"], json!(false));
    assert_eq!(fs::read_dir(&spool).expect("a folder").count(), 0);
    let shown = bench([OsStr::new("show"), output.as_os_str()]);
    assert_eq!(String::from_utf8(shown.stdout).expect("UTF-8"), text);
}

fn photographs() -> Vec<Named> {
    let file = |(subject, name): (Subject, &str)| {
        let picture = render(&Scene::new(subject, 1), &Camera::new(320, 216));
        (name.to_owned(), Jpeg::default().encode(&picture).expect("encoded"))
    };
    [(Subject::Facade, "a.jpg"), (Subject::Foliage, "b.jpg")].map(file).into()
}

#[test]
fn own_files_are_measured_and_damaged_ones_named_and_left_alone() {
    let mut files = photographs();
    let half = files[0].1[..files[0].1.len() / 2].to_vec();
    files.extend([("cut.jpg".to_owned(), half), ("text.jpg".to_owned(), b"no picture".to_vec())]);
    let folder = folder(&files);
    let options = ["--seconds=0.5", "--jobs=1", "--no-faces", "--no-quality", "--format=json"];
    let ended = bench(options.iter().map(OsStr::new).chain([folder.path().as_os_str()]));
    assert_eq!(ended.status, Some(2), "{}", ended.stderr);
    let value: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
    let left_out = value["not_judged"].as_array().expect("a list");
    assert_eq!(left_out.len(), 2, "{left_out:?}");
    for name in ["cut.jpg", "text.jpg"] {
        assert!(ended.stderr.lines().any(|line| line.contains(name)), "{}", ended.stderr);
    }
    let size = &value["sizes"][0];
    let head = ["name", "rendered", "frames"].map(|field| &size[field]);
    assert_eq!(head, [&json!("own files"), &json!(false), &json!(2)]);
    let stages = size["runs"][0]["stages"].as_array().expect("a list").iter();
    let names: Vec<_> = stages.map(|stage| stage["stage"].as_str().expect("a name")).collect();
    assert_eq!(names, ["read", "scan", "measures", "burst", "verdict"]);
    for (name, bytes) in &files {
        assert_eq!(&fs::read(folder.path().join(name)).expect("a file"), bytes, "{name}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), files.len());
}

#[test]
fn without_a_file_to_measure_with_there_is_a_sentence() {
    let folder = folder(&[("text.jpg".into(), b"no picture".to_vec())]);
    let ended = bench([folder.path()]);
    assert_eq!((ended.status, ended.stdout.len()), (Some(1), 0));
    let said = &ended.stderr;
    assert!(said.contains("nothing to measure with") && said.contains("text.jpg"), "{said}");
    for bad in ["--size=0", "--jobs=0", "--seconds=never", "--duration=10 minutes"] {
        let ended = bench([bad]);
        assert_eq!((ended.status, ended.stdout.len()), (Some(1), 0), "{bad}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = Command::new(program())
        .args(["bench", "show"])
        .arg(MEASURED.file())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("an end").code(), Some(0));
}

#[test]
fn the_published_devices_are_as_this_program_writes_them() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let text = fs::read_to_string(docs.join("devices.md")).expect("a page");
    let results = edgecull_tests::files(&docs.join("devices"), "json");
    assert!(!results.is_empty());
    let mut titles = Vec::new();
    for path in results {
        let read = Bench::read(&path).unwrap_or_else(|error| panic!("{error}"));
        assert!(read.complete && read.program.profile == "release", "{}", path.display());
        let section = Sheet::of(&read).markdown();
        assert!(text.contains(&section), "{} is not in devices.md as\n{section}", path.display());
        titles.push(section.lines().next().expect("a title").to_owned());
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(text.contains(&format!("(devices/{name})")), "{name} is not linked");
    }
    let ours = ["## Adding a device", "## What the figures are"];
    let sections = text.lines().filter(|line| line.starts_with("## ") && !ours.contains(line));
    assert_eq!(sections.collect::<Vec<_>>(), titles);
}
