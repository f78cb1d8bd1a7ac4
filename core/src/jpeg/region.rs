//! Decoding one region again, at full size or reduced.
//!
//! In come the bytes of the file from the offset that the row index gives; out
//! go the samples of a box. Rows above the box are not read at all, those
//! beside it are decoded and dropped.

use super::decode::{Cursor, Pause};
use super::idct;
use super::scan::{Progress, Scanner};
use super::segment::Header;
use super::sink::{BlockAt, BlockSink};
use crate::geometry::Rect;
use crate::kernels::Kernels;
use crate::plane::Plane;

/// How much smaller than the picture a region is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// 1/1.
    Full,
    /// 1/2.
    Half,
    /// 1/4.
    Quarter,
    /// 1/8.
    Eighth,
}

impl Scale {
    /// Samples along the side of a block.
    #[must_use]
    pub fn block_size(self) -> u32 {
        match self {
            Self::Full => 8,
            Self::Half => 4,
            Self::Quarter => 2,
            Self::Eighth => 1,
        }
    }
}

/// Where one component of a region lies on its own grid of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    x: u32,
    y: u32,
    w: u32,
    h: u32,
}

impl Window {
    /// The samples of component `index` that touch `rect`.
    fn new(header: &Header, index: usize, rect: Rect, scale: Scale) -> Option<Self> {
        let component = header.components().get(index)?;
        let (h_max, v_max) = header.max_sampling();
        let size = scale.block_size();
        // 65535 * 4 * 8 fits easily.
        let range = |start: u32, length: u32, factor: u8, max: u32| {
            let (num, den) = (u32::from(factor) * size, max * 8);
            let first = start * num / den;
            (first, ((start + length) * num).div_ceil(den) - first)
        };
        let (x, w) = range(rect.x, rect.w, component.h, h_max);
        let (y, h) = range(rect.y, rect.h, component.v, v_max);
        Some(Self { x, y, w, h })
    }

    fn samples(self) -> usize {
        self.w as usize * self.h as usize
    }
}

/// Size of one component's plane of a region, in samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaneSize {
    /// Samples in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// The planes of a region as `rect` and `scale` ask for them: luma, and Cb and
/// Cr on their own, usually coarser, grids. Their buffers must hold at least
/// `width * height` bytes each.
///
/// `None` if there is nothing of `rect` inside the picture.
#[must_use]
pub fn plane_sizes(header: &Header, rect: Rect, scale: Scale) -> Option<[PlaneSize; 3]> {
    let rect = rect.clamped(header.width, header.height);
    if rect.w == 0 || rect.h == 0 {
        return None;
    }
    let size = |index| {
        let window = Window::new(header, index, rect, scale)?;
        Some(PlaneSize { width: window.w as usize, height: window.h as usize })
    };
    let luma = size(header.luma_index())?;
    match header.chroma_indices() {
        Some([cb, cr]) => Some([luma, size(cb)?, size(cr)?]),
        None => Some([luma, PlaneSize { width: 0, height: 0 }, PlaneSize { width: 0, height: 0 }]),
    }
}

/// What a region holds.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'o> {
    /// Luma.
    pub luma: Plane<'o>,
    /// Cb and Cr on their own grids, if they were asked for and are there.
    pub chroma: Option<[Plane<'o>; 2]>,
    /// Whether every MCU of the region was decoded; what was not is 128.
    pub complete: bool,
}

/// One component that is being decoded.
struct Target<'o> {
    component: usize,
    window: Window,
    /// Block rows in an MCU row.
    step: u32,
    quant: [u16; 64],
    out: &'o mut [u8],
}

impl Target<'_> {
    fn block(&mut self, at: BlockAt, mcu_row: u32, scale: Scale, dc: i16, coefs: &mut [i16; 64]) {
        coefs[0] = dc;
        let (x, y) = (at.col, mcu_row * self.step + at.row_in_mcu);
        match scale {
            Scale::Full => self.place::<8>(x, y, coefs),
            Scale::Half => self.place::<4>(x, y, coefs),
            Scale::Quarter => self.place::<2>(x, y, coefs),
            Scale::Eighth => self.place::<1>(x, y, coefs),
        }
        coefs.fill(0);
    }

    /// Writes the part of a block that lies in the window.
    fn place<const S: usize>(&mut self, col: u32, row: u32, coefs: &[i16; 64]) {
        let w = self.window;
        let (left, top) = (col * S as u32, row * S as u32);
        let inside =
            left < w.x + w.w && left + S as u32 > w.x && top < w.y + w.h && top + S as u32 > w.y;
        if !inside {
            return;
        }
        let samples = idct::inverse::<S>(coefs, &self.quant);
        for (y, line) in (top..).zip(&samples) {
            let Some(y) = y.checked_sub(w.y).filter(|&y| y < w.h) else {
                continue;
            };
            let start = (y * w.w) as usize;
            let Some(out) = self.out.get_mut(start..start + w.w as usize) else {
                continue;
            };
            for (x, &sample) in (left..).zip(line) {
                if let Some(slot) = x.checked_sub(w.x).and_then(|x| out.get_mut(x as usize)) {
                    *slot = sample;
                }
            }
        }
    }
}

/// Takes the blocks of a region; with `COLOR`, chroma's too.
struct Sink<'o, const COLOR: bool> {
    luma: Target<'o>,
    chroma: Option<[Target<'o>; 2]>,
    scale: Scale,
    mcu_row: u32,
    lost: bool,
}

impl<const COLOR: bool> BlockSink for Sink<'_, COLOR> {
    const CHROMA_VALUES: bool = COLOR;

    fn wants_luma(&self, row_in_mcu: u32) -> bool {
        let size = self.scale.block_size();
        let top = (self.mcu_row * self.luma.step + row_in_mcu) * size;
        let window = self.luma.window;
        top < window.y + window.h && top + size > window.y
    }

    fn luma<K: Kernels>(&mut self, at: BlockAt, dc: i16, _end: u32, coefs: &mut [i16; 64]) {
        self.luma.block(at, self.mcu_row, self.scale, dc, coefs);
    }

    fn chroma(&mut self, at: BlockAt, dc: i16, coefs: &mut [i16; 64]) {
        if COLOR
            && let Some(targets) = &mut self.chroma
            && let Some(target) = targets.iter_mut().find(|t| t.component == at.component)
        {
            target.block(at, self.mcu_row, self.scale, dc, coefs);
        } else {
            coefs.fill(0);
        }
    }

    fn end_mcu_row<K: Kernels>(&mut self, seen: u32, of: u32) {
        self.mcu_row += 1;
        self.lost |= seen < of;
    }
}

/// A sink for either kind of region.
enum AnySink<'o> {
    Grey(Sink<'o, false>),
    Color(Sink<'o, true>),
}

/// One region that is being decoded.
///
/// It uses the scanner's memory, so that no other work can go on with it in
/// the meantime.
pub struct Region<'s, 'o, const N: usize, const ROWS: usize> {
    scanner: &'s mut Scanner<N, ROWS>,
    sink: AnySink<'o>,
    offset: u64,
    /// MCU row after the last one that is wanted.
    end_row: u32,
    done: bool,
}

impl<const N: usize, const ROWS: usize> Scanner<N, ROWS> {
    /// Prepares to decode `rect` (pixels of the stored picture) again. The scan
    /// must have come at least as far.
    ///
    /// Buffers are as [`plane_sizes`] says; chroma is decoded if buffers for it
    /// are given and it was in the same scan as luma.
    ///
    /// `None` if nothing of the box was seen, a buffer is too small, or the
    /// stream has changed its tables since.
    pub fn region<'s, 'o>(
        &'s mut self,
        rect: Rect,
        scale: Scale,
        luma: &'o mut [u8],
        chroma: Option<[&'o mut [u8]; 2]>,
    ) -> Option<Region<'s, 'o, N, ROWS>> {
        let header = *self.header()?;
        let rect = rect.clamped(header.width, header.height);
        if rect.w == 0 || rect.h == 0 {
            return None;
        }
        let plan = self.reload_luma_scan()?.clone();
        let target = |component: usize, out: &'o mut [u8]| {
            let window = Window::new(&header, component, rect, scale)?;
            let out = out.get_mut(..window.samples())?;
            out.fill(128);
            let slot = header.components().get(component)?.quant;
            let quant = *self.quant(slot)?;
            Some(Target { component, window, step: plan.block_rows(component), quant, out })
        };
        let luma_index = header.luma_index();
        let luma = target(luma_index, luma)?;
        let chroma = match (header.chroma_indices(), chroma) {
            (Some([cb, cr]), Some([b, r]))
                if plan.block_rows(cb) > 0 && plan.block_rows(cr) > 0 =>
            {
                Some([target(cb, b)?, target(cr, r)?])
            }
            _ => None,
        };
        // MCU rows that hold the window, on luma's grid.
        let size = scale.block_size() * luma.step;
        let (first, end_row) =
            (luma.window.y / size, (luma.window.y + luma.window.h).div_ceil(size));
        let (mcu_row, start) = self.index().at_or_above(first)?;
        let cursor = Cursor {
            bit: u64::from(start.skip_bits),
            predictors: start.predictors,
            col: 0,
            row: mcu_row,
        };
        self.restart_scan(start.offset, cursor);
        let sink = if chroma.is_some() {
            AnySink::Color(Sink { luma, chroma, scale, mcu_row, lost: false })
        } else {
            AnySink::Grey(Sink { luma, chroma, scale, mcu_row, lost: false })
        };
        Some(Region { scanner: self, sink, offset: start.offset, end_row, done: false })
    }
}

impl<'o, const N: usize, const ROWS: usize> Region<'_, 'o, N, ROWS> {
    /// Offset in the file from which bytes are to be fed.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes the next bytes; [`Progress::Done`] when no more are needed.
    pub fn feed(&mut self, bytes: &[u8]) -> Progress {
        let mut rest = bytes;
        while !self.done {
            let used = self.scanner.refill(rest);
            rest = rest.get(used..).unwrap_or(&[]);
            self.decode();
            if rest.is_empty() {
                break;
            }
        }
        if self.done { Progress::Done } else { Progress::More }
    }

    fn decode(&mut self) {
        loop {
            let (pause, row) = match &mut self.sink {
                AnySink::Grey(sink) => (self.scanner.decode_with(sink), sink.mcu_row),
                AnySink::Color(sink) => (self.scanner.decode_with(sink), sink.mcu_row),
            };
            match pause {
                Pause::Hungry => return,
                Pause::Row if row < self.end_row => {}
                Pause::Row | Pause::End => {
                    self.done = true;
                    return;
                }
            }
        }
    }

    /// The samples. Call it when [`feed`](Self::feed) wants no more bytes or
    /// the file has ended.
    #[must_use]
    pub fn finish(mut self) -> Decoded<'o> {
        if !self.done {
            self.scanner.end_of_file();
            self.decode();
        }
        let end_row = self.end_row;
        match self.sink {
            AnySink::Grey(sink) => decoded(sink, end_row),
            AnySink::Color(sink) => decoded(sink, end_row),
        }
    }
}

fn decoded<const COLOR: bool>(sink: Sink<'_, COLOR>, end_row: u32) -> Decoded<'_> {
    fn plane(target: Target<'_>) -> Plane<'_> {
        let (w, h) = (target.window.w as usize, target.window.h as usize);
        Plane::new(target.out, w, h, w).unwrap_or_default()
    }
    Decoded {
        complete: !sink.lost && sink.mcu_row >= end_row,
        luma: plane(sink.luma),
        chroma: sink.chroma.map(|targets| targets.map(plane)),
    }
}
