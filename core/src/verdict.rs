//! What is said of a frame: the decision, the measures behind it, the reasons.
//!
//! In come numbers from [`judge`](crate::judge); out goes one record that the
//! wire format, the NDJSON line and every table are made from.

use crate::face::Face;
use crate::geometry::Rect;
use heapless::Vec;
use serde::{Deserialize, Serialize};

/// Version of [`Verdict`] as it is written on the wire.
///
/// | version | what it appended |
/// | --- | --- |
/// | 2 | [`faces`](Verdict::faces) |
pub const SCHEMA_VERSION: u16 = 2;

/// No frame has more reasons than this; further ones are dropped, weakest first.
pub const MAX_REASONS: usize = 14;

/// No record has more faces than this: the most prominent ones. With one more, the
/// largest frame would not fit the buffers of receivers of version 1
/// ([`RECEIVE_BUFFER`](crate::wire::RECEIVE_BUFFER)). Whoever needs all has
/// [`Measured::faces`](crate::measure::Measured::faces).
pub const MAX_VERDICT_FACES: usize = 5;

/// What to do with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Decision {
    /// Pass it on.
    Keep,
    /// A person should look.
    Review,
    /// Technically broken: hold it back. Never deleted.
    Reject,
    /// It could not be judged; it is passed on.
    Error,
}

impl Decision {
    /// The name used in records and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Review => "review",
            Self::Reject => "reject",
            Self::Error => "error",
        }
    }
}

/// Why a frame was not simply kept.
///
/// A number rather than an enum, so that a code from a newer version survives
/// a trip through this one. A code, once published, keeps its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReasonCode(pub u16);

macro_rules! reason_codes {
    ($($(#[$doc:meta])* $konst:ident = $value:literal, $name:literal;)*) => {
        impl ReasonCode {
            $($(#[$doc])* pub const $konst: Self = Self($value);)*

            /// Every code that this version knows.
            pub const ALL: &[Self] = &[$(Self::$konst),*];

            /// The published name; `None` for a code of a newer version.
            #[must_use]
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

reason_codes! {
    /// Nothing in the frame is in focus.
    OUT_OF_FOCUS = 1, "out_of_focus";
    /// Something is sharp, but not the subject.
    SUBJECT_SOFT = 2, "subject_soft";
    /// The camera moved during the exposure.
    MOTION_BLUR = 3, "motion_blur";
    /// Too dark to be saved.
    UNDEREXPOSED = 4, "underexposed";
    /// Too bright to be saved.
    OVEREXPOSED = 5, "overexposed";
    /// Noise hides the detail.
    NOISY = 6, "noisy";
    /// A prominent face has its eyes shut.
    EYES_CLOSED = 7, "eyes_closed";
    /// A better frame of the same burst exists.
    NEAR_DUPLICATE = 8, "near_duplicate";
    /// Lens cap, pocket, floor: nothing was photographed.
    ACCIDENTAL = 9, "accidental";
    /// The quality model gives it a low score.
    LOW_QUALITY = 10, "low_quality";
    /// This photographer usually throws such frames away.
    OFF_TASTE = 11, "off_taste";
    /// The file ends early.
    TRUNCATED = 12, "truncated";
    /// The file is damaged.
    CORRUPT = 13, "corrupt";
    /// The format cannot be judged.
    UNSUPPORTED = 14, "unsupported";
}

/// One reason, with the number behind it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// What is wrong.
    pub code: ReasonCode,
    /// How sure: 0..1.
    pub confidence: f32,
    /// The measured value, in the unit of the measure that the code names.
    pub measured: Option<f32>,
    /// The value at which this reason starts to count.
    pub threshold: Option<f32>,
    /// Where, in pixels of the picture at full resolution; `None` for everywhere.
    pub region: Option<Rect>,
}

/// Motion blur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Motion {
    /// 0 none .. 1 unusable.
    pub amount: f32,
    /// Direction of the streaks in degrees, 0 to 180 exclusive,
    /// counter-clockwise from the picture's right; `None` where there are none.
    pub angle_deg: Option<f32>,
}

/// Exposure. Every value is in 0..1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exposure {
    /// Probability that the frame is unusably dark.
    pub under: f32,
    /// Probability that the frame is unusably bright.
    pub over: f32,
    /// Mean luma, 0 black .. 1 white, as encoded (not linear light).
    pub mean: f32,
    /// Fraction of the picture that is blown out.
    pub clipped_highlights: f32,
    /// Fraction of the picture that is blocked up.
    pub clipped_shadows: f32,
}

/// Composition: a ranking aid, never a reason to reject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Composition {
    /// How near the subject is to a crossing of the thirds: 0 far .. 1 on it.
    pub thirds: f32,
}

/// Everything measured of a frame that could be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Probability that the frame is unusably blurred: 0..1.
    pub blur: f32,
    /// Sharpness of the sharpest coherent region: 0 soft .. 1 crisp.
    pub sharpness: f32,
    /// Motion blur.
    pub motion: Motion,
    /// Exposure.
    pub exposure: Exposure,
    /// 0 clean .. 1 unusable.
    pub noise: f32,
    /// Composition.
    pub composition: Composition,
    /// Score of the quality model, 0..1, higher is better; `None` where no model ran.
    pub quality: Option<f32>,
}

/// The record of one frame.
///
/// Later versions append fields and never change those that are here; see
/// [`wire`](crate::wire) for how the two ends of a link agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// [`SCHEMA_VERSION`] of the writer.
    pub version: u16,
    /// What to do.
    pub decision: Decision,
    /// 0..1, higher is better, comparable across frames; `None` when the frame
    /// could not be judged.
    pub score: Option<f32>,
    /// Strongest first.
    pub reasons: Vec<Reason, MAX_REASONS>,
    /// `None` when the frame could not be judged.
    pub measures: Option<Measures>,
    /// The most prominent faces, that first. Since version 2.
    pub faces: Vec<Face, MAX_VERDICT_FACES>,
}

impl Verdict {
    /// The verdict on a frame that could not be judged.
    #[must_use]
    pub fn error(code: ReasonCode) -> Self {
        let mut verdict = Self {
            version: SCHEMA_VERSION,
            decision: Decision::Error,
            score: None,
            reasons: Vec::new(),
            measures: None,
            faces: Vec::new(),
        };
        verdict.add(Reason {
            code,
            confidence: 1.0,
            measured: None,
            threshold: None,
            region: None,
        });
        verdict
    }

    /// Adds a reason in its place: strongest first, ties in order of arrival.
    /// When there is no room, the weakest is dropped.
    pub fn add(&mut self, reason: Reason) {
        let at = self
            .reasons
            .iter()
            .position(|r| r.confidence < reason.confidence)
            .unwrap_or(self.reasons.len());
        if self.reasons.is_full() {
            if at == self.reasons.len() {
                return;
            }
            self.reasons.pop();
        }
        // There is room: this cannot fail.
        let _ = self.reasons.push(reason);
        if let Some(behind @ [_, ..]) = self.reasons.get_mut(at..) {
            behind.rotate_right(1);
        }
    }

    /// Whether a reason of this code is there.
    #[must_use]
    pub fn has(&self, code: ReasonCode) -> bool {
        self.reasons.iter().any(|r| r.code == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(code: u16, confidence: f32) -> Reason {
        Reason { code: ReasonCode(code), confidence, measured: None, threshold: None, region: None }
    }

    #[test]
    fn reasons_stay_sorted_and_the_weakest_goes() {
        let mut v = Verdict::error(ReasonCode::CORRUPT);
        v.reasons.clear();
        for i in 0..20u16 {
            v.add(reason(i, f32::from(i % 7) / 10.0));
        }
        assert_eq!(v.reasons.len(), MAX_REASONS);
        assert!(v.reasons.windows(2).all(|w| w[0].confidence >= w[1].confidence));
        assert!(v.reasons.iter().all(|r| r.confidence >= 0.2));
    }

    #[test]
    fn names_are_unique_and_unknown_codes_have_none() {
        for (i, a) in ReasonCode::ALL.iter().enumerate() {
            assert!(a.name().is_some());
            assert!(ReasonCode::ALL[i + 1..].iter().all(|b| a.name() != b.name() && a != b));
        }
        assert_eq!(ReasonCode(9999).name(), None);
    }
}
