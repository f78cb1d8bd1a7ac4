use super::*;
use crate::args::{CullArgs, Format, Xmp};
use crate::sink::record::samples;
use std::fs;

struct Outcome {
    lines: Vec<serde_json::Value>,
    counts: Counts,
    failed: bool,
    notices: Vec<String>,
}

/// Delivers every frame of `folder` as if it had been judged so.
fn deliver(folder: &Path, args: CullArgs, judged: impl Fn(&Path) -> Judged) -> Outcome {
    let args = CullArgs { paths: vec![folder.to_owned()], ..args };
    let settings = CullSettings::from_args(args).expect("settings");
    let mut delivery = Delivery::open(&settings).expect("delivery");
    let walk = Walk::new(settings.paths.clone(), settings.move_rejects.as_deref());
    let mut notices = Vec::new();
    let found: Vec<Found> = walk.collect();
    for found in &found {
        if let Found::Frame(frame) = found {
            notices.extend(delivery.deliver(frame, &judged(&frame.path)));
        }
    }
    // The lines apart, from a run that changes nothing.
    let quiet = CullSettings { xmp: Xmp::Off, move_rejects: None, dry_run: true, ..settings };
    let mut run = Run {
        lines: Lines::to_stdout(Format::Ndjson),
        out: Vec::new(),
        delivery: Delivery::open(&quiet).expect("delivery"),
        counts: Counts::default(),
        bar: ProgressBar::hidden(),
        grouping: quiet.grouping,
        strictness: quiet.strictness.into(),
        folder: None,
        numbers: Numbers::default(),
    };
    for found in found {
        if let Found::Frame(frame) = &found {
            let judged = judged(&frame.path);
            run.judged(found, Ok(judged)).expect("written");
        }
    }
    run.part().expect("written");
    run.end().expect("written");
    let lines = run.out.split(|&b| b == b'\n').filter(|l| !l.is_empty());
    let lines = lines.map(|l| serde_json::from_slice(l).expect("json")).collect();
    Outcome { lines, counts: run.counts, failed: delivery.failed, notices }
}

fn by_name(path: &Path) -> Judged {
    match path.file_stem().and_then(|s| s.to_str()) {
        Some("bad") => samples::reject(),
        Some("broken") => samples::error(),
        Some("soft") => samples::review(),
        _ => samples::keep(),
    }
}

fn shoot() -> tempfile::TempDir {
    let t = tempfile::tempdir().expect("folder");
    fs::create_dir(t.path().join("d")).expect("folder");
    for name in ["bad.JPG", "bad.NEF", "broken.jpg", "good.jpg", "soft.jpg", "d/bad.jpg"] {
        fs::write(t.path().join(name), name).expect("file");
    }
    t
}

fn tree(folder: &Path) -> Vec<String> {
    let mut out = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder_) = folders.pop() {
        for entry in folder_.read_dir().expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below");
                out.push(name.to_string_lossy().into_owned());
            }
        }
    }
    out.sort();
    out
}

#[test]
fn rejects_move_with_their_sidecars_and_nothing_else_does() {
    let t = shoot();
    let args = || CullArgs {
        xmp: Some(Xmp::Adobe),
        move_rejects: Some(t.path().join("out")),
        ..CullArgs::default()
    };
    let got = deliver(t.path(), args(), by_name);
    assert!(!got.failed, "{:?}", got.notices);
    assert_eq!(got.counts, Counts { keep: 1, review: 1, reject: 2, error: 1 });
    assert_eq!(
        tree(t.path()),
        [
            "broken.jpg",
            "good.jpg",
            "good.xmp",
            "out/.edgecull-rejects",
            "out/bad.JPG",
            "out/bad.NEF",
            "out/bad.xmp",
            "out/d/bad.jpg",
            "out/d/bad.xmp",
            "soft.jpg",
            "soft.xmp",
        ]
    );
    // What was moved is not judged again, with or without the option.
    let again = deliver(t.path(), CullArgs::default(), by_name);
    assert_eq!(again.counts, Counts { keep: 1, review: 1, reject: 0, error: 1 });
    assert_eq!(again.lines.len(), 3);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let t = shoot();
    let before = tree(t.path());
    let got = deliver(
        t.path(),
        CullArgs {
            xmp: Some(Xmp::Full),
            move_rejects: Some(t.path().join("out")),
            dry_run: true,
            ..CullArgs::default()
        },
        by_name,
    );
    assert_eq!(tree(t.path()), before);
    let would = |what: &str| got.notices.iter().filter(|n| n.starts_with(what)).count();
    assert_eq!(would("would move"), 3);
    assert_eq!(would("would write"), 5);
}

#[test]
fn a_fault_in_the_judging_is_an_error_line() {
    let found = Found::Frame(Frame {
        path: "a.jpg".into(),
        companions: Vec::new(),
        below: PathBuf::new(),
        sole_of_stem: true,
    });
    let args = CullArgs { paths: vec!["a.jpg".into()], ..CullArgs::default() };
    let settings = CullSettings::from_args(args).expect("settings");
    let mut run = Run {
        lines: Lines::Ndjson,
        out: Vec::new(),
        delivery: Delivery::open(&settings).expect("delivery"),
        counts: Counts::default(),
        bar: ProgressBar::hidden(),
        grouping: None,
        strictness: Strictness::Normal,
        folder: None,
        numbers: Numbers::default(),
    };
    run.judged(found, Err(Panicked("index out of range".into()))).expect("written");
    let line: serde_json::Value = serde_json::from_slice(&run.out).expect("json");
    assert_eq!(line["verdict"], "error");
    assert!(line["error"].as_str().is_some_and(|e| e.contains("index out of range")));
    assert_eq!(run.counts.error, 1);
}

#[test]
fn a_sidecar_that_cannot_be_merged_is_told_and_the_frame_goes_on() {
    let t = shoot();
    fs::write(t.path().join("good.xmp"), "<broken").expect("write");
    let args = CullArgs { xmp: Some(Xmp::Adobe), ..CullArgs::default() };
    let got = deliver(t.path(), args, by_name);
    assert!(got.failed);
    assert_eq!(got.notices.len(), 1);
    assert!(got.notices[0].contains("good.xmp"), "{:?}", got.notices);
    assert_eq!(got.lines.len(), 5);
}
