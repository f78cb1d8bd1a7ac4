//! What can be evaluated: each task in a file of its own.
//!
//! A task is a table. Where labels are [classes](ClassTask): the labels, the
//! questions asked of a measure, the reasons that stand for them in a verdict.
//! Where they are [ratings](RatingTask): the numbers that should rise with them.

mod blur;
mod class;
mod exposure;
mod noise;
mod quality;
mod rating;

pub use blur::BLUR;
pub use class::{Class, ClassTask, Question};
pub use exposure::EXPOSURE;
pub use noise::NOISE;
pub use quality::QUALITY;
pub use rating::{RatingTask, Score};

/// How the labels of a task are read.
#[derive(Clone, Debug)]
pub struct Labels<P> {
    /// Columns that may hold them, in the order in which they are looked for.
    pub columns: Vec<&'static str>,
    /// What a label may be, for a message.
    pub known: String,
    /// From a word to a label; `None` for a word that is none.
    pub parse: P,
}
