//! Large frames from small photographs laid side by side.
//!
//! In go a few rendered photographs and a size; out comes a JPEG of that size with their
//! detail. A frame of 45 megapixels is there in a second and in the memory of a few rows,
//! where to render it whole would take a board minutes and most of its memory.

use super::encode::{EncodeError, Exif, Jpeg};
use super::{Camera, Picture, Scene, Subject, render};
use jpeg_encoder::{ChromaSubsamplingMethod, Encoder, ImageBuffer, JpegColorType, rgb_to_ycbcr};
use std::io::Write;

/// The longer side of a photograph in it, at most.
const LONGEST: u32 = 1500;

/// People, each once in every frame.
const PEOPLE: [(Subject, u64); 2] = [(Subject::Portrait, 21), (Subject::Studio, 28)];

/// What is around them.
const AROUND: [(Subject, u64); 3] =
    [(Subject::Facade, 15), (Subject::Foliage, 14), (Subject::Landscape, 11)];

/// Photographs for frames of a size.
#[derive(Debug)]
pub struct Mosaic {
    cell: (u32, u32),
    people: Vec<Picture>,
    around: Vec<Picture>,
}

impl Mosaic {
    /// Size of the photographs for frames of a size: two of them side by side fit in.
    #[must_use]
    pub fn cell(width: u32, height: u32) -> (u32, u32) {
        let longest = (width / 2).clamp(1, LONGEST);
        (longest, (longest * 2 / 3).min(height / 2).max(1))
    }

    /// Photographs of a size. After each `go_on` is asked; `None` when it says no.
    pub fn render(cell: (u32, u32), go_on: impl Fn() -> bool) -> Option<Self> {
        let camera = Camera::new(cell.0, cell.1);
        let portrait = camera.clone().lens(85.0, 2.0);
        let take = |subjects: &[(Subject, u64)], camera: &Camera| -> Option<Vec<Picture>> {
            let taken = subjects.iter().map(|&(subject, seed)| {
                let picture = render(&Scene::new(subject, seed), camera);
                go_on().then_some(picture)
            });
            taken.collect()
        };
        let (people, around) = (take(&PEOPLE, &portrait)?, take(&AROUND, &camera)?);
        Some(Self { cell, people, around })
    }

    /// What size its photographs have.
    #[must_use]
    pub fn cell_size(&self) -> (u32, u32) {
        self.cell
    }

    /// Writes frame number `n`, baseline 4:2:2 of quality 95 as cameras write it. The people,
    /// whole and each once, and what is around them, stand elsewhere in each.
    ///
    /// # Errors
    /// When the size is more than a JPEG can hold, or it cannot be written.
    pub fn frame(
        &self,
        width: u32,
        height: u32,
        n: usize,
        out: impl Write,
    ) -> Result<(), EncodeError> {
        let too_large = |_| EncodeError::TooLarge(width, height);
        let size =
            (u16::try_from(width).map_err(too_large)?, u16::try_from(height).map_err(too_large)?);
        let form = Jpeg::default();
        let exif = Exif::of(&Camera::new(width, height), n as u32 * 60_000);
        let mut encoder = Encoder::new(out, form.quality);
        encoder.set_sampling_factor(form.sampling);
        encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
        encoder.add_exif_metadata(&exif.to_tiff()?)?;
        Ok(encoder.encode_image(Laid { mosaic: self, size, n })?)
    }
}

/// A frame whose rows are put together as the encoder asks for them.
struct Laid<'a> {
    mosaic: &'a Mosaic,
    size: (u16, u16),
    n: usize,
}

impl Laid<'_> {
    /// The photograph in a cell.
    fn picture(&self, column: usize, row: usize) -> &Picture {
        let Self { mosaic: Mosaic { cell, people, around }, size, n } = self;
        // Of those cells that the border does not cut.
        let columns = (usize::from(size.0) / cell.0 as usize).max(1);
        let whole = columns * (usize::from(size.1) / cell.1 as usize).max(1);
        let at = (column < columns).then_some(row * columns + column);
        let place = |person: usize| (whole / 4 + n + person * whole / people.len()) % whole;
        match (0..people.len()).find(|&person| at == Some(place(person))) {
            Some(person) => &people[person],
            None => &around[(column + 2 * row + n) % around.len()],
        }
    }
}

impl ImageBuffer for Laid<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.size.0
    }

    fn height(&self) -> u16 {
        self.size.1
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let (width, height) = self.mosaic.cell;
        let (row, below) = (u32::from(y) / height, u32::from(y) % height);
        let mut left = usize::from(self.size.0);
        for column in 0.. {
            let count = left.min(width as usize);
            let start = 3 * below as usize * width as usize;
            let line = &self.picture(column, row as usize).rgb[start..start + 3 * count];
            for pixel in line.as_chunks().0 {
                let &[r, g, b] = pixel;
                let (y, cb, cr) = rgb_to_ycbcr(r, g, b);
                buffers[0].push(y);
                buffers[1].push(cb);
                buffers[2].push(cr);
            }
            left -= count;
            if left == 0 {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_their_size_and_differ_and_hold_each_person_once() {
        let (width, height) = (328, 232);
        let cell = Mosaic::cell(width, height);
        assert_eq!(cell, (164, 109));
        let mosaic = Mosaic::render(cell, || true).expect("not stopped");
        assert_eq!(mosaic.cell_size(), cell);
        let frame = |n: usize| {
            let mut bytes = Vec::new();
            mosaic.frame(width, height, n, &mut bytes).expect("a frame");
            bytes
        };
        let frames: Vec<_> = (0..3).map(frame).collect();
        for (n, bytes) in frames.iter().enumerate() {
            let picture = image::load_from_memory(bytes).expect("a picture");
            assert_eq!((picture.width(), picture.height()), (width, height));
            assert!(frames[..n].iter().all(|other| other != bytes));
            let laid = Laid { mosaic: &mosaic, size: (width as u16, height as u16), n };
            for person in &mosaic.people {
                let cells = (0..2).flat_map(|row| (0..2).map(move |column| (column, row)));
                let places = cells.filter(|&(c, r)| std::ptr::eq(laid.picture(c, r), person));
                assert_eq!(places.count(), 1);
            }
        }
        assert_eq!(frame(0), frames[0]);
        assert!(mosaic.frame(70_000, 10, 0, std::io::sink()).is_err());
    }

    #[test]
    fn cells_of_large_frames_are_of_one_size_and_rendering_can_be_stopped() {
        for (width, height) in [(4240, 2832), (6000, 4000), (8216, 5480)] {
            assert_eq!(Mosaic::cell(width, height), (1500, 1000));
        }
        assert_eq!(Mosaic::cell(1, 1), (1, 1));
        assert!(Mosaic::render((6, 4), || false).is_none());
    }
}
