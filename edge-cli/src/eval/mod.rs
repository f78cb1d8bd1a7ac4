//! How well verdicts match labels.
//!
//! In come a [`manifest`] (files with a label each) and what the
//! [pipeline](crate::pipeline) says of these files; out goes a [`report`]. A
//! [`task`] says which labels there are and which measure has to tell them apart.
//!
//! ```text
//! manifest ──> Row ──┐
//!                    ├─> Sample ──> ranking (AUC, recall, order) ──> report ──> table, JSON
//! pipeline ─> Judged ┘              + bootstrap, proportion (intervals)
//! ```

pub mod bootstrap;
pub mod budget;
pub mod features;
pub mod manifest;
pub mod proportion;
pub mod ranking;
pub mod report;
pub mod table;
pub mod task;

use crate::pipeline::Judged;
use edgecull_core::verdict::{Decision, Measures};

/// One labelled file after it was judged.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The file as the manifest names it.
    pub file: String,
    /// Its label, as an index into [`task::Task::classes`].
    pub class: usize,
    /// Files that belong together (a scene, a pair) have the same number.
    pub group: usize,
    /// What was decided.
    pub decision: Decision,
    /// Whether one of the task's reasons was given.
    pub named: bool,
    /// What was measured; `None` where the file could not be judged.
    pub measures: Option<Measures>,
    /// Why it could not be judged, or not in full.
    pub error: Option<String>,
}

impl Sample {
    /// What became of the file of a row.
    #[must_use]
    pub fn new(task: &task::Task, row: &manifest::Row, judged: &Judged) -> Self {
        Self {
            file: row.file.clone(),
            class: row.class,
            group: row.group,
            decision: judged.verdict.decision,
            named: task.reasons.iter().any(|&code| judged.verdict.has(code)),
            measures: judged.verdict.measures,
            error: judged.error.clone(),
        }
    }
}
