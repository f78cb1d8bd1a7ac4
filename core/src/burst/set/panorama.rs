//! Panoramas: views that continue one another to one side.
//!
//! Each frame overlaps the one before by 15 to 85 %, shifted along one axis; the next
//! shift goes the same way and about as far. Once three frames are
//! certain, a frame that shows little may go on where the next one should lie.

use super::compare::Shift;
use super::{FEWEST, Link};

/// How alike an overlap is at least, in 1/256, along the shift.
const ALIKE: i32 = 115;

/// Along the shift and across it, together. The shift was chosen for the former; the
/// latter had no part in that, so that chance seldom makes it agree.
const BOTH: i32 = 240;

/// The same two where a panorama's shift is known and only its neighbourhood was looked
/// at: a frame of little but sky, or of dark streets.
const GOES_ON: [i32; 2] = [80, 150];

/// How much more alike than any other shift, in 1/16.
const ALONE: i32 = 17;

/// How far one shift may stray to the side against the one before, in samples.
const ASIDE: i32 = 3;

/// Share of the details, in 1/256, that may stay where they were.
const FOLLOWED: i32 = 38;

/// The link of a frame to the last of a run of `len`, which itself has the link `last`;
/// `find` compares them along an axis, maybe near an expected shift alone.
pub(super) fn link(
    last: Link,
    len: usize,
    find: impl Fn(usize, Option<i32>) -> Option<Shift>,
) -> Option<Shift> {
    let Link::Shift(before) = last else {
        return [0, 1]
            .into_iter()
            .filter_map(|axis| find(axis, None))
            .filter(is_sure)
            .max_by_key(|shift| shift.score.saturating_add(shift.across));
    };
    let [x, y] = before.by;
    let (axis, way) = if x.abs() >= y.abs() { (0, x) } else { (1, y) };
    let sure = find(axis, None).filter(is_sure);
    if let Some(shift) = sure.filter(|shift| steady(before.by, shift.by, axis)) {
        return Some(shift);
    }
    let [alike, both] = GOES_ON;
    find(axis, Some(way)).filter(|shift| {
        len >= FEWEST
            && steady(before.by, shift.by, axis)
            && shift.score >= alike
            && shift.score.saturating_add(shift.across) >= both
            && shift.followed <= FOLLOWED
    })
}

fn is_sure(shift: &Shift) -> bool {
    shift.score >= ALIKE
        && shift.score.saturating_add(shift.across) >= BOTH
        && shift.score * 16 >= shift.next * ALONE
        && shift.followed <= FOLLOWED
}

/// Whether two shifts go the same way, and one at most twice as far as the other.
fn steady(before: [i32; 2], after: [i32; 2], axis: usize) -> bool {
    let far = |by: [i32; 2]| by.get(axis).copied().unwrap_or(0);
    let (one, two) = (far(before), far(after));
    let (small, large) = (one.abs().min(two.abs()), one.abs().max(two.abs()));
    let aside = |by: [i32; 2]| by.get(1 - axis.min(1)).copied().unwrap_or(0);
    let level = (aside(before) - aside(after)).abs() <= ASIDE;
    let on = one.signum() == two.signum() && large <= 2 * small;
    on && level
}
