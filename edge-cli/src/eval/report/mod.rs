//! What an evaluation finds, as data: the JSON is this, the table is made from it.

pub mod classes;
pub mod ratings;

use super::Sample;
use super::bootstrap;
use super::manifest::Manifest;
use crate::args::Strictness;
use serde::Serialize;

/// The name of the schema.
pub const SCHEMA: &str = "edgecull.eval.v1";

/// What holds for a task of any kind, and what was found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The task, by which a reader knows the kind of the findings.
    pub task: &'static str,
    /// How much the verdicts forgave.
    pub strictness: &'static str,
    /// Labelled files.
    pub files: usize,
    /// Rows without a label.
    pub unlabelled: u64,
    /// Column that labels come from.
    pub label_column: &'static str,
    /// Column that groups come from; without one each file stands alone.
    pub group_column: Option<&'static str>,
    /// Groups, which are resampled as wholes.
    pub groups: usize,
    /// Bootstrap resamples behind each interval of a ranking or correlation.
    pub resamples: usize,
    /// What was found: in the JSON its fields stand beside these.
    #[serde(flatten)]
    pub findings: Findings,
    /// Files that could not be judged. They count nowhere else.
    pub not_judged: Vec<NotJudged>,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Findings {
    /// Labels are classes.
    Classes(classes::Findings),
    /// Labels are ratings.
    Ratings(ratings::Findings),
}

/// One file that could not be judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NotJudged {
    /// As the manifest names it.
    pub file: String,
    /// Why.
    pub error: String,
}

impl Report {
    /// What was found in the files of a manifest.
    #[must_use]
    pub fn new<L>(
        task: &'static str,
        manifest: &Manifest<L>,
        strictness: Strictness,
        samples: &[Sample<L>],
        findings: Findings,
    ) -> Self {
        let not_judged = samples.iter().filter(|s| s.verdict.measures.is_none());
        let why =
            |s: &Sample<L>| s.error.clone().unwrap_or_else(|| "it could not be judged".into());
        Self {
            schema: SCHEMA,
            task,
            strictness: strictness.name(),
            files: samples.len(),
            unlabelled: manifest.unlabelled,
            label_column: manifest.label_column,
            group_column: manifest.group_column,
            groups: manifest.groups,
            resamples: bootstrap::RESAMPLES,
            findings,
            not_judged: not_judged
                .map(|s| NotJudged { file: s.file.clone(), error: why(s) })
                .collect(),
        }
    }
}
