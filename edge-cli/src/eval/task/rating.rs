//! Tasks whose labels are numbers: how good people find a frame.

use super::Labels;
use edgecull_core::verdict::Verdict;

/// A task whose labels are ratings, higher for better, on any scale.
#[derive(Debug)]
pub struct RatingTask {
    /// Its name on the command line, and that of a column of labels.
    pub name: &'static str,
    /// Other names of that column, in the order in which they are looked for.
    pub columns: &'static [&'static str],
    /// What should rise with the rating.
    pub scores: &'static [Score],
}

/// A number that should rise with the rating.
#[derive(Debug)]
pub struct Score {
    /// Where it stands in a frame's record.
    pub name: &'static str,
    /// The number, higher for better; `None` where the record has none.
    pub of: fn(&Verdict) -> Option<f32>,
}

impl RatingTask {
    /// How its labels are read: each becomes a finite number.
    #[must_use]
    pub fn labels(&self) -> Labels<impl Fn(&str) -> Option<f64>> {
        Labels {
            columns: [&[self.name], self.columns].concat(),
            known: "numbers, higher for better, such as 4 or 62.5".into(),
            parse: |word: &str| word.parse().ok().filter(|rating: &f64| rating.is_finite()),
        }
    }
}
