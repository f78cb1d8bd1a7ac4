//! The record of one frame, schema `edgecull.frame.v1`: the shape of the NDJSON
//! line, and what the table and the CSV row are made from.
//!
//! `docs/frame.v1.schema.json` describes the same. Numbers are rounded to what
//! they mean (four decimals for probabilities and fractions), and are finite.

use crate::pipeline::{InBurst, InSet};
use crate::pipeline::{Judged, Timing};
use crate::source::exif::Summary;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edgecull_core::geometry::Rect;
use edgecull_core::verdict::{self, Decision, ReasonCode};
use edgecull_core::{eye, face};
use serde::Serialize;
use std::borrow::Cow;
use std::path::Path;

/// The name of the schema, in every record.
pub const SCHEMA: &str = "edgecull.frame.v1";

/// One frame's record.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// As given on the command line, joined with what was found below it;
    /// lossy where the name is not UTF-8.
    pub path: Cow<'a, str>,
    /// The exact bytes of a path that is not UTF-8, in standard base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_b64: Option<String>,
    /// The decision.
    #[serde(serialize_with = "name")]
    pub verdict: Decision,
    /// 0..1, higher is better.
    pub score: Option<f64>,
    /// Strongest first.
    pub reasons: Vec<Reason>,
    /// `None` where the frame could not be judged.
    pub measures: Option<Measures>,
    /// The most prominent first; empty where none were looked for.
    pub faces: Vec<Face>,
    /// Frames that look alike, this one among them; `None` where it stands alone.
    pub burst: Option<Burst>,
    /// Frames that stay together, this one among them.
    pub set: Option<Set>,
    /// What the camera wrote.
    pub exif: Option<Exif<'a>>,
    /// Durations in microseconds.
    pub timing_us: TimingUs,
    /// Why the frame could not be judged.
    pub error: Option<Cow<'a, str>>,
}

/// One reason.
#[derive(Debug, Serialize)]
pub struct Reason {
    /// Published name of the code.
    pub code: Cow<'static, str>,
    /// 0..1.
    pub confidence: f64,
    /// Measured value.
    pub measured: Option<f64>,
    /// Value at which the reason starts to count.
    pub threshold: Option<f64>,
    /// `[x, y, w, h]` in pixels of the upright picture.
    pub region: Option<[u32; 4]>,
    /// The code itself, for the words of the table.
    #[serde(skip)]
    pub number: ReasonCode,
}

/// Measures; see [`verdict::Measures`].
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the fields are those of the core's type of the same name")]
pub struct Measures {
    pub blur: f64,
    pub sharpness: f64,
    pub motion: Motion,
    pub exposure: Exposure,
    pub noise: f64,
    pub composition: Composition,
    pub quality: Option<f64>,
}

/// Motion; see [`verdict::Motion`].
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the fields are those of the core's type of the same name")]
pub struct Motion {
    pub amount: f64,
    pub angle_deg: Option<f64>,
}

/// Exposure; see [`verdict::Exposure`].
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the fields are those of the core's type of the same name")]
pub struct Exposure {
    pub under: f64,
    pub over: f64,
    pub mean: f64,
    pub clipped_highlights: f64,
    pub clipped_shadows: f64,
}

/// Composition; see [`verdict::Composition`].
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the fields are those of the core's type of the same name")]
pub struct Composition {
    pub thirds: f64,
}

/// A face; see [`face::Face`].
#[derive(Debug, Serialize)]
pub struct Face {
    /// `[x, y, w, h]` in pixels of the upright picture.
    #[serde(rename = "box")]
    pub region: [u32; 4],
    /// 0..1.
    pub confidence: f64,
    /// Left eye, right eye, nose, left and right corner of the mouth.
    pub landmarks: [[f64; 2]; 5],
    /// 0..1, where it could be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sharpness: Option<f64>,
    /// Those of a face that nobody looked at are hidden.
    pub eyes: Eyes,
}

/// The eyes on the left and on the right of the picture.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Eyes {
    pub left: Eye,
    pub right: Eye,
}

/// An eye; see [`eye::Eye`].
#[derive(Debug, Serialize)]
pub struct Eye {
    /// Published name of its state.
    pub state: &'static str,
    /// 0..1.
    pub p_open: Option<f64>,
}

/// A frame's place in a burst.
#[derive(Debug, Serialize)]
pub struct Burst {
    /// From 1, in this run.
    pub id: u32,
    /// From 1 for the best.
    pub rank: u32,
    /// Frames in it.
    pub size: u32,
}

/// A frame's place in a set.
#[derive(Debug, Serialize)]
pub struct Set {
    /// What the set is.
    pub kind: &'static str,
    /// From 1, in this run.
    pub id: u32,
    /// From 0, in the order in which they were taken.
    pub index: u32,
    /// Frames in it.
    pub size: u32,
}

/// The part of [`Summary`] that is published.
#[derive(Debug, Serialize)]
pub struct Exif<'a> {
    /// ISO 8601.
    pub time: Option<&'a str>,
    /// Photographic sensitivity.
    pub iso: Option<u32>,
    /// Seconds.
    pub exposure_s: Option<f64>,
    /// Millimetres.
    pub focal_mm: Option<f64>,
    /// Camera model.
    pub model: Option<&'a str>,
}

/// See [`Timing`].
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the fields are those of the pipeline's type")]
pub struct TimingUs {
    pub read: u64,
    pub scan: u64,
    pub faces: u64,
    pub measure: u64,
    pub quality: u64,
    pub total: u64,
}

impl<'a> Record<'a> {
    /// The record of the file at `path`.
    #[must_use]
    pub fn new(path: &'a Path, judged: &'a Judged) -> Self {
        let v = &judged.verdict;
        let path_b64 =
            path.to_str().is_none().then(|| STANDARD.encode(path.as_os_str().as_encoded_bytes()));
        // A frame that was not judged always says why, at least in the words
        // of its first reason.
        let error = match (&judged.error, v.decision) {
            (Some(sentence), _) => Some(Cow::Borrowed(sentence.as_str())),
            (None, Decision::Error) => {
                let code = v.reasons.first().map_or(ReasonCode::CORRUPT, |r| r.code);
                Some(Cow::Owned(format!("the file cannot be judged: {}", code_name(code))))
            }
            (None, _) => None,
        };
        Self {
            schema: SCHEMA,
            path: path.to_string_lossy(),
            path_b64,
            verdict: v.decision,
            score: v.score.map(unit),
            reasons: v.reasons.iter().map(Reason::new).collect(),
            measures: v.measures.as_ref().map(Measures::new),
            faces: judged.faces.iter().map(Face::new).collect(),
            burst: judged.company.burst.as_ref().map(Burst::new),
            set: judged.company.set.as_ref().map(Set::new),
            exif: judged.exif.as_ref().map(Exif::new),
            timing_us: TimingUs::new(judged.timing),
            error,
        }
    }
}

impl Reason {
    fn new(r: &verdict::Reason) -> Self {
        Self {
            code: code_name(r.code),
            confidence: unit(r.confidence),
            measured: r.measured.and_then(decimal),
            threshold: r.threshold.and_then(decimal),
            region: r.region.map(|Rect { x, y, w, h }| [x, y, w, h]),
            number: r.code,
        }
    }
}

impl Measures {
    fn new(m: &verdict::Measures) -> Self {
        Self {
            blur: unit(m.blur),
            sharpness: unit(m.sharpness),
            motion: Motion {
                amount: unit(m.motion.amount),
                angle_deg: m.motion.angle_deg.and_then(angle),
            },
            exposure: Exposure {
                under: unit(m.exposure.under),
                over: unit(m.exposure.over),
                mean: unit(m.exposure.mean),
                clipped_highlights: unit(m.exposure.clipped_highlights),
                clipped_shadows: unit(m.exposure.clipped_shadows),
            },
            noise: unit(m.noise),
            composition: Composition { thirds: unit(m.composition.thirds) },
            quality: m.quality.map(unit),
        }
    }
}

impl Face {
    /// Its box.
    #[must_use]
    pub fn rect(&self) -> Rect {
        let [x, y, w, h] = self.region;
        Rect { x, y, w, h }
    }

    fn new(f: &face::Face) -> Self {
        let Rect { x, y, w, h } = f.region;
        let [left, right] = f
            .eyes
            .unwrap_or([eye::Eye::UNSEEN; 2])
            .map(|e| Eye { state: e.state.name(), p_open: e.p_open.map(unit) });
        Self {
            region: [x, y, w, h],
            confidence: unit(f.confidence),
            landmarks: f.landmarks.map(|point| point.map(|at| round(f64::from(at), 1))),
            sharpness: f.sharpness.map(unit),
            eyes: Eyes { left, right },
        }
    }
}

impl Burst {
    fn new(&InBurst { id, rank, size, .. }: &InBurst) -> Self {
        Self { id, rank, size }
    }
}

impl Set {
    fn new(&InSet { kind, id, index, size, .. }: &InSet) -> Self {
        Self { kind: kind.name(), id, index, size }
    }
}

impl<'a> Exif<'a> {
    fn new(s: &'a Summary) -> Self {
        Self {
            time: s.time.as_deref(),
            iso: s.iso,
            exposure_s: s.exposure_s.and_then(significant),
            focal_mm: s.focal_mm.and_then(significant),
            model: s.model.as_deref(),
        }
    }
}

impl TimingUs {
    fn new(t: Timing) -> Self {
        let Timing { read, scan, faces, measure, quality, total, .. } = t;
        Self { read, scan, faces, measure, quality, total }
    }
}

/// The published name of a code; one of a newer version keeps its number.
#[must_use]
pub fn code_name(code: ReasonCode) -> Cow<'static, str> {
    code.name().map_or_else(|| format!("code_{}", code.0).into(), Cow::Borrowed)
}

fn name<S: serde::Serializer>(decision: &Decision, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(decision.name())
}

fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    // Adding zero turns a rounded -0 into 0.
    (value * scale).round() / scale + 0.0
}

/// A probability or fraction. What is no number counts as 0.
fn unit(value: f32) -> f64 {
    if value.is_nan() { 0.0 } else { round(f64::from(value.clamp(0.0, 1.0)), 4) }
}

fn decimal(value: f32) -> Option<f64> {
    value.is_finite().then(|| round(f64::from(value), 4))
}

/// Degrees in 0..180, where rounding up to 180 means 0.
fn angle(value: f32) -> Option<f64> {
    value.is_finite().then(|| round(f64::from(value), 1).rem_euclid(180.0))
}

/// Six significant digits: exposure times span ten powers of ten.
fn significant(value: f64) -> Option<f64> {
    if !value.is_finite() || value < 0.0 {
        return None;
    }
    // Formatting and parsing again rounds correctly in decimal.
    format!("{value:.5e}").parse().ok()
}

#[cfg(test)]
#[path = "samples.rs"]
pub(crate) mod samples;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_clamped_and_finite() {
        assert_eq!(unit(0.123_456), 0.1235);
        assert_eq!(unit(-0.000_01), 0.0);
        assert!(unit(-0.0).is_sign_positive());
        assert_eq!(unit(1.5), 1.0);
        assert_eq!(unit(f32::NAN), 0.0);
        assert_eq!(unit(f32::INFINITY), 1.0);
        assert_eq!(decimal(f32::NAN), None);
        assert_eq!(decimal(-12.345_678), Some(-12.3457));
        assert_eq!(angle(179.99), Some(0.0));
        assert_eq!(angle(12.34), Some(12.3));
        assert_eq!(significant(1.0 / 8000.0), Some(0.000125));
        assert_eq!(significant(1.0 / 3.0), Some(0.333333));
        assert_eq!(significant(f64::NAN), None);
    }

    #[test]
    fn an_error_always_has_its_sentence() {
        let mut judged = samples::error();
        judged.error = None;
        let record = Record::new(Path::new("a.jpg"), &judged);
        assert_eq!(record.error.as_deref(), Some("the file cannot be judged: truncated"));
    }

    #[test]
    fn codes_of_newer_versions_keep_their_number() {
        assert_eq!(code_name(ReasonCode(900)), "code_900");
        assert_eq!(code_name(ReasonCode::NOISY), "noisy");
    }
}
