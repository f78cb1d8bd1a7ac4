//! The rig: from camera to host, and nothing is ever lost.
//!
//! ```text
//! source ──> intake ──> spool ──> deliver
//!            │    │     (places,
//!         judges  │      journal)
//!              company
//! ```
//!
//! A [`source`] has the bytes of a file first: a camera's FTP upload, gphoto2, a hot
//! folder, a pipe. It hands them to the [`intake`], which writes them down and has
//! them judged while they come. When the last byte is there, the file and its verdict
//! are made to last in the [`spool`], and only then does the source hear of it.
//! Delivery takes from the spool what the photographer wants to have.
//!
//! At every moment each frame lies whole in exactly one known place, and the rig may
//! be killed at any: it has no other way to stop than one that starts again.

pub mod intake;
pub mod name;
pub mod source;
pub mod stop;
