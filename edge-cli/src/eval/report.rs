//! What an evaluation finds, as data: the JSON is this, the table is made from it.

use super::Sample;
use super::bootstrap::{self, intervals};
use super::budget::Budget;
use super::manifest::Manifest;
use super::proportion::Proportion;
use super::ranking::{Pairs, Ranking, Scored};
use super::task::{Question, Task};
use crate::args::Strictness;
use edgecull_core::judge::Policy;
use edgecull_core::verdict::Decision;
use serde::Serialize;

/// The name of the schema.
pub const SCHEMA: &str = "edgecull.eval.v1";

/// Rates of false alarms at which recall is given.
const FALSE_ALARMS: [f64; 2] = [0.01, 0.05];

/// Mistakes listed on each side.
const WORST: usize = 10;

/// What is wanted besides the figures themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How much the verdicts forgave.
    pub strictness: Strictness,
    /// Share of keepers that may be flagged, to suggest a threshold for.
    pub max_keepers_flagged: Option<f64>,
}

/// Everything found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The task.
    pub task: &'static str,
    /// How much the verdicts forgave.
    pub strictness: &'static str,
    /// Labelled files.
    pub files: usize,
    /// Rows without a label.
    pub unlabelled: u64,
    /// Column that groups come from; without one each file stands alone.
    pub group_column: Option<&'static str>,
    /// Groups, which are resampled as wholes.
    pub groups: usize,
    /// Bootstrap resamples behind each interval of a ranking.
    pub resamples: usize,
    /// Verdicts by label.
    pub confusion: Vec<Confusion>,
    /// Keepers with a verdict other than keep.
    pub keepers_flagged: Proportion,
    /// Keepers with the verdict reject.
    pub keepers_rejected: Proportion,
    /// Culls with a verdict other than keep.
    pub culls_found: Proportion,
    /// Culls with the verdict reject.
    pub culls_rejected: Proportion,
    /// How well the scores rank.
    pub questions: Vec<Answer>,
    /// Files that could not be judged. They count nowhere else.
    pub not_judged: Vec<NotJudged>,
}

/// Verdicts on the files of one label.
#[derive(Clone, Debug, Serialize)]
pub struct Confusion {
    /// The label.
    pub label: &'static str,
    /// Whether such files are to be kept.
    pub keeper: bool,
    /// Files judged.
    pub judged: u64,
    /// Verdict keep.
    pub keep: u64,
    /// Verdict review.
    pub review: u64,
    /// Verdict reject.
    pub reject: u64,
    /// Those with a reason of this task, whatever the verdict.
    pub named: u64,
}

/// The answer to one question.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The question.
    pub question: &'static str,
    /// Files that should score high.
    pub culls: usize,
    /// Files that should score low.
    pub keepers: usize,
    /// Area under the ROC curve.
    pub auc: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub auc_interval: Option<[f64; 2]>,
    /// Share of culls found at given rates of false alarms.
    pub recall: Vec<Recall>,
    /// Pairs within one group in the right order; `None` where there are none.
    pub order: Option<Order>,
    /// The shipped limit from which a person should look.
    pub review_limit: f32,
    /// The shipped limit from which a frame is held back.
    pub reject_limit: Option<f32>,
    /// Culls with the lowest scores, lowest first.
    pub lowest_culls: Vec<Mistake>,
    /// Keepers with the highest scores, highest first.
    pub highest_keepers: Vec<Mistake>,
    /// Thresholds for the wanted budget.
    pub budget: Option<Budget>,
    /// Whether a person wants to see the mistakes.
    #[serde(skip)]
    pub listed: bool,
}

/// Recall at one rate of false alarms.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Recall {
    /// Share of keepers that may be flagged.
    pub false_alarms: f64,
    /// Share of culls found.
    pub recall: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub interval: Option<[f64; 2]>,
}

/// Pairs of a cull and a keeper within one group.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Order {
    /// Those in which the cull has the higher score.
    pub ordered: u64,
    /// Those with equal scores, which are not in order.
    pub tied: u64,
    /// All.
    pub total: u64,
    /// Share in order.
    pub share: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub interval: Option<[f64; 2]>,
}

/// One file that scores badly for its label.
#[derive(Clone, Debug, Serialize)]
pub struct Mistake {
    /// As the manifest names it.
    pub file: String,
    /// Its label.
    pub label: &'static str,
    /// Its score.
    pub score: f64,
    /// What was decided.
    pub verdict: &'static str,
}

/// One file that could not be judged.
#[derive(Clone, Debug, Serialize)]
pub struct NotJudged {
    /// As the manifest names it.
    pub file: String,
    /// Why.
    pub error: String,
}

impl Report {
    /// Evaluates judged files.
    #[must_use]
    pub fn new(task: &Task, manifest: &Manifest, samples: &[Sample], options: Options) -> Self {
        let confusion: Vec<_> =
            (0..task.classes.len()).map(|c| confusion(task, c, samples)).collect();
        let sum = |keeper: bool, count: fn(&Confusion) -> u64| {
            let rows = || confusion.iter().filter(|row| row.keeper == keeper);
            Proportion::new(rows().map(count).sum(), rows().map(|row| row.judged).sum())
        };
        let not_judged = samples.iter().filter(|s| s.measures.is_none());
        Self {
            schema: SCHEMA,
            task: task.name,
            strictness: options.strictness.name(),
            files: samples.len(),
            unlabelled: manifest.unlabelled,
            group_column: manifest.group_column,
            groups: manifest.groups,
            resamples: bootstrap::RESAMPLES,
            keepers_flagged: sum(true, |row| row.review + row.reject),
            keepers_rejected: sum(true, |row| row.reject),
            culls_found: sum(false, |row| row.review + row.reject),
            culls_rejected: sum(false, |row| row.reject),
            questions: task
                .questions
                .iter()
                .map(|q| Answer::new(task, q, samples, options))
                .collect(),
            not_judged: not_judged
                .map(|s| NotJudged {
                    file: s.file.clone(),
                    error: s.error.clone().unwrap_or_else(|| "it could not be judged".into()),
                })
                .collect(),
            confusion,
        }
    }
}

fn confusion(task: &Task, class: usize, samples: &[Sample]) -> Confusion {
    let judged = || samples.iter().filter(|s| s.class == class && s.measures.is_some());
    let decided = |d: Decision| judged().filter(|s| s.decision == d).count() as u64;
    let (label, keeper) = task.classes.get(class).map_or(("", false), |c| (c.name, c.keeper));
    Confusion {
        label,
        keeper,
        judged: judged().count() as u64,
        keep: decided(Decision::Keep),
        review: decided(Decision::Review),
        reject: decided(Decision::Reject),
        named: judged().filter(|s| s.named).count() as u64,
    }
}

impl Answer {
    fn new(task: &Task, question: &Question, samples: &[Sample], options: Options) -> Self {
        let mut asked: Vec<(Scored, &Sample)> = samples
            .iter()
            .filter(|s| s.class == question.positive || question.negatives.contains(&s.class))
            .filter_map(|s| {
                let score = f64::from((question.score)(s.measures.as_ref()?));
                Some((Scored { score, positive: s.class == question.positive, group: s.group }, s))
            })
            .collect();
        // Groups that are not asked about must not be drawn.
        let mut groups: Vec<usize> = asked.iter().map(|(scored, _)| scored.group).collect();
        groups.sort_unstable();
        groups.dedup();
        for (scored, _) in &mut asked {
            scored.group = groups.binary_search(&scored.group).unwrap_or_default();
        }
        let ranking = Ranking::new(asked.iter().map(|(scored, _)| *scored).collect());
        let [few, some] = FALSE_ALARMS;
        let figures = |weights: &[u32]| {
            [
                ranking.auc(weights),
                ranking.recall_at(few, weights),
                ranking.recall_at(some, weights),
                ranking.pairs(weights).share(),
            ]
        };
        let whole = ranking.whole();
        let [auc, recall_few, recall_some, share] = figures(&whole);
        let [auc_interval, interval_few, interval_some, order_interval] =
            intervals(ranking.groups(), figures);
        let recall = |false_alarms, recall, interval| Recall { false_alarms, recall, interval };
        let Pairs { ordered, tied, total } = ranking.pairs(&whole);
        let limit = (question.limit)(&Policy::new(options.strictness.into()));
        Self {
            question: question.name,
            culls: ranking.scores(true).count(),
            keepers: ranking.scores(false).count(),
            auc,
            auc_interval,
            recall: vec![
                recall(few, recall_few, interval_few),
                recall(some, recall_some, interval_some),
            ],
            order: (total > 0).then_some(Order {
                ordered,
                tied,
                total,
                share,
                interval: order_interval,
            }),
            review_limit: limit.review,
            reject_limit: limit.reject,
            lowest_culls: worst(task, &asked, true),
            highest_keepers: worst(task, &asked, false),
            budget: options.max_keepers_flagged.map(|max| Budget::new(&ranking, max)),
            listed: question.listed,
        }
    }
}

/// The files of one side that score worst, worst first.
fn worst(task: &Task, asked: &[(Scored, &Sample)], positive: bool) -> Vec<Mistake> {
    let mut side: Vec<_> = asked.iter().filter(|(scored, _)| scored.positive == positive).collect();
    side.sort_by(
        |(a, _), (b, _)| {
            if positive { a.score.total_cmp(&b.score) } else { b.score.total_cmp(&a.score) }
        },
    );
    let mistake = |(scored, sample): &&(Scored, &Sample)| Mistake {
        file: sample.file.clone(),
        label: task.classes.get(sample.class).map_or("", |c| c.name),
        score: scored.score,
        verdict: sample.decision.name(),
    };
    side.iter().take(WORST).map(mistake).collect()
}

#[cfg(test)]
mod tests {
    use super::super::task::{BLUR, EXPOSURE};
    use super::*;
    use edgecull_core::verdict::{Exposure, Measures};

    fn sample(file: &str, class: usize, group: usize, blur: f32, decision: Decision) -> Sample {
        let measures = Measures { blur, ..Measures::default() };
        let named = decision != Decision::Keep;
        let (file, measures) = (file.to_owned(), Some(measures));
        Sample { file, class, group, decision, named, measures, error: None }
    }

    fn manifest(groups: usize) -> Manifest {
        let headers = csv::StringRecord::new();
        Manifest { headers, rows: vec![], unlabelled: 0, group_column: Some("scene"), groups }
    }

    #[test]
    fn counts_and_mistakes_by_hand() {
        let mut samples = vec![
            sample("sharp", 0, 0, 0.1, Decision::Keep),
            sample("doubted", 0, 1, 0.9, Decision::Review),
            sample("soft", 1, 0, 0.95, Decision::Reject),
            sample("missed", 1, 1, 0.2, Decision::Keep),
            sample("broken", 1, 2, 0.0, Decision::Error),
        ];
        samples[4].measures = None;
        samples[4].error = Some("it is damaged".into());
        let options = Options { max_keepers_flagged: Some(0.5), ..Options::default() };
        let report = Report::new(&BLUR, &manifest(3), &samples, options);
        assert_eq!((report.keepers_flagged.count, report.keepers_flagged.total), (1, 2));
        assert_eq!((report.culls_found.count, report.culls_found.total), (1, 2));
        assert_eq!((report.keepers_rejected.count, report.culls_rejected.count), (0, 1));
        assert_eq!(report.not_judged.len(), 1);
        let answer = &report.questions[0];
        // 0.95 beats both, 0.2 beats 0.1 only.
        assert_eq!(answer.auc, Some(0.75));
        assert_eq!(answer.lowest_culls[0].file, "missed");
        assert_eq!(answer.highest_keepers[0].file, "doubted");
        let order = answer.order.expect("pairs");
        assert_eq!((order.ordered, order.total), (1, 2));
        let plain = answer.budget.as_ref().and_then(|b| b.plain).expect("there");
        assert_eq!((plain.keepers_flagged.count, plain.culls_found.count), (1, 2));
    }

    #[test]
    fn each_exposure_is_asked_against_others_and_against_normal() {
        let lit = |class, under, over| {
            let exposure = Exposure { under, over, ..Exposure::default() };
            let mut s = sample("x", class, class, 0.0, Decision::Keep);
            s.measures = Some(Measures { exposure, ..Measures::default() });
            s
        };
        // The bright frame looks darker than the dark one.
        let samples = [lit(0, 0.1, 0.2), lit(1, 0.5, 0.0), lit(2, 0.6, 0.9)];
        let report = Report::new(&EXPOSURE, &manifest(3), &samples, Options::default());
        let auc: Vec<_> = report.questions.iter().map(|a| a.auc).collect();
        assert_eq!(auc, [Some(0.5), Some(1.0), Some(1.0), Some(1.0)]);
        assert_eq!(report.keepers_flagged.total, 1);
    }

    #[test]
    fn nothing_judged_is_no_figure() {
        let report = Report::new(&BLUR, &manifest(0), &[], Options::default());
        assert_eq!(report.questions[0].auc, None);
        assert!(report.questions[0].auc_interval.is_none() && report.questions[0].order.is_none());
        assert_eq!(report.keepers_flagged.share, None);
    }
}
