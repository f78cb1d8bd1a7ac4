//! A picture to draw on: text from `embedded-graphics`, translucent areas of its
//! own.

use edgecull_core::geometry::Rect;
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::{Baseline, Text};
use image::{Rgb, RgbImage};
use std::convert::Infallible;

/// Red, green, blue.
pub(super) type Colour = [u8; 3];

/// A picture with drawing on it. What lies outside is not drawn.
pub(super) struct Canvas(pub(super) RgbImage);

/// A box in pixels of the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) w: i32,
    pub(super) h: i32,
}

impl Area {
    /// The box with a rim of `n` pixels taken off.
    pub(super) fn inset(self, n: i32) -> Self {
        Self { x: self.x + n, y: self.y + n, w: self.w - 2 * n, h: self.h - 2 * n }
    }

    /// A box of a picture that is drawn into this area at a scale.
    pub(super) fn scaled(self, rect: Rect, scale: f64) -> Self {
        let edge = |v: u32| (f64::from(v) * scale).round() as i32;
        let (x, y) = (edge(rect.x).min(self.w), edge(rect.y).min(self.h));
        let w = edge(rect.x.saturating_add(rect.w)).min(self.w) - x;
        let h = edge(rect.y.saturating_add(rect.h)).min(self.h) - y;
        Self { x: self.x + x, y: self.y + y, w, h }
    }

    /// The part of it that lies in another one.
    pub(super) fn within(self, other: Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let w = (self.x + self.w).min(other.x + other.w) - x;
        let h = (self.y + self.h).min(other.y + other.h) - y;
        Self { x, y, w: w.max(0), h: h.max(0) }
    }

    /// Whether the two have a pixel in common.
    pub(super) fn overlaps(self, other: Self) -> bool {
        let both = self.within(other);
        both.w > 0 && both.h > 0
    }
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32, colour: Colour) -> Self {
        Self(RgbImage::from_pixel(width, height, Rgb(colour)))
    }

    fn pixel(&mut self, x: i32, y: i32) -> Option<&mut Rgb<u8>> {
        self.0.get_pixel_mut_checked(u32::try_from(x).ok()?, u32::try_from(y).ok()?)
    }

    /// Lays `colour` over the area, 0 unseen .. 1 opaque.
    pub(super) fn fill(&mut self, area: Area, colour: Colour, opacity: f32) {
        for y in area.y..area.y + area.h {
            for x in area.x..area.x + area.w {
                self.blend(x, y, colour, opacity);
            }
        }
    }

    /// Lays `colour` over one pixel.
    pub(super) fn blend(&mut self, x: i32, y: i32, colour: Colour, opacity: f32) {
        if let Some(pixel) = self.pixel(x, y) {
            for (old, new) in pixel.0.iter_mut().zip(colour) {
                let (from, to) = (f32::from(*old), f32::from(new));
                *old = (from + (to - from) * opacity).round() as u8;
            }
        }
    }

    /// Stripes over the area: rising to the right, or falling.
    pub(super) fn hatch(&mut self, area: Area, colour: Colour, rising: bool) {
        for y in area.y..area.y + area.h {
            for x in area.x..area.x + area.w {
                self.hatch_pixel(x, y, colour, rising);
            }
        }
    }

    /// One pixel of such stripes.
    pub(super) fn hatch_pixel(&mut self, x: i32, y: i32, colour: Colour, rising: bool) {
        let along = if rising { x + y } else { x - y };
        let opacity = if along.rem_euclid(9) < 2 { 0.7 } else { 0.08 };
        self.blend(x, y, colour, opacity);
    }

    /// An outline just inside the area, `thick` pixels wide.
    pub(super) fn outline(&mut self, area: Area, colour: Colour, thick: i32) {
        let Area { x, y, w, h } = area;
        for side in [
            Area { x, y, w, h: thick },
            Area { x, y: y + h - thick, w, h: thick },
            Area { x, y, w: thick, h },
            Area { x: x + w - thick, y, w: thick, h },
        ] {
            self.fill(side, colour, 1.0);
        }
    }

    /// Puts a picture down with its top left corner at (x, y).
    pub(super) fn place(&mut self, picture: &RgbImage, x: i32, y: i32) {
        image::imageops::replace(&mut self.0, picture, i64::from(x), i64::from(y));
    }

    /// One line of text with its top left corner at (x, y).
    pub(super) fn text(&mut self, x: i32, y: i32, text: &str, font: &MonoFont<'_>, colour: Colour) {
        let [r, g, b] = colour;
        let style = MonoTextStyle::new(font, Rgb888::new(r, g, b));
        let line = Text::with_baseline(text, Point::new(x, y), style, Baseline::Top);
        let Ok(_) = line.draw(self);
    }
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(at, colour) in pixels {
            if let Some(pixel) = self.pixel(at.x, at.y) {
                *pixel = Rgb([colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }

    fn fill_solid(&mut self, area: &Rectangle, colour: Rgb888) -> Result<(), Infallible> {
        let (x, y) = (area.top_left.x, area.top_left.y);
        let (w, h) = (area.size.width as i32, area.size.height as i32);
        self.fill(Area { x, y, w, h }, [colour.r(), colour.g(), colour.b()], 1.0);
        Ok(())
    }
}

/// Pixels across that a text takes.
pub(super) fn width_of(text: &str, font: &MonoFont<'_>) -> i32 {
    text.chars().count() as i32 * advance(font)
}

/// Pixels from one letter to the next.
fn advance(font: &MonoFont<'_>) -> i32 {
    (font.character_size.width + font.character_spacing) as i32
}

/// Breaks a text into lines of at most `width` pixels, at blanks; a longer word
/// is cut.
pub(super) fn wrap(text: &str, font: &MonoFont<'_>, width: i32) -> Vec<String> {
    let most = usize::try_from(width / advance(font)).unwrap_or(1).max(1);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let letters: Vec<char> = word.chars().collect();
        for (at, piece) in letters.chunks(most).enumerate() {
            let Some(line) = lines.last_mut() else {
                continue;
            };
            let used = line.chars().count();
            if at == 0 && used > 0 && used + 1 + piece.len() <= most {
                line.push(' ');
                line.extend(piece);
            } else if used == 0 {
                line.extend(piece);
            } else {
                lines.push(piece.iter().collect());
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_graphics::mono_font::ascii::FONT_10X20;

    #[test]
    fn texts_are_broken_at_blanks_and_long_words_cut() {
        let lines = |text, letters| wrap(text, &FONT_10X20, letters * 10);
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(lines("", 5), [""]);
        assert_eq!(lines("ab", 0), ["a", "b"]);
    }

    #[test]
    fn drawing_outside_is_no_fault_and_text_leaves_ink() {
        let mut canvas = Canvas::new(40, 20, [0; 3]);
        canvas.fill(Area { x: -5, y: -5, w: 100, h: 6 }, [200, 0, 0], 0.5);
        assert_eq!(canvas.0.get_pixel(0, 0).0, [100, 0, 0]);
        assert_eq!(canvas.0.get_pixel(0, 1).0, [0, 0, 0]);
        canvas.text(35, 2, "MM", &FONT_10X20, [0, 255, 0]);
        assert!(canvas.0.pixels().any(|p| p.0 == [0, 255, 0]));
    }
}
