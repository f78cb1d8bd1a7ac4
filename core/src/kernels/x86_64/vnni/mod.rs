//! Networks with AVX-512: products of unsigned and signed bytes, four of which add
//! up in each 32-bit lane (`vpdpbusd`).
//!
//! The unsigned operands are the inputs plus 128, which flipping their top bit
//! adds; the panels' `offset_bias` takes it away again. A panel's 16 channels are
//! the lanes of a vector.

mod depthwise;
mod gemm;
mod requantise;

use super::super::net::{Depthwise, Gemm, WIDTH};
use core::arch::x86_64::{
    __m128i, __m512i, _mm_mask_storeu_epi8, _mm_storeu_si128, _mm512_castsi512_si128,
    _mm512_extracti32x4_epi32, _mm512_maskz_loadu_epi8, _mm512_set_epi32, _mm512_storeu_si512,
};

/// Rows times weights, for [`Isa`](crate::kernels::Isa) alone, whose token proves
/// that the processor has the instructions.
pub(in crate::kernels) fn gemm(job: &Gemm<'_>, out: &mut [i8]) {
    // SAFETY: the only caller holds a token that detection made.
    unsafe { gemm::run(job, out) }
}

/// Every channel by itself; the caller is the same.
pub(in crate::kernels) fn depthwise(job: &Depthwise<'_>, out: &mut [i8]) {
    // SAFETY: as above.
    unsafe { depthwise::run(job, out) }
}

/// The first 64 bytes, and zeros where there are fewer.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn load<Byte: Copy>(bytes: &[Byte]) -> __m512i {
    const { assert!(size_of::<Byte>() == 1) };
    let mask = match bytes.len() {
        0 => 0,
        count @ 1..64 => u64::MAX >> (64 - count),
        _ => u64::MAX,
    };
    // SAFETY: as many bytes as there are; what the mask leaves out is not accessed.
    unsafe { _mm512_maskz_loadu_epi8(mask, bytes.as_ptr().cast()) }
}

/// Writes the first bytes of `value`, as many as `out` takes, at most 16.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn store16(value: __m128i, out: &mut [i8]) {
    if let Some(out) = out.first_chunk_mut::<WIDTH>() {
        // SAFETY: `out` covers 16 bytes.
        unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), value) };
    } else {
        let mask = (1u16 << out.len()) - 1;
        // SAFETY: what the mask leaves out is not accessed.
        unsafe { _mm_mask_storeu_epi8(out.as_mut_ptr(), mask, value) };
    }
}

/// Writes all of `value`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn store64(value: __m512i, out: &mut [i8; 64]) {
    // SAFETY: `out` covers 64 bytes.
    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), value) };
}

/// For a permutation of 32-bit lanes: number `i` of each quarter of a vector comes
/// to quarter `i`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn transposed() -> __m512i {
    _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0)
}

/// The four quarters of a vector.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn quarters(value: __m512i) -> [__m128i; 4] {
    [
        _mm512_castsi512_si128(value),
        _mm512_extracti32x4_epi32::<1>(value),
        _mm512_extracti32x4_epi32::<2>(value),
        _mm512_extracti32x4_epi32::<3>(value),
    ]
}
