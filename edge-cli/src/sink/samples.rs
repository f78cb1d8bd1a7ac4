//! Judged frames as the pipeline gives them, for the tests of all sinks.

use crate::pipeline::Company;
use crate::pipeline::{Judged, Timing};
use crate::source::exif::Summary;
use edgecull_core::eye::{Eye, EyeState};
use edgecull_core::face::Face;
use edgecull_core::geometry::Rect;
use edgecull_core::verdict::{
    self, Decision, Exposure, Measures, Motion, ReasonCode, SCHEMA_VERSION, Verdict,
};

pub(crate) fn judged(decision: Decision, reasons: &[(ReasonCode, f32)]) -> Judged {
    let mut verdict = Verdict::error(ReasonCode::CORRUPT);
    verdict.reasons.clear();
    verdict.version = SCHEMA_VERSION;
    verdict.decision = decision;
    verdict.score = Some(0.8123456);
    verdict.measures = Some(Measures {
        blur: 0.05,
        sharpness: 0.91,
        motion: Motion { amount: 0.02, angle_deg: Some(179.99) },
        exposure: Exposure { mean: 0.46, ..Exposure::default() },
        noise: 0.08,
        ..Measures::default()
    });
    for &(code, confidence) in reasons {
        verdict.add(verdict::Reason {
            code,
            confidence,
            measured: Some(0.97),
            threshold: Some(0.8),
            region: Some(Rect { x: 1, y: 2, w: 30, h: 40 }),
        });
    }
    Judged {
        verdict,
        size: Some((6000, 4000)),
        full_size: None,
        exif: Some(Summary {
            time: Some("2024-05-01T12:34:56".into()),
            iso: Some(400),
            exposure_s: Some(1.0 / 8000.0),
            model: Some("Camera \"1\", mark II".into()),
            ..Summary::default()
        }),
        faces: Vec::new(),
        traits: None,
        company: Company::default(),
        timing: Timing { read: 1, scan: 2, faces: 3, eyes: 1, measure: 4, quality: 5, total: 15 },
        error: None,
    }
}

/// A face with one eye open and one behind a wisp of hair.
pub(crate) fn face(region: Rect) -> Face {
    let Rect { x, y, w, h } = region;
    let at = |across: f32, down: f32| [x as f32 + across * w as f32, y as f32 + down * h as f32];
    Face {
        region,
        confidence: 0.98,
        landmarks: [at(0.3, 0.4), at(0.7, 0.4), at(0.5, 0.6), at(0.35, 0.8), at(0.65, 0.8)],
        sharpness: None,
        eyes: Some([Eye { state: EyeState::Open, p_open: Some(0.97) }, Eye::UNSEEN]),
    }
}

pub(crate) fn reject() -> Judged {
    judged(Decision::Reject, &[(ReasonCode::OUT_OF_FOCUS, 0.97), (ReasonCode::UNDEREXPOSED, 0.6)])
}

pub(crate) fn keep() -> Judged {
    judged(Decision::Keep, &[])
}

pub(crate) fn review() -> Judged {
    judged(Decision::Review, &[(ReasonCode::SUBJECT_SOFT, 0.5)])
}

pub(crate) fn error() -> Judged {
    Judged::error(ReasonCode::TRUNCATED, "the file ends at byte 1234")
}
