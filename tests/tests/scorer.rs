//! `--float` as a process: somebody's own network tells the quality of frames.

use edgecull_tests::process::{Ended, run};
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

fn edgecull(command: &str, scorer: &Path, path: &Path, more: &[&str]) -> Ended {
    let mut args = vec![command.as_ref(), "--float".as_ref(), scorer.as_os_str()];
    args.extend(more.iter().map(std::ffi::OsStr::new));
    args.push(path.as_os_str());
    run(args, LIMIT)
}

#[cfg(not(feature = "onnx"))]
#[test]
fn a_build_without_onnx_says_so() {
    for command in ["cull", "inspect"] {
        let ended = edgecull(command, Path::new("a.onnx"), Path::new("a.jpg"), &[]);
        assert_eq!(ended.status, Some(1));
        assert!(ended.stdout.is_empty());
        assert!(ended.stderr.contains("--features onnx"), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
}

#[cfg(feature = "onnx")]
mod onnx {
    use super::{LIMIT, edgecull, run};
    use edgecull::render::encode::{Coding, Jpeg, encode_as};
    use edgecull::render::{Camera, Scene, Subject, render};
    use edgecull_tests::onnx::{Attribute, Onnx};
    use edgecull_tests::records::{by_name, judged, name, records};
    use edgecull_tests::{Named, folder};
    use image::ImageFormat;
    use serde_json::Value;
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// The mean of all samples, made steep: dark is near 0, bright near 1.
    fn brightness(dims: &[i64], output: &[i64]) -> Onnx {
        let mut net = Onnx::new(1);
        net.input("image", dims);
        let axes = [("axes", Attribute::Ints(&[1, 2, 3])), ("keepdims", Attribute::Int(0))];
        net.node("ReduceMean", &["image"], "mean", &axes);
        net.floats("middle", &[1], &[0.35]);
        net.floats("slope", &[1], &[12.0]);
        net.node("Sub", &["mean", "middle"], "centred", &[]);
        net.node("Mul", &["centred", "slope"], "steep", &[]);
        net.node("Sigmoid", &["steep"], "flat", &[]);
        net.integers("shape", output);
        net.node("Reshape", &["flat", "shape"], "score", &[]);
        net.output("score", output);
        net
    }

    fn write(folder: &Path, net: &Onnx) -> PathBuf {
        let path = folder.join("mine.onnx");
        fs::write(&path, net.bytes("mine")).expect("written");
        path
    }

    /// One scene three times: dark, as it is, bright; and in other formats.
    fn shoot() -> Vec<Named> {
        let scene = Scene::new(Subject::Facade, 3);
        let shot = |ev| render(&scene, &Camera::new(640, 480).exposed(ev));
        let jpeg = |ev| Jpeg::default().encode(&shot(ev)).expect("encoded");
        let progressive = Jpeg { coding: Coding::Progressive(6), ..Jpeg::default() };
        let usual = shot(0.0);
        vec![
            ("dark.jpg".into(), jpeg(-3.0)),
            ("usual.jpg".into(), jpeg(0.0)),
            ("bright.jpg".into(), jpeg(1.5)),
            ("progressive.jpg".into(), progressive.encode(&usual).expect("encoded")),
            ("lossless.png".into(), encode_as(&usual, ImageFormat::Png).expect("encoded")),
        ]
    }

    fn quality(record: &Value) -> f64 {
        record["measures"]["quality"].as_f64().expect("a number")
    }

    fn without_quality(records: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        let mut records = records.clone();
        for record in records.values_mut() {
            record["measures"]["quality"] = Value::Null;
            record["score"] = Value::Null;
        }
        records
    }

    #[test]
    fn a_brighter_frame_gets_the_better_mark_from_a_scorer_of_brightness() {
        let nets = tempfile::tempdir().expect("a folder");
        let shoot = folder(&shoot());
        let plain = judged(shoot.path(), &["--no-quality"]);
        assert!(plain.values().all(|record| record["measures"]["quality"].is_null()));
        for (dims, output) in [
            ([1, 3, 96, 128], &[1, 1][..]),
            ([1, 1, 48, 64], &[1]),
            // Open: 224 x 224.
            ([0, 3, 0, 0], &[1, 1]),
        ] {
            let scorer = write(nets.path(), &brightness(&dims, output));
            let scorer = scorer.to_str().expect("a name");
            let found = judged(shoot.path(), &["--float", scorer, "--jobs", "2"]);
            let of = |name: &str| quality(&found[name]);
            assert!(of("dark.jpg") + 0.2 < of("usual.jpg"), "{found:?}");
            assert!(of("usual.jpg") + 0.1 < of("bright.jpg"), "{found:?}");
            for same in ["progressive.jpg", "lossless.png"] {
                assert!((of(same) - of("usual.jpg")).abs() < 0.01, "{same}: {found:?}");
            }
            // It ranks, and nothing else changes.
            assert_eq!(without_quality(&found), without_quality(&plain));
            for (name, record) in &found {
                let [now, then] = [record, &plain[name]].map(|r| r["score"].as_f64());
                let (now, then) = (now.expect("a score"), then.expect("a score"));
                let moved = (quality(record) - 0.5) * then * (1.0 - then);
                assert!((now - then - moved).abs() < 2e-4, "{name}: {then} to {now}");
            }
        }
    }

    #[test]
    fn frames_that_cannot_be_scored_keep_their_verdict() {
        let nets = tempfile::tempdir().expect("a folder");
        let mut files = shoot();
        let whole = files[1].1.clone();
        files.push(("cut.jpg".into(), whole[..whole.len() * 3 / 4].to_vec()));
        files.push(("noise.jpg".into(), b"no picture".to_vec()));
        let shoot = folder(&files);
        let scorer = write(nets.path(), &brightness(&[1, 3, 32, 32], &[1, 1]));
        let plain = run(
            [
                "cull",
                "--format=ndjson",
                "--no-bursts",
                "--no-quality",
                shoot.path().to_str().expect("a name"),
            ],
            LIMIT,
        );
        let ended = edgecull("cull", &scorer, shoot.path(), &["--format=ndjson", "--no-bursts"]);
        assert_eq!((ended.status, plain.status), (Some(2), Some(2)));
        let (plain, found) = (by_name(records(&plain.stdout)), by_name(records(&ended.stdout)));
        assert!(found["cut.jpg"]["measures"]["quality"].is_null());
        for name in ["cut.jpg", "noise.jpg"] {
            assert_eq!(found[name], plain[name]);
        }
        // A score that is no number: the logarithm of less than nothing.
        let mut net = Onnx::new(1);
        net.input("image", &[1, 3, 32, 32]);
        let axes = [("axes", Attribute::Ints(&[1, 2, 3])), ("keepdims", Attribute::Int(0))];
        net.node("ReduceMean", &["image"], "mean", &axes);
        net.floats("two", &[1], &[2.0]);
        net.node("Sub", &["mean", "two"], "negative", &[]);
        net.node("Log", &["negative"], "score", &[]);
        net.output("score", &[1]);
        let scorer = write(nets.path(), &net);
        let ended = edgecull("cull", &scorer, shoot.path(), &["--format=ndjson", "--no-bursts"]);
        assert_eq!(ended.status, Some(2));
        for record in records(&ended.stdout) {
            let plain = &plain[name(&record)];
            for part in ["verdict", "score", "reasons", "measures"] {
                assert_eq!(record[part], plain[part]);
            }
            let said = record["error"].as_str().expect("a note");
            if plain["error"].is_null() {
                assert!(said.contains("quality is not known") && said.contains("NaN"), "{said}");
            } else {
                assert_eq!(record["error"], plain["error"]);
            }
        }
    }

    #[test]
    fn inspect_shows_the_quality() {
        let nets = tempfile::tempdir().expect("a folder");
        let shoot = folder(&shoot());
        let scorer = write(nets.path(), &brightness(&[1, 3, 32, 32], &[1, 1]));
        let frame = shoot.path().join("bright.jpg");
        let ended = edgecull("inspect", &scorer, &frame, &["--format", "json"]);
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        let found: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
        let culled = judged(&frame, &["--float", scorer.to_str().expect("a name")]);
        assert_eq!(quality(&found["record"]), quality(&culled["bright.jpg"]));
        let table = edgecull("inspect", &scorer, &frame, &[]);
        let text = String::from_utf8(table.stdout).expect("text");
        assert!(text.lines().any(|line| line.starts_with("quality")), "{text}");
    }

    #[test]
    fn other_inputs_and_outputs_are_named_at_the_start() {
        let nets = tempfile::tempdir().expect("a folder");
        let shoot = folder(&[]);
        let missing = shoot.path().join("rejects");
        let refused = |net: &Onnx, words: &[&str]| {
            let scorer = write(nets.path(), net);
            let moves = ["--move-rejects", missing.to_str().expect("a name")];
            let ended = edgecull("cull", &scorer, shoot.path(), &moves);
            let said = &ended.stderr;
            assert_eq!(ended.status, Some(1), "{said}");
            assert!(ended.stdout.is_empty() && said.contains("mine.onnx"), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
            for word in words {
                assert!(said.contains(word), "{word} is missing: {said}");
            }
            assert!(!missing.exists(), "nothing is made before the scorer is read");
        };
        let expected = "[1, 3, height, width]";
        for dims in [&[1, 4, 32, 32][..], &[1, 32, 32, 3], &[8, 3, 32, 32], &[3, 32, 32]] {
            let given = format!("{dims:?}");
            refused(&brightness(dims, &[1, 1]), &["input `image`", &given, expected]);
        }
        refused(&brightness(&[1, 3, 9000, 32], &[1, 1]), &["9000", "2048"]);
        let mut two = brightness(&[1, 3, 32, 32], &[1, 1]);
        two.input("mask", &[1, 1, 32, 32]);
        refused(&two, &["2 inputs", "`image`", "`mask`", expected]);
        let mut two = brightness(&[1, 3, 32, 32], &[1, 1]);
        two.output("mean", &[1]);
        refused(&two, &["2 outputs", "`score`", "`mean`", "[1, 1] or [1]"]);
        let mut whole = Onnx::new(1);
        whole.input("image", &[1, 3, 32, 32]);
        whole.node("Sigmoid", &["image"], "map", &[]);
        whole.output("map", &[1, 3, 32, 32]);
        refused(&whole, &["output `map`", "3", "32", "[1, 1] or [1]"]);
        let mut unknown = Onnx::new(1);
        unknown.input("image", &[1, 3, 32, 32]);
        unknown.node("Wonder", &["image"], "score", &[]);
        unknown.output("score", &[1, 1]);
        refused(&unknown, &["Wonder"]);
    }

    #[test]
    fn files_that_are_no_network_get_a_sentence() {
        let nets = tempfile::tempdir().expect("a folder");
        let shoot = folder(&[]);
        let whole = brightness(&[1, 3, 32, 32], &[1, 1]).bytes("mine");
        for length in [0, 10, whole.len() / 3, whole.len() - 40] {
            let scorer = nets.path().join("mine.onnx");
            fs::write(&scorer, &whole[..length]).expect("written");
            let ended = edgecull("cull", &scorer, shoot.path(), &[]);
            assert_eq!(ended.status, Some(1), "{length} bytes");
            assert!(ended.stderr.contains("mine.onnx cannot be the scorer"), "{}", ended.stderr);
            assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        }
        let ended = edgecull("cull", &nets.path().join("absent.onnx"), shoot.path(), &[]);
        assert_eq!(ended.status, Some(1));
        assert!(ended.stderr.contains("absent.onnx"), "{}", ended.stderr);
    }
}
