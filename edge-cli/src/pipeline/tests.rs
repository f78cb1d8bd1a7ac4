use super::*;
use crate::render::encode::{Coding, Colours, Exif, Jpeg, encode_as};
use crate::render::{Camera, Picture};
use edgecull_core::verdict::Decision;

fn judge(bytes: &[u8]) -> Judged {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.jpg");
    std::fs::write(&path, bytes).expect("write");
    Judge::new(JudgeOptions::default()).file(&path)
}

#[test]
fn what_cannot_be_judged_is_an_error_with_a_sentence_and_a_reason() {
    for (bytes, code) in [
        (&b""[..], ReasonCode::TRUNCATED),
        (b"hello", ReasonCode::UNSUPPORTED),
        (b"\0\0\0\x10ftypcrx \0\0\0\0", ReasonCode::UNSUPPORTED),
        (b"\0\0\0\x18ftypcrx \0\0\0\0", ReasonCode::TRUNCATED),
        (b"\xFF\xD8\xFF\xC0\0\x02", ReasonCode::CORRUPT),
        (b"\xFF\xD8\xFF", ReasonCode::TRUNCATED),
        (b"\x89PNG\r\n\x1a\n broken", ReasonCode::CORRUPT),
    ] {
        let judged = judge(bytes);
        assert_eq!(judged.verdict.decision, Decision::Error);
        assert!(judged.verdict.has(code), "{bytes:?}: {judged:?}");
        assert!(judged.error.is_some_and(|e| !e.is_empty()));
    }
}

#[test]
fn files_that_cannot_be_read_have_no_reason_but_a_sentence() {
    let mut judge = Judge::new(JudgeOptions::default());
    for path in ["/nowhere/at/all.jpg", "/dev/null", "/"] {
        let judged = judge.file(Path::new(path));
        assert_eq!(judged.verdict.decision, Decision::Error);
        assert!(judged.verdict.reasons.is_empty());
        assert!(judged.error.is_some_and(|e| !e.contains("os error")));
    }
}

/// A picture whose upper half is bright, and is upright in all forms.
fn skies() -> Picture {
    let rgb = (0..192u32).flat_map(|y| (0..256u32).map(move |x| (x, y)));
    let rgb = rgb.flat_map(|(x, y)| {
        let texture = ((x / 5 + y / 7) % 2 * 40) as u8;
        if y < 96 { [180 + texture, 200, 215 - texture] } else { [20 + texture, 30, 25] }
    });
    Picture { width: 256, height: 192, rgb: rgb.collect() }
}

fn scored(folder: &Path, name: &str, bytes: &[u8], scorer: Option<Scorer>) -> Judged {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("written");
    let options = JudgeOptions { quality: false, ..JudgeOptions::default() };
    let mut judge = Judge::new(options).with_scorer(scorer.map(Arc::new));
    judge.file(&path)
}

fn quality(judged: &Judged) -> Option<f32> {
    judged.verdict.measures.and_then(|measures| measures.quality)
}

/// Red of the upper half less red of the lower; the same of luma in grey.
fn sky(colour: bool) -> Scorer {
    Scorer::new((32, 24), colour, move |pixels| {
        let step = if colour { 3 } else { 1 };
        assert_eq!(pixels.len(), 32 * 24 * step);
        let sum = |half: &[u8]| half.iter().step_by(step).map(|&v| f32::from(v)).sum::<f32>();
        let (upper, lower) = pixels.split_at(pixels.len() / 2);
        Ok((sum(upper) - sum(lower)) / (32.0 * 12.0 * 255.0))
    })
}

#[test]
fn a_scorer_sees_the_upright_picture_of_every_format() {
    let folder = tempfile::tempdir().expect("folder");
    let picture = skies();
    let png = encode_as(&picture, image::ImageFormat::Png).expect("encoded");
    for colour in [true, false] {
        let wanted = quality(&scored(folder.path(), "a.png", &png, Some(sky(colour))));
        let wanted = wanted.expect("a quality");
        assert!(wanted > 0.5, "{wanted}");
        for coding in [Coding::Baseline, Coding::Optimised, Coding::Progressive(6)] {
            for colours in [Colours::YCbCr, Colours::Grey] {
                for orientation in [1, 3, 6, 8].map(Orientation::from_exif) {
                    let exif = Exif {
                        orientation: orientation.expect("one of eight"),
                        ..Exif::of(&Camera::new(256, 192), 0)
                    };
                    let form = Jpeg { coding, colours, exif: Some(exif), ..Jpeg::default() };
                    let bytes = form.encode(&picture).expect("encoded");
                    let judged = scored(folder.path(), "a.jpg", &bytes, Some(sky(colour)));
                    let got = quality(&judged).expect("a quality");
                    let grey = colour && colours == Colours::Grey;
                    let close = if grey { 0.1 } else { 0.01 };
                    assert!((got - wanted).abs() < close, "{form:?}: {got} for {wanted}");
                    assert_eq!(judged.error, None);
                }
            }
        }
    }
}

#[test]
fn scores_are_cut_off_at_0_and_1() {
    let folder = tempfile::tempdir().expect("folder");
    let bytes = Jpeg::default().encode(&skies()).expect("encoded");
    for (given, wanted) in [(-3.0, 0.0), (0.25, 0.25), (17.0, 1.0)] {
        let scorer = Scorer::new((8, 8), true, move |_| Ok(given));
        let judged = scored(folder.path(), "a.jpg", &bytes, Some(scorer));
        assert_eq!(quality(&judged), Some(wanted));
    }
}

#[test]
fn a_scorer_that_fails_leaves_the_verdict_alone_and_is_noted() {
    let folder = tempfile::tempdir().expect("folder");
    let bytes = Jpeg::default().encode(&skies()).expect("encoded");
    let plain = scored(folder.path(), "a.jpg", &bytes, None);
    assert_ne!(plain.verdict.decision, Decision::Error);
    let failing: [(&str, Scorer); 4] = [
        ("NaN", Scorer::new((8, 8), true, |_| Ok(f32::NAN))),
        ("inf", Scorer::new((8, 8), true, |_| Ok(f32::INFINITY))),
        ("no memory", Scorer::new((8, 8), true, |_| Err("no memory".into()))),
        ("out of range", Scorer::new((8, 8), true, |_| panic!("out of range"))),
    ];
    for (why, scorer) in failing {
        let judged = scored(folder.path(), "a.jpg", &bytes, Some(scorer));
        assert_eq!(judged.verdict, plain.verdict, "{why}");
        let note = judged.error.expect("a note");
        assert!(note.contains("quality") && note.contains(why), "{note}");
    }
}

#[test]
fn what_is_not_whole_has_no_quality_and_the_same_verdict() {
    let folder = tempfile::tempdir().expect("folder");
    let bytes = Jpeg::default().encode(&skies()).expect("encoded");
    let mut garbled = bytes.clone();
    let middle = garbled.len() / 2;
    garbled[middle..middle + 2].copy_from_slice(&[0xFF, 0xC0]);
    for damaged in [&bytes[..bytes.len() * 3 / 4], &garbled, &bytes[..20], b"no picture"] {
        let plain = scored(folder.path(), "a.jpg", damaged, None);
        let judged = scored(folder.path(), "a.jpg", damaged, Some(sky(true)));
        assert_eq!(judged.verdict, plain.verdict);
        assert_eq!((quality(&judged), &judged.error), (None, &plain.error));
        assert!(judged.error.is_some());
    }
}

#[test]
fn the_shipped_networks_rate_unless_a_scorer_does() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.jpg");
    let bytes = Jpeg::default().encode(&skies()).expect("encoded");
    std::fs::write(&path, &bytes).expect("written");
    let mut judge = Judge::new(JudgeOptions::default());
    let first = judge.file(&path);
    let shipped = quality(&first).expect("a quality");
    assert!(shipped > 0.0 && shipped < 1.0, "{shipped}");
    // Whatever was in its memory: another picture, or one that it could not rate.
    let other = folder.path().join("b.jpg");
    for bytes in [&bytes[..bytes.len() / 2], b"no picture"] {
        std::fs::write(&other, bytes).expect("written");
        assert_eq!(quality(&judge.file(&other)), None);
        assert_eq!(judge.file(&path).verdict, first.verdict);
    }
    let fixed = Scorer::new((8, 8), true, |_| Ok(0.123));
    let mut judge = judge.with_scorer(Some(Arc::new(fixed)));
    assert_eq!(quality(&judge.file(&path)), Some(0.123));
}
