//! The networks that edgecull ships, as bytes in the binary.
//!
//! Each is a document for `edgecull-core`'s engine
//! and stays where the linker puts it. The folder of each network holds its card: what it
//! was made from, how good it is, and what it must not be used for. The folder `train`
//! beside this crate rebuilds them.
//!
//! | feature | network | card |
//! | --- | --- | --- |
//! | `eyes` | [`EYES`] | `models/eyes/README.md` |
//! | `faces` | [`FACES`] | `models/faces/README.md` |
//!
//! What else is learned, the trees of the blur measure, is a table in `edgecull-core`.
#![no_std]

/// Tells open eyes from closed ones.
#[cfg(feature = "eyes")]
pub static EYES: &[u8] = include_bytes!("../eyes/eyes.ecm");

/// Finds faces.
#[cfg(feature = "faces")]
pub static FACES: &[u8] = include_bytes!("../faces/faces.ecm");
