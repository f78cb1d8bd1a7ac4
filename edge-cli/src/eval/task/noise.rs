//! Noisy against clean.

use super::{Class, ClassTask, Question};
use edgecull_core::verdict::ReasonCode;

const CLEAN: usize = 0;
const NOISY: usize = 1;

/// Whether `measures.noise` tells noisy frames from clean ones.
pub static NOISE: ClassTask = ClassTask {
    name: "noise",
    classes: &[
        Class { name: "clean", words: &["0", "clean", "keep"], keeper: true },
        Class { name: "noisy", words: &["1", "noisy", "grainy", "cull"], keeper: false },
    ],
    questions: &[Question {
        name: "noisy against clean",
        score: |m| m.noise,
        limit: |p| p.noise,
        positive: NOISY,
        negatives: &[CLEAN],
        listed: true,
    }],
    reasons: &[ReasonCode::NOISY],
};
