//! The panel beside the pictures: the verdict, the sentences, the numbers, the legend.

use super::canvas::{Area, Canvas, Colour, width_of, wrap};
use super::eyes::{self, Eyes};
use super::palette::{
    BAD, CARD, DOUBT, FACE, FINE, GROUND, HIGHLIGHT, INK, NEUTRAL, QUIET, SHADOW, SUBJECT, TRACK,
    heat_at, verdict_colour,
};
use super::words;
use super::{Explained, Gauge, Standing};
use embedded_graphics::mono_font::MonoFont;
use embedded_graphics::mono_font::iso_8859_1::{
    FONT_8X13 as SMALL, FONT_9X15 as PLAIN, FONT_9X18_BOLD as BOLD, FONT_10X20 as LARGE,
};

/// Pixels across.
pub(super) const WIDTH: i32 = 470;

/// The panel: what stands in it, from the top, and how high it is.
pub(super) struct Panel {
    items: Vec<Item>,
    pub(super) height: i32,
}

enum Item {
    Line(String, &'static MonoFont<'static>, Colour),
    Verdict { name: String, note: String, colour: Colour },
    Bullet { lines: Vec<String>, colour: Colour },
    Gauge(Gauge),
    Eyes(Vec<Eyes>),
    Space(i32),
    Legend { subject: &'static str, faces: bool },
}

impl Item {
    fn height(&self) -> i32 {
        match self {
            Self::Line(_, font, _) => font.character_size.height as i32 + 4,
            Self::Verdict { .. } => 44,
            Self::Bullet { lines, .. } => 19 * lines.len() as i32 + 8,
            Self::Gauge(gauge) if gauge.limit.is_some() => 32,
            Self::Gauge(_) => 25,
            Self::Eyes(_) => eyes::HEIGHT,
            Self::Space(height) => *height,
            Self::Legend { .. } => 122,
        }
    }
}

impl Panel {
    pub(super) fn new(explained: &Explained) -> Self {
        let mut items = Vec::new();
        let lines =
            |items: &mut Vec<Item>, text: &str, font: &'static MonoFont<'static>, colour| {
                items.extend(
                    wrap(text, font, WIDTH).into_iter().map(|line| Item::Line(line, font, colour)),
                );
            };
        lines(&mut items, &explained.name(), &LARGE, INK);
        let exif = explained.judged.exif.as_ref().map(words::exif).unwrap_or_default();
        for text in [words::size(explained).unwrap_or_default(), exif] {
            if !text.is_empty() {
                lines(&mut items, &text, &SMALL, QUIET);
            }
        }
        let verdict = &explained.judged.verdict;
        let score = verdict.score.map_or_else(String::new, |score| format!("score {score:.2}"));
        items.extend([
            Item::Space(14),
            Item::Verdict {
                name: verdict.decision.name().to_uppercase(),
                note: format!("{score}  strictness {}", explained.strictness.name()),
                colour: verdict_colour(explained),
            },
            Item::Space(12),
        ]);
        for finding in words::findings(explained) {
            let colour = verdict_colour(explained);
            items.push(Item::Bullet { lines: wrap(&finding.text, &PLAIN, WIDTH - 24), colour });
        }
        for note in words::notes(explained) {
            items.push(Item::Bullet { lines: wrap(&note, &PLAIN, WIDTH - 24), colour: NEUTRAL });
        }
        let evidence = explained.evidence.as_ref();
        items.extend(evidence.map(eyes::rows).into_iter().flatten().map(Item::Eyes));
        items.push(Item::Space(10));
        let gauges = explained.gauges();
        let (limited, plain): (Vec<_>, Vec<_>) =
            gauges.into_iter().partition(|g| g.limit.is_some());
        lines(&mut items, "Faults and their limits", &BOLD, INK);
        items.extend(limited.into_iter().map(Item::Gauge));
        items.push(Item::Space(6));
        lines(&mut items, "Other measures", &BOLD, INK);
        items.extend(plain.into_iter().map(Item::Gauge));
        let subject = evidence.and_then(|e| e.subject.as_ref());
        items.extend([
            Item::Space(10),
            Item::Legend {
                subject: subject.map_or("sharpest area", words::subject_name),
                faces: evidence.is_some_and(|e| !e.faces.is_empty()),
            },
        ]);
        let height = items.iter().map(Item::height).sum();
        Self { items, height }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, x: i32, y: i32) {
        let mut y = y;
        for item in &self.items {
            match item {
                Item::Line(text, font, colour) => canvas.text(x, y, text, font, *colour),
                Item::Verdict { name, note, colour } => {
                    let w = width_of(name, &LARGE) + 36;
                    canvas.fill(Area { x, y, w: WIDTH, h: 44 }, CARD, 1.0);
                    canvas.fill(Area { x, y, w, h: 44 }, *colour, 1.0);
                    canvas.text(x + 18, y + 12, name, &LARGE, GROUND);
                    canvas.text(x + w + 16, y + 14, note, &PLAIN, INK);
                }
                Item::Bullet { lines, colour } => {
                    let h = 19 * lines.len() as i32 - 3;
                    canvas.fill(Area { x, y, w: 5, h }, *colour, 1.0);
                    for (line, y) in lines.iter().zip((y..).step_by(19)) {
                        canvas.text(x + 18, y, line, &PLAIN, INK);
                    }
                }
                Item::Gauge(gauge) => self::gauge(canvas, gauge, x, y),
                Item::Eyes(row) => eyes::draw(canvas, row, x, y),
                Item::Space(_) => {}
                Item::Legend { subject, faces } => legend(canvas, x, y, subject, *faces),
            }
            y += item.height();
        }
    }
}

/// Name, bar with the limits marked on it, number.
fn gauge(canvas: &mut Canvas, gauge: &Gauge, x: i32, y: i32) {
    const LEFT: i32 = 122;
    const RIGHT: i32 = 56;
    let bar = Area { x: x + LEFT, y: y + 5, w: WIDTH - LEFT - RIGHT, h: 11 };
    let colour = match gauge.standing() {
        Standing::Neutral => NEUTRAL,
        Standing::Fine => FINE,
        Standing::Doubtful => DOUBT,
        Standing::Broken => BAD,
    };
    let along = |share: f32| (share.clamp(0.0, 1.0) * bar.w as f32).round() as i32;
    canvas.text(x, y + 3, gauge.name, &PLAIN, INK);
    canvas.fill(bar, TRACK, 1.0);
    canvas.fill(Area { w: along(gauge.value), ..bar }, colour, 1.0);
    canvas.text(bar.x + bar.w + 14, y + 3, &format!("{:.2}", gauge.value), &PLAIN, INK);
    if let Some(limit) = gauge.limit {
        for (at, colour) in [(Some(limit.review), DOUBT), (limit.reject, BAD)] {
            if let Some(at) = at {
                let tick = Area { x: bar.x + along(at) - 1, y: bar.y - 3, w: 3, h: bar.h + 9 };
                canvas.fill(tick, GROUND, 1.0);
                canvas.fill(Area { x: tick.x, w: 2, ..tick }, colour, 1.0);
            }
        }
    }
}

fn legend(canvas: &mut Canvas, x: i32, y: i32, subject: &str, faces: bool) {
    const BAR: i32 = 220;
    let word = |canvas: &mut Canvas, x, y, text: &str| canvas.text(x, y, text, &SMALL, QUIET);
    for step in 0..BAR {
        let colour = heat_at(step as f32 / BAR as f32);
        canvas.fill(Area { x: x + step, y, w: 1, h: 14 }, colour, 1.0);
    }
    word(canvas, x + BAR + 14, y, "soft to crisp");
    word(canvas, x, y + 20, "Grey tiles have too little texture to tell.");
    let half = WIDTH / 2;
    let sample =
        |column: i32, row: i32| Area { x: x + column * half, y: y + 46 + 26 * row, w: 26, h: 16 };
    canvas.fill(sample(0, 0), [250; 3], 1.0);
    canvas.hatch(sample(0, 0), HIGHLIGHT, true);
    word(canvas, x + 38, y + 47, "blown out");
    canvas.fill(sample(1, 0), [4; 3], 1.0);
    canvas.hatch(sample(1, 0), SHADOW, false);
    word(canvas, x + half + 38, y + 47, "blocked up");
    canvas.outline(sample(0, 1), SUBJECT, 2);
    word(canvas, x + 38, y + 73, subject);
    if faces {
        canvas.outline(sample(0, 2), FACE, 2);
        word(canvas, x + 38, y + 99, "face, with its landmarks");
    }
    for (tick, colour, text) in [(0, DOUBT, "review"), (92, BAD, "reject")] {
        let left = x + half + tick;
        canvas.fill(Area { x: left + 8, y: y + 72, w: 2, h: 16 }, colour, 1.0);
        word(canvas, left + 18, y + 73, text);
    }
}
