//! The order of a burst's frames, the best first.
//!
//! In comes a [`Candidate`] of each frame, from its verdict and what was measured; out
//! goes their order: a pure function of these numbers.
//!
//! 1. Frames that could be judged go before those that could not, and rejected ones
//!    behind all others.
//! 2. Nobody wants the frame in which someone blinks: frames with a prominent face whose
//!    eyes are shut come behind those without.
//! 3. The sharper the subject, the better, in steps: a difference that nobody would see
//!    is none.
//! 4. Then the score, in which all else is weighed: light, noise, composition, quality.
//! 5. What is left is decided by the order of arrival.

use crate::face::Face;
use crate::measure::Measured;
use crate::verdict::{Decision, ReasonCode, Verdict};
use core::cmp::{Ordering, Reverse};

/// Steps of sharpness from 0 to 1.
const STEPS: f32 = 16.0;

/// From this probability on a face's eyes are shut, where no limit was given: that from
/// which a verdict has it as a reason at normal strictness.
const SHUT: f32 = 0.90;

/// What decides on a frame's place in its burst.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Candidate {
    /// Whether it was judged at all.
    pub judged: bool,
    /// Whether it is held back for a fault of its own.
    pub rejected: bool,
    /// Whether a prominent face has its eyes shut.
    pub eyes_shut: bool,
    /// Sharpness of the subject, 0..1: of the most prominent face where there is one,
    /// else of the sharpest coherent region.
    pub sharpness: f32,
    /// The verdict's score, 0..1.
    pub score: f32,
}

impl Candidate {
    /// Of a frame that was measured.
    #[must_use]
    pub fn of(measured: &Measured, verdict: &Verdict) -> Self {
        let deciding = measured.faces.get(..measured.people.prominent).unwrap_or_default();
        Self {
            eyes_shut: measured.people.closed >= SHUT || verdict.has(ReasonCode::EYES_CLOSED),
            ..Self::new(verdict, deciding.first())
        }
    }

    fn new(verdict: &Verdict, first: Option<&Face>) -> Self {
        let sharpest = verdict.measures.map_or(0.0, |measures| measures.sharpness);
        Self {
            judged: verdict.decision != Decision::Error,
            rejected: verdict.decision == Decision::Reject,
            eyes_shut: verdict.has(ReasonCode::EYES_CLOSED),
            sharpness: first.and_then(|face| face.sharpness).unwrap_or(sharpest),
            score: verdict.score.unwrap_or(0.0),
        }
    }

    /// Which of two frames is better: `Less` for this one, so that sorting puts the
    /// best first, and leaves equals in their order. A number that is none counts as 0.
    #[must_use]
    pub fn rank(&self, other: &Self) -> Ordering {
        let key = |c: &Self| {
            let real = |x: f32| if x.is_nan() { 0.0 } else { x.clamp(0.0, 1.0) + 0.0 };
            let step = libm::floorf(real(c.sharpness) * STEPS) as u32;
            // Without sign (-0 + 0 is 0), the bits are in the order of the numbers.
            (!c.judged, c.rejected, c.eyes_shut, Reverse(step), Reverse(real(c.score).to_bits()))
        };
        key(self).cmp(&key(other))
    }
}

/// Sets `places` to the places of `candidates`, the best first; equal ones stay in their
/// order. Takes as many as both have room for; returns the part of `places` that was set.
pub fn order<'p>(candidates: &[Candidate], places: &'p mut [u32]) -> &'p [u32] {
    let count = candidates.len().min(places.len());
    let (places, _) = places.split_at_mut(count);
    places.iter_mut().zip(0..).for_each(|(place, number)| *place = number);
    let of = |place: &u32| candidates.get(*place as usize).copied().unwrap_or_default();
    // Unstable sorting needs no heap; the place itself decides between equals.
    places.sort_unstable_by(|a, b| of(a).rank(&of(b)).then(a.cmp(b)));
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const GOOD: Candidate =
        Candidate { judged: true, rejected: false, eyes_shut: false, sharpness: 0.6, score: 0.5 };

    fn order_of(candidates: &[Candidate]) -> Vec<u32> {
        let mut places = std::vec![0; candidates.len()];
        order(candidates, &mut places).to_vec()
    }

    #[test]
    fn eyes_go_before_sharpness_and_sharpness_before_the_score() {
        let blink = Candidate { eyes_shut: true, sharpness: 1.0, score: 1.0, ..GOOD };
        let soft = Candidate { sharpness: 0.3, score: 0.9, ..GOOD };
        let sharp = Candidate { sharpness: 0.9, score: 0.2, ..GOOD };
        assert_eq!(order_of(&[blink, soft, sharp]), [2, 1, 0]);
        let rejected = Candidate { rejected: true, sharpness: 1.0, score: 1.0, ..GOOD };
        let unread = Candidate { judged: false, ..GOOD };
        assert_eq!(order_of(&[unread, rejected, blink, GOOD]), [3, 2, 1, 0]);
    }

    #[test]
    fn what_cannot_be_measured_apart_is_left_to_the_score() {
        let hardly_sharper = Candidate { sharpness: 0.61, score: 0.4, ..GOOD };
        assert_eq!(order_of(&[hardly_sharper, GOOD]), [1, 0]);
    }

    #[test]
    fn equals_stay_in_the_order_of_arrival() {
        assert_eq!(order_of(&[GOOD; 40]), (0..40).collect::<Vec<_>>());
        let best = Candidate { score: 0.7, ..GOOD };
        assert_eq!(order_of(&[GOOD, best, GOOD, best]), [1, 3, 0, 2]);
    }

    #[test]
    fn the_order_is_total_whatever_the_numbers() {
        let odd = [f32::NAN, f32::INFINITY, -1.0, -0.0, 0.5, 2.0];
        let all: Vec<Candidate> = odd
            .iter()
            .flat_map(|&sharpness| odd.map(|score| Candidate { sharpness, score, ..GOOD }))
            .collect();
        for a in &all {
            for b in &all {
                assert_eq!(a.rank(b), b.rank(a).reverse());
                for c in &all {
                    assert!(!(a.rank(b).is_le() && b.rank(c).is_le() && a.rank(c).is_gt()));
                }
            }
        }
        assert_eq!(GOOD.rank(&GOOD), Ordering::Equal);
    }

    #[test]
    fn as_many_as_there_is_room_for() {
        let mut two = [9; 2];
        assert_eq!(order(&[GOOD; 5], &mut two), [0, 1]);
        assert!(order(&[], &mut two).is_empty());
        assert_eq!(two, [0, 1]);
    }

    #[test]
    fn a_verdict_of_an_error_is_no_candidate_for_the_first_place() {
        let unread = Candidate::new(&Verdict::error(ReasonCode::CORRUPT), None);
        assert!(!unread.judged && unread.sharpness == 0.0 && unread.score == 0.0);
        assert_eq!(order_of(&[unread, Candidate { rejected: true, ..GOOD }]), [1, 0]);
    }
}
