//! Energies of a regular sample of cells.

use super::{Cell, CellGrid};
use crate::bands::{self, CELL_BLOCKS};
use crate::kernels::{CoefSums, Kernels};

/// Most rows of blocks in an MCU row (T.81, B.2.2).
const MAX_BLOCK_ROWS: usize = 4;

/// Sums up the energies of the cells that are kept.
pub(super) struct Sampler<'a> {
    out: &'a mut [Cell],
    steps: [i16; 64],
    /// A cell of each block row of an MCU row may be under way at a time.
    open: [Open; MAX_BLOCK_ROWS],
    /// Blocks in a row of the picture, and in a cell: fewer than
    /// [`CELL_BLOCKS`] only in a picture that is narrower.
    block_cols: u32,
    cell_blocks: u32,
    /// Kept cells in a row.
    cols: u32,
    /// Every so many cells of a row, and every so many block rows, are kept.
    step_x: u32,
    step_y: u32,
    /// Block rows before the current MCU row.
    done: u32,
    /// Which block rows of the current MCU row are kept, as bits.
    wanted: u32,
}

/// The blocks of a cell so far.
#[derive(Clone, Copy)]
struct Open {
    sums: CoefSums,
    /// Coefficients from here on are zero in all blocks.
    end: u32,
    mean: u32,
    blocks: u32,
}

impl Open {
    const EMPTY: Self = Self { sums: [0; 64], end: 0, mean: 0, blocks: 0 };
}

impl<'a> Sampler<'a> {
    pub(super) fn new(out: &'a mut [Cell]) -> Self {
        Self {
            out,
            steps: [1; 64],
            open: [Open::EMPTY; MAX_BLOCK_ROWS],
            block_cols: 0,
            cell_blocks: CELL_BLOCKS,
            cols: 0,
            step_x: 1,
            step_y: 1,
            done: 0,
            wanted: 0,
        }
    }

    /// Begins a picture of `cols` x `rows` blocks; `None` if there is no room
    /// for a single cell.
    pub(super) fn begin(&mut self, cols: u32, rows: u32, quant: &[u16; 64]) -> Option<()> {
        self.steps = quant.map(u16::cast_signed);
        // The DC says nothing about detail.
        self.steps[0] = 0;
        self.block_cols = cols;
        self.cell_blocks = cols.clamp(1, CELL_BLOCKS);
        self.done = 0;
        (self.step_x, self.step_y) = (1, 1);
        let cells = cols / self.cell_blocks;
        let room = self.out.len();
        let kept = |step_x: u32, step_y: u32| {
            cells.div_ceil(step_x.max(1)) as usize * rows.div_ceil(step_y.max(1)) as usize
        };
        if room == 0 {
            return None;
        }
        while kept(self.step_x, self.step_y) > room {
            // Cells are wide: rows are thinned out first, until they are twice
            // as far apart as the cells.
            if self.step_y < 8 * self.step_x {
                self.step_y += 1;
            } else {
                self.step_x += 1;
            }
        }
        self.cols = cells.div_ceil(self.step_x.max(1));
        let planned = kept(self.step_x, self.step_y);
        self.out.get_mut(..planned)?.fill(Cell::UNSEEN);
        self.open = [Open::EMPTY; MAX_BLOCK_ROWS];
        self.choose_rows();
        Some(())
    }

    /// Whether cells of this block row of the current MCU row are kept.
    #[inline(always)]
    pub(super) fn wants(&self, row_in_mcu: u32) -> bool {
        self.wanted >> (row_in_mcu & 31) & 1 != 0
    }

    fn choose_rows(&mut self) {
        self.wanted = (0..MAX_BLOCK_ROWS as u32)
            .filter(|row| (self.done + row).is_multiple_of(self.step_y))
            .fold(0, |wanted, row| wanted | 1 << row);
    }

    /// Takes a block of the picture, in order of columns.
    #[inline(always)]
    pub(super) fn block<K: Kernels>(
        &mut self,
        col: u32,
        row_in_mcu: u32,
        mean: u8,
        end: u32,
        coefs: &mut [i16; 64],
    ) {
        let cell = col / CELL_BLOCKS;
        let Some(open) = self.open.get_mut(row_in_mcu as usize) else {
            coefs.fill(0);
            return;
        };
        if col.is_multiple_of(CELL_BLOCKS) {
            *open = Open::EMPTY;
        }
        open.end = open.end.max(end);
        open.mean += u32::from(mean);
        open.blocks += 1;
        if end > 1 {
            K::add_energy(&mut open.sums, coefs, &self.steps, end.div_ceil(16) as usize);
        }
        let last = col % CELL_BLOCKS + 1 == self.cell_blocks;
        if last && open.blocks == self.cell_blocks && cell.is_multiple_of(self.step_x) {
            let row = (self.done + row_in_mcu) / self.step_y.max(1);
            let at = row as usize * self.cols as usize + (cell / self.step_x.max(1)) as usize;
            if let Some(slot) = self.out.get_mut(at) {
                let mean = (open.mean + open.blocks / 2) / open.blocks.max(1);
                *slot = bands::cell(&open.sums, open.end as usize, open.blocks, mean as u8);
            }
        }
    }

    /// Ends an MCU row that had `rows` block rows.
    pub(super) fn end_mcu_row(&mut self, rows: u32) {
        self.done += rows;
        self.choose_rows();
        // A cell that a loss of data left open must not go on in the next row.
        for open in &mut self.open {
            open.blocks = 0;
        }
    }

    pub(super) fn finish(self) -> CellGrid<'a> {
        let (cols, rows) = (self.cols as usize, self.done.div_ceil(self.step_y.max(1)) as usize);
        let cells: &'a [Cell] = self.out;
        CellGrid {
            cells: cells.get(..cols * rows).unwrap_or(&[]),
            cols,
            rows,
            pitch_x: 8 * CELL_BLOCKS * self.step_x,
            pitch_y: 8 * self.step_y,
        }
    }
}
