//! x86-64: SSE2, which every such processor has, and what detection finds beyond.
//!
//! | level | networks | since |
//! | --- | --- | --- |
//! | [`sse41`] | `pmaddwd`, 128 bits | Core 2 of 2008, every Atom of today |
//! | [`avx2`] | `vpmaddwd`, 256 bits | Haswell, Zen |
//! | [`vnni`] | `vpdpbusd`, 512 bits | Cascade Lake, Zen 4 |

#![allow(unsafe_code)]

#[cfg(feature = "std")]
pub(super) mod avx2;
#[cfg(feature = "std")]
mod pairs;
mod scan;
#[cfg(feature = "std")]
pub(super) mod sse41;
#[cfg(feature = "std")]
pub(super) mod vnni;

pub(super) use scan::Sse2;
#[cfg(feature = "std")]
pub(super) use scan::run_avx2;
