//! Judges photographs from the DCT coefficients of their JPEG stream.
#![no_std]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod frame;
pub mod geometry;
pub mod plane;
pub mod verdict;
