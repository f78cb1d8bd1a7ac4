//! How well faces are found.
//!
//! In come photographs with the boxes of their faces and what the pipeline found in
//! them; out come recall, precision and false faces, over all thresholds and at the
//! shipped one.

pub mod curve;
pub mod labels;
pub mod matching;

use super::bootstrap::{intervals, numbered};
use super::proportion::Proportion;
use curve::{Curve, Find};
use labels::Photo;
use matching::{Matched, matched};
use serde::Serialize;

/// The precision at which recall is told.
pub const PRECISION: f64 = 0.88;

/// Mistakes listed on each side.
const WORST: usize = 10;

/// A box in pixels of the upright picture: left, top, right, bottom.
pub type Corners = [f64; 4];

/// What was found in one photograph, the surest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Boxes of faces, and how sure each is: 0..1.
    pub faces: Vec<(Corners, f64)>,
}

/// Everything found.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// Photographs judged.
    pub pictures: u64,
    /// Their faces that count.
    pub faces: u64,
    /// Boxes that count for neither side: marked so, or lower than `min_height`.
    pub ignored: u64,
    /// The least height of a face that counts, in pixels of the picture.
    pub min_height: f64,
    /// Overlap (intersection over union) from which a find is a face.
    pub overlap: f64,
    /// Area under precision over recall.
    pub average_precision: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub average_precision_interval: Option<[f64; 2]>,
    /// The most recall at a given precision.
    pub at_precision: AtPrecision,
    /// At the threshold from which a find is a face.
    pub shipped: Shipped,
    /// Faces that were not found at the shipped threshold, highest first.
    pub missed: Vec<Mistake>,
    /// Finds that are no faces, surest first.
    pub false_faces: Vec<Mistake>,
}

/// The most recall at a given precision.
#[derive(Clone, Debug, Serialize)]
pub struct AtPrecision {
    /// The precision.
    pub precision: f64,
    /// Share of faces found.
    pub recall: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub recall_interval: Option<[f64; 2]>,
    /// The least confidence of what is then taken.
    pub threshold: Option<f64>,
}

/// At the shipped threshold.
#[derive(Clone, Debug, Serialize)]
pub struct Shipped {
    /// The least confidence of what is taken.
    pub threshold: f64,
    /// Share of faces found.
    pub recall: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub recall_interval: Option<[f64; 2]>,
    /// Share of finds that are faces.
    pub precision: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub precision_interval: Option<[f64; 2]>,
    /// Finds that are no faces, for each picture.
    pub false_per_picture: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub false_per_picture_interval: Option<[f64; 2]>,
    /// Pictures with such a find.
    pub pictures_with_false: Proportion,
}

/// One mistake.
#[derive(Clone, Debug, Serialize)]
pub struct Mistake {
    /// As the manifest names it.
    pub file: String,
    /// `[x, y, w, h]` in pixels of the upright picture.
    pub region: [f64; 4],
    /// How sure the find was; `None` for a face that was not found.
    pub confidence: Option<f64>,
}

impl Findings {
    /// Compares what was found in each photograph with its labels. `threshold` is the
    /// shipped one.
    #[must_use]
    pub fn new(judged: &[(&Photo, Found)], min_height: f64, threshold: f64) -> Self {
        let number = numbered(judged.iter().map(|(photo, _)| photo.group).collect());
        let matches: Vec<Matched> =
            judged.iter().map(|(photo, found)| matched(photo, found, min_height)).collect();
        let mut curve = Curve::default();
        for ((photo, found), matched) in judged.iter().zip(&matches) {
            let group = number(photo.group);
            let counted = found.faces.iter().zip(&matched.finds);
            let finds = counted.filter_map(|(&(_, score), right)| Some((score, (*right)?)));
            curve.add(
                group,
                matched.wanted.len() as u64,
                finds.map(|(score, right)| Find { score, right, group }),
            );
        }
        let curve = curve.sorted();
        let figures = |weights: &[u32]| {
            let at = curve.at(threshold, weights);
            [
                curve.average_precision(weights),
                curve.recall_at(PRECISION, weights).map(|(recall, _)| recall),
                at.recall,
                at.precision,
                at.false_per_picture,
            ]
        };
        let whole = curve.whole();
        let [average_precision, _, recall, precision, false_per_picture] = figures(&whole);
        let most = curve.recall_at(PRECISION, &whole);
        let between = intervals(curve.groups(), figures);
        let [average_interval, most_interval, recall_interval, precision_interval, false_interval] =
            between;
        let mistaken = matches.iter().zip(judged).filter(|(matched, (_, found))| {
            let finds = found.faces.iter().zip(&matched.finds);
            finds.into_iter().any(|(face, right)| *right == Some(false) && face.1 >= threshold)
        });
        let pictures = judged.len() as u64;
        Self {
            pictures,
            faces: matches.iter().map(|m| m.wanted.len() as u64).sum(),
            ignored: matches.iter().map(|m| m.ignored).sum(),
            min_height,
            overlap: matching::OVERLAP,
            average_precision,
            average_precision_interval: average_interval,
            at_precision: AtPrecision {
                precision: PRECISION,
                recall: most.map(|(recall, _)| recall),
                recall_interval: most_interval,
                threshold: most.and_then(|(_, threshold)| threshold),
            },
            shipped: Shipped {
                threshold,
                recall,
                recall_interval,
                precision,
                precision_interval,
                false_per_picture,
                false_per_picture_interval: false_interval,
                pictures_with_false: Proportion::new(mistaken.count() as u64, pictures),
            },
            missed: missed(judged, &matches, threshold),
            false_faces: false_faces(judged, &matches),
        }
    }
}

fn missed(judged: &[(&Photo, Found)], matches: &[Matched], threshold: f64) -> Vec<Mistake> {
    let mut missed: Vec<Mistake> = Vec::new();
    for ((photo, found), matched) in judged.iter().zip(matches) {
        for wanted in &matched.wanted {
            let confidence = wanted.find.and_then(|at| found.faces.get(at)).map(|face| face.1);
            if confidence.is_none_or(|confidence| confidence < threshold) {
                let region = region(wanted.face);
                missed.push(Mistake { file: photo.file.clone(), region, confidence });
            }
        }
    }
    missed.sort_by(|a, b| b.region[3].total_cmp(&a.region[3]));
    missed.truncate(WORST);
    missed
}

fn false_faces(judged: &[(&Photo, Found)], matches: &[Matched]) -> Vec<Mistake> {
    let mut wrong: Vec<Mistake> = Vec::new();
    for ((photo, found), matched) in judged.iter().zip(matches) {
        for (&(corners, score), right) in found.faces.iter().zip(&matched.finds) {
            if *right == Some(false) {
                let region = region(corners);
                wrong.push(Mistake { file: photo.file.clone(), region, confidence: Some(score) });
            }
        }
    }
    wrong.sort_by(|a, b| b.confidence.unwrap_or(0.0).total_cmp(&a.confidence.unwrap_or(0.0)));
    wrong.truncate(WORST);
    wrong
}

fn region([left, top, right, bottom]: Corners) -> [f64; 4] {
    let tenth = |v: f64| (10.0 * v).round() / 10.0;
    [left, top, right - left, bottom - top].map(tenth)
}
