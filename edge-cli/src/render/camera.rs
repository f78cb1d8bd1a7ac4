//! The camera: where it is focused, how it is held, how long it looks.
//!
//! In go a [`Scene`] and a [`Camera`], out comes a [`Picture`]. Defocus is a
//! thin lens's on a 24 mm high sensor: the disc of confusion of a layer has
//! the diameter `f² / N * |1/focus - 1/distance|`. Framing is the scene's
//! matter; the focal length acts on the depth of field alone.

use super::optics::{Streak, disc, enlarge};
use super::paint::{Canvas, Distance, Grid, Layer, draw};
use super::sensor::{self, Sensor};
use super::{Picture, Scene};
use rayon::prelude::*;

/// Height of the sensor in metres (36 mm x 24 mm).
const SENSOR_M: f32 = 0.024;

/// Bands begin and end on multiples of this, so that a coarse grid of one
/// band continues that of the next.
const ALIGN: usize = 16;

/// Settings of one exposure. Movements are in fractions of the shorter side of
/// the picture, to the right and down.
#[derive(Clone, Debug)]
pub struct Camera {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Focal length in millimetres.
    pub focal_mm: f32,
    /// F-number.
    pub f_number: f32,
    /// Distance in focus, in metres; `None` focuses on the scene's subject.
    pub focus_m: Option<f32>,
    /// Exposure time in seconds: what EXIF says; movement is given as such.
    pub shutter_s: f32,
    /// Sensitivity: sets the noise, not the brightness.
    pub iso: u32,
    /// Exposure relative to the right one, in stops.
    pub ev: f32,
    /// The way of the picture on the sensor while the shutter is open.
    pub shake: Vec<[f32; 2]>,
    /// How far the camera follows the subject: the surroundings streak by as
    /// much the other way.
    pub pan: [f32; 2],
    /// How far the subject moves in the picture.
    pub subject_motion: [f32; 2],
    /// Noise reduction in the camera, 0 none .. 1 strong.
    pub denoise: f32,
    /// Sharpening in the camera, 0 none; 0.5 is usual.
    pub sharpen: f32,
    /// Loss of light in the corners, 0 none .. 1 black.
    pub vignette: f32,
    /// Grain of this exposure; two frames of a burst differ in it.
    pub seed: u64,
}

impl Camera {
    /// Held still, exposed right: 35 mm at f/8, ISO 100.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            focal_mm: 35.0,
            f_number: 8.0,
            focus_m: None,
            shutter_s: 1.0 / 250.0,
            iso: 100,
            ev: 0.0,
            shake: Vec::new(),
            pan: [0.0; 2],
            subject_motion: [0.0; 2],
            denoise: 0.0,
            sharpen: 0.5,
            vignette: 0.12,
            seed: 0,
        }
    }

    /// With this lens.
    #[must_use]
    pub fn lens(mut self, focal_mm: f32, f_number: f32) -> Self {
        self.focal_mm = focal_mm;
        self.f_number = f_number;
        self
    }

    /// Focused at `metres`.
    #[must_use]
    pub fn focused_at(mut self, metres: f32) -> Self {
        self.focus_m = Some(metres);
        self
    }

    /// Exposed by `ev` stops more than right.
    #[must_use]
    pub fn exposed(mut self, ev: f32) -> Self {
        self.ev = ev;
        self
    }

    /// At this sensitivity; from ISO 1600 on the camera reduces noise.
    #[must_use]
    pub fn at_iso(mut self, iso: u32) -> Self {
        self.iso = iso;
        self.denoise = if iso >= 1600 { 0.4 } else { 0.0 };
        self
    }

    /// Shaken over `extent` of the shorter side towards `angle_deg`
    /// (counter-clockwise from the right), on a path bent by the hand.
    #[must_use]
    pub fn shaken(mut self, extent: f32, angle_deg: f32) -> Self {
        let angle = angle_deg.to_radians();
        let (s, c) = (libm::sinf(angle), libm::cosf(angle));
        self.shake = (0..=16)
            .map(|i| {
                let t = i as f32 / 16.0 - 0.5;
                let across = 0.06 * libm::sinf(5.0 * t);
                [extent * (c * t - s * across), -extent * (s * t + c * across)]
            })
            .collect();
        self.shutter_s = 1.0 / 8.0;
        self
    }

    /// Of which grain.
    #[must_use]
    pub fn seeded(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    fn short_side(&self) -> f32 {
        self.width.min(self.height).max(1) as f32
    }

    /// Signed radius of the disc of confusion in pixels, of something at
    /// `dioptres` (1/m): negative behind the focus.
    fn confusion(&self, dioptres: f32, focus_m: f32) -> f32 {
        let focal = self.focal_mm / 1000.0;
        let aperture = focal * focal / (self.f_number.max(0.5) * SENSOR_M);
        0.5 * aperture * (dioptres - 1.0 / focus_m.max(focal * 2.0)) * self.short_side()
    }
}

/// Takes the picture. A width or height of 0 counts as 1.
#[must_use]
pub fn render(scene: &Scene, camera: &Camera) -> Picture {
    let (width, height) = (camera.width.max(1) as usize, camera.height.max(1) as usize);
    let shot = Shot::new(scene, camera);
    let rows = (2 * shot.margin).clamp(128, 2048).next_multiple_of(ALIGN);
    let sensor = Sensor::new(camera);
    let mut rgb = vec![0u8; 3 * width * height];
    rgb.par_chunks_mut(3 * width * rows).enumerate().for_each(|(band, out)| {
        let first = band * rows;
        let count = out.len() / (3 * width);
        let light = shot.expose(width, first, count);
        let margin = shot.margin;
        sensor::develop(&sensor, &light, margin, [width, height], first, out);
    });
    Picture { width: width as u32, height: height as u32, rgb }
}

/// A scene seen through a camera: what all bands share.
struct Shot<'a> {
    scene: &'a Scene,
    camera: &'a Camera,
    focus_m: f32,
    /// Pixels around a band from which light can get into it.
    margin: usize,
    shake: Streak,
    tracked: Vec<[f32; 2]>,
    surroundings: Vec<[f32; 2]>,
}

impl<'a> Shot<'a> {
    fn new(scene: &'a Scene, camera: &'a Camera) -> Self {
        let side = camera.short_side();
        let focus_m = camera.focus_m.unwrap_or(scene.subject_m);
        let way = |[x, y]: [f32; 2]| {
            let (x, y) = (x * side / 2.0, y * side / 2.0);
            vec![[-x, -y], [x, y]]
        };
        let shake: Vec<_> = camera.shake.iter().map(|p| p.map(|v| v * side)).collect();
        let (tracked, surroundings) = (way(camera.subject_motion), way(camera.pan));
        let half = camera.width.max(camera.height) as f32 / side / 2.0;
        let blur = scene
            .layers
            .iter()
            .flat_map(|layer| [-half, half].map(|y| layer.distance.dioptres(y)))
            .fold(0.0f32, |m, d| m.max(camera.confusion(d, focus_m).abs()));
        let motion = reach(&tracked).max(reach(&surroundings)) + reach(&shake);
        let margin = ((blur + motion).ceil() as usize + 8).next_multiple_of(ALIGN);
        let shake = Streak::new(&shake);
        Self { scene, camera, focus_m, margin, shake, tracked, surroundings }
    }

    /// Light on the sensor in rows `first .. first + count` and a margin on
    /// all four sides.
    fn expose(&self, width: usize, first: usize, count: usize) -> Canvas {
        let px = 1.0 / self.camera.short_side();
        let (w, h) = (self.camera.width as f32, self.camera.height as f32);
        let margin = self.margin as f32;
        let grid = Grid {
            left: (-w / 2.0 - margin) * px,
            top: (first as f32 - h / 2.0 - margin) * px,
            px,
            width: (width + 2 * self.margin).next_multiple_of(ALIGN),
            height: (count + 2 * self.margin).next_multiple_of(ALIGN),
        };
        let mut light = Canvas::new(grid.width, grid.height);
        for layer in &self.scene.layers {
            if let Some((at, image)) = self.image_of(layer, grid) {
                light.cover_with(&image, at);
            }
        }
        self.shake.apply(light)
    }

    /// What a layer adds to the part of `grid` that it reaches, and where that
    /// part begins.
    fn image_of(&self, layer: &Layer, grid: Grid) -> Option<([usize; 2], Canvas)> {
        let radius = |y: f32| self.camera.confusion(layer.distance.dioptres(y), self.focus_m);
        let path = if layer.tracked { &self.tracked } else { &self.surroundings };
        let half = (0.5 * self.camera.height as f32 + (self.margin + ALIGN) as f32) * grid.px;
        let ends = [radius(-half), radius(half)];
        let blur = ends[0].abs().max(ends[1].abs());
        let (at, part) = grid.part(layer.extent(), blur + reach(path) + 3.0, ALIGN)?;
        let sharpest = match layer.distance {
            Distance::At(_) => blur,
            Distance::Ground { .. } => 0.0,
        };
        // What will be blurred need not be drawn finely.
        let factor = [8, 4, 2].into_iter().find(|&k| sharpest >= 5.0 * k as f32).unwrap_or(1);
        let k = factor as f32;
        let (width, height) = (part.width, part.height);
        let coarse =
            Grid { px: part.px * k, width: width / factor, height: height / factor, ..part };
        let path: Vec<_> = path.iter().map(|p| p.map(|v| v / k)).collect();
        let image = Streak::new(&path).apply(draw(layer, coarse));
        let image = match layer.distance {
            Distance::At(_) => disc(image, sharpest / k),
            Distance::Ground { .. } => {
                disc_by_row(image, &strips(ends), |row| radius(coarse.y(row)))
            }
        };
        Some((at, enlarge(image, factor, width, height)))
    }
}

/// How far a path goes from where it started, in either direction.
fn reach(path: &[[f32; 2]]) -> f32 {
    path.iter().flatten().fold(0.0, |m, v| v.abs().max(m))
}

/// Radii to blur a ground with, from one end to the other, close enough that
/// the steps between them do not show.
fn strips([a, b]: [f32; 2]) -> Vec<f32> {
    let (mut r, end) = (a.min(b), a.max(b));
    let mut nodes = vec![r];
    while r < end {
        r += (0.25 * r.abs()).max(0.7);
        nodes.push(r);
    }
    nodes
}

/// Blurs each row by its own radius: the picture is split into strips that
/// overlap and sum to it, one for each node.
fn disc_by_row(image: Canvas, nodes: &[f32], radius: impl Fn(usize) -> f32) -> Canvas {
    if nodes.iter().all(|node| node.abs() < 0.3) {
        return image;
    }
    let (width, height) = (image.width, image.height);
    let mut out = Canvas::new(width, height);
    let radii: Vec<f32> = (0..height).map(radius).collect();
    for (i, &node) in nodes.iter().enumerate() {
        let below = i.checked_sub(1).map_or(f32::NEG_INFINITY, |j| nodes[j]);
        let above = nodes.get(i + 1).copied().unwrap_or(f32::INFINITY);
        let weight = |r: f32| {
            let t =
                if r < node { (r - below) / (node - below) } else { (above - r) / (above - node) };
            if t.is_nan() { 1.0 } else { t.clamp(0.0, 1.0) }
        };
        let mut used = radii.iter().enumerate().filter(|(_, r)| weight(**r) > 0.0);
        let Some((first, _)) = used.next() else {
            continue;
        };
        let last = used.next_back().map_or(first, |(row, _)| row);
        let reach = node.abs().ceil() as usize + 2;
        let from = first.saturating_sub(reach) / ALIGN * ALIGN;
        let to = (last + 1 + reach).next_multiple_of(ALIGN).min(height);
        let mut strip = Canvas::new(width, to - from);
        for (part, plane) in strip.planes.iter_mut().zip(&image.planes) {
            for row in first..=last {
                let w = weight(radii[row]);
                let source = &plane[row * width..(row + 1) * width];
                let target = &mut part[(row - from) * width..(row - from + 1) * width];
                target.iter_mut().zip(source).for_each(|(t, s)| *t = w * s);
            }
        }
        let strip = disc(strip, node.abs());
        for (plane, part) in out.planes.iter_mut().zip(&strip.planes) {
            let target = &mut plane[from * width..to * width];
            target.iter_mut().zip(part).for_each(|(t, s)| *t += s);
        }
    }
    out
}

#[cfg(test)]
#[path = "camera_tests.rs"]
mod tests;
