//! Panoramas: a world around the camera, and the views of one that turns.
//!
//! The world is drawn piece by piece and laid around the camera as a cylinder; a view
//! is its image on a plane, so that what lies near a frame's edge is stretched there
//! as in a photograph, and two views fit one another only about as well.

use crate::render::rng::Rng;
use crate::render::scene::{Scene, Subject};
use crate::render::{Camera, Picture, render};

/// Focal length in shorter sides of the frame: 35 mm over 24 mm.
const FOCAL: f32 = 1.46;

/// Columns over which one piece of the world fades into the next, in shorter sides.
const SEAM: f32 = 0.25;

/// Which way a camera turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    /// To the right.
    Across,
    /// Down.
    Down,
}

/// All that a panorama shows, unrolled; for one that goes down, lying on its side.
pub(super) struct World {
    picture: Picture,
    /// Pixels of a shorter side.
    short: f32,
    size: [u32; 2],
    axis: Axis,
    /// Angle from one view to the next, and to the first, in radians.
    step: f32,
    first: f32,
}

impl World {
    pub(super) fn new(
        subject: Subject,
        seed: u64,
        size: [u32; 2],
        frames: u32,
        overlap: f32,
        axis: Axis,
    ) -> Self {
        let short = size[0].min(size[1]) as f32;
        let [w, h] = size.map(|n| n as f32 / short);
        let (along, across) = if axis == Axis::Across { (w, h) } else { (h, w) };
        let half = libm::atanf(0.5 * along / FOCAL);
        // Views of one angle overlap by the share of that angle.
        let step = 2.0 * half * (1.0 - overlap);
        let turn = 2.0 * half + step * (frames - 1) as f32 + 0.3;
        // Views reach a little beyond their own height at other angles.
        let tall = ((1.3 * across + 0.2) * short) as u32;
        let long = (turn * FOCAL * short) as u32;
        Self {
            picture: strip(subject, seed, [long, tall], short, axis),
            short,
            size,
            axis,
            step,
            first: half + 0.15,
        }
    }

    /// The view of number `at`, held by hand, `drift` stops brighter than others.
    pub(super) fn view(&self, at: u32, rng: &mut Rng, drift: f32) -> Picture {
        let yaw = self.first + self.step * (at as f32 + 0.04 * rng.normal());
        let (lift, roll) = (0.012 * rng.normal(), 0.006 * rng.normal());
        let gain = libm::exp2f(drift);
        let [width, height] = self.size;
        let mut rgb = Vec::with_capacity(3 * (width * height) as usize);
        for y in 0..height {
            for x in 0..width {
                let px = (x as f32 + 0.5 - 0.5 * width as f32) / self.short;
                let py = (y as f32 + 0.5 - 0.5 * height as f32) / self.short;
                let (px, py) = (px - roll * py, py + roll * px);
                let (p, q) = if self.axis == Axis::Across { (px, py) } else { (py, px) };
                let angle = yaw + libm::atanf(p / FOCAL);
                let up = q * FOCAL / (p * p + FOCAL * FOCAL).sqrt() + lift;
                let u = angle * FOCAL * self.short;
                let v = up * self.short + 0.5 * self.picture.height as f32;
                rgb.extend(self.sample(u, v).map(|c| developed(c, gain)));
            }
        }
        Picture { width, height, rgb }
    }

    /// The colour at a place, between pixels.
    fn sample(&self, u: f32, v: f32) -> [f32; 3] {
        let Picture { width, height, rgb } = &self.picture;
        let (u, v) = (u - 0.5, v - 0.5);
        let (x, y) = (u.max(0.0).floor(), v.max(0.0).floor());
        let (fx, fy) = ((u - x).clamp(0.0, 1.0), (v - y).clamp(0.0, 1.0));
        let at = |x: u32, y: u32, c: usize| {
            let (x, y) = (x.min(width - 1), y.min(height - 1));
            f32::from(rgb[3 * (y * width + x) as usize + c])
        };
        let (x, y) = (x as u32, y as u32);
        [0, 1, 2].map(|c| {
            let top = at(x, y, c) * (1.0 - fx) + at(x + 1, y, c) * fx;
            let below = at(x, y + 1, c) * (1.0 - fx) + at(x + 1, y + 1, c) * fx;
            top * (1.0 - fy) + below * fy
        })
    }
}

/// A value of the world, brighter by a factor of light.
fn developed(value: f32, gain: f32) -> u8 {
    let light = libm::powf(value / 255.0, 2.2) * gain;
    (255.0 * libm::powf(light, 1.0 / 2.2)).round().clamp(0.0, 255.0) as u8
}

/// Pieces of a world, side by side. Landscapes and snow go on for ever; of other
/// things, each piece is another.
fn strip(subject: Subject, seed: u64, [long, tall]: [u32; 2], short: f32, axis: Axis) -> Picture {
    let seam = (SEAM * short) as u32;
    let piece = (1.9 * short) as u32;
    let mut rgb = vec![0; 3 * (long * tall) as usize];
    for i in 0..long.div_ceil(piece) {
        let (width, height) =
            if axis == Axis::Across { (piece + seam, tall) } else { (tall, piece + seam) };
        let part = render(&Scene::new(subject, seed + u64::from(i)), &Camera::new(width, height));
        for y in 0..tall {
            for x in 0..(piece + seam).min(long - i * piece) {
                let (column, row) = if axis == Axis::Across { (x, y) } else { (y, x) };
                let from = &part.rgb[3 * (row * width + column) as usize..][..3];
                let to = &mut rgb[3 * (y * long + i * piece + x) as usize..][..3];
                let share = if i > 0 && x < seam { x as f32 / seam as f32 } else { 1.0 };
                for (to, &from) in to.iter_mut().zip(from) {
                    let mixed = f32::from(*to) * (1.0 - share) + f32::from(from) * share;
                    *to = mixed.round() as u8;
                }
            }
        }
    }
    Picture { width: long, height: tall, rgb }
}

/// A part of a picture, as far as it goes.
pub(super) fn cut(picture: &Picture, [left, top]: [u32; 2], [width, height]: [u32; 2]) -> Picture {
    let mut rgb = Vec::with_capacity(3 * (width * height) as usize);
    for y in top..top + height {
        let y = y.min(picture.height - 1);
        for x in left..left + width {
            let x = x.min(picture.width - 1);
            rgb.extend_from_slice(&picture.rgb[3 * (y * picture.width + x) as usize..][..3]);
        }
    }
    Picture { width, height, rgb }
}
