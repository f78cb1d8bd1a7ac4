//! What the scanner does with each marker segment: collects it, understands it,
//! and begins a scan when its header has come.

use super::super::slot::Slot;
use super::{ScanSink, ScanStart, Scanner, State};
use crate::jpeg::decode::Cursor;
use crate::jpeg::error::Error;
use crate::jpeg::plan::ScanPlan;
use crate::jpeg::segment::{self, marker};

/// Longest part of a JFIF or Adobe segment that is looked at.
const APP_PREFIX: usize = 12;

impl<const N: usize, const ROWS: usize> Scanner<N, ROWS> {
    pub(super) fn length<S: ScanSink>(&mut self, marker: u8, length: usize, sink: &mut S) {
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

    pub(super) fn collect<S: ScanSink>(
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
            self.luma_scan = Slot::Empty;
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

    pub(super) fn set_height<S: ScanSink>(&mut self, height: u32, sink: &mut S) {
        // Once told, the height stands (T.81, B.2.5 allows DNL only for this).
        if let Some(header) = self.header.as_mut()
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
        if self.header.get().is_some() {
            return self.bad(error);
        }
        match segment::frame(payload, self.adobe, self.jfif) {
            Some(segment::Frame::Header(header)) => self.header = Slot::Full(header),
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
        let header = self.header.get().ok_or(error)?;
        let payload = self.decoder.stream.scratch().get(..length).unwrap_or(&[]);
        let scan = segment::scan(payload, &header).ok_or(error)?;
        let bits = scan.iter().fold(0u8, |bits, c| bits | 1 << c.index);
        if self.begun & bits != 0 {
            // A component's second scan: not a sequential picture.
            return Err(error);
        }
        let plan = ScanPlan::new(&header, &scan, self.restart).ok_or(error)?;
        let luma = header.luma_index();
        if !plan.tables_fit() {
            return Err(Error::Tables);
        }
        self.luma_tables = false;
        self.decoder.tables.load(&scan, luma, &self.dc, &self.ac).ok_or(missing)?;
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
            self.luma_scan = Slot::Full((scan, plan.clone()));
            self.luma_tables = true;
        }
        self.decoder.start(&plan, self.offset, Cursor::default());
        self.plan = Slot::Full(plan);
        self.state = State::Entropy;
        Ok(())
    }
}
