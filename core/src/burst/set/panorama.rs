//! Panoramas: views that continue one another to one side.
//!
//! Each frame overlaps the one before by 15 to 85 %, shifted along one axis; the next
//! shift goes the same way and about as far. The second link may be less sure than
//! the first as long as it is where the first says it should be.

use super::Link;
use super::compare::Shift;

/// How alike an overlap is at least, in 1/256.
const ALIKE: i32 = 128;

/// The same, where the shift before says that it is the right one.
const EXPECTED: i32 = 102;

/// How much more alike than any other shift, in 1/16.
const ALONE: i32 = 20;

/// Share of the details, in 1/256, that may stay where they were.
const FOLLOWED: i32 = 38;

/// The link of a frame to the one before it, which itself has the link `last`;
/// `find` compares them along an axis.
pub(super) fn link(last: Link, find: impl Fn(usize) -> Option<Shift>) -> Option<Shift> {
    match last {
        Link::Same(_) => None,
        Link::First => [0, 1]
            .into_iter()
            .filter_map(find)
            .filter(|shift| shift.score >= ALIKE && unique(shift))
            .max_by_key(|shift| shift.score),
        Link::Shift(before) => {
            let axis = usize::from(along(&before).is_none());
            let shift = find(axis)?;
            let near = steady(before.by, shift.by, axis)?;
            let least = if near { EXPECTED } else { ALIKE };
            (shift.score >= least && (near || unique(&shift)) && shift.followed <= FOLLOWED)
                .then_some(shift)
        }
    }
}

fn unique(shift: &Shift) -> bool {
    shift.score * 16 >= shift.next * ALONE && shift.followed <= FOLLOWED
}

/// How far along x, unless it is along y.
fn along(shift: &Shift) -> Option<i32> {
    let [x, y] = shift.by;
    (x.abs() >= y.abs()).then_some(x)
}

/// Whether two shifts are steady: `None` if not, else whether nearly equal.
fn steady(before: [i32; 2], after: [i32; 2], axis: usize) -> Option<bool> {
    let far = |by: [i32; 2]| by.get(axis).copied().unwrap_or(0);
    let (one, two) = (far(before), far(after));
    let (small, large) = (one.abs().min(two.abs()), one.abs().max(two.abs()));
    (one.signum() == two.signum() && large <= 2 * small).then_some(large * 4 <= small * 5)
}
