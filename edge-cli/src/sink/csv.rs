//! One row a frame, for spreadsheets.
//!
//! The columns are those of [`HEADER`], in this order in every version; later
//! versions append some. Names of reasons are joined by `;`, strongest first.
//! A value that is not known is an empty field. Quoting follows RFC 4180.

use super::record::Record;
use std::io::{self, Write};

/// Names of the columns.
pub const HEADER: [&str; 29] = [
    "path",
    "verdict",
    "score",
    "reasons",
    "blur",
    "sharpness",
    "motion",
    "motion_angle_deg",
    "under",
    "over",
    "mean",
    "clipped_highlights",
    "clipped_shadows",
    "noise",
    "thirds",
    "quality",
    "time",
    "iso",
    "exposure_s",
    "focal_mm",
    "model",
    "error",
    "burst",
    "burst_rank",
    "burst_size",
    "set_kind",
    "set",
    "set_index",
    "set_size",
];

/// Writes the header.
///
/// # Errors
/// When `out` cannot be written.
pub fn header(out: &mut impl Write) -> io::Result<()> {
    row(out, &HEADER.map(str::to_owned))
}

/// Writes one row.
///
/// # Errors
/// When `out` cannot be written.
pub fn record(out: &mut impl Write, record: &Record) -> io::Result<()> {
    let codes: Vec<&str> = record.reasons.iter().map(|r| r.code.as_ref()).collect();
    let m = record.measures.as_ref();
    let of = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let number = |value: Option<u32>| value.map_or_else(String::new, |v| v.to_string());
    let exif = record.exif.as_ref();
    let (burst, set) = (record.burst.as_ref(), record.set.as_ref());
    row(
        out,
        &[
            record.path.to_string(),
            record.verdict.name().to_owned(),
            of(record.score),
            codes.join(";"),
            of(m.map(|m| m.blur)),
            of(m.map(|m| m.sharpness)),
            of(m.map(|m| m.motion.amount)),
            of(m.and_then(|m| m.motion.angle_deg)),
            of(m.map(|m| m.exposure.under)),
            of(m.map(|m| m.exposure.over)),
            of(m.map(|m| m.exposure.mean)),
            of(m.map(|m| m.exposure.clipped_highlights)),
            of(m.map(|m| m.exposure.clipped_shadows)),
            of(m.map(|m| m.noise)),
            of(m.map(|m| m.composition.thirds)),
            of(m.and_then(|m| m.quality)),
            text(exif.and_then(|e| e.time)),
            number(exif.and_then(|e| e.iso)),
            of(exif.and_then(|e| e.exposure_s)),
            of(exif.and_then(|e| e.focal_mm)),
            text(exif.and_then(|e| e.model)),
            text(record.error.as_deref()),
            number(burst.map(|b| b.id)),
            number(burst.map(|b| b.rank)),
            number(burst.map(|b| b.size)),
            text(set.map(|s| s.kind)),
            number(set.map(|s| s.id)),
            number(set.map(|s| s.index)),
            number(set.map(|s| s.size)),
        ],
    )
}

fn row(out: &mut impl Write, fields: &[String; HEADER.len()]) -> io::Result<()> {
    // A writer of its own for each row keeps the row whole in one write.
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(fields)?;
    out.write_all(&writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

#[cfg(test)]
mod tests {
    use super::super::record::samples;
    use super::*;
    use std::path::Path;

    #[test]
    fn rows_read_back_as_they_were_whatever_the_name() {
        let name = "a \"quoted\",\nnew line;.jpg";
        let mut out = Vec::new();
        header(&mut out).expect("write");
        for judged in [samples::reject(), samples::error()] {
            record(&mut out, &Record::new(Path::new(name), &judged)).expect("write");
        }
        let mut rows = csv::Reader::from_reader(&out[..]);
        assert_eq!(rows.headers().expect("header"), HEADER.to_vec());
        let rows: Vec<_> = rows.records().map(|r| r.expect("row")).collect();
        let at = |row: usize, column: &str| {
            let column = HEADER.iter().position(|h| *h == column).expect("column");
            rows[row].get(column).expect("field").to_owned()
        };
        assert_eq!(rows.len(), 2);
        assert_eq!(at(0, "path"), name);
        assert_eq!(at(0, "verdict"), "reject");
        assert_eq!(at(0, "reasons"), "out_of_focus;underexposed");
        assert_eq!(at(0, "blur"), "0.05");
        assert_eq!(at(0, "exposure_s"), "0.000125");
        assert_eq!(at(0, "model"), "Camera \"1\", mark II");
        assert_eq!(at(0, "quality"), "");
        assert_eq!(at(1, "verdict"), "error");
        assert_eq!(at(1, "score"), "");
        assert_eq!(at(1, "error"), "the file ends at byte 1234");
    }
}
