//! `edgecull eval --task sets`.

use super::super::{Ending, Failure};
use super::{each, finish};
use crate::args::EvalArgs;
use crate::eval::manifest::{Manifest, Row};
use crate::eval::report::{Findings, Head, NotJudged, Report};
use crate::eval::sets::{self, Item, Label};
use crate::eval::task::Labels;
use crate::pipeline::{Judge, JudgeOptions, Judged};
use edgecull_core::burst::{Sketch, Taken, set};

/// Frames of a set at most.
const WINDOW: usize = 64;

/// Of a frame that could not be read.
const UNKNOWN: Taken =
    Taken { time_ms: None, exposure_s: None, f_number: None, iso: None, bias_ev: None };

/// Sketches all frames, finds the sets in them, and compares these with the labels.
pub(super) fn run(args: &EvalArgs) -> Result<Ending, Failure> {
    let labels = Labels {
        columns: vec!["kind", "sets", "label"],
        known: Label::WORDS.into(),
        parse: Label::parse,
    };
    let manifest = Manifest::read(&args.manifest, &labels)?;
    let options = JudgeOptions {
        strictness: args.strictness,
        faces: None,
        quality: false,
        traits: true,
        ..JudgeOptions::default()
    };
    let judge = |judge: &mut Judge, row: &Row<Label>| judge.file(&row.path);
    let broken = |sentence| Judged::unread(sentence);
    let Some(done) = each(args, options, &manifest.rows, judge, broken)? else {
        return Ok(Ending::Interrupted);
    };
    let mut found = vec![None; done.len()];
    let frames = done.iter().map(|judged| match judged.traits.as_deref() {
        Some(traits) => (&traits.sketch, &traits.shot.taken),
        None => (&Sketch::EMPTY, &UNKNOWN),
    });
    set::sets::<WINDOW>(frames, &mut found);
    let (mut items, mut not_judged) = (Vec::new(), Vec::new());
    for ((row, judged), found) in manifest.rows.iter().zip(&done).zip(found) {
        if judged.verdict.measures.is_none() {
            not_judged.push(NotJudged::new(&row.file, judged.error.as_deref()));
        }
        let (file, label, group) = (row.file.clone(), row.label, row.group);
        items.push(Item { file, label, group, found });
    }
    let head = Head {
        task: args.task.name(),
        strictness: args.strictness,
        files: items.len(),
        unlabelled: manifest.unlabelled,
        label_column: manifest.label_column.into(),
        group_column: manifest.group_column,
        groups: manifest.groups,
    };
    let failed = !not_judged.is_empty();
    let findings = Findings::Sets(sets::Findings::new(&items));
    finish(args.format, &Report::new(head, findings, not_judged), failed)
}
