//! Where each MCU row begins: what is needed to decode a part again.

use heapless::Vec;

/// The start of one MCU row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowStart {
    /// Offset in the file from which to read.
    pub offset: u64,
    /// Plain bits (stuffing removed) to pass over from there.
    pub skip_bits: u32,
    /// DC predictors, in the order of the scan's components.
    pub predictors: [i16; 4],
}

/// Starts of MCU rows: all that were seen, or, when there are more than
/// `ROWS`, every second, fourth, eighth and so on.
#[derive(Clone, Debug, Default)]
pub struct RowIndex<const ROWS: usize> {
    starts: Vec<(u32, RowStart), ROWS>,
    /// Rows between two entries, as a power of two.
    shift: u32,
}

impl<const ROWS: usize> RowIndex<ROWS> {
    /// An index of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { starts: Vec::new(), shift: 0 }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.starts.clear();
        self.shift = 0;
    }

    /// Notes where `row` begins. Rows come in order, each at most once; those
    /// that were lost to damage do not come.
    pub(super) fn push(&mut self, row: u32, start: RowStart) {
        while self.starts.is_full() && self.shift < 31 {
            self.shift += 1;
            let step = 1 << self.shift;
            self.starts.retain(|(row, _)| row.is_multiple_of(step));
        }
        if row.is_multiple_of(1 << self.shift) {
            // A single place may be taken for good; then this changes nothing.
            let _ = self.starts.push((row, start));
        }
    }

    /// The last noted row at or above `row`, with its number.
    #[must_use]
    pub fn at_or_above(&self, row: u32) -> Option<(u32, RowStart)> {
        self.starts.iter().rev().find(|(noted, _)| *noted <= row).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_index_thins_itself_out() {
        let mut index = RowIndex::<4>::new();
        assert_eq!(index.at_or_above(3), None);
        for row in 0..11 {
            index.push(row, RowStart { offset: u64::from(row), ..RowStart::default() });
        }
        for row in 0..11 {
            let (found, start) = index.at_or_above(row).expect("not empty");
            assert_eq!(found, row / 4 * 4);
            assert_eq!(start.offset, u64::from(found));
        }
        assert_eq!(index.at_or_above(1000).map(|(row, _)| row), Some(8));
    }

    #[test]
    fn an_index_of_one_row_knows_the_first() {
        let mut index = RowIndex::<1>::new();
        (0..5).for_each(|row| index.push(row, RowStart::default()));
        assert_eq!(index.at_or_above(4).map(|(row, _)| row), Some(0));
    }
}
