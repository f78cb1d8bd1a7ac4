//! Bounded memory, filled and sorted by code that cannot panic.
//!
//! What `heapless` and `core` have for the same is right, but holds a panic for a case
//! that never comes, and with it the panic's code.

use heapless::Vec;

/// Copies what there is room for: all, where both are of one length.
#[inline(always)]
pub(crate) fn copy(to: &mut [i8], from: &[i8]) {
    let length = to.len().min(from.len());
    if let (Some(to), Some(from)) = (to.get_mut(..length), from.get(..length)) {
        to.copy_from_slice(from);
    }
}

/// The items, as many as there is room for.
pub(crate) fn gather<T, const N: usize>(items: impl IntoIterator<Item = T>) -> Vec<T, N> {
    let mut vec = Vec::new();
    for item in items {
        if vec.push(item).is_err() {
            break;
        }
    }
    vec
}

/// Sorts a few items: those that are before others first, equal ones in the order in which
/// they were. An insertion sort, whose time grows with the square of the length.
pub(crate) fn sort<T>(items: &mut [T], before: impl Fn(&T, &T) -> bool) {
    for length in 2..=items.len() {
        let Some((mut item, sorted)) = items.get_mut(..length).and_then(<[T]>::split_last_mut)
        else {
            return;
        };
        for place in sorted.iter_mut().rev() {
            if !before(item, place) {
                break;
            }
            core::mem::swap(item, place);
            item = place;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorting_is_that_of_std(items in prop::collection::vec((0u8..20, 0u8..4), 0..80)) {
            let (mut ours, mut theirs) = (items.clone(), items);
            sort(&mut ours, |a, b| a.0 < b.0);
            theirs.sort_by_key(|item| item.0);
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        assert_eq!(gather::<_, 3>(0..9), [0, 1, 2]);
        assert_eq!(gather::<_, 3>(0..2), [0, 1]);
    }
}
