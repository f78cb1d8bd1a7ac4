//! Blurred against sharp.

use super::{Class, ClassTask, Question};
use edgecull_core::verdict::ReasonCode;

const SHARP: usize = 0;
const BLURRED: usize = 1;

/// Focus and motion: whether `measures.blur` tells blurred frames from sharp ones.
pub static BLUR: ClassTask = ClassTask {
    name: "blur",
    classes: &[
        Class { name: "sharp", words: &["0", "sharp", "keep"], keeper: true },
        Class { name: "blurred", words: &["1", "blurred", "blur", "soft", "cull"], keeper: false },
    ],
    questions: &[Question {
        name: "blurred against sharp",
        score: |m| m.blur,
        limit: |p| p.blur,
        positive: BLURRED,
        negatives: &[SHARP],
        listed: true,
    }],
    reasons: &[ReasonCode::OUT_OF_FOCUS, ReasonCode::SUBJECT_SOFT, ReasonCode::MOTION_BLUR],
};
