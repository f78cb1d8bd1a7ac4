//! From buffered bits to blocks: the walk over MCUs, rows and restart intervals.
//!
//! In come a [`Stream`] and the tables; out go blocks, in the order of the scan,
//! to a [`BlockSink`]. The scanner and the region decoder share it.

use super::bits::Bits;
use super::block::{self, Coefficients};
use super::plan::{ScanPlan, Tables};
use super::segment::marker;
use super::sink::{BlockAt, BlockSink};
use super::stream::{self, Stream};
use crate::kernels::{Isa, Kernels, Task};

/// Longest Huffman code (T.81, B.2.4.2).
const MAX_CODE_BITS: usize = 16;

/// Where decoding stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Next bit, counted from the start of the stream's plain bytes.
    pub(super) bit: u64,
    /// DC predictors by slot.
    pub(super) predictors: [i16; 4],
    /// MCU column and row.
    pub(super) col: u32,
    pub(super) row: u32,
}

/// Why decoding paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    /// More bytes are wanted.
    Hungry,
    /// A new MCU row begins here.
    Row,
    /// Every MCU has been passed, or nothing more can be.
    End,
}

/// The first damage of its kind, as an offset in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Damage {
    pub(super) truncated: Option<u64>,
    pub(super) corrupt: Option<u64>,
}

impl Damage {
    pub(super) fn corrupt_at(&mut self, offset: u64) {
        self.corrupt = Some(self.corrupt.map_or(offset, |o| o.min(offset)));
    }

    fn truncated_at(&mut self, offset: u64) {
        self.truncated = Some(self.truncated.map_or(offset, |o| o.min(offset)));
    }
}

/// Decodes one scan.
pub(super) struct Decoder<const N: usize> {
    pub(super) stream: Stream<N>,
    pub(super) damage: Damage,
    pub(super) cursor: Cursor,
    pub(super) tables: Tables,
    isa: Isa,
    /// MCUs until the next restart marker.
    left: u32,
    /// MCUs of the current row that were decoded.
    seen: u32,
    /// A row has ended and the next one has not been announced.
    at_row_start: bool,
    /// The first bits are only passed over: markers among them do not count.
    seeking: bool,
    block: Coefficients,
}

/// How a run of MCUs ended.
enum Run {
    Done,
    /// More bytes are wanted.
    Hungry,
    /// Bits that are no code, or a block of more than 64 coefficients.
    Damaged,
    /// A marker came before the MCU was complete.
    Overrun,
}

impl<const N: usize> Decoder<N> {
    pub(super) const fn new(isa: Isa) -> Self {
        Self {
            stream: Stream::new(),
            damage: Damage { truncated: None, corrupt: None },
            cursor: Cursor { bit: 0, predictors: [0; 4], col: 0, row: 0 },
            tables: Tables::EMPTY,
            isa,
            left: 0,
            seen: 0,
            at_row_start: false,
            seeking: false,
            block: [0; 256],
        }
    }

    /// Begins a scan of `plan` at `offset` in the file, or, with a `cursor`,
    /// in the middle of it.
    pub(super) fn start(&mut self, plan: &ScanPlan, offset: u64, cursor: Cursor) {
        self.stream.restart(offset, plan.restart != 0);
        self.cursor = cursor;
        self.seen = 0;
        self.at_row_start = cursor.col == 0;
        self.seeking = cursor.bit != 0;
        self.left = match plan.restart {
            0 => u32::MAX,
            interval => interval - self.mcu_index(plan) % interval,
        };
    }

    fn mcu_index(&self, plan: &ScanPlan) -> u32 {
        self.cursor.row * plan.cols + self.cursor.col
    }

    /// Decodes until there is a reason to pause.
    pub(super) fn decode<S: BlockSink>(&mut self, plan: &ScanPlan, sink: &mut S) -> Pause {
        if self.seeking {
            while self.stream.mark().is_some_and(|m| m.at * 8 <= self.cursor.bit)
                && !self.nothing_follows()
            {
                self.stream.pop_mark();
            }
            if self.stream.end() * 8 <= self.cursor.bit && !self.stream.ended() {
                return Pause::Hungry;
            }
            self.seeking = false;
        }
        while self.cursor.row < plan.rows {
            if self.left == 0 {
                if let Some(pause) = self.next_interval(plan, sink) {
                    return pause;
                }
                continue;
            }
            if plan.open_ended && self.cursor.col == 0 && self.at_the_end() {
                return Pause::End;
            }
            if core::mem::take(&mut self.at_row_start) && self.cursor.col == 0 {
                return Pause::Row;
            }
            let count = self.left.min(plan.cols - self.cursor.col);
            let before = self.cursor.col;
            let isa = self.isa;
            let run = isa.run(RunMcus { decoder: self, plan, sink, count });
            let done = self.cursor.col - before;
            self.seen += done;
            if plan.restart != 0 {
                self.left -= done;
            }
            if self.cursor.col == plan.cols {
                self.end_row(plan, sink);
            }
            match run {
                Run::Done => {}
                Run::Hungry => {
                    self.stream.discard(self.cursor.bit / 8);
                    return Pause::Hungry;
                }
                Run::Damaged | Run::Overrun => {
                    let overrun = matches!(run, Run::Overrun);
                    self.note_damage(overrun);
                    if plan.restart == 0 || overrun && self.nothing_follows() {
                        return self.give_up(plan, sink);
                    }
                    self.lose(self.left, plan, sink);
                }
            }
        }
        Pause::End
    }

    fn end_row<S: BlockSink>(&mut self, plan: &ScanPlan, sink: &mut S) {
        let seen = core::mem::take(&mut self.seen);
        self.isa.run(EndRow { sink, seen, of: plan.cols });
        self.cursor.col = 0;
        self.cursor.row += 1;
        self.at_row_start = true;
    }

    /// Passes over MCUs that cannot be decoded.
    fn lose<S: BlockSink>(&mut self, count: u32, plan: &ScanPlan, sink: &mut S) {
        self.left = self.left.saturating_sub(count);
        let mut count = count;
        while count > 0 && self.cursor.row < plan.rows {
            let step = count.min(plan.cols - self.cursor.col);
            count -= step;
            self.cursor.col += step;
            if self.cursor.col == plan.cols {
                self.end_row(plan, sink);
            }
        }
    }

    /// Ends the scan early: the row that was begun is passed on as it is, rows
    /// below it never come.
    fn give_up<S: BlockSink>(&mut self, plan: &ScanPlan, sink: &mut S) -> Pause {
        if self.cursor.col > 0 {
            self.lose(plan.cols - self.cursor.col, plan, sink);
        }
        Pause::End
    }

    /// Whether the next marker is one that no more data of the scan follows.
    fn nothing_follows(&self) -> bool {
        self.stream.mark().is_some_and(|m| {
            m.marker.is_none_or(|m| !is_restart(Some(m)) && !stream::is_reserved(m))
        })
    }

    /// Whether only padding is left before the marker that ends the scan.
    fn at_the_end(&self) -> bool {
        self.nothing_follows() && self.stream.mark().is_some_and(|m| m.at * 8 < self.cursor.bit + 8)
    }

    /// Notes that the data ends too early (`overrun`) or makes no sense here.
    fn note_damage(&mut self, overrun: bool) {
        let mark = self.stream.mark().map(|m| m.marker);
        if overrun && matches!(mark, Some(None | Some(marker::EOI))) {
            self.damage.truncated_at(self.stream.offset());
        } else {
            self.note_corrupt(self.cursor.bit / 8);
        }
    }

    fn note_corrupt(&mut self, at: u64) {
        let (offset, plain) = self.stream.locate(at);
        self.damage.corrupt_at(offset + plain);
    }

    /// Goes on behind the next restart marker, when an interval is complete or
    /// lost. Markers count modulo 8: one that is a few ahead means that whole
    /// intervals are missing (T.81, F.1.2.3 and the advice in E.2.4).
    fn next_interval<S: BlockSink>(&mut self, plan: &ScanPlan, sink: &mut S) -> Option<Pause> {
        /// Further ahead than this a number more likely is an old one.
        const FARTHEST: u32 = 3;
        let Some(mark) = self.stream.mark() else {
            self.stream.discard(self.stream.end());
            return Some(Pause::Hungry);
        };
        if self.nothing_follows() {
            if !(plan.open_ended && self.cursor.col == 0 && self.at_the_end()) {
                self.note_damage(true);
            }
            return Some(self.give_up(plan, sink));
        }
        let Some(number) = mark.marker.filter(|_| is_restart(mark.marker)) else {
            self.note_corrupt(mark.at);
            self.stream.pop_mark();
            return None;
        };
        if mark.at * 8 >= self.cursor.bit + 16 {
            // Whole bytes were left over: the interval was longer than its MCUs.
            self.note_corrupt(mark.at);
        }
        let finished = self.mcu_index(plan) / plan.restart.max(1);
        let expected = finished.wrapping_sub(1) & 7;
        let ahead = u32::from(number).wrapping_sub(expected) & 7;
        self.cursor.bit = mark.at * 8;
        if ahead > FARTHEST {
            self.note_corrupt(mark.at);
            self.stream.pop_mark();
            return None;
        }
        if ahead > 0 {
            self.note_corrupt(mark.at);
            self.lose(ahead * plan.restart, plan, sink);
        }
        self.stream.pop_mark();
        self.cursor.predictors = [0; 4];
        self.left = plan.restart;
        None
    }
}

fn is_restart(marker: Option<u8>) -> bool {
    marker.is_some_and(|m| (marker::RST0..=marker::RST7).contains(&m))
}

/// Tells the sink that a row has ended, in code for the best instruction set.
struct EndRow<'a, S> {
    sink: &'a mut S,
    seen: u32,
    of: u32,
}

impl<S: BlockSink> Task for EndRow<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernels>(self) {
        self.sink.end_mcu_row::<K>(self.seen, self.of);
    }
}

/// Decodes up to `count` MCUs of the current row.
struct RunMcus<'a, const N: usize, S> {
    decoder: &'a mut Decoder<N>,
    plan: &'a ScanPlan,
    sink: &'a mut S,
    count: u32,
}

impl<const N: usize, S: BlockSink> Task for RunMcus<'_, N, S> {
    type Output = Run;

    #[inline(always)]
    fn run<K: Kernels>(self) -> Run {
        let Self { decoder, plan, sink, count } = self;
        let Decoder { stream, cursor, tables, block, .. } = decoder;
        let base = stream.base() * 8;
        let end = stream.end();
        // Up to a known marker every bit counts. Before that, an MCU is begun
        // only if its longest form has arrived.
        let (limit, last_start) = match stream.mark() {
            Some(mark) => ((mark.at * 8 - base) as usize, usize::MAX),
            None => {
                let limit = ((end * 8) - base) as usize;
                (limit, limit.saturating_sub((plan.max_mcu_bytes() + 16) * 8))
            }
        };
        let buffer = stream.buffer().as_slice();
        let mut bits = Bits::at(buffer, (cursor.bit - base) as usize);
        let mut predictors = cursor.predictors;
        let mut col = cursor.col;
        let mut outcome = Run::Done;
        let stop = col + count;
        let (blocks, count) = tables.blocks(plan, sink);
        let values = &tables.values;
        'mcus: while col < stop {
            if bits.position() >= last_start {
                outcome = Run::Hungry;
                break;
            }
            // What is kept if this MCU turns out to be damaged.
            let start = bits.position();
            for part in blocks.iter().take(count) {
                let at = BlockAt {
                    component: part.component,
                    col: col * part.h + part.dx,
                    row_in_mcu: part.dy,
                };
                let (b, dc) = block::dc(bits, buffer, part.dc);
                let (b, end) = if dc.ends_block {
                    (b, dc.end())
                } else if !part.values {
                    block::ac_skip(b, buffer, part.skip)
                } else if part.luma || !S::CHROMA_VALUES {
                    block::ac_values(b, buffer, values, block)
                } else {
                    let (position, end) =
                        block::ac_slowly(b.position(), buffer, &part.skip.code, block);
                    (Bits::at(buffer, position), end)
                };
                bits = b;
                if end > 64 || b.position() > limit {
                    // Bits that are no code may have begun before the limit and
                    // gone on beyond it, where whatever lies in the buffer lies.
                    let overrun = b.position() + MAX_CODE_BITS > limit;
                    outcome = if overrun { Run::Overrun } else { Run::Damaged };
                    block.fill(0);
                    bits = Bits::at(buffer, start);
                    break 'mcus;
                }
                let predictor = &mut predictors[part.slot & 3];
                *predictor = predictor.wrapping_add(dc.difference);
                let Some(coefs) = block.first_chunk_mut::<64>() else {
                    break 'mcus;
                };
                if part.luma {
                    sink.luma::<K>(at, *predictor, end, coefs);
                } else {
                    sink.chroma(at, *predictor, coefs);
                }
            }
            col += 1;
        }
        cursor.col = col;
        cursor.predictors = predictors;
        cursor.bit = base + bits.position() as u64;
        outcome
    }
}
