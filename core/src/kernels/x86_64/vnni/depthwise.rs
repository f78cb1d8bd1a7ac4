//! Depthwise convolutions: 16 channels at a time, or as many pixels of fewer
//! channels as make up 16.
//!
//! The inputs of four taps are brought side by side for each channel, as the weights
//! are. Windows of 3 x 3 whose neighbours overlap are taken by columns instead: then
//! each column is brought in once, for all the windows that it is in.

use super::requantise::{Lanes, Requantiser};
use super::{quarters, store16, store64, transposed};
use crate::kernels::net::{Depthwise, QUAD, TAPS, WIDTH};
use core::arch::x86_64::{
    __m128i, __m512i, _mm_loadu_si128, _mm_setr_epi8, _mm_setr_epi32, _mm_setzero_si128,
    _mm512_add_epi8, _mm512_broadcast_i32x4, _mm512_dpbusd_epi32, _mm512_inserti32x4,
    _mm512_or_si512, _mm512_permutexvar_epi32, _mm512_set1_epi8, _mm512_set1_epi32,
    _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_xor_si512, _mm512_zextsi128_si512,
};

/// Pixels that are finished together.
const FOUR: usize = 4;

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) fn run(job: &Depthwise<'_>, out: &mut [i8]) {
    let channels = job.panels().channels();
    // Pixels side by side make up a wide one, if they are dense in the input too.
    let fold =
        if WIDTH.is_multiple_of(channels) && job.step() == channels { WIDTH / channels } else { 1 };
    let lanes = Lanes::repeating(WIDTH / fold);
    let columns = Columns::of(job.taps());
    let mut weights = [_mm512_setzero_si512(); TAPS / QUAD];
    let mut place = 0;
    for (panel, used) in job.panels().iter() {
        for (weights, quad) in weights.iter_mut().zip(panel.weights.chunks(QUAD * panel.width)) {
            *weights = lanes.words(quad);
        }
        let row = Row {
            inputs: job.inputs(),
            place,
            step: job.step() * fold,
            pixels: job.pixels().div_ceil(fold),
            bias: lanes.words(panel.offset_bias),
            requantiser: Requantiser::new(&panel, lanes, job.output()),
            channels: channels * fold,
            used: used * fold,
        };
        match columns {
            Some(columns) if row.step == columns.distance => row.slide::<1>(columns, &weights, out),
            Some(columns) if row.step == 2 * columns.distance => {
                row.slide::<2>(columns, &weights, out);
            }
            _ => row.gather(job.taps(), &weights, out),
        }
        place += used;
    }
}

/// A panel's part of the pixels.
struct Row<'a> {
    inputs: &'a [i8],
    /// Of its first channel.
    place: usize,
    /// Inputs from one pixel to the next, and outputs.
    step: usize,
    channels: usize,
    pixels: usize,
    /// Outputs of a pixel that are the panel's.
    used: usize,
    bias: __m512i,
    requantiser: Requantiser,
}

impl Row<'_> {
    /// Any window.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn gather(&self, taps: &[usize], weights: &[__m512i; TAPS / QUAD], out: &mut [i8]) {
        // What fills up the last quad has no weight: any tap will do.
        let mut filled = [taps.first().copied().unwrap_or(0); TAPS];
        for (filled, tap) in filled.iter_mut().zip(taps) {
            *filled = *tap;
        }
        let quads = &filled.as_chunks::<QUAD>().0[..taps.len().div_ceil(QUAD).min(TAPS / QUAD)];
        self.finish(out, |pixel| {
            let mut sum = self.bias;
            for (taps, weights) in quads.iter().zip(weights) {
                // SAFETY: `Depthwise::new` has checked the taps of the last pixel,
                // and for `SLACK` bytes behind its channels.
                let inputs = taps.map(|tap| unsafe { self.load(tap + pixel * self.step) });
                sum = _mm512_dpbusd_epi32(sum, side_by_side(inputs), *weights);
            }
            sum
        });
    }

    /// Windows by columns, the next window `S` columns on.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn slide<const S: usize>(
        &self,
        columns: Columns,
        weights: &[__m512i; TAPS / QUAD],
        out: &mut [i8],
    ) {
        let [w0, w1, w2] = Columns::weights(weights);
        let column = |number: usize| {
            let at = number * columns.distance;
            // SAFETY: only columns of windows are asked for, and `Depthwise::new`
            // has checked them as above.
            let [a, b, c] = columns.rows.map(|row| unsafe { self.load(row + at) });
            side_by_side([a, b, c, _mm_setzero_si128()])
        };
        let (mut left, mut middle) = (column(0), column(1));
        self.finish(out, |pixel| {
            if S == 2 {
                middle = column(2 * pixel + 1);
            }
            let right = column(S * pixel + 2);
            let sum = _mm512_dpbusd_epi32(self.bias, left, w0);
            let sum = _mm512_dpbusd_epi32(sum, middle, w1);
            let sum = _mm512_dpbusd_epi32(sum, right, w2);
            (left, middle) = if S == 1 { (middle, right) } else { (right, middle) };
            sum
        });
    }

    /// Sixteen channels from input `at` on.
    ///
    /// # Safety
    ///
    /// There are as many inputs behind it and the panel's place.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    unsafe fn load(&self, at: usize) -> __m128i {
        debug_assert!(self.inputs.len() >= at + self.place + WIDTH);
        // SAFETY: the caller's promise.
        unsafe { _mm_loadu_si128(self.inputs.as_ptr().add(at + self.place).cast()) }
    }

    /// Sums, which are asked for in turn, to outputs.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn finish(&self, out: &mut [i8], mut sum: impl FnMut(usize) -> __m512i) {
        for first in (0..self.pixels).step_by(FOUR) {
            let start = first * self.channels + self.place;
            let requantiser = &self.requantiser;
            if first + FOUR <= self.pixels {
                let values = requantiser.outputs([
                    requantiser.multiply(sum(first)),
                    requantiser.multiply(sum(first + 1)),
                    requantiser.multiply(sum(first + 2)),
                    requantiser.multiply(sum(first + 3)),
                ]);
                let all = out.get_mut(start..).and_then(<[i8]>::first_chunk_mut);
                match all.filter(|_| self.channels == WIDTH) {
                    Some(out) => store64(values, out),
                    None => self.store(values, start, FOUR, out),
                }
            } else {
                let count = self.pixels - first;
                let mut values = [_mm512_setzero_si512(); FOUR];
                for (i, value) in values.iter_mut().enumerate().take(count) {
                    *value = requantiser.multiply(sum(first + i));
                }
                self.store(requantiser.outputs(values), start, count, out);
            }
        }
    }

    /// Stores the outputs of some pixels, each by itself.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn store(&self, values: __m512i, start: usize, count: usize, out: &mut [i8]) {
        for (i, quarter) in quarters(values).into_iter().enumerate().take(count) {
            let start = start + i * self.channels;
            // A wide pixel may go beyond the last one.
            let end = out.len().min(start + self.used);
            if let Some(out) = out.get_mut(start..end) {
                store16(quarter, out);
            }
        }
    }
}

/// A window of 3 x 3: where its rows begin, and inputs from one column to the next.
#[derive(Clone, Copy)]
struct Columns {
    rows: [usize; 3],
    distance: usize,
}

impl Columns {
    /// The window, if it is such a one.
    fn of(taps: &[usize]) -> Option<Self> {
        let taps: &[usize; 9] = taps.try_into().ok()?;
        let (rows, _) = taps.as_chunks::<3>();
        let distance = rows[0][1].checked_sub(rows[0][0])?;
        let even = |row: &[usize; 3]| {
            row[0].checked_add(distance) == Some(row[1])
                && row[1].checked_add(distance) == Some(row[2])
        };
        rows.iter().all(even).then_some(Self { rows: [taps[0], taps[3], taps[6]], distance })
    }

    /// The weights of the three columns; the fourth of each quad is zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn weights(quads: &[__m512i; TAPS / QUAD]) -> [__m512i; 3] {
        const NO: i8 = i8::MIN;
        // Bytes of each channel, NO for zero.
        let pick = |quad: usize, bytes: [i8; 4]| {
            let first = _mm512_set1_epi32(i32::from_le_bytes(bytes.map(i8::cast_unsigned)));
            let lane =
                _mm512_broadcast_i32x4(_mm_setr_epi32(0, 0x0404_0404, 0x0808_0808, 0x0c0c_0c0c));
            // The sign bit, which makes a zero, stays whatever of these is added.
            _mm512_shuffle_epi8(quads[quad], _mm512_add_epi8(first, lane))
        };
        let or = _mm512_or_si512;
        [
            or(pick(0, [0, 3, NO, NO]), pick(1, [NO, NO, 2, NO])),
            or(pick(0, [1, NO, NO, NO]), pick(1, [NO, 0, 3, NO])),
            or(or(pick(0, [2, NO, NO, NO]), pick(1, [NO, 1, NO, NO])), pick(2, [NO, NO, 0, NO])),
        ]
    }
}

/// Four taps of 16 channels, plus 128, to quads.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn side_by_side([a, b, c, d]: [__m128i; 4]) -> __m512i {
    let taps = _mm512_inserti32x4::<1>(_mm512_zextsi128_si512(a), b);
    let taps = _mm512_inserti32x4::<3>(_mm512_inserti32x4::<2>(taps, c), d);
    let within = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let fours = _mm512_permutexvar_epi32(transposed(), taps);
    let quads = _mm512_shuffle_epi8(fours, _mm512_broadcast_i32x4(within));
    _mm512_xor_si512(quads, _mm512_set1_epi8(i8::MIN))
}
