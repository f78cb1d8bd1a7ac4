//! `edgecull model` as a process: its table, its errors, and what it makes of ONNX.

use edgecull_tests::nn;
use edgecull_tests::process::{Ended, run};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

fn model<A: AsRef<OsStr>>(args: &[A]) -> Ended {
    run([OsStr::new("model")].into_iter().chain(args.iter().map(AsRef::as_ref)), LIMIT)
}

fn json(ended: &Ended) -> Value {
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    serde_json::from_slice(&ended.stdout).expect("JSON")
}

/// The MobileNet of the vectors, as a file.
fn mobilenet(folder: &Path) -> PathBuf {
    let script = nn::script(&nn::folder().join("mobilenet.json"));
    let path = folder.join("mobilenet.ecm");
    fs::write(&path, script.net.document().expect("a network").bytes).expect("written");
    path
}

#[test]
fn info_counts_a_mobilenet() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = mobilenet(folder.path());
    let table = model(&["info".as_ref(), path.as_os_str()]);
    let text = String::from_utf8(table.stdout).expect("text");
    assert!(text.contains("depthwise") && text.contains("48x48x8"), "{text}");
    let info =
        json(&model(&["info".as_ref(), path.as_os_str(), "--format".as_ref(), "json".as_ref()]));
    assert_eq!(info["schema"], "edgecull.model.v1");
    assert_eq!(info["bytes"], fs::metadata(&path).expect("a file").len());
    let macs = info["macs"].as_u64().expect("a number");
    assert!((7_000_000..8_000_000).contains(&macs), "{macs}");
    let layers = info["layers"].as_array().expect("layers");
    let sum: u64 = layers.iter().map(|layer| layer["macs"].as_u64().expect("a number")).sum();
    assert_eq!(sum, macs);
    // 48 x 48 outputs of 8 channels, each of 3 x 3 x 3 inputs.
    assert_eq!(layers[0]["macs"], 48 * 48 * 8 * 27);
    assert_eq!(layers[0]["kernel"], serde_json::json!([3, 3]));
    let arena = info["arena"].as_u64().expect("a number");
    let peak = info["peak"].as_u64().expect("a number");
    // 48 x 48 pixels of 8 channels before a layer, of 16 behind it.
    assert_eq!(peak, 48 * 48 * (8 + 16));
    assert!(peak <= arena && arena <= 65_536, "{peak} {arena}");
}

#[test]
fn info_plans_other_sizes_and_says_which_cannot_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = mobilenet(folder.path());
    let sized = |size: &str| {
        let args = ["info", path.to_str().expect("a name"), "--format", "json", "--size", size];
        model(&args)
    };
    let (usual, larger) = (json(&sized("96x96")), json(&sized("128x160")));
    assert!(larger["arena"].as_u64() > usual["arena"].as_u64());
    assert_eq!(larger["input"]["shape"], serde_json::json!([128, 160, 3]));
    let none = sized("0x96");
    assert_eq!(none.status, Some(1));
    assert!(none.stderr.contains("96x128"), "{}", none.stderr);
}

#[test]
fn files_that_are_no_network_get_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = fs::read(mobilenet(folder.path())).expect("read");
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for (name, bytes, said) in [
        ("empty.ecm", &[][..], "not a network"),
        ("text.ecm", b"hello, world", "not a network"),
        ("short.ecm", &whole[..whole.len() / 2], "damaged"),
        ("flipped.ecm", &flipped, "damaged"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        let ended = model(&["info".as_ref(), path.as_os_str()]);
        assert_eq!(ended.status, Some(1), "{name}");
        assert!(ended.stdout.is_empty(), "{name}");
        assert!(ended.stderr.contains(said) && ended.stderr.contains(name), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
    let ended = model(&["info".as_ref(), folder.path().join("absent.ecm").as_os_str()]);
    assert_eq!(ended.status, Some(1));
    assert!(ended.stderr.contains("absent.ecm cannot be read"), "{}", ended.stderr);
}

#[cfg(not(feature = "onnx"))]
#[test]
fn a_build_without_onnx_says_so() {
    let quantize = model(&["quantize", "a.onnx", "--calibrate", "images", "-o", "a.ecm"]);
    let verify = model(&["verify", "a.onnx", "a.ecm", "images"]);
    for ended in [quantize, verify] {
        assert_eq!(ended.status, Some(1));
        assert!(ended.stderr.contains("--features onnx"), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
}

#[cfg(feature = "onnx")]
mod onnx {
    use super::{json, model};
    use edgecull_tests::npz::npz;
    use edgecull_tests::onnx::{Attribute, Onnx};
    use edgecull_tests::process::Ended;
    use std::fs;
    use std::path::Path;

    /// A classifier with most of what such networks are made of.
    fn classifier(seed: u64) -> Vec<u8> {
        let mut net = Onnx::new(seed);
        net.input("image", &[1, 3, 24, 24]);
        net.convolution("image", "stem", [3, 8, 3], [2, 1]);
        for (name, base, spread) in
            [("gain", 1.0, 0.4), ("shift", 0.1, 0.2), ("mean", 0.0, 0.2), ("var", 1.0, 0.5)]
        {
            let values: Vec<f32> = (0..8).map(|_| base + spread * net.random()).collect();
            net.floats(name, &[8], &values);
        }
        net.node("BatchNormalization", &["stem", "gain", "shift", "mean", "var"], "norm", &[]);
        net.node("Relu", &["norm"], "relu", &[]);
        net.convolution("relu", "depth", [8, 8, 3], [1, 8]);
        net.floats("zero", &[], &[0.0]);
        net.floats("six", &[], &[6.0]);
        net.node("Clip", &["depth", "zero", "six"], "relu6", &[]);
        net.convolution("relu6", "point", [8, 16, 1], [1, 1]);
        // Hard-swish as PyTorch writes it out.
        net.floats("three", &[], &[3.0]);
        net.node("Add", &["point", "three"], "moved", &[]);
        net.node("Clip", &["moved", "zero", "six"], "gate", &[]);
        net.node("Mul", &["point", "gate"], "product", &[]);
        net.node("Div", &["product", "six"], "swish", &[]);
        net.convolution("swish", "inner", [16, 16, 3], [1, 1]);
        net.node("Add", &["swish", "inner"], "sum", &[]);
        net.node("Relu", &["sum"], "block", &[]);
        let pool =
            [("kernel_shape", Attribute::Ints(&[2, 2])), ("strides", Attribute::Ints(&[2, 2]))];
        net.node("MaxPool", &["block"], "pooled", &pool);
        net.convolution("pooled", "left", [16, 8, 1], [1, 1]);
        net.node("LeakyRelu", &["left"], "leaky", &[("alpha", Attribute::Float(0.1))]);
        net.node("Concat", &["leaky", "pooled"], "both", &[("axis", Attribute::Int(1))]);
        net.node("GlobalAveragePool", &["both"], "mean_of_all", &[]);
        net.node("Flatten", &["mean_of_all"], "flat", &[]);
        net.weights("dense_w", &[5, 24], 4);
        net.weights("dense_b", &[5], 24);
        let transposed = [("transB", Attribute::Int(1))];
        net.node("Gemm", &["flat", "dense_w", "dense_b"], "logits", &transposed);
        net.node("Softmax", &["logits"], "classes", &[("axis", Attribute::Int(-1))]);
        net.output("logits", &[1, 5]);
        net.output("classes", &[1, 5]);
        net.bytes("classifier")
    }

    /// A scorer of one channel: upsampling, a skip over it, and a dense layer that sees
    /// a whole picture.
    fn scorer(seed: u64) -> Vec<u8> {
        let mut net = Onnx::new(seed);
        net.input("luma", &[1, 1, 16, 12]);
        net.convolution("luma", "first", [1, 6, 3], [1, 1]);
        net.node("Relu", &["first"], "fine", &[]);
        net.convolution("fine", "second", [6, 8, 3], [2, 1]);
        net.node("Relu", &["second"], "coarse", &[]);
        net.floats("factors", &[4], &[1.0, 1.0, 2.0, 2.0]);
        let nearest = [
            ("mode", Attribute::Text("nearest")),
            ("coordinate_transformation_mode", Attribute::Text("asymmetric")),
            ("nearest_mode", Attribute::Text("floor")),
        ];
        net.node("Resize", &["coarse", "", "factors"], "upsampled", &nearest);
        net.node("Concat", &["fine", "upsampled"], "skip", &[("axis", Attribute::Int(1))]);
        net.convolution("skip", "third", [14, 4, 3], [2, 1]);
        net.node("Relu", &["third"], "last", &[]);
        net.integers("flat_shape", &[1, -1]);
        net.node("Reshape", &["last", "flat_shape"], "flat", &[]);
        net.weights("dense_w", &[192, 3], 192);
        net.node("MatMul", &["flat", "dense_w"], "dense", &[]);
        net.node("Sigmoid", &["dense"], "score", &[]);
        net.output("score", &[1, 3]);
        net.bytes("scorer")
    }

    /// Images with edges, gradients and noise.
    fn images(folder: &Path, count: u64) {
        fs::create_dir_all(folder).expect("a folder");
        for seed in 0..count {
            let mut random = Onnx::new(seed);
            let [a, b, c, d] = [(); 4].map(|()| random.random());
            let picture = image::RgbImage::from_fn(48, 40, |x, y| {
                let (x, y) = (x as f32 / 48.0 - 0.5, y as f32 / 40.0 - 0.5);
                let edge = if a * x + b * y > c * 0.3 { 70.0 } else { -70.0 };
                let noise = [(); 3].map(|()| 20.0 * random.random());
                let wave = 40.0 * (12.0 * (x + d * y)).sin();
                let shade = [60.0 * a, 60.0 * b, 60.0 * d];
                let value =
                    |i: usize| (128.0 + edge + wave + noise[i] + shade[i]).clamp(0.0, 255.0);
                image::Rgb([0, 1, 2].map(|i| value(i) as u8))
            });
            picture.save(folder.join(format!("{seed:03}.png"))).expect("saved");
        }
    }

    fn quantize(folder: &Path, bytes: &[u8], calibrate: &Path, more: &[&str]) -> Ended {
        let onnx = folder.join("net.onnx");
        fs::write(&onnx, bytes).expect("written");
        let text = |path: &Path| path.to_str().expect("a name").to_owned();
        let output = text(&folder.join("net.ecm"));
        let (onnx, calibrate) = (text(&onnx), text(calibrate));
        let mut args = vec!["quantize", &onnx, "--calibrate", &calibrate, "-o", &output];
        args.extend(["--format", "json"]);
        args.extend(more);
        model(&args)
    }

    #[test]
    fn a_classifier_survives_int8() {
        let folder = tempfile::tempdir().expect("a folder");
        let pictures = folder.path().join("pictures");
        images(&pictures, 40);
        for method in ["mse", "percentile", "minmax"] {
            let made = quantize(folder.path(), &classifier(7), &pictures, &["--method", method]);
            let report = json(&made);
            let output = &report["outputs"][0];
            assert_eq!(output["output"], "logits");
            assert!(output["snr_db"].as_f64() > Some(20.0), "{method}: {report}");
            assert!(report["outputs"][1]["top_1"].as_f64() >= Some(0.9), "{method}: {report}");
            for layer in report["layers"].as_array().expect("layers") {
                assert!(layer["snr_db"].as_f64() > Some(15.0), "{method}: {layer}");
            }
            let network = folder.path().join("net.ecm");
            let args = ["info", network.to_str().expect("a name"), "--format", "json"];
            let info = json(&model(&args));
            assert_eq!(info["name"], "classifier");
            assert_eq!(info["arena"], report["arena"]);
            // Pixels less 128 are the input, to the bit.
            assert_eq!(info["input"]["zero_point"], -128);
            let names: Vec<&str> = info["layers"]
                .as_array()
                .expect("layers")
                .iter()
                .map(|layer| layer["op"].as_str().expect("a name"))
                .collect();
            // Normalisation and activations are gone, hard-swish is one table; two more are the leaky
            // rectifier and what brings the pooled tensor to the concatenation's scale.
            assert_eq!(names.iter().filter(|name| **name == "table").count(), 3, "{names:?}");
            assert_eq!(names.len(), 14, "{names:?}");

            let onnx = folder.path().join("net.onnx");
            let [onnx, network, pictures] =
                [&onnx, &network, &pictures].map(|path| path.to_str().expect("a name"));
            let args = ["verify", onnx, network, pictures, "--format", "json"];
            let verified = json(&model(&args));
            assert_eq!(verified["outputs"], report["outputs"]);
            fs::remove_file(network).expect("removed");
        }
    }

    #[test]
    fn a_scorer_survives_int8() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut random = Onnx::new(3);
        let each = 16 * 12;
        let mut values = Vec::new();
        for _ in 0..32 {
            let [a, b, c] = [(); 3].map(|()| random.random());
            for i in 0..each {
                let (x, y) = ((i % 12) as f32 / 6.0 - 1.0, (i / 12) as f32 / 8.0 - 1.0);
                values.push(60.0 * (a * x + b * y + c) + 20.0 * random.random());
            }
        }
        let data = folder.path().join("data.npz");
        fs::write(&data, npz(&[32, 1, 16, 12], &values)).expect("written");
        let report = json(&quantize(folder.path(), &scorer(5), &data, &["--name", "mine"]));
        assert_eq!(report["name"], "mine");
        assert_eq!(report["samples"], 32);
        assert!(report["outputs"][0]["snr_db"].as_f64() > Some(20.0), "{report}");
        // It does not matter in which order the axes are: with one channel both are one.
        fs::write(&data, npz(&[32, 16, 12, 1], &values)).expect("written");
        fs::remove_file(folder.path().join("net.ecm")).expect("removed");
        let again = json(&quantize(folder.path(), &scorer(5), &data, &["--name", "mine"]));
        assert_eq!(again, report);
        fs::write(&data, npz(&[32, 12, 16, 1], &values)).expect("written");
        fs::remove_file(folder.path().join("net.ecm")).expect("removed");
        let wrong = quantize(folder.path(), &scorer(5), &data, &[]);
        assert_eq!(wrong.status, Some(1));
        assert!(wrong.stderr.contains("[n, 1, 16, 12]"), "{}", wrong.stderr);
        assert!(!folder.path().join("net.ecm").exists());
    }

    #[test]
    fn what_is_not_supported_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let pictures = folder.path().join("pictures");
        images(&pictures, 2);
        let mut net = Onnx::new(1);
        net.input("image", &[1, 3, 24, 24]);
        net.convolution("image", "stem", [3, 8, 3], [2, 1]);
        net.node("Erf", &["stem"], "curve", &[]);
        net.output("curve", &[1, 8, 12, 12]);
        let ended = quantize(folder.path(), &net.bytes("net"), &pictures, &[]);
        assert_eq!(ended.status, Some(1));
        let said = &ended.stderr;
        assert!(said.contains("Erf") && said.contains("curve"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }

    #[test]
    fn damaged_files_get_a_sentence() {
        let folder = tempfile::tempdir().expect("a folder");
        let pictures = folder.path().join("pictures");
        images(&pictures, 2);
        let whole = classifier(7);
        let lengths = [0, 10, whole.len() / 3, whole.len() - 40];
        let damaged = lengths.map(|length| whole[..length].to_vec());
        let mut noise = whole.clone();
        noise.iter_mut().step_by(7).for_each(|byte| *byte ^= 0x55);
        for bytes in damaged.iter().chain([&noise, &b"not ONNX".to_vec()]) {
            let ended = quantize(folder.path(), bytes, &pictures, &[]);
            assert_eq!(ended.status, Some(1), "{} bytes", bytes.len());
            assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
            assert!(ended.stderr.contains("net.onnx"), "{}", ended.stderr);
            assert!(!folder.path().join("net.ecm").exists());
        }
    }

    #[test]
    fn damaged_images_are_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let pictures = folder.path().join("pictures");
        images(&pictures, 6);
        fs::write(pictures.join("broken.png"), b"no picture").expect("written");
        let ended = quantize(folder.path(), &classifier(7), &pictures, &[]);
        assert!(ended.stderr.contains("broken.png"), "{}", ended.stderr);
        assert_eq!(json(&ended)["samples"], 6);
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let pictures = folder.path().join("pictures");
        images(&pictures, 2);
        fs::write(folder.path().join("net.ecm"), b"mine").expect("written");
        let ended = quantize(folder.path(), &classifier(7), &pictures, &[]);
        assert_eq!(ended.status, Some(1));
        assert!(ended.stderr.contains("name another file"), "{}", ended.stderr);
        assert_eq!(fs::read(folder.path().join("net.ecm")).expect("read"), b"mine");
    }
}
