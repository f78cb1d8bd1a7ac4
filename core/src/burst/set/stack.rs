//! Focus stacks: one frame, and what is sharp in it moves on.
//!
//! The picture as a whole stays what it is; each region is sharpest in one frame and
//! loses sharpness towards either side of that. Regions that are sharpest in an earlier
//! frame, others in a later one, and some in between, make a stack. Shake takes
//! sharpness from all regions at once; a subject that moves changes the picture.

use super::compare::EV;
use super::{Entry, FEWEST, Link, setting};
use crate::burst::sketch::REGIONS as ALL;

/// Frames at either end that may have been taken before or after the stack.
const LOOSE: usize = 2;

/// How alike two frames are, in 1/256.
const ALIKE: i32 = 170;

/// What nineteen in twenty samples do not differ by, in codes.
const RESIDUAL: u8 = 16;

/// Brightness may change by this much from one to the next, in 1/64 stops.
const LEVEL: i32 = EV / 5;

/// Energy rises by this much to where a region is sharpest, in eighths of an octave:
/// nearly fivefold. What moves from one region to the next in a hand-held burst changes
/// less, as a rule; what goes out of focus, up to a thousandfold.
const RISE: u8 = 18;

/// On the way there and back it may fall, or rise again, by this much.
const WOBBLE: u8 = 8;

/// Regions that rise so, at least.
const FEWEST_REGIONS: usize = 8;

/// The stack in a run: where it begins and its length.
pub(super) fn within(run: &[Entry]) -> Option<(usize, usize)> {
    let part = |from: usize, off: usize| {
        let to = run.len().checked_sub(off)?;
        let frames = run.get(from..to)?;
        is_stack(frames).then_some((from, frames.len()))
    };
    (0..=2 * LOOSE)
        .flat_map(|both| (0..=both.min(LOOSE)).map(move |from| (from, both - from)))
        .filter(|(_, off)| *off <= LOOSE)
        .find_map(|(from, off)| part(from, off))
}

fn is_stack(frames: &[Entry]) -> bool {
    let Some((first, rest)) = frames.split_first() else {
        return false;
    };
    let steady = rest.iter().zip(frames).all(|(frame, before)| {
        let exposed = match (setting(&before.taken), setting(&frame.taken)) {
            (Some(a), Some(b)) => (a - b).abs() < LEVEL,
            _ => true,
        };
        let calm = matches!(frame.link, Link::Same(same) if same.score >= ALIKE
            && same.residual <= RESIDUAL);
        let level = frame.level.saturating_sub(before.level).abs() < LEVEL;
        exposed && calm && level && frame.regions == first.regions
    });
    if !steady || frames.len() < FEWEST {
        return false;
    }
    let [_, regions] = first.regions;
    let code = |frame: usize, region: usize| {
        let sharp = frames.get(frame).and_then(|f| f.sharp.get(region));
        sharp.copied().unwrap_or(0)
    };
    let (mut risen, mut single) = (0, 0);
    let mut peaks = [None; ALL];
    for (region, to) in peaks.iter_mut().enumerate().take(regions) {
        let codes = || (0..frames.len()).map(|frame| code(frame, region));
        let low = codes().min().unwrap_or(0);
        let (peak, high) = codes()
            .enumerate()
            .fold((0, 0), |(at, high), (i, code)| if code > high { (i, code) } else { (at, high) });
        if low > 0 && high - low >= RISE {
            risen += 1;
            single += usize::from(rises(codes().take(peak + 1)) && falls(codes().skip(peak)));
            *to = Some(peak);
        }
    }
    if risen < FEWEST_REGIONS || single * 4 < risen * 3 {
        return false;
    }
    // Frames in which more than a few regions are sharpest: three at least, and between
    // the first and the last of them some gain what others lose.
    let held = |frame: &usize| {
        16 * peaks.iter().filter(|peak| **peak == Some(*frame)).count() >= risen.max(16)
    };
    let mut sharpest = (0..frames.len()).filter(held);
    let (Some(early), Some(_), Some(late)) =
        (sharpest.next(), sharpest.next(), sharpest.next_back())
    else {
        return false;
    };
    let gain = |from: usize, to: usize| {
        let more = |&region: &usize| code(to, region) >= code(from, region).saturating_add(RISE);
        8 * (0..regions).filter(more).count() >= risen.max(24)
    };
    gain(early, late) && gain(late, early)
}

fn falls(codes: impl Iterator<Item = u8>) -> bool {
    let mut low = u8::MAX;
    codes.into_iter().all(|code| {
        low = low.min(code);
        code - low <= WOBBLE
    })
}

fn rises(codes: impl Iterator<Item = u8>) -> bool {
    let mut high = 0;
    codes.into_iter().all(|code| {
        high = high.max(code);
        high - code <= WOBBLE
    })
}
