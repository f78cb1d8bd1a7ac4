//! Findings about ratings, for people.

use super::super::report::ratings::{Answer, Disagreement, Findings, Quarter};
use super::figure::{bracket, number};
use crate::sink::table::escape;
use std::io::{self, Write};

/// Verdicts by quarter of the ratings, then each score.
pub(super) fn write(
    out: &mut impl Write,
    findings: &Findings,
    label_column: &str,
) -> io::Result<()> {
    writeln!(
        out,
        "  {:14} {:>9} {:>9} {:>6} {:>6} {:>7} {:>7}",
        format!("by {label_column}"),
        "from",
        "to",
        "judged",
        "keep",
        "review",
        "reject"
    )?;
    for row in &findings.quarters {
        let Quarter { quarter, lowest, highest, judged, keep, review, reject } = row;
        let name = match quarter {
            1 => "lowest quarter".to_owned(),
            4 => "highest".to_owned(),
            n => format!("{n} of 4"),
        };
        let [from, to] =
            [lowest, highest].map(|r| r.map_or_else(|| "-".to_owned(), |r| r.to_string()));
        writeln!(
            out,
            "  {name:14} {from:>9} {to:>9} {judged:>6} {keep:>6} {review:>7} {reject:>7}"
        )?;
    }
    findings.scores.iter().try_for_each(|answer| self::answer(out, answer))
}

fn answer(out: &mut impl Write, answer: &Answer) -> io::Result<()> {
    writeln!(out, "\n`{}` against the ratings ({} files)", answer.score, answer.files)?;
    if answer.spearman.is_none() {
        return writeln!(out, "  files with different ratings and different scores are needed");
    }
    for (name, value, interval) in [
        ("Spearman's rank correlation", answer.spearman, answer.spearman_interval),
        ("Pearson's correlation", answer.pearson, answer.pearson_interval),
    ] {
        writeln!(out, "  {name:33} {}{}", number(value), bracket(interval))?;
    }
    disagreements(out, "rated high, scored low", &answer.rated_high_scored_low)?;
    disagreements(out, "rated low, scored high", &answer.rated_low_scored_high)
}

fn disagreements(out: &mut impl Write, title: &str, files: &[Disagreement]) -> io::Result<()> {
    writeln!(out, "  {title}")?;
    if files.is_empty() {
        return writeln!(out, "    none");
    }
    writeln!(out, "    {:>9} {:>6}  {:>6} {:>6}  verdict", "rating", "place", "score", "place")?;
    for d in files {
        let Disagreement { file, rating, rating_place, score, score_place, verdict } = d;
        let file = escape(file);
        writeln!(
            out,
            "    {rating:>9} {rating_place:>6}  {score:.4} {score_place:>6}  {verdict:7}  {file}"
        )?;
    }
    Ok(())
}
