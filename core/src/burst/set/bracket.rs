//! Exposure brackets: one frame at exposures that follow a pattern.
//!
//! Cameras write them from dark to bright or back, or with the metered exposure first:
//! 0 - +, 0 -- - + ++, 0 - + -- ++. The exposures differ by a third of a stop at
//! least, and by about as much from one to the next. Where the settings are known,
//! they tell the exposures, and the pictures need only agree; where they say that
//! nothing was changed, it was the light that changed, which is no bracket.

use super::compare::EV;
use super::{Entry, FEWEST, Link, exposure, setting};

/// Frames of a bracket at most.
const MOST: usize = 32;

/// Steps of brightness from here on are steps of exposure, in 1/64 stops.
const STEP: i32 = EV / 4;

/// Steps of the settings from here on are meant.
const SET: i32 = EV / 4;

/// How far brightness must follow a step of the settings.
const AGREES: i32 = EV / 10;

/// How alike two exposures of one frame are, in 1/256.
const ALIKE: i32 = 150;

/// The same for frames between which nothing changed: a camera at the end of its
/// range repeats itself to the bit, people do not.
const REPEATED: i32 = 216;

/// How far brightness may seem to go back where there is little to be seen.
const BACK: i32 = EV * 3 / 4;

/// How alike they are where the settings tell of a step.
const ALIKE_SET: i32 = 128;

/// Levels next to one another differ by this factor at most.
const UNEVEN: i32 = 4;

/// Length of the longest bracket that a run begins with, 0 if with none.
pub(super) fn longest(run: &[Entry]) -> usize {
    (FEWEST..=run.len().min(MOST))
        .rev()
        .find(|&size| run.get(..size).is_some_and(is_bracket))
        .unwrap_or(0)
}

fn is_bracket(frames: &[Entry]) -> bool {
    let mut settings = [0; MOST];
    let known = frames.iter().zip(&mut settings).all(|(frame, to)| {
        setting(&frame.taken).is_some_and(|level| {
            *to = level;
            true
        })
    });
    let settings = settings.get(..frames.len()).unwrap_or(&[]);
    if known {
        let (low, high) = range(settings);
        if high - low < SET && frames.iter().all(|frame| exposure(&frame.taken).is_some()) {
            return false;
        }
        if agrees(frames, settings) && pattern(settings, SET) {
            return true;
        }
    }
    by_brightness(frames)
}

/// Whether the pictures got brighter where the settings say so.
fn agrees(frames: &[Entry], settings: &[i32]) -> bool {
    let pairs = frames.windows(2).zip(settings.windows(2));
    pairs.into_iter().all(|(pair, set)| {
        let ([before, after], [from, to]) = (pair, set) else {
            return false;
        };
        let step = after.level.saturating_sub(before.level) * (to - from).signum();
        let Link::Same(same) = after.link else {
            return false;
        };
        let enough = if before.faint || after.faint { 0 } else { AGREES };
        step >= enough && (same.score >= ALIKE_SET || after.faint)
    })
}

/// Whether the pictures alone say so.
fn by_brightness(frames: &[Entry]) -> bool {
    let mut levels = [0; MOST];
    let mut count = 0;
    let mut way = 0;
    let mut previous: Option<&Entry> = None;
    for frame in frames {
        let Some(before) = previous.replace(frame) else {
            push(&mut levels, &mut count, frame.level);
            continue;
        };
        let Link::Same(same) = frame.link else {
            return false;
        };
        let step = frame.level.saturating_sub(before.level);
        if step.abs() >= STEP && same.score >= ALIKE {
            push(&mut levels, &mut count, frame.level);
            way = step.signum();
        } else if before.faint || frame.faint {
            // At the ends there is little to be seen, but never a long way back.
            if step * way <= -BACK {
                return false;
            }
        } else if step.abs() >= STEP || same.score < REPEATED || count < 2 {
            return false;
        }
    }
    let plain = count == frames.len();
    let ends = frames.last().is_some_and(|last| {
        let step = frames
            .get(frames.len().saturating_sub(2))
            .map_or(0, |before| last.level.saturating_sub(before.level));
        step.abs() >= STEP || last.faint
    });
    let levels = levels.get(..count).unwrap_or(&[]);
    let fits = if plain { pattern(levels, STEP) } else { monotone(levels, STEP) };
    ends && fits && even(levels)
}

fn push(levels: &mut [i32; MOST], count: &mut usize, level: i32) {
    if let Some(to) = levels.get_mut(*count) {
        *to = level;
        *count += 1;
    }
}

fn range(levels: &[i32]) -> (i32, i32) {
    let low = levels.iter().copied().min().unwrap_or(0);
    (low, levels.iter().copied().max().unwrap_or(0))
}

/// Whether levels come in an order that cameras use, `least` apart.
fn pattern(levels: &[i32], least: i32) -> bool {
    monotone(levels, least) || metered_first(levels, least)
}

fn monotone(levels: &[i32], least: i32) -> bool {
    let all =
        |way: i32| levels.windows(2).all(|pair| matches!(pair, [a, b] if way * (b - a) >= least));
    levels.len() >= FEWEST && (all(1) || all(-1))
}

/// The first lies between the others, which come in order or by turns, ever farther
/// from it.
fn metered_first(levels: &[i32], least: i32) -> bool {
    let Some((&first, rest)) = levels.split_first() else {
        return false;
    };
    let (low, high) = range(rest);
    let apart = rest.iter().enumerate().all(|(i, level)| {
        (level - first).abs() >= least
            && rest.iter().take(i).all(|other| (level - other).abs() >= least)
    });
    let turns = rest
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if (a - first).signum() != (b - first).signum()))
        && rest
            .windows(3)
            .all(|three| matches!(three, [a, _, c] if (c - first).abs() > (a - first).abs()));
    let ordered = rest.len() < FEWEST || monotone(rest, least);
    low < first && first < high && apart && (turns || ordered)
}

/// Whether neighbouring levels are about equally far apart.
fn even(levels: &[i32]) -> bool {
    let mut sorted = [0; MOST];
    let Some(sorted) = sorted.get_mut(..levels.len()) else {
        return false;
    };
    sorted.copy_from_slice(levels);
    sorted.sort_unstable();
    let (mut small, mut large) = (i32::MAX, 0);
    for (a, b) in sorted.iter().zip(sorted.iter().skip(1)) {
        (small, large) = (small.min(b - a), large.max(b - a));
    }
    small > 0 && large <= small.saturating_mul(UNEVEN)
}
