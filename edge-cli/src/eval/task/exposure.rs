//! Too dark and too bright, each against all others and against good ones alone.

use super::{Class, ClassTask, Question};
use edgecull_core::judge::{Limit, Policy};
use edgecull_core::verdict::{Measures, ReasonCode};

const NORMAL: usize = 0;
const UNDER: usize = 1;
const OVER: usize = 2;

const fn under(name: &'static str, negatives: &'static [usize], listed: bool) -> Question {
    let score: fn(&Measures) -> f32 = |m| m.exposure.under;
    let limit: fn(&Policy) -> Limit = |p| p.under;
    Question { name, score, limit, positive: UNDER, negatives, listed }
}

const fn over(name: &'static str, negatives: &'static [usize], listed: bool) -> Question {
    let score: fn(&Measures) -> f32 = |m| m.exposure.over;
    let limit: fn(&Policy) -> Limit = |p| p.over;
    Question { name, score, limit, positive: OVER, negatives, listed }
}

/// Whether `measures.exposure.under` and `.over` tell frames that are lost from
/// frames that are not.
pub static EXPOSURE: ClassTask = ClassTask {
    name: "exposure",
    classes: &[
        Class { name: "normal", words: &["normal", "good", "keep"], keeper: true },
        Class { name: "under", words: &["under", "dark", "underexposed"], keeper: false },
        Class { name: "over", words: &["over", "bright", "overexposed"], keeper: false },
    ],
    questions: &[
        under("under against all others", &[NORMAL, OVER], true),
        over("over against all others", &[NORMAL, UNDER], true),
        under("under against normal", &[NORMAL], false),
        over("over against normal", &[NORMAL], false),
    ],
    reasons: &[ReasonCode::UNDEREXPOSED, ReasonCode::OVEREXPOSED],
};
