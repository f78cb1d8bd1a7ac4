//! `edgecull cull` on the data packs: broken files in bulk, many large files,
//! and what cameras wrote.

use edgecull::render::encode::{Exif, Jpeg, encode_as};
use edgecull::render::{Camera, Picture, Scene, Subject, render};
use edgecull_tests::process::Ended;
use edgecull_tests::records::{by_name, codes, cull, name, records, region};
use edgecull_tests::{data, files};
use image::ImageFormat;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Most resident memory of a run over files that core scans, in KiB, whatever
/// their number.
const SCANNING_KIB: u64 = 64 << 10;

/// Most resident memory of a run over the broken files, in KiB. Some of them are
/// progressive: their decoder holds the coefficients and samples of a whole
/// picture, on each of two threads.
const HOSTILE_KIB: u64 = 96 << 10;

/// The same file under another name: a link, or a copy across filesystems.
fn link(from: &Path, to: &Path) {
    if fs::hard_link(from, to).is_err() {
        fs::copy(from, to).expect("copied");
    }
}

fn assert_peak(ended: &Ended, most_kib: u64) {
    if let Some(peak) = ended.peak_kib {
        eprintln!("peak of {peak} KiB");
        assert!(peak <= most_kib, "{peak} KiB are more than {most_kib}");
    } else if cfg!(target_os = "linux") {
        panic!("the system told no peak");
    }
}

/// One for each way through the program, and a few orientations.
fn healthy() -> Vec<(String, Vec<u8>)> {
    let picture = |seed| render(&Scene::new(Subject::Portrait, seed), &Camera::new(480, 320));
    let jpeg = |form: Jpeg, picture: &Picture| form.encode(picture).expect("encoded");
    let exif = |value| Exif {
        orientation: edgecull_core::geometry::Orientation::from_exif(value).expect("1 to 8"),
        ..Exif::of(&Camera::new(480, 320), value)
    };
    let mut all: Vec<Vec<u8>> = (1..=8)
        .map(|value| {
            let restart_interval = value as u16 % 3;
            let form = Jpeg { restart_interval, exif: Some(exif(value)), ..Jpeg::default() };
            jpeg(form, &picture(u64::from(value)))
        })
        .collect();
    let coding = edgecull::render::encode::Coding::Progressive(6);
    all.push(jpeg(Jpeg { coding, ..Jpeg::default() }, &picture(9)));
    for format in [ImageFormat::Png, ImageFormat::Tiff, ImageFormat::WebP] {
        all.push(encode_as(&picture(10), format).expect("encoded"));
    }
    // What a file is tells its content, so they may all be called `jpg`.
    all.into_iter()
        .enumerate()
        .map(|(n, bytes)| (format!("{:04}_healthy.jpg", n * 130), bytes))
        .collect()
}

#[test]
fn broken_files_end_in_a_line_each_and_harm_nobody() {
    let Some(hostile) = data("hostile") else {
        return;
    };
    let broken = files(&hostile, "jpg");
    assert!(broken.len() >= 1492, "{} is not whole", hostile.display());
    let healthy = healthy();
    let [alone, mixed] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    for (name, bytes) in &healthy {
        for folder in [&alone, &mixed] {
            fs::write(folder.path().join(name), bytes).expect("written");
        }
    }
    for path in &broken {
        link(path, &mixed.path().join(path.file_name().expect("a name")));
    }

    let quiet = cull(alone.path(), &["--jobs=1"]);
    assert_eq!(quiet.status, Some(0));
    let quiet = by_name(records(&quiet.stdout));
    assert_eq!(quiet.len(), healthy.len());

    let ended = cull(mixed.path(), &["--jobs=2"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(2), ""));
    assert_peak(&ended, HOSTILE_KIB);
    let records = records(&ended.stdout);
    assert_eq!(records.len(), broken.len() + healthy.len());
    assert!(records.is_sorted_by_key(name));
    for record in &records {
        // Judging never breaks down: that would be told in these words.
        let said = record["error"].as_str().unwrap_or_default();
        assert!(!said.contains("a fault in edgecull") && !said.contains('\n'), "{record}");
        if record["verdict"] == "error" {
            let codes = codes(record);
            let why = ["corrupt", "truncated", "unsupported"];
            assert!(codes.iter().any(|code| why.contains(code)), "{record}");
        }
        // Rejects are judged on what is there, so it must be nearly all.
        if record["verdict"] == "reject" {
            let reasons = record["reasons"].as_array().expect("a list");
            let seen = |r: &Value| ["corrupt", "truncated"].iter().any(|c| r["code"] == *c);
            let mut damage = reasons.iter().filter(|r| seen(r));
            assert!(damage.all(|r| r["measured"].as_f64().expect("a part") > 0.8), "{record}");
        }
    }
    let mut loud = by_name(records);
    loud.retain(|name, _| quiet.contains_key(name));
    assert_eq!(loud, quiet);
}

#[test]
fn memory_does_not_grow_with_the_number_of_files() {
    let Some(camera) = data("camera") else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    for n in 0..100 {
        let to = folder.path().join(format!("{n:03}.jpg"));
        link(&camera.join("canon_eos1300d.jpg"), &to);
    }
    let ended = cull(folder.path(), &["--jobs=2"]);
    assert_eq!(ended.status, Some(0));
    assert_peak(&ended, SCANNING_KIB);
    let records = by_name(records(&ended.stdout));
    assert_eq!(records.len(), 100);
    let first = records.values().next().expect("a record");
    assert!(records.values().all(|record| record == first));
}

#[test]
fn camera_files_are_judged() {
    let Some(camera) = data("camera") else {
        return;
    };
    let table = camera.with_file_name("camera.csv");
    let mut table = csv::Reader::from_path(table).expect("camera.csv beside camera/");
    // file, w, h, maker, model, …
    let rows: Vec<csv::StringRecord> = table.records().map(|row| row.expect("a row")).collect();
    let mut seen = 0;
    for row in &rows {
        let path = camera.with_file_name(&row[0]);
        let ended = cull(&path, &[]);
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{}", path.display());
        let records = records(&ended.stdout);
        let [record] = &records[..] else { panic!("one line: {records:?}") };
        assert_eq!(record["path"], path.to_str().expect("UTF-8"));
        assert!(record["error"].is_null(), "{record}");
        assert!(codes(record).iter().all(|c| !["truncated", "corrupt"].contains(c)), "{record}");
        let model = record["exif"]["model"].as_str().unwrap_or_default();
        assert_eq!(model, &row[4]);
        seen += 1;
    }
    assert_eq!(seen, files(&camera, "jpg").len());
}

#[test]
fn boxes_of_a_turned_camera_are_upright() {
    let Some(camera) = data("camera") else {
        return;
    };
    // 4032 x 3024 as stored, to be turned clockwise: 3024 x 4032.
    const UPRIGHT: [u64; 2] = [3024, 4032];
    let bytes = fs::read(camera.join("apple_iphone7_turned.jpg")).expect("readable");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("cut.jpg");
    fs::write(&path, &bytes[..bytes.len() / 2]).expect("written");
    let ended = cull(&path, &[]);
    assert_eq!(ended.status, Some(0));
    let records = records(&ended.stdout);
    // The last stored rows are the left side of the upright picture.
    let [x, y, w, h] = region(&records[0], "truncated");
    assert_eq!([x, y, h], [0, 0, UPRIGHT[1]], "{}", records[0]);
    assert!((UPRIGHT[0] / 5..UPRIGHT[0] * 4 / 5).contains(&w), "{}", records[0]);
    assert_eq!(records[0]["exif"]["model"], "iPhone 7");
}
