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
use std::io::{BufRead, Seek};

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
        ImageError::Unsupported(what) => DecodeError::Unsupported(what.to_string()),
        other => DecodeError::Damaged(other.to_string()),
    }
}

impl Picture {
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
