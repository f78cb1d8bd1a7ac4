//! Networks with SSE4.1: see [`pairs`](super::pairs).

use super::pairs::{self, FOUR, Outputs, Pair, Quads};
use crate::kernels::net::{Depthwise, Gemm, Output, Panel, QUAD, TAPS, WIDTH};
use core::arch::x86_64::*;

/// Rows times weights, for [`Isa`](crate::kernels::Isa) alone, whose token proves
/// that the processor has the instructions.
pub(in crate::kernels) fn gemm(job: &Gemm<'_>, out: &mut [i8]) {
    #[target_feature(enable = "sse4.1")]
    fn inner(job: &Gemm<'_>, out: &mut [i8]) {
        pairs::gemm(
            job,
            out,
            |panel| (Requantiser::new(panel, job.output()), [words(panel.bias); FOUR]),
            |sums, inputs, weights, width| match width.div_ceil(QUAD) {
                1 => add_products::<1>(sums, inputs, weights),
                2 => add_products::<2>(sums, inputs, weights),
                3 => add_products::<3>(sums, inputs, weights),
                _ => add_products::<4>(sums, inputs, weights),
            },
            |requantiser, sums| requantiser.outputs(sums),
        );
    }
    // SAFETY: the only caller holds a token that detection made.
    unsafe { inner(job, out) }
}

/// Every channel by itself; the caller is the same.
pub(in crate::kernels) fn depthwise(job: &Depthwise<'_>, out: &mut [i8]) {
    #[target_feature(enable = "sse4.1")]
    fn inner(job: &Depthwise<'_>, out: &mut [i8]) {
        pairs::depthwise(
            job,
            out,
            |panel| (Window::new(panel), Requantiser::new(panel, job.output())),
            // SAFETY: `Depthwise::new` has checked the taps of the last pixel, and
            // for `SLACK` bytes behind its channels.
            |(window, _), at, pairs| unsafe { window.sum(job.inputs(), at, pairs) },
            |(_, requantiser), sums| requantiser.outputs(sums),
        );
    }
    // SAFETY: as above.
    unsafe { inner(job, out) }
}

/// Sums of 16 channels.
type Sums = [__m128i; 4];

#[inline]
#[target_feature(enable = "sse4.1")]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: `bytes` covers 16 bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// 16 inputs.
///
/// # Safety
///
/// There are as many from number `at` on.
#[inline]
#[target_feature(enable = "sse4.1")]
unsafe fn load_from(inputs: &[i8], at: usize) -> __m128i {
    debug_assert!(inputs.len() >= at + WIDTH);
    // SAFETY: the caller's promise.
    unsafe { _mm_loadu_si128(inputs.as_ptr().add(at).cast()) }
}

/// Words of a panel's channels.
#[inline]
#[target_feature(enable = "sse4.1")]
fn words(bytes: &[u8]) -> Sums {
    let mut words = [_mm_setzero_si128(); 4];
    for (words, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *words = load(bytes);
    }
    words
}

/// Pairs of the weights of 4 channels: even ones and odd ones.
#[inline]
#[target_feature(enable = "sse4.1")]
fn split(weights: __m128i) -> [__m128i; 2] {
    [_mm_srai_epi16::<8>(_mm_slli_epi16::<8>(weights)), _mm_srai_epi16::<8>(weights)]
}

/// Two pairs of inputs, each in all lanes.
#[inline]
#[target_feature(enable = "sse4.1")]
fn splat([even, odd]: [i32; 2]) -> [__m128i; 2] {
    [_mm_set1_epi32(even), _mm_set1_epi32(odd)]
}

/// Adds the products of rows and a panel's weights, `4 * N` channels of them.
#[inline]
#[target_feature(enable = "sse4.1")]
fn add_products<const N: usize>(
    mut sums: [Sums; FOUR],
    inputs: &[Quads],
    weights: &[u8],
) -> [Sums; FOUR] {
    // Two rows at a time: then the sums stay in registers.
    for first in [0, 2] {
        let [mut a, mut b] = [sums[first], sums[first + 1]];
        let (weights, _) = weights.as_chunks();
        for (inputs, weights) in inputs.iter().zip(weights.chunks_exact(N)) {
            let [a_even, a_odd] = splat(inputs[first]);
            let [b_even, b_odd] = splat(inputs[first + 1]);
            for n in 0..N {
                let [even, odd] = split(load(&weights[n]));
                a[n] = _mm_add_epi32(a[n], _mm_madd_epi16(even, a_even));
                a[n] = _mm_add_epi32(a[n], _mm_madd_epi16(odd, a_odd));
                b[n] = _mm_add_epi32(b[n], _mm_madd_epi16(even, b_even));
                b[n] = _mm_add_epi32(b[n], _mm_madd_epi16(odd, b_odd));
            }
        }
        [sums[first], sums[first + 1]] = [a, b];
    }
    sums
}

/// The weights of a window, four vectors for each pair of taps.
struct Window {
    bias: Sums,
    weights: [[Sums; 2]; TAPS / QUAD],
}

impl Window {
    #[inline]
    #[target_feature(enable = "sse4.1")]
    fn new(panel: &Panel<'_>) -> Self {
        let mut weights = [[[_mm_setzero_si128(); 4]; 2]; TAPS / QUAD];
        let (quads, _) = panel.weights.as_chunks::<{ QUAD * WIDTH }>();
        for (weights, quad) in weights.iter_mut().zip(quads) {
            let [a, b, c, d] = words(quad);
            let [a, b, c, d] = [split(a), split(b), split(c), split(d)];
            *weights = [[a[0], b[0], c[0], d[0]], [a[1], b[1], c[1], d[1]]];
        }
        Self { bias: words(panel.bias), weights }
    }

    /// The sums of a pixel.
    ///
    /// # Safety
    ///
    /// 16 inputs may be read from each tap on, counted from input `at`.
    #[inline]
    #[target_feature(enable = "sse4.1")]
    unsafe fn sum(&self, inputs: &[i8], at: usize, pairs: &[Pair]) -> Sums {
        let mut sums = self.bias;
        for &(taps, (quad, odd)) in pairs {
            // SAFETY: the caller's promise.
            let [a, b] =
                unsafe { [load_from(inputs, at + taps[0]), load_from(inputs, at + taps[1])] };
            let [low, high] = [_mm_unpacklo_epi8(a, b), _mm_unpackhi_epi8(a, b)];
            let inputs = [low, _mm_unpackhi_epi64(low, low), high, _mm_unpackhi_epi64(high, high)];
            let weights = self.weights[quad % (TAPS / QUAD)][odd % 2];
            for ((sum, inputs), weights) in sums.iter_mut().zip(inputs).zip(weights) {
                let products = _mm_madd_epi16(_mm_cvtepi8_epi16(inputs), weights);
                *sum = _mm_add_epi32(*sum, products);
            }
        }
        sums
    }
}

/// The multipliers of 4 channels.
///
/// In steps, for each lane: the sum is multiplied by twice the power of two of a
/// positive exponent (sums below [`SUM_LIMIT`](crate::nn::quant::SUM_LIMIT) have room
/// for that), so that the rounded high product is the upper half of a 64-bit product
/// plus 2^31. The half of the second rounding goes into that addition too. What is
/// then below that half came from a negative product, and loses one. A shift by a
/// number of each lane's own there is not: it is another high product. Where nothing
/// is to be shifted, that shifts by one what has been doubled.
struct Multipliers {
    left: __m128i,
    /// Of the even lanes, and of the odd lanes brought to even ones.
    mantissas: [__m128i; 2],
    halves: [__m128i; 2],
    /// Results below it lose one.
    limit: __m128i,
    /// All ones where nothing is shifted.
    none: __m128i,
    /// 2^(31 - s) to shift by `s`, of even and of odd lanes.
    right: [__m128i; 2],
}

impl Multipliers {
    #[inline]
    #[target_feature(enable = "sse4.1")]
    fn new(mantissas: __m128i, exponents: [u8; 4]) -> Self {
        let exponents = exponents.map(|byte| i32::from(byte.cast_signed()));
        let vector = |of: fn(i32) -> i32| {
            let [a, b, c, d] = exponents.map(of);
            _mm_setr_epi32(a, b, c, d)
        };
        let left = vector(|exponent| 2i32.wrapping_shl(exponent.max(0).unsigned_abs()));
        // 2^(s - 1), and nothing if there is no shift.
        let half = vector(|exponent| match exponent {
            0.. => 0,
            _ => 1 << ((-exponent).min(31) - 1),
        });
        let right = vector(|exponent| 1 << (31 - (-exponent).clamp(1, 31)));
        let none = vector(|exponent| -i32::from(exponent >= 0));
        let first = _mm_set1_epi64x(1 << 31);
        let odd_half = _mm_and_si128(half, _mm_set1_epi64x(-1 << 32));
        Self {
            left,
            mantissas: [mantissas, _mm_srli_epi64::<32>(mantissas)],
            halves: [
                _mm_add_epi64(_mm_slli_epi64::<32>(half), first),
                _mm_add_epi64(odd_half, first),
            ],
            limit: _mm_blendv_epi8(half, _mm_set1_epi32(i32::MIN), none),
            none,
            right: [right, _mm_srli_epi64::<32>(right)],
        }
    }

    #[inline]
    #[target_feature(enable = "sse4.1")]
    fn multiply(&self, sums: __m128i) -> __m128i {
        let even = _mm_mullo_epi32(sums, self.left);
        let odd = _mm_srli_epi64::<32>(even);
        let even = _mm_add_epi64(_mm_mul_epi32(even, self.mantissas[0]), self.halves[0]);
        let odd = _mm_add_epi64(_mm_mul_epi32(odd, self.mantissas[1]), self.halves[1]);
        let high = _mm_blend_epi16::<0b1100_1100>(_mm_srli_epi64::<32>(even), odd);
        let high = _mm_add_epi32(high, _mm_cmpgt_epi32(self.limit, high));
        let high = _mm_add_epi32(high, _mm_and_si128(high, self.none));
        let even = _mm_srli_epi64::<31>(_mm_mul_epi32(high, self.right[0]));
        let odd = _mm_mul_epi32(_mm_srli_epi64::<32>(high), self.right[1]);
        _mm_blend_epi16::<0b1100_1100>(even, _mm_add_epi64(odd, odd))
    }
}

/// A panel's multipliers, and what follows them.
struct Requantiser {
    multipliers: [Multipliers; 4],
    zero_point: __m128i,
    min: __m128i,
    max: __m128i,
}

impl Requantiser {
    #[inline]
    #[target_feature(enable = "sse4.1")]
    fn new(panel: &Panel<'_>, output: Output) -> Self {
        let [a, b, c, d] = words(panel.mantissas);
        let exponents = panel.exponents.first_chunk::<WIDTH>().copied().unwrap_or_default();
        let [p, q, r, s] = [0, 4, 8, 12].map(|i| core::array::from_fn(|j| exponents[i + j]));
        let multipliers = [
            Multipliers::new(a, p),
            Multipliers::new(b, q),
            Multipliers::new(c, r),
            Multipliers::new(d, s),
        ];
        Self {
            multipliers,
            zero_point: _mm_set1_epi16(output.zero_point.into()),
            min: _mm_set1_epi8(output.min),
            max: _mm_set1_epi8(output.max),
        }
    }

    #[inline]
    #[target_feature(enable = "sse4.1")]
    fn outputs(&self, sums: [Sums; FOUR]) -> Outputs {
        let [p, q, r, s] = &self.multipliers;
        let mut outputs = Outputs::default();
        for (outputs, [a, b, c, d]) in outputs.iter_mut().zip(sums) {
            let ab = _mm_packs_epi32(p.multiply(a), q.multiply(b));
            let cd = _mm_packs_epi32(r.multiply(c), s.multiply(d));
            let ab = _mm_adds_epi16(ab, self.zero_point);
            let bytes = _mm_packs_epi16(ab, _mm_adds_epi16(cd, self.zero_point));
            let bytes = _mm_min_epi8(_mm_max_epi8(bytes, self.min), self.max);
            // SAFETY: `outputs` covers 16 bytes.
            unsafe { _mm_storeu_si128(outputs.as_mut_ptr().cast(), bytes) };
        }
        outputs
    }
}
