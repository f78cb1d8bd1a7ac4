//! Verdicts on rendered pictures that leave no doubt, by the program itself.

use edgecull::render::encode::{Jpeg, Sampling, encode_as};
use edgecull::render::judgement::{Kind, judgement_set};
use edgecull::render::{Camera, Picture, Scene, Subject, render};
use edgecull_tests::records::{codes, judged};
use edgecull_tests::{Named, folder};
use image::ImageFormat;
use serde_json::Value;

fn jpeg(form: &Jpeg, picture: &Picture) -> Vec<u8> {
    form.encode(picture).expect("encoded")
}

#[test]
fn black_and_white_frames_are_accidents() {
    let mut files = Vec::new();
    for (name, level) in [("black", 0), ("white", 255)] {
        let picture = Picture { width: 480, height: 320, rgb: vec![level; 3 * 480 * 320] };
        files.push((format!("{name}.jpg"), jpeg(&Jpeg::default(), &picture)));
        let png = encode_as(&picture, ImageFormat::Png).expect("encoded");
        files.push((format!("{name}.png"), png));
    }
    let cases =
        judgement_set(11).into_iter().filter(|c| [Kind::Black, Kind::White].contains(&c.kind));
    files.extend(cases.map(|c| (format!("{}.jpg", c.name), jpeg(&Jpeg::default(), &c.picture()))));
    assert_eq!(files.len(), 20);
    for (name, record) in judged(folder(&files).path(), &[]) {
        assert_eq!(record["verdict"], "reject", "{name}: {record}");
        // Noise of a sensor behind its cap may pass for a very dark picture.
        let reasons = codes(&record);
        let blank = ["black.", "white."].iter().any(|stem| name.starts_with(stem));
        let dark_or_bright = ["underexposed", "overexposed"];
        assert!(
            reasons.contains(&"accidental")
                || !blank && reasons.iter().any(|code| dark_or_bright.contains(code)),
            "{name}: {record}"
        );
    }
}

#[test]
fn sharp_frames_are_kept_and_the_same_defocused_are_not() {
    let subjects = [Subject::Facade, Subject::Foliage, Subject::Landscape];
    let sharp = Camera::new(768, 512);
    let defocused = sharp.clone().lens(50.0, 1.4).focused_at(0.8);
    let files: Vec<Named> = subjects
        .into_iter()
        .flat_map(|subject| [(subject, "sharp", &sharp), (subject, "soft", &defocused)])
        .map(|(subject, name, camera)| {
            let picture = render(&Scene::new(subject, 2), camera);
            (format!("{subject:?}_{name}.jpg"), jpeg(&Jpeg::default(), &picture))
        })
        .collect();
    let records = judged(folder(&files).path(), &[]);
    let blur = |r: &Value| r["measures"]["blur"].as_f64().expect("a measure");
    let score = |r: &Value| r["score"].as_f64().expect("a score");
    for subject in subjects {
        let [sharp, soft] =
            ["sharp", "soft"].map(|name| &records[&format!("{subject:?}_{name}.jpg")]);
        assert_eq!(sharp["verdict"], "keep", "{sharp}");
        assert!(["review", "reject"].iter().any(|v| soft["verdict"] == *v), "{soft}");
        assert!(
            codes(soft).iter().any(|code| ["out_of_focus", "motion_blur"].contains(code)),
            "{soft}"
        );
        assert!(blur(soft) > blur(sharp) && score(soft) < score(sharp), "{sharp} {soft}");
    }
}

/// Every probability and fraction of the measures, with its place.
fn numbers(value: &Value, place: &str, out: &mut Vec<(String, f64)>) {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, _)| *name != "angle_deg");
            fields.for_each(|(name, v)| numbers(v, &format!("{place}/{name}"), out));
        }
        Value::Number(number) => out.push((place.to_owned(), number.as_f64().expect("finite"))),
        _ => {}
    }
}

/// A JPEG that is scanned, and its pixels in files that are decoded: rounding to
/// whole pixels may move a measure by this much.
#[test]
fn one_picture_is_judged_alike_in_every_format() {
    const TOLERANCE: f64 = 0.05;
    let form = Jpeg { quality: 100, sampling: Sampling::F_1_1, ..Jpeg::default() };
    for (subject, seed) in [(Subject::Facade, 4), (Subject::Foliage, 1), (Subject::Portrait, 3)] {
        let picture = render(&Scene::new(subject, seed), &Camera::new(640, 424));
        let scanned = jpeg(&form, &picture);
        let decoded = image::load_from_memory(&scanned).expect("decoded").into_rgb8();
        let decoded = Picture { rgb: decoded.into_raw(), ..picture };
        let as_file =
            |name: &str, format| (name.to_owned(), encode_as(&decoded, format).expect("encoded"));
        let folder = folder(&[
            ("scanned.jpg".to_owned(), scanned),
            as_file("a.png", ImageFormat::Png),
            as_file("b.tif", ImageFormat::Tiff),
            as_file("c.webp", ImageFormat::WebP),
        ]);
        let records = judged(folder.path(), &[]);
        let png = &records["a.png"];
        for same in ["b.tif", "c.webp"] {
            for field in ["verdict", "score", "reasons", "measures"] {
                assert_eq!(records[same][field], png[field], "{same}: the pixels are the same");
            }
        }
        let scanned = &records["scanned.jpg"];
        assert_eq!(scanned["verdict"], png["verdict"]);
        assert_eq!(codes(scanned), codes(png));
        let [mut a, mut b] = [Vec::new(), Vec::new()];
        numbers(&scanned["measures"], "", &mut a);
        numbers(&png["measures"], "", &mut b);
        assert!(a.len() >= 10 && a.len() == b.len(), "{scanned} {png}");
        for ((place, a), (_, b)) in a.into_iter().zip(b) {
            let off = (a - b).abs();
            assert!(off <= TOLERANCE, "{subject:?}{place}: {a} scanned, {b} decoded");
        }
    }
}
