//! `edgecull eval --task faces`.

use super::super::{Ending, Failure};
use super::{each, finish};
use crate::args::EvalArgs;
use crate::eval::faces::labels::{BOX, Photo, Photos};
use crate::eval::faces::{self, Found};
use crate::eval::report::{Findings, Head, NotJudged, Report};
use crate::pipeline::{FaceSearch, Judge, JudgeOptions, Judged};
use edgecull_core::geometry::Rect;

/// What is surer than this is a find, for the figures over all thresholds.
const FLOOR: f32 = 0.05;

/// The least height of a face that counts.
const MIN_HEIGHT: f64 = 20.0;

/// Looks for faces in all photographs, and compares them with the labels.
pub(super) fn run(args: &EvalArgs) -> Result<Ending, Failure> {
    let photos = Photos::read(&args.manifest)?;
    let search = FaceSearch { small: args.small_faces, threshold: FLOOR };
    let options = JudgeOptions {
        strictness: args.strictness,
        faces: Some(search),
        quality: false,
        ..JudgeOptions::default()
    };
    let judge = |judge: &mut Judge, photo: &Photo| judge.file(&photo.path);
    let Some(done) = each(args, options, &photos.photos, judge, Judged::unread)? else {
        return Ok(Ending::Interrupted);
    };
    let (mut found, mut not_judged) = (Vec::new(), Vec::new());
    for (photo, judged) in photos.photos.iter().zip(done) {
        if judged.verdict.measures.is_some() {
            found.push((photo, finds(&judged)));
        } else {
            not_judged.push(NotJudged::new(&photo.file, judged.error.as_deref()));
        }
    }
    let min_height = args.min_height.unwrap_or(MIN_HEIGHT);
    let threshold = FaceSearch::default().threshold.into();
    let head = Head {
        task: args.task.name(),
        strictness: args.strictness,
        files: photos.photos.len(),
        unlabelled: 0,
        label_column: BOX.join(", ").into(),
        group_column: photos.group_column,
        groups: photos.groups,
    };
    let findings = Findings::Faces(faces::Findings::new(&found, min_height, threshold));
    let failed = !not_judged.is_empty();
    finish(args.format, &Report::new(head, findings, not_judged), failed)
}

/// The faces of a frame, the surest first.
fn finds(judged: &Judged) -> Found {
    let mut faces: Vec<_> =
        judged.faces.iter().map(|f| (corners(f.region), f.confidence)).collect();
    faces.sort_by(|a, b| b.1.total_cmp(&a.1));
    Found { faces: faces.into_iter().map(|(corners, sure)| (corners, sure.into())).collect() }
}

/// A box's left, top, right and bottom.
pub(super) fn corners(Rect { x, y, w, h }: Rect) -> faces::Corners {
    [x, y, x + w, y + h].map(f64::from)
}
