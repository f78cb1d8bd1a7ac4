//! Tasks whose labels name what a frame is: some for keepers, some for culls.

use super::Labels;
use edgecull_core::judge::{Limit, Policy};
use edgecull_core::verdict::{Measures, ReasonCode};

/// A task whose labels are names of classes.
#[derive(Debug)]
pub struct ClassTask {
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

impl ClassTask {
    /// The class that a manifest's word stands for, in any case of letters.
    #[must_use]
    pub fn class(&self, word: &str) -> Option<usize> {
        let is = |class: &Class| class.words.iter().any(|w| w.eq_ignore_ascii_case(word));
        self.classes.iter().position(is)
    }

    /// How its labels are read: each becomes an index into [`classes`](Self::classes).
    #[must_use]
    pub fn labels(&self) -> Labels<impl Fn(&str) -> Option<usize>> {
        let words: Vec<_> = self.classes.iter().flat_map(|c| c.words).copied().collect();
        Labels {
            columns: vec![self.name, "label"],
            known: words.join(", "),
            parse: |word: &str| self.class(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BLUR, EXPOSURE, NOISE};

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
