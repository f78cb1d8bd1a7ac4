//! `edgecull cull` on a folder of every kind of picture that the renderer can
//! make, with broken files among them.

use edgecull::render::encode::{Coding, Colours, Exif, Jpeg, Sampling, encode_as};
use edgecull::render::{Camera, Picture, Scene, Subject, render};
use edgecull_core::geometry::Orientation;
use edgecull_tests::process::run;
use edgecull_tests::records::{LIMIT, by_name, codes, cull, judged, name, records, region};
use edgecull_tests::{Named, folder};
use image::ImageFormat;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Broken files of [`broken`] that cannot be judged, in the order of a folder.
const UNJUDGED: [&str; 7] = [
    "m_cut_progressive.jpg",
    "m_empty.jpg",
    "m_half.png",
    "m_half.tif",
    "m_half.webp",
    "m_no_picture.jpg",
    "m_start_of_image.jpg",
];

fn house(width: u32, height: u32) -> Picture {
    render(&Scene::new(Subject::Facade, 4), &Camera::new(width, height))
}

fn jpeg(form: &Jpeg, picture: &Picture) -> Vec<u8> {
    form.encode(picture).expect("encoded")
}

/// As a camera stores it that was held like this; three settings in its EXIF
/// tell the orientations apart.
fn turned(value: u8, picture: &Picture) -> Vec<u8> {
    let orientation = Orientation::from_exif(u32::from(value)).expect("1 to 8");
    let camera = Camera::new(1, 1).lens(50.0, 2.0).at_iso(100 * u32::from(value));
    let exif = Exif { orientation, ..Exif::of(&camera, 47_109_047 + u32::from(value)) };
    jpeg(&Jpeg { exif: Some(exif), ..Jpeg::default() }, picture)
}

/// Whole files of every form.
fn healthy() -> Vec<Named> {
    use Sampling::{F_1_1, F_1_2, F_2_1, F_2_2, R_4_1_0, R_4_1_1, R_4_2_1, R_4_4_1};
    let picture = house(480, 328);
    let mut files = Vec::new();
    let mut add = |name: String, bytes: Vec<u8>| files.push((name, bytes));
    for sampling in [F_1_1, F_1_2, F_2_1, F_2_2, R_4_1_0, R_4_1_1, R_4_2_1, R_4_4_1] {
        for restart_interval in [0, 1, 7] {
            let form = Jpeg { sampling, restart_interval, ..Jpeg::default() };
            add(format!("a_{sampling:?}_{restart_interval}.jpg"), jpeg(&form, &picture));
        }
    }
    for (name, form) in [
        ("optimised", Jpeg { coding: Coding::Optimised, ..Jpeg::default() }),
        ("progressive", Jpeg { coding: Coding::Progressive(8), ..Jpeg::default() }),
        ("grey", Jpeg { colours: Colours::Grey, ..Jpeg::default() }),
        ("cmyk", Jpeg { colours: Colours::Cmyk, sampling: F_1_1, ..Jpeg::default() }),
        ("ycck", Jpeg { colours: Colours::Ycck, sampling: F_1_1, ..Jpeg::default() }),
    ] {
        add(format!("b_{name}.jpg"), jpeg(&form, &picture));
    }
    for (width, height) in [(1, 1), (7, 300), (333, 5), (333, 217), (71, 49)] {
        for restart_interval in [0, 3] {
            let form = Jpeg { restart_interval, sampling: F_2_2, ..Jpeg::default() };
            let name = format!("s_{width}x{height}_{restart_interval}.jpg");
            add(name, jpeg(&form, &house(width, height)));
        }
    }
    for value in 1..=8 {
        add(format!("o_{value}.jpg"), turned(value, &picture));
    }
    for (ending, format) in
        [("png", ImageFormat::Png), ("tif", ImageFormat::Tiff), ("webp", ImageFormat::WebP)]
    {
        add(format!("z.{ending}"), encode_as(&picture, format).expect("encoded"));
    }
    files
}

/// A file with restart markers, a tenth of it overwritten, and where that begins.
fn damaged() -> (Vec<u8>, usize) {
    let mut bytes = jpeg(&Jpeg { restart_interval: 4, ..Jpeg::default() }, &house(480, 328));
    let at = bytes.len() / 2;
    let length = bytes.len() / 10;
    bytes[at..at + length].fill(0xA5);
    (bytes, at)
}

/// Files of which some cannot be judged and some only in part. Their names put
/// them between those of [`healthy`].
fn broken() -> Vec<Named> {
    let picture = house(480, 328);
    let whole = jpeg(&Jpeg::default(), &picture);
    let half = |format| {
        let bytes = encode_as(&picture, format).expect("encoded");
        bytes[..bytes.len() / 2].to_vec()
    };
    let progressive = jpeg(&Jpeg { coding: Coding::Progressive(8), ..Jpeg::default() }, &picture);
    let mut files: Vec<Named> = [
        ("m_truncated.jpg", whole[..whole.len() * 6 / 10].to_vec()),
        ("m_cut_progressive.jpg", progressive[..progressive.len() * 9 / 10].to_vec()),
        ("m_damaged.jpg", damaged().0),
        ("m_no_picture.jpg", b"a letter, not a photograph".to_vec()),
        ("m_empty.jpg", Vec::new()),
        ("m_start_of_image.jpg", whole[..2].to_vec()),
        ("m_half.png", half(ImageFormat::Png)),
        ("m_half.tif", half(ImageFormat::Tiff)),
        ("m_half.webp", half(ImageFormat::WebP)),
    ]
    .map(|(name, bytes)| (name.to_owned(), bytes))
    .into();
    // So that broken ones come before, between and after all others.
    for other in ["0_before.jpg", "p_between.jpg", "zz_after.jpg"] {
        files.push((other.to_owned(), damaged().0));
    }
    files
}

#[test]
fn a_mixed_folder_has_a_valid_line_a_file_in_order_on_any_number_of_threads() {
    let mut files = healthy();
    files.extend(broken());
    let folder = folder(&files);
    let mut runs = ["1", "3"].map(|jobs| {
        let ended = cull(folder.path(), &["--jobs", jobs]);
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(2), ""));
        records(&ended.stdout)
    });
    files.sort();
    for records in &mut runs {
        let names: Vec<&str> = records.iter().map(name).collect();
        let wanted: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, wanted);
        for record in records {
            let timing = record["timing_us"].take();
            let of = |part: &str| timing[part].as_u64().expect("a duration");
            let parts = of("read") + of("scan") + of("faces") + of("measure");
            assert!(parts <= of("total"), "{timing}");
        }
    }
    let [one, three] = runs;
    assert_eq!(one, three);

    let unjudged: Vec<&str> = one.iter().filter(|r| r["verdict"] == "error").map(name).collect();
    assert_eq!(unjudged, UNJUDGED);
    let reasons = one.iter().filter(|r| r["verdict"] == "error").flat_map(codes);
    let wanted =
        ["truncated", "truncated", "corrupt", "corrupt", "corrupt", "unsupported", "truncated"];
    assert_eq!(reasons.collect::<Vec<_>>(), wanted);
}

#[test]
fn broken_files_leave_the_others_their_verdicts() {
    let healthy = healthy();
    let alone = judged(folder(&healthy).path(), &["--jobs=1"]);
    assert!(alone.values().all(|record| record["error"].is_null()));
    assert!(alone.values().all(|r| codes(r).iter().all(|c| !["truncated", "corrupt"].contains(c))));

    let mixed = folder(&[healthy, broken()].concat());
    for jobs in ["1", "2"] {
        let mut among = by_name(records(&cull(mixed.path(), &["--jobs", jobs]).stdout));
        among.retain(|name, _| alone.contains_key(name));
        assert_eq!(among, alone);
    }
}

#[test]
fn rows_and_lines_tell_the_same_as_records() {
    let folder = folder(&[healthy(), broken()].concat());
    let records = records(&cull(folder.path(), &[]).stdout);
    let of = |format: &str| {
        let folder = folder.path().to_str().expect("UTF-8");
        let ended = run(["cull", "--no-bursts", "--format", format, folder], LIMIT);
        assert_eq!(ended.status, Some(2));
        String::from_utf8(ended.stdout).expect("UTF-8")
    };

    let csv = of("csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), records.len());
    for (row, record) in rows.iter().zip(&records) {
        let field = |column: &str| {
            let at = header.iter().position(|name| name == column).expect("a column");
            row.get(at).expect("a field")
        };
        assert_eq!(field("path"), record["path"]);
        assert_eq!(field("verdict"), record["verdict"]);
        assert_eq!(field("reasons"), codes(record).join(";"));
        for (column, value) in [
            ("score", &record["score"]),
            ("blur", &record["measures"]["blur"]),
            ("mean", &record["measures"]["exposure"]["mean"]),
            ("iso", &record["exif"]["iso"]),
        ] {
            assert_eq!(field(column).parse().ok(), value.as_f64(), "{column}: {record}");
        }
    }

    let table = of("table");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), records.len() + 1);
    for (line, record) in lines.iter().zip(&records) {
        assert!(line.starts_with(record["verdict"].as_str().expect("a verdict")), "{line}");
        assert!(line.contains(name(record)), "{line}");
    }
    let count = |verdict: &str| records.iter().filter(|r| r["verdict"] == verdict).count();
    let counts = ["keep", "review", "reject", "error"].map(|v| format!("{} {v}", count(v)));
    assert_eq!(lines[records.len()], format!("{} frames: {}", records.len(), counts.join(", ")));
}

#[test]
fn exif_comes_through() {
    let files: Vec<Named> =
        (1..=8).map(|v| (format!("{v}.jpg"), turned(v, &house(160, 120)))).collect();
    let records = judged(folder(&files).path(), &[]);
    for value in 1..=8 {
        let wanted = json!({
            "time": format!("2026-05-16T13:05:09.{:03}", 47 + value),
            "iso": 100 * value,
            "exposure_s": 0.004,
            "focal_mm": 50.0,
            "model": "Edgecull Obscura",
        });
        assert_eq!(records[&format!("{value}.jpg")]["exif"], wanted);
    }
}

/// The rows that are missing from the end of a file lie, in the upright picture,
/// opposite the side at which EXIF 2.32 (tag 0x0112) puts the first row.
#[test]
fn what_is_missing_is_told_in_the_upright_picture() {
    const WIDTH: u64 = 320;
    const HEIGHT: u64 = 200;
    let picture = house(WIDTH as u32, HEIGHT as u32);
    let files: Vec<Named> = (1..=8)
        .map(|value| {
            let bytes = turned(value, &picture);
            (format!("{value}.jpg"), bytes[..bytes.len() * 6 / 10].to_vec())
        })
        .collect();
    let records = judged(folder(&files).path(), &[]);
    for value in 1..=8 {
        let record = &records[&format!("{value}.jpg")];
        let [x, y, w, h] = region(record, "truncated");
        let at_edge = match value {
            1 | 2 => (x, y + h, w) == (0, HEIGHT, WIDTH),
            3 | 4 => (x, y, w) == (0, 0, WIDTH),
            5 | 8 => (x + w, y, h) == (WIDTH, 0, HEIGHT),
            _ => (x, y, h) == (0, 0, HEIGHT),
        };
        let part = (w * h) as f64 / (WIDTH * HEIGHT) as f64;
        assert!(at_edge && part > 0.1 && part < 0.7, "{value}: {record}");
        assert_eq!(record["verdict"], "review", "{record}");
        let said = record["error"].as_str().expect("a sentence");
        let end = files[value - 1].1.len();
        assert!(said.contains(&format!("byte {end};")), "{end}: {said}");
    }
}

#[test]
fn restart_markers_confine_damage() {
    let (bytes, at) = damaged();
    let end = at + bytes.len() / 10;
    let whole = jpeg(&Jpeg { restart_interval: 4, ..Jpeg::default() }, &house(480, 328));
    let folder = folder(&[("damaged.jpg".to_owned(), bytes), ("whole.jpg".to_owned(), whole)]);
    let records = judged(folder.path(), &[]);
    let [damaged, whole] = ["damaged.jpg", "whole.jpg"].map(|name| &records[name]);
    assert!(codes(damaged).contains(&"corrupt"), "{damaged}");
    assert_ne!(damaged["verdict"], "keep");
    let said = damaged["error"].as_str().expect("a sentence");
    let numbers: Vec<usize> = said
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect();
    let [offset, percent] = numbers[..] else { panic!("{said}") };
    // The scanner counts bytes without their stuffing, less than one in 256.
    assert!((at - at / 256..end).contains(&offset), "{at}: {said}");
    assert!((80..100).contains(&percent), "{said}");
    // Nine tenths of the picture were seen: its light is nearly the same.
    let mean = |r: &Value| r["measures"]["exposure"]["mean"].as_f64().expect("a mean");
    assert!((mean(damaged) - mean(whole)).abs() < 0.1, "{damaged}");
}

#[test]
fn strictness_changes_limits_and_not_what_is_measured() {
    fn strip(mut records: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        for record in records.values_mut() {
            let fields = record.as_object_mut().expect("an object");
            fields
                .retain(|name, _| ["measures", "exif", "error", "score"].contains(&name.as_str()));
        }
        records
    }
    fn rank(record: &Value) -> Option<usize> {
        ["keep", "review", "reject"].iter().position(|verdict| record["verdict"] == *verdict)
    }
    let folder = folder(&healthy());
    let [lenient, normal, strict] = ["lenient", "normal", "strict"]
        .map(|strictness| judged(folder.path(), &["--strictness", strictness]));
    for name in normal.keys() {
        let ranks = [&lenient, &normal, &strict].map(|records| rank(&records[name]));
        assert!(ranks.is_sorted() && ranks[0].is_some(), "{name}: {ranks:?}");
    }
    // A sharp, well exposed picture gives no strictness anything to hold on to.
    for name in normal.keys().filter(|name| name.starts_with(['a', 'o', 'z'])) {
        let verdicts = [&lenient, &normal, &strict].map(|records| &records[name]["verdict"]);
        assert_eq!(verdicts, ["keep"; 3], "{name}");
    }
    let normal = strip(normal);
    assert_eq!(strip(lenient), normal);
    assert_eq!(strip(strict), normal);
}

/// Whatever a file keeps of the colours, and however, its light is the picture's:
/// but for inks, of which one plane stands for luma.
#[test]
fn light_is_the_same_in_all_forms() {
    let records = judged(folder(&healthy()).path(), &[]);
    let light = |name: &str| {
        let exposure = &records[name]["measures"]["exposure"];
        ["mean", "clipped_highlights", "clipped_shadows"]
            .map(|part| exposure[part].as_f64().expect("a fraction"))
    };
    let plain = light("z.png");
    let inks = ["b_cmyk.jpg", "b_ycck.jpg"];
    let alike = |name: &&String| !name.starts_with('s') && !inks.contains(&name.as_str());
    for name in records.keys().filter(alike) {
        for (got, wanted) in light(name).into_iter().zip(plain) {
            assert!((got - wanted).abs() < 0.02, "{name}: {:?} for {plain:?}", light(name));
        }
    }
}
