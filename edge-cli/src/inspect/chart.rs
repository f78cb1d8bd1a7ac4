//! The drawing: the frame with what was found in it, the focus map, and a panel
//! with the numbers and the sentences.
//!
//! ```text
//! landscape              portrait and square
//! +---------+-------+    +----+----+-------+
//! | frame   | panel |    |    |    | panel |
//! +---------+       |    |fra-|foc-|       |
//! | focus   |       |    | me |us  |       |
//! +---------+-------+    +----+----+-------+
//! ```

use super::canvas::{Area, Canvas, Colour, width_of, wrap};
use super::marks::Marks;
use super::palette::{
    BAD, CARD, DOUBT, FINE, GROUND, HIGHLIGHT, INK, NEUTRAL, QUIET, SHADOW, SUBJECT, TRACK,
    verdict_colour,
};
use super::picture;
use super::words;
use super::{Evidence, Explained, Gauge, Standing};
use embedded_graphics::mono_font::MonoFont;
use embedded_graphics::mono_font::iso_8859_1::{
    FONT_8X13 as SMALL, FONT_9X15 as PLAIN, FONT_9X18_BOLD as BOLD, FONT_10X20 as LARGE,
};
use image::RgbImage;

/// Longest side of the drawing.
pub const MAX_SIDE: u32 = 1600;

const MARGIN: i32 = 28;
const CAPTION: i32 = 24;
const PANEL: i32 = 470;
/// Room for pictures beside the panel.
const ROOM: i32 = MAX_SIDE as i32 - PANEL - 3 * MARGIN;
/// Small pictures are enlarged this far, so that their tiles can be seen.
const MOST_ENLARGED: f64 = 2.0;
/// Pictures at least this much wider than high stand one above the other.
const WIDE: f64 = 1.2;

/// From soft to crisp: dark blue over purple to yellow, so that brightness alone
/// tells it too.
const HEAT: [Colour; 5] =
    [[34, 28, 120], [122, 30, 160], [206, 72, 116], [248, 150, 62], [248, 246, 86]];
/// Octaves at the soft end; the crisp end is 0.
const SOFT: f32 = -5.0;

/// A channel from here on is white, two from here on have lost their colour, luma
/// up to here is black.
const WHITE: u8 = 250;
const FULL: u8 = 254;
const BLACK: u8 = 6;

/// Draws the frame; `None` where no frame could be had.
#[must_use]
pub fn draw(explained: &Explained) -> Option<RgbImage> {
    let evidence = explained.evidence.as_ref()?;
    let (width, height) = explained.judged.size?;
    let plan = Plan::new(width, height);
    let orientation = super::orientation(&explained.judged);
    let (w, h) = (plan.frame.w as u32, plan.frame.h as u32);
    let picture = picture::load(&explained.path, &evidence.glimpse, orientation, (w, h));

    let panel = panel(explained);
    let pictures = plan.focus.y + plan.focus.h;
    let bottom = pictures.max(MARGIN + panel.height) + MARGIN;
    let right = plan.panel + PANEL + MARGIN;
    let mut canvas = Canvas::new(right as u32, bottom.min(MAX_SIDE as i32) as u32, GROUND);
    let scale = f64::from(plan.frame.w) / f64::from(width);

    caption(&mut canvas, plan.frame, "What was photographed");
    canvas.place(&picture, plan.frame.x, plan.frame.y);
    clipped(&mut canvas, &picture, plan.frame);
    Marks::new(&mut canvas, plan.frame, scale).draw(explained, evidence);

    caption(&mut canvas, plan.focus, "Where it is sharp");
    heat(&mut canvas, &picture, evidence, plan.focus, scale);

    panel.draw(&mut canvas, plan.panel, MARGIN);
    Some(canvas.0)
}

/// Where things go.
struct Plan {
    frame: Area,
    focus: Area,
    /// Left edge of the panel.
    panel: i32,
}

impl Plan {
    fn new(width: u32, height: u32) -> Self {
        let (width, height) = (f64::from(width.max(1)), f64::from(height.max(1)));
        let stacked = width >= WIDE * height;
        let tall = MAX_SIDE as i32 - 2 * MARGIN - CAPTION;
        let (most_w, most_h) = if stacked {
            (ROOM, (tall - CAPTION - MARGIN) / 2)
        } else {
            ((ROOM - MARGIN) / 2, tall)
        };
        let scale = (f64::from(most_w) / width).min(f64::from(most_h) / height).min(MOST_ENLARGED);
        let w = ((width * scale).round() as i32).clamp(1, most_w);
        let h = ((height * scale).round() as i32).clamp(1, most_h);
        let frame = Area { x: MARGIN, y: MARGIN + CAPTION, w, h };
        let focus = if stacked {
            Area { y: frame.y + h + MARGIN + CAPTION, ..frame }
        } else {
            Area { x: frame.x + w.max(190) + MARGIN, ..frame }
        };
        Self { frame, focus, panel: focus.x + w.max(190) + MARGIN }
    }
}

fn caption(canvas: &mut Canvas, above: Area, text: &str) {
    canvas.text(above.x, above.y - CAPTION, text, &PLAIN, QUIET);
}

/// Hatches what is blown out or blocked up in the picture as drawn.
fn clipped(canvas: &mut Canvas, picture: &RgbImage, at: Area) {
    for (x, y, pixel) in picture.enumerate_pixels() {
        let (x, y) = (at.x + x as i32, at.y + y as i32);
        let full = pixel.0.iter().filter(|&&c| c >= FULL).count();
        let [r, g, b] = pixel.0.map(u32::from);
        if pixel.0.iter().all(|&c| c >= WHITE) || full >= 2 {
            canvas.hatch_pixel(x, y, HIGHLIGHT, true);
        } else if 299 * r + 587 * g + 114 * b <= 1000 * u32::from(BLACK) {
            canvas.hatch_pixel(x, y, SHADOW, false);
        }
    }
}

/// The picture in dim grey, its tiles in the colours of their sharpness.
fn heat(canvas: &mut Canvas, picture: &RgbImage, evidence: &Evidence, at: Area, scale: f64) {
    for (x, y, pixel) in picture.enumerate_pixels() {
        let [r, g, b] = pixel.0.map(u32::from);
        let grey = (((299 * r + 587 * g + 114 * b) / 1000) * 3 / 5 + 20) as u8;
        canvas.blend(at.x + x as i32, at.y + y as i32, [grey; 3], 1.0);
    }
    for cell in &evidence.focus.cells {
        let share = ((cell.octaves - SOFT) / -SOFT).clamp(0.0, 1.0);
        canvas.fill(at.scaled(cell.rect, scale), heat_at(share), 0.62);
    }
}

/// The colour at 0 soft .. 1 crisp.
fn heat_at(share: f32) -> Colour {
    let place = share.clamp(0.0, 1.0) * (HEAT.len() - 1) as f32;
    let below = (place as usize).min(HEAT.len() - 2);
    let part = place - below as f32;
    std::array::from_fn(|c| {
        let (from, to) = (f32::from(HEAT[below][c]), f32::from(HEAT[below + 1][c]));
        (from + (to - from) * part).round() as u8
    })
}

/// The panel: what stands in it, from the top, and how high it is.
struct Panel {
    items: Vec<Item>,
    height: i32,
}

enum Item {
    Line(String, &'static MonoFont<'static>, Colour),
    Verdict { name: String, note: String, colour: Colour },
    Bullet { lines: Vec<String>, colour: Colour },
    Gauge(Gauge),
    Space(i32),
    Legend(&'static str),
}

impl Item {
    fn height(&self) -> i32 {
        match self {
            Self::Line(_, font, _) => font.character_size.height as i32 + 4,
            Self::Verdict { .. } => 44,
            Self::Bullet { lines, .. } => 19 * lines.len() as i32 + 8,
            Self::Gauge(gauge) if gauge.limit.is_some() => 32,
            Self::Gauge(_) => 25,
            Self::Space(height) => *height,
            Self::Legend(_) => 122,
        }
    }
}

fn panel(explained: &Explained) -> Panel {
    let mut items = Vec::new();
    let lines = |items: &mut Vec<Item>, text: &str, font: &'static MonoFont<'static>, colour| {
        items
            .extend(wrap(text, font, PANEL).into_iter().map(|line| Item::Line(line, font, colour)));
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
        items.push(Item::Bullet { lines: wrap(&finding.text, &PLAIN, PANEL - 24), colour });
    }
    for note in words::notes(explained) {
        items.push(Item::Bullet { lines: wrap(&note, &PLAIN, PANEL - 24), colour: NEUTRAL });
    }
    items.push(Item::Space(10));
    let gauges = explained.gauges();
    let (limited, plain): (Vec<_>, Vec<_>) = gauges.into_iter().partition(|g| g.limit.is_some());
    lines(&mut items, "Faults and their limits", &BOLD, INK);
    items.extend(limited.into_iter().map(Item::Gauge));
    items.push(Item::Space(6));
    lines(&mut items, "Other measures", &BOLD, INK);
    items.extend(plain.into_iter().map(Item::Gauge));
    let subject = explained.evidence.as_ref().and_then(|e| e.subject.as_ref());
    items.extend([
        Item::Space(10),
        Item::Legend(subject.map_or("sharpest area", words::subject_name)),
    ]);
    let height = items.iter().map(Item::height).sum();
    Panel { items, height }
}

impl Panel {
    fn draw(&self, canvas: &mut Canvas, x: i32, y: i32) {
        let mut y = y;
        for item in &self.items {
            match item {
                Item::Line(text, font, colour) => canvas.text(x, y, text, font, *colour),
                Item::Verdict { name, note, colour } => {
                    let w = width_of(name, &LARGE) + 36;
                    canvas.fill(Area { x, y, w: PANEL, h: 44 }, CARD, 1.0);
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
                Item::Space(_) => {}
                Item::Legend(subject) => legend(canvas, x, y, subject),
            }
            y += item.height();
        }
    }
}

/// Name, bar with the limits marked on it, number.
fn gauge(canvas: &mut Canvas, gauge: &Gauge, x: i32, y: i32) {
    const LEFT: i32 = 122;
    const RIGHT: i32 = 56;
    let bar = Area { x: x + LEFT, y: y + 5, w: PANEL - LEFT - RIGHT, h: 11 };
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

fn legend(canvas: &mut Canvas, x: i32, y: i32, subject: &str) {
    const BAR: i32 = 220;
    let word = |canvas: &mut Canvas, x, y, text: &str| canvas.text(x, y, text, &SMALL, QUIET);
    for step in 0..BAR {
        let colour = heat_at(step as f32 / BAR as f32);
        canvas.fill(Area { x: x + step, y, w: 1, h: 14 }, colour, 1.0);
    }
    word(canvas, x + BAR + 14, y, "soft to crisp");
    word(canvas, x, y + 20, "Grey tiles have too little texture to tell.");
    let half = PANEL / 2;
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
    for (tick, colour, text) in [(0, DOUBT, "review"), (92, BAD, "reject")] {
        let left = x + half + tick;
        canvas.fill(Area { x: left + 8, y: y + 72, w: 2, h: 16 }, colour, 1.0);
        word(canvas, left + 18, y + 73, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use edgecull_core::geometry::Rect;

    #[test]
    fn any_picture_fits_the_drawing() {
        let sizes = [(6000, 4000), (4000, 6000), (640, 640), (1, 1), (65_535, 1), (1, 65_535)];
        for (width, height) in sizes {
            let plan = Plan::new(width, height);
            assert!(plan.panel + PANEL + MARGIN <= MAX_SIDE as i32, "{width} x {height}");
            assert!(plan.focus.y + plan.focus.h + MARGIN <= MAX_SIDE as i32, "{width} x {height}");
            assert!(plan.frame.w > 0 && plan.frame.h > 0);
            let apart = plan.focus.x >= plan.frame.x + plan.frame.w
                || plan.focus.y >= plan.frame.y + plan.frame.h;
            assert!(apart, "{width} x {height}");
        }
    }

    #[test]
    fn colours_run_from_soft_to_crisp() {
        assert_eq!(heat_at(0.0), HEAT[0]);
        assert_eq!(heat_at(1.0), HEAT[4]);
        assert_eq!(heat_at(0.5), HEAT[2]);
        let light = |share| heat_at(share).iter().map(|&c| u32::from(c)).sum::<u32>();
        assert!((0..10).all(|i| light(i as f32 / 10.0) < light((i + 1) as f32 / 10.0)));
    }

    #[test]
    fn boxes_stay_inside_the_picture() {
        let at = Area { x: 10, y: 20, w: 100, h: 50 };
        let area = at.scaled(Rect { x: 900, y: 0, w: u32::MAX, h: 700 }, 0.1);
        assert_eq!((area.x, area.y, area.w, area.h), (100, 20, 10, 50));
    }
}
