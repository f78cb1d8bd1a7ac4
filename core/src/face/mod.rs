//! Where faces are, and which of them matter.
//!
//! In comes a small luma plane and a network; out go [`Face`]s in pixels of the
//! upright picture at full resolution, most sure first.
//!
//! | file | what flows out |
//! | --- | --- |
//! | `detector` | [`Detector`]: a network whose outputs are known to be faces, run on a [`View`] |
//! | `decode` | candidates, from the network's nine outputs |
//! | `suppress` | one detection for each face |
//! | `prominent` | [`prominent`]: the faces that decide |
//!
//! The network is fully convolutional and sees luma alone. It has three levels, with
//! cells of 8, 16 and 32 samples, and for each cell a score, a box and five points: the
//! layout of YuNet (Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector",
//! 2023). It finds faces of [`SMALLEST`] samples and more, so that the plane's scale
//! decides how small a face may be.
//!
//! ```
//! use edgecull_core::face::{Detector, Face, View, prominent};
//! use edgecull_core::frame::Frame;
//! use edgecull_core::geometry::Orientation;
//! use edgecull_core::kernels::Isa;
//! use edgecull_core::nn::Model;
//!
//! # fn faces(document: &[u8], frame: &Frame<'_>, orientation: Orientation, arena: &mut [i8]) -> Option<()> {
//! let model = Model::load(document).ok()?;
//! let detector = Detector::new(&model).ok()?;
//! let view = View::of(frame, orientation)?;
//! let plan = detector.plan(&view).ok()?; // The arena must have plan.arena() bytes.
//! let faces = detector.detect(&view, &plan, arena, Isa::detect()).ok()?;
//! let deciding = prominent(&faces, view.picture());
//! # Some(())
//! # }
//! ```

mod decode;
mod detector;
mod prominent;
mod suppress;
mod view;

pub use detector::{Detector, Error, MAX_SIDE, THRESHOLD};
pub(crate) use prominent::ranked;
pub use prominent::{PROMINENT, prominent, weights};
pub use view::View;

use crate::eye::Eye;
use crate::geometry::Rect;
use serde::{Deserialize, Serialize};

/// No frame has more faces than this; the least sure are dropped.
pub const MAX_FACES: usize = 64;

/// The smallest faces that the detector is trained to find: the root of the box's area
/// in samples of its [`View`]. A face of so many samples that is found may measure a
/// third less; what measures less than that is no face that was found, but a guess.
pub const SMALLEST: f32 = 12.0;

/// A face, in pixels of the upright picture at full resolution.
///
/// Left is the picture's left, not the person's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Face {
    /// Its box, inside the picture and not empty.
    pub region: Rect,
    /// How sure it is that this is a face: 0..1.
    pub confidence: f32,
    /// Left eye, right eye, nose, left and right corner of the mouth: x and y, which
    /// may lie outside the picture where the border cuts the face.
    pub landmarks: [[f32; 2]; 5],
    /// Its own sharpness, 0 soft .. 1 crisp, on the scale of
    /// [`Measures::sharpness`](crate::verdict::Measures::sharpness); `None` where it
    /// was not measured, or shows too little to tell.
    pub sharpness: Option<f32>,
    /// The left and the right eye; `None` where nobody looked.
    pub eyes: Option<[Eye; 2]>,
}

#[cfg(test)]
mod tests;
