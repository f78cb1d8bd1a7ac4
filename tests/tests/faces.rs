//! Faces and eyes, as a user meets them: on photographs of the data packs, as they are
//! and put into larger frames made by code.

use edgecull::render::encode::{Exif, Jpeg, encode_as};
use edgecull::render::{Camera, Picture};
use edgecull_core::geometry::Orientation;
use edgecull_tests::process::{Ended, run};
use edgecull_tests::records::{LIMIT, cull, judged, records};
use edgecull_tests::{Named, data, folder};
use image::ImageFormat;
use image::imageops::{FilterType, resize};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// A face of a pack: its photograph, and its box there.
struct Portrait {
    grey: image::GrayImage,
    label: [f64; 4],
}

/// Photographs with one large face that another detector is sure of, from the first
/// ones of the pack.
fn portraits(pack: &Path, count: usize) -> Vec<Portrait> {
    let mut list = csv::Reader::from_path(pack.join("lfw.csv")).expect("a list");
    let headers = list.headers().expect("a header").clone();
    let rows: Vec<csv::StringRecord> = list.records().map(|row| row.expect("a row")).collect();
    let value = |row: &csv::StringRecord, name: &str| {
        let at = headers.iter().position(|header| header == name).expect("a column");
        row[at].to_owned()
    };
    let number = |row: &csv::StringRecord, name| value(row, name).parse::<f64>().unwrap_or(0.0);
    let alone = |row: &&csv::StringRecord| rows.iter().filter(|r| r[0] == row[0]).count() == 1;
    let sure = |row: &&csv::StringRecord| number(row, "yunet_score") >= 0.9;
    let chosen = rows.iter().filter(sure).filter(alone).step_by(97).take(count);
    chosen
        .map(|row| {
            let path = pack.with_file_name(value(row, "file"));
            let grey = image::open(path).expect("a picture").into_luma8();
            Portrait { grey, label: ["x", "y", "w", "h"].map(|name| number(row, name)) }
        })
        .collect()
}

/// A calm frame of this size with the portrait in it, enlarged so many times, and where
/// the face then is.
fn framed(portrait: &Portrait, (width, height): (u32, u32), times: u32) -> (Picture, [f64; 4]) {
    let (w, h) = portrait.grey.dimensions();
    let large = resize(&portrait.grey, w * times, h * times, FilterType::CatmullRom);
    let (left, top) = (width / 5, height / 4);
    let level = |x: u32, y: u32| match (x.checked_sub(left), y.checked_sub(top)) {
        (Some(x), Some(y)) if x < large.width() && y < large.height() => large.get_pixel(x, y).0[0],
        _ => (90 + 60 * y / height) as u8,
    };
    let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| [level(x, y); 3]));
    let rgb = rgb.collect();
    let [x, y, w, h] = portrait.label.map(|v| v * f64::from(times));
    (Picture { width, height, rgb }, [x + f64::from(left), y + f64::from(top), w, h])
}

/// Intersection over union.
fn overlap(a: [f64; 4], b: [f64; 4]) -> f64 {
    let along = |i: usize| ((a[i] + a[i + 2]).min(b[i] + b[i + 2]) - a[i].max(b[i])).max(0.0);
    let shared = along(0) * along(1);
    shared / (a[2] * a[3] + b[2] * b[3] - shared)
}

/// The face of a record that overlaps a box most.
fn nearest(record: &Value, label: [f64; 4]) -> Option<(f64, &Value)> {
    let faces = record["faces"].as_array().expect("a list").iter();
    let share = |face: &Value| {
        overlap(std::array::from_fn(|i| face["box"][i].as_f64().expect("a number")), label)
    };
    faces.map(|face| (share(face), face)).max_by(|a, b| a.0.total_cmp(&b.0))
}

fn found(record: &Value, label: [f64; 4]) -> bool {
    nearest(record, label).is_some_and(|(share, _)| share > 0.5)
}

fn jpeg(picture: &Picture) -> Vec<u8> {
    Jpeg::default().encode(picture).expect("encoded")
}

#[test]
fn faces_are_found_at_every_scale_of_the_detector() {
    let Some(pack) = data("faces") else {
        return;
    };
    // The detector sees these at 1/1, 1/2, 1/4 and 1/8, the face as large in each.
    let sizes = [((800, 500), 1), ((1400, 1000), 2), ((2800, 2000), 4), ((5200, 3000), 8)];
    let (mut files, mut labels) = (Vec::<Named>::new(), Vec::new());
    for (number, portrait) in portraits(&pack, 4).iter().enumerate() {
        for (size, times) in sizes {
            let (picture, label) = framed(portrait, size, times);
            files.push((format!("{number}-{times}.jpg"), jpeg(&picture)));
            labels.push(label);
        }
    }
    let records = records(&cull(folder(&files).path(), &[]).stdout);
    let found: Vec<bool> = records.iter().zip(&labels).map(|(r, &l)| found(r, l)).collect();
    for of_one in found.chunks(sizes.len()) {
        assert!(of_one.iter().all(|&f| f == of_one[0]), "{found:?}");
    }
    assert!(found.iter().filter(|&&f| f).count() >= 3 * sizes.len(), "{found:?}");
    for record in records.iter().filter(|r| r["faces"] != json!([])) {
        let eyes = &record["faces"][0]["eyes"];
        let told = ["left", "right"].map(|side| eyes[side]["p_open"].is_number());
        assert!(told.contains(&true), "somebody looked: {record}");
    }
}

#[test]
fn a_turned_frame_has_its_faces_upright() {
    let Some(pack) = data("faces") else {
        return;
    };
    let [portrait] = &portraits(&pack, 1)[..] else { panic!("a portrait") };
    let (picture, label) = framed(portrait, (1407, 1001), 2);
    let exif = |value| Exif {
        orientation: Orientation::from_exif(value).expect("1 to 8"),
        ..Exif::of(&Camera::new(1407, 1001), 0)
    };
    let files: Vec<Named> = (1..=8)
        .map(|value| {
            let form = Jpeg { exif: Some(exif(value)), ..Jpeg::default() };
            (format!("{value}.jpg"), form.encode(&picture).expect("encoded"))
        })
        .chain([("9.png".into(), encode_as(&picture, ImageFormat::Png).expect("encoded"))])
        .collect();
    let folder = folder(&files);
    let judged = judged(folder.path(), &[]);
    assert_eq!(judged.len(), 9);
    let (_, first) = nearest(&judged["1.jpg"], label).expect("a face");
    for (name, record) in &judged {
        let (share, face) = nearest(record, label).unwrap_or_else(|| panic!("{name}: {record}"));
        assert!(share > 0.5, "{name}: {share}");
        let off = |at: usize| {
            let of = |face: &Value, axis| face["landmarks"][at][axis].as_f64().expect("a number");
            (of(face, 0) - of(first, 0)).hypot(of(face, 1) - of(first, 1))
        };
        let width = first["box"][2].as_f64().expect("a number");
        assert!((0..5).all(|at| off(at) < 0.1 * width), "{name}: {face} {first}");
        assert_eq!(face["eyes"]["left"]["state"], first["eyes"]["left"]["state"], "{name}");
    }
}

#[test]
fn faces_are_left_out_on_request_and_of_broken_files() {
    let Some(pack) = data("faces") else {
        return;
    };
    let [portrait] = &portraits(&pack, 1)[..] else { panic!("a portrait") };
    let whole = jpeg(&framed(portrait, (800, 500), 1).0);
    let cut = whole[..whole.len() * 3 / 4].to_vec();
    let folder = folder(&[("cut.jpg".into(), cut), ("whole.jpg".into(), whole)]);
    let with = judged(folder.path(), &[]);
    assert_eq!(with["whole.jpg"]["faces"].as_array().map(Vec::len), Some(1));
    assert_eq!(with["cut.jpg"]["faces"], json!([]));

    let ended = cull(&folder.path().join("whole.jpg"), &["--no-faces"]);
    let [without] = &records(&ended.stdout)[..] else { panic!("a line") };
    assert_eq!((&without["faces"], &without["timing_us"]["faces"]), (&json!([]), &json!(0)));
    let config = folder.path().join("edgecull.toml");
    fs::write(&config, "[cull]\nno-faces = true\n").expect("written");
    let config = format!("--config={}", config.display());
    assert_eq!(judged(folder.path(), &[&config])["whole.jpg"]["faces"], json!([]));
    // The command line wins.
    let small = judged(folder.path(), &[&config, "--small-faces"]);
    assert_ne!(small["whole.jpg"]["faces"], json!([]));
}

fn edgecull(args: &[&str], paths: &[&Path]) -> Ended {
    let paths = paths.iter().map(|path| path.as_os_str());
    run(args.iter().map(OsStr::new).chain(paths), LIMIT)
}

fn report(ended: &Ended) -> Value {
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    serde_json::from_slice(&ended.stdout).expect("JSON")
}

/// The number in a report, at a path of names.
fn figure(report: &Value, path: &str) -> f64 {
    report.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path}: {report}"))
}

/// A list beside the pack's own, of its first lines: names are relative to the folder
/// above the pack, so a link to that lies beside it.
fn part(pack: &Path, list: &str, lines: usize) -> (tempfile::TempDir, PathBuf) {
    let text = fs::read_to_string(pack.join(list)).expect("a list");
    let root = pack.parent().expect("a folder").canonicalize().expect("a path");
    let absolute = |line: &str| format!("{}/{line}\n", root.display());
    let mut all = text.lines();
    let header = all.next().expect("a header");
    let part: String = all.take(lines).map(absolute).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("part.csv");
    fs::write(&path, format!("{header}\n{part}")).expect("written");
    (folder, path)
}

#[test]
fn what_is_found_is_found_by_the_evaluation_too() {
    let Some(pack) = data("faces") else {
        return;
    };
    // The labels are what `cull` found: nothing is missed, and nothing wrong.
    let (_folder, list) = part(&pack, "crowd.csv", 120);
    let names: Vec<PathBuf> = {
        let mut rows = csv::Reader::from_path(&list).expect("a list");
        let mut names: Vec<_> =
            rows.records().map(|row| PathBuf::from(&row.expect("a row")[0])).collect();
        names.dedup();
        names
    };
    let mut labels = String::from("file,x,y,w,h\n");
    let mut count = 0;
    for name in &names {
        let records = records(&cull(name, &[]).stdout);
        labels += &format!("{},,,,\n", name.display());
        for face in records[0]["faces"].as_array().expect("a list") {
            let [x, y, w, h]: [u64; 4] =
                std::array::from_fn(|i| face["box"][i].as_u64().expect("a number"));
            labels += &format!("{},{x},{y},{w},{h}\n", name.display());
            count += 1;
        }
    }
    assert!(count > 20, "{count} faces in {} pictures", names.len());
    fs::write(&list, labels).expect("written");
    let args = ["eval", "--task=faces", "--format=json", "--min-height=1", "--jobs=2"];
    let of = report(&edgecull(&args, &[&list]));
    assert_eq!((&of["pictures"], &of["faces"]), (&json!(names.len()), &json!(count)));
    for path in ["/shipped/recall", "/shipped/precision"] {
        assert_eq!(figure(&of, path), 1.0, "{path}");
    }
    assert_eq!(figure(&of, "/shipped/false_per_picture"), 0.0);
    assert_eq!(of["missed"], json!([]));
    // Less sure finds come after all of these.
    assert_eq!(figure(&of, "/at_precision/recall"), 1.0);
    assert_eq!(of["average_precision"], json!(1.0));
}

#[test]
fn the_evaluation_counts_real_faces_and_pictures_without_any() {
    let Some(pack) = data("faces") else {
        return;
    };
    let (_folder, list) = part(&pack, "crowd.csv", 400);
    let of = report(&edgecull(&["eval", "--task=faces", "--format=json"], &[&list]));
    let recall = figure(&of, "/at_precision/recall");
    eprintln!("recall {recall:.3} at precision 0.88, of {} faces", of["faces"]);
    assert!(recall > 0.5, "{of}");
    let [low, high] = [0, 1].map(|i| figure(&of, &format!("/at_precision/recall_interval/{i}")));
    assert!(low < recall && recall < high, "{of}");

    let (_folder, list) = part(&pack, "negatives.csv", 100);
    let ended = edgecull(&["eval", "--task=faces"], &[&list]);
    let said = String::from_utf8(ended.stdout).expect("UTF-8");
    for words in ["0 faces of at least 20 pixels in 100 pictures", "false faces a picture"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("recall"), "{said}");
}

#[test]
fn eyes_are_told_end_to_end_and_from_crops() {
    let Some(pack) = data("faces") else {
        return;
    };
    let (_folder, list) = part(&pack, "lfw.csv", 300);
    let of = report(&edgecull(&["eval", "--task=eyes", "--format=json"], &[&list]));
    assert_eq!(of["group_column"], "person");
    let found = figure(&of, "/faces_found/share");
    assert!(found > 0.9, "{of}");
    let faces = &of["answers"][1];
    let auc = figure(faces, "/auc");
    eprintln!("{found:.3} of faces found, AUC {auc:.4} of those");
    assert!(faces["of"] == "faces" && auc > 0.9, "{faces}");
    // The rows of the table hold each labelled eye once.
    let eyes = &of["answers"][0];
    let sum: u64 = ["open", "closed", "hidden", "missed"]
        .iter()
        .flat_map(|said| (0..3).map(move |row| (row, said)))
        .map(|(row, said)| eyes["table"][row][*said].as_u64().expect("a count"))
        .sum();
    let labelled = fs::read_to_string(&list).expect("a list");
    assert!(sum > 400 && sum <= 2 * labelled.lines().count() as u64, "{eyes}");

    let Some(crops) = data("eyes") else {
        return;
    };
    let of = report(&edgecull(
        &["eval", "--task=eyes", "--format=json"],
        &[&crops.join("cew_train.npz")],
    ));
    let auc = figure(&of, "/answers/0/auc");
    eprintln!("crops: AUC {auc:.4}, balanced {}", of["answers"][0]["balanced_accuracy"]);
    assert!(auc > 0.9 && of["faces_found"].is_null(), "{of}");
    // A crop of another size than it says is another crop.
    let wide = report(&edgecull(
        &["eval", "--task=eyes", "--format=json", "--crop-side=1.2"],
        &[&crops.join("cew_train.npz")],
    ));
    assert_ne!(figure(&wide, "/answers/0/auc"), auc);
}

#[test]
fn a_portrait_is_explained_and_drawn() {
    let Some(pack) = data("faces") else {
        return;
    };
    let [portrait] = &portraits(&pack, 1)[..] else { panic!("a portrait") };
    let folder = folder(&[("one.jpg".into(), jpeg(&framed(portrait, (800, 500), 1).0))]);
    let (file, png) = (folder.path().join("one.jpg"), folder.path().join("one.png"));
    let ended = edgecull(&["inspect", "-o"], &[&png, &file]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let said = String::from_utf8(ended.stdout).expect("UTF-8");
    assert!(said.contains("the face, ") && said.contains("eye"), "{said}");
    let drawing = image::open(&png).expect("a drawing").into_rgb8();
    let violet = drawing.pixels().filter(|pixel| pixel.0 == [198, 156, 255]).count();
    assert!(violet > 200, "its box and landmarks: {violet} pixels");
    let ended = edgecull(&["inspect", "--no-faces"], &[&file]);
    assert!(!String::from_utf8(ended.stdout).expect("UTF-8").contains("the face"));
}

#[test]
fn options_that_say_nothing_for_a_task_are_refused() {
    let folder = folder(&[("m.csv".into(), b"file,x,y,w,h\na.jpg,1,2,3,4\n".to_vec())]);
    let list = folder.path().join("m.csv");
    for (args, words) in [
        (
            &["--task=faces", "--max-keepers-flagged=1%"][..],
            &["--max-keepers-flagged", "faces"][..],
        ),
        (&["--task=faces", "--no-faces"], &["--no-faces"]),
        (&["--task=blur", "--min-height=9"], &["--min-height", "blur"]),
        (&["--task=eyes", "--crop-side=0.6"], &["--crop-side", ".npz"]),
        (&["--task=eyes"], &["`label`", "m.csv"]),
        (&["--task=faces", "--min-height=0"], &["1 pixel"]),
    ] {
        let ended = edgecull(&[&["eval"], args].concat(), &[&list]);
        assert_eq!((ended.status, ended.stdout.len()), (Some(1), 0), "{args:?}");
        assert!(words.iter().all(|w| ended.stderr.contains(w)), "{args:?}: {}", ended.stderr);
    }
}
