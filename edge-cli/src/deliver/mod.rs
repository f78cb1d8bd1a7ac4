//! Putting files where they belong, so that at every moment, also one at which
//! the power goes, each is whole in a known place.

pub mod durable;
pub mod handoff;
mod journal;
pub mod names;
