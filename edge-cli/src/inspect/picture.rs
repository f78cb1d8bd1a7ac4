//! The frame's picture at the size at which it is drawn.

use crate::source::decode::{self, Picture};
use crate::source::format::{Format, SIGNATURE_LEN};
use edgecull_core::frame::Frame;
use edgecull_core::geometry::Orientation;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, Resizer};
use image::metadata::Orientation as Turn;
use image::{DynamicImage, Rgb, RgbImage};
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

/// The upright picture of a file, `width` x `height`: decoded, or, where that
/// fails, enlarged from what the scanner saw of it.
pub(super) fn load(
    path: &Path,
    glimpse: &RgbImage,
    orientation: Orientation,
    (width, height): (u32, u32),
) -> RgbImage {
    let stored = decoded(path).unwrap_or_else(|| glimpse.clone());
    let (w, h) = orientation.size(width, height);
    let small = resized(&stored, w.max(1), h.max(1)).unwrap_or_else(|| RgbImage::new(w, h));
    let mut turned = DynamicImage::ImageRgb8(small);
    turned.apply_orientation(match orientation {
        Orientation::Upright => Turn::NoTransforms,
        Orientation::Mirrored => Turn::FlipHorizontal,
        Orientation::HalfTurn => Turn::Rotate180,
        Orientation::Flipped => Turn::FlipVertical,
        Orientation::Transposed => Turn::Rotate90FlipH,
        Orientation::QuarterTurn => Turn::Rotate90,
        Orientation::Transversed => Turn::Rotate270FlipH,
        Orientation::ThreeQuarterTurn => Turn::Rotate270,
    });
    turned.into_rgb8()
}

fn decoded(path: &Path) -> Option<RgbImage> {
    let mut file = File::open(path).ok()?;
    let mut head = Vec::with_capacity(SIGNATURE_LEN);
    (&mut file).take(SIGNATURE_LEN as u64).read_to_end(&mut head).ok()?;
    file.rewind().ok()?;
    let format = Format::of(&head, path.file_name()?);
    match decode::decode(BufReader::new(file), format).ok()? {
        Picture::Rgb(rgb) => Some(rgb),
        Picture::Grey(grey) => Some(DynamicImage::ImageLuma8(grey).into_rgb8()),
    }
}

fn resized(picture: &RgbImage, width: u32, height: u32) -> Option<RgbImage> {
    let (w, h) = picture.dimensions();
    let source = ImageRef::new(w, h, picture.as_raw(), PixelType::U8x3).ok()?;
    let mut scaled = Image::new(width, height, PixelType::U8x3);
    Resizer::new().resize(&source, &mut scaled, None).ok()?;
    RgbImage::from_raw(width, height, scaled.into_vec())
}

/// The frame's small planes as a picture (JFIF 1.02, conversion to RGB).
pub(super) fn glimpse(frame: &Frame<'_>) -> RgbImage {
    let luma = frame.luma;
    let side = |n: usize| u32::try_from(n).unwrap_or(0);
    RgbImage::from_fn(side(luma.width()), side(luma.height()), |x, y| {
        let (x, y) = (x as usize, y as usize);
        let level = f32::from(luma.at(x, y));
        let [cb, cr] = frame.chroma.map_or([0.0; 2], |planes| {
            planes.map(|plane| {
                let x = x * plane.width() / luma.width().max(1);
                let y = y * plane.height() / luma.height().max(1);
                f32::from(plane.at(x, y)) - 128.0
            })
        });
        let rgb = [level + 1.402 * cr, level - 0.344_14 * cb - 0.714_14 * cr, level + 1.772 * cb];
        Rgb(rgb.map(|v| v.clamp(0.0, 255.0) as u8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_scaled_as_stored_and_then_turned() {
        // Stored lying, with its left half white: upright, the top is.
        let glimpse = RgbImage::from_fn(40, 20, |x, _| Rgb([if x < 20 { 255 } else { 0 }; 3]));
        let orientation = Orientation::QuarterTurn;
        let upright = load(Path::new("/nowhere"), &glimpse, orientation, (10, 20));
        assert_eq!(upright.dimensions(), (10, 20));
        assert!(upright.get_pixel(5, 2).0[0] > 250 && upright.get_pixel(5, 17).0[0] < 5);
    }
}
