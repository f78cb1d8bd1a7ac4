//! Findings about classes, for people.

use super::super::budget::{Budget, Threshold};
use super::super::report::classes::{Answer, Findings, Mistake};
use super::figure::{bracket, number, percent, proportion};
use crate::sink::table::escape;
use std::io::{self, Write};

/// Verdicts by label, then each question.
pub(super) fn write(out: &mut impl Write, findings: &Findings) -> io::Result<()> {
    writeln!(
        out,
        "  {:10} {:>6} {:>6} {:>7} {:>7}  for this reason",
        "label", "judged", "keep", "review", "reject"
    )?;
    for row in &findings.confusion {
        writeln!(
            out,
            "  {:10} {:>6} {:>6} {:>7} {:>7}  {:>15}",
            row.label, row.judged, row.keep, row.review, row.reject, row.named
        )?;
    }
    for (name, figure) in [
        ("keepers flagged", &findings.keepers_flagged),
        ("keepers rejected", &findings.keepers_rejected),
        ("culls found", &findings.culls_found),
        ("culls rejected", &findings.culls_rejected),
    ] {
        writeln!(out, "  {name:17} {}", proportion(figure))?;
    }
    findings.questions.iter().try_for_each(|answer| self::answer(out, answer))
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
