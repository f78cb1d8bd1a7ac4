//! From a picture to a file, as cameras and other programs write them.
//!
//! In go a [`Picture`] and the wanted form ([`Jpeg`], or a still format of the
//! `image` crate); out come the bytes of a file.

use super::{Camera, Picture};
use edgecull_core::geometry::Orientation;
use exif::experimental::Writer;
use exif::{Field, In, Rational, SRational, Tag, Value};
use image::ImageFormat;
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, EncodingError};
use std::io::Cursor;

pub use jpeg_encoder::SamplingFactor as Sampling;

/// Why a picture could not be put into a file.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// JPEG counts pixels in 16 bits.
    #[error("{0} x {1} pixels are more than a JPEG can hold (65535 on each side)")]
    TooLarge(u32, u32),
    /// The JPEG encoder refused.
    #[error("the picture cannot be written as JPEG: {0}")]
    Jpeg(#[from] EncodingError),
    /// The EXIF block could not be made.
    #[error("the EXIF data cannot be written: {0}")]
    Exif(#[from] exif::Error),
    /// The encoder of another format refused.
    #[error("the picture cannot be written: {0}")]
    Image(#[from] image::ImageError),
}

/// How the coefficients are ordered and coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// One interleaved scan with the usual Huffman tables: what cameras write.
    /// (Samplings with a factor of 4 get a scan for each component.)
    Baseline,
    /// Baseline with Huffman tables made for the picture, a scan for each
    /// component, and no restart markers: the encoder counts symbols as if
    /// there were none.
    Optimised,
    /// Progressive, with this many scans (2 to 64).
    Progressive(u8),
}

/// The colours that the file keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// Luma and chroma.
    YCbCr,
    /// Luma alone.
    Grey,
    /// Four inks, inverted as Adobe programs do.
    Cmyk,
    /// Four inks, the first three as luma and chroma.
    Ycck,
}

/// What a camera notes about an exposure.
#[derive(Clone, Debug, PartialEq)]
pub struct Exif {
    /// Milliseconds since midnight of 16 May 2026; more than a day wraps.
    pub taken_ms: u32,
    /// Exposure time in seconds.
    pub shutter_s: f32,
    /// F-number.
    pub f_number: f32,
    /// Sensitivity.
    pub iso: u32,
    /// Exposure compensation in stops.
    pub bias_ev: f32,
    /// Focal length in millimetres.
    pub focal_mm: f32,
    /// Name of the camera.
    pub model: String,
    /// How the stored pixels lie.
    pub orientation: Orientation,
}

impl Exif {
    /// What `camera` notes of a picture taken then, held upright.
    #[must_use]
    pub fn of(camera: &Camera, taken_ms: u32) -> Self {
        Self {
            taken_ms,
            shutter_s: camera.shutter_s,
            f_number: camera.f_number,
            iso: camera.iso,
            bias_ev: 0.0,
            focal_mm: camera.focal_mm,
            model: "Edgecull Obscura".to_owned(),
            orientation: Orientation::Upright,
        }
    }

    /// As a TIFF structure, which is what follows `Exif\0\0` in APP1.
    ///
    /// # Errors
    /// [`EncodeError::Exif`] when the writer refuses a value.
    pub fn to_tiff(&self) -> Result<Vec<u8>, EncodeError> {
        let s = self.taken_ms / 1000 % 86_400;
        let time = format!("2026:05:16 {:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
        let text = |tag, text: &str| (tag, Value::Ascii(vec![text.as_bytes().to_vec()]));
        let short = |tag, v: u32| (tag, Value::Short(vec![v.min(65_535) as u16]));
        let ratio =
            |num: f32, denom: u32| Rational { num: (num * denom as f32 + 0.5) as u32, denom };
        let shutter = if self.shutter_s < 0.5 {
            Rational { num: 1, denom: (1.0 / self.shutter_s.max(1e-6) + 0.5) as u32 }
        } else {
            ratio(self.shutter_s, 10)
        };
        let bias = SRational { num: (self.bias_ev * 3.0).round() as i32, denom: 3 };
        let fields: Vec<Field> = [
            text(Tag::Make, "Edgecull"),
            text(Tag::Model, &self.model),
            short(Tag::Orientation, tag_value(self.orientation)),
            text(Tag::DateTime, &time),
            (Tag::ExposureTime, Value::Rational(vec![shutter])),
            (Tag::FNumber, Value::Rational(vec![ratio(self.f_number, 10)])),
            short(Tag::PhotographicSensitivity, self.iso),
            text(Tag::DateTimeOriginal, &time),
            text(Tag::SubSecTimeOriginal, &format!("{:03}", self.taken_ms % 1000)),
            (Tag::ExposureBiasValue, Value::SRational(vec![bias])),
            (Tag::FocalLength, Value::Rational(vec![ratio(self.focal_mm, 10)])),
        ]
        .map(|(tag, value)| Field { tag, ifd_num: In::PRIMARY, value })
        .into();
        let mut writer = Writer::new();
        fields.iter().for_each(|field| writer.push_field(field));
        let mut bytes = Cursor::new(Vec::new());
        writer.write(&mut bytes, true)?;
        Ok(bytes.into_inner())
    }
}

/// The form of a JPEG file.
#[derive(Clone, Debug, PartialEq)]
pub struct Jpeg {
    /// Quality on the scale of the Independent JPEG Group, 1..=100.
    pub quality: u8,
    /// How chroma is subsampled.
    pub sampling: Sampling,
    /// Order and coding of the coefficients.
    pub coding: Coding,
    /// MCUs between restart markers; 0 for none. Not for [`Coding::Optimised`].
    pub restart_interval: u16,
    /// The colours that are kept.
    pub colours: Colours,
    /// What is noted about the exposure; its orientation turns the pixels.
    pub exif: Option<Exif>,
}

impl Default for Jpeg {
    /// What most cameras write: baseline 4:2:2, quality 95.
    fn default() -> Self {
        Self {
            quality: 95,
            sampling: Sampling::R_4_2_2,
            coding: Coding::Baseline,
            restart_interval: 0,
            colours: Colours::YCbCr,
            exif: None,
        }
    }
}

impl Jpeg {
    /// The bytes of the file. With an orientation other than upright the
    /// pixels are stored turned, so that a viewer shows the picture as it is.
    ///
    /// # Errors
    /// [`EncodeError`] when the picture is too large or empty, or the encoder
    /// refuses.
    pub fn encode(&self, picture: &Picture) -> Result<Vec<u8>, EncodeError> {
        let turned = match &self.exif {
            Some(exif) => &stored(picture, exif.orientation),
            None => picture,
        };
        let too_large = |_| EncodeError::TooLarge(turned.width, turned.height);
        let width = u16::try_from(turned.width).map_err(too_large)?;
        let height = u16::try_from(turned.height).map_err(too_large)?;
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&mut out, self.quality.clamp(1, 100));
        encoder.set_sampling_factor(self.sampling);
        encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
        match self.coding {
            Coding::Baseline => {}
            Coding::Optimised => encoder.set_optimized_huffman_tables(true),
            Coding::Progressive(scans) => encoder.set_progressive_scans(scans.clamp(2, 64)),
        }
        if self.restart_interval > 0 && self.coding != Coding::Optimised {
            encoder.set_restart_interval(self.restart_interval);
        }
        if let Some(exif) = &self.exif {
            encoder.add_exif_metadata(&exif.to_tiff()?)?;
        }
        match self.colours {
            Colours::YCbCr => encoder.encode(&turned.rgb, width, height, ColorType::Rgb)?,
            Colours::Grey => encoder.encode(&turned.luma(), width, height, ColorType::Luma)?,
            Colours::Cmyk => encoder.encode(&inks(turned), width, height, ColorType::Cmyk)?,
            Colours::Ycck => encoder.encode(&inks(turned), width, height, ColorType::CmykAsYcck)?,
        }
        Ok(out)
    }
}

/// The bytes of a file in a format other than JPEG: PNG, TIFF or WebP
/// (lossless).
///
/// # Errors
/// [`EncodeError::Image`] when the encoder refuses.
pub fn encode_as(picture: &Picture, format: ImageFormat) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Cursor::new(Vec::new());
    let colour = image::ExtendedColorType::Rgb8;
    let Picture { width, height, rgb } = picture;
    image::write_buffer_with_format(&mut bytes, rgb, *width, *height, colour, format)?;
    Ok(bytes.into_inner())
}

/// The value of EXIF tag 0x0112.
fn tag_value(orientation: Orientation) -> u32 {
    (1..=8).find(|&v| Orientation::from_exif(v) == Some(orientation)).unwrap_or(1)
}

/// Cyan, magenta, yellow and black, with half of the common part in black.
fn inks(picture: &Picture) -> Vec<u8> {
    picture
        .rgb
        .chunks_exact(3)
        .flat_map(|p| {
            let most = p[0].max(p[1]).max(p[2]);
            let black = (255 - most) / 2;
            // colour = (255 - ink) * (255 - black) / 255
            let light = 255 - u32::from(black);
            let ink = |v: u8| 255 - ((u32::from(v) * 255 + light / 2) / light).min(255) as u8;
            [ink(p[0]), ink(p[1]), ink(p[2]), black]
        })
        .collect()
}

/// The pixels as they are stored when `orientation` says how to turn them back
/// (EXIF 2.32, table of tag 0x0112).
fn stored(picture: &Picture, orientation: Orientation) -> Picture {
    let (w, h) = (picture.width as usize, picture.height as usize);
    let swaps = orientation.swaps_axes();
    let (width, height) = if swaps { (h, w) } else { (w, h) };
    let mut rgb = Vec::with_capacity(picture.rgb.len());
    for row in 0..height {
        for column in 0..width {
            // Where this stored pixel lies in the upright picture.
            let (x, y) = match orientation {
                Orientation::Upright => (column, row),
                Orientation::Mirrored => (w - 1 - column, row),
                Orientation::HalfTurn => (w - 1 - column, h - 1 - row),
                Orientation::Flipped => (column, h - 1 - row),
                Orientation::Transposed => (row, column),
                Orientation::QuarterTurn => (w - 1 - row, column),
                Orientation::Transversed => (w - 1 - row, h - 1 - column),
                Orientation::ThreeQuarterTurn => (row, h - 1 - column),
            };
            rgb.extend_from_slice(&picture.rgb[3 * (y * w + x)..][..3]);
        }
    }
    Picture { width: width as u32, height: height as u32, rgb }
}

#[cfg(test)]
#[path = "encode_tests.rs"]
mod tests;
