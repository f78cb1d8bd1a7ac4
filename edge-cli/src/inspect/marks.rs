//! What is marked in the drawn frame: the subject, what the reasons point at, the
//! horizon, the direction of motion. Names stand where they cover no other.

use super::canvas::{Area, Canvas, Colour, width_of};
use super::faces::Seen;
use super::palette::{FACE, GROUND, SUBJECT, verdict_colour};
use super::words;
use super::{Evidence, Explained};
use edgecull_core::geometry::Rect;
use edgecull_core::measure::horizon::Horizon;
use embedded_graphics::mono_font::iso_8859_1::FONT_8X13 as SMALL;

const HORIZON: Colour = [255, 214, 64];
const MOTION: Colour = [255, 140, 240];

/// Height of a name.
const TAG: i32 = 18;

/// The frame on the canvas and the names in it so far.
pub(super) struct Marks<'a> {
    canvas: &'a mut Canvas,
    at: Area,
    scale: f64,
    tags: Vec<Area>,
}

impl<'a> Marks<'a> {
    /// Marks for the frame drawn at `at`, `scale` times its size.
    pub(super) fn new(canvas: &'a mut Canvas, at: Area, scale: f64) -> Self {
        Self { canvas, at, scale, tags: Vec::new() }
    }

    pub(super) fn draw(&mut self, explained: &Explained, evidence: &Evidence) {
        if let Some(horizon) = &evidence.horizon {
            self.horizon(horizon);
        }
        for seen in &evidence.faces {
            self.face(seen, evidence.faces.len() > 1);
        }
        let verdict = &explained.judged.verdict;
        let pointed = |region: Rect| {
            let face = evidence.faces.iter().any(|seen| seen.face.region == region);
            face || verdict.reasons.iter().any(|reason| reason.region == Some(region))
        };
        // A reason's box, or a face's, stands for the subject's where both are the same.
        if let Some(subject) = evidence.subject.filter(|subject| !pointed(subject.region)) {
            self.boxed(subject.region, SUBJECT, words::subject_name(&subject));
        }
        for reason in &verdict.reasons {
            if let Some(region) = reason.region {
                let name = crate::sink::record::code_name(reason.code).replace('_', " ");
                self.boxed(region, verdict_colour(explained), &name);
            }
        }
        let angle = verdict.measures.and_then(|measures| measures.motion.angle_deg);
        if let Some(angle) = angle {
            self.motion(angle);
        }
    }

    /// Its box, its landmarks and, where there are others, its number.
    fn face(&mut self, seen: &Seen, numbered: bool) {
        let area = self.at.scaled(seen.face.region, self.scale);
        self.canvas.outline(area, [0; 3], 3);
        self.canvas.outline(area.inset(1), FACE, if seen.decides { 2 } else { 1 });
        let across = (f64::from(area.w) / 40.0).round().clamp(1.0, 4.0) as i32;
        for [x, y] in seen.face.landmarks {
            let at = |start: i32, v: f32| start + (f64::from(v) * self.scale).round() as i32;
            let (x, y) = (at(self.at.x, x), at(self.at.y, y));
            for (reach, colour) in [(across + 1, [0; 3]), (across, FACE)] {
                let dot = Area { x: x - reach, y: y - reach, w: 2 * reach, h: 2 * reach };
                self.canvas.fill(dot.within(self.at), colour, 1.0);
            }
        }
        if numbered {
            self.tag(area.x, area.y + area.h, FACE, &seen.number.to_string());
        }
    }

    fn boxed(&mut self, region: Rect, colour: Colour, name: &str) {
        let area = self.at.scaled(region, self.scale);
        self.canvas.outline(area, [0; 3], 4);
        self.canvas.outline(area.inset(1), colour, 2);
        self.tag(area.x, area.y, colour, name);
    }

    fn horizon(&mut self, horizon: &Horizon) {
        let y = |y: f32| f64::from(self.at.y) + f64::from(y) * self.scale;
        let (left, right) = (f64::from(self.at.x), f64::from(self.at.x + self.at.w));
        let (y_left, y_right) = (y(horizon.y_left), y(horizon.y_right));
        self.line((left, y_left), (right, y_right), HORIZON);
        let name = format!("horizon {:+.1}\u{b0}", horizon.tilt_deg);
        let x = self.at.x + self.at.w - width_of(&name, &SMALL) - 12;
        self.tag(x, y_right as i32 - TAG - 6, HORIZON, &name);
    }

    /// A line with two heads through the middle: which way along it is not known.
    fn motion(&mut self, angle_deg: f32) {
        let Area { x, y, w, h } = self.at;
        let middle = (f64::from(x) + f64::from(w) / 2.0, f64::from(y) + f64::from(h) / 2.0);
        let reach = f64::from(w.min(h)) / 6.0;
        // Rows go down, angles up.
        let towards = |from: (f64, f64), degrees: f64, length: f64| {
            let (sine, cosine) = degrees.to_radians().sin_cos();
            (from.0 + length * cosine, from.1 - length * sine)
        };
        for degrees in [f64::from(angle_deg), f64::from(angle_deg) + 180.0] {
            let tip = towards(middle, degrees, reach);
            self.line(middle, tip, MOTION);
            for barb in [150.0, -150.0] {
                self.line(tip, towards(tip, degrees + barb, 14.0), MOTION);
            }
        }
        let below = (middle.1 + reach * f64::from(angle_deg).to_radians().sin().abs()) as i32;
        self.tag(middle.0 as i32 - 30, below + 10, MOTION, "motion");
    }

    /// A line with a dark rim, inside the frame.
    fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().clamp(1.0, 4096.0);
        for (reach, colour) in [(2, [0; 3]), (1, colour)] {
            for step in 0..=steps as i32 {
                let share = f64::from(step) / steps;
                let at = |from: f64, to: f64| (from + (to - from) * share).round() as i32;
                let (x, y) = (at(from.0, to.0), at(from.1, to.1));
                let area = Area { x: x - reach, y: y - reach, w: 2 * reach, h: 2 * reach };
                self.canvas.fill(area.within(self.at), colour, 1.0);
            }
        }
    }

    /// A name with its top left corner at (x, y), or as near as there is room.
    fn tag(&mut self, x: i32, y: i32, colour: Colour, name: &str) {
        let w = width_of(name, &SMALL) + 12;
        let Area { x: left, y: top, w: width, h: height } = self.at;
        let place = |y: i32| Area {
            x: x.min(left + width - w).max(left),
            y: y.min(top + height - TAG).max(top),
            w,
            h: TAG,
        };
        let free = |area: &Area| !self.tags.iter().any(|tag| tag.overlaps(*area));
        let (rows, y) = (height / TAG, place(y).y);
        let nearby = (0..=rows).flat_map(|n| [n, -n]).map(|n| place(y + n * TAG));
        let tag = nearby.into_iter().find(free).unwrap_or_else(|| place(y));
        self.canvas.fill(tag, colour, 1.0);
        self.canvas.text(tag.x + 6, tag.y + 2, name, &SMALL, GROUND);
        self.tags.push(tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cover_no_other_and_stay_inside() {
        let mut canvas = Canvas::new(300, 200, [0; 3]);
        let at = Area { x: 20, y: 20, w: 200, h: 150 };
        let mut marks = Marks::new(&mut canvas, at, 1.0);
        for (x, y) in [(30, 30), (30, 32), (35, 45), (900, 900), (900, 900), (-5, -5)] {
            marks.tag(x, y, SUBJECT, "a name");
        }
        let tags = &marks.tags;
        for (i, tag) in tags.iter().enumerate() {
            assert_eq!(*tag, tag.within(at), "{tag:?}");
            assert!(tags[..i].iter().all(|other| !other.overlaps(*tag)), "{tags:?}");
        }
    }

    #[test]
    fn lines_stay_inside_the_frame() {
        let mut canvas = Canvas::new(300, 200, [0; 3]);
        let at = Area { x: 20, y: 20, w: 200, h: 150 };
        let horizon = Horizon { tilt_deg: 9.0, y_left: 500.0, y_right: -400.0 };
        let mut marks = Marks::new(&mut canvas, at, 1.0);
        marks.horizon(&horizon);
        marks.motion(30.0);
        let inked = canvas.0.enumerate_pixels().filter(|(_, _, pixel)| pixel.0 != [0; 3]);
        let places: Vec<_> = inked.map(|(x, y, _)| (x as i32, y as i32)).collect();
        assert!(places.len() > 200);
        assert!(places.iter().all(|&(x, y)| (20..220).contains(&x) && (20..170).contains(&y)));
    }
}
