//! What happens to a photograph that stays the same photograph.

use crate::render::Camera;
use crate::render::Picture;
use crate::render::encode::{EncodeError, Exif, Jpeg};
use edgecull_core::geometry::Orientation;
use image::RgbImage;
use image::imageops::{FilterType, crop_imm, resize};
use serde::Serialize;

/// A change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Written again, at quality 30.
    Recompressed,
    /// A twentieth of its width and height cut off, at one of the corners.
    Cropped,
    /// The camera was moved: two cuts that are a twenty-fifth of the picture's width and
    /// height apart.
    Shifted,
    /// Two stops brighter; what is then too bright is white.
    Brighter,
    /// Two stops darker.
    Darker,
    /// Stored turned, with an EXIF orientation that turns it back.
    Turned,
    /// Half as wide and high.
    Half,
    /// A quarter as wide and high.
    Quarter,
    /// Cropped by a fortieth, half the size, a stop brighter or darker, at quality 70.
    Several,
}

/// The part of a picture that remains.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// Share of width and height that is cut off.
    off: f32,
    /// Whether it is cut off at the left, and at the top.
    left: bool,
    top: bool,
}

/// One version of a picture.
#[derive(Clone, Copy, Debug)]
struct Version {
    cut: Option<Cut>,
    stops: f32,
    shrink: u32,
    quality: u8,
    orientation: Orientation,
}

const PLAIN: Version =
    Version { cut: None, stops: 0.0, shrink: 1, quality: 90, orientation: Orientation::Upright };

impl Change {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Recompressed,
        Self::Cropped,
        Self::Shifted,
        Self::Brighter,
        Self::Darker,
        Self::Turned,
        Self::Half,
        Self::Quarter,
        Self::Several,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Recompressed => "recompressed",
            Self::Cropped => "cropped",
            Self::Shifted => "shifted",
            Self::Brighter => "brighter",
            Self::Darker => "darker",
            Self::Turned => "turned",
            Self::Half => "half",
            Self::Quarter => "quarter",
            Self::Several => "several",
        }
    }

    /// The files of an upright photograph after this change: one, to be compared with the
    /// photograph, or two, to be compared with each other. Where there is a choice,
    /// such as between corners, `number` makes it.
    ///
    /// # Errors
    /// When the encoder refuses.
    pub fn files(self, photo: &RgbImage, number: usize) -> Result<Vec<Vec<u8>>, EncodeError> {
        let cut =
            |off| Cut { off, left: number.is_multiple_of(2), top: (number / 2).is_multiple_of(2) };
        let opposite = |cut: Cut| Cut { left: !cut.left, top: !cut.top, ..cut };
        let versions = match self {
            Self::Recompressed => vec![Version { quality: 30, ..PLAIN }],
            Self::Cropped => vec![Version { cut: Some(cut(0.05)), ..PLAIN }],
            Self::Shifted => {
                let cuts = [cut(0.04), opposite(cut(0.04))];
                cuts.map(|cut| Version { cut: Some(cut), ..PLAIN }).to_vec()
            }
            Self::Brighter => vec![Version { stops: 2.0, ..PLAIN }],
            Self::Darker => vec![Version { stops: -2.0, ..PLAIN }],
            Self::Turned => {
                let turns = [
                    Orientation::QuarterTurn,
                    Orientation::HalfTurn,
                    Orientation::ThreeQuarterTurn,
                ];
                let orientation = turns[number % turns.len()];
                vec![Version { orientation, ..PLAIN }]
            }
            Self::Half => vec![Version { shrink: 2, ..PLAIN }],
            Self::Quarter => vec![Version { shrink: 4, ..PLAIN }],
            Self::Several => {
                let stops = if (number / 4).is_multiple_of(2) { 1.0 } else { -1.0 };
                let cut = Some(cut(0.025));
                vec![Version { cut, stops, shrink: 2, quality: 70, ..PLAIN }]
            }
        };
        versions.iter().map(|version| version.file(photo)).collect()
    }
}

impl Version {
    fn file(&self, photo: &RgbImage) -> Result<Vec<u8>, EncodeError> {
        let mut picture = match self.cut {
            Some(cut) => cut.of(photo),
            None => photo.clone(),
        };
        if self.shrink > 1 {
            let (width, height) = picture.dimensions();
            let side = |length: u32| (length / self.shrink).max(1);
            picture = resize(&picture, side(width), side(height), FilterType::Triangle);
        }
        if self.stops != 0.0 {
            let levels: [u8; 256] = std::array::from_fn(|level| exposed(level as u8, self.stops));
            picture.iter_mut().for_each(|sample| *sample = levels[usize::from(*sample)]);
        }
        let (width, height) = picture.dimensions();
        let exif =
            Exif { orientation: self.orientation, ..Exif::of(&Camera::new(width, height), 0) };
        let form = Jpeg { quality: self.quality, exif: Some(exif), ..Jpeg::default() };
        form.encode(&Picture { width, height, rgb: picture.into_raw() })
    }
}

impl Cut {
    fn of(self, photo: &RgbImage) -> RgbImage {
        let (width, height) = photo.dimensions();
        let [across, down] = [width, height].map(|side| (side as f32 * self.off) as u32);
        let left = if self.left { across } else { 0 };
        let top = if self.top { down } else { 0 };
        crop_imm(photo, left, top, width - across, height - down).to_image()
    }
}

/// A level of sRGB (IEC 61966-2-1) after so many stops more light, without a tone curve.
fn exposed(level: u8, stops: f32) -> u8 {
    let encoded = f32::from(level) / 255.0;
    let linear = if encoded <= 0.04045 {
        encoded / 12.92
    } else {
        libm::powf((encoded + 0.055) / 1.055, 2.4)
    };
    let light = (linear * libm::exp2f(stops)).min(1.0);
    let encoded = if light <= 0.003_130_8 {
        12.92 * light
    } else {
        1.055 * libm::powf(light, 1.0 / 2.4) - 0.055
    };
    (255.0 * encoded + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_is_doubled_and_halved() {
        assert_eq!(exposed(100, 0.0), 100);
        // 0.2159 in linear light at level 128, hence 0.8634 and 0.0540.
        assert_eq!((exposed(128, 2.0), exposed(128, -2.0)), (239, 66));
        assert_eq!((exposed(200, 2.0), exposed(0, 2.0), exposed(255, 0.0)), (255, 0, 255));
    }

    #[test]
    fn versions_have_the_size_that_is_said() {
        let photo = RgbImage::from_fn(200, 120, |x, y| image::Rgb([x as u8, y as u8, 90]));
        for (change, sizes) in [
            (Change::Recompressed, vec![(200, 120)]),
            (Change::Cropped, vec![(190, 114)]),
            (Change::Shifted, vec![(192, 116), (192, 116)]),
            (Change::Turned, vec![(120, 200)]),
            (Change::Half, vec![(100, 60)]),
            (Change::Quarter, vec![(50, 30)]),
            (Change::Several, vec![(97, 58)]),
        ] {
            let files = change.files(&photo, 0).expect("encoded");
            let found: Vec<_> = files
                .iter()
                .map(|file| image::load_from_memory(file).expect("a JPEG"))
                .map(|picture| (picture.width(), picture.height()))
                .collect();
            assert_eq!(found, sizes, "{}", change.name());
        }
    }

    #[test]
    fn corners_take_turns() {
        let photo = RgbImage::from_fn(160, 160, |x, _| image::Rgb([x as u8, 0, 0]));
        let left = |number| {
            let file = Change::Cropped.files(&photo, number).expect("encoded").remove(0);
            image::load_from_memory(&file).expect("a JPEG").into_rgb8().get_pixel(0, 0).0[0]
        };
        assert!(left(1) < 4 && left(0) > 5);
    }
}
