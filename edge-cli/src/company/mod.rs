//! The company that frames keep: bursts and sets.
//!
//! In come judged frames in the order in which they were taken; out they go, each with its
//! place among the others and with what that changes about its verdict.
//!
//! | module | frames | decided |
//! | --- | --- | --- |
//! | [`folder`] | those of a folder | when all are there |
//! | [`stream`] | as a camera takes them | at once, or when their burst has ended |
//!
//! Frames of a set are in no burst, so that nothing of it is thinned out.

pub mod folder;
#[cfg(test)]
mod samples;
pub mod stream;

pub use folder::Folder;
pub use stream::{Decided, Stream};

use crate::pipeline::{InBurst, InSet, Judged};
use edgecull_core::burst;
use edgecull_core::burst::group::GAP_MS;
use edgecull_core::judge::{Strictness, together};
use std::num::NonZeroU32;
use std::sync::Arc;

/// Frames of a set at most; a longer one is told in parts.
const LONGEST_SET: usize = 64;

/// How frames are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// Frames of a burst that are no near-duplicates: the best ones.
    pub keep: NonZeroU32,
    /// Frames of a burst are at most so many milliseconds apart, each from the next.
    pub gap_ms: u32,
}

impl Default for Grouping {
    fn default() -> Self {
        Self { keep: NonZeroU32::MIN, gap_ms: GAP_MS }
    }
}

/// Numbers given so far in a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbers {
    bursts: u32,
    sets: u32,
}

/// Notes a frame's burst, and what its place there changes.
fn joins_burst(judged: &mut Judged, burst: InBurst, keep: NonZeroU32, strictness: Strictness) {
    together::in_burst(&mut judged.verdict, burst.rank, keep.get(), strictness);
    judged.company.burst = Some(burst);
}

/// Notes a frame's set, and what that changes.
fn joins_set(judged: &mut Judged, set: burst::InSet, id: u32, name: &Arc<str>) {
    let burst::InSet { kind, index, size, .. } = set;
    together::in_set(&mut judged.verdict, kind);
    let (index, size, name) = (index.into(), size.into(), Arc::clone(name));
    judged.company.set = Some(InSet { kind, id, index, size, name });
}
