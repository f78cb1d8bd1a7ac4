use super::*;
use crate::render::{Scene, Subject, render};
use image::DynamicImage;

fn picture(width: u32, height: u32) -> Picture {
    let camera = Camera { width, height, sharpen: 0.0, ..Camera::new(width, height) };
    render(&Scene::new(Subject::Flower, 3), &camera)
}

/// Mean absolute difference of all samples.
fn difference(a: &[u8], b: &[u8]) -> f32 {
    assert_eq!(a.len(), b.len());
    let sum: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f32 / a.len() as f32
}

fn decoded(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory(bytes).expect("an independent decoder reads it")
}

/// Markers of a file up to the first scan, and how many scans there are.
fn markers(bytes: &[u8]) -> (Vec<u8>, usize) {
    let found: Vec<u8> =
        bytes.windows(2).filter(|w| w[0] == 0xFF && w[1] >= 0xC0).map(|w| w[1]).collect();
    let scans = found.iter().filter(|&&m| m == 0xDA).count();
    (found.into_iter().take_while(|&m| m != 0xDA).collect(), scans)
}

#[test]
fn every_sampling_and_coding_decodes_to_the_picture() {
    use Sampling::{F_1_1, F_1_2, F_2_1, F_2_2, R_4_1_0, R_4_1_1, R_4_2_1, R_4_4_1};
    let picture = picture(131, 77);
    let samplings = [
        (F_1_1, [1, 1]),
        (F_2_1, [2, 1]),
        (F_1_2, [1, 2]),
        (F_2_2, [2, 2]),
        (R_4_1_1, [4, 1]),
        (R_4_1_0, [4, 2]),
        (R_4_2_1, [2, 4]),
        (R_4_4_1, [1, 4]),
    ];
    for (sampling, [across, down]) in samplings {
        for coding in [Coding::Baseline, Coding::Optimised, Coding::Progressive(6)] {
            for restart_interval in [0, 3] {
                let form =
                    Jpeg { sampling, coding, restart_interval, quality: 92, ..Jpeg::default() };
                let bytes = form.encode(&picture).unwrap();
                let (head, scans) = markers(&bytes);
                let progressive = matches!(coding, Coding::Progressive(_));
                let restarts = restart_interval > 0 && coding != Coding::Optimised;
                let parted = coding == Coding::Optimised || across.max(down) == 4;
                let frame = if progressive { 0xC2 } else { 0xC0 };
                assert!(head.contains(&frame), "{form:?}");
                assert_eq!(head.contains(&0xDD), restarts, "{form:?}");
                if !progressive {
                    assert_eq!(scans, if parted { 3 } else { 1 }, "{form:?}");
                }
                let start = bytes.windows(2).position(|w| w == [0xFF, frame]).unwrap();
                assert_eq!(bytes[start + 11], across << 4 | down, "{form:?}");
                // Sequential files with a scan for each component are beyond
                // this decoder when luma has several rows or there are
                // restarts; djpeg reads them right.
                if progressive || !parted || (down == 1 && !restarts) {
                    let off = difference(&decoded(&bytes).to_rgb8(), &picture.rgb);
                    assert!(off < 6.0, "{form:?}: {off}");
                }
            }
        }
    }
}

#[test]
fn grey_and_inks_decode_to_the_picture() {
    let picture = picture(97, 63);
    let grey = Jpeg { colours: Colours::Grey, ..Jpeg::default() }.encode(&picture).unwrap();
    assert!(difference(decoded(&grey).as_luma8().expect("one component"), &picture.luma()) < 2.0);
    for colours in [Colours::Cmyk, Colours::Ycck] {
        let form = Jpeg { colours, sampling: Sampling::F_1_1, ..Jpeg::default() };
        let off = difference(&decoded(&form.encode(&picture).unwrap()).to_rgb8(), &picture.rgb);
        assert!(off < 4.0, "{colours:?}: {off}");
    }
}

#[test]
fn still_formats_keep_every_pixel() {
    let picture = picture(50, 41);
    for format in [ImageFormat::Png, ImageFormat::Tiff, ImageFormat::WebP] {
        let bytes = encode_as(&picture, format).unwrap();
        assert_eq!(image::guess_format(&bytes).unwrap(), format);
        assert_eq!(decoded(&bytes).to_rgb8().as_raw(), &picture.rgb, "{format:?}");
    }
}

#[test]
fn every_orientation_turns_back_to_the_picture() {
    let picture = picture(120, 72);
    for value in 1..=8u8 {
        let orientation = Orientation::from_exif(u32::from(value)).unwrap();
        let exif = Exif { orientation, ..Exif::of(&Camera::new(120, 72), 0) };
        let form = Jpeg { exif: Some(exif), sampling: Sampling::F_1_1, ..Jpeg::default() };
        let mut image = decoded(&form.encode(&picture).unwrap());
        assert_eq!((image.width(), image.height()), orientation.size(120, 72));
        image.apply_orientation(image::metadata::Orientation::from_exif(value).unwrap());
        let off = difference(&image.to_rgb8(), &picture.rgb);
        assert!(off < 3.0, "{value}: {off}");
    }
}

#[test]
fn exif_says_what_the_camera_did() {
    let camera = Camera::new(64, 48).lens(85.0, 1.8).at_iso(6400);
    let exif = Exif {
        taken_ms: (((13 * 60) + 5) * 60 + 9) * 1000 + 47,
        bias_ev: -2.0,
        orientation: Orientation::from_exif(6).unwrap(),
        ..Exif::of(&camera, 0)
    };
    let form = Jpeg { exif: Some(exif), ..Jpeg::default() };
    let bytes = form.encode(&picture(64, 48)).unwrap();
    let read = exif::Reader::new().read_from_container(&mut Cursor::new(&bytes)).unwrap();
    let shown = |tag| read.get_field(tag, In::PRIMARY).unwrap().display_value().to_string();
    assert_eq!(shown(Tag::DateTimeOriginal), "2026-05-16 13:05:09");
    assert_eq!(shown(Tag::SubSecTimeOriginal), "\"047\"");
    assert_eq!(shown(Tag::ExposureTime), "1/250");
    assert_eq!(shown(Tag::FNumber), "1.8");
    assert_eq!(shown(Tag::FocalLength), "85");
    assert_eq!(shown(Tag::PhotographicSensitivity), "6400");
    assert_eq!(shown(Tag::ExposureBiasValue), "-2");
    assert_eq!(shown(Tag::Model), "\"Edgecull Obscura\"");
    let orientation = read.get_field(Tag::Orientation, In::PRIMARY).unwrap();
    assert_eq!(orientation.value.get_uint(0), Some(6));
}

#[test]
fn what_no_jpeg_can_hold_is_refused() {
    let wide = Picture { width: 65_536, height: 1, rgb: vec![0; 3 * 65_536] };
    let refusal = Jpeg::default().encode(&wide);
    assert!(matches!(refusal, Err(EncodeError::TooLarge(65_536, 1))));
    let empty = Picture { width: 0, height: 0, rgb: Vec::new() };
    assert!(Jpeg::default().encode(&empty).is_err());
}
