//! The networks that edgecull ships, as bytes in the binary.
//!
//! Each is a document that core loads where it lies, behind a feature of its name; without
//! the feature it takes no flash. The folder of a network beside this crate's
//! `src` holds its card: what it was learned from, what it reaches, what it must not be
//! used for. The folder `train` rebuilds them.
//!
//! | feature | default | network | for |
//! | --- | --- | --- | --- |
//! | `eyes` | yes | [`EYES`] | `edgecull_core::eye` |
//! | `faces` | yes | [`FACES`] | `edgecull_core::face` |
//! | `quality` | yes | [`QUALITY`] | `edgecull_core::quality` |
//!
//! The trees of the blur measure are a table in `edgecull-core`.
#![no_std]

/// Tells open eyes from closed ones, and when that cannot be told.
#[cfg(feature = "eyes")]
pub static EYES: &[u8] = include_bytes!("../eyes/eyes.ecm");

/// Finds faces and five points of each.
#[cfg(feature = "faces")]
pub static FACES: &[u8] = include_bytes!("../faces/faces.ecm");

/// Tells how good people find a picture: two networks and the numbers between them, for
/// `edgecull_core::quality::Scorer::load`.
#[cfg(feature = "quality")]
pub static QUALITY: &[u8] = include_bytes!("../quality/quality.ecm");
