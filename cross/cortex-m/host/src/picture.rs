//! A picture made by code: noise of many scales, smoothed or not, lit or not. Integers alone,
//! so that it is the same wherever it is drawn.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use std::io;

/// How a picture is drawn and stored.
pub(crate) struct Picture {
    /// Width and height.
    pub(crate) size: (u16, u16),
    /// Pixels that are averaged along a side.
    pub(crate) soft: usize,
    /// What levels are multiplied by, in 256ths.
    pub(crate) light: u32,
    pub(crate) sampling: SamplingFactor,
    /// MCUs from one restart marker to the next; 0 for none.
    pub(crate) restart: u16,
    pub(crate) grey: bool,
}

/// The picture as a baseline JPEG of quality 92.
pub(crate) fn encode(picture: &Picture) -> io::Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 92);
    encoder.set_sampling_factor(picture.sampling);
    if picture.restart > 0 {
        encoder.set_restart_interval(picture.restart);
    }
    let colour = if picture.grey { ColorType::Luma } else { ColorType::Rgb };
    let (width, height) = picture.size;
    encoder.encode(&samples(picture), width, height, colour).map_err(io::Error::other)?;
    Ok(file)
}

fn samples(picture: &Picture) -> Vec<u8> {
    let (width, height) = (usize::from(picture.size.0), usize::from(picture.size.1));
    let lit = |at| level(at % width, at / width, height) * picture.light / 256;
    let levels: Vec<u32> = (0..width * height).map(lit).collect();
    // Sums along rows, and then of those along columns.
    let side = |at: usize, end: usize| at..(at + picture.soft).min(end);
    let along = |y: usize| {
        let row = &levels[y * width..][..width];
        (0..width).map(move |x| row[side(x, width)].iter().sum::<u32>())
    };
    let sums: Vec<u32> = (0..height).flat_map(along).collect();
    let smooth = |x: usize, y: usize| {
        let (across, down) = (side(x, width).len(), side(y, height).len());
        let sum: u32 = side(y, height).map(|y| sums[y * width + x]).sum();
        (sum as usize / (across * down)) as u8
    };
    let mut out = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let luma = smooth(x, y);
            if picture.grey {
                out.push(luma);
            } else {
                out.extend([luma, luma.saturating_sub((x / 40) as u8), luma / 2 + luma / 4]);
            }
        }
    }
    out
}

/// Fractal noise over a gradient that ends at `height`, 0 to 255.
fn level(x: usize, y: usize, height: usize) -> u32 {
    let octave = |size: usize, weight: u32| lattice(x, y, size) * weight / 256;
    let ground = (40 + y * 90 / height) as u32;
    (ground + octave(128, 60) + octave(32, 40) + octave(8, 30) + octave(2, 24)).min(255)
}

/// Noise on a grid, joined by straight lines, 0 to 255.
fn lattice(x: usize, y: usize, size: usize) -> u32 {
    let (column, row, across, down) = (x / size, y / size, (x % size) as u32, (y % size) as u32);
    let size = size as u32;
    let between = |a: u32, b: u32, part: u32| (a * (size - part) + b * part) / size;
    let line = |row| between(hash(column, row), hash(column + 1, row), across);
    between(line(row), line(row + 1), down)
}

/// A number from 0 to 255 for a place (Wang's integer hash).
fn hash(x: usize, y: usize) -> u32 {
    let mut n = (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77);
    n = (n ^ 61) ^ (n >> 16);
    n = n.wrapping_mul(9);
    n ^= n >> 4;
    n = n.wrapping_mul(0x27D4_EB2D);
    (n ^ (n >> 15)) & 255
}
