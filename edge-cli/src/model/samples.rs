//! Inputs to calibrate and to compare with: a folder of images, or arrays.

use super::graph::size;
use crate::npz::{Array, Npz, NpzError};
use edgecull_core::nn::{Quantization, Shape};
use edgecull_core::pixels::ycc_row;
use fast_image_resize::images::Image;
use fast_image_resize::{PixelType, ResizeOptions, Resizer};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Endings of files that are images.
const ENDINGS: [&str; 6] = ["jpg", "jpeg", "png", "tif", "tiff", "webp"];

/// What a pixel from 0 to 255 becomes: `(pixel - mean) / deviation`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// One number, or one for each channel.
    pub mean: Vec<f32>,
    /// The same, above 0.
    pub deviation: Vec<f32>,
}

impl Default for Pixels {
    /// From 0 to 1.
    fn default() -> Self {
        Self { mean: vec![0.0], deviation: vec![255.0] }
    }
}

impl Pixels {
    /// What int8 stands for if it is the pixel less 128; `None` if channels differ or 0
    /// lies between two pixels.
    #[must_use]
    pub fn quantization(&self) -> Option<Quantization> {
        let (mean, deviation) = (*self.mean.first()?, *self.deviation.first()?);
        let uniform =
            self.mean.iter().all(|&m| m == mean) && self.deviation.iter().all(|&d| d == deviation);
        let whole = mean.fract() == 0.0 && (0.0..=255.0).contains(&mean);
        (uniform && whole)
            .then(|| Quantization { scale: 1.0 / deviation, zero_point: (mean - 128.0) as i8 })
    }

    fn apply(&self, pixels: &[u8], channels: usize) -> Vec<f32> {
        let at = |of: &[f32], channel: usize| of[if of.len() == 1 { 0 } else { channel }];
        let number = |(place, &pixel): (usize, &u8)| {
            let channel = place % channels;
            (f32::from(pixel) - at(&self.mean, channel)) / at(&self.deviation, channel)
        };
        pixels.iter().enumerate().map(number).collect()
    }
}

/// Why there are no inputs.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A path that cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No images.
    #[error("{} holds no images (jpg, png, tif, webp)", .0.display())]
    NoImages(PathBuf),
    /// Not one of the images is whole.
    #[error("not one of the images in {} can be decoded; the first: {first}", path.display())]
    NoneDecoded {
        /// The folder.
        path: PathBuf,
        /// What is wrong with one.
        first: String,
    },
    /// Arrays that do not suit the network.
    #[error("{}: {why}", path.display())]
    Arrays {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Means for another number of channels.
    #[error("--mean and --std take one number, or one for each of {channels} channels")]
    Channels {
        /// The network's.
        channels: u16,
    },
    /// The network wants what no image has.
    #[error("images have 1 or 3 channels and the network wants {0}: calibrate with a .npz file")]
    NoPicture(u16),
}

/// Inputs, each with the channels of a pixel side by side.
#[derive(Clone, Debug)]
pub struct Samples {
    /// The inputs.
    pub inputs: Vec<Vec<f32>>,
    /// What int8 should stand for, where that is clear from where the inputs come from.
    pub quantization: Option<Quantization>,
    /// Images that could not be decoded, and why.
    pub unread: Vec<String>,
}

impl Samples {
    /// At most `limit` inputs of this shape from a folder of images, spread evenly over
    /// their names, or from a `.npz` file.
    ///
    /// # Errors
    /// When there is none. An image that cannot be decoded is passed over.
    pub fn read(
        path: &Path,
        shape: Shape,
        pixels: Option<&Pixels>,
        limit: usize,
    ) -> Result<Self, SampleError> {
        let channels = usize::from(shape.channels);
        if let Some(pixels) = pixels {
            let fits = |of: &[f32]| of.len() == 1 || of.len() == channels;
            if !fits(&pixels.mean) || !fits(&pixels.deviation) {
                return Err(SampleError::Channels { channels: shape.channels });
            }
        }
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npz")) {
            return arrays(path, shape, pixels, limit);
        }
        if channels != 1 && channels != 3 {
            return Err(SampleError::NoPicture(shape.channels));
        }
        images(path, shape, &pixels.cloned().unwrap_or_default(), limit)
    }
}

fn images(
    folder: &Path,
    shape: Shape,
    pixels: &Pixels,
    limit: usize,
) -> Result<Samples, SampleError> {
    let mut files = Vec::new();
    find(folder, &mut files)?;
    files.sort();
    if files.is_empty() {
        return Err(SampleError::NoImages(folder.into()));
    }
    let count = files.len().min(limit.max(1));
    let mut samples =
        Samples { inputs: Vec::new(), quantization: pixels.quantization(), unread: Vec::new() };
    for index in 0..count {
        let file = &files[index * files.len() / count];
        match resized(file, shape) {
            Ok(bytes) => samples.inputs.push(pixels.apply(&bytes, shape.channels.into())),
            Err(why) => samples.unread.push(format!("{}: {why}", file.display())),
        }
    }
    match samples.unread.first() {
        Some(first) if samples.inputs.is_empty() => {
            Err(SampleError::NoneDecoded { path: folder.into(), first: first.clone() })
        }
        _ => Ok(samples),
    }
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), SampleError> {
    let read = |source| SampleError::Read { path: folder.into(), source };
    for entry in fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(read)?);
        if kind.is_dir() {
            find(&path, files)?;
        } else {
            let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
            if ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
                files.push(path);
            }
        }
    }
    Ok(())
}

/// The pixels of an image, at the network's size: luma as JPEG has it, or RGB.
fn resized(file: &Path, shape: Shape) -> Result<Vec<u8>, String> {
    let reader = image::ImageReader::open(file).map_err(|e| e.to_string())?;
    let reader = reader.with_guessed_format().map_err(|e| e.to_string())?;
    let rgb = reader.decode().map_err(|e| e.to_string())?.to_rgb8();
    let (width, height) = rgb.dimensions();
    let (pixels, kind) = if shape.channels == 1 {
        let count = width as usize * height as usize;
        let [mut y, mut cb, mut cr] = [(); 3].map(|()| vec![0; count]);
        ycc_row(&rgb, &mut y, &mut cb, &mut cr);
        (y, PixelType::U8)
    } else {
        (rgb.into_raw(), PixelType::U8x3)
    };
    let source = Image::from_vec_u8(width, height, pixels, kind).map_err(|e| e.to_string())?;
    let mut target = Image::new(shape.width.into(), shape.height.into(), kind);
    let options = ResizeOptions::new();
    Resizer::new().resize(&source, &mut target, &options).map_err(|e| e.to_string())?;
    Ok(target.into_vec())
}

fn arrays(
    path: &Path,
    shape: Shape,
    pixels: Option<&Pixels>,
    limit: usize,
) -> Result<Samples, SampleError> {
    let refuse = |why: String| SampleError::Arrays { path: path.into(), why };
    let not_npz = |error: NpzError| match error {
        NpzError::Read(source) => SampleError::Read { path: path.into(), source },
        other => refuse(other.to_string()),
    };
    let mut archive = Npz::open(path).map_err(not_npz)?;
    let name = match archive.names() {
        [only] => only.clone(),
        several => {
            several.iter().find(|name| *name == "x" || *name == "input").cloned().ok_or_else(
                || refuse(format!("of its {} arrays none is called `x` or `input`", several.len())),
            )?
        }
    };
    let Array { dims, numbers } = archive.array(&name).map_err(not_npz)?;
    let [h, w, c] = [shape.height, shape.width, shape.channels].map(usize::from);
    let channels_last = match dims.as_slice() {
        [_, a, b, d] if [*a, *b, *d] == [c, h, w] => false,
        [_, a, b, d] if [*a, *b, *d] == [h, w, c] => true,
        [_, a, b] if [*a, *b] == [h, w] && c == 1 => true,
        _ => {
            let wanted = format!("[n, {c}, {h}, {w}] or [n, {h}, {w}, {c}]");
            return Err(refuse(format!("an array of shape {dims:?} in place of {wanted}")));
        }
    };
    let each = size(shape);
    let turn = |numbers: &[f32]| match channels_last {
        true => numbers.to_vec(),
        false => (0..each).map(|place| numbers[place % c * h * w + place / c]).collect(),
    };
    let count = numbers.len() / each;
    if count == 0 || numbers.iter().any(|x| !x.is_finite()) {
        return Err(refuse("it holds no numbers, or some that are not finite".into()));
    }
    let taken = count.min(limit.max(1));
    let inputs: Vec<Vec<f32>> =
        (0..taken).map(|i| turn(&numbers[i * count / taken * each..][..each])).collect();
    let within = numbers.iter().all(|x| (0.0..=1.0).contains(x));
    let unit = Quantization { scale: 1.0 / 255.0, zero_point: -128 };
    let quantization = match pixels {
        Some(pixels) => pixels.quantization(),
        None => within.then_some(unit),
    };
    Ok(Samples { inputs, quantization, unread: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_less_128_are_exact() {
        let unit = Pixels::default().quantization();
        assert_eq!(unit, Some(Quantization { scale: 1.0 / 255.0, zero_point: -128 }));
        let centred = Pixels { mean: vec![128.0], deviation: vec![1.0] };
        assert_eq!(centred.quantization(), Some(Quantization { scale: 1.0, zero_point: 0 }));
        let coloured = Pixels { mean: vec![123.7, 116.3, 103.5], deviation: vec![58.0] };
        assert_eq!(coloured.quantization(), None);
    }
}
