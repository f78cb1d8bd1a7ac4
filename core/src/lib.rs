//! Judges photographs from the DCT coefficients of their JPEG stream.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod bands;
pub mod dct;
pub mod frame;
pub mod geometry;
pub mod jpeg;
pub mod judge;
pub mod kernels;
pub mod measure;
pub mod pixels;
pub mod plane;
pub mod verdict;
pub mod wire;
