//! The push parser: bytes of any chunking in, blocks out.
//!
//! A state machine walks the marker segments, hands entropy-coded data to the
//! [`Decoder`] and notes where each MCU row begins. It never needs a byte twice
//! and never asks for the length of the file.

use super::decode::{BlockSink, Cursor, Decoder, Pause, ScanPlan};
use super::error::Error;
use super::huffman::HuffmanSpec;
use super::index::{RowIndex, RowStart};
use super::segment::{self, Header, ScanComponent, marker};
use crate::kernels::Isa;
use heapless::Vec;

/// Longest part of a JFIF or Adobe segment that is looked at.
const APP_PREFIX: usize = 12;

/// Entropy-coded bytes beyond the last block that are still put down to
/// padding; more are damage.
const MAX_PADDING: u64 = 64;

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
    dc: [HuffmanSpec; 4],
    ac: [HuffmanSpec; 4],
    restart: u32,
    adobe: Option<u8>,
    jfif: bool,
    header: Option<Header>,
    plan: Option<ScanPlan>,
    /// The scan that luma was in, for decoding regions of it again.
    luma_scan: Option<(Vec<ScanComponent, 4>, ScanPlan)>,
    /// Components whose scan has begun, as bits.
    begun: u8,
    complete: bool,
    failed: Option<Error>,
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
            header: None,
            plan: None,
            luma_scan: None,
            begun: 0,
            complete: false,
            failed: None,
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
        for spec in self.dc.iter_mut().chain(&mut self.ac) {
            *spec = HuffmanSpec::EMPTY;
        }
        self.restart = 0;
        self.adobe = None;
        self.jfif = false;
        self.header = None;
        self.plan = None;
        self.luma_scan = None;
        self.begun = 0;
        self.complete = false;
        self.failed = None;
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
            if let Some(error) = self.failed {
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
        match self.failed {
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
        if let Some(error) = self.failed {
            return Err(error);
        }
        match self.state {
            State::Start => return Err(self.fail(Error::NotJpeg)),
            State::Entropy => {
                self.decoder.stream.end_of_file();
                while self.state == State::Entropy && self.run(sink) {
                    self.decoder.stream.end_of_file();
                }
            }
            State::Done => {}
            _ if self.missing_components() => {
                self.decoder.damage.truncated = self.decoder.damage.truncated.or(Some(self.offset));
            }
            _ => {}
        }
        self.state = State::Done;
        if self.header.is_some_and(|h| h.height == 0) {
            // The DNL segment never came: the rows that were seen are it.
            let rows = self.decoder.cursor.row;
            let v = self.header.map_or(1, |h| h.max_sampling().1);
            self.set_height(rows * 8 * v, sink);
        }
        let damage = self.decoder.damage;
        Ok(Report { truncated: damage.truncated, corrupt: damage.corrupt, complete: self.complete })
    }

    /// Whether a component has had no scan yet.
    fn missing_components(&self) -> bool {
        self.header.is_none_or(|h| self.begun.count_ones() < h.components().len() as u32)
    }

    fn fail(&mut self, error: Error) -> Error {
        self.failed = Some(error);
        error
    }

    /// A segment that makes no sense: fatal before the first scan, after it
    /// only the end of what can be read.
    fn bad(&mut self, error: Error) {
        if self.begun == 0 {
            self.failed = Some(error);
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
                    self.failed = Some(Error::NotJpeg);
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
                    self.failed = Some(Error::Segment { marker, offset: self.offset - 2 });
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

    fn length<S: ScanSink>(&mut self, marker: u8, length: usize, sink: &mut S) {
        self.segment = self.offset;
        let Some(length) = length.checked_sub(2) else {
            return self.bad(Error::Segment { marker, offset: self.offset });
        };
        let frame = (marker::SOF0..=marker::SOF15).contains(&marker)
            && !matches!(marker, marker::DHT | marker::JPG | marker::DAC);
        if frame && !matches!(marker, marker::SOF0 | marker::SOF1) {
            let error =
                if marker == marker::SOF2 { Error::Progressive } else { Error::Process(marker) };
            return self.bad(error);
        }
        let collect = frame
            || matches!(
                marker,
                marker::DHT
                    | marker::DQT
                    | marker::SOS
                    | marker::DRI
                    | marker::DNL
                    | marker::APP0
                    | marker::APP14
            );
        if marker == marker::APP1 && length == 0 {
            sink.app1(&[], true);
        }
        if collect && length <= N {
            self.collected = 0;
            self.state = State::Collect { marker, length };
            if length == 0 {
                self.segment_done(marker, 0, sink);
            }
        } else if collect && !matches!(marker, marker::APP0 | marker::APP14) {
            self.bad(Error::Segment { marker, offset: self.segment });
        } else {
            self.state = State::Pass { marker, left: length, first: true };
            if length == 0 {
                self.state = State::Between;
            }
        }
    }

    fn collect<S: ScanSink>(
        &mut self,
        marker: u8,
        length: usize,
        input: &[u8],
        sink: &mut S,
    ) -> usize {
        let count = (length - self.collected.min(length)).min(input.len());
        let scratch = self.decoder.stream.scratch();
        let to = scratch.get_mut(self.collected..).and_then(|s| s.get_mut(..count));
        if let (Some(to), Some(from)) = (to, input.get(..count)) {
            to.copy_from_slice(from);
        }
        self.collected += count;
        self.offset += count as u64;
        if self.collected >= length {
            self.segment_done(marker, length, sink);
        }
        count
    }

    /// Acts on a segment that lies whole in the scratch buffer.
    fn segment_done<S: ScanSink>(&mut self, marker: u8, length: usize, sink: &mut S) {
        self.state = State::Between;
        let error = Error::Segment { marker, offset: self.segment };
        let Some(payload) = self.decoder.stream.scratch().get(..length) else {
            return self.bad(error);
        };
        if matches!(marker, marker::DQT | marker::DHT) {
            // Regions of an earlier scan could only be decoded with its tables.
            self.luma_scan = None;
        }
        let understood = match marker {
            marker::DQT => segment::quantization(payload, &mut self.quant),
            marker::DHT => segment::huffman(payload, &mut self.dc, &mut self.ac),
            marker::DRI => payload.first_chunk::<2>().map(|&interval| {
                self.restart = u32::from(u16::from_be_bytes(interval));
            }),
            marker::APP0 => {
                self.jfif |= payload.starts_with(b"JFIF\0");
                Some(())
            }
            marker::APP14 => {
                if payload.starts_with(b"Adobe") {
                    self.adobe = payload.get(APP_PREFIX - 1).copied().or(self.adobe);
                }
                Some(())
            }
            marker::DNL => {
                let height = payload.first_chunk::<2>().map(|&h| u32::from(u16::from_be_bytes(h)));
                match height {
                    Some(height) if height > 0 => {
                        self.set_height(height, sink);
                        Some(())
                    }
                    _ => None,
                }
            }
            marker::SOS => return self.start_scan(length, sink),
            _ => return self.frame(marker, length),
        };
        if understood.is_none() {
            self.bad(error);
        }
    }

    fn set_height<S: ScanSink>(&mut self, height: u32, sink: &mut S) {
        // Once told, the height stands (T.81, B.2.5 allows DNL only for this).
        if let Some(header) = &mut self.header
            && header.height == 0
            && self.begun != 0
        {
            header.height = height;
            sink.set_height(height);
        }
    }

    fn frame(&mut self, marker: u8, length: usize) {
        let error = Error::Segment { marker, offset: self.segment };
        let payload = self.decoder.stream.scratch().get(..length).unwrap_or(&[]);
        if self.header.is_some() {
            return self.bad(error);
        }
        match segment::frame(payload, self.adobe, self.jfif) {
            Some(segment::Frame::Header(header)) => self.header = Some(header),
            Some(segment::Frame::BadPrecision(bits)) => self.bad(Error::Precision(bits)),
            Some(segment::Frame::BadCount(count)) => self.bad(Error::Components(count)),
            None => self.bad(error),
        }
    }

    fn start_scan<S: ScanSink>(&mut self, length: usize, sink: &mut S) {
        if let Err(error) = self.try_start_scan(length, sink) {
            self.bad(error);
        }
    }

    fn try_start_scan<S: ScanSink>(&mut self, length: usize, sink: &mut S) -> Result<(), Error> {
        let error = Error::Segment { marker: marker::SOS, offset: self.segment };
        let missing = Error::MissingTable { offset: self.segment };
        let header = self.header.ok_or(error)?;
        let payload = self.decoder.stream.scratch().get(..length).unwrap_or(&[]);
        let scan = segment::scan(payload, &header).ok_or(error)?;
        let bits = scan.iter().fold(0u8, |bits, c| bits | 1 << c.index);
        if self.begun & bits != 0 {
            // A component's second scan: not a sequential picture.
            return Err(error);
        }
        let plan = ScanPlan::new(&header, &scan, self.restart).ok_or(error)?;
        let luma = header.luma_index();
        self.decoder.load_tables(&scan, luma, &self.dc, &self.ac).ok_or(missing)?;
        const NONE: &[u16; 64] = &[1; 64];
        let mut start = ScanStart { header: &header, block_rows: [0; 4], quant: [NONE; 4] };
        let slots = start.block_rows.iter_mut().zip(&mut start.quant);
        for ((i, component), (block_rows, quant)) in
            header.components().iter().enumerate().zip(slots)
        {
            *block_rows = plan.block_rows(i);
            match self.quant.get(usize::from(component.quant)).and_then(Option::as_ref) {
                Some(table) => *quant = table,
                None if *block_rows > 0 => return Err(missing),
                None => {}
            }
        }
        sink.begin_scan(&start)?;
        self.begun |= bits;
        if plan.has_luma() {
            self.luma_scan = Some((scan, plan.clone()));
        }
        self.decoder.start(&plan, self.offset, Cursor::default());
        self.plan = Some(plan);
        self.state = State::Entropy;
        Ok(())
    }

    /// Loads the tables of the scan that luma was in again; its plan.
    pub(super) fn reload_luma_scan(&mut self) -> Option<&ScanPlan> {
        let header = self.header?;
        let (scan, plan) = self.luma_scan.as_ref()?;
        self.decoder.load_tables(scan, header.luma_index(), &self.dc, &self.ac)?;
        self.plan = Some(plan.clone());
        self.plan.as_ref()
    }

    /// Goes to a place in the scan whose tables are loaded.
    pub(super) fn restart_scan(&mut self, offset: u64, cursor: Cursor) {
        self.state = State::Done;
        if let Some(plan) = &self.plan {
            self.decoder.start(plan, offset, cursor);
        }
    }

    /// Takes bytes for [`decode_with`](Self::decode_with); says how many.
    pub(super) fn refill(&mut self, input: &[u8]) -> usize {
        self.decoder.stream.fill(input)
    }

    /// Says that no more bytes will come.
    pub(super) fn end_of_file(&mut self) {
        self.decoder.stream.end_of_file();
    }

    /// Decodes what was taken into `sink`.
    pub(super) fn decode_with<S: BlockSink>(&mut self, sink: &mut S) -> Pause {
        match &self.plan {
            Some(plan) => self.decoder.decode(plan, sink),
            None => Pause::End,
        }
    }

    fn entropy<S: ScanSink>(&mut self, input: &[u8], sink: &mut S) -> usize {
        let used = self.decoder.stream.fill(input);
        self.offset += used as u64;
        self.run(sink);
        used
    }

    /// Decodes what has arrived. `false` when the scan is over.
    fn run<S: ScanSink>(&mut self, sink: &mut S) -> bool {
        let Some(plan) = &self.plan else {
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
                    if let Some(offset) = self.decoder.stream.stray() {
                        self.decoder.damage.corrupt_at(offset);
                    }
                    self.drain(&[]);
                    return false;
                }
            }
        }
    }

    /// Passes over what is left of a scan's data, up to the marker.
    fn drain(&mut self, input: &[u8]) -> usize {
        let stream = &mut self.decoder.stream;
        let mut used = 0;
        loop {
            while let Some(mark) = stream.mark() {
                stream.pop_mark();
                match mark.marker {
                    Some(marker::RST0..=marker::RST7) => {}
                    Some(found) => {
                        let end = self.decoder.cursor.bit.div_ceil(8);
                        let undamaged = self.decoder.damage == super::decode::Damage::default();
                        if mark.at > end + MAX_PADDING && undamaged {
                            self.decoder.damage.corrupt_at(self.offset);
                        }
                        self.marker(found);
                        return used;
                    }
                    None => {
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
