//! Matrix products: the way through rows and panels, around a tile's inner loop.

use super::super::net::{Gemm, Panel};
use super::requantize::{Requantizer, store, words};
use core::arch::aarch64::int32x4_t;

/// The inner loop of a matrix product.
pub(super) trait Tile {
    /// Sums of products for `R` rows and `4 V` channels, on top of `bias`.
    ///
    /// # Safety
    ///
    /// The processor has the instructions of the implementation. `R` times `4
    /// quads` bytes, `stride` bytes apart, are readable from `inputs` on, and `16 V
    /// quads` bytes from `weights` on.
    unsafe fn sums<const R: usize, const V: usize>(
        inputs: *const i8,
        stride: usize,
        weights: *const i8,
        quads: usize,
        bias: &[int32x4_t; V],
    ) -> [[int32x4_t; V]; R];
}

/// Rows times weights.
///
/// # Safety
///
/// The processor has the instructions of `T`, and `out` has just the job's outputs.
#[inline(always)]
pub(super) unsafe fn gemm<T: Tile>(job: &Gemm<'_>, out: &mut [i8]) {
    let mut column = 0;
    for (panel, used) in job.panels().iter() {
        // Accumulators for as many rows as leave registers for the inputs.
        // SAFETY: as the caller promises; panels have 4, 8, 12 or 16 channels, and
        // together as many in use as a row has outputs.
        unsafe {
            let out = out.as_mut_ptr().add(column);
            match panel.width {
                16 => rows::<T, 4>(job, &panel, used, out),
                12 => rows::<T, 3>(job, &panel, used, out),
                8 => rows::<T, 2>(job, &panel, used, out),
                _ => rows::<T, 1>(job, &panel, used, out),
            }
        }
        column += used;
    }
}

/// All rows times one panel of `4 V` channels.
///
/// # Safety
///
/// The processor has the instructions of `T`; the panel is one of the job's, and has
/// `4 V` channels; `out` is where the first row's
/// outputs for the panel go, and has room for all of the job's.
#[inline(always)]
unsafe fn rows<T: Tile, const V: usize>(
    job: &Gemm<'_>,
    panel: &Panel<'_>,
    used: usize,
    out: *mut i8,
) {
    // SAFETY: the panel has `4 V` channels.
    let (requantizer, bias) =
        unsafe { (Requantizer::<V>::new(panel, job.output()), words::<V>(panel.bias)) };
    let (stride, channels) = (job.stride(), job.panels().channels());
    let weights = panel.weights.as_ptr().cast::<i8>();
    let mut inputs = job.inputs().as_ptr();
    let mut out = out;
    let mut left = job.rows();
    macro_rules! tiles {
        ($rows:literal) => {
            while left >= $rows {
                // SAFETY: the job's inputs hold all of its rows, and `out` all of
                // their outputs; `left` rows are to come.
                unsafe {
                    let sums =
                        T::sums::<$rows, V>(inputs, stride, weights, job.panels().quads(), &bias);
                    for (row, sums) in sums.iter().enumerate() {
                        store(out.add(row * channels), used, requantizer.apply(sums));
                    }
                }
                left -= $rows;
                // Behind the last row these may point nowhere; they are not used.
                inputs = inputs.wrapping_add($rows * stride);
                out = out.wrapping_add($rows * channels);
            }
        };
    }
    tiles!(4);
    tiles!(1);
}
