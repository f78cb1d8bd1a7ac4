//! The scanner and the region decoder against files whose every coefficient
//! is known.

mod codes;
mod damage;
mod encoder;
mod hostile;
mod region;
mod scan;

use super::{BlockAt, BlockSink, Error, Progress, Report, ScanSink, ScanStart, Scanner};
use crate::kernels::{Isa, Kernels};
use encoder::{Block, Picture};
use std::boxed::Box;
use std::collections::BTreeMap;
use std::vec::Vec;

/// The smaller of the two usual sizes.
type Small = Scanner<4096, 64>;

/// Keeps everything that it is told. With `VALUES`, the coefficients of chroma
/// are asked for, which takes another path through the decoder; without, those of
/// luma are asked for in the first block row of an MCU row only.
#[derive(Clone, Debug, Default, PartialEq)]
struct Recorder<const VALUES: bool> {
    /// By component, row and column.
    blocks: BTreeMap<(usize, u32, u32), Block>,
    /// Seen and all MCUs of each MCU row of each scan.
    rows: Vec<Vec<(u32, u32)>>,
    steps: [u32; 4],
    quant: Vec<[u16; 64]>,
    app1: Vec<Vec<u8>>,
    height: Option<u32>,
}

impl<const VALUES: bool> Recorder<VALUES> {
    fn store(&mut self, at: BlockAt, dc: i16, coefs: &mut Block) {
        assert_eq!(coefs[0], 0);
        let row = self.rows.last().map_or(0, Vec::len) as u32;
        let mut block = core::mem::replace(coefs, [0; 64]);
        block[0] = dc;
        let row = row * self.steps[at.component] + at.row_in_mcu;
        assert_eq!(self.blocks.insert((at.component, row, at.col), block), None, "{at:?} twice");
    }

    /// The blocks of `picture` that are here, as (right, wrong).
    fn compare(&self, picture: &Picture) -> (usize, usize) {
        let mut count = (0, 0);
        for (&(part, row, col), block) in &self.blocks {
            let Part { cols, rows, .. } = picture.parts[part];
            let right = row < rows && col < cols && picture.block((part, col, row)) == block;
            if right { count.0 += 1 } else { count.1 += 1 }
        }
        count
    }
}

use encoder::Part;

impl<const VALUES: bool> BlockSink for Recorder<VALUES> {
    const CHROMA_VALUES: bool = VALUES;

    fn wants_luma(&self, row_in_mcu: u32) -> bool {
        VALUES || row_in_mcu == 0
    }

    fn luma<K: Kernels>(&mut self, at: BlockAt, dc: i16, end: u32, coefs: &mut Block) {
        assert!((1..=64).contains(&end), "{end}");
        assert!(coefs[end as usize..].iter().all(|&c| c == 0));
        self.store(at, dc, coefs);
    }

    fn chroma(&mut self, at: BlockAt, dc: i16, coefs: &mut Block) {
        if !VALUES {
            assert_eq!(*coefs, [0; 64]);
        }
        self.store(at, dc, coefs);
    }

    fn end_mcu_row<K: Kernels>(&mut self, seen: u32, of: u32) {
        assert!(seen <= of);
        self.rows.last_mut().expect("in a scan").push((seen, of));
    }
}

impl<const VALUES: bool> ScanSink for Recorder<VALUES> {
    fn begin_scan(&mut self, start: &ScanStart<'_>) -> Result<(), Error> {
        self.rows.push(Vec::new());
        self.steps = start.block_rows;
        self.quant = start.header.components().iter().zip(start.quant).map(|(_, q)| *q).collect();
        Ok(())
    }

    fn set_height(&mut self, height: u32) {
        assert_eq!(self.height.replace(height), None);
    }

    fn app1(&mut self, piece: &[u8], first: bool) {
        if first {
            self.app1.push(Vec::new());
        }
        self.app1.last_mut().expect("begun").extend(piece);
    }
}

/// Feeds `bytes` in chunks of these sizes by turns.
fn feed<const N: usize, const ROWS: usize, S: ScanSink>(
    scanner: &mut Scanner<N, ROWS>,
    sink: &mut S,
    bytes: &[u8],
    chunks: &[usize],
) -> Result<Report, Error> {
    let mut rest = bytes;
    for &size in chunks.iter().cycle() {
        let (chunk, tail) = rest.split_at(size.clamp(1, rest.len().max(1)).min(rest.len()));
        rest = tail;
        if scanner.feed(chunk, sink)? == Progress::Done || rest.is_empty() {
            break;
        }
    }
    scanner.finish(sink)
}

/// Scans all of `bytes`, fed in chunks of these sizes by turns.
fn record<const VALUES: bool>(
    bytes: &[u8],
    chunks: &[usize],
    isa: Isa,
) -> (Result<Report, Error>, Recorder<VALUES>, Box<Small>) {
    let mut scanner = Box::new(Small::new(isa));
    let mut recorder = Recorder::default();
    let report = feed(&mut scanner, &mut recorder, bytes, chunks);
    (report, recorder, scanner)
}

/// Scans all of `bytes` at once.
fn whole(bytes: &[u8]) -> (Result<Report, Error>, Recorder<true>) {
    let (report, recorder, _) = record(bytes, &[usize::MAX], Isa::detect());
    (report, recorder)
}

/// What a scan of an undamaged file reports.
const COMPLETE: Report = Report { truncated: None, corrupt: None, complete: true };
