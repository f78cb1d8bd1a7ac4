//! A report for people.

use super::budget::{Budget, Threshold};
use super::proportion::Proportion;
use super::report::{Answer, Mistake, Report};
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

    writeln!(out, "\nVerdicts at strictness {}", report.strictness)?;
    writeln!(
        out,
        "  {:10} {:>6} {:>6} {:>7} {:>7}  for this reason",
        "label", "judged", "keep", "review", "reject"
    )?;
    for row in &report.confusion {
        writeln!(
            out,
            "  {:10} {:>6} {:>6} {:>7} {:>7}  {:>15}",
            row.label, row.judged, row.keep, row.review, row.reject, row.named
        )?;
    }
    for (name, figure) in [
        ("keepers flagged", &report.keepers_flagged),
        ("keepers rejected", &report.keepers_rejected),
        ("culls found", &report.culls_found),
        ("culls rejected", &report.culls_rejected),
    ] {
        writeln!(out, "  {name:17} {}", proportion(figure))?;
    }
    report.questions.iter().try_for_each(|answer| self::answer(out, answer))?;

    if !report.not_judged.is_empty() {
        writeln!(out, "\n{} files could not be judged", report.not_judged.len())?;
        for file in &report.not_judged {
            writeln!(out, "  {}: {}", escape(&file.file), escape(&file.error))?;
        }
    }
    Ok(())
}

fn answer(out: &mut impl Write, answer: &Answer) -> io::Result<()> {
    writeln!(out, "\n{} ({} against {})", answer.question, answer.culls, answer.keepers)?;
    if answer.auc.is_none() {
        return writeln!(out, "  files of both labels are needed");
    }
    let line = |out: &mut dyn Write, name: &str, value, interval| {
        writeln!(out, "  {name:33} {}{}", number(value), bracket(interval))
    };
    line(out, "AUC", answer.auc, answer.auc_interval)?;
    for recall in &answer.recall {
        let name = format!("recall at {:.0} % false alarms", 100.0 * recall.false_alarms);
        line(out, &name, recall.recall, recall.interval)?;
    }
    if let Some(order) = &answer.order {
        line(out, "pairs of one group in order", order.share, order.interval)?;
        writeln!(out, "  {:33} {} of {}, {} tied", "", order.ordered, order.total, order.tied)?;
    }
    let reject = answer.reject_limit.map_or("never".into(), |limit| format!("{limit:.3}"));
    writeln!(out, "  limits: review {:.3}, reject {reject}", answer.review_limit)?;
    if let Some(budget) = &answer.budget {
        self::budget(out, budget)?;
    }
    if answer.listed {
        mistakes(out, "lowest scores of what should be high", &answer.lowest_culls)?;
        mistakes(out, "highest scores of what should be low", &answer.highest_keepers)?;
    }
    Ok(())
}

fn budget(out: &mut impl Write, budget: &Budget) -> io::Result<()> {
    let (max, sure) = (percent(budget.max_keepers_flagged), percent(budget.confidence));
    writeln!(out, "  to flag at most {max} of keepers")?;
    let line = |out: &mut dyn Write, name: &str, t: &Threshold| {
        writeln!(
            out,
            "    {name:14} threshold {:.4}: keepers flagged {} (below {} with {sure} confidence), \
             culls found {}",
            t.score,
            proportion(&t.keepers_flagged),
            percent(t.upper_bound),
            proportion(&t.culls_found),
        )
    };
    match &budget.plain {
        Some(plain) => line(out, "on these files", plain)?,
        None => writeln!(out, "    on these files no threshold does that and finds anything")?,
    }
    match &budget.guarded {
        Some(guarded) => line(out, "guaranteed", guarded),
        None => writeln!(
            out,
            "    guaranteed     none with {sure} confidence: that needs at least {} keepers, and \
             something that scores above them",
            budget.keepers_needed
        ),
    }
}

fn mistakes(out: &mut impl Write, title: &str, files: &[Mistake]) -> io::Result<()> {
    writeln!(out, "  {title}")?;
    for file in files {
        let Mistake { file, label, score, verdict } = file;
        writeln!(out, "    {score:.4}  {label:8} {verdict:6}  {}", escape(file))?;
    }
    Ok(())
}

fn proportion(p: &Proportion) -> String {
    match (p.share, p.interval) {
        (Some(share), Some([low, high])) => format!(
            "{} ({} of {}) [{} to {}]",
            percent(share),
            p.count,
            p.total,
            percent(low),
            percent(high)
        ),
        _ => "- (none)".into(),
    }
}

/// With three significant digits or so, and never a 100 that is not one.
fn percent(share: f64) -> String {
    let value = 100.0 * share;
    let text = if value < 10.0 { format!("{value:.2}") } else { format!("{value:.1}") };
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    match text {
        "100" if share < 1.0 => "99.9 %".into(),
        text => format!("{text} %"),
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |v| format!("{v:.4}"))
}

fn bracket(interval: Option<[f64; 2]>) -> String {
    interval.map_or_else(String::new, |[low, high]| format!(" [{low:.4} to {high:.4}]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_short_and_honest() {
        for (share, text) in [
            (0.0, "0 %"),
            (0.01, "1 %"),
            (0.012_345, "1.23 %"),
            (0.5, "50 %"),
            (0.8329, "83.3 %"),
            (0.9999, "99.9 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(percent(share), text);
        }
        assert_eq!(proportion(&Proportion::new(0, 0)), "- (none)");
        assert_eq!(proportion(&Proportion::new(8, 10)), "80 % (8 of 10) [49 % to 94.3 %]");
    }
}
