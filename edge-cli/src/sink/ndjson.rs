//! One JSON object a line.

use super::record::Record;
use std::io::{self, Write};

/// Writes one line.
///
/// # Errors
/// When `out` cannot be written.
pub fn record(out: &mut impl Write, record: &Record) -> io::Result<()> {
    serde_json::to_writer(&mut *out, record)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::super::record::samples;
    use super::*;
    use edgecull_core::face::Face;
    use edgecull_core::geometry::Rect;
    use std::path::Path;

    const SCHEMA: &str = include_str!("../../../docs/frame.v1.schema.json");

    fn line(path: &Path, judged: &crate::pipeline::Judged) -> serde_json::Value {
        let mut out = Vec::new();
        record(&mut out, &Record::new(path, judged)).expect("write");
        assert_eq!(out.iter().filter(|&&b| b == b'\n').count(), 1);
        assert_eq!(out.last(), Some(&b'\n'));
        serde_json::from_slice(&out).expect("json")
    }

    #[test]
    fn every_kind_of_line_validates() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).expect("json");
        let schema = jsonschema::validator_for(&schema).expect("schema");
        let mut portrait = samples::keep();
        portrait.faces = vec![samples::face(Rect { x: 4, y: 5, w: 60, h: 70 })];
        for judged in
            [samples::keep(), samples::review(), samples::reject(), samples::error(), portrait]
        {
            let line = line(Path::new("new\nline.jpg"), &judged);
            let found: Vec<_> = schema.iter_errors(&line).map(|e| e.to_string()).collect();
            assert!(found.is_empty(), "{line}: {found:?}");
        }
    }

    #[test]
    fn values_stand_as_published() {
        let line = line(Path::new("shoot/1.JPG"), &samples::reject());
        assert_eq!(line["schema"], "edgecull.frame.v1");
        assert_eq!(line["path"], "shoot/1.JPG");
        assert!(line.get("path_b64").is_none());
        assert_eq!(line["verdict"], "reject");
        assert_eq!(line["score"], 0.8123);
        assert_eq!(
            line["reasons"][0],
            serde_json::json!({"code": "out_of_focus", "confidence": 0.97, "measured": 0.97,
                "threshold": 0.8, "region": [1, 2, 30, 40]})
        );
        assert_eq!(line["measures"]["quality"], serde_json::Value::Null);
        assert_eq!(line["measures"]["motion"]["angle_deg"], 0.0);
        assert_eq!(line["exif"]["exposure_s"], 0.000125);
        assert_eq!(line["timing_us"]["faces"], 3);
        assert_eq!(line["timing_us"]["quality"], 5);
        assert_eq!(line["timing_us"]["total"], 15);
        assert_eq!(line["faces"], serde_json::json!([]));
        assert_eq!(line["error"], serde_json::Value::Null);
    }

    #[test]
    fn faces_stand_as_published() {
        let mut judged = samples::keep();
        let mut first = samples::face(Rect { x: 10, y: 20, w: 60, h: 80 });
        first.sharpness = Some(0.8);
        let second = Face { eyes: None, ..samples::face(Rect { x: 0, y: 0, w: 6, h: 8 }) };
        judged.faces = vec![first, second];
        let line = line(Path::new("1.JPG"), &judged);
        assert_eq!(
            line["faces"][0],
            serde_json::json!({"box": [10, 20, 60, 80], "confidence": 0.98,
                "landmarks": [[28.0, 52.0], [52.0, 52.0], [40.0, 68.0], [31.0, 84.0], [49.0, 84.0]],
                "sharpness": 0.8,
                "eyes": {"left": {"state": "open", "p_open": 0.97},
                    "right": {"state": "hidden", "p_open": null}}})
        );
        assert_eq!(line["faces"][1]["eyes"]["left"]["state"], "hidden");
        assert!(line["faces"][1].get("sharpness").is_none());
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_utf8_are_given_exactly() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"a\xFF.jpg"));
        let line = line(path, &samples::keep());
        assert_eq!(line["path"], "a\u{FFFD}.jpg");
        assert_eq!(line["path_b64"], "Yf8uanBn");
    }
}
