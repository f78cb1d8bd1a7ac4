//! A report for people.

mod classes;
mod duplicates;
mod eyes;
mod faces;
mod figure;
mod ratings;
mod sets;

use super::report::{Findings, Report};
use crate::sink::table::escape;
use std::io::{self, Write};

/// Writes the report as text.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let groups = match report.group_column {
        Some(column) => format!("{} groups by `{column}`", report.groups),
        None => "each file by itself".into(),
    };
    writeln!(out, "{}: {} labelled files, {groups}", report.task, report.files)?;
    if report.unlabelled > 0 {
        writeln!(out, "{} rows without a label were left out", report.unlabelled)?;
    }
    writeln!(out, "Brackets hold 95 % intervals.")?;

    let verdicts = format!("\nVerdicts at strictness {}", report.strictness);
    match &report.findings {
        Findings::Classes(findings) => {
            writeln!(out, "{verdicts}")?;
            classes::write(out, findings)?;
        }
        Findings::Ratings(findings) => {
            writeln!(out, "{verdicts}")?;
            ratings::write(out, findings, &report.label_column)?;
        }
        Findings::Faces(findings) => faces::write(out, findings)?,
        Findings::Eyes(findings) => eyes::write(out, findings)?,
        Findings::Duplicates(findings) => duplicates::groups(out, findings)?,
        Findings::Variants(findings) => duplicates::variants(out, findings)?,
        Findings::Sets(findings) => sets::write(out, findings)?,
    }

    if !report.not_judged.is_empty() {
        writeln!(out, "\n{} files could not be judged", report.not_judged.len())?;
        for file in &report.not_judged {
            writeln!(out, "  {}: {}", escape(&file.file), escape(&file.error))?;
        }
    }
    Ok(())
}
