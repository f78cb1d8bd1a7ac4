//! From measures to a verdict.
//!
//! In come what was [measured](crate::measure), how whole the file was, and a
//! policy; out goes a [`Verdict`] with its reasons.
//!
//! - A frame is held back only for a technical fault whose probability passes
//!   the policy's reject limit. Between that and the review limit a person looks.
//! - Noise alone is never a reason to hold a frame back, and neither are
//!   composition, quality or score: they rank. Shut eyes are looked at.
//! - Of several faces the worst prominent one decides, and its reason says where it is.
//! - A damaged file is at least looked at, and damage alone never holds it back.
//!   If part of the frame is missing, nothing does: what is missing may be the
//!   part that is sharp.
//! - A frame of which next to nothing was seen is not judged: it is passed on as
//!   an error.
//! - What the frames beside it change is said by [`together`].

pub mod together;

use crate::bounded::gather;
use crate::face::Face;
use crate::geometry::Rect;
use crate::measure::subject::By;
use crate::measure::{Measured, composition};
use crate::verdict::{Decision, MAX_VERDICT_FACES, Reason, ReasonCode, SCHEMA_VERSION, Verdict};

/// With less than this seen, there is no verdict.
const LEAST_SEEN: f32 = 1.0 / 8.0;

/// With less than this seen, nothing holds the frame back.
const SEEN_TO_REJECT: f32 = 7.0 / 8.0;

/// From this amount on a soft frame is called motion blur, not out of focus.
const MOTION_NAMED: f32 = 0.5;

/// How much a photographer wants to be rid of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strictness {
    /// Only what is broken beyond doubt.
    Lenient,
    /// At most 1 % of keepers are flagged.
    #[default]
    Normal,
    /// Everything doubtful.
    Strict,
}

/// Probabilities at which one fault counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// From here on a person should look, and the fault is a reason.
    pub review: f32,
    /// From here on the frame is held back; `None` for never.
    pub reject: Option<f32>,
}

/// What counts as a fault.
///
/// The limits on blur are log odds of 2, 0.75 and 0 for a look, of 4, 3 and 2 for
/// rejection. Cross-validated by scene on 598 labelled photographs, a look at 0.5
/// costs 0.9 % of the sharp ones and finds 85 % of the blurred, one at 1 0.7 % and
/// 81 %; rejection at 3 costs 0.3 % at most and finds 64 %. Those on light are log
/// odds of about 3, beyond which none of 299 sharp photographs, many of them taken at
/// night, goes; rejection as too bright is above 5, which white charts do not reach.
/// The others are set by hand. A soft subject is never enough to hold a frame back:
/// where the subject is, the camera may have got wrong. Shut eyes are held back only
/// where a photographer wants to be rid of everything doubtful: they may be meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// What the limits were made from; it decides on near-duplicates too.
    pub strictness: Strictness,
    /// On the probability of blur, whether by focus or motion.
    pub blur: Limit,
    /// On the probability that the subject is soft and something else is sharp.
    pub subject: Limit,
    /// On the probability of being unusably dark.
    pub under: Limit,
    /// On the probability of being unusably bright.
    pub over: Limit,
    /// On the amount of noise.
    pub noise: Limit,
    /// On the probability that nothing was photographed.
    pub accidental: Limit,
    /// On the probability that a prominent face has its eyes shut.
    pub eyes: Limit,
}

impl Policy {
    /// The limits of a strictness.
    #[must_use]
    pub const fn new(strictness: Strictness) -> Self {
        const fn limit(review: f32, reject: f32) -> Limit {
            Limit { review, reject: Some(reject) }
        }
        const fn look(review: f32) -> Limit {
            Limit { review, reject: None }
        }
        match strictness {
            Strictness::Lenient => Self {
                strictness,
                blur: limit(0.88, 0.982),
                subject: look(0.95),
                under: limit(0.970, 0.99),
                over: limit(0.970, 0.998),
                noise: look(0.9),
                accidental: limit(0.95, 0.995),
                eyes: look(0.97),
            },
            Strictness::Normal => Self {
                strictness,
                blur: limit(0.68, 0.953),
                subject: look(0.85),
                under: limit(0.953, 0.971),
                over: limit(0.943, 0.995),
                noise: look(0.8),
                accidental: limit(0.80, 0.97),
                eyes: look(0.90),
            },
            Strictness::Strict => Self {
                strictness,
                blur: limit(0.50, 0.88),
                subject: look(0.70),
                under: limit(0.85, 0.953),
                over: limit(0.85, 0.964),
                noise: look(0.65),
                accidental: limit(0.60, 0.90),
                eyes: limit(0.75, 0.985),
            },
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new(Strictness::default())
    }
}

/// How whole the file was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Integrity {
    /// Where the file ends, if that is too early: byte offset.
    pub truncated: Option<u64>,
    /// Where the first damage is: byte offset.
    pub corrupt: Option<u64>,
    /// Fraction of the frame that was seen: 0..1.
    pub seen: f32,
}

impl Default for Integrity {
    /// Nothing is missing.
    fn default() -> Self {
        Self { truncated: None, corrupt: None, seen: 1.0 }
    }
}

impl Integrity {
    fn code(&self) -> Option<ReasonCode> {
        let corrupt = self.corrupt.map(|_| ReasonCode::CORRUPT);
        corrupt.or(self.truncated.map(|_| ReasonCode::TRUNCATED))
    }
}

/// Judges a frame.
#[must_use]
pub fn judge(measured: &Measured, integrity: &Integrity, policy: &Policy) -> Verdict {
    let seen = if integrity.seen.is_nan() { 0.0 } else { integrity.seen.clamp(0.0, 1.0) };
    if seen < LEAST_SEEN {
        // Without a word of damage, what is missing is the end.
        return Verdict::error(integrity.code().unwrap_or(ReasonCode::TRUNCATED));
    }
    let mut verdict = Verdict {
        version: SCHEMA_VERSION,
        decision: Decision::Keep,
        score: Some(score(measured)),
        reasons: heapless::Vec::new(),
        measures: Some(measured.measures),
        faces: faces(measured),
    };
    let may_reject = seen >= SEEN_TO_REJECT;
    for fault in faults(measured, policy) {
        let Limit { review, reject } = fault.limit;
        let rejects = reject.is_some_and(|limit| fault.probability >= limit);
        let counts = rejects || fault.probability >= review;
        if !counts {
            continue;
        }
        verdict.add(fault.reason);
        if rejects && may_reject {
            verdict.decision = Decision::Reject;
        } else if verdict.decision == Decision::Keep {
            verdict.decision = Decision::Review;
        }
    }
    for (offset, code) in
        [(integrity.truncated, ReasonCode::TRUNCATED), (integrity.corrupt, ReasonCode::CORRUPT)]
    {
        if offset.is_some() {
            verdict.add(Reason {
                code,
                confidence: 1.0,
                measured: Some(seen),
                threshold: Some(1.0),
                region: missing(measured.size, seen).filter(|_| code == ReasonCode::TRUNCATED),
            });
            if verdict.decision == Decision::Keep {
                verdict.decision = Decision::Review;
            }
        }
    }
    verdict
}

/// The faces of the record: the most prominent ones, and the one with shut eyes.
fn faces(measured: &Measured) -> heapless::Vec<Face, MAX_VERDICT_FACES> {
    let all = &measured.faces;
    let mut faces: heapless::Vec<Face, MAX_VERDICT_FACES> = gather(all.iter().copied());
    let blinker = measured.people.blinker.filter(|&place| place >= MAX_VERDICT_FACES);
    if let (Some(blinker), Some(last)) = (blinker.and_then(|at| all.get(at)), faces.last_mut()) {
        *last = *blinker;
    }
    faces
}

/// One thing that may be wrong.
struct Fault {
    probability: f32,
    limit: Limit,
    reason: Reason,
}

fn faults(measured: &Measured, policy: &Policy) -> [Fault; 7] {
    let m = &measured.measures;
    let fault = |code, probability: f32, limit: Limit, region| Fault {
        probability,
        limit,
        reason: Reason {
            code,
            confidence: probability,
            measured: Some(probability),
            threshold: Some(limit.review),
            region,
        },
    };
    let mut soft = fault(ReasonCode::OUT_OF_FOCUS, m.blur, policy.blur, None);
    if m.motion.amount >= MOTION_NAMED {
        soft.reason.code = ReasonCode::MOTION_BLUR;
        soft.reason.measured = Some(m.motion.amount);
        soft.reason.threshold = Some(MOTION_NAMED);
    }
    // The blur may be sure and its kind not.
    let moved = measured.motion.moved;
    soft.reason.confidence *= if m.motion.amount >= MOTION_NAMED { moved } else { 1.0 - moved };
    let people = &measured.people;
    // Of a group, the face that is soft.
    let subject = measured.subject.map(|subject| match subject.by {
        By::Faces => people.first.unwrap_or(subject.region),
        By::Camera | By::Detail => subject.region,
    });
    [
        soft,
        fault(ReasonCode::SUBJECT_SOFT, measured.subject_soft, policy.subject, subject),
        fault(ReasonCode::UNDEREXPOSED, m.exposure.under, policy.under, None),
        fault(ReasonCode::OVEREXPOSED, m.exposure.over, policy.over, measured.light.clipped),
        fault(ReasonCode::NOISY, m.noise, policy.noise, None),
        fault(ReasonCode::ACCIDENTAL, measured.accidental, policy.accidental, None),
        fault(ReasonCode::EYES_CLOSED, people.closed, policy.eyes, people.blinker_region),
    ]
}

/// The rows below what was seen.
fn missing((width, height): (u32, u32), seen: f32) -> Option<Rect> {
    let y = (height as f32 * seen) as u32;
    let rect = Rect { x: 0, y, w: width, h: height.saturating_sub(y) };
    (rect.area() > 0).then_some(rect)
}

/// What a frame is worth, 0..1, on one scale for all frames: the product of what
/// is left after each fault. Crispness is worth up to two thirds, noise takes up
/// to a half, and composition decides between equals: placement with a twentieth,
/// a cut subject and a horizon askew with a fiftieth each. Shut eyes, and a face that is
/// soft while something else is sharp, take up to half each.
///
/// Where a quality is known, it moves the score up or down; see [`moved`].
fn score(measured: &Measured) -> f32 {
    let m = &measured.measures;
    let crisp = (1.0 + 2.0 * m.sharpness) / 3.0;
    let lit = 1.0 - m.exposure.under.max(m.exposure.over);
    let cut = measured.subject.map_or(0.0, |subject| subject.cut);
    let askew = measured.horizon.map_or(0.0, |horizon| composition::askew(horizon.tilt_deg));
    let framed = (0.95 + 0.05 * m.composition.thirds) * (1.0 - 0.02 * cut) * (1.0 - 0.02 * askew);
    let people = (1.0 - 0.5 * measured.people.closed) * (1.0 - 0.5 * measured.people.soft);
    let score = people
        * crisp
        * (1.0 - m.blur)
        * lit
        * (1.0 - 0.5 * m.noise)
        * (1.0 - measured.accidental)
        * framed;
    let score = if score.is_nan() { 0.0 } else { score.clamp(0.0, 1.0) };
    m.quality.map_or(score, |quality| moved(score, quality))
}

/// A score (0..1) moved by a quality, `s + (q - 1/2) s (1 - s)`: by an eighth at most,
/// and the less the surer the score is. Of two scores the higher stays the higher if
/// their qualities are equal, and a quality of 1/2 or none at all changes nothing, so
/// that frames with and without one can be compared.
fn moved(score: f32, quality: f32) -> f32 {
    if quality.is_nan() {
        return score;
    }
    let moved = score + (quality.clamp(0.0, 1.0) - 0.5) * score * (1.0 - score);
    moved.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests;
