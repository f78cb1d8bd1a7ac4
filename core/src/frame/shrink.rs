//! Rows of block means, as they come, into a plane of a size that fits.

use super::layout::Grid;

/// Builds one small plane from the DC coefficients of a component.
///
/// Blocks of one MCU row come in any order and wait in a strip; when the row
/// is complete they become rows of the plane, averaged over squares of
/// `2^shift` blocks if the plane would not fit otherwise.
pub(super) struct Shrink<'a> {
    out: &'a mut [u8],
    strip: &'a mut [i16],
    sums: &'a mut [u32],
    /// Blocks in a row, and rows at most.
    cols: usize,
    rows: usize,
    /// Block rows in an MCU row of the scan that is under way; 0 if the
    /// component is not in it.
    step: usize,
    /// Those of them that lie in the picture, for the current MCU row.
    fresh: usize,
    /// Block rows so far.
    done: usize,
    /// Quantisation step of the DC coefficient.
    dc_step: i16,
    shift: u32,
    /// Block rows in the sums.
    pending: usize,
}

/// DC coefficient of a block that was never seen: neither dark nor bright.
const UNSEEN: i16 = 0;

/// Blocks of a row that are averaged at a time; the most that one sample of
/// the plane can stand for in each direction.
const PIECE: usize = 256;

/// Mean luma of each block from its DC coefficient, which is 8 times the mean
/// less 128 (T.81, A.3.3), rounded as libjpeg does.
#[inline(always)]
fn block_means(coefs: &[i16], step: i16, means: &mut [u8]) {
    for (mean, &dc) in means.iter_mut().zip(coefs) {
        *mean = block_mean(dc, step);
    }
}

#[inline(always)]
fn block_mean(dc: i16, step: i16) -> u8 {
    (((i32::from(dc) * i32::from(step) + 4) >> 3) + 128).clamp(0, 255) as u8
}

impl<'a> Shrink<'a> {
    /// A plane of nothing.
    pub(super) fn new(out: &'a mut [u8], strip: &'a mut [i16], sums: &'a mut [u32]) -> Self {
        Self {
            out,
            strip,
            sums,
            cols: 0,
            rows: 0,
            step: 0,
            fresh: 0,
            done: 0,
            dc_step: 1,
            shift: 0,
            pending: 0,
        }
    }

    /// Begins a picture of `grid` blocks; `None` if even its rows are too long.
    pub(super) fn begin(&mut self, grid: Grid) -> Option<()> {
        self.cols = grid.cols as usize;
        self.rows = grid.rows as usize;
        // Even one such step is beyond black or white.
        self.dc_step = i16::try_from(grid.dc_step).unwrap_or(i16::MAX);
        self.done = 0;
        self.pending = 0;
        self.step = 0;
        // Four block rows is the most that an MCU row can have.
        self.shift = (0..=PIECE.ilog2()).find(|&shift| {
            let (cols, rows) = (self.cols.div_ceil(1 << shift), self.rows.div_ceil(1 << shift));
            cols * rows <= self.out.len() && (shift == 0 || cols <= self.sums.len())
        })?;
        self.sums.fill(0);
        Some(())
    }

    /// Says how many block rows an MCU row of the coming scan has; `None` if
    /// the strip cannot hold them.
    pub(super) fn begin_scan(&mut self, step: u32) -> Option<()> {
        self.step = step as usize;
        let needed = self.step * self.cols;
        self.strip.get_mut(..needed)?.fill(UNSEEN);
        self.count_fresh();
        Some(())
    }

    /// The component's height has become known.
    pub(super) fn set_rows(&mut self, rows: u32) {
        self.rows = self.rows.min(rows as usize);
        self.done = self.done.min(self.rows);
        self.count_fresh();
    }

    /// Takes the DC coefficient of a block. Blocks of padding, beyond the last
    /// column or row, are ignored: then it says `false`.
    #[inline(always)]
    pub(super) fn block(&mut self, col: u32, row: u32, dc: i16) -> bool {
        let (col, row) = (col as usize, row as usize);
        if col >= self.cols || row >= self.fresh {
            return false;
        }
        if let Some(slot) = self.strip.get_mut(row * self.cols + col) {
            *slot = dc;
        }
        true
    }

    /// Mean luma of a block.
    #[inline(always)]
    pub(super) fn mean(&self, dc: i16) -> u8 {
        block_mean(dc, self.dc_step)
    }

    /// Ends an MCU row; says how many block rows it had. Gives each row of
    /// block means, in pieces, to `seen`.
    #[inline(always)]
    pub(super) fn end_mcu_row(&mut self, mut seen: impl FnMut(&[u8])) -> usize {
        let fresh = self.fresh;
        for row in 0..fresh {
            let Some(coefs) = self.strip.get(row * self.cols..(row + 1) * self.cols) else {
                break;
            };
            if self.shift == 0 {
                let at = self.done * self.cols;
                if let Some(out) = self.out.get_mut(at..at + self.cols) {
                    block_means(coefs, self.dc_step, out);
                    seen(out);
                }
            } else {
                let mut left = &mut *self.sums;
                for coefs in coefs.chunks(PIECE) {
                    let room = (PIECE >> self.shift).min(left.len());
                    let Some((sums, rest)) =
                        left.split_at_mut_checked(room).filter(|(sums, _)| !sums.is_empty())
                    else {
                        break;
                    };
                    left = rest;
                    let mut piece = [0; PIECE];
                    let Some(means) = piece.get_mut(..coefs.len()) else {
                        break;
                    };
                    block_means(coefs, self.dc_step, means);
                    seen(means);
                    for (cell, sum) in means.chunks(1 << self.shift).zip(sums) {
                        *sum += cell.iter().map(|&m| u32::from(m)).sum::<u32>();
                    }
                }
                self.pending += 1;
            }
            self.done += 1;
            if self.pending == 1 << self.shift {
                self.flush();
            }
        }
        let used = (self.step * self.cols).min(self.strip.len());
        if let Some(strip) = self.strip.get_mut(..used) {
            strip.fill(UNSEEN);
        }
        self.count_fresh();
        fresh
    }

    fn count_fresh(&mut self) {
        self.fresh = self.step.min(self.rows.saturating_sub(self.done));
    }

    /// Turns the sums of `pending` block rows into a row of the plane.
    fn flush(&mut self) {
        if self.pending == 0 || self.shift == 0 {
            return;
        }
        let cell = 1usize << self.shift;
        let cols = self.cols.div_ceil(cell);
        let row = (self.done - 1) >> self.shift;
        let Some(out) = self.out.get_mut(row * cols..(row + 1) * cols) else {
            return;
        };
        for ((i, out), sum) in out.iter_mut().enumerate().zip(self.sums.iter_mut()) {
            let width = cell.min(self.cols - i * cell);
            let count = (width * self.pending) as u32;
            // The mean of bytes is a byte.
            *out = ((*sum + count / 2) / count.max(1)) as u8;
            *sum = 0;
        }
        self.pending = 0;
    }

    /// Ends the picture: columns and rows of the plane.
    pub(super) fn finish(&mut self) -> (usize, usize) {
        self.flush();
        (self.cols.div_ceil(1 << self.shift), self.done.div_ceil(1 << self.shift))
    }

    /// The plane's samples.
    pub(super) fn into_samples(self) -> &'a [u8] {
        self.out
    }
}
