//! How good a picture is: by the networks that are shipped, or by somebody's own.
//!
//! In comes a picture or a scanned JPEG; out goes a number from 0 to 1, or nothing
//! where there is no whole picture, or a sentence where a network of somebody's own
//! failed. None of these touches the verdict.

mod float;
mod shipped;

pub use float::Scorer;
pub(super) use shipped::{Known, Rater, scale};

/// What became of one picture: its quality, 0..1, where it could be had, or why the
/// scorer gave none.
pub(super) type Rating = Result<Option<f32>, String>;
