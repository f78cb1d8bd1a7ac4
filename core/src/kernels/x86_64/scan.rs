//! The scan: SSE2, and AVX2 with BMI.

use crate::kernels::{CoefSums, Kernels};
use core::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_loadu_si128, _mm_madd_epi16, _mm_mullo_epi16, _mm_setzero_si128,
    _mm_storeu_si128, _mm_unpackhi_epi16, _mm_unpacklo_epi16,
};

/// 128-bit vectors.
#[derive(Clone, Copy)]
pub(crate) struct Sse2;

impl Kernels for Sse2 {
    #[inline(always)]
    fn add_energy(sums: &mut CoefSums, coefs: &mut [i16; 64], steps: &[i16; 64], groups: usize) {
        let (sums, _) = sums.as_chunks_mut::<8>();
        let (coefs, _) = coefs.as_chunks_mut::<8>();
        let (steps, _) = steps.as_chunks::<8>();
        for ((sum, c), q) in sums.iter_mut().zip(coefs).zip(steps).take(groups.min(4) * 2) {
            // SAFETY: `c` and `q` cover the 16 bytes and `sum` the 32 bytes that
            // are read or written, the accesses are unaligned ones, and SSE2
            // is part of the x86-64 baseline.
            unsafe {
                let at_c = core::ptr::from_mut(c).cast::<__m128i>();
                let at_sum = core::ptr::from_mut(sum).cast::<__m128i>();
                let q = _mm_loadu_si128(core::ptr::from_ref(q).cast());
                let value = _mm_mullo_epi16(_mm_loadu_si128(at_c), q);
                let zero = _mm_setzero_si128();
                // Beside a zero, a multiply-add is a square.
                let low = _mm_unpacklo_epi16(value, zero);
                let high = _mm_unpackhi_epi16(value, zero);
                let low = _mm_add_epi32(_mm_loadu_si128(at_sum), _mm_madd_epi16(low, low));
                let high =
                    _mm_add_epi32(_mm_loadu_si128(at_sum.add(1)), _mm_madd_epi16(high, high));
                _mm_storeu_si128(at_sum, low);
                _mm_storeu_si128(at_sum.add(1), high);
                _mm_storeu_si128(at_c, zero);
            }
        }
    }
}

#[cfg(feature = "std")]
pub(in crate::kernels) use avx2::run_avx2;

#[cfg(feature = "std")]
mod avx2 {
    use crate::kernels::{CoefSums, Kernels, Task};
    use core::arch::x86_64::{
        __m128i, __m256i, _mm_loadu_si128, _mm_mullo_epi16, _mm_setzero_si128, _mm_storeu_si128,
        _mm256_add_epi32, _mm256_cvtepu16_epi32, _mm256_loadu_si256, _mm256_madd_epi16,
        _mm256_storeu_si256,
    };

    /// 256-bit vectors.
    #[derive(Clone, Copy)]
    struct Avx2;

    impl Kernels for Avx2 {
        #[inline(always)]
        fn add_energy(
            sums: &mut CoefSums,
            coefs: &mut [i16; 64],
            steps: &[i16; 64],
            groups: usize,
        ) {
            let (sums, _) = sums.as_chunks_mut::<8>();
            let (coefs, _) = coefs.as_chunks_mut::<8>();
            let (steps, _) = steps.as_chunks::<8>();
            for ((sum, c), q) in sums.iter_mut().zip(coefs).zip(steps).take(groups.min(4) * 2) {
                // SAFETY: `c` and `q` cover the 16 bytes and `sum` the 32 bytes
                // that are read or written, the accesses are unaligned ones,
                // and this type is private to a module that reaches it only
                // through `run_avx2`, which an `Isa` made by detection guards.
                unsafe {
                    let at_c = core::ptr::from_mut(c).cast::<__m128i>();
                    let at_sum = core::ptr::from_mut(sum).cast::<__m256i>();
                    let q = _mm_loadu_si128(core::ptr::from_ref(q).cast());
                    let value = _mm_mullo_epi16(_mm_loadu_si128(at_c), q);
                    // Beside a zero, a multiply-add is a square.
                    let wide = _mm256_cvtepu16_epi32(value);
                    let square = _mm256_madd_epi16(wide, wide);
                    let total = _mm256_add_epi32(_mm256_loadu_si256(at_sum), square);
                    _mm256_storeu_si256(at_sum, total);
                    _mm_storeu_si128(at_c, _mm_setzero_si128());
                }
            }
        }
    }

    /// Runs `task` with AVX2; for [`Isa`](crate::kernels::Isa) alone, whose
    /// token proves that the processor has it.
    pub(in crate::kernels) fn run_avx2<T: Task>(task: T) -> T::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
        fn inner<T: Task>(task: T) -> T::Output {
            task.run::<Avx2>()
        }
        // SAFETY: the only caller holds a token that detection made.
        unsafe { inner(task) }
    }
}
