//! Findings about near-duplicates, for people.

use super::super::duplicates::{groups, variants};
use super::figure::{bracket, number, proportion};
use crate::sink::table::escape;
use std::io::{self, Write};

/// Which files were put together.
pub(super) fn groups(out: &mut impl Write, findings: &groups::Findings) -> io::Result<()> {
    let groups::Findings { gap_ms, compared, timed, bursts, pairs, found, right, .. } = findings;
    writeln!(
        out,
        "\n{compared} files, {timed} of them with a time, are {bursts} bursts of frames at most \
         {} s apart",
        f64::from(*gap_ms) / 1000.0
    )?;
    writeln!(out, "{pairs} pairs belong together, {found} were put together, {right} rightly")?;
    for (name, value, interval) in [
        ("precision", findings.precision, findings.precision_interval),
        ("recall", findings.recall, findings.recall_interval),
        ("F1", findings.f1, findings.f1_interval),
    ] {
        writeln!(out, "  {name:33} {}{}", number(value), bracket(interval))?;
    }
    writeln!(out, "  groups torn into the most bursts")?;
    for groups::Torn { file, files, bursts } in &findings.torn {
        writeln!(out, "    {bursts:>6}  that of {}, {files} files", escape(file))?;
    }
    none(out, findings.torn.is_empty())?;
    writeln!(out, "  bursts of the most groups")?;
    for groups::Mixed { file, other, files, groups } in &findings.mixed {
        let (file, other) = (escape(file), escape(other));
        writeln!(out, "    {groups:>6}  that of {file} with {other}, {files} files")?;
    }
    none(out, findings.mixed.is_empty())
}

/// What became of changed photographs.
pub(super) fn variants(out: &mut impl Write, findings: &variants::Findings) -> io::Result<()> {
    writeln!(out, "\nVersions of {} photographs", findings.photographs)?;
    for limit in &findings.limits {
        writeln!(out, "{}, up to distance {}", limit.name, limit.distance)?;
        writeln!(out, "  {:33} {}", "versions found", proportion(&limit.recall))?;
        writeln!(out, "  {:33} {}", "false pairs", proportion(&limit.false_pairs))?;
    }
    if let Some(distance) = findings.one_in_a_thousand {
        writeln!(out, "with 0.1 % of false pairs, up to distance {distance}")?;
        writeln!(out, "  {:33} {}", "versions found", proportion(&findings.recall_there))?;
    }
    writeln!(out, "\nVersions found in a series, and the median of their distances")?;
    for change in &findings.changes {
        let (name, share) = (change.change.name(), proportion(&change.recall));
        writeln!(out, "  {name:13} {:>6}  {share}", change.median)?;
    }
    writeln!(out, "  the versions farthest from their photographs")?;
    for lost in &findings.lost {
        let name = lost.change.name();
        writeln!(out, "    {:>6}  {}, {name}", lost.distance, escape(&lost.file))?;
    }
    none(out, findings.lost.is_empty())?;
    writeln!(out, "  the unrelated photographs that look most alike")?;
    for pair in &findings.alike {
        let (file, other) = (escape(&pair.file), escape(&pair.other));
        writeln!(out, "    {:>6}  {file} and {other}", pair.distance)?;
    }
    none(out, findings.alike.is_empty())
}

fn none(out: &mut impl Write, none: bool) -> io::Result<()> {
    if none { writeln!(out, "    none") } else { Ok(()) }
}
