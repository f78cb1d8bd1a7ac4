//! Focus stacks: one frame, and what is sharp in it moves on.
//!
//! The picture as a whole stays what it is; each region is sharpest in one frame and
//! loses sharpness towards either side of that. Regions that are sharpest near the
//! beginning and others near the end, and some in between, make a stack. Shake takes
//! sharpness from all regions at once; a subject that moves changes the picture.

use super::compare::EV;
use super::{Entry, FEWEST, Link, setting};

/// Frames at either end that may have been taken before or after the stack.
const LOOSE: usize = 2;

/// How alike two frames are, in 1/256.
const ALIKE: i32 = 170;

/// What nineteen in twenty samples do not differ by, in codes.
const RESIDUAL: u8 = 16;

/// Brightness may change by this much from one to the next, in 1/64 stops.
const LEVEL: i32 = EV / 5;

/// Energy rises by this much to where a region is sharpest, in eighths of an octave.
const RISE: u8 = 10;

/// On the way there and back it may fall, or rise again, by this much.
const WOBBLE: u8 = 5;

/// Regions that rise so, at least.
const REGIONS: usize = 6;

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
    let (mut risen, mut single) = (0, 0);
    // Regions that are sharpest in the first, the second, the last third.
    let mut thirds = [0usize; 3];
    for region in 0..regions {
        let codes = || frames.iter().map(|f| f.sharp.get(region).copied().unwrap_or(0));
        let low = codes().min().unwrap_or(0);
        let (peak, high) = codes()
            .enumerate()
            .fold((0, 0), |(at, high), (i, code)| if code > high { (i, code) } else { (at, high) });
        if low == 0 || high - low < RISE {
            continue;
        }
        risen += 1;
        let after = codes().skip(peak);
        let before = codes().take(peak + 1);
        single += usize::from(rises(before) && falls(after));
        if let Some(count) = thirds.get_mut(3 * peak / frames.len()) {
            *count += 1;
        }
    }
    let enough = thirds.iter().all(|&count| count * 12 >= risen);
    risen >= REGIONS && single * 4 >= risen * 3 && enough
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
