//! How well verdicts match labels.
//!
//! In come a [`manifest`] (files with a label each) and what the
//! [pipeline](crate::pipeline) says of these files; out goes a [`report`]. A
//! [`task`] says which labels there are, and which numbers have to tell them
//! apart or to rise with them.
//!
//! ```text
//! manifest ──> Row ──┐            ┌> ranking (AUC, recall, order) ┐
//!                    ├─> Sample ──┤                               ├─> report ──> table, JSON
//! pipeline ─> Judged ┘            └> correlation                  ┘
//!                                    + bootstrap, proportion (intervals)
//! ```

pub mod bootstrap;
pub mod budget;
pub mod correlation;
pub mod duplicates;
pub mod eyes;
pub mod faces;
pub mod features;
pub mod list;
pub mod manifest;
pub mod proportion;
pub mod ranking;
pub mod report;
pub mod sets;
pub mod table;
pub mod task;

use crate::pipeline::Judged;
use edgecull_core::verdict::Verdict;

/// One labelled file after it was judged.
#[derive(Clone, Debug)]
pub struct Sample<L> {
    /// The file as the manifest names it.
    pub file: String,
    /// Its label.
    pub label: L,
    /// Files that belong together (a scene, a pair) have the same number.
    pub group: usize,
    /// What was decided, and what was measured.
    pub verdict: Verdict,
    /// Why it could not be judged, or not in full.
    pub error: Option<String>,
}

impl<L: Copy> Sample<L> {
    /// What became of the file of a row.
    #[must_use]
    pub fn new(row: &manifest::Row<L>, judged: &Judged) -> Self {
        Self {
            file: row.file.clone(),
            label: row.label,
            group: row.group,
            verdict: judged.verdict.clone(),
            error: judged.error.clone(),
        }
    }
}
