//! EXIF: what the camera wrote beside the picture.
//!
//! In come the payload of an APP1 segment or a whole file; out goes a
//! [`Summary`] in which every value was checked. Damage costs the values that
//! it hit and nothing else: a frame is never worse off for its EXIF.

mod moment;

use edgecull_core::geometry::{Orientation, Rect};
use exif::{Exif, Field, In, Reader, Tag, Value};
use moment::Moment;
use std::io::{BufRead, Seek};
use std::ops::RangeInclusive;

/// The identifier at the start of an APP1 segment that holds EXIF (Exif 2.32,
/// section 4.7.2); a TIFF stream follows it.
pub const APP1_IDENTIFIER: &[u8] = b"Exif\0\0";

/// The longest text that is taken over, in characters.
const MAX_TEXT: usize = 128;

/// The highest sensitivity that is believed: three times that of any camera yet.
const MAX_ISO: u32 = 10_000_000;

/// Values outside of these are none of a photograph's: exposure time in seconds, relative
/// aperture, focal length in millimetres, exposure compensation in EV.
const EXPOSURES: RangeInclusive<f64> = 1e-6..=1e6;
const APERTURES: RangeInclusive<f64> = 0.3..=1000.0;
const FOCAL_LENGTHS: RangeInclusive<f64> = 0.1..=1e5;
const BIASES: RangeInclusive<f64> = -20.0..=20.0;

/// What is known of how a frame was taken. Numbers are finite, and none but the exposure
/// bias and the time is negative.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// How the stored picture must be turned; upright where nothing valid is said.
    pub orientation: Orientation,
    /// Time of the exposure in ISO 8601: `2024-05-01T12:34:56.78+02:00`, where
    /// fraction and offset are as exact as the camera was.
    pub time: Option<String>,
    /// The same in milliseconds since 1970: in UTC where the camera gave its offset, else
    /// by its own clock. What one camera wrote can be compared.
    pub time_ms: Option<i64>,
    /// Photographic sensitivity.
    pub iso: Option<u32>,
    /// Exposure time in seconds.
    pub exposure_s: Option<f64>,
    /// Focal length in millimetres, of the lens, not its 35 mm equivalent.
    pub focal_mm: Option<f64>,
    /// Who made the camera.
    pub maker: Option<String>,
    /// Camera model.
    pub model: Option<String>,
    /// Relative aperture.
    pub f_number: Option<f64>,
    /// Exposure compensation in EV.
    pub exposure_bias_ev: Option<f64>,
    /// Who chose the exposure.
    pub exposure_mode: Option<ExposureMode>,
    /// Where the camera saw its subject.
    pub subject: Option<SubjectArea>,
    /// Lens model.
    pub lens: Option<String>,
}

/// ExposureMode (Exif 2.32, section 4.6.5). It is all that the standard says of a drive
/// mode: how fast a series was meant to be, only maker notes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExposureMode {
    /// The camera.
    Auto,
    /// The photographer.
    Manual,
    /// The camera, as one of a series with different exposures.
    Bracket,
}

/// SubjectArea or SubjectLocation (Exif 2.32, section 4.6.5): a point, a circle or
/// a rectangle, each by its centre, in pixels of the picture that the camera wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectArea {
    /// Column and row of its centre.
    pub centre: (u32, u32),
    /// Width and height; `None` for a point.
    pub size: Option<(u32, u32)>,
    /// Width and height of the picture that the camera wrote, where it said so:
    /// programs that make a smaller copy often leave the rest as it was.
    pub picture: Option<(u32, u32)>,
}

/// A point is taken for a square with this fraction of the picture's shorter side.
const POINT: u32 = 8;

/// An area that fills more than this share of the picture, in percent, names
/// nothing.
const NAMES_NOTHING: u64 = 60;

/// Two pictures whose sides relate alike within one part in so many are the same
/// at two sizes.
const ALIKE: u64 = 50;

impl SubjectArea {
    fn new(field: &Field, picture: [Option<u32>; 2]) -> Option<Self> {
        let values: Vec<u32> = field.value.iter_uint()?.take(5).collect();
        let (centre, size) = match values[..] {
            [x, y] => ((x, y), None),
            [x, y, diameter] => ((x, y), Some((diameter, diameter))),
            [x, y, w, h] => ((x, y), Some((w, h))),
            _ => return None,
        };
        let [width, height] = picture;
        let empty = size.is_some_and(|(w, h)| w == 0 || h == 0);
        // Some cameras write zeros for: not known.
        (!empty && centre != (0, 0)).then(|| Self { centre, size, picture: width.zip(height) })
    }

    /// The box in a stored picture of `width` x `height`; `None` where its centre
    /// lies outside, where it is nearly all of it, and where the camera described a
    /// picture of another shape: a copy that was cropped or turned.
    #[must_use]
    pub fn within(&self, width: u32, height: u32) -> Option<Rect> {
        let described = self.picture.unwrap_or((width, height));
        let [w, h, from_w, from_h] = [width, height, described.0, described.1].map(u64::from);
        let (across, down) = (w * from_h, h * from_w);
        if across.abs_diff(down) > across / ALIKE
            || self.centre.0 >= described.0
            || self.centre.1 >= described.1
        {
            return None;
        }
        let point = (from_w.min(from_h) / u64::from(POINT)).max(1);
        let size = self.size.map_or((point, point), |(w, h)| (w.into(), h.into()));
        // First and last pixel along one side, scaled.
        let span = |centre: u32, length: u64, from: u64, to: u64| {
            let first = u64::from(centre).saturating_sub(length / 2);
            let last = (u64::from(centre) + length.div_ceil(2)).min(from);
            ((first * to / from) as u32, (last * to).div_ceil(from) as u32)
        };
        let (left, right) = span(self.centre.0, size.0, from_w, w);
        let (top, bottom) = span(self.centre.1, size.1, from_h, h);
        let rect = Rect { x: left, y: top, w: right - left, h: bottom - top };
        let rect = rect.clamped(width, height);
        (rect.area() > 0 && rect.area() * 100 <= w * h * NAMES_NOTHING).then_some(rect)
    }
}

impl Summary {
    /// From an APP1 payload, with or without its identifier; `None` when it
    /// holds no TIFF stream (XMP lives in APP1 segments too).
    #[must_use]
    pub fn from_app1(payload: &[u8]) -> Option<Self> {
        Self::from_tiff(payload.strip_prefix(APP1_IDENTIFIER).unwrap_or(payload))
    }

    /// From a TIFF stream or the start of one; `None` when it is none.
    #[must_use]
    pub fn from_tiff(stream: &[u8]) -> Option<Self> {
        Self::from_result(Reader::new().continue_on_error(true).read_raw(stream.to_vec()))
    }

    /// From a whole JPEG, PNG, WebP, HEIF or TIFF file. A TIFF file is read
    /// into memory in full: bound the reader where that matters.
    pub fn from_container(reader: &mut (impl BufRead + Seek)) -> Option<Self> {
        let read = Reader::new().continue_on_error(true).read_from_container(reader);
        Self::from_result(read)
    }

    fn from_result(read: Result<Exif, exif::Error>) -> Option<Self> {
        let exif = read.or_else(|error| error.distill_partial_result(|_| ())).ok()?;
        let field = |tag| exif.get_field(tag, In::PRIMARY);
        let uint = |tag| field(tag).and_then(|f| f.value.get_uint(0));
        let sensitivities = [
            Tag::PhotographicSensitivity,
            Tag::StandardOutputSensitivity,
            Tag::RecommendedExposureIndex,
            Tag::ISOSpeed,
        ];
        let among = |tag, range: &RangeInclusive<f64>| {
            field(tag).and_then(number).filter(|value| range.contains(value))
        };
        // APEX: the exposure time is two to the power of minus the one, the aperture two
        // to the power of half the other.
        let apex = |tag, by: f64, range: &RangeInclusive<f64>| {
            Some((field(tag).and_then(number)? * by).exp2()).filter(|value| range.contains(value))
        };
        let taken = [
            (Tag::DateTimeOriginal, Tag::SubSecTimeOriginal, Tag::OffsetTimeOriginal),
            (Tag::DateTimeDigitized, Tag::SubSecTimeDigitized, Tag::OffsetTimeDigitized),
        ];
        let taken = taken.into_iter().find_map(|(date, fraction, offset)| {
            let offset = field(offset).or_else(|| field(Tag::OffsetTime));
            Moment::new(field(date)?, field(fraction), offset)
        });
        Some(Self {
            orientation: uint(Tag::Orientation)
                .and_then(Orientation::from_exif)
                .unwrap_or_default(),
            time: taken.as_ref().map(Moment::iso_8601),
            time_ms: taken.as_ref().map(Moment::milliseconds),
            iso: sensitivities
                .into_iter()
                .filter_map(uint)
                // 65535 in the first tag means: too big for 16 bits, see the others.
                .find(|iso| (1..=MAX_ISO).contains(iso) && *iso != 65535),
            exposure_s: among(Tag::ExposureTime, &EXPOSURES)
                .or_else(|| apex(Tag::ShutterSpeedValue, -1.0, &EXPOSURES)),
            focal_mm: among(Tag::FocalLength, &FOCAL_LENGTHS),
            maker: field(Tag::Make).and_then(text),
            model: field(Tag::Model).and_then(text),
            f_number: among(Tag::FNumber, &APERTURES)
                .or_else(|| apex(Tag::ApertureValue, 0.5, &APERTURES)),
            exposure_bias_ev: among(Tag::ExposureBiasValue, &BIASES),
            exposure_mode: uint(Tag::ExposureMode).and_then(|mode| match mode {
                0 => Some(ExposureMode::Auto),
                1 => Some(ExposureMode::Manual),
                2 => Some(ExposureMode::Bracket),
                _ => None,
            }),
            subject: [Tag::SubjectArea, Tag::SubjectLocation].into_iter().find_map(|tag| {
                let size = [Tag::PixelXDimension, Tag::PixelYDimension]
                    .map(|side| uint(side).filter(|&n| n > 0));
                SubjectArea::new(field(tag)?, size)
            }),
            lens: field(Tag::LensModel).and_then(text),
        })
    }

    /// The same, with what it does not say taken from `other`. The orientation stays.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        // A time and its number are one value.
        let (time, time_ms) = if self.time.is_some() {
            (self.time, self.time_ms)
        } else {
            (other.time, other.time_ms)
        };
        Self {
            orientation: self.orientation,
            time,
            time_ms,
            iso: self.iso.or(other.iso),
            exposure_s: self.exposure_s.or(other.exposure_s),
            focal_mm: self.focal_mm.or(other.focal_mm),
            maker: self.maker.or(other.maker),
            model: self.model.or(other.model),
            f_number: self.f_number.or(other.f_number),
            exposure_bias_ev: self.exposure_bias_ev.or(other.exposure_bias_ev),
            exposure_mode: self.exposure_mode.or(other.exposure_mode),
            subject: self.subject.or(other.subject),
            lens: self.lens.or(other.lens),
        }
    }
}

/// The first number of a field, unless its denominator is zero or it is
/// otherwise not finite.
fn number(field: &Field) -> Option<f64> {
    let value = match &field.value {
        Value::Rational(v) => v.first()?.to_f64(),
        Value::SRational(v) => v.first()?.to_f64(),
        Value::Float(v) => f64::from(*v.first()?),
        Value::Double(v) => *v.first()?,
        other => f64::from(other.get_uint(0)?),
    };
    value.is_finite().then_some(value)
}

fn ascii(field: &Field) -> Option<&[u8]> {
    match &field.value {
        Value::Ascii(parts) => parts.iter().map(Vec::as_slice).find(|part| !part.is_empty()),
        _ => None,
    }
}

/// Text without control characters and surrounding blanks; `None` when that
/// leaves nothing.
fn text(field: &Field) -> Option<String> {
    let text: String = String::from_utf8_lossy(ascii(field)?)
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_TEXT)
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
#[path = "exif_tests.rs"]
mod tests;
