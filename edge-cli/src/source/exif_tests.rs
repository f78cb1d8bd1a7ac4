use super::*;
use exif::experimental::Writer;
use exif::{Rational, SRational};
use std::io::Cursor;

fn field(tag: Tag, value: Value) -> Field {
    Field { tag, ifd_num: In::PRIMARY, value }
}

fn ascii_value(text: &str) -> Value {
    Value::Ascii(vec![text.as_bytes().to_vec()])
}

fn tiff(fields: &[Field]) -> Vec<u8> {
    let mut writer = Writer::new();
    fields.iter().for_each(|f| writer.push_field(f));
    let mut out = Cursor::new(Vec::new());
    writer.write(&mut out, false).expect("exif");
    out.into_inner()
}

fn full() -> Vec<Field> {
    vec![
        field(Tag::Orientation, Value::Short(vec![6])),
        field(Tag::DateTimeOriginal, ascii_value("2024:05:01 12:34:56")),
        field(Tag::SubSecTimeOriginal, ascii_value("78 ")),
        field(Tag::OffsetTimeOriginal, ascii_value("+02:00")),
        field(Tag::PhotographicSensitivity, Value::Short(vec![400])),
        field(Tag::ExposureTime, Value::Rational(vec![Rational { num: 1, denom: 200 }])),
        field(Tag::FocalLength, Value::Rational(vec![Rational { num: 500, denom: 10 }])),
        field(Tag::FNumber, Value::Rational(vec![Rational { num: 28, denom: 10 }])),
        field(Tag::ExposureBiasValue, Value::SRational(vec![SRational { num: -1, denom: 3 }])),
        field(Tag::SubjectArea, Value::Short(vec![100, 80, 40, 20])),
        field(Tag::Make, ascii_value("Maker")),
        field(Tag::Model, ascii_value(" Camera\n 1 ")),
        field(Tag::ExposureMode, Value::Short(vec![2])),
        field(Tag::LensModel, ascii_value("50mm")),
    ]
}

#[test]
fn every_value_is_read_from_a_segment() {
    let payload = [APP1_IDENTIFIER, &tiff(&full())].concat();
    let got = Summary::from_app1(&payload).expect("exif");
    assert_eq!(got.orientation, Orientation::QuarterTurn);
    assert_eq!(got.time.as_deref(), Some("2024-05-01T12:34:56.78+02:00"));
    assert_eq!(got.time_ms, Some(1_714_559_696_780));
    assert_eq!(got.exposure_mode, Some(ExposureMode::Bracket));
    assert_eq!(got.maker.as_deref(), Some("Maker"));
    assert_eq!(got.iso, Some(400));
    assert_eq!(got.exposure_s, Some(0.005));
    assert_eq!(got.focal_mm, Some(50.0));
    assert_eq!(got.f_number, Some(2.8));
    assert!((got.exposure_bias_ev.expect("bias") + 1.0 / 3.0).abs() < 1e-9);
    let subject = got.subject.expect("a subject");
    assert_eq!(subject.within(600, 400), Some(Rect { x: 80, y: 70, w: 40, h: 20 }));
    assert_eq!(got.model.as_deref(), Some("Camera 1"));
    assert_eq!(got.lens.as_deref(), Some("50mm"));
    // A TIFF stream is a container of its own.
    assert_eq!(Summary::from_container(&mut Cursor::new(tiff(&full()))), Some(got));
}

#[test]
fn values_that_mean_nothing_are_left_out() {
    let got = Summary::from_app1(&tiff(&[
        field(Tag::Orientation, Value::Short(vec![9])),
        field(Tag::DateTimeOriginal, ascii_value("0000:00:00 00:00:00")),
        field(Tag::PhotographicSensitivity, Value::Short(vec![65535])),
        field(Tag::ISOSpeed, Value::Long(vec![102_400])),
        field(Tag::ExposureTime, Value::Rational(vec![Rational { num: 1, denom: 0 }])),
        field(Tag::FocalLength, Value::Rational(vec![Rational { num: 0, denom: 0 }])),
        field(Tag::SubjectArea, Value::Short(vec![1])),
        field(Tag::Model, ascii_value("   ")),
    ]))
    .expect("exif");
    assert_eq!(got, Summary { iso: Some(102_400), ..Summary::default() });
}

#[test]
fn values_that_no_photograph_has_are_left_out() {
    let rational = |num, denom| Value::Rational(vec![Rational { num, denom }]);
    let got = Summary::from_app1(&tiff(&[
        field(Tag::ExposureTime, rational(u32::MAX, 1)),
        field(Tag::FNumber, rational(1, u32::MAX)),
        field(Tag::FocalLength, Value::Double(vec![f64::NAN])),
        field(Tag::ExposureBiasValue, Value::SRational(vec![SRational { num: 21, denom: 1 }])),
        field(Tag::ExposureMode, Value::Short(vec![3])),
        field(Tag::PhotographicSensitivity, Value::Long(vec![u32::MAX])),
        field(Tag::DateTimeOriginal, ascii_value("0000:01:01 00:00:00")),
        field(Tag::Make, ascii_value("")),
        field(Tag::LensModel, ascii_value(&"x".repeat(70_000))),
    ]))
    .expect("exif");
    assert_eq!(got, Summary { lens: Some("x".repeat(128)), ..Summary::default() });
}

#[test]
fn a_time_that_is_none_gives_way_to_the_next() {
    let got = Summary::from_app1(&tiff(&[
        field(Tag::DateTimeOriginal, ascii_value("    :  :     :  :  ")),
        field(Tag::SubSecTimeOriginal, ascii_value("11")),
        field(Tag::DateTimeDigitized, ascii_value("2024:05:01 12:34:56")),
        field(Tag::SubSecTimeDigitized, ascii_value("5")),
    ]))
    .expect("exif");
    assert_eq!(got.time.as_deref(), Some("2024-05-01T12:34:56.5"));
}

#[test]
fn long_forms_of_the_sensitivity_count_where_the_short_one_is_full() {
    for tag in [Tag::StandardOutputSensitivity, Tag::RecommendedExposureIndex, Tag::ISOSpeed] {
        let fields = [
            field(Tag::PhotographicSensitivity, Value::Short(vec![65535])),
            field(tag, Value::Long(vec![102_400])),
        ];
        assert_eq!(Summary::from_app1(&tiff(&fields)).expect("exif").iso, Some(102_400));
    }
}

#[test]
fn what_one_does_not_say_another_may() {
    let of = |fields: &[Field]| Summary::from_app1(&tiff(fields)).expect("exif");
    let sparse = of(&[
        field(Tag::Orientation, Value::Short(vec![8])),
        field(Tag::Model, ascii_value("Camera 2")),
    ]);
    let got = sparse.clone().or(of(&full()));
    assert_eq!(got.orientation, Orientation::ThreeQuarterTurn);
    assert_eq!(got.model.as_deref(), Some("Camera 2"));
    let rest = Summary { orientation: sparse.orientation, model: sparse.model, ..of(&full()) };
    assert_eq!(got, rest);
}

/// The subject of a picture that was written with these sides.
fn subject(tag: Tag, values: &[u16], sides: Option<(u32, u32)>) -> Option<SubjectArea> {
    let mut fields = vec![field(tag, Value::Short(values.to_vec()))];
    if let Some((width, height)) = sides {
        fields.push(field(Tag::PixelXDimension, Value::Long(vec![width])));
        fields.push(field(Tag::PixelYDimension, Value::Long(vec![height])));
    }
    Summary::from_app1(&tiff(&fields)).expect("exif").subject
}

#[test]
fn points_circles_and_rectangles_are_boxes_about_their_centre() {
    let of = |tag, values: &[u16]| subject(tag, values, None).and_then(|s| s.within(800, 400));
    let rect = |x, y, w, h| Some(Rect { x, y, w, h });
    assert_eq!(of(Tag::SubjectArea, &[400, 200]), rect(375, 175, 50, 50));
    assert_eq!(of(Tag::SubjectLocation, &[400, 200]), rect(375, 175, 50, 50));
    assert_eq!(of(Tag::SubjectArea, &[400, 200, 80]), rect(360, 160, 80, 80));
    assert_eq!(of(Tag::SubjectArea, &[400, 200, 80, 40]), rect(360, 180, 80, 40));
    // What lies outside is cut off.
    assert_eq!(of(Tag::SubjectArea, &[10, 390, 80, 40]), rect(0, 370, 50, 30));
}

#[test]
fn a_subject_is_found_again_in_a_smaller_copy_and_in_no_other_picture() {
    let of = |values: &[u16], sides| {
        subject(Tag::SubjectArea, values, Some(sides)).and_then(|s| s.within(800, 400))
    };
    let rect = Rect { x: 360, y: 180, w: 80, h: 40 };
    assert_eq!(of(&[1600, 800, 320, 160], (3200, 1600)), Some(rect));
    assert_eq!(of(&[400, 200, 80, 40], (800, 400)), Some(rect));
    for (values, sides, why) in [
        (&[1600, 800, 320, 160][..], (3200, 2400), "cropped"),
        (&[200, 400, 80, 40], (400, 800), "turned"),
        (&[3300, 800, 320, 160], (3200, 1600), "outside"),
        (&[1600, 800, 3200, 1600], (3200, 1600), "the whole picture"),
        (&[0, 0, 320, 160], (3200, 1600), "not known"),
        (&[1600, 800, 0, 160], (3200, 1600), "empty"),
        (&[1600, 800, 3, 1, 5], (3200, 1600), "no shape"),
    ] {
        assert_eq!(of(values, sides), None, "{why}");
    }
    assert_eq!(subject(Tag::SubjectArea, &[9, 9], None).and_then(|s| s.within(0, 0)), None);
}

#[test]
fn time_and_aperture_are_made_from_apex_where_they_are_missing() {
    let shutter = Value::SRational(vec![SRational { num: 7, denom: 1 }]);
    let aperture = Value::Rational(vec![Rational { num: 4, denom: 1 }]);
    let fields = [field(Tag::ShutterSpeedValue, shutter), field(Tag::ApertureValue, aperture)];
    let got = Summary::from_app1(&tiff(&fields)).expect("exif");
    assert_eq!((got.exposure_s, got.f_number), (Some(1.0 / 128.0), Some(4.0)));
}

#[test]
fn no_damage_panics_or_yields_a_bad_number() {
    let whole = tiff(&full());
    let check = |bytes: &[u8]| {
        if let Some(s) = Summary::from_app1(bytes) {
            let numbers = [s.exposure_s, s.focal_mm, s.f_number];
            assert!(numbers.iter().flatten().all(|v| v.is_finite() && *v >= 0.0));
            assert!(s.exposure_bias_ev.is_none_or(f64::is_finite));
        }
    };
    for cut in 0..whole.len() {
        check(&whole[..cut]);
    }
    for at in 0..whole.len() {
        for value in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            check(&bytes);
        }
    }
}

#[test]
fn a_cut_stream_gives_what_came_before_the_cut() {
    let whole = tiff(&[
        field(Tag::Orientation, Value::Short(vec![3])),
        field(Tag::Model, ascii_value("A camera with a long name")),
    ]);
    // The name lies behind the table; without it the orientation still stands.
    let got = Summary::from_app1(&whole[..whole.len() - 4]).expect("exif");
    assert_eq!(got.orientation, Orientation::HalfTurn);
    assert_eq!(got.model, None);
}
