//! Driving the decoder through the entropy-coded data of a scan, the first time
//! and again for a region.

use super::super::slot::Slot;
use super::{ScanSink, Scanner, State};
use crate::jpeg::decode::{Cursor, Damage, Pause};
use crate::jpeg::index::RowStart;
use crate::jpeg::plan::ScanPlan;
use crate::jpeg::segment::marker;
use crate::jpeg::sink::BlockSink;
use crate::jpeg::stream;

/// Entropy-coded bytes beyond the last block that are still put down to
/// padding; more are damage.
const MAX_PADDING: u64 = 64;

impl<const N: usize, const ROWS: usize> Scanner<N, ROWS> {
    /// Loads the tables of the scan that luma was in again, where another scan's took their
    /// place; its plan.
    pub(in crate::jpeg) fn reload_luma_scan(&mut self) -> Option<&ScanPlan> {
        let header = self.header.get()?;
        let (scan, plan) = self.luma_scan.as_ref()?;
        if !self.luma_tables {
            self.decoder.tables.load(scan, header.luma_index(), &self.dc, &self.ac)?;
            self.luma_tables = true;
        }
        self.plan = Slot::Full(plan.clone());
        self.plan.as_ref()
    }

    /// Goes to a place in the scan whose tables are loaded.
    pub(in crate::jpeg) fn restart_scan(&mut self, offset: u64, cursor: Cursor) {
        self.state = State::Done;
        if let Some(plan) = self.plan.as_ref() {
            self.decoder.start(plan, offset, cursor);
        }
    }

    /// Takes bytes for [`decode_with`](Self::decode_with); says how many.
    pub(in crate::jpeg) fn refill(&mut self, input: &[u8]) -> usize {
        self.decoder.stream.fill(input)
    }

    /// Says that no more bytes will come.
    pub(in crate::jpeg) fn end_of_file(&mut self) {
        self.decoder.stream.end_of_file();
    }

    /// Decodes what was taken into `sink`.
    pub(in crate::jpeg) fn decode_with<S: BlockSink>(&mut self, sink: &mut S) -> Pause {
        match self.plan.as_ref() {
            Some(plan) => self.decoder.decode(plan, sink),
            None => Pause::End,
        }
    }

    pub(super) fn entropy<S: ScanSink>(&mut self, input: &[u8], sink: &mut S) -> usize {
        let used = self.decoder.stream.fill(input);
        self.offset += used as u64;
        self.run(sink);
        used
    }

    /// Decodes what has arrived. `false` when the scan is over.
    pub(super) fn run<S: ScanSink>(&mut self, sink: &mut S) -> bool {
        let Some(plan) = self.plan.as_ref() else {
            self.state = State::Done;
            return false;
        };
        loop {
            match self.decoder.decode(plan, sink) {
                Pause::Hungry => return true,
                Pause::Row => {
                    if plan.has_luma() {
                        let cursor = self.decoder.cursor;
                        let (offset, bytes) = self.decoder.stream.locate(cursor.bit / 8);
                        self.index.push(
                            cursor.row,
                            RowStart {
                                offset,
                                skip_bits: (bytes * 8 + cursor.bit % 8) as u32,
                                predictors: cursor.predictors,
                            },
                        );
                    }
                }
                Pause::End => {
                    self.state = State::Drain;
                    self.drain(&[]);
                    return false;
                }
            }
        }
    }

    /// Restart markers that nobody expected are damage, wherever they stood.
    pub(super) fn note_stray(&mut self) {
        if let Some(offset) = self.decoder.stream.stray() {
            self.decoder.damage.corrupt_at(offset);
        }
    }

    /// Passes over what is left of a scan's data, up to the marker.
    pub(super) fn drain(&mut self, input: &[u8]) -> usize {
        let plan_restarts = self.plan.as_ref().is_some_and(|p| p.restart != 0);
        let stream = &mut self.decoder.stream;
        let mut used = 0;
        loop {
            while let Some(mark) = stream.mark() {
                stream.pop_mark();
                match mark.marker {
                    Some(marker::RST0..=marker::RST7) => {}
                    Some(reserved) if plan_restarts && stream::is_reserved(reserved) => {}
                    Some(found) => {
                        let end = self.decoder.cursor.bit.div_ceil(8);
                        let undamaged = self.decoder.damage == Damage::default();
                        if mark.at > end + MAX_PADDING && undamaged {
                            self.decoder.damage.corrupt_at(self.offset);
                        }
                        self.note_stray();
                        self.marker(found);
                        return used;
                    }
                    None => {
                        self.note_stray();
                        self.state = State::Done;
                        return used;
                    }
                }
            }
            stream.discard(stream.end());
            let taken = stream.fill(input.get(used..).unwrap_or(&[]));
            used += taken;
            self.offset += taken as u64;
            if taken == 0 {
                return used;
            }
        }
    }
}
