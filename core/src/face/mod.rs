//! Faces.

use crate::eye::Eye;
use crate::geometry::Rect;
use serde::{Deserialize, Serialize};

/// No frame has more faces than this; the least sure are dropped.
pub const MAX_FACES: usize = 32;

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
