//! How good people find a photograph.

use super::{RatingTask, Score};

/// Whether `measures.quality`, and the score of the whole verdict, rise with
/// people's ratings.
pub static QUALITY: RatingTask = RatingTask {
    name: "quality",
    columns: &["mos", "label"],
    scores: &[
        Score { name: "measures.quality", of: |v| v.measures?.quality },
        Score { name: "score", of: |v| v.score },
    ],
};
