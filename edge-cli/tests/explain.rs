//! `inspect` and `eval` as a user meets them, on photographs made by code.

use edgecull::render::encode::{Exif, Jpeg};
use edgecull::render::{Camera, Picture, Scene, Subject, render};
use edgecull_core::geometry::Orientation;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn edgecull(args: &[&str], paths: &[&Path]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edgecull"));
    command.args(args).args(paths).stdin(Stdio::null()).output().expect("runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("utf-8")
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).expect("json")
}

const SIZE: (u32, u32) = (640, 480);

fn sharp() -> Camera {
    Camera::new(SIZE.0, SIZE.1)
}

/// Focused far in front of everything.
fn blurred() -> Camera {
    sharp().lens(50.0, 1.8).focused_at(1.2)
}

fn write(path: &Path, subject: Subject, seed: u64, camera: &Camera) {
    let picture = render(&Scene::new(subject, seed), camera);
    let form = Jpeg { exif: Some(Exif::of(camera, 0)), ..Jpeg::default() };
    fs::write(path, form.encode(&picture).expect("encodes")).expect("write");
}

/// Three scenes, sharp and blurred, and their manifest.
fn shoot(folder: &Path) -> std::path::PathBuf {
    let mut manifest = String::from("file,blur,scene,note\n");
    let scenes = [(Subject::Facade, 1), (Subject::Foliage, 2), (Subject::Landscape, 3)];
    for (subject, seed) in scenes {
        for (label, camera) in [(0, sharp()), (1, blurred())] {
            let name = format!("{seed}_{label}.jpg");
            write(&folder.join(&name), subject, seed, &camera);
            manifest += &format!("{name},{label},{seed},whatever\n");
        }
    }
    let path = folder.join("shoot.csv");
    fs::write(&path, manifest).expect("write");
    path
}

#[test]
fn an_evaluation_counts_its_files_and_finds_the_blurred_ones() {
    let t = tempfile::tempdir().expect("folder");
    let manifest = shoot(t.path());
    let features = t.path().join("features.csv");
    let args = ["eval", "--task=blur", "--format=json", "--max-keepers-flagged=1%", "--jobs=2"];
    let output = edgecull(&[&args[..], &["--features"]].concat(), &[&features, &manifest]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = json(&output);
    assert_eq!(report["schema"], "edgecull.eval.v1");
    assert_eq!((&report["files"], &report["groups"]), (&6.into(), &3.into()));
    let answer = &report["questions"][0];
    assert_eq!((&answer["culls"], &answer["keepers"]), (&3.into(), &3.into()));
    assert_eq!(answer["auc"], 1.0);
    assert_eq!((&answer["order"]["ordered"], &answer["order"]["total"]), (&3.into(), &3.into()));
    assert_eq!(report["keepers_flagged"]["total"], 3);
    // Three keepers cannot vouch for one in a hundred.
    assert_eq!(answer["budget"]["guarded"], serde_json::Value::Null);
    assert_eq!(answer["budget"]["keepers_needed"], 299);

    let mut rows = csv::Reader::from_path(&features).expect("features");
    let headers = rows.headers().expect("header").clone();
    let column = |name: &str| headers.iter().position(|h| h == name).expect("column");
    let rows: Vec<_> = rows.records().map(|r| r.expect("row")).collect();
    assert_eq!(rows.len(), 6);
    assert_eq!((&rows[0][column("file")], &rows[1][column("note")]), ("1_0.jpg", "whatever"));
    let blur = |at: usize| rows[at][column("f_blur")].parse::<f32>().expect("a number");
    assert!(blur(0) < blur(1));

    // The second time the features are in the way, and nothing is judged.
    let again = edgecull(&["eval", "--task=blur", "--features"], &[&features, &manifest]);
    assert_eq!(again.status.code(), Some(1));
    assert!(again.stdout.is_empty() && text(&again.stderr).contains("features.csv"));
}

#[test]
fn an_evaluation_names_what_it_cannot_judge_and_is_the_same_on_any_number_of_threads() {
    let t = tempfile::tempdir().expect("folder");
    let manifest = shoot(t.path());
    fs::write(t.path().join("broken.jpg"), b"no picture").expect("write");
    let more = fs::read_to_string(&manifest).expect("read") + "broken.jpg,1,9,\ngone.jpg,0,9,\n";
    fs::write(&manifest, more).expect("write");
    let run = |jobs: &str| edgecull(&["eval", "--task", "blur", "--jobs", jobs], &[&manifest]);
    let output = run("1");
    assert_eq!(output.status.code(), Some(2));
    let report = text(&output.stdout);
    assert!(report.contains("2 files could not be judged"), "{report}");
    assert!(report.contains("gone.jpg: there is no such file"), "{report}");
    assert!(report.contains("AUC") && report.contains("keepers flagged"), "{report}");
    assert_eq!(run("3").stdout, output.stdout);
}

#[test]
fn a_manifest_that_cannot_be_used_is_named() {
    let t = tempfile::tempdir().expect("folder");
    let path = t.path().join("m.csv");
    fs::write(&path, "file,label\na.jpg,lovely\n").expect("write");
    for (args, words) in [
        (&["eval", "--task=noise"][..], &["line 2", "lovely"][..]),
        (&["eval"], &["--task"]),
        (&["eval", "--task=smiles"], &["smiles", "eyes"]),
        (&["eval", "--task=noise", "--max-keepers-flagged=2"], &["1%"]),
    ] {
        let output = edgecull(args, &[&path]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(words.iter().all(|word| said.contains(word)), "{args:?}: {said}");
    }
}

#[test]
fn a_soft_frame_is_explained_and_drawn() {
    let t = tempfile::tempdir().expect("folder");
    let (file, png) = (t.path().join("soft.jpg"), t.path().join("soft.png"));
    write(&file, Subject::Facade, 1, &blurred());
    let output = edgecull(&["inspect", "-o"], &[&png, &file]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    for words in ["soft.jpg", "640 x 480 pixels", "ISO 100", "f/1.8", "soft everywhere", "detail"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let drawing = image::open(&png).expect("a picture");
    let sides = [drawing.width(), drawing.height()];
    assert_eq!(sides.iter().max(), Some(&1600));
    assert!(sides.iter().all(|&side| side > 1400), "two frames above each other: {sides:?}");

    let before = fs::read(&png).expect("read");
    let again = edgecull(&["inspect", "-o"], &[&png, &file]);
    assert_eq!(again.status.code(), Some(1), "nothing is written over");
    assert_eq!(fs::read(&png).expect("read"), before);
}

#[test]
fn json_holds_the_record_the_limits_and_the_sentences() {
    let t = tempfile::tempdir().expect("folder");
    let file = t.path().join("soft.jpg");
    write(&file, Subject::Facade, 1, &blurred());
    let report = json(&edgecull(&["inspect", "--format=json", "--strictness=strict"], &[&file]));
    assert_eq!(report["schema"], "edgecull.inspect.v1");
    assert_eq!(report["strictness"], "strict");
    assert_eq!(report["record"]["schema"], "edgecull.frame.v1");
    assert_eq!(report["limits"][0]["measure"], "blur");
    assert_eq!(report["findings"][0]["code"], report["record"]["reasons"][0]["code"]);
}

/// Upright: light above, dark below, with an edge to find in each.
fn two_halves(width: u32, height: u32) -> Picture {
    let pixel = |x: u32, y: u32| {
        let level: u8 = if y < height / 2 { 190 } else { 60 };
        [if (x / 16).is_multiple_of(2) { level } else { level - 20 }; 3]
    };
    let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect();
    Picture { width, height, rgb }
}

#[test]
fn a_frame_held_upright_is_drawn_upright() {
    let t = tempfile::tempdir().expect("folder");
    let picture = two_halves(320, 480);
    for orientation in [Orientation::Upright, Orientation::QuarterTurn, Orientation::HalfTurn] {
        let file = t.path().join(format!("{orientation:?}.jpg"));
        let png = file.with_extension("png");
        let exif = Exif { orientation, ..Exif::of(&Camera::new(320, 480), 0) };
        let form = Jpeg { exif: Some(exif), ..Jpeg::default() };
        fs::write(&file, form.encode(&picture).expect("encodes")).expect("write");
        let output = edgecull(&["inspect", "-o"], &[&png, &file]);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains("320 x 480 pixels"), "{orientation:?}");
        let drawing = image::open(&png).expect("a picture").into_rgb8();
        // The frame stands in the left third, both halves well inside of it.
        let level = |y: f32| {
            let y = (drawing.height() as f32 * y) as u32;
            u32::from(drawing.get_pixel(drawing.width() / 6, y).0[1])
        };
        assert!((160..=200).contains(&level(0.25)), "{orientation:?}: {}", level(0.25));
        assert!((35..=70).contains(&level(0.75)), "{orientation:?}: {}", level(0.75));
    }
}

#[test]
fn what_is_damaged_is_drawn_as_far_as_it_was_seen_and_what_is_no_picture_is_not() {
    let t = tempfile::tempdir().expect("folder");
    let (file, png) = (t.path().join("cut.jpg"), t.path().join("cut.png"));
    write(&file, Subject::Facade, 1, &sharp());
    let whole = fs::read(&file).expect("read");
    fs::write(&file, &whole[..whole.len() * 2 / 3]).expect("write");
    let output = edgecull(&["inspect", "-o"], &[&png, &file]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("the file ends early"), "{}", text(&output.stdout));
    assert!(image::open(&png).is_ok());

    let (file, png) = (t.path().join("no.jpg"), t.path().join("no.png"));
    fs::write(&file, b"no picture").expect("write");
    let output = edgecull(&["inspect", "-o"], &[&png, &file]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!png.exists() && text(&output.stderr).contains("nothing was drawn"));
}

/// The JPEG with a word of the camera on where its subject is.
fn with_subject(jpeg: &[u8], area: [u16; 4]) -> Vec<u8> {
    use exif::experimental::Writer;
    use exif::{Field, In, Tag, Value};
    let field =
        Field { tag: Tag::SubjectArea, ifd_num: In::PRIMARY, value: Value::Short(area.into()) };
    let mut writer = Writer::new();
    writer.push_field(&field);
    let mut tiff = std::io::Cursor::new(Vec::new());
    writer.write(&mut tiff, false).expect("exif");
    let payload = [&b"Exif\0\0"[..], tiff.get_ref()].concat();
    let length = (payload.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &payload, &jpeg[2..]].concat()
}

#[test]
fn what_the_camera_marked_is_the_subject_and_its_softness_only_worth_a_look() {
    let t = tempfile::tempdir().expect("folder");
    let scene = Scene::new(Subject::Foliage, 2);
    let [mut picture, soft] = [sharp(), blurred()].map(|camera| render(&scene, &camera));
    // Soft in a box of 256 x 192 pixels in the middle.
    for y in 144..336 {
        let row = 3 * (y * SIZE.0 as usize + 192)..3 * (y * SIZE.0 as usize + 448);
        picture.rgb[row.clone()].copy_from_slice(&soft.rgb[row]);
    }
    let jpeg = Jpeg::default().encode(&picture).expect("encodes");
    let report = |area| {
        let file = t.path().join("marked.jpg");
        fs::write(&file, with_subject(&jpeg, area)).expect("write");
        // What is asked is what the mark does, not what the detector sees in leaves.
        json(&edgecull(&["inspect", "--no-faces", "--format=json"], &[&file]))
    };
    let marked = report([320, 240, 240, 180]);
    assert_eq!(marked["composition"]["subject"]["source"], "camera");
    assert_eq!(marked["composition"]["subject"]["region"], serde_json::json!([200, 150, 240, 180]));
    assert_eq!(marked["record"]["verdict"], "review", "{marked}");
    assert_eq!(marked["record"]["reasons"][0]["code"], "subject_soft");
    let sentence = marked["findings"][0]["text"].as_str().expect("a sentence");
    assert!(sentence.starts_with("what the camera focused on, in the centre,"), "{sentence}");

    // On what is sharp, and on all of it, which names nothing.
    let elsewhere = report([80, 80, 120, 120]);
    assert_eq!(elsewhere["record"]["verdict"], "keep", "{elsewhere}");
    assert_eq!(elsewhere["composition"]["subject"]["source"], "camera");
    let all = report([320, 240, 640, 480]);
    assert_eq!(all["record"]["verdict"], "keep", "{all}");
    assert_eq!(all["composition"]["subject"]["source"], "found");
}

#[test]
fn the_horizon_is_named() {
    let t = tempfile::tempdir().expect("folder");
    let (file, png) = (t.path().join("sea.jpg"), t.path().join("sea.png"));
    // It falls to the right by 3 degrees.
    let pixel = |x: u32, y: u32| {
        let line = 200.0 + (f64::from(x) - 320.0) * 3f64.to_radians().tan();
        [if f64::from(y) < line { 200u8 } else { 90 }; 3]
    };
    let rgb = (0..SIZE.1).flat_map(|y| (0..SIZE.0).flat_map(move |x| pixel(x, y))).collect();
    let picture = Picture { width: SIZE.0, height: SIZE.1, rgb };
    fs::write(&file, Jpeg::default().encode(&picture).expect("encodes")).expect("write");
    let said = text(&edgecull(&["inspect", "-o"], &[&png, &file]).stdout);
    assert!(said.contains("the horizon falls to the right by "), "{said}");
    let report = json(&edgecull(&["inspect", "--format=json"], &[&file]));
    let tilt = report["composition"]["horizon"]["tilt_deg"].as_f64().expect("an angle");
    assert!((tilt + 3.0).abs() < 0.3, "{tilt}");
    let drawing = image::open(&png).expect("a picture").into_rgb8();
    assert!(drawing.pixels().any(|pixel| pixel.0 == [255, 214, 64]), "a line is drawn");
}
