//! How well bursts match what people call one, and near-duplicates each other.
//!
//! In come the looks of labelled files; out come shares of pairs. [`groups`] asks which
//! files grouping puts together, [`variants`] whether a photograph changed on purpose
//! still looks like itself, and unlike all others.

pub mod change;
pub mod groups;
pub mod labels;
pub mod variants;
