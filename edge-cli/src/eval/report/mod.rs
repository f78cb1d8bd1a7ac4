//! What an evaluation finds, as data: the JSON is this, the table is made from it.

pub mod classes;
pub mod ratings;

use super::{bootstrap, duplicates, eyes, faces, sets};
use crate::args::Strictness;
use serde::Serialize;
use std::borrow::Cow;

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
    /// Column that labels come from, or columns.
    pub label_column: Cow<'static, str>,
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
    /// Labels are boxes.
    Faces(faces::Findings),
    /// Labels are states of eyes.
    Eyes(eyes::Findings),
    /// Labels are groups.
    Duplicates(duplicates::groups::Findings),
    /// There are no labels: files are compared with versions of themselves.
    Variants(duplicates::variants::Findings),
    /// Labels are kinds of sets.
    Sets(sets::Findings),
}

/// What a report says of the manifest and the run.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are those of the report")]
pub struct Head {
    pub task: &'static str,
    pub strictness: Strictness,
    pub files: usize,
    pub unlabelled: u64,
    pub label_column: Cow<'static, str>,
    pub group_column: Option<&'static str>,
    pub groups: usize,
}

/// One file that could not be judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NotJudged {
    /// As the manifest names it.
    pub file: String,
    /// Why.
    pub error: String,
}

impl NotJudged {
    /// A file of a manifest, and why, where that is known.
    #[must_use]
    pub fn new(file: &str, error: Option<&str>) -> Self {
        let error = error.unwrap_or("it could not be judged").to_owned();
        Self { file: file.to_owned(), error }
    }
}

impl Report {
    /// What was found in the files of a manifest.
    #[must_use]
    pub fn new(head: Head, findings: Findings, not_judged: Vec<NotJudged>) -> Self {
        let Head { task, strictness, files, unlabelled, label_column, group_column, groups } = head;
        Self {
            schema: SCHEMA,
            task,
            strictness: strictness.name(),
            files,
            unlabelled,
            label_column,
            group_column,
            groups,
            resamples: bootstrap::RESAMPLES,
            findings,
            not_judged,
        }
    }
}
