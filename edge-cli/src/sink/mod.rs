//! Where verdicts are written down: lines for people and programs, and
//! sidecars for other applications.
//!
//! Every line is made from one [`Record`].

pub mod csv;
pub mod ndjson;
pub mod record;
pub mod table;
pub mod whose;
pub mod xmp;

use crate::args::Format;
use record::Record;
use std::io::{self, Write};

/// Numbers of frames by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Verdict keep.
    pub keep: u64,
    /// Verdict review.
    pub review: u64,
    /// Verdict reject.
    pub reject: u64,
    /// Frames that could not be judged.
    pub error: u64,
}

impl Counts {
    /// Counts one frame.
    pub fn add(&mut self, decision: edgecull_core::verdict::Decision) {
        use edgecull_core::verdict::Decision;
        *match decision {
            Decision::Keep => &mut self.keep,
            Decision::Review => &mut self.review,
            Decision::Reject => &mut self.reject,
            Decision::Error => &mut self.error,
        } += 1;
    }

    /// All frames.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.keep + self.review + self.reject + self.error
    }
}

/// Writes records as lines of one format.
#[derive(Debug)]
pub enum Lines {
    /// For people.
    Table(table::Table),
    /// For programs.
    Ndjson,
    /// For spreadsheets.
    Csv,
}

impl Lines {
    /// Lines for standard output.
    #[must_use]
    pub fn to_stdout(format: Format) -> Self {
        match format {
            Format::Table => Self::Table(table::Table::for_stdout()),
            Format::Ndjson => Self::Ndjson,
            Format::Csv => Self::Csv,
        }
    }

    /// Writes what stands above the first record.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn begin(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Table(_) | Self::Ndjson => Ok(()),
            Self::Csv => csv::header(out),
        }
    }

    /// Writes one record.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn record(&self, out: &mut impl Write, record: &Record) -> io::Result<()> {
        match self {
            Self::Table(table) => table.record(out, record),
            Self::Ndjson => ndjson::record(out, record),
            Self::Csv => csv::record(out, record),
        }
    }

    /// Writes what stands below the last record.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn end(&self, out: &mut impl Write, counts: &Counts) -> io::Result<()> {
        match self {
            Self::Table(table) => table.summary(out, counts),
            Self::Ndjson | Self::Csv => Ok(()),
        }
    }
}
