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

pub mod backoff;
pub mod control;
pub mod deliver;
pub mod desk;
pub mod dispatch;
pub mod intake;
pub mod judges;
pub mod log;
pub mod name;
mod notify;
pub mod room;
pub mod service;
pub mod source;
pub mod spool;
pub mod stop;

/// This machine's clock, in milliseconds since 1970. It may jump: nothing waits by it.
fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
