//! What tells which frames a frame belongs with.

use super::turn;
use crate::burst::shot::taken;
use crate::source::exif::Summary;
use edgecull_core::burst::best::Candidate;
use edgecull_core::burst::{Fingerprint, Shot, Sketch};
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
