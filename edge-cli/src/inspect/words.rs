//! Sentences that a photographer understands.
//!
//! In comes what is known of a frame; out come findings: what speaks against it,
//! or, where nothing does, what speaks for it; and notes on what is neither.

use super::place::{EVERYWHERE, place};
use super::{Explained, faces};
use crate::sink::record::code_name;
use crate::sink::whose::whose;
use crate::source::exif::Summary;
use edgecull_core::geometry::Rect;
use edgecull_core::measure::subject::{By, Subject};
use edgecull_core::verdict::{Decision, Measures, Reason, ReasonCode};
use serde::Serialize;

/// One sentence about the frame.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The reason's published name; `None` where nothing is wrong.
    pub code: Option<String>,
    /// The sentence.
    pub text: String,
    /// Where, as `[x, y, w, h]` in pixels of the upright picture.
    pub region: Option<[u32; 4]>,
}

/// Clipping worth a word in a frame that is kept.
const MENTIONED: f32 = 0.02;

/// What is to be said of the frame, strongest first.
#[must_use]
pub fn findings(explained: &Explained) -> Vec<Finding> {
    let verdict = &explained.judged.verdict;
    let mut findings: Vec<Finding> = verdict
        .reasons
        .iter()
        .map(|reason| Finding {
            code: Some(code_name(reason.code).into_owned()),
            text: sentence(explained, reason),
            region: reason.region.map(|Rect { x, y, w, h }| [x, y, w, h]),
        })
        .collect();
    if let Some(error) = &explained.judged.error {
        if verdict.decision == Decision::Error {
            // The sentence says more than the code of a file that was not judged.
            for finding in &mut findings {
                finding.text.clone_from(error);
            }
            findings.truncate(1);
        }
        if findings.first().is_none_or(|first| first.text != *error) {
            findings.push(Finding { code: None, text: error.clone(), region: None });
        }
    }
    if let (Decision::Keep, Some(measures)) = (verdict.decision, &verdict.measures) {
        findings.extend(praise(explained, measures).into_iter().map(|text| Finding {
            code: None,
            text,
            region: None,
        }));
    }
    findings
}

/// What is worth knowing and decides nothing: motion that is forgiven, faces and their
/// eyes, how people would rate it, the horizon, a subject that the border cuts.
#[must_use]
pub fn notes(explained: &Explained) -> Vec<String> {
    let mut notes = Vec::new();
    let verdict = &explained.judged.verdict;
    let moved = verdict.measures.and_then(|measures| measures.motion.angle_deg);
    if let (Decision::Keep, Some(angle)) = (verdict.decision, moved) {
        notes.push(format!("a trace of motion {}, within what is forgiven", direction(angle)));
    }
    let Some(evidence) = &explained.evidence else {
        return notes;
    };
    notes.extend(faces::notes(explained));
    let quality = verdict.measures.and_then(|measures| measures.quality);
    notes.extend(quality.filter(|_| explained.rated).map(rating));
    notes.extend(evidence.horizon.map(|horizon| level(horizon.tilt_deg)));
    if let Some(subject) = evidence.subject.filter(|subject| subject.cut >= CUT) {
        let place = place(explained, subject.region).unwrap_or(EVERYWHERE);
        notes.push(match subject.by {
            By::Camera => {
                format!("the subject that the camera marked, {place}, is cut by the border")
            }
            By::Faces => format!("faces, {place}, are cut by the border"),
            By::Detail => format!("the sharpest area, {place}, runs out of the picture"),
        });
    }
    notes
}

/// Quality of a quarter, half and three quarters of 917 rated photographs is less, told
/// by networks that were fitted without them.
const QUARTERS: [f32; 3] = [0.45, 0.58, 0.66];

/// Where a quality stands among others.
fn rating(quality: f32) -> String {
    let quarter = match QUARTERS.iter().filter(|&&limit| quality >= limit).count() {
        0 => "in the lowest quarter",
        1 => "in the lower half",
        2 => "in the upper half",
        _ => "in the best quarter",
    };
    format!("people would rate it {quarter} of photographs (quality {quality:.2})")
}

/// From this share of one side on the border, a subject is called cut.
const CUT: f32 = 0.5;

/// A horizon that tilts by less than so many degrees is level to the eye.
const LEVEL: f32 = 0.5;

/// How a horizon lies that rises to the right by so many degrees.
fn level(tilt_deg: f32) -> String {
    match tilt_deg {
        t if t.abs() < LEVEL => "the horizon is level".into(),
        t if t < 0.0 => format!("the horizon falls to the right by {:.1} degrees", -t),
        t => format!("the horizon rises to the right by {t:.1} degrees"),
    }
}

fn sentence(explained: &Explained, reason: &Reason) -> String {
    let measures = explained.judged.verdict.measures.unwrap_or_default();
    let exposure = measures.exposure;
    let place = reason.region.and_then(|region| place(explained, region));
    let boxes = explained.judged.faces.iter().map(|face| face.region);
    let is_face = reason.region.is_some_and(|region| boxes.clone().any(|face| face == region));
    let face = reason.region.and_then(|region| whose(boxes, region));
    let at = |lead: &str| place.map_or_else(String::new, |place| format!("{lead}{place}"));
    match reason.code {
        ReasonCode::OUT_OF_FOCUS => format!("soft everywhere: {}", sharpest(explained)),
        ReasonCode::SUBJECT_SOFT => {
            let named = explained.evidence.as_ref().and_then(|e| e.subject);
            let marked = named.is_some_and(|subject| subject.by == By::Camera);
            let who = match (&face, is_face) {
                (Some(face), _) => face.as_str(),
                (None, true) => "the face",
                (None, false) if marked => "what the camera focused on",
                (None, false) => "the subject",
            };
            let behind = match place {
                Some(place) if place != EVERYWHERE => format!(", {place},"),
                _ => String::new(),
            };
            format!("{who}{behind} is soft, while something else is sharp")
        }
        ReasonCode::MOTION_BLUR => {
            let way = measures
                .motion
                .angle_deg
                .map_or_else(String::new, |angle| format!(" {}", direction(angle)));
            let shutter = explained.judged.exif.as_ref().and_then(|e| e.exposure_s);
            let shutter = shutter.map_or_else(String::new, |s| format!(", at {}", seconds(s)));
            format!("the camera or the scene moved{way}{shutter}: {}", sharpest(explained))
        }
        ReasonCode::UNDEREXPOSED => format!(
            "too dark to be saved: its mean brightness is {}, and {} of it is blocked up",
            percent(exposure.mean),
            percent(exposure.clipped_shadows)
        ),
        ReasonCode::OVEREXPOSED => format!(
            "too bright to be saved: {} of it is blown out{}",
            percent(exposure.clipped_highlights),
            at(", most of that at ")
        ),
        ReasonCode::NOISY => {
            let iso = explained.judged.exif.as_ref().and_then(|e| e.iso);
            let iso = iso.map_or_else(String::new, |iso| format!(", even for ISO {iso}"));
            format!("noise hides the fine detail{iso}")
        }
        ReasonCode::ACCIDENTAL => {
            "nothing was photographed: one even tone with no detail anywhere".into()
        }
        ReasonCode::TRUNCATED => match reason.measured {
            Some(seen) => {
                format!("the file ends early: {} of the picture is missing", percent(1.0 - seen))
            }
            None => "the file ends before the picture begins".into(),
        },
        ReasonCode::CORRUPT => match reason.measured {
            Some(seen) => format!("the file is damaged: {} of it could be read", percent(seen)),
            None => "the file is damaged".into(),
        },
        ReasonCode::UNSUPPORTED => "this kind of file is not judged".into(),
        ReasonCode::EYES_CLOSED => {
            format!("closed eyes: {}{}", face.as_deref().unwrap_or("the face"), at(", "))
        }
        ReasonCode::NEAR_DUPLICATE => "its burst holds a better one".into(),
        ReasonCode::LOW_QUALITY => "low quality altogether".into(),
        ReasonCode::OFF_TASTE => "of a kind that you usually throw away".into(),
        other => code_name(other).replace('_', " "),
    }
}

/// What is good about a frame that is kept.
fn praise(explained: &Explained, measures: &Measures) -> Vec<String> {
    let focus = explained.evidence.as_ref().map(|e| &e.focus);
    let mut praise = Vec::new();
    match focus.and_then(|focus| focus.sharpest_tile()) {
        Some(_) => praise.push(format!("sharp enough: {}", sharpest(explained))),
        None => praise.push("nothing in it has texture to tell focus by; that is no fault".into()),
    }
    let (highlights, shadows) =
        (measures.exposure.clipped_highlights, measures.exposure.clipped_shadows);
    for (share, what) in [(highlights, "blown out"), (shadows, "blocked up")] {
        if share >= MENTIONED {
            praise.push(format!("{} of it is {what}, within what is forgiven", percent(share)));
        }
    }
    praise
}

/// How much detail the sharpest area has, and where that is.
fn sharpest(explained: &Explained) -> String {
    let Some(evidence) = &explained.evidence else {
        return "it has no texture to tell by".into();
    };
    // What the camera marked need not be what is sharpest.
    let measures = explained.judged.verdict.measures;
    let region = match evidence.subject {
        Some(subject) if subject.by == By::Detail => Some(subject.region),
        _ => evidence.focus.sharpest_tile(),
    };
    let place = region.and_then(|region| place(explained, region));
    let area = match place {
        Some(EVERYWHERE) | None => "the sharpest area".to_owned(),
        Some(place) => format!("the sharpest area, {place},"),
    };
    let (Some(measures), Some(_)) = (measures, evidence.focus.sharpest_tile()) else {
        return "it has no texture to tell by".into();
    };
    let iso = explained.judged.exif.as_ref().and_then(|e| e.iso);
    let expected = match iso {
        Some(iso) => format!("the detail expected at ISO {iso}"),
        None => "the detail of a crisp picture".into(),
    };
    format!("{area} has {} {expected}", fraction(measures.sharpness / CRISP))
}

/// Sharpness of a crisp picture: the median of photographs that people call sharp.
const CRISP: f32 = 0.79;

/// A share of detail.
fn fraction(share: f32) -> &'static str {
    match share {
        s if s >= 0.88 => "all",
        s if s >= 0.71 => "three quarters of",
        s if s >= 0.58 => "two thirds of",
        s if s >= 0.42 => "half of",
        s if s >= 0.29 => "a third of",
        s if s >= 0.22 => "a quarter of",
        s if s >= 0.16 => "a fifth of",
        s if s >= 0.08 => "a tenth of",
        _ => "next to none of",
    }
}

/// A direction, counter-clockwise from the right, modulo 180 degrees.
fn direction(degrees: f32) -> &'static str {
    match degrees.rem_euclid(180.0) {
        d if !(22.5..157.5).contains(&d) => "from side to side",
        d if d < 67.5 => "along the rising diagonal",
        d if d < 112.5 => "up or down",
        _ => "along the falling diagonal",
    }
}

fn percent(share: f32) -> String {
    match 100.0 * share {
        p if p > 0.0 && p < 1.0 => "under 1 %".into(),
        p if p > 99.0 && p < 100.0 => "over 99 %".into(),
        p => format!("{p:.0} %"),
    }
}

/// An exposure time as it stands on a camera.
fn seconds(time: f64) -> String {
    if time >= 0.4 { format!("{time:.1} s") } else { format!("1/{:.0} s", 1.0 / time) }
}

/// What the camera wrote, in one line; empty where it wrote nothing.
#[must_use]
pub fn exif(summary: &Summary) -> String {
    let mut parts = Vec::new();
    parts.extend(summary.model.clone());
    parts.extend(summary.lens.clone());
    parts.extend(summary.focal_mm.map(|f| format!("{} mm", (f * 10.0).round() / 10.0)));
    parts.extend(summary.f_number.map(|f| format!("f/{}", (f * 10.0).round() / 10.0)));
    parts.extend(summary.exposure_s.map(seconds));
    parts.extend(summary.iso.map(|iso| format!("ISO {iso}")));
    let bias = summary.exposure_bias_ev.filter(|ev| ev.abs() > 0.01);
    parts.extend(bias.map(|ev| format!("{ev:+.1} EV")));
    parts.extend(summary.time.as_ref().map(|time| time.replacen('T', " ", 1)));
    parts.join(", ")
}

/// Size and format of the upright picture.
#[must_use]
pub fn size(explained: &Explained) -> Option<String> {
    let (width, height) = explained.judged.size?;
    let megapixels = f64::from(width) * f64::from(height) / 1e6;
    let turned = match super::orientation(&explained.judged) {
        edgecull_core::geometry::Orientation::Upright => "",
        _ => ", turned upright",
    };
    Some(format!("{width} x {height} pixels, {megapixels:.1} megapixels{turned}"))
}

/// What the box around the subject is called.
pub(super) fn subject_name(subject: &Subject) -> &'static str {
    match subject.by {
        By::Camera => "marked by the camera",
        By::Faces => "faces that decide",
        By::Detail => "sharpest area",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_quarters() {
        assert!(rating(0.1).contains("lowest quarter") && rating(0.1).contains("0.10"));
        assert!(rating(QUARTERS[0]).contains("lower half"));
        assert!(rating(QUARTERS[1]).contains("upper half"));
        assert!(rating(0.95).contains("best quarter"));
    }

    #[test]
    fn horizons_fall_and_rise_to_the_right() {
        assert_eq!(level(-2.14), "the horizon falls to the right by 2.1 degrees");
        assert_eq!(level(0.6), "the horizon rises to the right by 0.6 degrees");
        assert_eq!(level(-0.4), "the horizon is level");
    }

    #[test]
    fn directions_wrap() {
        for (degrees, words) in [
            (0.0, "from side to side"),
            (179.0, "from side to side"),
            (45.0, "along the rising diagonal"),
            (90.0, "up or down"),
            (135.0, "along the falling diagonal"),
        ] {
            assert_eq!(direction(degrees), words);
        }
    }

    #[test]
    fn exposure_times_stand_as_on_a_camera() {
        assert_eq!(seconds(1.0 / 250.0), "1/250 s");
        assert_eq!(seconds(0.5), "0.5 s");
        assert_eq!(percent(0.004), "under 1 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.999), "over 99 %");
    }

    #[test]
    fn fractions_fall() {
        assert_eq!(fraction(1.0), "all");
        assert_eq!(fraction(0.33), "a third of");
        assert_eq!(fraction(0.0), "next to none of");
    }
}
