//! An explanation as text, and as JSON.

use super::place::place_in;
use super::words::{self, Finding};
use super::{Evidence, Explained, Gauge, Standing};
use crate::sink::record::Record;
use crate::sink::table::escape;
use edgecull_core::geometry::Rect;
use edgecull_core::measure::subject::By;
use serde::Serialize;
use std::io::{self, Write};

/// The name of the JSON's schema.
pub const SCHEMA: &str = "edgecull.inspect.v1";

/// Characters of a full bar.
const BAR: usize = 20;

#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    strictness: &'static str,
    findings: Vec<Finding>,
    notes: Vec<String>,
    limits: Vec<Limits>,
    composition: Option<Composition>,
    record: Record<'a>,
}

#[derive(Serialize)]
struct Limits {
    measure: &'static str,
    value: f32,
    review: f32,
    reject: Option<f32>,
}

/// Places in pixels of the upright picture.
#[derive(Serialize)]
struct Composition {
    horizon: Option<Horizon>,
    subject: Option<Subject>,
}

#[derive(Serialize)]
struct Horizon {
    tilt_deg: f32,
    y_left: f32,
    y_right: f32,
}

#[derive(Serialize)]
struct Subject {
    region: [u32; 4],
    source: &'static str,
    cut: f32,
}

impl Composition {
    fn of(evidence: &Evidence) -> Self {
        let horizon = evidence.horizon.map(|h| Horizon {
            tilt_deg: h.tilt_deg,
            y_left: h.y_left,
            y_right: h.y_right,
        });
        let subject = evidence.subject.map(|s| Subject {
            region: [s.region.x, s.region.y, s.region.w, s.region.h],
            source: match s.by {
                By::Camera => "camera",
                By::Faces => "faces",
                By::Detail => "found",
            },
            cut: s.cut,
        });
        Self { horizon, subject }
    }
}

/// Writes one JSON object.
///
/// # Errors
/// When `out` cannot be written.
pub fn json(out: &mut impl Write, explained: &Explained) -> io::Result<()> {
    let limits = explained.gauges().into_iter().filter_map(|gauge| {
        let limit = gauge.limit?;
        let Gauge { name, value, .. } = gauge;
        Some(Limits { measure: name, value, review: limit.review, reject: limit.reject })
    });
    let json = Json {
        schema: SCHEMA,
        strictness: explained.strictness.name(),
        findings: words::findings(explained),
        notes: words::notes(explained),
        limits: limits.collect(),
        composition: explained.evidence.as_ref().map(Composition::of),
        record: Record::new(&explained.path, &explained.judged),
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    out.write_all(b"\n")
}

/// Writes text for people.
///
/// # Errors
/// When `out` cannot be written.
pub fn table(out: &mut impl Write, explained: &Explained) -> io::Result<()> {
    writeln!(out, "{}", escape(&explained.path.to_string_lossy()))?;
    if let Some(size) = words::size(explained) {
        writeln!(out, "{size}")?;
    }
    let exif = explained.judged.exif.as_ref().map(words::exif).unwrap_or_default();
    if !exif.is_empty() {
        writeln!(out, "{}", escape(&exif))?;
    }
    let verdict = &explained.judged.verdict;
    let score = verdict.score.map_or_else(String::new, |score| format!(", score {score:.2}"));
    let strictness = explained.strictness.name();
    writeln!(out, "\n{}{score}, strictness {strictness}", verdict.decision.name())?;
    for finding in words::findings(explained) {
        let place = match finding.region {
            Some([x, y, w, h]) => format!(" (at {x}, {y}: {w} x {h} pixels)"),
            None => String::new(),
        };
        writeln!(out, "- {}{place}", escape(&finding.text))?;
    }
    for note in words::notes(explained) {
        writeln!(out, "- {note}")?;
    }
    let gauges = explained.gauges();
    if gauges.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n{:12} {:>5}  {:BAR$}  {:>6}  {:>6}",
        "measure", "value", "", "review", "reject"
    )?;
    for gauge in &gauges {
        let filled = (gauge.value.clamp(0.0, 1.0) * BAR as f32).round() as usize;
        let bar = format!("{}{}", "#".repeat(filled), ".".repeat(BAR - filled));
        let line = format!("{:12} {:>5.2}  {bar}{}", gauge.name, gauge.value, limits(gauge));
        writeln!(out, "{}", line.trim_end())?;
    }
    if let Some(subject) = explained.evidence.as_ref().and_then(|e| e.subject)
        && let Some((width, height)) = explained.judged.size
    {
        let what = words::subject_name(&subject);
        let Rect { x, y, w, h } = subject.region;
        let place = place_in(subject.region, width, height);
        writeln!(out, "\n{what}: {place} (at {x}, {y}: {w} x {h} pixels)")?;
    }
    Ok(())
}

fn limits(gauge: &Gauge) -> String {
    let Some(limit) = gauge.limit else {
        return String::new();
    };
    let reject = limit.reject.map_or_else(|| "never".into(), |reject| format!("{reject:.2}"));
    let mark = match gauge.standing() {
        Standing::Broken => "  <- rejects it",
        Standing::Doubtful => "  <- worth a look",
        Standing::Neutral | Standing::Fine => "",
    };
    format!("  {:>6.2}  {reject:>6}{mark}", limit.review)
}
