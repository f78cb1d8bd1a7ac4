//! The eyes of the faces that decide, enlarged, each with its state.

use super::Evidence;
use super::canvas::{Area, Canvas, Colour};
use super::palette::{BAD, FACE, FINE, INK, QUIET, TRACK};
use edgecull_core::eye::{Crop, Eye, EyeState, SIZE};
use embedded_graphics::mono_font::iso_8859_1::FONT_8X13 as SMALL;

/// Height of a row of faces.
pub(super) const HEIGHT: i32 = 18 + SIDE + 20 + 8;

/// Pixels of the drawing along a pixel of a crop.
const ENLARGED: i32 = 2;
const SIDE: i32 = SIZE as i32 * ENLARGED;
const GAP: i32 = 8;

/// Faces in a row, and rows.
const COLUMNS: usize = 3;
const ROWS: usize = 2;
const COLUMN: i32 = 2 * SIDE + GAP + 20;

/// Both eyes of one face.
pub(super) struct Eyes {
    name: String,
    eyes: [(Option<Crop>, Eye); 2],
}

/// The faces whose eyes were looked at, the most prominent first, as many as there is
/// room for.
pub(super) fn rows(evidence: &Evidence) -> Vec<Vec<Eyes>> {
    let looked_at = evidence.faces.iter().filter_map(|seen| {
        let [left, right] = seen.face.eyes?;
        let [left_crop, right_crop] = seen.eyes.clone();
        let name = format!("face {}", seen.number);
        Some(Eyes { name, eyes: [(left_crop, left), (right_crop, right)] })
    });
    let mut left = looked_at.take(ROWS * COLUMNS).peekable();
    let mut rows = Vec::new();
    while left.peek().is_some() {
        rows.push(left.by_ref().take(COLUMNS).collect());
    }
    rows
}

/// Draws a row with its top left corner at (x, y).
pub(super) fn draw(canvas: &mut Canvas, row: &[Eyes], x: i32, y: i32) {
    for (Eyes { name, eyes }, x) in row.iter().zip((x..).step_by(COLUMN as usize)) {
        canvas.text(x, y, name, &SMALL, QUIET);
        for ((crop, eye), x) in eyes.iter().zip([x, x + SIDE + GAP]) {
            let at = Area { x, y: y + 18, w: SIDE, h: SIDE };
            match crop {
                Some(crop) => enlarge(canvas, crop, at),
                None => canvas.fill(at, TRACK, 1.0),
            }
            let (word, colour) = told(eye.state);
            canvas.outline(at, colour, 2);
            let chance = eye.p_open.map_or_else(String::new, |p| format!("{:.0}%", 100.0 * p));
            canvas.text(x, y + 18 + SIDE + 3, word, &SMALL, INK);
            let right = x + SIDE - 8 * chance.len() as i32;
            canvas.text(right, y + 18 + SIDE + 3, &chance, &SMALL, QUIET);
        }
    }
}

fn told(state: EyeState) -> (&'static str, Colour) {
    match state {
        EyeState::Open => ("open", FINE),
        EyeState::Closed => ("shut", BAD),
        EyeState::Hidden => ("?", FACE),
    }
}

fn enlarge(canvas: &mut Canvas, crop: &Crop, at: Area) {
    for (row, y) in crop.luma.iter().zip((at.y..).step_by(ENLARGED as usize)) {
        for (&level, x) in row.iter().zip((at.x..).step_by(ENLARGED as usize)) {
            canvas.fill(Area { x, y, w: ENLARGED, h: ENLARGED }, [level; 3], 1.0);
        }
    }
}
