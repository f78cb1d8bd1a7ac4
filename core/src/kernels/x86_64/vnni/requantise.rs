//! Sums to outputs, 16 channels at a time.

use super::{load, transposed};
use crate::kernels::net::{Output, Panel};
use core::arch::x86_64::{
    __m128i, __m512i, _mm512_add_epi64, _mm512_adds_epi16, _mm512_and_si512,
    _mm512_castsi512_si128, _mm512_cmpeq_epi32_mask, _mm512_cmplt_epi32_mask, _mm512_cvtepi8_epi32,
    _mm512_mask_mov_epi32, _mm512_mask_sub_epi32, _mm512_max_epi8, _mm512_max_epi32,
    _mm512_min_epi8, _mm512_min_epi32, _mm512_mul_epi32, _mm512_packs_epi16, _mm512_packs_epi32,
    _mm512_permutexvar_epi32, _mm512_set1_epi8, _mm512_set1_epi16, _mm512_set1_epi32,
    _mm512_set1_epi64, _mm512_setr_epi32, _mm512_setzero_si512, _mm512_slli_epi64,
    _mm512_sllv_epi32, _mm512_srav_epi32, _mm512_srli_epi64, _mm512_sub_epi32,
};

/// Which channel of a panel a lane works for.
#[derive(Clone, Copy)]
pub(super) struct Lanes(__m512i);

impl Lanes {
    /// Lane `i` works for channel `i` modulo `channels`, a power of two.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(super) fn repeating(channels: usize) -> Self {
        let last = i32::try_from(channels - 1).unwrap_or(i32::MAX);
        let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        Self(_mm512_and_si512(lanes, _mm512_set1_epi32(last)))
    }

    /// Words of a panel's channels, at each lane that of its own.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(super) fn words(self, bytes: &[u8]) -> __m512i {
        _mm512_permutexvar_epi32(self.0, load(bytes))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn bytes(self, bytes: &[u8]) -> __m512i {
        let low: __m128i = _mm512_castsi512_si128(load(bytes));
        _mm512_permutexvar_epi32(self.0, _mm512_cvtepi8_epi32(low))
    }
}

/// A panel's multipliers, and what follows them.
///
/// In steps, for each lane: the sum is shifted left by one more than a positive
/// exponent (sums below [`SUM_LIMIT`](crate::nn::quant::SUM_LIMIT) have room for
/// that), so that the rounded high product is the upper half of a 64-bit product
/// plus 2^31. The half of the second rounding goes into that addition too. What is
/// then below that half came from a negative product, and loses one.
pub(super) struct Requantiser {
    left: __m512i,
    /// Of the even lanes, and of the odd lanes brought to even ones.
    mantissas: [__m512i; 2],
    halves: [__m512i; 2],
    /// Results below it lose one.
    limit: __m512i,
    right: __m512i,
    zero_point: __m512i,
    min: __m512i,
    max: __m512i,
}

impl Requantiser {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(super) fn new(panel: &Panel<'_>, lanes: Lanes, output: Output) -> Self {
        let zero = _mm512_setzero_si512();
        let one = _mm512_set1_epi32(1);
        let exponents = lanes.bytes(panel.exponents);
        let left = _mm512_sub_epi32(_mm512_max_epi32(exponents, zero), _mm512_set1_epi32(-1));
        let right = _mm512_sub_epi32(zero, _mm512_min_epi32(exponents, zero));
        let right = _mm512_min_epi32(right, _mm512_set1_epi32(31));
        // Nothing is left of a one that is shifted by -1.
        let half = _mm512_sllv_epi32(one, _mm512_sub_epi32(right, one));
        let none = _mm512_cmpeq_epi32_mask(right, zero);
        let first = _mm512_set1_epi64(1 << 31);
        let odd_half = _mm512_and_si512(half, _mm512_set1_epi64(-1 << 32));
        let mantissas = lanes.words(panel.mantissas);
        Self {
            left,
            mantissas: [mantissas, _mm512_srli_epi64::<32>(mantissas)],
            halves: [
                _mm512_add_epi64(_mm512_slli_epi64::<32>(half), first),
                _mm512_add_epi64(odd_half, first),
            ],
            limit: _mm512_mask_mov_epi32(half, none, _mm512_set1_epi32(i32::MIN)),
            right,
            zero_point: _mm512_set1_epi16(output.zero_point.into()),
            min: _mm512_set1_epi8(output.min),
            max: _mm512_set1_epi8(output.max),
        }
    }

    /// The sums times the multipliers.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(super) fn multiply(&self, sums: __m512i) -> __m512i {
        let even = _mm512_sllv_epi32(sums, self.left);
        let odd = _mm512_srli_epi64::<32>(even);
        let even = _mm512_add_epi64(_mm512_mul_epi32(even, self.mantissas[0]), self.halves[0]);
        let odd = _mm512_add_epi64(_mm512_mul_epi32(odd, self.mantissas[1]), self.halves[1]);
        let high = _mm512_mask_mov_epi32(_mm512_srli_epi64::<32>(even), 0xAAAA, odd);
        let below = _mm512_cmplt_epi32_mask(high, self.limit);
        let high = _mm512_mask_sub_epi32(high, below, high, _mm512_set1_epi32(1));
        _mm512_srav_epi32(high, self.right)
    }

    /// The outputs for four vectors of products, in the four quarters of one.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(super) fn outputs(&self, [a, b, c, d]: [__m512i; 4]) -> __m512i {
        let ab = _mm512_adds_epi16(_mm512_packs_epi32(a, b), self.zero_point);
        let cd = _mm512_adds_epi16(_mm512_packs_epi32(c, d), self.zero_point);
        let bytes = _mm512_packs_epi16(ab, cd);
        let bytes = _mm512_min_epi8(_mm512_max_epi8(bytes, self.min), self.max);
        _mm512_permutexvar_epi32(transposed(), bytes)
    }
}
