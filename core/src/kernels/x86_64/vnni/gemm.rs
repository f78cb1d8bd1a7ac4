//! Matrix products: tiles of up to 16 rows, one panel at a time.
//!
//! The rows of a tile are copied first, plus 128, 64 inputs of each side by side:
//! so all that the inner loop reads lies at constant distances. As many tiles are
//! copied as the buffer holds, and all of them meet a panel before the next one, so
//! that its multipliers stay in registers.

use super::requantise::{Lanes, Requantiser};
use super::{load, quarters, store16, store64};
use crate::kernels::net::{Gemm, Panel, QUAD, WIDTH};
use core::arch::x86_64::{
    __m512i, _mm_bsrli_si128, _mm512_castsi512_si256, _mm512_dpbusd_epi32, _mm512_inserti64x4,
    _mm512_set1_epi8, _mm512_set1_epi32, _mm512_storeu_si512, _mm512_xor_si512,
};
use core::mem::MaybeUninit;

/// Rows of a tile, at most.
const ROWS: usize = 16;

/// Rows are copied, and done, in fours.
const FOUR: usize = 4;

/// Inputs of a row side by side, in quads.
type Line = [i32; LINE];
const LINE: usize = 16;

/// A line of each row of a tile; of the rows that the tile has not, nothing.
type Block = [MaybeUninit<Line>; ROWS];

/// Blocks in the buffer, which takes 16 KiB.
const BLOCKS: usize = 16;

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) fn run(job: &Gemm<'_>, out: &mut [i8]) {
    let mut buffer: [Block; BLOCKS] = [[MaybeUninit::uninit(); ROWS]; BLOCKS];
    let blocks = job.panels().quads().div_ceil(LINE);
    let channels = job.panels().channels();
    // Tiles that the buffer holds, if it holds one.
    let step = ROWS * (BLOCKS / blocks).max(1);
    for (start, out) in (0..job.rows()).step_by(step).zip(out.chunks_mut(step * channels)) {
        let tiles = || (start..job.rows().min(start + step)).step_by(ROWS);
        if blocks <= BLOCKS {
            for (tile, buffer) in tiles().zip(buffer.chunks_mut(blocks)) {
                copy(job, tile, 0, rows(job, tile).next_multiple_of(FOUR), buffer);
            }
        }
        let mut place = 0;
        for (panel, used) in job.panels().iter() {
            let at = At { channels, place, used };
            let multiply = Multiply::new(job, &panel);
            let tiles = tiles().zip(out.chunks_mut(ROWS * channels));
            if blocks <= BLOCKS {
                for ((tile, out), buffer) in tiles.zip(buffer.chunks(blocks)) {
                    // SAFETY: as many rows as there are, up to a multiple of four,
                    // have just been copied.
                    unsafe {
                        match rows(job, tile).div_ceil(FOUR) {
                            1 => multiply.tile::<4>(buffer, at, out),
                            2 => multiply.tile::<8>(buffer, at, out),
                            3 => multiply.tile::<12>(buffer, at, out),
                            _ => multiply.tile::<ROWS>(buffer, at, out),
                        }
                    }
                }
            } else {
                for (tile, out) in tiles {
                    match rows(job, tile) {
                        ..=FOUR => multiply.long_tile::<4>(job, tile, &mut buffer, at, out),
                        _ => multiply.long_tile::<ROWS>(job, tile, &mut buffer, at, out),
                    }
                }
            }
            place += used;
        }
    }
}

/// Rows of the tile that begins at row `tile`.
fn rows(job: &Gemm<'_>, tile: usize) -> usize {
    (job.rows() - tile).min(ROWS)
}

/// Copies the inputs, from number `from` on, of the tile that begins at row `tile`.
/// The last of the job's rows is copied again until there are `count`. That all
/// inputs are there, `Gemm::new` has checked: so no line is left out.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn copy(job: &Gemm<'_>, tile: usize, from: usize, count: usize, buffer: &mut [Block]) {
    let (rows, end) = (rows(job, tile), QUAD * job.panels().quads());
    for row in 0..count {
        let start = (tile + row.min(rows - 1)) * job.stride();
        let inputs = job.inputs().get(start + from..start + end).unwrap_or(&[]);
        for (block, inputs) in buffer.iter_mut().zip(inputs.chunks(QUAD * LINE)) {
            let inputs = _mm512_xor_si512(load(inputs), _mm512_set1_epi8(i8::MIN));
            // SAFETY: a line covers 64 bytes.
            unsafe { _mm512_storeu_si512(block[row % ROWS].as_mut_ptr().cast(), inputs) };
        }
    }
}

/// Where the outputs of a panel go, in each row.
#[derive(Clone, Copy)]
struct At {
    channels: usize,
    place: usize,
    used: usize,
}

/// A panel at work.
struct Multiply<'a> {
    panel: Panel<'a>,
    bias: __m512i,
    requantiser: Requantiser,
}

impl<'a> Multiply<'a> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn new(job: &Gemm<'_>, panel: &Panel<'a>) -> Self {
        // A narrow panel's sums are paired up before they are multiplied.
        let lanes = Lanes::repeating(if panel.width > WIDTH / 2 { WIDTH } else { WIDTH / 2 });
        Self {
            panel: *panel,
            bias: load(panel.offset_bias),
            requantiser: Requantiser::new(panel, lanes, job.output()),
        }
    }

    /// All of a tile of up to `R` rows.
    ///
    /// # Safety
    ///
    /// They have been copied to `buffer`, `R` in number.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    unsafe fn tile<const R: usize>(&self, buffer: &[Block], at: At, out: &mut [i8]) {
        // SAFETY: the caller's promise.
        let sums = unsafe { self.sums([self.bias; R], buffer, self.panel.weights) };
        self.finish(sums, at, out);
    }

    /// The same for rows of which the buffer cannot hold all inputs.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn long_tile<const R: usize>(
        &self,
        job: &Gemm<'_>,
        tile: usize,
        buffer: &mut [Block],
        at: At,
        out: &mut [i8],
    ) {
        let mut sums = [self.bias; R];
        let part = BLOCKS * LINE * QUAD;
        for (i, weights) in self.panel.weights.chunks(part * self.panel.width).enumerate() {
            copy(job, tile, i * part, R, buffer);
            // SAFETY: `R` rows have just been copied.
            sums = unsafe { self.sums(sums, buffer, weights) };
        }
        self.finish(sums, at, out);
    }

    /// Adds the products of the rows in `buffer` and `weights`.
    ///
    /// # Safety
    ///
    /// `R` rows have been copied there.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    unsafe fn sums<const R: usize>(
        &self,
        sums: [__m512i; R],
        buffer: &[Block],
        weights: &[u8],
    ) -> [__m512i; R] {
        // SAFETY: the caller's promise.
        unsafe {
            if self.panel.width == WIDTH {
                add_products::<R, WIDTH>(sums, buffer, weights, WIDTH)
            } else {
                add_products::<R, 0>(sums, buffer, weights, self.panel.width)
            }
        }
    }

    /// Sums to outputs.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn finish<const R: usize>(&self, sums: [__m512i; R], at: At, out: &mut [i8]) {
        let rows = out.len() / at.channels;
        let row = |row: usize| row * at.channels + at.place..row * at.channels + at.place + at.used;
        if self.panel.width > WIDTH / 2 {
            let (fours, _) = sums.as_chunks::<FOUR>();
            for (first, four) in (0..rows).step_by(FOUR).zip(fours) {
                let requantiser = &self.requantiser;
                let bytes = requantiser.outputs([
                    requantiser.multiply(four[0]),
                    requantiser.multiply(four[1]),
                    requantiser.multiply(four[2]),
                    requantiser.multiply(four[3]),
                ]);
                let all = out.get_mut(first * WIDTH..).and_then(<[i8]>::first_chunk_mut);
                if let Some(out) = all.filter(|_| at.channels == WIDTH) {
                    store64(bytes, out);
                    continue;
                }
                for (i, quarter) in quarters(bytes).into_iter().enumerate() {
                    if let Some(out) = out.get_mut(row(first + i)) {
                        store16(quarter, out);
                    }
                }
            }
            return;
        }
        for (first, eight) in (0..rows).step_by(2 * FOUR).zip(sums.chunks(2 * FOUR)) {
            let mut pairs = [self.bias; FOUR];
            for (pair, sums) in pairs.iter_mut().zip(eight.as_chunks::<2>().0) {
                let both = _mm512_inserti64x4::<1>(sums[0], _mm512_castsi512_si256(sums[1]));
                *pair = self.requantiser.multiply(both);
            }
            let bytes = self.requantiser.outputs(pairs);
            let all = out.get_mut(first * WIDTH / 2..).and_then(<[i8]>::first_chunk_mut);
            if let Some(out) = all.filter(|_| at.channels == WIDTH / 2) {
                store64(bytes, out);
                continue;
            }
            for (i, quarter) in quarters(bytes).into_iter().enumerate() {
                for (i, eighth) in [(2 * i, quarter), (2 * i + 1, _mm_bsrli_si128::<8>(quarter))] {
                    if let Some(out) = out.get_mut(row(first + i)) {
                        store16(eighth, out);
                    }
                }
            }
        }
    }
}

/// Adds the products of `R` rows of `buffer` and a panel's weights. `W` is the
/// panel's width, or 0 for any `width`.
///
/// # Safety
///
/// `R` rows have been copied to `buffer`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn add_products<const R: usize, const W: usize>(
    mut sums: [__m512i; R],
    buffer: &[Block],
    weights: &[u8],
    width: usize,
) -> [__m512i; R] {
    let each = QUAD * if W == 0 { width } else { W };
    for (block, weights) in buffer.iter().zip(weights.chunks(LINE * each)) {
        for (quad, weights) in weights.chunks_exact(each).enumerate() {
            let weights = load(weights);
            for (sum, line) in sums.iter_mut().zip(block) {
                // SAFETY: this is one of the first `R` lines.
                let line = unsafe { line.assume_init_ref() };
                let inputs = _mm512_set1_epi32(line[quad % LINE]);
                *sum = _mm512_dpbusd_epi32(*sum, inputs, weights);
            }
        }
    }
    sums
}
