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

use super::canvas::{Area, Canvas};
use super::marks::Marks;
use super::palette::{GROUND, HIGHLIGHT, QUIET, SHADOW, heat_at};
use super::panel::{Panel, WIDTH as PANEL};
use super::picture;
use super::{Evidence, Explained};
use embedded_graphics::mono_font::iso_8859_1::FONT_9X15 as PLAIN;
use image::RgbImage;

/// Longest side of the drawing.
pub const MAX_SIDE: u32 = 1600;

const MARGIN: i32 = 28;
const CAPTION: i32 = 24;
/// Room for pictures beside the panel.
const ROOM: i32 = MAX_SIDE as i32 - PANEL - 3 * MARGIN;
/// Small pictures are enlarged this far, so that their tiles can be seen.
const MOST_ENLARGED: f64 = 2.0;
/// Pictures at least this much wider than high stand one above the other.
const WIDE: f64 = 1.2;

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
    let picture = picture::upright(&evidence.picture, orientation, (w, h));

    let panel = Panel::new(explained);
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
    fn boxes_stay_inside_the_picture() {
        let at = Area { x: 10, y: 20, w: 100, h: 50 };
        let area = at.scaled(Rect { x: 900, y: 0, w: u32::MAX, h: 700 }, 0.1);
        assert_eq!((area.x, area.y, area.w, area.h), (100, 20, 10, 50));
    }
}
