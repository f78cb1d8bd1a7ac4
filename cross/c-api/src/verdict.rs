//! A verdict as C sees it.

use edgecull_judge::verdict::{self, MAX_REASONS, MAX_VERDICT_FACES, ReasonCode};
use edgecull_judge::{Decision as Inner, Rect};

/// What to do with a frame.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Pass it on.
    EDGECULL_KEEP = 0,
    /// A person should look.
    EDGECULL_REVIEW = 1,
    /// Technically broken: hold it back. Never delete it.
    EDGECULL_REJECT = 2,
    /// It could not be judged: pass it on.
    EDGECULL_ERROR = 3,
}

/// A box in pixels.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Region {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width.
    pub w: u32,
    /// Height.
    pub h: u32,
}

/// One reason, with the number behind it. NaN stands for a number that there is not.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Reason {
    /// `EDGECULL_REASON_...`.
    pub code: u16,
    /// Whether `region` says where; otherwise it is everywhere.
    pub has_region: bool,
    /// How sure: 0 to 1.
    pub confidence: f32,
    /// The measured value, or NaN.
    pub measured: f32,
    /// The value at which this reason starts to count, or NaN.
    pub threshold: f32,
    /// Where, in pixels of the stored picture.
    pub region: Region,
}

/// A face, in pixels of the upright picture.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Face {
    /// Its box.
    pub region: Region,
    /// How sure it is that this is a face: 0 to 1.
    pub confidence: f32,
    /// Its own sharpness, 0 soft to 1 crisp, or NaN.
    pub sharpness: f32,
    /// Left eye, right eye, nose, left and right corner of the mouth: x and y.
    pub landmarks: [[f32; 2]; 5],
}

/// Reasons of a verdict, at most.
pub const EDGECULL_MAX_REASONS: usize = 14;

/// Faces of a verdict, at most.
pub const EDGECULL_MAX_FACES: usize = 5;

const _: () =
    assert!(EDGECULL_MAX_REASONS == MAX_REASONS && EDGECULL_MAX_FACES == MAX_VERDICT_FACES);

/// What is said of a frame. Every number is from 0 to 1, or NaN where the frame could not
/// be judged.
#[repr(C)]
pub struct Verdict {
    /// What to do.
    pub decision: Decision,
    /// Higher is better, comparable across frames.
    pub score: f32,
    /// Probability that the frame is unusably blurred.
    pub blur: f32,
    /// Sharpness of the sharpest region: 0 soft, 1 crisp.
    pub sharpness: f32,
    /// Motion blur: 0 none, 1 unusable.
    pub motion: f32,
    /// Probability that the frame is unusably dark.
    pub under: f32,
    /// Probability that the frame is unusably bright.
    pub over: f32,
    /// Mean luma: 0 black, 1 white.
    pub mean: f32,
    /// 0 clean, 1 unusable.
    pub noise: f32,
    /// How many of `reasons` there are.
    pub reason_count: u32,
    /// Strongest first.
    pub reasons: [Reason; EDGECULL_MAX_REASONS],
    /// How many of `faces` there are.
    pub face_count: u32,
    /// The most prominent first.
    pub faces: [Face; EDGECULL_MAX_FACES],
}

impl From<Rect> for Region {
    fn from(Rect { x, y, w, h }: Rect) -> Self {
        Self { x, y, w, h }
    }
}

impl From<&verdict::Reason> for Reason {
    fn from(reason: &verdict::Reason) -> Self {
        Self {
            code: reason.code.0,
            has_region: reason.region.is_some(),
            confidence: reason.confidence,
            measured: reason.measured.unwrap_or(f32::NAN),
            threshold: reason.threshold.unwrap_or(f32::NAN),
            region: reason.region.map(Region::from).unwrap_or_default(),
        }
    }
}

impl From<&edgecull_judge::Face> for Face {
    fn from(face: &edgecull_judge::Face) -> Self {
        Self {
            region: face.region.into(),
            confidence: face.confidence,
            sharpness: face.sharpness.unwrap_or(f32::NAN),
            landmarks: face.landmarks,
        }
    }
}

impl From<&verdict::Verdict> for Verdict {
    fn from(of: &verdict::Verdict) -> Self {
        let measures = of.measures.as_ref();
        let number = |get: fn(&verdict::Measures) -> f32| measures.map_or(f32::NAN, get);
        let mut verdict = Self {
            decision: match of.decision {
                Inner::Keep => Decision::EDGECULL_KEEP,
                Inner::Review => Decision::EDGECULL_REVIEW,
                Inner::Reject => Decision::EDGECULL_REJECT,
                Inner::Error => Decision::EDGECULL_ERROR,
            },
            score: of.score.unwrap_or(f32::NAN),
            blur: number(|m| m.blur),
            sharpness: number(|m| m.sharpness),
            motion: number(|m| m.motion.amount),
            under: number(|m| m.exposure.under),
            over: number(|m| m.exposure.over),
            mean: number(|m| m.exposure.mean),
            noise: number(|m| m.noise),
            reason_count: of.reasons.len() as u32,
            reasons: Default::default(),
            face_count: of.faces.len() as u32,
            faces: Default::default(),
        };
        verdict.reasons.iter_mut().zip(&of.reasons).for_each(|(to, from)| *to = from.into());
        verdict.faces.iter_mut().zip(&of.faces).for_each(|(to, from)| *to = from.into());
        verdict
    }
}

/// Nothing in the frame is in focus.
pub const EDGECULL_REASON_OUT_OF_FOCUS: u16 = 1;
/// Something is sharp, but not the subject.
pub const EDGECULL_REASON_SUBJECT_SOFT: u16 = 2;
/// The camera moved during the exposure.
pub const EDGECULL_REASON_MOTION_BLUR: u16 = 3;
/// Too dark to be saved.
pub const EDGECULL_REASON_UNDEREXPOSED: u16 = 4;
/// Too bright to be saved.
pub const EDGECULL_REASON_OVEREXPOSED: u16 = 5;
/// Noise hides the detail.
pub const EDGECULL_REASON_NOISY: u16 = 6;
/// Lens cap, pocket, floor: nothing was photographed.
pub const EDGECULL_REASON_ACCIDENTAL: u16 = 9;
/// The file ends early.
pub const EDGECULL_REASON_TRUNCATED: u16 = 12;
/// The file is damaged.
pub const EDGECULL_REASON_CORRUPT: u16 = 13;
/// The format cannot be judged.
pub const EDGECULL_REASON_UNSUPPORTED: u16 = 14;

const _: () = {
    assert!(EDGECULL_REASON_OUT_OF_FOCUS == ReasonCode::OUT_OF_FOCUS.0);
    assert!(EDGECULL_REASON_SUBJECT_SOFT == ReasonCode::SUBJECT_SOFT.0);
    assert!(EDGECULL_REASON_MOTION_BLUR == ReasonCode::MOTION_BLUR.0);
    assert!(EDGECULL_REASON_UNDEREXPOSED == ReasonCode::UNDEREXPOSED.0);
    assert!(EDGECULL_REASON_OVEREXPOSED == ReasonCode::OVEREXPOSED.0);
    assert!(EDGECULL_REASON_NOISY == ReasonCode::NOISY.0);
    assert!(EDGECULL_REASON_ACCIDENTAL == ReasonCode::ACCIDENTAL.0);
    assert!(EDGECULL_REASON_TRUNCATED == ReasonCode::TRUNCATED.0);
    assert!(EDGECULL_REASON_CORRUPT == ReasonCode::CORRUPT.0);
    assert!(EDGECULL_REASON_UNSUPPORTED == ReasonCode::UNSUPPORTED.0);
};
