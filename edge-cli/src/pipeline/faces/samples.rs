//! Luma of any part of a picture that has been judged, at a power of two of its size.

use super::super::memory::{CHUNK, Scanner};
use crate::source::decode::Picture;
use crate::source::section::Section;
use edgecull_core::geometry::Rect;
use edgecull_core::jpeg::{Progress, Scale, plane_sizes};
use edgecull_core::pixels;
use std::io::{Read, Seek, SeekFrom};

/// Where samples come from.
pub(in super::super) enum Samples<'a> {
    /// A JPEG that the scanner has seen all of, and its file.
    Scanned(&'a mut Scanner, &'a mut Section),
    /// A picture in memory.
    Decoded(&'a Picture),
}

/// Luma of one box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Part {
    /// The box in pixels of the stored picture: the one asked for, made larger to whole
    /// samples.
    pub(in super::super) rect: Rect,
    /// Samples in a row.
    pub(in super::super) width: usize,
    /// Rows.
    pub(in super::super) height: usize,
}

/// Pixels that become one sample, along a side.
pub(in super::super) fn factor(scale: Scale) -> u32 {
    8 / scale.block_size()
}

impl Samples<'_> {
    /// Size of the stored picture.
    fn size(&self) -> Option<(u32, u32)> {
        match self {
            Self::Scanned(scanner, _) => {
                scanner.header().map(|header| (header.width, header.height))
            }
            Self::Decoded(Picture::Grey(grey)) => Some(grey.dimensions()),
            Self::Decoded(Picture::Rgb(rgb)) => Some(rgb.dimensions()),
        }
    }

    /// Luma of a box of the stored picture into `samples`, row by row. `None` where it
    /// cannot be had in full: nothing of the box is in the picture, the file cannot be
    /// read any more or has changed, or luma is not the finest component.
    pub(in super::super) fn luma(
        &mut self,
        rect: Rect,
        scale: Scale,
        samples: &mut Vec<u8>,
    ) -> Option<Part> {
        let (width, height) = self.size()?;
        let rect = rect.clamped(width, height);
        let factor = factor(scale);
        let outwards = |start: u32, length: u32, side: u32| {
            let first = start - start % factor;
            let end = (start + length).next_multiple_of(factor).min(side);
            (first, end - first)
        };
        let ((x, w), (y, h)) = (outwards(rect.x, rect.w, width), outwards(rect.y, rect.h, height));
        let rect = Rect { x, y, w, h };
        if rect.area() == 0 {
            return None;
        }
        let samples_of = |length: u32| length.div_ceil(factor) as usize;
        let part = Part { rect, width: samples_of(w), height: samples_of(h) };
        samples.clear();
        samples.resize(part.width * part.height, 0);
        match self {
            Self::Scanned(scanner, file) => decode(scanner, file, &part, scale, samples)?,
            Self::Decoded(picture) => average(picture, &part, factor, samples),
        }
        Some(part)
    }
}

/// Decodes a part of a JPEG again.
fn decode(
    scanner: &mut Scanner,
    file: &mut Section,
    part: &Part,
    scale: Scale,
    samples: &mut [u8],
) -> Option<()> {
    let [size, ..] = plane_sizes(scanner.header()?, part.rect, scale)?;
    if (size.width, size.height) != (part.width, part.height) {
        return None;
    }
    let mut region = scanner.region(part.rect, scale, samples, None)?;
    file.seek(SeekFrom::Start(region.offset())).ok()?;
    let mut chunk = [0; CHUNK];
    loop {
        let count = file.read(&mut chunk).ok()?;
        let bytes = chunk.get(..count).filter(|bytes| !bytes.is_empty());
        if bytes.is_none_or(|bytes| region.feed(bytes) == Progress::Done) {
            break;
        }
    }
    region.finish().complete.then_some(())
}

/// Means over squares of `factor` pixels, as far as the picture goes.
fn average(picture: &Picture, part: &Part, factor: u32, samples: &mut [u8]) {
    let Rect { x, y, w, h } = part.rect;
    let mut sums = vec![0u32; part.width];
    for (row, line) in samples.chunks_exact_mut(part.width).enumerate() {
        sums.fill(0);
        let top = row as u32 * factor;
        let rows = factor.min(h - top);
        for y in y + top..y + top + rows {
            let add = |(x, value): (usize, u8)| sums[x / factor as usize] += u32::from(value);
            match picture {
                Picture::Grey(grey) => row_of(grey, x, y, w, 1).copied().enumerate().for_each(add),
                Picture::Rgb(rgb) => {
                    let pixels = row_of(rgb, x, y, w, 3).as_slice().as_chunks().0;
                    pixels.iter().map(|&pixel| pixels::ycc(pixel)[0]).enumerate().for_each(add);
                }
            }
        }
        for (column, (sample, &sum)) in line.iter_mut().zip(&sums).enumerate() {
            let count = rows * factor.min(w - column as u32 * factor);
            *sample = ((sum + count / 2) / count) as u8;
        }
    }
}

/// Pixels `x..x + w` of row `y`, of `channels` samples each.
fn row_of(
    samples: &image::ImageBuffer<impl image::Pixel<Subpixel = u8>, Vec<u8>>,
    x: u32,
    y: u32,
    w: u32,
    channels: usize,
) -> std::slice::Iter<'_, u8> {
    let start = (y as usize * samples.width() as usize + x as usize) * channels;
    samples.as_raw()[start..start + w as usize * channels].iter()
}
