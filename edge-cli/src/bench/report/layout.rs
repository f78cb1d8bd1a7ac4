//! Facts and tables laid out as text for a terminal of 80 columns, or as Markdown.

use crate::sink::table::{escape, wrap};
use console::measure_text_width;
use std::fmt::Write as _;

/// Columns of the text.
const WIDTH: usize = 80;

/// A result as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// What was measured.
    pub title: String,
    /// Names and values.
    pub facts: Vec<(&'static str, String)>,
    /// Figures.
    pub grids: Vec<Grid>,
    /// What a reader should know, in sentences.
    pub notes: Vec<String>,
}

/// A table; the first column is text, the others are figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// What its figures are.
    pub caption: String,
    /// The columns' names, each with what several of them have in common, or nothing.
    pub columns: Vec<(String, String)>,
    /// Its cells.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// For a terminal. What comes from elsewhere cannot write on it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{}\n", escape(&self.title));
        let width = self.facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &self.facts {
            let lines = wrap(&[escape(value)], WIDTH - width - 4);
            for (at, line) in lines.iter().enumerate() {
                let name = if at == 0 { name } else { "" };
                let _ = writeln!(out, "  {name:width$}  {line}");
            }
        }
        for grid in &self.grids {
            let _ = write!(out, "\n{}", grid.text());
        }
        for (at, note) in self.notes.iter().enumerate() {
            let _ = write!(out, "{}", if at == 0 { "\n" } else { "" });
            let _ = writeln!(out, "{}", wrap(&[escape(note)], WIDTH).join("\n"));
        }
        out
    }

    /// As a section of a document.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!("## {}\n\n| | |\n| --- | --- |\n", cell(&self.title));
        for (name, value) in &self.facts {
            let _ = writeln!(out, "| {name} | {} |", cell(value));
        }
        for grid in &self.grids {
            let _ = write!(out, "\n{}", grid.markdown());
        }
        for note in &self.notes {
            let _ = write!(out, "\n{}\n", cell(note));
        }
        out
    }
}

impl Grid {
    /// With a caption above, and columns as wide as need be.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for line in wrap(std::slice::from_ref(&self.caption), WIDTH) {
            let _ = writeln!(out, "{line}");
        }
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| escape(cell)).collect()).collect();
        let width_of = |at: usize| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| columns(cell));
            let name = self.columns.get(at).map_or(0, |(_, name)| columns(name));
            cells.chain([name]).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..self.columns.len()).map(width_of).collect();
        let groups = self.groups();
        // A group is as wide as its name.
        for (name, range) in &groups {
            let wide = widths[range.clone()].iter().sum::<usize>() + 2 * (range.len() - 1);
            if let Some(first) = widths.get_mut(range.start) {
                *first += columns(name).saturating_sub(wide);
            }
        }
        if groups.iter().any(|(name, _)| !name.is_empty()) {
            let mut line = String::new();
            for (name, range) in &groups {
                let wide = widths[range.clone()].iter().sum::<usize>() + 2 * (range.len() - 1);
                let gap = if range.start == 0 { "" } else { "  " };
                let _ = write!(line, "{gap}{}{name}", " ".repeat(wide - columns(name)));
            }
            let _ = writeln!(out, "{}", line.trim_end());
        }
        let names: Vec<String> = self.columns.iter().map(|(_, name)| name.clone()).collect();
        for row in std::iter::once(&names).chain(&rows) {
            let mut line = String::new();
            for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let pad = " ".repeat(width - columns(cell));
                let _ = match at {
                    0 => write!(line, "{cell}{pad}"),
                    _ => write!(line, "  {pad}{cell}"),
                };
            }
            let _ = writeln!(out, "{}", line.trim_end());
        }
        out
    }

    /// With its caption above; what columns have in common stands in each.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!("{}\n\n", cell(&self.caption));
        let names = self.columns.iter().map(|(group, name)| {
            if group.is_empty() { name.clone() } else { format!("{group}, {name}") }
        });
        let line = |cells: &mut dyn Iterator<Item = String>| {
            let cells: Vec<String> = cells.map(|text| cell(&text)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        out += &line(&mut names.clone());
        out += &format!("| --- |{}\n", " ---: |".repeat(self.columns.len().saturating_sub(1)));
        for row in &self.rows {
            out += &line(&mut row.iter().cloned());
        }
        out
    }

    /// Neighbouring columns that have something in common.
    fn groups(&self) -> Vec<(&str, std::ops::Range<usize>)> {
        let mut groups: Vec<(&str, std::ops::Range<usize>)> = Vec::new();
        for (at, (group, _)) in self.columns.iter().enumerate() {
            match groups.last_mut() {
                Some((name, range)) if name == group && !group.is_empty() => range.end = at + 1,
                _ => groups.push((group, at..at + 1)),
            }
        }
        groups
    }
}

fn columns(text: &str) -> usize {
    measure_text_width(text)
}

/// Text that stays in its cell of a Markdown table.
fn cell(text: &str) -> String {
    escape(text).replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        let column = |group: &str, name: &str| (group.to_owned(), name.to_owned());
        Grid {
            caption: "Milliseconds".into(),
            columns: vec![
                column("", "stage"),
                column("12 MP", "p50"),
                column("12 MP", "p95"),
                column("a long group", "p50"),
            ],
            rows: vec![
                ["scan", "1.25", "13.5", "-"].map(str::to_owned).into(),
                ["read|it", "0.01", "0.02", "7"].map(str::to_owned).into(),
            ],
        }
    }

    #[test]
    fn text_is_aligned_under_its_groups() {
        let wanted = "\
Milliseconds
              12 MP  a long group
stage     p50   p95           p50
scan     1.25  13.5             -
read|it  0.01  0.02             7
";
        assert_eq!(grid().text(), wanted);
    }

    #[test]
    fn markdown_is_a_table_whatever_the_cells_hold() {
        let wanted = "\
Milliseconds

| stage | 12 MP, p50 | 12 MP, p95 | a long group, p50 |
| --- | ---: | ---: | ---: |
| scan | 1.25 | 13.5 | - |
| read\\|it | 0.01 | 0.02 | 7 |
";
        assert_eq!(grid().markdown(), wanted);
    }

    #[test]
    fn facts_that_are_long_go_on_below_and_cannot_write_on_the_terminal() {
        let value = format!("{}end\x1b[2J", "word ".repeat(20));
        let sheet = Sheet {
            title: "a\nboard".into(),
            facts: vec![("processor", value)],
            grids: vec![grid()],
            notes: vec!["A note.".into()],
        };
        let text = sheet.text();
        assert!(text.starts_with("a\\nboard\n  processor  word"), "{text}");
        assert!(text.lines().all(|line| columns(line) <= WIDTH), "{text}");
        assert!(!text.contains('\x1b') && text.ends_with("\nA note.\n"), "{text}");
        let markdown = sheet.markdown();
        assert!(markdown.starts_with("## a\\nboard\n\n| | |\n"), "{markdown}");
        assert!(markdown.ends_with("\n\nA note.\n"), "{markdown}");
    }
}
