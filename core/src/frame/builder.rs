//! From blocks to a frame.

use super::Frame;
use super::layout::{Grid, Layout};
use super::memory::FrameBuffers;
use super::sample::Sampler;
use super::shrink::Shrink;
use crate::jpeg::{BlockAt, BlockSink, Error, Header, ScanSink, ScanStart};
use crate::kernels::Kernels;
use crate::plane::Plane;

/// Which component of the stream plays which part.
#[derive(Clone, Copy, Debug, Default)]
struct Roles {
    luma: usize,
    chroma: Option<[usize; 2]>,
}

/// Builds a [`Frame`] from blocks.
pub struct FrameBuilder<'a> {
    layout: Option<Layout>,
    roles: Roles,
    /// The stream's header, if the picture comes from one.
    header: Option<Header>,
    luma: Shrink<'a>,
    chroma: [Shrink<'a>; 2],
    cells: Sampler<'a>,
    /// Counted in two parts, to be added up.
    histograms: [[u32; 256]; 2],
    seen: u32,
}

impl<'a> FrameBuilder<'a> {
    /// A builder in the caller's memory.
    #[must_use]
    pub fn new(buffers: FrameBuffers<'a>) -> Self {
        let FrameBuffers { luma, chroma: [cb, cr], cells, strips, sums } = buffers;
        let [strip0, strip1, strip2] = strips;
        let [sums0, sums1, sums2] = sums;
        Self {
            layout: None,
            roles: Roles::default(),
            header: None,
            luma: Shrink::new(luma, strip0, sums0),
            chroma: [Shrink::new(cb, strip1, sums1), Shrink::new(cr, strip2, sums2)],
            cells: Sampler::new(cells),
            histograms: [[0; 256]; 2],
            seen: 0,
        }
    }

    /// Begins a picture. `None` if it is too wide for the buffers.
    pub fn begin(&mut self, layout: &Layout) -> Option<()> {
        self.histograms = [[0; 256]; 2];
        self.seen = 0;
        self.luma.begin(layout.luma)?;
        if let Some(grids) = layout.chroma {
            for (plane, grid) in self.chroma.iter_mut().zip(grids) {
                plane.begin(grid)?;
            }
        }
        self.cells.begin(layout.luma.cols, layout.luma.rows, &layout.quant)?;
        self.layout = Some(*layout);
        self.begin_rows(layout.block_rows)
    }

    /// Says how many block rows of each part an MCU row of the coming scan has.
    fn begin_rows(&mut self, block_rows: [u32; 3]) -> Option<()> {
        let [luma, chroma @ ..] = block_rows;
        self.luma.begin_scan(luma)?;
        for (plane, rows) in self.chroma.iter_mut().zip(chroma) {
            plane.begin_scan(rows)?;
        }
        Some(())
    }

    /// Whether the AC coefficients of this block row of luma are wanted.
    #[inline(always)]
    pub(crate) fn wants_luma_row(&self, row_in_mcu: u32) -> bool {
        self.cells.wants(row_in_mcu)
    }

    /// Takes a block of luma: its quantised DC coefficient and the AC ones in
    /// zigzag order, of which those from `end` on are zero. Leaves them zero.
    /// In rows that are not wanted they are all zero.
    #[inline(always)]
    pub(crate) fn luma_block<K: Kernels>(
        &mut self,
        col: u32,
        row_in_mcu: u32,
        dc: i16,
        end: u32,
        coefs: &mut [i16; 64],
    ) {
        if !self.luma.block(col, row_in_mcu, dc) {
            coefs.fill(0);
        } else if self.cells.wants(row_in_mcu) {
            let mean = self.luma.mean(dc);
            self.cells.block::<K>(col, row_in_mcu, mean, end, coefs);
        }
    }

    /// Takes a block of Cb (`which` 0) or Cr (1).
    #[inline(always)]
    pub(crate) fn chroma_block(&mut self, which: usize, col: u32, row_in_mcu: u32, dc: i16) {
        if let Some(plane) = self.chroma.get_mut(which) {
            plane.block(col, row_in_mcu, dc);
        }
    }

    /// Ends an MCU row of which `seen` MCUs in `of` were decoded.
    #[inline(always)]
    pub(crate) fn end_row(&mut self, seen: u32, of: u32) {
        let [even, odd] = &mut self.histograms;
        let rows = self.luma.end_mcu_row(|means| {
            // Neighbours are often equal: counting them in two places spares
            // one increment the wait for the other.
            let (pairs, last) = means.as_chunks::<2>();
            for &[a, b] in pairs {
                even[usize::from(a)] += 1;
                odd[usize::from(b)] += 1;
            }
            last.iter().for_each(|&mean| even[usize::from(mean)] += 1);
        }) as u32;
        let blocks = self.layout.map_or(0, |l| l.luma.cols) * rows;
        self.seen += (u64::from(blocks) * u64::from(seen) / u64::from(of.max(1))) as u32;
        self.cells.end_mcu_row(rows);
        for plane in &mut self.chroma {
            plane.end_mcu_row(|_| ());
        }
    }

    /// The frame. `None` if no picture was begun.
    #[must_use]
    pub fn finish(mut self) -> Option<Frame<'a>> {
        let layout = self.layout?;
        let (cols, rows) = self.luma.finish();
        let total = layout.luma.cols * layout.luma.rows;
        let cells = self.cells.finish();
        let [mut histogram, odd] = self.histograms;
        for (bin, more) in histogram.iter_mut().zip(odd) {
            *bin += more;
        }
        let luma = Plane::new(self.luma.into_samples(), cols, rows, cols)?;
        let chroma = match layout.chroma {
            Some(_) => {
                let [a, b] = self.chroma.map(|mut plane| {
                    let (cols, rows) = plane.finish();
                    Plane::new(plane.into_samples(), cols, rows, cols)
                });
                Some([a?, b?])
            }
            None => None,
        };
        Some(Frame {
            width: layout.width,
            height: layout.height,
            luma,
            chroma,
            cells,
            histogram,
            quant: layout.quant,
            // Rows below a height that was told late were counted as they came.
            blocks_seen: self.seen.min(total),
            blocks_total: total,
        })
    }
}

impl BlockSink for FrameBuilder<'_> {
    #[inline(always)]
    fn wants_luma(&self, row_in_mcu: u32) -> bool {
        self.wants_luma_row(row_in_mcu)
    }

    #[inline(always)]
    fn luma<K: Kernels>(&mut self, at: BlockAt, dc: i16, end: u32, coefs: &mut [i16; 64]) {
        self.luma_block::<K>(at.col, at.row_in_mcu, dc, end, coefs);
    }

    #[inline(always)]
    fn chroma(&mut self, at: BlockAt, dc: i16, _coefs: &mut [i16; 64]) {
        if let Some([cb, cr]) = self.roles.chroma {
            if at.component == cb {
                self.chroma_block(0, at.col, at.row_in_mcu, dc);
            } else if at.component == cr {
                self.chroma_block(1, at.col, at.row_in_mcu, dc);
            }
        }
    }

    #[inline(always)]
    fn end_mcu_row<K: Kernels>(&mut self, seen: u32, of: u32) {
        self.end_row(seen, of);
    }
}

impl ScanSink for FrameBuilder<'_> {
    fn begin_scan(&mut self, start: &ScanStart<'_>) -> Result<(), Error> {
        let header = start.header;
        self.header = Some(*header);
        self.roles = Roles { luma: header.luma_index(), chroma: header.chroma_indices() };
        let grid = |index: usize| {
            let (width, height) = header.component_size(index);
            let dc_step = start.quant.get(index).map_or(1, |q| q[0]);
            // Before a DNL segment the height may turn out to be anything.
            let rows = if header.height == 0 { 8192 } else { height.div_ceil(8) };
            Grid { cols: width.div_ceil(8), rows, dc_step }
        };
        let rows = |index: usize| start.block_rows.get(index).copied().unwrap_or(0);
        let mut block_rows = [rows(self.roles.luma), 0, 0];
        if let Some([cb, cr]) = self.roles.chroma {
            block_rows = [block_rows[0], rows(cb), rows(cr)];
        }
        let begun = if self.layout.is_some() {
            self.begin_rows(block_rows)
        } else {
            let quant = start.quant.get(self.roles.luma).map_or([1; 64], |q| **q);
            self.begin(&Layout {
                width: header.width,
                height: header.height,
                luma: grid(self.roles.luma),
                chroma: self.roles.chroma.map(|pair| pair.map(grid)),
                quant,
                block_rows,
            })
        };
        begun.ok_or(Error::TooWide)
    }

    fn set_height(&mut self, height: u32) {
        let Some(layout) = &mut self.layout else {
            return;
        };
        let Some(header) = self.header.map(|header| header.with_height(height)) else {
            return;
        };
        let rows = |index: usize| header.component_size(index).1.div_ceil(8);
        layout.height = height;
        layout.luma.rows = layout.luma.rows.min(rows(self.roles.luma));
        self.luma.set_rows(layout.luma.rows);
        for (plane, index) in self.chroma.iter_mut().zip(self.roles.chroma.into_iter().flatten()) {
            plane.set_rows(rows(index));
        }
    }
}
