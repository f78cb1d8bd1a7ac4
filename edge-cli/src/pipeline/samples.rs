//! Samples of any part of a picture that has been judged, at a power of two of its size.
//!
//! In come a JPEG that was scanned, or a decoded picture, and a box; out go luma, or
//! luma and colour differences, of that box.

use super::memory::{CHUNK, Scanner};
use crate::source::decode::Picture;
use crate::source::section::Section;
use edgecull_core::geometry::Rect;
use edgecull_core::jpeg::{ColorSpace, PlaneSize, Progress, Scale, plane_sizes};
use edgecull_core::pixels;
use edgecull_core::plane::Plane;
use edgecull_core::quality::Planes;
use std::io::{Read, Seek, SeekFrom};

/// Scales, the smallest first.
pub(super) const SCALES: [Scale; 4] = [Scale::Eighth, Scale::Quarter, Scale::Half, Scale::Full];

/// Where samples come from.
pub(super) enum Samples<'a> {
    /// A JPEG that the scanner has seen all of, and its file.
    Scanned(&'a mut Scanner, &'a mut Section),
    /// A picture in memory.
    Decoded(&'a Picture),
}

/// Luma of one box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The box in pixels of the stored picture: the one asked for, made larger to whole
    /// samples.
    pub(super) rect: Rect,
    /// Samples in a row.
    pub(super) width: usize,
    /// Rows.
    pub(super) height: usize,
}

/// Luma and colour differences of one box, and memory for them that is used again.
#[derive(Debug, Default)]
pub(super) struct Colours {
    samples: [Vec<u8>; 3],
    sizes: Option<[PlaneSize; 3]>,
}

impl Colours {
    /// The planes, if there are any.
    pub(super) fn planes(&self) -> Option<Planes<'_>> {
        let sizes = self.sizes?;
        let plane = |at: usize| {
            let PlaneSize { width, height } = sizes[at];
            Plane::new(&self.samples[at], width, height, width)
        };
        let grey = sizes[1].width == 0;
        let chroma = if grey { None } else { Some([plane(1)?, plane(2)?]) };
        Some(Planes { luma: plane(0)?, chroma })
    }
}

/// Pixels that become one sample, along a side.
pub(super) fn factor(scale: Scale) -> u32 {
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

    /// Whether there are no colours.
    pub(super) fn grey(&self) -> bool {
        match self {
            Self::Scanned(scanner, _) => {
                scanner.header().is_some_and(|header| header.color == ColorSpace::Grey)
            }
            Self::Decoded(picture) => matches!(picture, Picture::Grey(_)),
        }
    }

    /// A box made larger to whole samples, and how many those are. `None` where nothing
    /// of it is in the picture.
    fn part(&self, rect: Rect, scale: Scale) -> Option<Part> {
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
        let samples_of = |length: u32| length.div_ceil(factor) as usize;
        let part = Part { rect, width: samples_of(w), height: samples_of(h) };
        (rect.area() > 0).then_some(part)
    }

    /// Luma of a box of the stored picture into `samples`, row by row. `None` where it
    /// cannot be had in full: nothing of the box is in the picture, the file cannot be
    /// read any more or has changed, or luma is not the finest component.
    pub(super) fn luma(&mut self, rect: Rect, scale: Scale, samples: &mut Vec<u8>) -> Option<Part> {
        let part = self.part(rect, scale)?;
        empty(samples, part.width * part.height);
        match self {
            Self::Scanned(scanner, file) => {
                let [size, ..] = plane_sizes(scanner.header()?, part.rect, scale)?;
                if (size.width, size.height) != (part.width, part.height) {
                    return None;
                }
                decode(scanner, file, part.rect, scale, samples, None)?;
            }
            Self::Decoded(picture) => average(picture, &part, factor(scale), [samples]),
        }
        Some(part)
    }

    /// The same with colour differences, on their own grids where it is a JPEG. `None`
    /// also where a JPEG keeps these in scans of their own.
    pub(super) fn colours<'c>(
        &mut self,
        rect: Rect,
        scale: Scale,
        colours: &'c mut Colours,
    ) -> Option<Planes<'c>> {
        colours.sizes = None;
        let part = self.part(rect, scale)?;
        let sizes = match self {
            Self::Scanned(scanner, _) => plane_sizes(scanner.header()?, part.rect, scale)?,
            Self::Decoded(_) => {
                let all = PlaneSize { width: part.width, height: part.height };
                let none = PlaneSize { width: 0, height: 0 };
                if self.grey() { [all, none, none] } else { [all; 3] }
            }
        };
        for (samples, size) in colours.samples.iter_mut().zip(sizes) {
            empty(samples, size.width * size.height);
        }
        let [luma, cb, cr] = &mut colours.samples;
        match self {
            Self::Scanned(scanner, file) => {
                let chroma = scanner.header()?.chroma_indices().map(|_| [&mut cb[..], &mut cr[..]]);
                decode(scanner, file, part.rect, scale, luma, chroma)?;
            }
            Self::Decoded(picture @ Picture::Grey(_)) => {
                average(picture, &part, factor(scale), [luma]);
            }
            Self::Decoded(picture) => average(picture, &part, factor(scale), [luma, cb, cr]),
        }
        colours.sizes = Some(sizes);
        colours.planes()
    }
}

/// So many samples.
fn empty(samples: &mut Vec<u8>, count: usize) {
    samples.clear();
    samples.resize(count, 0);
}

/// Decodes a part of a JPEG again, with its colour differences if there is room for them.
fn decode(
    scanner: &mut Scanner,
    file: &mut Section,
    rect: Rect,
    scale: Scale,
    luma: &mut [u8],
    chroma: Option<[&mut [u8]; 2]>,
) -> Option<()> {
    let colour = chroma.is_some();
    let mut region = scanner.region(rect, scale, luma, chroma)?;
    file.seek(SeekFrom::Start(region.offset())).ok()?;
    let mut chunk = [0; CHUNK];
    loop {
        let count = file.read(&mut chunk).ok()?;
        let bytes = chunk.get(..count).filter(|bytes| !bytes.is_empty());
        if bytes.is_none_or(|bytes| region.feed(bytes) == Progress::Done) {
            break;
        }
    }
    let decoded = region.finish();
    (decoded.complete && decoded.chroma.is_some() == colour).then_some(())
}

/// Means over squares of `factor` pixels, as far as the picture goes: luma, and the
/// colour differences if there are planes for them.
fn average<const PLANES: usize>(
    picture: &Picture,
    part: &Part,
    factor: u32,
    mut planes: [&mut Vec<u8>; PLANES],
) {
    let Rect { x, y, w, h } = part.rect;
    let mut sums = vec![[0u32; PLANES]; part.width];
    for row in 0..part.height {
        sums.fill([0; PLANES]);
        let top = row as u32 * factor;
        let rows = factor.min(h - top);
        for y in y + top..y + top + rows {
            let add = |(x, values): (usize, [u8; 3])| {
                let sums = sums[x / factor as usize].iter_mut();
                sums.zip(values).for_each(|(sum, value)| *sum += u32::from(value));
            };
            match picture {
                Picture::Grey(grey) => {
                    row_of(grey, x, y, w, 1)
                        .map(|&luma| [luma, 128, 128])
                        .enumerate()
                        .for_each(add);
                }
                Picture::Rgb(rgb) => {
                    let pixels = row_of(rgb, x, y, w, 3).as_slice().as_chunks().0;
                    pixels.iter().map(|&pixel| pixels::ycc(pixel)).enumerate().for_each(add);
                }
            }
        }
        let line = row * part.width..(row + 1) * part.width;
        for (plane, samples) in planes.iter_mut().enumerate() {
            for (column, (sample, sums)) in samples[line.clone()].iter_mut().zip(&sums).enumerate()
            {
                let count = rows * factor.min(w - column as u32 * factor);
                *sample = ((sums[plane] + count / 2) / count) as u8;
            }
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
