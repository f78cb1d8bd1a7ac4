//! The frame's picture at the size at which it is drawn.

use crate::source::decode::{self, Picture};
use crate::source::format::{Format, SIGNATURE_LEN};
use crate::source::raw;
use crate::source::section::Section;
use crate::source::thumbnail;
use edgecull_core::frame::Frame;
use edgecull_core::geometry::Orientation;
use image::RgbImage;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

/// A stored picture turned upright, `width` x `height`.
pub(super) fn upright(
    stored: &Picture,
    orientation: Orientation,
    (width, height): (u32, u32),
) -> RgbImage {
    let size = (width.max(1), height.max(1));
    thumbnail::of(stored, size, orientation)
        .map_or_else(|| RgbImage::new(size.0, size.1), Picture::into_rgb)
}

/// The picture of a file, or its preview, as stored; `None` if it cannot be decoded.
pub(super) fn decoded(path: &Path) -> Option<Picture> {
    let mut file = File::open(path).ok()?;
    let mut head = Vec::with_capacity(SIGNATURE_LEN);
    (&mut file).take(SIGNATURE_LEN as u64).read_to_end(&mut head).ok()?;
    file.rewind().ok()?;
    let format = Format::of(&head, path.file_name()?);
    if matches!(format, Format::Raw | Format::Heif) {
        let preview = raw::preview(&file).ok()??;
        let section = Section::new(file, preview.offset, preview.len);
        return decode::decode(BufReader::new(section), Format::Jpeg).ok();
    }
    decode::decode(BufReader::new(file), format).ok()
}

/// The frame's small planes as a picture.
pub(super) fn glimpse(frame: &Frame<'_>) -> RgbImage {
    let luma = frame.luma;
    let side = |n: usize| u32::try_from(n).unwrap_or(0);
    RgbImage::from_fn(side(luma.width()), side(luma.height()), |x, y| {
        let (x, y) = (x as usize, y as usize);
        let level = f32::from(luma.at(x, y));
        let [cb, cr] = frame.chroma.map_or([128.0; 2], |planes| {
            planes.map(|plane| {
                let x = x * plane.width() / luma.width().max(1);
                let y = y * plane.height() / luma.height().max(1);
                f32::from(plane.at(x, y))
            })
        });
        thumbnail::rgb([level, cb, cr])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn pictures_are_scaled_as_stored_and_then_turned() {
        // Stored lying, with its left half white: upright, the top is.
        let glimpse = RgbImage::from_fn(40, 20, |x, _| Rgb([if x < 20 { 255 } else { 0 }; 3]));
        let orientation = Orientation::QuarterTurn;
        let upright = upright(&Picture::Rgb(glimpse), orientation, (10, 20));
        assert_eq!(upright.dimensions(), (10, 20));
        assert!(upright.get_pixel(5, 2).0[0] > 250 && upright.get_pixel(5, 17).0[0] < 5);
    }
}
