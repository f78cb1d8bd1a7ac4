//! Formats that core does not scan: decoded by the `image` crate, fed to core
//! as pixels.
//!
//! In comes a file; out goes a [`Picture`] of 8-bit samples. A decoder holds the
//! whole picture in memory, unlike core's scanner: [`MAX_BYTES`] bounds it.

use crate::source::format::Format;
use edgecull_core::frame::FrameBuilder;
use edgecull_core::jpeg;
use edgecull_core::kernels::Isa;
use edgecull_core::pixels::{self, Chroma, PixelFeeder};
use edgecull_core::plane::Plane;
use image::error::{ImageError, LimitErrorKind};
use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use std::io::{self, BufRead, Read, Seek};

/// Most memory that a decoder may ask for: enough for 100 million pixels of
/// 8-bit colour, little enough for a board.
pub const MAX_BYTES: u64 = 512 << 20;

/// Longest side of a picture.
const MAX_SIDE: u32 = 65_535;

/// Why a picture could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It needs more memory than there may be for one file.
    #[error("the picture is too large to be decoded here")]
    TooLarge,
    /// A kind of the format that the decoder does not know.
    #[error("{0}")]
    Unsupported(String),
    /// The file contradicts its format, or ends early.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

/// A decoded picture: 8 bits, grey or RGB.
#[derive(Debug)]
pub enum Picture {
    /// One sample a pixel.
    Grey(image::GrayImage),
    /// Three samples a pixel.
    Rgb(image::RgbImage),
}

/// Whether a JPEG that core's scanner refused is worth a try of the decoder.
#[must_use]
pub fn can_decode(error: jpeg::Error) -> bool {
    matches!(error, jpeg::Error::Progressive | jpeg::Error::TooWide | jpeg::Error::Tables)
}

/// Walks through the segments of a JPEG stream up to the marker of its end, and
/// gives the length of a stream that has none.
///
/// A progressive picture that is cut off lacks detail everywhere, and the decoder
/// says nothing of it: so this is asked first.
///
/// # Errors
/// When the stream cannot be read.
pub fn ends_early(reader: impl BufRead) -> io::Result<Option<u64>> {
    match walk(&mut Offset { reader, at: 0 }) {
        Ok(()) => Ok(None),
        Err(End::Early(at)) => Ok(Some(at)),
        Err(End::Unread(error)) => Err(error),
    }
}

/// A reader that counts.
struct Offset<R> {
    reader: R,
    at: u64,
}

/// Why a walk got no further.
enum End {
    Early(u64),
    Unread(io::Error),
}

impl<R: BufRead> Offset<R> {
    fn byte(&mut self) -> Result<u8, End> {
        let byte = self.reader.fill_buf().map_err(End::Unread)?.first().copied();
        let byte = byte.ok_or(End::Early(self.at))?;
        self.reader.consume(1);
        self.at += 1;
        Ok(byte)
    }

    fn skip(&mut self, count: u64) -> Result<(), End> {
        let skipped = io::copy(&mut (&mut self.reader).take(count), &mut io::sink());
        let skipped = skipped.map_err(End::Unread)?;
        self.at += skipped;
        if skipped == count { Ok(()) } else { Err(End::Early(self.at)) }
    }
}

/// ITU-T T.81, annex B: markers stand before segments with a length, or within
/// and after entropy-coded bytes, in which 0xFF is followed by 0.
fn walk(stream: &mut Offset<impl BufRead>) -> Result<(), End> {
    loop {
        while stream.byte()? != 0xFF {}
        let mut marker = 0xFF;
        while marker == 0xFF {
            marker = stream.byte()?;
        }
        match marker {
            0xD9 => return Ok(()),
            0x00 | 0x01 | 0xD0..=0xD8 => {}
            _ => {
                let length = u64::from(stream.byte()?) << 8 | u64::from(stream.byte()?);
                stream.skip(length.saturating_sub(2))?;
            }
        }
    }
}

/// Decodes a file of a known format.
///
/// # Errors
/// [`DecodeError`], with what the decoder said in its own words.
pub fn decode(reader: impl BufRead + Seek, format: Format) -> Result<Picture, DecodeError> {
    let format = match format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::Tiff => ImageFormat::Tiff,
        Format::WebP => ImageFormat::WebP,
        other => return Err(DecodeError::Unsupported(format!("no decoder for {}", other.name()))),
    };
    let mut reader = ImageReader::with_format(reader, format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let picture = reader.decode().map_err(reason)?;
    Ok(match picture {
        DynamicImage::ImageLuma8(grey) => Picture::Grey(grey),
        grey @ (DynamicImage::ImageLuma16(_)
        | DynamicImage::ImageLumaA8(_)
        | DynamicImage::ImageLumaA16(_)) => Picture::Grey(grey.into_luma8()),
        color => Picture::Rgb(color.into_rgb8()),
    })
}

fn reason(error: ImageError) -> DecodeError {
    match error {
        ImageError::Limits(limit)
            if matches!(
                limit.kind(),
                LimitErrorKind::DimensionError | LimitErrorKind::InsufficientMemory
            ) =>
        {
            DecodeError::TooLarge
        }
        ImageError::Unsupported(what) => DecodeError::Unsupported(one_line(&what.to_string())),
        other => DecodeError::Damaged(one_line(&other.to_string())),
    }
}

/// Some decoders end a sentence with a new line, or break it.
fn one_line(sentence: &str) -> String {
    sentence.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Picture {
    /// In colour, where grey has three equal samples.
    #[must_use]
    pub fn into_rgb(self) -> image::RgbImage {
        match self {
            Self::Grey(grey) => DynamicImage::ImageLuma8(grey).into_rgb8(),
            Self::Rgb(rgb) => rgb,
        }
    }

    /// In grey: luma as JPEG has it.
    #[must_use]
    pub fn into_grey(self) -> image::GrayImage {
        match self {
            Self::Grey(grey) => grey,
            Self::Rgb(rgb) => {
                let luma = |x, y| image::Luma([pixels::ycc(rgb.get_pixel(x, y).0)[0]]);
                image::GrayImage::from_fn(rgb.width(), rgb.height(), luma)
            }
        }
    }

    /// Feeds the picture to `builder`, eight rows at a time. `None` if it is
    /// too wide for the builder's buffers.
    pub fn feed(&self, builder: &mut FrameBuilder<'_>, isa: Isa) -> Option<()> {
        match self {
            Self::Grey(grey) => {
                let (width, height) = grey.dimensions();
                let mut feeder = PixelFeeder::begin(builder, isa, (width, height), Chroma::None)?;
                let width = width as usize;
                feeder.picture(&Plane::new(grey.as_raw(), width, height as usize, width)?, None);
            }
            Self::Rgb(rgb) => {
                let (width, height) = rgb.dimensions();
                let mut feeder = PixelFeeder::begin(builder, isa, (width, height), Chroma::Full)?;
                let width = width as usize;
                let rows = feeder.strip_rows();
                let mut planes = [(); 3].map(|()| vec![0; rows * width]);
                for strip in rgb.as_raw().chunks(rows * width * 3) {
                    let [luma, cb, cr] = &mut planes;
                    pixels::ycc_row(strip, luma, cb, cr);
                    let rows = strip.len() / 3 / width;
                    let plane = |data| Plane::new(data, width, rows, width);
                    feeder.strip(&plane(luma)?, Some(&[plane(cb)?, plane(cr)?]));
                }
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_ends_at_its_own_marker_and_at_no_other() {
        // A segment with an end marker in it, a scan with fill bytes, stuffed and
        // restart markers, the end, and something after it.
        let stream = b"\xFF\xD8\xFF\xE1\0\x06\xFF\xD9\xFF\xD9\xFF\xFF\xDA\0\x02ab\xFF\0c\xFF\xD0\xFF\xD9more";
        let end = stream.len() - b"more".len();
        for length in 0..=stream.len() {
            let wanted = (length < end).then_some(length as u64);
            assert_eq!(ends_early(&stream[..length]).expect("read"), wanted, "{length}");
        }
    }

    #[test]
    fn what_decoders_say_is_put_in_one_line() {
        let error = decode(io::Cursor::new(b"\xFF\xD8\xFF\xC2\0\x0B\x08"), Format::Jpeg);
        let said = error.expect_err("there is no picture").to_string();
        assert!(said.starts_with("it is damaged: ") && !said.contains('\n'), "{said:?}");
        assert_eq!(one_line("cut\n  short\n"), "cut short");
    }
}
