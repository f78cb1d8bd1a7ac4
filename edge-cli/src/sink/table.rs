//! Aligned columns for people: verdict, score, why, file.
//!
//! Lines are written as frames come, so the width of the columns is decided
//! beforehand: from the terminal's, or fixed where there is none. Nothing is
//! cut off: reasons go on below, a long file name runs on.

use super::Counts;
use super::record::{Face, Reason, Record};
use super::whose::whose;
use console::Style;
use edgecull_core::geometry::Rect;
use edgecull_core::verdict::{Decision, ReasonCode};
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

const VERDICT_WIDTH: usize = 6;
const SCORE_WIDTH: usize = 5;
/// What stands before the reasons: both columns and two blanks after each.
const LEFT: usize = VERDICT_WIDTH + 2 + SCORE_WIDTH + 2;
/// Reasons where there is no terminal to measure.
const WHY_WIDTH: usize = 48;
/// Below this width the reasons go under the file.
const NARROW: usize = 64;

/// How the table is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Columns of the terminal; `None` where output goes elsewhere.
    width: Option<usize>,
    colours: bool,
}

impl Table {
    /// For standard output: as wide as the terminal, coloured there unless
    /// `NO_COLOR` is set to anything.
    #[must_use]
    pub fn for_stdout() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let term = console::Term::stdout();
        Self {
            width: is_terminal
                .then(|| term.size_checked().map_or(80, |(_, columns)| usize::from(columns))),
            colours: is_terminal
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        }
    }

    /// Writes one frame.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn record(&self, out: &mut impl Write, record: &Record) -> io::Result<()> {
        let verdict =
            self.coloured(record.verdict, &format!("{:VERDICT_WIDTH$}", record.verdict.name()));
        let score = record.score.map_or_else(|| "-".into(), |s| format!("{s:.2}"));
        let file = escape(&record.path);
        let parts = why(record);
        match self.width {
            Some(width) if width < NARROW => {
                writeln!(out, "{verdict}  {score:>SCORE_WIDTH$}  {file}")?;
                for line in wrap(&parts, width.saturating_sub(4).max(16)) {
                    if !line.is_empty() {
                        writeln!(out, "    {line}")?;
                    }
                }
                Ok(())
            }
            width => {
                let column = width.map_or(WHY_WIDTH, |w| (w - LEFT) * 11 / 20);
                let lines = match width {
                    Some(_) => wrap(&parts, column),
                    // One line a frame, for `grep`.
                    None => vec![parts.join("; ")],
                };
                for (at, line) in lines.iter().enumerate() {
                    if at == 0 {
                        let pad = column.saturating_sub(columns(line));
                        writeln!(
                            out,
                            "{verdict}  {score:>SCORE_WIDTH$}  {line}{:pad$}  {file}",
                            ""
                        )?;
                    } else {
                        writeln!(out, "{:LEFT$}{line}", "")?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Writes the last line: how many of which.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn summary(&self, out: &mut impl Write, counts: &Counts) -> io::Result<()> {
        let frames = if counts.total() == 1 { "frame" } else { "frames" };
        let part = |decision: Decision, n: u64| {
            let text = format!("{n} {}", decision.name());
            if n == 0 { text } else { self.coloured(decision, &text) }
        };
        writeln!(
            out,
            "{} {frames}: {}, {}, {}, {}",
            counts.total(),
            part(Decision::Keep, counts.keep),
            part(Decision::Review, counts.review),
            part(Decision::Reject, counts.reject),
            part(Decision::Error, counts.error),
        )
    }

    fn coloured(&self, decision: Decision, text: &str) -> String {
        let style = Style::new().force_styling(self.colours);
        let style = match decision {
            Decision::Keep => style.green(),
            Decision::Review => style.yellow(),
            Decision::Reject => style.red().bold(),
            Decision::Error => style.magenta(),
        };
        style.apply_to(text).to_string()
    }
}

/// The reasons, or what went wrong, as phrases.
fn why(record: &Record) -> Vec<String> {
    let error = record.error.iter().map(|sentence| escape(sentence));
    if record.verdict == Decision::Error {
        return error.collect();
    }
    // A damaged file may still have been judged.
    let faces = record.faces.iter().map(Face::rect);
    let phrases = record.reasons.iter().map(|reason| phrase(reason, faces.clone()));
    phrases.chain(company(record)).chain(error).collect()
}

/// The frames that it belongs with: `burst 3: best of 5`, `bracket 1: 2 of 3`.
fn company(record: &Record) -> Option<String> {
    let burst = record.burst.as_ref().map(|burst| {
        let rank = if burst.rank == 1 { "best".into() } else { format!("no. {}", burst.rank) };
        format!("burst {}: {rank} of {}", burst.id, burst.size)
    });
    let set = record.set.as_ref().map(|set| {
        format!("{} {}: {} of {}", set.kind.replace('_', " "), set.id, set.index + 1, set.size)
    });
    burst.or(set)
}

/// A reason in words, with the numbers behind it: `out of focus (blur 0.97, limit
/// 0.80)`, and with the face that it is about, if there are others: `eyes closed (face 2
/// of 3 from the left, ...)`.
fn phrase(reason: &Reason, faces: impl Iterator<Item = Rect>) -> String {
    let (words, measure) = words(reason.number);
    let words = words.map_or_else(|| reason.code.replace('_', " "), str::to_owned);
    let mut numbers = Vec::new();
    if let Some([x, y, w, h]) = reason.region {
        numbers.extend(whose(faces, Rect { x, y, w, h }));
    }
    if let Some(value) = reason.measured {
        numbers.push(format!("{measure} {value:.2}"));
    }
    if let Some(limit) = reason.threshold {
        numbers.push(format!("limit {limit:.2}"));
    }
    if numbers.is_empty() { words } else { format!("{words} ({})", numbers.join(", ")) }
}

/// A code in words, and the name of what is measured for it.
fn words(code: ReasonCode) -> (Option<&'static str>, &'static str) {
    match code {
        ReasonCode::OUT_OF_FOCUS => (Some("out of focus"), "blur"),
        ReasonCode::SUBJECT_SOFT => (Some("subject is soft"), "sharpness"),
        ReasonCode::MOTION_BLUR => (Some("motion blur"), "motion"),
        ReasonCode::UNDEREXPOSED => (Some("too dark"), "darkness"),
        ReasonCode::OVEREXPOSED => (Some("too bright"), "brightness"),
        ReasonCode::NOISY => (Some("noisy"), "noise"),
        ReasonCode::EYES_CLOSED => (Some("eyes closed"), "chance"),
        ReasonCode::NEAR_DUPLICATE => (Some("a better one is in its burst"), "likeness"),
        ReasonCode::ACCIDENTAL => (Some("nothing was photographed"), "measured"),
        ReasonCode::LOW_QUALITY => (Some("low quality"), "quality"),
        ReasonCode::OFF_TASTE => (Some("not to your taste"), "taste"),
        ReasonCode::TRUNCATED => (Some("the file ends early"), "present"),
        ReasonCode::CORRUPT => (Some("the file is damaged"), "present"),
        ReasonCode::UNSUPPORTED => (Some("format not supported"), "measured"),
        _ => (None, "measured"),
    }
}

/// Breaks phrases into lines of at most `width` columns, at blanks. A single
/// longer word has a line of its own. Always at least one line.
pub(crate) fn wrap(phrases: &[String], width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (at, phrase) in phrases.iter().enumerate() {
        let end = if at + 1 < phrases.len() { ";" } else { "" };
        // A phrase that would fit a line of its own starts one.
        let mut fresh = at > 0;
        for word in format!("{phrase}{end}").split(' ') {
            let line = lines.last_mut().map_or("", |l| l.as_str());
            let room = columns(line) + 1 + columns(word) <= width;
            if line.is_empty() || (room && !fresh) {
                if let Some(line) = lines.last_mut() {
                    if !line.is_empty() {
                        line.push(' ');
                    }
                    line.push_str(word);
                }
            } else {
                lines.push(word.to_owned());
            }
            fresh = false;
        }
    }
    lines
}

fn columns(text: &str) -> usize {
    console::measure_text_width(text)
}

/// Text that is safe on a terminal: control characters, and characters that
/// turn the direction of what follows, are written out.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns {
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::record::samples;
    use super::*;
    use crate::pipeline::Judged;
    use crate::pipeline::{Company, InBurst, InSet};
    use edgecull_core::burst::SetKind;
    use std::path::Path;

    fn text(width: Option<usize>, colours: bool, path: &str, judged: &Judged) -> String {
        let mut out = Vec::new();
        let table = Table { width, colours };
        table.record(&mut out, &Record::new(Path::new(path), judged)).expect("write");
        String::from_utf8(out).expect("utf-8")
    }

    #[test]
    fn without_a_terminal_each_frame_is_one_line_and_files_line_up() {
        let keep = text(None, false, "k.jpg", &samples::keep());
        let error = text(None, false, "e.jpg", &samples::error());
        assert_eq!(keep, format!("keep     0.81  {:48}  k.jpg\n", ""));
        assert_eq!(error, format!("error       -  {:48}  e.jpg\n", "the file ends at byte 1234"));
        let reject = text(None, false, "r.jpg", &samples::reject());
        assert_eq!(
            reject,
            "reject   0.81  out of focus (blur 0.97, limit 0.80); \
             too dark (darkness 0.97, limit 0.80)  r.jpg\n"
        );
    }

    #[test]
    fn a_damaged_frame_that_was_judged_has_its_reasons_and_its_sentence() {
        let mut judged = samples::review();
        judged.error = Some("the file ends at byte 99".into());
        let got = text(None, false, "r.jpg", &judged);
        assert!(
            got.contains("subject is soft (sharpness 0.97, limit 0.80); the file ends at byte 99")
        );
    }

    #[test]
    fn a_frame_names_its_company() {
        let mut judged = samples::keep();
        judged.company.burst = Some(InBurst { id: 3, rank: 1, size: 5, name: "IMG_1".into() });
        assert!(text(None, false, "k.jpg", &judged).contains("  burst 3: best of 5  "));
        if let Some(burst) = &mut judged.company.burst {
            burst.rank = 4;
        }
        assert!(text(None, false, "k.jpg", &judged).contains("  burst 3: no. 4 of 5  "));
        let set = InSet { kind: SetKind::FocusStack, id: 2, index: 0, size: 9, name: "a".into() };
        judged.company = Company { burst: None, set: Some(set) };
        assert!(text(None, false, "k.jpg", &judged).contains("  focus stack 2: 1 of 9  "));
    }

    #[test]
    fn a_reason_about_one_of_several_faces_names_it() {
        let mut judged = samples::review();
        let face = |x| samples::face(Rect { x, y: 2, w: 30, h: 40 });
        judged.faces = vec![face(1), face(500)];
        let got = text(None, false, "r.jpg", &judged);
        let named = "subject is soft (face 1 of 2 from the left, sharpness 0.97, limit 0.80)";
        assert!(got.contains(named), "{got}");
        judged.faces.pop();
        assert!(!text(None, false, "r.jpg", &judged).contains("face"));
    }

    #[test]
    fn on_a_terminal_reasons_go_on_below() {
        let got = text(Some(90), false, "r.jpg", &samples::reject());
        let expected = format!(
            "reject   0.81  {:41}  r.jpg\n{:15}too dark (darkness 0.97, limit 0.80)\n",
            "out of focus (blur 0.97, limit 0.80);", ""
        );
        assert_eq!(got, expected);
    }

    #[test]
    fn on_a_narrow_terminal_reasons_go_under_the_file() {
        let got = text(Some(40), false, "r.jpg", &samples::reject());
        assert_eq!(
            got,
            "reject   0.81  r.jpg\n    out of focus (blur 0.97, limit\n    0.80);\n    \
             too dark (darkness 0.97, limit 0.80)\n"
        );
        assert_eq!(text(Some(40), false, "k.jpg", &samples::keep()), "keep     0.81  k.jpg\n");
        // No width is too small to print.
        assert!(text(Some(0), false, "r.jpg", &samples::reject()).contains("r.jpg"));
    }

    #[test]
    fn names_cannot_write_on_the_terminal() {
        let got = text(None, false, "a\n\x1b[2J\u{202E}\u{9b}b.jpg", &samples::keep());
        assert!(got.ends_with("a\\n\\u{1b}[2J\\u{202e}\\u{9b}b.jpg\n"), "{got}");
    }

    #[test]
    fn colour_only_where_asked_for() {
        assert!(text(None, true, "k.jpg", &samples::keep()).contains("\x1b[32m"));
        assert!(!text(None, false, "k.jpg", &samples::reject()).contains('\x1b'));
    }

    #[test]
    fn the_summary_counts() {
        let mut counts = Counts::default();
        for judged in [samples::keep(), samples::keep(), samples::reject()] {
            counts.add(judged.verdict.decision);
        }
        let mut out = Vec::new();
        Table { width: None, colours: false }.summary(&mut out, &counts).expect("write");
        assert_eq!(out, b"3 frames: 2 keep, 0 review, 1 reject, 0 error\n");
    }
}
