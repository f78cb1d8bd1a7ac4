//! Findings about sets, for people.

use super::super::sets::{Findings, Mistake};
use super::figure::proportion;
use crate::sink::table::escape;
use std::io::{self, Write};

/// Shares of each kind, then mistakes.
pub(super) fn write(out: &mut impl Write, findings: &Findings) -> io::Result<()> {
    writeln!(out, "\nSets kept whole, as what they are; and kept whole under any name")?;
    for kind in &findings.kinds {
        writeln!(out, "  {:12} {}", kind.kind, proportion(&kind.whole))?;
        writeln!(out, "  {:12} {}", "", proportion(&kind.kept))?;
    }
    mistakes(out, "not as they are", &findings.not_whole)?;
    writeln!(out, "\nFrames of no set that were put into one")?;
    writeln!(out, "  {:12} {}", "", proportion(&findings.false_frames))?;
    mistakes(out, &format!("{} false sets", findings.false_sets), &findings.false_listed)
}

fn mistakes(out: &mut impl Write, title: &str, mistakes: &[Mistake]) -> io::Result<()> {
    writeln!(out, "  {title}")?;
    if mistakes.is_empty() {
        return writeln!(out, "    none");
    }
    for Mistake { kind, first, size, remark } in mistakes {
        writeln!(out, "    {kind} of {size} from {}: {remark}", escape(first))?;
    }
    Ok(())
}
