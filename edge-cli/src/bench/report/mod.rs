//! A result for people: one sheet of facts and tables, as text or as a section of
//! `docs/devices.md`.

mod facts;
mod json;
mod layout;
mod tables;

pub use json::write as json;
pub use layout::{Grid, Sheet};
pub(super) use tables::number;

use super::result::Bench;

impl Sheet {
    /// Of a result.
    #[must_use]
    pub fn of(bench: &Bench) -> Self {
        Self {
            title: facts::title(bench),
            facts: facts::facts(bench),
            grids: tables::grids(bench),
            notes: facts::notes(bench),
        }
    }
}
