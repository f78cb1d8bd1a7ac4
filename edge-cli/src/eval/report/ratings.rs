//! What is found where labels are ratings.

use super::super::Sample;
use super::super::bootstrap::{intervals, numbered};
use super::super::correlation::{Rated, Ratings};
use super::super::task::{RatingTask, Score};
use edgecull_core::verdict::Decision;
use serde::Serialize;

/// Disagreements listed on each side.
const WORST: usize = 10;

/// Everything found.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// Verdicts by quarter of the ratings, lowest first.
    pub quarters: [Quarter; 4],
    /// How far each score rises with the ratings; those that no record has are
    /// left out.
    pub scores: Vec<Answer>,
}

/// Verdicts on the files of one quarter of the ratings. Files with the same
/// rating are in the same quarter, that of their average rank, so that quarters
/// may differ in size and be empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quarter {
    /// 1 for the lowest ratings to 4 for the highest.
    pub quarter: usize,
    /// Its lowest rating; `None` where it is empty.
    pub lowest: Option<f64>,
    /// Its highest rating.
    pub highest: Option<f64>,
    /// Files judged.
    pub judged: u64,
    /// Verdict keep.
    pub keep: u64,
    /// Verdict review.
    pub review: u64,
    /// Verdict reject.
    pub reject: u64,
}

/// How far one score rises with the ratings.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// Where the score stands in a frame's record.
    pub score: &'static str,
    /// Files that have it.
    pub files: usize,
    /// Rank correlation; `None` where all ratings or scores are the same.
    pub spearman: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub spearman_interval: Option<[f64; 2]>,
    /// Product-moment correlation.
    pub pearson: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub pearson_interval: Option<[f64; 2]>,
    /// Files that people rank much higher than the score does, worst first.
    pub rated_high_scored_low: Vec<Disagreement>,
    /// Files that people rank much lower than the score does, worst first.
    pub rated_low_scored_high: Vec<Disagreement>,
}

/// One file that its rating and its score place apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disagreement {
    /// As the manifest names it.
    pub file: String,
    /// What people say.
    pub rating: f64,
    /// Its place by rating: 1 is the best, files with the same number share the
    /// average of their places.
    pub rating_place: f64,
    /// What the score says.
    pub score: f64,
    /// Its place by score.
    pub score_place: f64,
    /// What was decided.
    pub verdict: &'static str,
}

impl Findings {
    /// Evaluates judged files.
    #[must_use]
    pub fn new(task: &RatingTask, samples: &[Sample<f64>]) -> Self {
        let answers = task.scores.iter().map(|score| Answer::new(score, samples));
        Self {
            quarters: quarters(samples),
            scores: answers.filter(|answer| answer.files > 0).collect(),
        }
    }
}

fn quarters(samples: &[Sample<f64>]) -> [Quarter; 4] {
    let judged: Vec<_> = samples.iter().filter(|s| s.verdict.measures.is_some()).collect();
    let rated = judged.iter().map(|s| Rated { rating: s.label, score: 0.0, group: 0 });
    let ranks = Ratings::new(rated.collect()).both_ranks();
    let mut quarters = [1, 2, 3, 4].map(|quarter| Quarter { quarter, ..Quarter::default() });
    for (sample, [rank, _]) in judged.iter().zip(ranks) {
        // The middle of a rank: of eight files, 2 is still of the first quarter.
        let at = (4.0 * (rank - 0.5) / judged.len() as f64) as usize;
        let Some(quarter) = quarters.get_mut(at) else {
            continue;
        };
        let rating = sample.label;
        quarter.lowest = Some(quarter.lowest.map_or(rating, |lowest| lowest.min(rating)));
        quarter.highest = Some(quarter.highest.map_or(rating, |highest| highest.max(rating)));
        quarter.judged += 1;
        match sample.verdict.decision {
            Decision::Keep => quarter.keep += 1,
            Decision::Review => quarter.review += 1,
            Decision::Reject => quarter.reject += 1,
            // Not judged, so not among these.
            Decision::Error => {}
        }
    }
    quarters
}

impl Answer {
    fn new<'a>(score: &Score, samples: &'a [Sample<f64>]) -> Self {
        let scored = |sample: &'a Sample<f64>| {
            let score = (score.of)(&sample.verdict).filter(|score| score.is_finite())?;
            Some((sample, f64::from(score)))
        };
        let scored: Vec<_> = samples.iter().filter_map(scored).collect();
        let number = numbered(scored.iter().map(|(sample, _)| sample.group).collect());
        let rated = |&(sample, score): &(&Sample<f64>, f64)| Rated {
            rating: sample.label,
            score,
            group: number(sample.group),
        };
        let ratings = Ratings::new(scored.iter().map(rated).collect());
        let figures = |weights: &[u32]| [ratings.spearman(weights), ratings.pearson(weights)];
        let [spearman, pearson] = figures(&ratings.whole());
        let [spearman_interval, pearson_interval] = intervals(ratings.groups(), figures);

        let place = |rank: f64| scored.len() as f64 + 1.0 - rank;
        let mut apart: Vec<Disagreement> = scored
            .iter()
            .zip(ratings.both_ranks())
            .map(|(&(sample, score), [rating_rank, score_rank])| Disagreement {
                file: sample.file.clone(),
                rating: sample.label,
                rating_place: place(rating_rank),
                score,
                score_place: place(score_rank),
                verdict: sample.verdict.decision.name(),
            })
            .collect();
        apart.sort_by(|a, b| b.too_low().total_cmp(&a.too_low()));
        let high = apart.iter().take(WORST).filter(|file| file.too_low() > 0.0);
        let low = apart.iter().rev().take(WORST).filter(|file| file.too_low() < 0.0);
        Self {
            score: score.name,
            files: scored.len(),
            spearman,
            spearman_interval,
            pearson,
            pearson_interval,
            rated_high_scored_low: high.cloned().collect(),
            rated_low_scored_high: low.cloned().collect(),
        }
    }
}

impl Disagreement {
    /// Places that the score puts the file below its rating.
    fn too_low(&self) -> f64 {
        self.score_place - self.rating_place
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::task::QUALITY;
    use super::*;
    use edgecull_core::verdict::{Measures, ReasonCode, Verdict};

    fn sample(file: &str, label: f64, score: f32, decision: Decision) -> Sample<f64> {
        let (score, measures) = (Some(score), Some(Measures::default()));
        let verdict = Verdict { decision, score, measures, ..Verdict::error(ReasonCode::CORRUPT) };
        let group = file.bytes().map(usize::from).sum();
        Sample { file: file.to_owned(), label, group, verdict, error: None }
    }

    /// Four files of rating and score 1 to 4, of which a dull one is scored best.
    fn shoot() -> Vec<Sample<f64>> {
        vec![
            sample("dull", 1.0, 0.9, Decision::Keep),
            sample("fair", 2.0, 0.1, Decision::Reject),
            sample("good", 3.0, 0.2, Decision::Review),
            sample("best", 4.0, 0.3, Decision::Keep),
        ]
    }

    #[test]
    fn the_score_that_is_there_is_compared_and_its_files_are_counted() {
        let mut samples = shoot();
        let found = Findings::new(&QUALITY, &samples);
        let names: Vec<_> = found.scores.iter().map(|a| (a.score, a.files)).collect();
        assert_eq!(names, [("score", 4)]);
        // Rank differences 3, 1, 1, 1: 1 - 6 * 12 / (4 * 15).
        let spearman = found.scores[0].spearman.expect("there");
        assert!((spearman + 0.2).abs() < 1e-12, "{spearman}");
        let [low, high] = found.scores[0].spearman_interval.expect("there");
        assert!(low <= spearman && spearman <= high);

        for (sample, quality) in samples.iter_mut().zip([0.1, 0.2, 0.4]) {
            sample.verdict.measures =
                Some(Measures { quality: Some(quality), ..Measures::default() });
        }
        let found = Findings::new(&QUALITY, &samples);
        let names: Vec<_> = found.scores.iter().map(|a| (a.score, a.files)).collect();
        assert_eq!(names, [("measures.quality", 3), ("score", 4)]);
        assert_eq!(found.scores[0].spearman, Some(1.0));
        assert!(found.scores[0].rated_high_scored_low.is_empty());
        assert!(found.scores[0].rated_low_scored_high.is_empty());
    }

    #[test]
    fn disagreements_are_named_on_both_sides_worst_first() {
        let found = Findings::new(&QUALITY, &shoot());
        let answer = &found.scores[0];
        let [dull] = &answer.rated_low_scored_high[..] else { panic!("one: {answer:?}") };
        assert_eq!((dull.file.as_str(), dull.rating_place, dull.score_place), ("dull", 4.0, 1.0));
        let high: Vec<_> = answer.rated_high_scored_low.iter().map(|d| d.file.as_str()).collect();
        assert_eq!(high, ["fair", "good", "best"]);
        assert_eq!(answer.rated_high_scored_low[0].verdict, "reject");
    }

    #[test]
    fn quarters_keep_equal_ratings_together_and_leave_out_what_was_not_judged() {
        let mut samples = shoot();
        let mut gone = sample("gone", 9.0, 0.0, Decision::Error);
        gone.verdict = Verdict::error(ReasonCode::CORRUPT);
        samples.push(gone);
        let quarters = Findings::new(&QUALITY, &samples).quarters;
        assert_eq!(
            quarters.map(|q| (q.lowest, q.highest)),
            [1.0, 2.0, 3.0, 4.0].map(|r| (Some(r), Some(r)))
        );
        assert_eq!(
            quarters.map(|q| [q.judged, q.keep, q.review, q.reject]),
            [[1, 1, 0, 0], [1, 0, 0, 1], [1, 0, 1, 0], [1, 1, 0, 0],]
        );
        // Stars: six of eight files have three of them, and their middle is 4.5 of 8.
        let stars = [1.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 5.0];
        let stars = stars.map(|rating| sample("x", rating, 0.5, Decision::Keep));
        let quarters = Findings::new(&QUALITY, &stars).quarters;
        assert_eq!(quarters.map(|q| q.judged), [1, 0, 6, 1]);
        assert_eq!((quarters[1].lowest, quarters[2].highest), (None, Some(3.0)));
    }

    #[test]
    fn nothing_judged_is_no_figure() {
        let found = Findings::new(&QUALITY, &[]);
        assert!(found.scores.is_empty());
        assert_eq!(found.quarters.map(|q| q.judged), [0; 4]);
    }
}
