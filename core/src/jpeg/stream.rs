//! Entropy-coded bytes as they arrive: stuffing removed, markers noted.
//!
//! In come pieces of the stream of any size; out goes one contiguous buffer of
//! plain bits, with the places where markers stood, and a way back from a
//! place in it to the offset in the file.

use super::segment::marker;
use heapless::Deque;

/// Smallest buffer: the longest MCU (ten blocks) must fit, with room to spare.
pub(super) const MIN_BUFFER: usize = 4096;

/// Markers noted ahead of the decoder; when they are full, it must catch up.
const MAX_MARKS: usize = 64;

/// Ways back to the file: one for each part of the buffer, and a few more.
const MAX_CHECKPOINTS: usize = CHECKPOINTS_A_BUFFER as usize + 8;
const CHECKPOINTS_A_BUFFER: u64 = 32;

/// A marker inside or at the end of the entropy-coded data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Plain bytes before it, counted from the start of the scan.
    pub(super) at: u64,
    /// Low byte of the marker; `None` at the end of the file.
    pub(super) marker: Option<u8>,
}

/// A place in the file from which unstuffing can begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Checkpoint {
    at: u64,
    offset: u64,
}

/// The buffer of one scan.
pub(super) struct Stream<const N: usize> {
    bytes: [u8; N],
    filled: usize,
    /// Plain bytes that have left the buffer.
    base: u64,
    /// Offset in the file of the next byte to come.
    offset: u64,
    /// The last byte was FF: the next one tells what it means.
    after_ff: bool,
    /// Whether restart markers are expected.
    restarts: bool,
    /// Offset of the first restart marker that nobody expected.
    stray: Option<u64>,
    /// A marker other than a restart has ended the data.
    ended: bool,
    marks: Deque<Mark, MAX_MARKS>,
    checkpoints: Deque<Checkpoint, MAX_CHECKPOINTS>,
    /// Plain bytes after which the next checkpoint is due.
    next_checkpoint: u64,
}

impl<const N: usize> Stream<N> {
    /// Bytes that are filled: bits are read 8 bytes at a time, and those beyond
    /// the last byte must lie in the buffer.
    const CAPACITY: usize = N - 8;

    const CHECKPOINT_STEP: u64 = {
        assert!(N >= MIN_BUFFER, "the longest MCU must fit into the buffer");
        N as u64 / CHECKPOINTS_A_BUFFER
    };

    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; N],
            filled: 0,
            base: 0,
            offset: 0,
            after_ff: false,
            restarts: false,
            stray: None,
            ended: false,
            marks: Deque::new(),
            checkpoints: Deque::new(),
            next_checkpoint: 0,
        }
    }

    /// Begins a scan whose first byte stands at `offset` of the file.
    pub(super) fn restart(&mut self, offset: u64, restarts: bool) {
        self.filled = 0;
        self.base = 0;
        self.offset = offset;
        self.after_ff = false;
        self.restarts = restarts;
        self.stray = None;
        self.ended = false;
        self.marks.clear();
        self.checkpoints.clear();
        self.next_checkpoint = 0;
        self.checkpoint();
    }

    /// The buffer while no scan runs, for whoever needs a place to put bytes.
    pub(super) fn scratch(&mut self) -> &mut [u8; N] {
        &mut self.bytes
    }

    /// Plain bytes in the buffer; those beyond are leftovers.
    pub(super) fn buffer(&self) -> &[u8; N] {
        &self.bytes
    }

    /// How many plain bytes have arrived since the scan began.
    pub(super) fn end(&self) -> u64 {
        self.base + self.filled as u64
    }

    /// Plain bytes that have left the buffer.
    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// Offset in the file of the next byte to come.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Offset of the first restart marker that nobody expected.
    pub(super) fn stray(&self) -> Option<u64> {
        self.stray
    }

    /// The next marker.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.marks.front().copied()
    }

    /// Passes the next marker.
    pub(super) fn pop_mark(&mut self) {
        self.marks.pop_front();
    }

    /// Whether the data has ended: no more bytes will be taken.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Notes the end of the file.
    pub(super) fn end_of_file(&mut self) {
        if !self.ended && self.push_mark(None) {
            self.ended = true;
        }
    }

    /// Drops the plain bytes before `at`.
    pub(super) fn discard(&mut self, at: u64) {
        let gone = (at.saturating_sub(self.base) as usize).min(self.filled).min(N);
        // Never more than the buffer, which the compiler is told so.
        self.bytes.copy_within(gone..self.filled.min(N).max(gone), 0);
        self.filled -= gone;
        self.base += gone as u64;
    }

    /// Offset in the file of a place at or before plain byte `at` from which
    /// unstuffing can begin, and how many plain bytes lie between.
    ///
    /// Strictly before, unless it is the very first: whether there is a
    /// checkpoint right at `at`, behind a marker, would depend on how many
    /// bytes have come.
    pub(super) fn locate(&self, at: u64) -> (u64, u64) {
        self.checkpoints
            .iter()
            .rev()
            .find(|c| c.at < at || c.at == 0)
            .map_or((self.offset, 0), |c| (c.offset, at - c.at))
    }

    fn push_mark(&mut self, marker: Option<u8>) -> bool {
        self.marks.push_back(Mark { at: self.end(), marker }).is_ok()
    }

    /// Takes bytes from `input`; returns how many. It stops at the end of the
    /// data, or when the decoder must make room first.
    pub(super) fn fill(&mut self, input: &[u8]) -> usize {
        let mut rest = input;
        while let Some((&next, tail)) = rest.split_first() {
            if self.ended || self.filled >= Self::CAPACITY || self.marks.is_full() {
                break;
            }
            if self.after_ff {
                self.after_marker_prefix(next);
                self.offset += 1;
                rest = tail;
                continue;
            }
            if self.end() >= self.next_checkpoint {
                self.checkpoint();
            }
            let until = self.next_checkpoint - self.end();
            let length = rest.len().min(usize::try_from(until).unwrap_or(usize::MAX));
            let (Some(room), Some(source)) =
                (self.bytes.get_mut(self.filled..Self::CAPACITY), rest.get(..length))
            else {
                break;
            };
            let (copied, met_ff) = copy_until_ff(room, source);
            self.after_ff = met_ff;
            self.filled += copied;
            let used = copied + usize::from(met_ff);
            self.offset += used as u64;
            rest = rest.get(used..).unwrap_or(&[]);
        }
        input.len() - rest.len()
    }

    /// What `byte` means after FF (T.81, B.1.1.2 and F.1.2.3).
    fn after_marker_prefix(&mut self, byte: u8) {
        match byte {
            // FF may be repeated as fill before any marker.
            0xFF => return,
            0 => {
                if let Some(slot) = self.bytes.get_mut(self.filled) {
                    *slot = 0xFF;
                    self.filled += 1;
                }
            }
            marker::RST0..=marker::RST7 if !self.restarts => {
                self.stray = self.stray.or(Some(self.offset));
            }
            // The caller made sure that there is room for a mark.
            _ => {
                let goes_on = (marker::RST0..=marker::RST7).contains(&byte)
                    || self.restarts && is_reserved(byte);
                self.ended = !goes_on;
                self.push_mark(Some(byte));
            }
        }
        self.after_ff = false;
    }

    fn checkpoint(&mut self) {
        if self.checkpoints.is_full() {
            self.checkpoints.pop_front();
        }
        // There is room: this cannot fail.
        let _ = self.checkpoints.push_back(Checkpoint { at: self.end(), offset: self.offset });
        let step = Self::CHECKPOINT_STEP;
        self.next_checkpoint = (self.end() / step + 1) * step;
    }
}

/// Whether a marker means nothing (T.81, table B.1): in entropy-coded data it
/// is a byte that was damaged, and restart markers will follow.
pub(super) fn is_reserved(marker: u8) -> bool {
    marker < marker::SOF0
}

/// Copies bytes up to the first FF. Returns how many, and whether an FF (which
/// is not copied) follows them in `from`.
fn copy_until_ff(to: &mut [u8], from: &[u8]) -> (usize, bool) {
    const STEP: usize = 32;
    let mut copied = 0;
    for (to, from) in to.as_chunks_mut::<STEP>().0.iter_mut().zip(from.as_chunks::<STEP>().0) {
        // No early exit inside: the compiler turns this into vector compares.
        if from.iter().fold(false, |any, &b| any | (b == 0xFF)) {
            break;
        }
        *to = *from;
        copied += STEP;
    }
    let tail = to.get_mut(copied..).unwrap_or(&mut []).iter_mut();
    for (to, &from) in tail.zip(from.get(copied..).unwrap_or(&[])) {
        if from == 0xFF {
            return (copied, true);
        }
        *to = from;
        copied += 1;
    }
    (copied, false)
}
