//! `edgecull eval --task eyes`.

use super::super::{Ending, Failure};
use super::faces::corners;
use super::{each, finish, unusable};
use crate::args::EvalArgs;
use crate::config::search;
use crate::eval::eyes::labels::{Person, Portrait, Portraits};
use crate::eval::eyes::{self, Answer, Centres, Item, crops};
use crate::eval::faces::matching::{OVERLAP, overlap};
use crate::eval::proportion::Proportion;
use crate::eval::report::{Findings, Head, NotJudged, Report};
use crate::pipeline::{Judge, JudgeOptions, Judged};
use edgecull_core::eye::{Eye, EyeState};
use edgecull_core::face::Face;

/// Judges portraits, or crops of eyes, and compares with the labels.
pub(super) fn run(args: &EvalArgs) -> Result<Ending, Failure> {
    if args.manifest.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npz")) {
        return from_crops(args);
    }
    if args.crop_side.is_some() {
        return Err(unusable(args, "--crop-side is for crops of eyes in a .npz file".into()));
    }
    let portraits = Portraits::read(&args.manifest)?;
    let faces = search(false, args.small_faces);
    let options = JudgeOptions {
        strictness: args.strictness,
        faces,
        quality: false,
        ..JudgeOptions::default()
    };
    let judge = |judge: &mut Judge, portrait: &Portrait| judge.file(&portrait.path);
    let Some(done) = each(args, options, &portraits.portraits, judge, Judged::unread)? else {
        return Ok(Ending::Interrupted);
    };
    let mut seen = Seen::default();
    let mut not_judged = Vec::new();
    for (portrait, judged) in portraits.portraits.iter().zip(&done) {
        if judged.verdict.measures.is_some() {
            seen.add(portrait, &judged.faces);
        } else {
            not_judged.push(NotJudged::new(&portrait.file, judged.error.as_deref()));
        }
    }
    let head = Head {
        task: args.task.name(),
        strictness: args.strictness,
        files: portraits.portraits.len(),
        unlabelled: portraits.unlabelled,
        label_column: portraits.label_columns.into(),
        group_column: portraits.group_column,
        groups: portraits.groups,
    };
    let failed = !not_judged.is_empty();
    finish(args.format, &Report::new(head, Findings::Eyes(seen.findings()), not_judged), failed)
}

fn from_crops(args: &EvalArgs) -> Result<Ending, Failure> {
    let side = args.crop_side.unwrap_or(edgecull_core::eye::SHARE);
    let crops = crops::Crops::read(&args.manifest, side)
        .map_err(|error| unusable(args, error.to_string()))?;
    let items = crops.judge();
    let answers = vec![Answer::new("eyes", &items)];
    let findings = Findings::Eyes(eyes::Findings { faces_found: None, centres: None, answers });
    let head = Head {
        task: args.task.name(),
        strictness: args.strictness,
        files: 1,
        unlabelled: 0,
        label_column: crops::LABEL.into(),
        group_column: crops.grouped().then_some(crops::GROUP),
        groups: crops.groups(),
    };
    finish(args.format, &Report::new(head, findings, Vec::new()), false)
}

/// What became of labelled faces.
#[derive(Default)]
struct Seen {
    found: u64,
    total: u64,
    eyes: Vec<Item>,
    faces: Vec<Item>,
    /// How far centres are off, in distances between the eyes.
    off: Vec<f64>,
}

impl Seen {
    fn add(&mut self, portrait: &Portrait, faces: &[Face]) {
        for (index, (person, face)) in
            portrait.people.iter().zip(matched(&portrait.people, faces)).enumerate()
        {
            self.total += 1;
            self.found += u64::from(face.is_some());
            let name = match portrait.people.len() {
                1 => portrait.file.clone(),
                _ => format!("{} face {}", portrait.file, index + 1),
            };
            self.person(&name, person, face);
        }
    }

    fn person(&mut self, name: &str, person: &Person, face: Option<&Face>) {
        let eyes = face.map(|face| face.eyes.unwrap_or([Eye::UNSEEN; 2]));
        for (index, side) in ["left", "right"].into_iter().enumerate() {
            if let Some(label) = person.eyes[index] {
                let eye = eyes.map(|eyes| eyes[index]);
                self.eyes.push(Item {
                    name: format!("{name} {side}"),
                    label,
                    said: eye.map(|eye| eye.state),
                    p_open: eye.and_then(|eye| eye.p_open).map(f64::from),
                    group: person.group,
                });
            }
        }
        if let [Some(label), Some(other)] = person.eyes
            && label == other
        {
            self.faces.push(Item {
                name: name.to_owned(),
                label,
                said: eyes.map(|eyes| both(eyes.map(|eye| eye.state))),
                p_open: eyes.and_then(|eyes| mean(eyes.map(|eye| eye.p_open))),
                group: person.group,
            });
        }
        if let (Some([left, right]), Some(face)) = (person.centres, face) {
            let distance = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
            let between = distance(left, right).max(f64::MIN_POSITIVE);
            for (centre, found) in [left, right].into_iter().zip(face.landmarks) {
                self.off.push(distance(centre, found.map(f64::from)) / between);
            }
        }
    }

    fn findings(mut self) -> eyes::Findings {
        self.off.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = self.off.len().checked_sub(1)?;
            self.off.get((share * last as f64).round() as usize).copied()
        };
        let centres = at(0.5).zip(at(0.95));
        eyes::Findings {
            faces_found: Some(Proportion::new(self.found, self.total)),
            centres: centres.map(|(median, percentile_95)| Centres { median, percentile_95 }),
            answers: vec![Answer::new("eyes", &self.eyes), Answer::new("faces", &self.faces)],
        }
    }
}

/// Both eyes of a face: one that is open is enough.
fn both(eyes: [EyeState; 2]) -> EyeState {
    match eyes {
        [EyeState::Open, _] | [_, EyeState::Open] => EyeState::Open,
        [EyeState::Closed, _] | [_, EyeState::Closed] => EyeState::Closed,
        _ => EyeState::Hidden,
    }
}

fn mean(chances: [Option<f32>; 2]) -> Option<f64> {
    let known: Vec<f64> = chances.into_iter().flatten().map(f64::from).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// The found face of each labelled one: the surest finds choose first, each the free
/// label that it overlaps most. A label without a box means the largest face.
fn matched<'f>(people: &[Person], faces: &'f [Face]) -> Vec<Option<&'f Face>> {
    let largest = faces.iter().max_by_key(|face| face.region.area());
    let mut matched: Vec<Option<&Face>> =
        people.iter().map(|person| if person.corners.is_none() { largest } else { None }).collect();
    let mut surest: Vec<&Face> = faces.iter().collect();
    surest.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    for face in surest {
        let region = corners(face.region);
        let free = people.iter().enumerate().filter(|&(at, _)| matched[at].is_none());
        let shares = free.filter_map(|(at, p)| Some((at, overlap(&region, &p.corners?))));
        let best = shares.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|best| best.1 >= OVERLAP);
        if let Some((at, _)) = best {
            matched[at] = Some(face);
        }
    }
    matched
}
