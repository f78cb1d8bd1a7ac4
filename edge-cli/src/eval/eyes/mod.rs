//! How well it is told whether eyes are open.
//!
//! In come eyes with a label each and what was said of them; out come how often that is
//! right, with the faces that were missed and without them.

pub mod crops;
pub mod labels;

use super::bootstrap::{intervals, numbered};
use super::proportion::Proportion;
use super::ranking::{Ranking, Scored};
use edgecull_core::eye::EyeState;
use serde::Serialize;

/// Mistakes listed on each side.
const WORST: usize = 10;

/// One labelled eye, or the eyes of one labelled face.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What it is called in lists of mistakes.
    pub name: String,
    /// The truth.
    pub label: EyeState,
    /// What was said; `None` where the face was not found.
    pub said: Option<EyeState>,
    /// Probability that it is open, where that was said.
    pub p_open: Option<f64>,
    /// Items that belong together have the same number.
    pub group: usize,
}

/// Everything found.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// Labelled faces that were found; `None` where crops were given.
    pub faces_found: Option<Proportion>,
    /// How far the centres of found eyes lie from those labelled, in distances between
    /// the labelled eyes; `None` where there are no such labels.
    pub centres: Option<Centres>,
    /// Of eyes, and of faces whose eyes have the same label.
    pub answers: Vec<Answer>,
}

/// How far centres lie apart, in distances between the eyes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Centres {
    /// Half are nearer.
    pub median: f64,
    /// Nineteen in twenty are nearer.
    pub percentile_95: f64,
}

/// How well the state is told.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// What the items are.
    pub of: &'static str,
    /// What was said of each label.
    pub table: Vec<Row>,
    /// Probability that an open item has the higher probability of being open than a
    /// closed one, of those that have one.
    pub auc: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub auc_interval: Option<[f64; 2]>,
    /// Mean of two shares among found faces: of the closed that is called closed, of the
    /// open that is not.
    pub balanced_accuracy: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub balanced_accuracy_interval: Option<[f64; 2]>,
    /// The same of those that are called open or closed.
    pub balanced_accuracy_told: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub balanced_accuracy_told_interval: Option<[f64; 2]>,
    /// The same of all, where a missed face's closed eyes are missed, too.
    pub balanced_accuracy_all: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub balanced_accuracy_all_interval: Option<[f64; 2]>,
    /// Open, in found faces, and called closed.
    pub open_called_closed: Proportion,
    /// Closed, in found faces, and called open.
    pub closed_called_open: Proportion,
    /// Open or closed, in found faces, and called hidden.
    pub hidden: Proportion,
    /// The open ones that are least likely so, and called closed.
    pub worst_open: Vec<Mistake>,
    /// The closed ones that are most likely open, and not called closed.
    pub worst_closed: Vec<Mistake>,
}

/// What was said of the items of one label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The label.
    pub label: &'static str,
    /// Called open.
    pub open: u64,
    /// Called closed.
    pub closed: u64,
    /// Called hidden.
    pub hidden: u64,
    /// In faces that were not found.
    pub missed: u64,
}

/// One item of which the wrong was said.
#[derive(Clone, Debug, Serialize)]
pub struct Mistake {
    /// The item.
    pub name: String,
    /// Probability of being open that was told.
    pub p_open: Option<f64>,
    /// What was said.
    pub said: &'static str,
}

impl Answer {
    /// Compares what was said with the labels.
    #[must_use]
    pub fn new(of: &'static str, items: &[Item]) -> Self {
        let number = numbered(items.iter().map(|item| item.group).collect());
        let labelled = |item: &&Item| item.label != EyeState::Hidden;
        let ranked = items.iter().filter(labelled).filter_map(|item| {
            let (score, positive) = (item.p_open?, item.label == EyeState::Open);
            Some(Scored { score, positive, group: number(item.group) })
        });
        let ranking = Ranking::new(ranked.collect());
        let groups = items.iter().map(|item| number(item.group) + 1).max().unwrap_or(0);
        let figures = |weights: &[u32]| {
            let weight =
                |item: &Item| u64::from(weights.get(number(item.group)).copied().unwrap_or(0));
            let balanced = |counts: &dyn Fn(&Item) -> bool| {
                let of = |label, said: &dyn Fn(&Item) -> bool| {
                    let items = || items.iter().filter(|i| i.label == label && counts(i));
                    let all: u64 = items().map(weight).sum();
                    let right: u64 = items().filter(|i| said(i)).map(weight).sum();
                    (all > 0).then(|| right as f64 / all as f64)
                };
                let closed = of(EyeState::Closed, &|i| i.said == Some(EyeState::Closed))?;
                let open = of(EyeState::Open, &|i| i.said != Some(EyeState::Closed))?;
                Some(f64::midpoint(closed, open))
            };
            [
                ranking.auc(weights),
                balanced(&|item| item.said.is_some()),
                balanced(&|item| item.said.is_some_and(|said| said != EyeState::Hidden)),
                balanced(&|_| true),
            ]
        };
        let [auc, found, told, all] = figures(&vec![1; groups]);
        let [auc_interval, found_interval, told_interval, all_interval] =
            intervals(groups, figures);
        let share = |label: &[EyeState], said| {
            let found = || items.iter().filter(|i| label.contains(&i.label) && i.said.is_some());
            let count = found().filter(|i| i.said == Some(said)).count();
            Proportion::new(count as u64, found().count() as u64)
        };
        Self {
            of,
            table: [EyeState::Open, EyeState::Closed, EyeState::Hidden]
                .map(|label| Row::new(label, items))
                .to_vec(),
            auc,
            auc_interval,
            balanced_accuracy: found,
            balanced_accuracy_interval: found_interval,
            balanced_accuracy_told: told,
            balanced_accuracy_told_interval: told_interval,
            balanced_accuracy_all: all,
            balanced_accuracy_all_interval: all_interval,
            open_called_closed: share(&[EyeState::Open], EyeState::Closed),
            closed_called_open: share(&[EyeState::Closed], EyeState::Open),
            hidden: share(&[EyeState::Open, EyeState::Closed], EyeState::Hidden),
            worst_open: mistakes(items, EyeState::Open),
            worst_closed: mistakes(items, EyeState::Closed),
        }
    }
}

impl Row {
    fn new(label: EyeState, items: &[Item]) -> Self {
        let said = |said| {
            items.iter().filter(|item| item.label == label && item.said == said).count() as u64
        };
        Self {
            label: label.name(),
            open: said(Some(EyeState::Open)),
            closed: said(Some(EyeState::Closed)),
            hidden: said(Some(EyeState::Hidden)),
            missed: said(None),
        }
    }
}

/// Items of a label of which the wrong was said, the surest first.
fn mistakes(items: &[Item], label: EyeState) -> Vec<Mistake> {
    let wrong = |item: &&Item| {
        let called_closed = item.said == Some(EyeState::Closed);
        item.label == label && item.said.is_some() && (called_closed == (label == EyeState::Open))
    };
    let mut wrong: Vec<&Item> = items.iter().filter(wrong).collect();
    // What nothing was told of comes last.
    let distance = |item: &Item| match (item.p_open, label) {
        (None, _) => f64::INFINITY,
        (Some(p), EyeState::Open) => p,
        (Some(p), _) => 1.0 - p,
    };
    wrong.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    let mistake = |item: &Item| Mistake {
        name: item.name.clone(),
        p_open: item.p_open,
        said: item.said.map_or("", EyeState::name),
    };
    wrong.into_iter().take(WORST).map(mistake).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use EyeState::{Closed, Hidden, Open};

    fn item(label: EyeState, said: Option<EyeState>, p_open: Option<f64>, group: usize) -> Item {
        Item { name: format!("{group}"), label, said, p_open, group }
    }

    #[test]
    fn figures_by_hand() {
        let items = [
            item(Open, Some(Open), Some(0.9), 0),
            item(Open, Some(Closed), Some(0.3), 1),
            item(Open, Some(Hidden), Some(0.5), 2),
            item(Open, None, None, 3),
            item(Closed, Some(Closed), Some(0.1), 4),
            item(Closed, Some(Open), Some(0.8), 5),
            item(Closed, None, None, 6),
            item(Hidden, Some(Open), Some(0.6), 7),
        ];
        let answer = Answer::new("eyes", &items);
        // Pairs: 0.9 wins both, 0.3 and 0.5 one each.
        assert_eq!(answer.auc, Some(4.0 / 6.0));
        // Found: one of two closed; two of three open are not called closed.
        assert_eq!(answer.balanced_accuracy, Some(f64::midpoint(0.5, 2.0 / 3.0)));
        assert_eq!(answer.balanced_accuracy_told, Some(0.5));
        assert_eq!(answer.balanced_accuracy_all, Some(f64::midpoint(1.0 / 3.0, 0.75)));
        let counts = |p: Proportion| (p.count, p.total);
        assert_eq!(counts(answer.open_called_closed), (1, 3));
        assert_eq!(counts(answer.closed_called_open), (1, 2));
        assert_eq!(counts(answer.hidden), (1, 5));
        let rows: Vec<_> =
            answer.table.iter().map(|r| [r.open, r.closed, r.hidden, r.missed]).collect();
        assert_eq!(rows, [[1, 1, 1, 1], [1, 1, 0, 1], [1, 0, 0, 0]]);
        let names = |list: &[Mistake]| list.iter().map(|m| m.name.clone()).collect::<Vec<_>>();
        assert_eq!(
            (names(&answer.worst_open), names(&answer.worst_closed)),
            (vec!["1".into()], vec!["5".into()])
        );
    }

    #[test]
    fn one_side_alone_has_no_figure() {
        let answer = Answer::new("eyes", &[item(Open, Some(Open), Some(0.9), 0)]);
        assert_eq!((answer.auc, answer.balanced_accuracy), (None, None));
        let [low, high] = answer.open_called_closed.interval.expect("one of one");
        assert!(low == 0.0 && high > 0.5);
    }
}
