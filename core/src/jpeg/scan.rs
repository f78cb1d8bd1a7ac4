//! The push parser: bytes of any chunking in, blocks out.
//!
//! A state machine walks the marker segments, hands entropy-coded data to the
//! [`Decoder`] and notes where each MCU row begins. It never needs a byte twice
//! and never asks for the length of the file.

mod entropy;
mod segments;

use super::decode::Decoder;
use super::error::Error;
use super::huffman::{AC_SYMBOLS, DC_SYMBOLS, HuffmanSpec};
use super::index::RowIndex;
use super::plan::ScanPlan;
use super::segment::{Header, ScanComponent, marker};
use super::sink::BlockSink;
use super::slot::Slot;
use crate::kernels::Isa;
use heapless::Vec;

/// What a sink is told when a scan begins.
#[derive(Clone, Copy, Debug)]
pub struct ScanStart<'a> {
    /// The frame header.
    pub header: &'a Header,
    /// For each component of the header, block rows that one MCU row of this
    /// scan has; 0 if the component is not in this scan.
    pub block_rows: [u32; 4],
    /// Quantisation steps for each component, in zigzag order.
    pub quant: [&'a [u16; 64]; 4],
}

/// Takes what a [`Scanner`] finds.
pub trait ScanSink: BlockSink {
    /// A scan begins; a sequential picture has one, or one for each component.
    ///
    /// # Errors
    ///
    /// [`Error::TooWide`] if the sink has no room for such a picture.
    fn begin_scan(&mut self, start: &ScanStart<'_>) -> Result<(), Error>;

    /// The height has become known after the first scan, by a DNL segment.
    fn set_height(&mut self, height: u32);

    /// A piece of an APP1 segment (EXIF, XMP); `first` at its beginning.
    fn app1(&mut self, piece: &[u8], first: bool) {
        let _ = (piece, first);
    }
}

/// Whether a scanner wants more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Go on feeding.
    More,
    /// The picture is complete; further bytes are ignored.
    Done,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The data ends before the picture does: offset in the file.
    pub truncated: Option<u64>,
    /// The data makes no sense: where that was noticed first, exact but for a
    /// few bytes of stuffing.
    pub corrupt: Option<u64>,
    /// The end-of-image marker was seen.
    pub complete: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the two bytes FF D8.
    Start,
    /// Between segments, or in garbage before the next FF.
    Between,
    /// Behind an FF.
    Marker,
    /// In the length of a segment.
    Length {
        marker: u8,
        high: Option<u8>,
    },
    /// In a segment that is collected whole.
    Collect {
        marker: u8,
        length: usize,
    },
    /// In a segment that is passed over or on.
    Pass {
        marker: u8,
        left: usize,
        first: bool,
    },
    /// In entropy-coded data.
    Entropy,
    /// Behind the last block of a scan, before the marker that ends it.
    Drain,
    Done,
}

/// Scans one baseline or extended sequential JPEG of 8 bits.
///
/// `N` is the size of the input buffer in bytes, at least 4096; `ROWS` the
/// number of MCU rows whose starts are kept (see [`RowIndex`]).
pub struct Scanner<const N: usize, const ROWS: usize> {
    decoder: Decoder<N>,
    index: RowIndex<ROWS>,
    state: State,
    /// Offset in the file of the next byte to be fed.
    offset: u64,
    /// Where the payload of the current segment began.
    segment: u64,
    collected: usize,
    quant: [Option<[u16; 64]>; 4],
    dc: [HuffmanSpec<DC_SYMBOLS>; 4],
    ac: [HuffmanSpec<AC_SYMBOLS>; 4],
    restart: u32,
    adobe: Option<u8>,
    jfif: bool,
    header: Slot<Header>,
    plan: Slot<ScanPlan>,
    /// The scan that luma was in, for decoding regions of it again.
    luma_scan: Slot<(Vec<ScanComponent, 4>, ScanPlan)>,
    /// Whether the decoder's tables are those of that scan.
    luma_tables: bool,
    /// Components whose scan has begun, as bits.
    begun: u8,
    complete: bool,
    failed: Slot<Error>,
}

impl<const N: usize, const ROWS: usize> Scanner<N, ROWS> {
    /// A scanner for one picture; [`reset`](Self::reset) makes it ready for
    /// the next.
    #[must_use]
    pub const fn new(isa: Isa) -> Self {
        Self {
            decoder: Decoder::new(isa),
            index: RowIndex::new(),
            state: State::Start,
            offset: 0,
            segment: 0,
            collected: 0,
            quant: [None; 4],
            dc: [const { HuffmanSpec::EMPTY }; 4],
            ac: [const { HuffmanSpec::EMPTY }; 4],
            restart: 0,
            adobe: None,
            jfif: false,
            header: Slot::Empty,
            plan: Slot::Empty,
            luma_scan: Slot::Empty,
            luma_tables: false,
            begun: 0,
            complete: false,
            failed: Slot::Empty,
        }
    }

    /// Forgets the picture, keeps the memory.
    pub fn reset(&mut self) {
        self.decoder.damage = super::decode::Damage::default();
        self.index.clear();
        self.state = State::Start;
        self.offset = 0;
        self.segment = 0;
        self.collected = 0;
        self.quant = [None; 4];
        self.dc.fill(HuffmanSpec::EMPTY);
        self.ac.fill(HuffmanSpec::EMPTY);
        self.restart = 0;
        self.adobe = None;
        self.jfif = false;
        self.header = Slot::Empty;
        self.plan = Slot::Empty;
        self.luma_scan = Slot::Empty;
        self.luma_tables = false;
        self.begun = 0;
        self.complete = false;
        self.failed = Slot::Empty;
    }

    /// The frame header, once it was seen. Its height is 0 until a DNL segment
    /// tells it.
    #[must_use]
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Where the MCU rows of the scan with luma begin.
    #[must_use]
    pub fn index(&self) -> &RowIndex<ROWS> {
        &self.index
    }

    /// Quantisation table in slot `slot`, in zigzag order.
    #[must_use]
    pub fn quant(&self, slot: u8) -> Option<&[u16; 64]> {
        self.quant.get(usize::from(slot))?.as_ref()
    }

    /// Whether the picture is complete or can go no further.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the stream cannot be scanned; the same one again on
    /// every later call.
    pub fn feed<S: ScanSink>(&mut self, bytes: &[u8], sink: &mut S) -> Result<Progress, Error> {
        let mut rest = bytes;
        while !rest.is_empty() && self.state != State::Done {
            if let Some(error) = self.failed.get() {
                return Err(error);
            }
            let used = match self.state {
                State::Entropy => self.entropy(rest, sink),
                State::Drain => self.drain(rest),
                State::Collect { marker, length } => self.collect(marker, length, rest, sink),
                State::Pass { marker, left, first } => {
                    let length = left.min(rest.len());
                    let (piece, _) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                    if marker == marker::APP1 {
                        sink.app1(piece, first);
                    }
                    self.state = if left == length {
                        State::Between
                    } else {
                        State::Pass { marker, left: left - length, first: false }
                    };
                    self.offset += length as u64;
                    length
                }
                _ => {
                    let byte = rest.first().copied().unwrap_or(0);
                    self.offset += 1;
                    self.step(byte, sink);
                    1
                }
            };
            rest = rest.get(used..).unwrap_or(&[]);
        }
        match self.failed.get() {
            Some(error) => Err(error),
            None if self.state == State::Done => Ok(Progress::Done),
            None => Ok(Progress::More),
        }
    }

    /// Says that the file has ended, decodes what is still buffered and tells
    /// how complete the picture is.
    ///
    /// # Errors
    ///
    /// The error that [`feed`](Self::feed) gave; [`Error::NotJpeg`] if not even
    /// the start of an image was seen.
    pub fn finish<S: ScanSink>(&mut self, sink: &mut S) -> Result<Report, Error> {
        if let Some(error) = self.failed.get() {
            return Err(error);
        }
        let ended = self.state == State::Done;
        match self.state {
            State::Start => return Err(self.fail(Error::NotJpeg)),
            State::Entropy => {
                self.decoder.stream.end_of_file();
                while self.state == State::Entropy && self.run(sink) {
                    self.decoder.stream.end_of_file();
                }
            }
            State::Drain => self.note_stray(),
            _ => {}
        }
        if !ended && self.missing_components() {
            self.decoder.damage.truncated = self.decoder.damage.truncated.or(Some(self.offset));
        }
        self.state = State::Done;
        if self.header.get().is_some_and(|h| h.height == 0) {
            // The DNL segment never came: the rows that were seen are it.
            self.decoder.damage.truncated = self.decoder.damage.truncated.or(Some(self.offset));
            let rows = self.decoder.cursor.row;
            let height = self.plan.as_ref().map_or(0, |plan| plan.pixels(rows));
            self.set_height(height.min(65_535), sink);
        }
        let damage = self.decoder.damage;
        Ok(Report { truncated: damage.truncated, corrupt: damage.corrupt, complete: self.complete })
    }

    /// Whether a component has had no scan yet.
    fn missing_components(&self) -> bool {
        self.header.get().is_none_or(|h| self.begun.count_ones() < h.components().len() as u32)
    }

    fn fail(&mut self, error: Error) -> Error {
        self.failed = Slot::Full(error);
        error
    }

    /// A segment that makes no sense: fatal before the first scan, after it
    /// only the end of what can be read.
    fn bad(&mut self, error: Error) {
        if self.begun == 0 {
            self.failed = Slot::Full(error);
        } else {
            self.decoder.damage.corrupt_at(self.segment);
            self.state = State::Done;
        }
    }

    /// One byte of the marker syntax (T.81, B.1.1).
    fn step<S: ScanSink>(&mut self, byte: u8, sink: &mut S) {
        self.state = match self.state {
            State::Start => match (self.collected, byte) {
                (0, 0xFF) => {
                    self.collected = 1;
                    State::Start
                }
                (1, marker::SOI) => State::Between,
                _ => {
                    self.failed = Slot::Full(Error::NotJpeg);
                    State::Start
                }
            },
            State::Between if byte == 0xFF => State::Marker,
            State::Between => {
                self.decoder.damage.corrupt_at(self.offset - 1);
                State::Between
            }
            State::Marker => return self.marker(byte),
            State::Length { marker, high: None } => State::Length { marker, high: Some(byte) },
            State::Length { marker, high: Some(high) } => {
                return self.length(marker, usize::from(u16::from_be_bytes([high, byte])), sink);
            }
            other => other,
        };
    }

    fn marker(&mut self, marker: u8) {
        self.state = match marker {
            0xFF => State::Marker,
            marker::EOI => {
                self.complete = true;
                if self.begun == 0 {
                    // A table-only stream, or nothing at all.
                    self.failed = Slot::Full(Error::Segment { marker, offset: self.offset - 2 });
                } else if self.missing_components() {
                    self.decoder.damage.truncated =
                        self.decoder.damage.truncated.or(Some(self.offset));
                }
                State::Done
            }
            // Markers without a segment; a stuffed zero means that garbage
            // between segments held an FF.
            0 | marker::TEM | marker::RST0..=marker::SOI => {
                self.decoder.damage.corrupt_at(self.offset - 2);
                State::Between
            }
            marker => State::Length { marker, high: None },
        };
    }
}
