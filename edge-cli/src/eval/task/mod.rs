//! What can be evaluated: each task in a file of its own.
//!
//! A task is a table: its labels, the questions asked of a score, the reasons that
//! stand for it in a verdict.

mod blur;
mod exposure;
mod noise;

pub use blur::BLUR;
pub use exposure::EXPOSURE;
pub use noise::NOISE;

use edgecull_core::judge::{Limit, Policy};
use edgecull_core::verdict::{Measures, ReasonCode};

/// One kind of judgement.
#[derive(Debug)]
pub struct Task {
    /// Its name on the command line, and that of a column of labels.
    pub name: &'static str,
    /// The labels.
    pub classes: &'static [Class],
    /// What is asked.
    pub questions: &'static [Question],
    /// Reasons that say the same as the labels of culls.
    pub reasons: &'static [ReasonCode],
}

/// One label.
#[derive(Debug)]
pub struct Class {
    /// What it is called in reports.
    pub name: &'static str,
    /// Words for it in a manifest.
    pub words: &'static [&'static str],
    /// Whether such a frame is worth keeping, as far as this task goes.
    pub keeper: bool,
}

/// How well a score tells one label from others.
#[derive(Debug)]
pub struct Question {
    /// What it is called in reports.
    pub name: &'static str,
    /// The measure, higher for culls.
    pub score: fn(&Measures) -> f32,
    /// Its limits as shipped.
    pub limit: fn(&Policy) -> Limit,
    /// Index of the label that should score high.
    pub positive: usize,
    /// Indices of those that should not.
    pub negatives: &'static [usize],
    /// Whether its worst mistakes are listed for people.
    pub listed: bool,
}

impl Task {
    /// The class that a manifest's word stands for, in any case of letters.
    #[must_use]
    pub fn class(&self, word: &str) -> Option<usize> {
        let is = |class: &Class| class.words.iter().any(|w| w.eq_ignore_ascii_case(word));
        self.classes.iter().position(is)
    }

    /// All words, for a message.
    #[must_use]
    pub fn words(&self) -> String {
        let words: Vec<_> = self.classes.iter().flat_map(|c| c.words).copied().collect();
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sound() {
        for task in [&BLUR, &EXPOSURE, &NOISE] {
            for question in task.questions {
                assert!(!task.classes[question.positive].keeper, "{}", question.name);
                assert!(!question.negatives.contains(&question.positive), "{}", question.name);
                assert!(question.negatives.iter().any(|&n| task.classes[n].keeper));
            }
            let words: Vec<_> = task.classes.iter().flat_map(|c| c.words).collect();
            assert!(words.iter().all(|w| words.iter().filter(|v| v == &w).count() == 1));
            assert!(words.contains(&&"keep"), "{}", task.name);
        }
    }
}
