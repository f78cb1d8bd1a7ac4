//! From what was seen of a picture to its record.

use super::quality::Rating;
use super::{Company, JudgeOptions, Judged, Look, Timing, Traits, micros};
use crate::source::exif::Summary;
use edgecull_core::face::Face;
use edgecull_core::frame::Frame;
use edgecull_core::geometry::Orientation;
use edgecull_core::judge::{self, Integrity, Policy};
use edgecull_core::measure::{Hints, Measured, measure};
use std::time::Instant;

/// What was seen of a picture.
pub(super) struct Seen<'a, 'f> {
    pub(super) frame: &'a Frame<'f>,
    pub(super) faces: &'a [Face],
    pub(super) integrity: Integrity,
    pub(super) options: JudgeOptions,
}

/// From a frame to its record: measures, rates, judges, turns it upright. What hindered a
/// scorer is noted, and changes nothing else.
pub(super) fn conclude(
    &Seen { frame, faces, ref integrity, options }: &Seen<'_, '_>,
    exif: Option<Summary>,
    rate: impl FnOnce() -> Rating,
    policy: &Policy,
    mut timing: Timing,
    look: Look<'_>,
) -> Judged {
    let start = Instant::now();
    let hints = match &exif {
        Some(exif) if options.hinted => hints(exif, frame),
        exif => Hints { orientation: turn(exif.as_ref()), ..Hints::default() },
    };
    let mut measured: Measured = measure(frame, &Hints { faces, ..hints });
    let rating = Instant::now();
    let (quality, error) = match rate() {
        Ok(quality) => (quality, None),
        Err(sentence) => (None, Some(sentence)),
    };
    timing.quality = micros(rating);
    measured.measures.quality = quality;
    let mut verdict = judge::judge(&measured, integrity, policy);
    let orientation = turn(exif.as_ref());
    for reason in &mut verdict.reasons {
        reason.region = reason.region.map(|r| orientation.rect(r, frame.width, frame.height));
    }
    if let Some(measures) = &mut verdict.measures {
        let angle = &mut measures.motion.angle_deg;
        *angle = angle.map(|degrees| orientation.angle_deg(degrees));
    }
    timing.measure = micros(start).saturating_sub(timing.quality);
    look(frame, &measured);
    let size = Some(orientation.size(frame.width, frame.height));
    let traits =
        options.traits.then(|| Box::new(Traits::of(frame, exif.as_ref(), &measured, &verdict)));
    let (faces, company) = (measured.faces.to_vec(), Company::default());
    Judged { verdict, size, full_size: None, exif, faces, traits, company, timing, error }
}

fn hints(exif: &Summary, frame: &Frame<'_>) -> Hints<'static> {
    Hints {
        iso: exif.iso,
        exposure_s: exif.exposure_s.map(|t| t as f32),
        focal_mm: exif.focal_mm.map(|f| f as f32),
        subject: exif.subject.and_then(|area| area.within(frame.width, frame.height)),
        orientation: exif.orientation,
        faces: &[],
    }
}

/// How the stored picture must be turned.
pub(super) fn turn(exif: Option<&Summary>) -> Orientation {
    exif.map(|exif| exif.orientation).unwrap_or_default()
}
