//! The quality of frames by the networks in the program, as a user meets it: on rendered
//! scenes, as they are and spoiled.

use edgecull::render::encode::{Coding, Colours, Exif, Jpeg, Sampling, encode_as};
use edgecull::render::{Camera, Picture, Scene, Subject, render};
use edgecull_core::geometry::Orientation;
use edgecull_tests::process::run;
use edgecull_tests::records::{LIMIT, by_name, cull, judged, records};
use edgecull_tests::{Named, folder};
use image::imageops::{FilterType, resize};
use image::{ImageFormat, RgbImage};
use serde_json::Value;
use std::fs;

fn quality(record: &Value) -> f64 {
    record["measures"]["quality"].as_f64().unwrap_or_else(|| panic!("no quality: {record}"))
}

fn jpeg(picture: &Picture) -> Vec<u8> {
    Jpeg::default().encode(picture).expect("encoded")
}

#[test]
fn a_frame_that_was_spoiled_has_the_lower_quality() {
    let clean = Camera::new(1000, 667);
    let spoiled = [
        ("soft", clean.clone().lens(50.0, 1.4).focused_at(0.8)),
        ("shaken", clean.clone().shaken(0.02, 20.0)),
        ("dark", clean.clone().exposed(-4.0)),
        ("noisy", clean.clone().at_iso(102_400)),
    ];
    let subjects = [Subject::Facade, Subject::Landscape, Subject::Foliage];
    let mut files = Vec::<Named>::new();
    for subject in subjects {
        let scene = Scene::new(subject, 5);
        files.push((format!("{subject:?}_clean.jpg"), jpeg(&render(&scene, &clean))));
        for (name, camera) in &spoiled {
            files.push((format!("{subject:?}_{name}.jpg"), jpeg(&render(&scene, camera))));
        }
    }
    let records = judged(folder(&files).path(), &[]);
    for subject in subjects {
        let of = |name: &str| quality(&records[&format!("{subject:?}_{name}.jpg")]);
        for (name, _) in &spoiled {
            if (subject, *name) == (Subject::Foliage, "noisy") {
                // Between leaves, noise passes for detail.
                continue;
            }
            let [clean, spoiled] = ["clean", name].map(of);
            assert!(spoiled < clean - 0.02, "{subject:?} {name}: {spoiled} against {clean}");
        }
    }
}

/// A scene in a frame of this size, enlarged from a smaller one: the view is then the
/// same at every scale.
fn scene(width: u32, height: u32) -> Picture {
    let Picture { width: w, height: h, rgb } =
        render(&Scene::new(Subject::Landscape, 2), &Camera::new(900, 600));
    let small = RgbImage::from_raw(w, h, rgb).expect("whole");
    let rgb = resize(&small, width, height, FilterType::CatmullRom).into_raw();
    Picture { width, height, rgb }
}

#[test]
fn scanned_and_decoded_frames_agree_at_every_scale_of_the_view() {
    // The view is these at 1/1, 1/2, 1/4 and 1/8: of the last, the scan's own planes.
    for size in [(800, 533), (1501, 1003), (3000, 2000), (5200, 3464)] {
        let picture = scene(size.0, size.1);
        let encoded = |form: Jpeg| form.encode(&picture).expect("encoded");
        let folder = folder(&[
            ("422.jpg".into(), encoded(Jpeg::default())),
            ("420.jpg".into(), encoded(Jpeg { sampling: Sampling::F_2_2, ..Jpeg::default() })),
            (
                "progressive.jpg".into(),
                encoded(Jpeg { coding: Coding::Progressive(6), ..Jpeg::default() }),
            ),
            ("a.png".into(), encode_as(&picture, ImageFormat::Png).expect("encoded")),
        ]);
        let records = judged(folder.path(), &[]);
        let wanted = quality(&records["a.png"]);
        for (name, record) in &records {
            let off = (quality(record) - wanted).abs();
            assert!(off < 0.05, "{size:?} {name}: {} for {wanted}", quality(record));
        }
        // Whether luma was there for faces or not.
        let without = judged(folder.path(), &["--no-faces"]);
        for (name, record) in &without {
            let off = (quality(record) - quality(&records[name])).abs();
            assert!(off < 0.01, "{size:?} {name}: {off}");
        }
    }
}

#[test]
fn a_turned_frame_has_the_quality_of_the_upright_one() {
    let picture = render(&Scene::new(Subject::Facade, 3), &Camera::new(1024, 640));
    let files: Vec<Named> = (1..=8)
        .map(|value| {
            let exif = Exif {
                orientation: Orientation::from_exif(value).expect("1 to 8"),
                ..Exif::of(&Camera::new(1024, 640), 0)
            };
            let sampling = Sampling::F_1_1;
            let form = Jpeg { exif: Some(exif), sampling, quality: 98, ..Jpeg::default() };
            (format!("{value}.jpg"), form.encode(&picture).expect("encoded"))
        })
        .collect();
    let records = judged(folder(&files).path(), &[]);
    let wanted = quality(&records["1.jpg"]);
    for (name, record) in &records {
        assert!((quality(record) - wanted).abs() < 0.04, "{name}: {record}, not {wanted}");
    }
}

#[test]
fn a_grey_frame_has_a_quality_in_every_format() {
    let picture = render(&Scene::new(Subject::Portrait, 1), &Camera::new(640, 427));
    let grey = Jpeg { colours: Colours::Grey, quality: 98, ..Jpeg::default() };
    let bytes = grey.encode(&picture).expect("encoded");
    let decoded = image::load_from_memory(&bytes).expect("decoded");
    let mut png = std::io::Cursor::new(Vec::new());
    decoded.write_to(&mut png, ImageFormat::Png).expect("encoded");
    let records =
        judged(folder(&[("a.jpg".into(), bytes), ("b.png".into(), png.into_inner())]).path(), &[]);
    let [jpeg, png] = ["a.jpg", "b.png"].map(|name| quality(&records[name]));
    assert!((jpeg - png).abs() < 0.03, "{jpeg} and {png}");
}

#[test]
fn what_is_not_whole_or_too_small_has_none_and_the_same_verdict() {
    let whole = jpeg(&render(&Scene::new(Subject::Facade, 3), &Camera::new(640, 427)));
    let mut garbled = whole.clone();
    let middle = garbled.len() / 2;
    garbled[middle..middle + 2].copy_from_slice(&[0xFF, 0xC0]);
    let tiny = scene(200, 40);
    let folder = folder(&[
        ("cut.jpg".into(), whole[..whole.len() * 3 / 4].to_vec()),
        ("garbled.jpg".into(), garbled),
        ("no-picture.jpg".into(), b"no picture".to_vec()),
        ("tiny.jpg".into(), jpeg(&tiny)),
        ("tiny.png".into(), encode_as(&tiny, ImageFormat::Png).expect("encoded")),
        ("whole.jpg".into(), whole),
    ]);
    let runs = [&[][..], &["--no-quality"]].map(|args| {
        let ended = cull(folder.path(), args);
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(2), ""));
        by_name(records(&ended.stdout))
    });
    let [with, without] = &runs;
    assert_eq!(with.len(), 6);
    for (name, record) in with {
        if name == "whole.jpg" {
            quality(record);
        } else {
            assert_eq!(record, &without[name]);
        }
    }
}

#[test]
fn it_ranks_and_decides_nothing_and_can_be_left_out() {
    let subjects = [Subject::Facade, Subject::Night, Subject::Portrait, Subject::Fog];
    let files: Vec<Named> = subjects
        .into_iter()
        .map(|subject| {
            let picture = render(&Scene::new(subject, 4), &Camera::new(640, 427));
            (format!("{subject:?}.jpg"), jpeg(&picture))
        })
        .collect();
    let folder = folder(&files);
    let without = judged(folder.path(), &["--no-quality"]);
    assert!(without.values().all(|record| record["measures"]["quality"].is_null()));
    let with = judged(folder.path(), &[]);
    for (name, record) in &with {
        let quality = quality(record);
        assert!((0.0..=1.0).contains(&quality), "{record}");
        let mut plain = record.clone();
        plain["measures"]["quality"] = Value::Null;
        plain["score"] = without[name]["score"].clone();
        assert_eq!(plain, without[name]);
        let [now, then] = [record, &without[name]].map(|r| r["score"].as_f64().expect("a score"));
        let moved = (quality - 0.5) * then * (1.0 - then);
        assert!((now - then - moved).abs() < 2e-4, "{name}: {then} to {now} by {quality}");
    }

    let config = folder.path().join("edgecull.toml");
    fs::write(&config, "[cull]\nno-quality = true\n").expect("written");
    let config = format!("--config={}", config.display());
    assert_eq!(judged(folder.path(), &[&config]), without);
    let ended = cull(folder.path(), &["--no-quality", "--float=mine.onnx"]);
    assert_eq!((ended.status, ended.stdout.len()), (Some(1), 0));
    assert!(ended.stderr.contains("--no-quality"), "{}", ended.stderr);
}

#[test]
fn inspect_tells_it_in_words_and_numbers() {
    let bytes = jpeg(&render(&Scene::new(Subject::Facade, 3), &Camera::new(640, 427)));
    let folder = folder(&[("a.jpg".into(), bytes)]);
    let file = folder.path().join("a.jpg");
    let said = |args: &[&str]| {
        let all = ["inspect"].iter().chain(args).map(std::ffi::OsStr::new);
        let ended = run(all.chain([file.as_os_str()]), LIMIT);
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
        String::from_utf8(ended.stdout).expect("UTF-8")
    };
    let told = said(&[]);
    assert!(told.contains("people would rate"), "{told}");
    let without = said(&["--no-quality"]);
    assert!(!without.contains("quality") && !without.contains("would rate"), "{without}");
}
