//! The few inner loops that are worth writing once per processor, and the one
//! place that chooses between them.
//!
//! In comes a task; out goes its result, computed by code that was compiled
//! for the best instruction set that an [`Isa`] token vouches for. Every kernel
//! gives the same bits as the scalar one: the tests force each one.
//!
//! This is the only module of the crate that may contain `unsafe`.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(edgecull_dsp)]
mod arm;
// Where the target has kernels of its own, parts are for the tests alone.
#[cfg_attr(any(target_arch = "aarch64", edgecull_dsp), allow(dead_code))]
pub(crate) mod net;
#[cfg_attr(any(target_arch = "aarch64", edgecull_dsp), allow(dead_code))]
mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(any(test, not(any(target_arch = "aarch64", target_arch = "x86_64"))))]
use scalar::Scalar;

use net::{Depthwise, Gemm};

/// Sums over each coefficient, in zigzag order.
pub type CoefSums = [u32; 64];

/// Inner loops of one instruction set.
pub trait Kernels: Copy {
    /// Adds the energy of one block to that of others.
    ///
    /// `coefs` holds quantised coefficients in zigzag order; `steps` the
    /// quantisation steps. Sum `k` grows by `(c[k] * q[k])^2`, the product
    /// taken modulo 2^16 and the sum modulo 2^32, which no valid 8-bit picture
    /// comes near. The first `groups * 16` coefficients are read and set to
    /// zero.
    fn add_energy(sums: &mut CoefSums, coefs: &mut [i16; 64], steps: &[i16; 64], groups: usize);
}

/// A piece of work that is compiled once for each instruction set.
pub(crate) trait Task {
    /// What the work yields.
    type Output;

    /// Does the work. Implementations are `#[inline(always)]`, so that the
    /// caller's instruction set reaches all of it.
    fn run<K: Kernels>(self) -> Self::Output;
}

/// Proof that the processor has the instructions of one kernel set.
///
/// Only detection makes one that is better than [`Isa::baseline`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Level);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Baseline,
    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    Sse41,
    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    Avx2,
    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    Vnni,
    #[cfg(target_arch = "aarch64")]
    Dotprod,
}

/// Every level of the target, each better than those before it.
const LEVELS: &[Level] = &[
    Level::Baseline,
    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    Level::Sse41,
    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    Level::Avx2,
    #[cfg(all(target_arch = "x86_64", feature = "std"))]
    Level::Vnni,
    #[cfg(target_arch = "aarch64")]
    Level::Dotprod,
];

impl Level {
    /// Whether this processor has it.
    fn is_there(self) -> bool {
        match self {
            Self::Baseline => true,
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Self::Sse41 => std::is_x86_feature_detected!("sse4.1"),
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Self::Avx2 => {
                Self::Sse41.is_there()
                    && std::is_x86_feature_detected!("avx2")
                    && std::is_x86_feature_detected!("bmi1")
                    && std::is_x86_feature_detected!("bmi2")
                    && std::is_x86_feature_detected!("lzcnt")
            }
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Self::Vnni => {
                Self::Avx2.is_there()
                    && std::is_x86_feature_detected!("avx512f")
                    && std::is_x86_feature_detected!("avx512bw")
                    && std::is_x86_feature_detected!("avx512vl")
                    && std::is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(all(target_arch = "aarch64", feature = "std"))]
            Self::Dotprod => std::arch::is_aarch64_feature_detected!("dotprod"),
            #[cfg(all(target_arch = "aarch64", not(feature = "std")))]
            Self::Dotprod => cfg!(target_feature = "dotprod"),
        }
    }
}

impl Isa {
    /// What every processor of the target has.
    #[must_use]
    pub const fn baseline() -> Self {
        #[cfg(target_arch = "aarch64")]
        if cfg!(target_feature = "dotprod") {
            return Self(Level::Dotprod);
        }
        Self(Level::Baseline)
    }

    /// The best that this processor has; without the feature `std`, the baseline.
    #[must_use]
    pub fn detect() -> Self {
        Self::available().last().unwrap_or(Self::baseline())
    }

    /// Each that this processor has, from the [baseline](Self::baseline) to the
    /// [best](Self::detect): for tests and benches that compare them.
    pub fn available() -> impl Iterator<Item = Self> {
        LEVELS.iter().copied().filter(|level| level.is_there()).map(Self)
    }

    /// A short name for tables: `vnni`, `avx2`, `sse4.1`, `sse2`, `neon-dotprod`,
    /// `neon`, `dsp` or `scalar`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Level::Sse41 => "sse4.1",
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Level::Avx2 => "avx2",
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Level::Vnni => "vnni",
            #[cfg(target_arch = "aarch64")]
            Level::Dotprod => "neon-dotprod",
            Level::Baseline if cfg!(target_arch = "x86_64") => "sse2",
            Level::Baseline if cfg!(target_arch = "aarch64") => "neon",
            Level::Baseline if cfg!(edgecull_dsp) => "dsp",
            Level::Baseline => "scalar",
        }
    }

    /// Runs `task` with this instruction set, or with one that it includes: levels
    /// that have nothing more for the scan share its code.
    #[inline]
    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        match self.0 {
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Level::Avx2 | Level::Vnni => x86_64::run_avx2(task),
            #[cfg(all(target_arch = "x86_64", feature = "std"))]
            Level::Sse41 => task.run::<x86_64::Sse2>(),
            #[cfg(target_arch = "x86_64")]
            Level::Baseline => task.run::<x86_64::Sse2>(),
            #[cfg(target_arch = "aarch64")]
            Level::Baseline | Level::Dotprod => task.run::<aarch64::Neon>(),
            #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
            Level::Baseline => task.run::<Scalar>(),
        }
    }

    /// Does the job. What lies in `out` behind the job's outputs is left alone; if
    /// they do not fit, nothing is written.
    // Large, as each width of panel has its loops: once is enough.
    #[inline(never)]
    pub(crate) fn gemm(self, job: &Gemm<'_>, out: &mut [i8]) {
        if let Some(out) = job.outputs().and_then(|count| out.get_mut(..count)) {
            match self.0 {
                #[cfg(all(target_arch = "x86_64", feature = "std"))]
                Level::Sse41 => x86_64::sse41::gemm(job, out),
                #[cfg(all(target_arch = "x86_64", feature = "std"))]
                Level::Avx2 => x86_64::avx2::gemm(job, out),
                #[cfg(all(target_arch = "x86_64", feature = "std"))]
                Level::Vnni => x86_64::vnni::gemm(job, out),
                #[cfg(target_arch = "aarch64")]
                Level::Baseline => aarch64::neon::gemm(job, out),
                #[cfg(target_arch = "aarch64")]
                Level::Dotprod => aarch64::dotprod::gemm(job, out),
                #[cfg(edgecull_dsp)]
                Level::Baseline => arm::gemm(job, out),
                #[cfg(not(any(target_arch = "aarch64", edgecull_dsp)))]
                Level::Baseline => scalar::gemm(job, out),
            }
        }
    }

    /// Does the job, with the same manners.
    #[inline(never)]
    pub(crate) fn depthwise(self, job: &Depthwise<'_>, out: &mut [i8]) {
        if let Some(out) = job.outputs().and_then(|count| out.get_mut(..count)) {
            match self.0 {
                #[cfg(all(target_arch = "x86_64", feature = "std"))]
                Level::Sse41 => x86_64::sse41::depthwise(job, out),
                #[cfg(all(target_arch = "x86_64", feature = "std"))]
                Level::Avx2 => x86_64::avx2::depthwise(job, out),
                #[cfg(all(target_arch = "x86_64", feature = "std"))]
                Level::Vnni => x86_64::vnni::depthwise(job, out),
                #[cfg(target_arch = "aarch64")]
                Level::Baseline | Level::Dotprod => aarch64::depthwise(job, out),
                #[cfg(edgecull_dsp)]
                Level::Baseline => arm::depthwise(job, out),
                #[cfg(not(any(target_arch = "aarch64", edgecull_dsp)))]
                Level::Baseline => scalar::depthwise(job, out),
            }
        }
    }
}

#[cfg(test)]
mod tests;

#[cfg(all(test, any(target_arch = "aarch64", target_arch = "arm")))]
mod tests_arm;
