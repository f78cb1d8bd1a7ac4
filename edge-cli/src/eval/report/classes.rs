//! What is found where labels are classes.

use super::super::Sample;
use super::super::bootstrap::{intervals, numbered};
use super::super::budget::Budget;
use super::super::proportion::Proportion;
use super::super::ranking::{Pairs, Ranking, Scored};
use super::super::task::{ClassTask, Question};
use crate::args::Strictness;
use edgecull_core::judge::Policy;
use edgecull_core::verdict::{Decision, Verdict};
use serde::Serialize;

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
pub struct Findings {
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

impl Findings {
    /// Evaluates judged files.
    #[must_use]
    pub fn new(task: &ClassTask, samples: &[Sample<usize>], options: Options) -> Self {
        let confusion: Vec<_> =
            (0..task.classes.len()).map(|c| confusion(task, c, samples)).collect();
        let sum = |keeper: bool, count: fn(&Confusion) -> u64| {
            let rows = || confusion.iter().filter(|row| row.keeper == keeper);
            Proportion::new(rows().map(count).sum(), rows().map(|row| row.judged).sum())
        };
        let answer = |question| Answer::new(task, question, samples, options);
        Self {
            keepers_flagged: sum(true, |row| row.review + row.reject),
            keepers_rejected: sum(true, |row| row.reject),
            culls_found: sum(false, |row| row.review + row.reject),
            culls_rejected: sum(false, |row| row.reject),
            questions: task.questions.iter().map(answer).collect(),
            confusion,
        }
    }
}

fn confusion(task: &ClassTask, class: usize, samples: &[Sample<usize>]) -> Confusion {
    let judged = || samples.iter().filter(|s| s.label == class && s.verdict.measures.is_some());
    let decided = |d: Decision| judged().filter(|s| s.verdict.decision == d).count() as u64;
    let named = |v: &Verdict| task.reasons.iter().any(|&code| v.has(code));
    let (label, keeper) = task.classes.get(class).map_or(("", false), |c| (c.name, c.keeper));
    Confusion {
        label,
        keeper,
        judged: judged().count() as u64,
        keep: decided(Decision::Keep),
        review: decided(Decision::Review),
        reject: decided(Decision::Reject),
        named: judged().filter(|s| named(&s.verdict)).count() as u64,
    }
}

impl Answer {
    fn new(
        task: &ClassTask,
        question: &Question,
        samples: &[Sample<usize>],
        options: Options,
    ) -> Self {
        let mut asked: Vec<(Scored, &Sample<usize>)> = samples
            .iter()
            .filter(|s| s.label == question.positive || question.negatives.contains(&s.label))
            .filter_map(|s| {
                let score = f64::from((question.score)(s.verdict.measures.as_ref()?));
                Some((Scored { score, positive: s.label == question.positive, group: s.group }, s))
            })
            .collect();
        let number = numbered(asked.iter().map(|(scored, _)| scored.group).collect());
        for (scored, _) in &mut asked {
            scored.group = number(scored.group);
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
fn worst(task: &ClassTask, asked: &[(Scored, &Sample<usize>)], positive: bool) -> Vec<Mistake> {
    let mut side: Vec<_> = asked.iter().filter(|(scored, _)| scored.positive == positive).collect();
    side.sort_by(
        |(a, _), (b, _)| {
            if positive { a.score.total_cmp(&b.score) } else { b.score.total_cmp(&a.score) }
        },
    );
    let mistake = |(scored, sample): &&(Scored, &Sample<usize>)| Mistake {
        file: sample.file.clone(),
        label: task.classes.get(sample.label).map_or("", |c| c.name),
        score: scored.score,
        verdict: sample.verdict.decision.name(),
    };
    side.iter().take(WORST).map(mistake).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::task::{BLUR, EXPOSURE};
    use super::*;
    use edgecull_core::verdict::{Exposure, Measures, ReasonCode};

    fn sample(
        file: &str,
        label: usize,
        group: usize,
        blur: f32,
        decision: Decision,
    ) -> Sample<usize> {
        let measures = Some(Measures { blur, ..Measures::default() });
        let verdict = Verdict { decision, measures, ..Verdict::error(ReasonCode::OUT_OF_FOCUS) };
        Sample { file: file.to_owned(), label, group, verdict, error: None }
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
        samples[4].verdict.measures = None;
        let options = Options { max_keepers_flagged: Some(0.5), ..Options::default() };
        let report = Findings::new(&BLUR, &samples, options);
        assert_eq!((report.keepers_flagged.count, report.keepers_flagged.total), (1, 2));
        assert_eq!((report.culls_found.count, report.culls_found.total), (1, 2));
        assert_eq!((report.keepers_rejected.count, report.culls_rejected.count), (0, 1));
        assert_eq!(report.confusion.iter().map(|c| c.named).collect::<Vec<_>>(), [2, 2]);
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
            s.verdict.measures = Some(Measures { exposure, ..Measures::default() });
            s
        };
        // The bright frame looks darker than the dark one.
        let samples = [lit(0, 0.1, 0.2), lit(1, 0.5, 0.0), lit(2, 0.6, 0.9)];
        let report = Findings::new(&EXPOSURE, &samples, Options::default());
        let auc: Vec<_> = report.questions.iter().map(|a| a.auc).collect();
        assert_eq!(auc, [Some(0.5), Some(1.0), Some(1.0), Some(1.0)]);
        assert_eq!(report.keepers_flagged.total, 1);
    }

    #[test]
    fn nothing_judged_is_no_figure() {
        let report = Findings::new(&BLUR, &[], Options::default());
        assert_eq!(report.questions[0].auc, None);
        assert!(report.questions[0].auc_interval.is_none() && report.questions[0].order.is_none());
        assert_eq!(report.keepers_flagged.share, None);
    }
}
