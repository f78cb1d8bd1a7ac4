//! Which frames belong together, and which of them is the best.
//!
//! In comes a [`Shot`] of each frame, in the order in which they were taken; out goes
//! the burst that it belongs to, as it is known so far. Sets, which are kept whole, are
//! found in [`Sketch`]es. Everything works on a stream, in memory of fixed size: a camera
//! groups while it shoots.
//!
//! | module | in | out |
//! | --- | --- | --- |
//! | [`fingerprint`] | a frame's small planes | some 60 bytes that tell whether two frames look alike |
//! | [`taken`] | what the camera noted | time and exposure, all of them optional |
//! | [`group`] | shots, one after another | the burst of each |
//! | [`sketch`] | a frame | at most 1 KiB of it, upright |
//! | [`set`] | sketches, one after another | brackets, panoramas, focus stacks |
//! | [`best`] | what was measured of a burst's frames | their order, the best first |

pub mod best;
pub mod fingerprint;
pub mod group;
pub mod set;
pub mod sketch;
pub mod taken;

pub use fingerprint::Fingerprint;
pub use group::{Groups, Membership};
pub use set::{InSet, SetKind, Sets};
pub use sketch::Sketch;
pub use taken::Taken;

/// What grouping knows of one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shot {
    /// What it looks like.
    pub fingerprint: Fingerprint,
    /// When and how it was taken.
    pub taken: Taken,
}
