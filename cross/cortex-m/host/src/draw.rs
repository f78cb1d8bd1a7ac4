//! Pictures to judge: noise of many scales, smoothed or not, lit or not; whole and damaged.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use std::path::Path;
use std::{fs, io};

/// Width and height: more blocks than a microcontroller's plane has samples, so that it is
/// made smaller.
const SIZE: (u16, u16) = (1280, 960);

/// How a picture is drawn and stored.
struct Kind {
    name: &'static str,
    /// Pixels that are averaged along a side.
    soft: usize,
    /// What levels are multiplied by, in 256ths.
    light: u32,
    sampling: SamplingFactor,
    /// MCUs from one restart marker to the next; 0 for none.
    restart: u16,
    grey: bool,
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "sharp",
        soft: 1,
        light: 256,
        sampling: SamplingFactor::R_4_2_0,
        restart: 0,
        grey: false,
    },
    Kind {
        name: "soft",
        soft: 17,
        light: 256,
        sampling: SamplingFactor::R_4_2_2,
        restart: 0,
        grey: false,
    },
    Kind {
        name: "dark",
        soft: 1,
        light: 8,
        sampling: SamplingFactor::R_4_4_4,
        restart: 0,
        grey: false,
    },
    Kind {
        name: "restarts",
        soft: 3,
        light: 200,
        sampling: SamplingFactor::R_4_2_0,
        restart: 40,
        grey: false,
    },
    Kind {
        name: "grey",
        soft: 1,
        light: 256,
        sampling: SamplingFactor::R_4_4_4,
        restart: 0,
        grey: true,
    },
];

/// Writes every picture, and damaged ones.
pub(crate) fn all(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for kind in &KINDS {
        let file = encode(kind)?;
        fs::write(folder.join(format!("{}.jpg", kind.name)), &file)?;
        if kind.restart > 0 {
            let mut damaged = file.clone();
            let middle = damaged.len() / 2;
            damaged[middle..middle + 200].fill(0x55);
            fs::write(folder.join("damaged.jpg"), damaged)?;
            fs::write(folder.join("truncated.jpg"), &file[..file.len() / 3])?;
        }
    }
    fs::write(folder.join("nothing.jpg"), [])?;
    fs::write(folder.join("text.jpg"), "not a picture at all\n".repeat(100))
}

fn encode(kind: &Kind) -> io::Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 92);
    encoder.set_sampling_factor(kind.sampling);
    if kind.restart > 0 {
        encoder.set_restart_interval(kind.restart);
    }
    let colour = if kind.grey { ColorType::Luma } else { ColorType::Rgb };
    encoder.encode(&samples(kind), SIZE.0, SIZE.1, colour).map_err(io::Error::other)?;
    Ok(file)
}

fn samples(kind: &Kind) -> Vec<u8> {
    let (width, height) = (usize::from(SIZE.0), usize::from(SIZE.1));
    let levels: Vec<u32> =
        (0..width * height).map(|at| level(at % width, at / width) * kind.light / 256).collect();
    let smooth = |x: usize, y: usize| {
        let side = |at: usize, end: usize| at..(at + kind.soft).min(end);
        let rows = side(y, height).flat_map(|y| side(x, width).map(move |x| (x, y)));
        let (sum, count) =
            rows.fold((0, 0), |(sum, n), (x, y)| (sum + levels[y * width + x], n + 1));
        (sum / count) as u8
    };
    let mut out = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let luma = smooth(x, y);
            if kind.grey {
                out.push(luma);
            } else {
                out.extend([luma, luma.saturating_sub((x / 40) as u8), luma / 2 + luma / 4]);
            }
        }
    }
    out
}

/// Fractal noise over a gradient, 0 to 255.
fn level(x: usize, y: usize) -> u32 {
    let octave = |size: usize, weight: u32| lattice(x, y, size) * weight / 256;
    let ground = (40 + y * 90 / usize::from(SIZE.1)) as u32;
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
