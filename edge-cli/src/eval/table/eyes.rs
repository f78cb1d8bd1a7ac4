//! Findings about eyes, for people.

use super::super::eyes::{Answer, Findings, Mistake, Row};
use super::figure::{bracket, number, proportion};
use crate::sink::table::escape;
use std::io::{self, Write};

/// Faces found, then each answer.
pub(super) fn write(out: &mut impl Write, findings: &Findings) -> io::Result<()> {
    writeln!(out)?;
    if let Some(found) = &findings.faces_found {
        writeln!(out, "{:35} {}", "labelled faces found", proportion(found))?;
    }
    if let Some(centres) = &findings.centres {
        writeln!(
            out,
            "{:35} {:.3}, of 95 % at most {:.3} distances between the eyes",
            "eye centres off by, median", centres.median, centres.percentile_95
        )?;
    }
    findings.answers.iter().try_for_each(|answer| self::answer(out, answer))
}

fn answer(out: &mut impl Write, answer: &Answer) -> io::Result<()> {
    let faces = answer.of == "faces";
    let note = if faces { ", whose eyes have one label" } else { "" };
    writeln!(out, "\nOf {}{note}", answer.of)?;
    writeln!(
        out,
        "  {:10} {:>6} {:>7} {:>7} {:>16}",
        "label", "open", "closed", "hidden", "face not found"
    )?;
    for Row { label, open, closed, hidden, missed } in &answer.table {
        writeln!(out, "  {label:10} {open:>6} {closed:>7} {hidden:>7} {missed:>16}")?;
    }
    let line = |out: &mut dyn Write, name: &str, value, interval| {
        writeln!(out, "  {name:33} {}{}", number(value), bracket(interval))
    };
    line(out, "AUC", answer.auc, answer.auc_interval)?;
    let found = answer.balanced_accuracy_interval;
    line(out, "balanced accuracy", answer.balanced_accuracy, found)?;
    let told = answer.balanced_accuracy_told_interval;
    line(out, "  of those not hidden", answer.balanced_accuracy_told, told)?;
    if answer.table.iter().any(|row| row.missed > 0) {
        let all = answer.balanced_accuracy_all_interval;
        line(out, "  with missed faces as missed", answer.balanced_accuracy_all, all)?;
    }
    for (name, share) in [
        ("open called closed", &answer.open_called_closed),
        ("closed called open", &answer.closed_called_open),
        ("hidden, of open and closed", &answer.hidden),
    ] {
        writeln!(out, "  {name:33} {}", proportion(share))?;
    }
    mistakes(out, "open and called closed", &answer.worst_open)?;
    mistakes(out, "closed and not called so", &answer.worst_closed)
}

fn mistakes(out: &mut impl Write, title: &str, mistakes: &[Mistake]) -> io::Result<()> {
    writeln!(out, "  {title}")?;
    if mistakes.is_empty() {
        return writeln!(out, "    none");
    }
    for Mistake { name, p_open, said } in mistakes {
        let chance = number(*p_open);
        writeln!(out, "    {chance:>6}  {said:6}  {}", escape(name))?;
    }
    Ok(())
}
