//! What tells which frames a frame belongs with.

use super::conclude::turn;
use crate::source::exif::Summary;
use edgecull_core::burst::best::Candidate;
use edgecull_core::burst::{Fingerprint, Shot, Sketch, Taken};
use edgecull_core::frame::Frame;
use edgecull_core::measure::Measured;
use edgecull_core::verdict::Verdict;

/// By which frames are grouped and ranked; some 1.2 KiB.
#[derive(Clone, Debug, PartialEq)]
pub struct Traits {
    /// For bursts.
    pub shot: Shot,
    /// For sets.
    pub sketch: Sketch,
    /// For the order inside a burst.
    pub candidate: Candidate,
}

impl Traits {
    pub(super) fn of(
        frame: &Frame<'_>,
        exif: Option<&Summary>,
        measured: &Measured,
        verdict: &Verdict,
    ) -> Self {
        let orientation = turn(exif);
        let fingerprint = Fingerprint::of(frame, orientation);
        Self {
            shot: Shot { fingerprint, taken: exif.map(taken).unwrap_or_default() },
            sketch: Sketch::of(frame, orientation),
            candidate: Candidate::of(measured, verdict),
        }
    }
}

/// What EXIF says of when and how a frame was taken.
fn taken(exif: &Summary) -> Taken {
    Taken {
        time_ms: exif.time_ms,
        exposure_s: exif.exposure_s.map(|s| s as f32),
        f_number: exif.f_number.map(|f| f as f32),
        iso: exif.iso,
        bias_ev: exif.exposure_bias_ev.map(|ev| ev as f32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_written_is_not_known() {
        assert_eq!(taken(&Summary::default()), Taken::default());
        let exif =
            Summary { time_ms: Some(2000), exposure_bias_ev: Some(-2.0), ..Summary::default() };
        assert_eq!(taken(&exif), Taken { bias_ev: Some(-2.0), ..Taken::at(2000) });
    }
}
