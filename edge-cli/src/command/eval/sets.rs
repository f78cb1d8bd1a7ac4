//! `edgecull eval --task sets`.

use super::super::{Ending, Failure};
use super::{each, finish};
use crate::args::EvalArgs;
use crate::eval::manifest::{Manifest, Row};
use crate::eval::report::{Findings, Head, NotJudged, Report};
use crate::eval::sets::{self, Item, Label, when};
use crate::eval::task::Labels;
use crate::pipeline::{Judge, JudgeOptions, Judged};
use edgecull_core::burst::set;
use edgecull_core::burst::sketch::Sketch;
use edgecull_core::geometry::Orientation;

/// Frames of a set at most.
const WINDOW: usize = 64;

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
        ..JudgeOptions::default()
    };
    let judge = |judge: &mut Judge, row: &Row<Label>| {
        let mut sketch = Sketch::EMPTY;
        let judged = judge.inspect(&row.path, |frame, _| {
            sketch = Sketch::of(frame, Orientation::Upright);
        });
        // What the camera says is at hand only now.
        let orientation = judged.exif.as_ref().map_or_else(Default::default, |e| e.orientation);
        (judged, sketch.turned(orientation))
    };
    let broken = |sentence| (Judged::unread(sentence), Sketch::EMPTY);
    let Some(done) = each(args, options, &manifest.rows, judge, broken)? else {
        return Ok(Ending::Interrupted);
    };
    let taken: Vec<_> = done.iter().map(|(judged, _)| when::taken(judged.exif.as_ref())).collect();
    let mut found = vec![None; done.len()];
    let frames = done.iter().map(|(_, sketch)| sketch).zip(&taken);
    set::sets::<WINDOW>(frames, &mut found);
    let (mut items, mut not_judged) = (Vec::new(), Vec::new());
    for ((row, (judged, _)), found) in manifest.rows.iter().zip(&done).zip(found) {
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
