//! What AVX2 and SSE4.1 share: both multiply pairs of 16-bit numbers and add each
//! pair up (`pmaddwd`).
//!
//! A quad of bytes becomes two such pairs, of the first and third and of the second
//! and fourth: for weights, these are the even and the odd bytes of vectors as they
//! lie in a panel. Jobs are cut into fours of rows or pixels and panels; an
//! instruction set hands in how a panel is prepared, how products are added to sums,
//! and how outputs are made of sums.

use crate::kernels::net::{Depthwise, Gemm, Panel, QUAD, TAPS, WIDTH};
use core::arch::x86_64::{
    _mm_cvtepi8_epi16, _mm_cvtsi32_si128, _mm_cvtsi128_si64, _mm_shufflelo_epi16,
};

/// Rows or pixels that are done together.
pub(super) const FOUR: usize = 4;

/// A panel's outputs for them.
pub(super) type Outputs = [[i8; WIDTH]; FOUR];

/// A quad of each row, each as two pairs.
pub(super) type Quads = [[i32; 2]; FOUR];

/// Quads in the buffer, which takes 8 KiB.
const BUFFER: usize = 256;

/// Does a matrix product. `new` is given panels of [`WIDTH`] channels without
/// weights, and returns sums to begin with too; `add` a part of a panel's weights
/// and its width.
///
/// As many rows as the buffer holds meet a panel before the next one; rows too long
/// for it are brought there in parts, anew for each panel.
#[inline(always)]
pub(super) fn gemm<P, S: Copy>(
    job: &Gemm<'_>,
    out: &mut [i8],
    new: impl Fn(&Panel<'_>) -> (P, S),
    add: impl Fn(S, &[Quads], &[u8], usize) -> S,
    finish: impl Fn(&P, S) -> Outputs,
) {
    let mut buffer = [[[0; 2]; FOUR]; BUFFER];
    let (quads, channels) = (job.panels().quads(), job.panels().channels());
    let step = FOUR * (BUFFER / quads).max(1);
    for (start, out) in (0..job.rows()).step_by(step).zip(out.chunks_mut(step * channels)) {
        let rows = (start..job.rows().min(start + step)).step_by(FOUR);
        if quads <= BUFFER {
            for (row, buffer) in rows.clone().zip(buffer.chunks_mut(quads)) {
                widen(job, row, 0, buffer);
            }
        }
        let mut place = 0;
        for (panel, used) in job.panels().iter() {
            let mut bytes = [0; FULL];
            let (prepared, begin) =
                new(&full(&Panel { weights: &[], ..panel }, panel.width, &mut bytes));
            let out = out.chunks_mut(FOUR * channels);
            if quads <= BUFFER {
                for (out, quads) in out.zip(buffer.chunks(quads)) {
                    let sums = add(begin, quads, panel.weights, panel.width);
                    store(&finish(&prepared, sums), out, channels, place, used);
                }
            } else {
                for (out, row) in out.zip(rows.clone()) {
                    let parts = panel.weights.chunks(BUFFER * QUAD * panel.width);
                    let mut sums = begin;
                    for (first, weights) in (0..quads).step_by(BUFFER).zip(parts) {
                        widen(job, row, first, &mut buffer);
                        sums = add(sums, &buffer, weights, panel.width);
                    }
                    store(&finish(&prepared, sums), out, channels, place, used);
                }
            }
            place += used;
        }
    }
}

/// Brings quads of four rows from `row` on to `buffer`, from quad `first` on. The
/// job's last row fills up.
#[inline(always)]
fn widen(job: &Gemm<'_>, row: usize, first: usize, buffer: &mut [Quads]) {
    for i in 0..FOUR {
        let start = (row + i).min(job.rows() - 1) * job.stride();
        let end = start + QUAD * job.panels().quads();
        let inputs = job.inputs().get(start + QUAD * first..end).unwrap_or(&[]);
        for (quads, inputs) in buffer.iter_mut().zip(inputs.as_chunks::<QUAD>().0) {
            let bytes = i32::from_le_bytes(inputs.map(i8::cast_unsigned));
            // SAFETY: only kernels of SSE4.1 and more come here.
            quads[i] = unsafe { pairs(bytes) };
        }
    }
}

/// Two pairs of a quad: first and third, second and fourth.
#[inline]
#[target_feature(enable = "sse4.1")]
fn pairs(quad: i32) -> [i32; 2] {
    let words = _mm_cvtepi8_epi16(_mm_cvtsi32_si128(quad));
    let both = _mm_cvtsi128_si64(_mm_shufflelo_epi16::<0b11_01_10_00>(words));
    [both as i32, (both >> 32) as i32]
}

/// Two taps, and the place of their weights: the quad, and 0 for even, 1 for odd.
pub(super) type Pair = ([usize; 2], (usize, usize));

/// Every channel by itself: `new` is given panels of [`WIDTH`] channels and the
/// number of pairs; `sum` where the inputs of a pixel begin, and the pairs.
#[inline(always)]
pub(super) fn depthwise<P, S: Copy>(
    job: &Depthwise<'_>,
    out: &mut [i8],
    new: impl Fn(&Panel<'_>) -> P,
    sum: impl Fn(&P, usize, &[Pair]) -> S,
    finish: impl Fn(&P, [S; FOUR]) -> Outputs,
) {
    let channels = job.panels().channels();
    // Dense pixels of few channels make up wide ones.
    let dense = WIDTH.is_multiple_of(channels) && job.step() == channels;
    let fold = if dense { WIDTH / channels } else { 1 };
    let (mut buffer, count) = pair_up(job.taps());
    let pairs = buffer.get_mut(..count).unwrap_or_default();
    let (step, pixels) = (job.step() * fold, job.pixels().div_ceil(fold));
    let mut place = 0;
    for (panel, used) in job.panels().iter() {
        let mut bytes = [0; FULL];
        let prepared =
            new(&full(&panel, if fold > 1 { channels } else { panel.width }, &mut bytes));
        for (first, out) in (0..pixels).step_by(FOUR).zip(out.chunks_mut(FOUR * channels * fold)) {
            let at = |i: usize| (first + i).min(pixels - 1) * step + place;
            let sums = [
                sum(&prepared, at(0), pairs),
                sum(&prepared, at(1), pairs),
                sum(&prepared, at(2), pairs),
                sum(&prepared, at(3), pairs),
            ];
            store(&finish(&prepared, sums), out, channels * fold, place, used * fold);
        }
        place += used;
    }
}

/// The taps of each quad in pairs. What fills up the last quad has no weight: any
/// tap will do, and pairs of them alone are left out.
fn pair_up(taps: &[usize]) -> ([Pair; TAPS / 2], usize) {
    let mut pairs = [([0; 2], (0, 0)); TAPS / 2];
    let mut count = 0;
    for (quad, taps) in taps.chunks(QUAD).enumerate() {
        for (odd, &tap) in taps.iter().enumerate().take(2) {
            if let Some(pair) = pairs.get_mut(count) {
                *pair = ([tap, taps.get(odd + 2).copied().unwrap_or(tap)], (quad, odd));
                count += 1;
            }
        }
    }
    (pairs, count)
}

/// Stores the outputs of a panel, `used` of each row or pixel of which `out` has a
/// part: the last may have less.
#[inline(always)]
fn store(outputs: &Outputs, out: &mut [i8], channels: usize, place: usize, used: usize) {
    for (out, outputs) in out.chunks_mut(channels).zip(outputs) {
        let Some(out) = out.get_mut(place..) else { continue };
        match out.first_chunk_mut::<WIDTH>() {
            Some(out) if used == WIDTH => *out = *outputs,
            _ => out.iter_mut().zip(&outputs[..used.min(WIDTH)]).for_each(|(to, from)| *to = *from),
        }
    }
}

/// Bytes of a panel of [`WIDTH`] channels and [`TAPS`] taps.
const FULL: usize = WIDTH * (13 + TAPS);

/// The panel with [`WIDTH`] channels: the first `channels` of them, repeated as often
/// as they fit in, and zeros behind. In `bytes` there is room for it.
#[inline(always)]
fn full<'a>(panel: &Panel<'a>, channels: usize, bytes: &'a mut [u8; FULL]) -> Panel<'a> {
    if panel.width == WIDTH {
        return *panel;
    }
    let mut rest = bytes.as_mut_slice();
    let mut fill = |of: &[u8], size: usize| -> &'a [u8] {
        let from = of.chunks(size * panel.width);
        let rows = from.len();
        let filled = rest.split_off_mut(..rows * size * WIDTH).unwrap_or_default();
        for (to, from) in filled.chunks_mut(size * WIDTH).zip(from) {
            let from = from.get(..size * channels).unwrap_or(from);
            let exact = to.chunks_exact_mut(from.len());
            exact.for_each(|to| to.copy_from_slice(from));
        }
        filled
    };
    Panel {
        width: WIDTH,
        bias: fill(panel.bias, 4),
        offset_bias: fill(panel.offset_bias, 4),
        mantissas: fill(panel.mantissas, 4),
        exponents: fill(panel.exponents, 1),
        weights: fill(panel.weights, QUAD),
    }
}
