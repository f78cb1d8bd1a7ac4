//! Pictures made by code, and the frames that they leave: for tests.

use crate::bands;
use crate::frame::{Cell, CellGrid, Frame};
use crate::pixels;
use crate::plane::Plane;
use std::vec;
use std::vec::Vec;

/// A grey picture.
#[derive(Clone)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) samples: Vec<u8>,
}

/// Marsaglia's xorshift, for reproducible scenes.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Even over 0..n.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % n
    }
}

impl Picture {
    pub(crate) fn flat(width: usize, height: usize, level: u8) -> Self {
        Self { width, height, samples: vec![level; width * height] }
    }

    /// Dead leaves: discs of many sizes, each hiding what lies below, whose
    /// spectrum is that of photographs (Lee, Mumford and Huang, "Occlusion models
    /// for natural images", 2001).
    pub(crate) fn leaves(width: usize, height: usize, seed: u64) -> Self {
        // Drawn twice as large, then averaged two by two, as a lens and a sensor
        // would.
        let (width, height) = (2 * width, 2 * height);
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let mut picture = Self::flat(width, height, 128);
        for _ in 0..3000 {
            // Radii with a density of about 1 / r^3.
            let radius = (8.0 / (0.002 + random.below(1000) as f64 / 1000.0).sqrt()) as isize;
            let (cx, cy) = (random.below(width) as isize, random.below(height) as isize);
            let level = 20 + random.below(216) as u8;
            for y in (cy - radius).max(0)..(cy + radius + 1).min(height as isize) {
                for x in (cx - radius).max(0)..(cx + radius + 1).min(width as isize) {
                    if (x - cx).pow(2) + (y - cy).pow(2) <= radius * radius {
                        picture.samples[y as usize * width + x as usize] = level;
                    }
                }
            }
        }
        let mut half = Self::flat(width / 2, height / 2, 0);
        for (i, to) in half.samples.iter_mut().enumerate() {
            let at = 2 * (i / half.width) * width + 2 * (i % half.width);
            let sum: u16 = [at, at + 1, at + width, at + width + 1]
                .map(|at| u16::from(picture.samples[at]))
                .iter()
                .sum();
            *to = ((sum + 2) / 4) as u8;
        }
        // And the sharpening that every camera's own JPEG has.
        let soft = half.smeared(1, 1);
        for (sample, &soft) in half.samples.iter_mut().zip(&soft.samples) {
            let level = i16::from(*sample);
            *sample = (level + (level - i16::from(soft))).clamp(0, 255) as u8;
        }
        half
    }

    /// Mean over `2 * across + 1` columns and `2 * down + 1` rows.
    pub(crate) fn smeared(&self, across: isize, down: isize) -> Self {
        let at = |x: isize, y: isize| {
            let x = x.clamp(0, self.width as isize - 1) as usize;
            let y = y.clamp(0, self.height as isize - 1) as usize;
            u32::from(self.samples[y * self.width + x])
        };
        let mut out = self.clone();
        for y in 0..self.height as isize {
            for x in 0..self.width as isize {
                let mut sum = 0;
                for dy in -down..=down {
                    for dx in -across..=across {
                        sum += at(x + dx, y + dy);
                    }
                }
                let count = ((2 * across + 1) * (2 * down + 1)) as u32;
                out.samples[y as usize * self.width + x as usize] =
                    ((sum + count / 2) / count) as u8;
            }
        }
        out
    }

    /// Out of focus by about this radius.
    pub(crate) fn defocused(&self, radius: isize) -> Self {
        self.smeared(radius, 0).smeared(0, radius).smeared(radius, 0).smeared(0, radius)
    }

    /// This picture, but the other one inside a box.
    pub(crate) fn with(&self, other: &Self, x: usize, y: usize, w: usize, h: usize) -> Self {
        let mut out = self.clone();
        for row in y..y + h {
            let span = row * self.width + x..row * self.width + x + w;
            out.samples[span.clone()].copy_from_slice(&other.samples[span]);
        }
        out
    }

    /// Every level mapped.
    pub(crate) fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        let samples = self.samples.iter().map(|&s| f(f64::from(s)).round().clamp(0.0, 255.0) as u8);
        Self { samples: samples.collect(), ..*self }
    }

    /// With noise of this standard deviation, nearly Gaussian.
    pub(crate) fn noisy(&self, sigma: f64, seed: u64) -> Self {
        let mut random = Random(seed | 1);
        let mut out = self.clone();
        for sample in &mut out.samples {
            let sum: usize = (0..12).map(|_| random.below(1000)).sum();
            let level = f64::from(*sample) + sigma * (sum as f64 / 1000.0 - 6.0);
            *sample = level.round().clamp(0.0, 255.0) as u8;
        }
        out
    }

    /// What one pass over it leaves.
    pub(crate) fn scene(&self) -> Scene {
        let plane = Plane::new(&self.samples, self.width, self.height, self.width).expect("whole");
        let (across, down) = (self.width.div_ceil(8), self.height.div_ceil(8));
        let cols = across / 4;
        let mut sums = vec![([0u32; 64], 0u32); cols * down];
        let mut luma = Vec::new();
        let mut histogram = [0; 256];
        for y in 0..down {
            for x in 0..across {
                let block = pixels::coefficients(&plane, x, y);
                let mean = ((block[0] + 4).div_euclid(8) + 128).clamp(0, 255) as u8;
                luma.push(mean);
                histogram[usize::from(mean)] += 1;
                if x / 4 == cols {
                    continue;
                }
                let (energies, means) = &mut sums[y * cols + x / 4];
                *means += u32::from(mean);
                for (energy, &coef) in energies.iter_mut().zip(&block).skip(1) {
                    *energy += i32::from(coef).pow(2) as u32;
                }
            }
        }
        Scene {
            size: (self.width as u32, self.height as u32),
            luma,
            chroma: None,
            cells: sums
                .iter()
                .map(|(energies, means)| bands::cell(energies, 64, 4, ((means + 2) / 4) as u8))
                .collect(),
            cols,
            histogram,
        }
    }
}

/// A frame that owns its buffers.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) size: (u32, u32),
    pub(crate) luma: Vec<u8>,
    /// Cb and Cr on the grid of luma.
    pub(crate) chroma: Option<[Vec<u8>; 2]>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) cols: usize,
    pub(crate) histogram: [u32; 256],
}

impl Scene {
    pub(crate) fn frame(&self) -> Frame<'_> {
        let (width, height) = self.size;
        let across = width.div_ceil(8) as usize;
        let down = height.div_ceil(8) as usize;
        let plane = |data| Plane::new(data, across, down, across).expect("whole");
        Frame {
            width,
            height,
            luma: plane(&self.luma),
            chroma: self.chroma.as_ref().map(|[cb, cr]| [plane(cb), plane(cr)]),
            cells: CellGrid {
                cells: &self.cells,
                cols: self.cols,
                rows: self.cells.len() / self.cols.max(1),
                pitch_x: 32,
                pitch_y: 8,
            },
            histogram: self.histogram,
            quant: [1; 64],
            blocks_seen: self.luma.len() as u32,
            blocks_total: self.luma.len() as u32,
        }
    }
}
