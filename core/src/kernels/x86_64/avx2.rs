//! Networks with AVX2: see [`pairs`](super::pairs).

use super::pairs::{self, FOUR, Outputs, Pair, Quads};
use crate::kernels::net::{Depthwise, Gemm, Output, Panel, QUAD, TAPS, WIDTH};
use core::arch::x86_64::*;

/// Rows times weights, for [`Isa`](crate::kernels::Isa) alone, whose token proves
/// that the processor has the instructions.
pub(in crate::kernels) fn gemm(job: &Gemm<'_>, out: &mut [i8]) {
    #[target_feature(enable = "avx2")]
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
            |requantiser, sums| requantiser.outputs(&sums),
        );
    }
    // SAFETY: the only caller holds a token that detection made.
    unsafe { inner(job, out) }
}

/// Every channel by itself; the caller is the same.
pub(in crate::kernels) fn depthwise(job: &Depthwise<'_>, out: &mut [i8]) {
    #[target_feature(enable = "avx2")]
    fn inner(job: &Depthwise<'_>, out: &mut [i8]) {
        pairs::depthwise(
            job,
            out,
            |panel| (Window::new(panel), Requantiser::new(panel, job.output())),
            // SAFETY: `Depthwise::new` has checked the taps of the last pixel, and
            // for `SLACK` bytes behind its channels.
            |(window, _), at, pairs| unsafe { window.sum(job.inputs(), at, pairs) },
            |(_, requantiser), sums| requantiser.outputs(&sums),
        );
    }
    // SAFETY: as above.
    unsafe { inner(job, out) }
}

/// Sums of 16 channels.
type Sums = [__m256i; 2];

/// 32 bytes, and zeros where there are fewer.
#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8]) -> __m256i {
    let Some(bytes) = bytes.first_chunk::<32>() else {
        let low = bytes.first_chunk::<16>().map_or(_mm_setzero_si128(), |low| load16(low));
        return _mm256_zextsi128_si256(low);
    };
    // SAFETY: `bytes` covers 32 bytes.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load16(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: `bytes` covers 16 bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// 16 inputs.
///
/// # Safety
///
/// There are as many from number `at` on.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_from(inputs: &[i8], at: usize) -> __m128i {
    debug_assert!(inputs.len() >= at + WIDTH);
    // SAFETY: the caller's promise.
    unsafe { _mm_loadu_si128(inputs.as_ptr().add(at).cast()) }
}

/// Words of a panel's channels.
#[inline]
#[target_feature(enable = "avx2")]
fn words(bytes: &[u8]) -> Sums {
    [load(bytes), load(bytes.get(32..).unwrap_or_default())]
}

/// Pairs of the weights of 8 channels: even ones and odd ones.
#[inline]
#[target_feature(enable = "avx2")]
fn split(weights: __m256i) -> [__m256i; 2] {
    let even = _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(weights));
    [even, _mm256_srai_epi16::<8>(weights)]
}

/// Adds the products of rows and a panel's weights, `4 * N` channels of them.
#[inline]
#[target_feature(enable = "avx2")]
fn add_products<const N: usize>(
    mut sums: [Sums; FOUR],
    inputs: &[Quads],
    weights: &[u8],
) -> [Sums; FOUR] {
    let (weights, _) = weights.as_chunks::<QUAD>();
    for (inputs, weights) in inputs.iter().zip(weights.as_chunks::<QUAD>().0.chunks_exact(N)) {
        let weights = weights.as_flattened().as_flattened();
        for half in 0..N.div_ceil(2) {
            let [even, odd] = split(load(weights.get(32 * half..).unwrap_or_default()));
            for (sums, inputs) in sums.iter_mut().zip(inputs) {
                let [first, second] = *inputs;
                let products = _mm256_madd_epi16(even, _mm256_set1_epi32(first));
                sums[half] = _mm256_add_epi32(sums[half], products);
                let products = _mm256_madd_epi16(odd, _mm256_set1_epi32(second));
                sums[half] = _mm256_add_epi32(sums[half], products);
            }
        }
    }
    sums
}

/// The weights of a window, two vectors for each pair of taps. Channels 0 to 3 and 8
/// to 11 come first, then the others: so unpacking brings inputs.
struct Window {
    bias: Sums,
    weights: [[[__m256i; 2]; 2]; TAPS / QUAD],
}

impl Window {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(panel: &Panel<'_>) -> Self {
        let mut weights = [[[_mm256_setzero_si256(); 2]; 2]; TAPS / QUAD];
        let (quads, _) = panel.weights.as_chunks::<{ QUAD * WIDTH }>();
        for (weights, quad) in weights.iter_mut().zip(quads) {
            let [low, high] = words(quad);
            let [low, high] = [split(low), split(high)];
            *weights = [swap([low[0], high[0]]), swap([low[1], high[1]])];
        }
        Self { bias: swap(words(panel.bias)), weights }
    }

    /// The sums of a pixel.
    ///
    /// # Safety
    ///
    /// 16 inputs may be read from each tap on, counted from input `at`.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn sum(&self, inputs: &[i8], at: usize, pairs: &[Pair]) -> Sums {
        let [mut low, mut high] = self.bias;
        for &(taps, (quad, odd)) in pairs {
            // SAFETY: the caller's promise.
            let [a, b] =
                unsafe { [load_from(inputs, at + taps[0]), load_from(inputs, at + taps[1])] };
            let [a, b] = [_mm256_cvtepi8_epi16(a), _mm256_cvtepi8_epi16(b)];
            let [first, second] = self.weights[quad % (TAPS / QUAD)][odd % 2];
            low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), first));
            high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), second));
        }
        swap([low, high])
    }
}

/// Swaps the second and the third quarter of two vectors.
#[inline]
#[target_feature(enable = "avx2")]
fn swap([a, b]: [__m256i; 2]) -> [__m256i; 2] {
    [_mm256_permute2x128_si256::<0x20>(a, b), _mm256_permute2x128_si256::<0x31>(a, b)]
}

/// The multipliers of 8 channels.
///
/// In steps, for each lane: the sum is shifted left by one more than a positive
/// exponent (sums below [`SUM_LIMIT`](crate::nn::quant::SUM_LIMIT) have room for
/// that), so that the rounded high product is the upper half of a 64-bit product
/// plus 2^31. The half of the second rounding goes into that addition too. What is
/// then below that half came from a negative product, and loses one.
struct Multipliers {
    left: __m256i,
    /// Of the even lanes, and of the odd lanes brought to even ones.
    mantissas: [__m256i; 2],
    halves: [__m256i; 2],
    /// Results below it lose one.
    limit: __m256i,
    right: __m256i,
}

impl Multipliers {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(mantissas: __m256i, exponents: __m256i) -> Self {
        let zero = _mm256_setzero_si256();
        let one = _mm256_set1_epi32(1);
        let left = _mm256_add_epi32(_mm256_max_epi32(exponents, zero), one);
        let right = _mm256_sub_epi32(zero, _mm256_min_epi32(exponents, zero));
        let right = _mm256_min_epi32(right, _mm256_set1_epi32(31));
        // Nothing is left of a one that is shifted by -1.
        let half = _mm256_sllv_epi32(one, _mm256_sub_epi32(right, one));
        let none = _mm256_cmpeq_epi32(right, zero);
        let first = _mm256_set1_epi64x(1 << 31);
        let odd_half = _mm256_and_si256(half, _mm256_set1_epi64x(-1 << 32));
        Self {
            left,
            mantissas: [mantissas, _mm256_srli_epi64::<32>(mantissas)],
            halves: [
                _mm256_add_epi64(_mm256_slli_epi64::<32>(half), first),
                _mm256_add_epi64(odd_half, first),
            ],
            limit: _mm256_blendv_epi8(half, _mm256_set1_epi32(i32::MIN), none),
            right,
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn multiply(&self, sums: __m256i) -> __m256i {
        let even = _mm256_sllv_epi32(sums, self.left);
        let odd = _mm256_srli_epi64::<32>(even);
        let even = _mm256_add_epi64(_mm256_mul_epi32(even, self.mantissas[0]), self.halves[0]);
        let odd = _mm256_add_epi64(_mm256_mul_epi32(odd, self.mantissas[1]), self.halves[1]);
        let high = _mm256_blend_epi32::<0xAA>(_mm256_srli_epi64::<32>(even), odd);
        let high = _mm256_add_epi32(high, _mm256_cmpgt_epi32(self.limit, high));
        _mm256_srav_epi32(high, self.right)
    }
}

/// A panel's multipliers, and what follows them.
struct Requantiser {
    multipliers: [Multipliers; 2],
    zero_point: __m256i,
    min: __m256i,
    max: __m256i,
}

impl Requantiser {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(panel: &Panel<'_>, output: Output) -> Self {
        let [low, high] = words(panel.mantissas);
        let exponents = panel.exponents.first_chunk().map_or(_mm_setzero_si128(), |e| load16(e));
        let upper = _mm_bsrli_si128::<8>(exponents);
        Self {
            multipliers: [
                Multipliers::new(low, _mm256_cvtepi8_epi32(exponents)),
                Multipliers::new(high, _mm256_cvtepi8_epi32(upper)),
            ],
            zero_point: _mm256_set1_epi16(output.zero_point.into()),
            min: _mm256_set1_epi8(output.min),
            max: _mm256_set1_epi8(output.max),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn outputs(&self, sums: &[Sums; FOUR]) -> Outputs {
        let mut outputs = Outputs::default();
        let twos = outputs.as_chunks_mut::<2>().0.iter_mut().zip(sums.as_chunks::<2>().0);
        for (outputs, [a, b]) in twos {
            let bytes = _mm256_packs_epi16(self.words(a), self.words(b));
            let bytes = _mm256_min_epi8(_mm256_max_epi8(bytes, self.min), self.max);
            let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
            let bytes = _mm256_permutevar8x32_epi32(bytes, order);
            // SAFETY: `outputs` covers 32 bytes.
            unsafe { _mm256_storeu_si256(outputs.as_mut_ptr().cast(), bytes) };
        }
        outputs
    }

    /// The same of one row or pixel, as 16-bit numbers before they are cut off.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn words(&self, sums: &Sums) -> __m256i {
        let [low, high] = &self.multipliers;
        let words = _mm256_packs_epi32(low.multiply(sums[0]), high.multiply(sums[1]));
        _mm256_adds_epi16(words, self.zero_point)
    }
}
