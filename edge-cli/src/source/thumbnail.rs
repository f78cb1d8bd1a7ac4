//! Whole pictures at another size, upright: for a drawing, or for a network.
//!
//! In comes a decoded [`Picture`], or a JPEG that the scanner has seen; out goes a
//! [`Picture`] of the size asked for, whatever the proportions. A JPEG is decoded
//! again at 1/8 where that is enough, else at 1/4, 1/2 or in full, so that a frame of
//! 24 megapixels takes about as much memory as what becomes of it.

use super::decode::{MAX_BYTES, Picture};
use edgecull_core::geometry::{Orientation, Rect};
use edgecull_core::jpeg::{ColorSpace, Header, PlaneSize, Progress, Scale, Scanner, plane_sizes};
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8;
use fast_image_resize::{ResizeOptions, Resizer};
use image::metadata::Orientation as Turn;
use image::{DynamicImage, GrayImage, Rgb, RgbImage};
use std::io::{Read, Seek, SeekFrom};

/// Scales of a JPEG, the smallest first.
const SCALES: [Scale; 4] = [Scale::Eighth, Scale::Quarter, Scale::Half, Scale::Full];

/// Bytes of a file that are read at a time.
const CHUNK: usize = 32 * 1024;

/// The whole picture, `size` (width and height) after it was turned upright. `None`
/// if there is nothing in it.
#[must_use]
pub fn of(picture: &Picture, size: (u32, u32), orientation: Orientation) -> Option<Picture> {
    let stored = orientation.size(size.0, size.1);
    Some(upright(
        match picture {
            Picture::Grey(grey) => {
                let pixels = resized(grey, grey.dimensions(), stored, None)?;
                GrayImage::from_raw(stored.0, stored.1, pixels)?.into()
            }
            Picture::Rgb(rgb) => {
                let plane = |channel: usize| {
                    let samples: Vec<u8> = rgb.pixels().map(|pixel| pixel[channel]).collect();
                    resized(&samples, rgb.dimensions(), stored, None)
                };
                let (red, green, blue) = (plane(0)?, plane(1)?, plane(2)?);
                let pixels = red.into_iter().zip(green).zip(blue);
                let pixels = pixels.flat_map(|((r, g), b)| [r, g, b]).collect();
                RgbImage::from_raw(stored.0, stored.1, pixels)?.into()
            }
        },
        orientation,
    ))
}

/// The same of a JPEG that `scanner` has just seen all of, read again from `file`; in
/// grey unless `colour` is wanted and there.
///
/// `None` where this way does not lead to the whole picture: it has other components
/// than luma and colour differences, or keeps them in scans of their own, or is
/// damaged, or cannot be read any more.
#[must_use]
pub fn of_scanned<const N: usize, const ROWS: usize>(
    scanner: &mut Scanner<N, ROWS>,
    file: &mut (impl Read + Seek),
    size: (u32, u32),
    orientation: Orientation,
    colour: bool,
) -> Option<Picture> {
    let header = *scanner.header()?;
    if !matches!(header.color, ColorSpace::Grey | ColorSpace::YCbCr) {
        return None;
    }
    let chroma = if colour { header.chroma_indices() } else { None };
    let stored = orientation.size(size.0, size.1);
    let whole = Rect { x: 0, y: 0, w: header.width, h: header.height };
    let used = if chroma.is_some() { 3 } else { 1 };
    // Colour counts too: at 4:2:0 its planes are half as wide and high as luma's.
    let suffices = |scale: &Scale| {
        plane_sizes(&header, whole, *scale).is_some_and(|sizes| {
            sizes.iter().take(used).all(|&PlaneSize { width, height }| {
                width as u64 >= u64::from(stored.0) && height as u64 >= u64::from(stored.1)
            })
        })
    };
    let scale = SCALES.into_iter().find(suffices).unwrap_or(Scale::Full);
    let sizes = plane_sizes(&header, whole, scale)?;
    let used = &sizes[..used];
    let bytes: u64 = used.iter().map(|size| samples(*size) as u64).sum();
    if bytes > MAX_BYTES {
        return None;
    }
    let buffer = |index: usize| vec![0; used.get(index).map_or(0, |&size| samples(size))];
    let [mut luma, mut cb, mut cr] = [0, 1, 2].map(buffer);
    let differences = chroma.map(|_| [cb.as_mut_slice(), cr.as_mut_slice()]);
    let mut region = scanner.region(whole, scale, &mut luma, differences)?;
    file.seek(SeekFrom::Start(region.offset())).ok()?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = file.read(&mut chunk).ok()?;
        let bytes = chunk.get(..count).filter(|bytes| !bytes.is_empty());
        if bytes.is_none_or(|bytes| region.feed(bytes) == Progress::Done) {
            break;
        }
    }
    let decoded = region.finish();
    if !decoded.complete || decoded.chroma.is_some() != chroma.is_some() {
        return None;
    }
    let shrunk = |index: usize, samples: &[u8], PlaneSize { width, height }: PlaneSize| {
        let from = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
        let shown = shown(&header, index, scale)?;
        resized(samples, from, stored, Some(shown))
    };
    let luma = shrunk(header.luma_index(), &luma, sizes[0])?;
    let Some([b, r]) = chroma else {
        return Some(upright(GrayImage::from_raw(stored.0, stored.1, luma)?.into(), orientation));
    };
    let (cb, cr) = (shrunk(b, &cb, sizes[1])?, shrunk(r, &cr, sizes[2])?);
    let pixels = luma.iter().zip(&cb).zip(&cr);
    let pixels = pixels.flat_map(|((&y, &cb), &cr)| rgb([y, cb, cr].map(f32::from)).0).collect();
    Some(upright(RgbImage::from_raw(stored.0, stored.1, pixels)?.into(), orientation))
}

/// A colour of luma and colour differences (JFIF 1.02, conversion to RGB).
#[must_use]
pub fn rgb([y, cb, cr]: [f32; 3]) -> Rgb<u8> {
    let (cb, cr) = (cb - 128.0, cr - 128.0);
    let rgb = [y + 1.402 * cr, y - 0.344_14 * cb - 0.714_14 * cr, y + 1.772 * cb];
    Rgb(rgb.map(|value| (value + 0.5).clamp(0.0, 255.0) as u8))
}

fn samples(size: PlaneSize) -> usize {
    size.width * size.height
}

/// How much of a component's plane, in its samples, the picture covers: its last
/// samples may stand for pixels beyond the edge.
fn shown(header: &Header, index: usize, scale: Scale) -> Option<(f64, f64)> {
    let component = header.components().get(index)?;
    let (h_max, v_max) = header.max_sampling();
    let part = |length: u32, factor: u8, max: u32| {
        f64::from(length) * f64::from(u32::from(factor) * scale.block_size()) / f64::from(8 * max)
    };
    Some((part(header.width, component.h, h_max), part(header.height, component.v, v_max)))
}

/// Samples resized by Lanczos' filter of three lobes, over all the pixels that become
/// one; of the source only the corner that is `shown`.
///
/// Colour is resized plane by plane: the resizer has code of its own for each kind of pixel
/// and each instruction set, and that for three channels is much longer than for one.
fn resized(
    samples: &[u8],
    (width, height): (u32, u32),
    to: (u32, u32),
    shown: Option<(f64, f64)>,
) -> Option<Vec<u8>> {
    let source = TypedImageRef::<U8>::from_buffer(width, height, samples).ok()?;
    let mut pixels = vec![0; to.0 as usize * to.1 as usize];
    let mut scaled = TypedImage::<U8>::from_buffer(to.0, to.1, &mut pixels).ok()?;
    let mut options = ResizeOptions::new();
    if let Some((width, height)) = shown {
        options = options.crop(0.0, 0.0, width, height);
    }
    Resizer::new().resize_typed(&source, &mut scaled, &options).ok()?;
    Some(pixels)
}

/// Turns a picture as its file's orientation asks for.
fn upright(mut picture: DynamicImage, orientation: Orientation) -> Picture {
    picture.apply_orientation(match orientation {
        Orientation::Upright => Turn::NoTransforms,
        Orientation::Mirrored => Turn::FlipHorizontal,
        Orientation::HalfTurn => Turn::Rotate180,
        Orientation::Flipped => Turn::FlipVertical,
        Orientation::Transposed => Turn::Rotate90FlipH,
        Orientation::QuarterTurn => Turn::Rotate90,
        Orientation::Transversed => Turn::Rotate270FlipH,
        Orientation::ThreeQuarterTurn => Turn::Rotate270,
    });
    match picture {
        DynamicImage::ImageLuma8(grey) => Picture::Grey(grey),
        colour => Picture::Rgb(colour.into_rgb8()),
    }
}

#[cfg(test)]
#[path = "thumbnail_tests.rs"]
mod tests;
