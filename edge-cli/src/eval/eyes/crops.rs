//! Crops of single eyes, in a NumPy archive.
//!
//! They go through core's own classifier, without a face detector before it.

use super::Item;
use crate::npz::{Array, Npz, NpzError};
use crate::pipeline::EyeJudge;
use edgecull_core::eye::{Crop, EyeState, SHARE, Source, Square};
use edgecull_core::jpeg::Scale;
use edgecull_core::kernels::Isa;
use edgecull_core::plane::Plane;
use std::path::Path;

/// The array of labels: 1 for an open eye, 0 for a closed one.
pub const LABEL: &str = "label";

/// The array that says which crops belong together.
pub const GROUP: &str = "group";

/// The array of crops, 0 to 255: number, rows, columns.
const IMAGE: &str = "image";

/// Why there are no crops.
#[derive(Debug, thiserror::Error)]
pub enum CropsError {
    /// The archive.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// An array of another shape.
    #[error("its array `{name}` is of shape {dims:?}; expected: {wanted}")]
    Shape {
        /// The array.
        name: &'static str,
        /// Its shape.
        dims: Vec<usize>,
        /// What would be right.
        wanted: &'static str,
    },
    /// A label that means nothing.
    #[error("its label {0} means nothing: 1 is open, 0 is closed")]
    Label(f32),
}

/// Crops with labels.
#[derive(Clone, Debug)]
pub struct Crops {
    luma: Vec<u8>,
    height: usize,
    width: usize,
    labels: Vec<EyeState>,
    /// Numbers without gaps.
    groups: Option<Vec<usize>>,
    side: f32,
}

impl Crops {
    /// Reads an archive with the arrays `image` (`[n, h, w]`, grey from 0 to 255),
    /// `label` (`[n]`) and, if it is there, `group` (`[n]`). The width of an image is
    /// `side` distances between the eyes, with the eye in the middle.
    ///
    /// # Errors
    /// [`CropsError`].
    pub fn read(path: &Path, side: f32) -> Result<Self, CropsError> {
        let mut npz = Npz::open(path)?;
        let Array { dims, numbers } = npz.array(IMAGE)?;
        let [count, height, width] = dims[..] else {
            return Err(CropsError::Shape { name: IMAGE, dims, wanted: "[n, height, width]" });
        };
        let mut column = |name: &'static str| {
            let Array { dims, numbers } = npz.array(name)?;
            if dims == [count] {
                return Ok(numbers);
            }
            Err(CropsError::Shape { name, dims, wanted: "as many numbers as there are images" })
        };
        let state = |label: f32| match label {
            1.0 => Ok(EyeState::Open),
            0.0 => Ok(EyeState::Closed),
            other => Err(CropsError::Label(other)),
        };
        let labels = column(LABEL)?.into_iter().map(state).collect::<Result<_, _>>()?;
        let groups = match column(GROUP) {
            Ok(groups) => Some(numbered(&groups)),
            Err(CropsError::Npz(NpzError::Missing(_))) => None,
            Err(error) => return Err(error),
        };
        let luma = numbers.into_iter().map(|level| level.clamp(0.0, 255.0) as u8).collect();
        Ok(Self { luma, height, width, labels, groups, side })
    }

    /// Whether some belong together.
    #[must_use]
    pub fn grouped(&self) -> bool {
        self.groups.is_some()
    }

    /// Number of groups.
    #[must_use]
    pub fn groups(&self) -> usize {
        match &self.groups {
            Some(groups) => groups.iter().max().map_or(0, |last| last + 1),
            None => self.labels.len(),
        }
    }

    /// What the classifier says of each.
    #[must_use]
    pub fn judge(&self) -> Vec<Item> {
        let mut judge = EyeJudge::new(Isa::detect());
        let area = self.height * self.width;
        let images = self.luma.chunks_exact(area.max(1)).zip(&self.labels).enumerate();
        images
            .map(|(index, (luma, &label))| {
                let plane = Plane::new(luma, self.width, self.height, self.width);
                let eye = judge.crop(&self.crop(plane.unwrap_or_default()));
                Item {
                    name: format!("image {index}"),
                    label,
                    said: Some(eye.state),
                    p_open: eye.p_open.map(f64::from),
                    group: self.groups.as_ref().map_or(index, |groups| groups[index]),
                }
            })
            .collect()
    }

    /// The middle of an image, as large as the classifier wants it.
    fn crop(&self, plane: Plane<'_>) -> Crop {
        let (width, height) = (self.width as f32, self.height as f32);
        let side = width * SHARE / self.side;
        let centre = [width / 2.0, height / 2.0];
        let square = Square { centre, along: [side, 0.0], down: [0.0, side] };
        Crop::cut(&Source { plane, x: 0, y: 0, scale: Scale::Full }, &square)
    }
}

/// Groups of any number as numbers from 0 on, without gaps.
fn numbered(groups: &[f32]) -> Vec<usize> {
    let mut known = groups.to_vec();
    known.sort_by(f32::total_cmp);
    known.dedup();
    let number = |group: &f32| known.binary_search_by(|g| g.total_cmp(group)).unwrap_or(0);
    groups.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_numbered_without_gaps() {
        assert_eq!(numbered(&[100_007.0, 3.0, 100_007.0, 5.0]), [2, 0, 2, 1]);
    }
}
