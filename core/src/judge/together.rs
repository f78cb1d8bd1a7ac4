//! What a frame's company changes about its verdict.
//!
//! In come a verdict on the frame alone and its place in a [burst](crate::burst) or in a
//! set; out comes the verdict on the frame among others. One frame never makes another
//! one worse than "look at it", unless a photographer wants to be rid of everything
//! doubtful.

use super::Strictness;
use crate::burst::set::SetKind;
use crate::verdict::{Decision, Reason, ReasonCode, Verdict};

/// A frame of a burst, `rank` from 1 for the best, of which `keep` are wanted: those
/// behind them are near-duplicates.
///
/// They are for a person to look at, or held back if `strictness` says so. What could
/// not be judged or is damaged stays as it is: nobody knows what it would have been.
pub fn in_burst(verdict: &mut Verdict, rank: u32, keep: u32, strictness: Strictness) {
    let damaged = [ReasonCode::TRUNCATED, ReasonCode::CORRUPT].iter().any(|&c| verdict.has(c));
    if rank <= keep.max(1) || damaged || verdict.decision == Decision::Error {
        return;
    }
    verdict.add(Reason {
        code: ReasonCode::NEAR_DUPLICATE,
        confidence: 1.0,
        measured: None,
        threshold: None,
        region: None,
    });
    verdict.decision = match (verdict.decision, strictness) {
        (_, Strictness::Strict) => Decision::Reject,
        (Decision::Keep, _) => Decision::Review,
        (decision, _) => decision,
    };
}

/// A frame of a set. What the set is made of is no fault of it: a bracket's frames are
/// dark and bright, a focus stack's are soft here and there, a panorama's may have
/// nothing in them. No frame of a set is held back, for without it the set is worthless.
pub fn in_set(verdict: &mut Verdict, kind: SetKind) {
    if verdict.decision == Decision::Error {
        return;
    }
    let meant = meant(kind);
    verdict.reasons.retain(|reason| !meant.contains(&reason.code));
    verdict.decision = if verdict.reasons.is_empty() { Decision::Keep } else { Decision::Review };
}

/// What frames of a set look like on purpose.
fn meant(kind: SetKind) -> &'static [ReasonCode] {
    use ReasonCode as R;
    match kind {
        SetKind::Bracket => &[R::UNDEREXPOSED, R::OVEREXPOSED, R::NOISY, R::ACCIDENTAL],
        SetKind::Panorama => &[R::SUBJECT_SOFT, R::ACCIDENTAL],
        SetKind::FocusStack => &[R::OUT_OF_FOCUS, R::SUBJECT_SOFT],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::SCHEMA_VERSION;

    fn verdict(decision: Decision, codes: &[ReasonCode]) -> Verdict {
        let mut verdict = Verdict {
            version: SCHEMA_VERSION,
            decision,
            score: Some(0.5),
            reasons: heapless::Vec::new(),
            measures: None,
            faces: heapless::Vec::new(),
        };
        for &code in codes {
            let (measured, threshold) = (Some(0.9), Some(0.5));
            verdict.add(Reason { code, confidence: 0.9, measured, threshold, region: None });
        }
        verdict
    }

    #[test]
    fn the_best_are_left_alone_and_the_others_looked_at() {
        let good = verdict(Decision::Keep, &[]);
        for (rank, keep, strictness, decision) in [
            (1, 1, Strictness::Strict, Decision::Keep),
            (2, 2, Strictness::Normal, Decision::Keep),
            // Of every burst one frame is kept, whatever is asked for.
            (1, 0, Strictness::Normal, Decision::Keep),
            (2, 1, Strictness::Lenient, Decision::Review),
            (3, 2, Strictness::Normal, Decision::Review),
            (2, 1, Strictness::Strict, Decision::Reject),
        ] {
            let mut among = good.clone();
            in_burst(&mut among, rank, keep, strictness);
            assert_eq!(among.decision, decision, "{rank} of {keep}");
            assert_eq!(among.has(ReasonCode::NEAR_DUPLICATE), decision != Decision::Keep);
            assert_eq!(among.score, good.score);
        }
    }

    #[test]
    fn a_near_duplicate_is_no_better_for_it_and_damage_stays_what_it_is() {
        let mut rejected = verdict(Decision::Reject, &[ReasonCode::OUT_OF_FOCUS]);
        in_burst(&mut rejected, 5, 1, Strictness::Normal);
        assert_eq!(rejected.decision, Decision::Reject);
        for code in [ReasonCode::TRUNCATED, ReasonCode::CORRUPT] {
            let damaged = verdict(Decision::Review, &[code]);
            let mut among = damaged.clone();
            in_burst(&mut among, 5, 1, Strictness::Strict);
            assert_eq!(among, damaged);
        }
        let mut error = Verdict::error(ReasonCode::UNSUPPORTED);
        in_burst(&mut error, 5, 1, Strictness::Strict);
        in_set(&mut error, SetKind::Bracket);
        assert_eq!(error, Verdict::error(ReasonCode::UNSUPPORTED));
    }

    #[test]
    fn what_a_set_is_made_of_is_no_fault_and_nothing_of_it_is_held_back() {
        for (kind, codes, decision) in [
            (SetKind::Bracket, &[ReasonCode::UNDEREXPOSED][..], Decision::Keep),
            (SetKind::Bracket, &[ReasonCode::OVEREXPOSED, ReasonCode::NOISY], Decision::Keep),
            (SetKind::Bracket, &[ReasonCode::MOTION_BLUR], Decision::Review),
            (SetKind::FocusStack, &[ReasonCode::OUT_OF_FOCUS], Decision::Keep),
            (SetKind::FocusStack, &[ReasonCode::UNDEREXPOSED], Decision::Review),
            (SetKind::Panorama, &[ReasonCode::ACCIDENTAL], Decision::Keep),
            (SetKind::Panorama, &[ReasonCode::OUT_OF_FOCUS], Decision::Review),
        ] {
            let mut among = verdict(Decision::Reject, codes);
            in_set(&mut among, kind);
            assert_eq!(among.decision, decision, "{kind:?} {codes:?}");
            assert_eq!(among.reasons.is_empty(), decision == Decision::Keep);
        }
    }
}
