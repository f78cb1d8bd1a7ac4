//! Findings about faces, for people.

use super::super::faces::{Findings, Mistake};
use super::figure::{bracket, number, percent, proportion};
use crate::sink::table::escape;
use std::io::{self, Write};

/// Figures over all thresholds, at the shipped one, then mistakes.
pub(super) fn write(out: &mut impl Write, findings: &Findings) -> io::Result<()> {
    let Findings { pictures, faces, ignored, min_height, overlap, .. } = findings;
    writeln!(
        out,
        "\n{faces} faces of at least {min_height} pixels in {pictures} pictures, found from an \
         overlap of {overlap} on; {ignored} boxes count for neither side"
    )?;
    let line = |out: &mut dyn Write, name: &str, value, interval| {
        writeln!(out, "  {name:33} {}{}", number(value), bracket(interval))
    };
    if *faces > 0 {
        writeln!(out, "\nOver all thresholds")?;
        let at = &findings.at_precision;
        let name = format!("recall at precision {:.2}", at.precision);
        line(out, &name, at.recall, at.recall_interval)?;
        line(out, "  from confidence", at.threshold, None)?;
        let interval = findings.average_precision_interval;
        line(out, "average precision", findings.average_precision, interval)?;
    }
    let shipped = &findings.shipped;
    writeln!(out, "\nFrom confidence {:.2}, as shipped", shipped.threshold)?;
    if *faces > 0 {
        line(out, "recall", shipped.recall, shipped.recall_interval)?;
        line(out, "precision", shipped.precision, shipped.precision_interval)?;
    }
    let interval = shipped.false_per_picture_interval;
    line(out, "false faces a picture", shipped.false_per_picture, interval)?;
    writeln!(out, "  {:33} {}", "pictures with one", proportion(&shipped.pictures_with_false))?;
    if *faces > 0 {
        mistakes(out, "the highest faces missed", &findings.missed)?;
    }
    mistakes(out, "the surest false faces", &findings.false_faces)
}

fn mistakes(out: &mut impl Write, title: &str, mistakes: &[Mistake]) -> io::Result<()> {
    writeln!(out, "  {title}")?;
    if mistakes.is_empty() {
        return writeln!(out, "    none");
    }
    for Mistake { file, region: [x, y, w, h], confidence } in mistakes {
        let sure = confidence.map_or_else(|| "-".into(), percent);
        writeln!(out, "    {sure:>6}  {} (at {x}, {y}: {w} x {h} pixels)", escape(file))?;
    }
    Ok(())
}
