//! Eyes: open, closed, or not to be told.
//!
//! In come a face's landmarks and the file again; out goes an [`Eye`] for either side.
//!
//! | step | what it does |
//! | --- | --- |
//! | [`Gaze::new`] | from landmarks: two squares, the region that shows both, the scale to decode it at |
//! | [`Crop::cut`] | from the region's samples: one eye, turned level, 32 x 32 |
//! | [`EyeNet::judge`] | from a crop: open, closed or hidden |
//!
//! [`EyeNet::look`] does the last two for both eyes. The region is decoded again from the
//! file at native resolution: in the planes of a scan an eye is a few samples.
//!
//! ```
//! use edgecull_core::eye::{Eye, EyeNet, Gaze, Source};
//! use edgecull_core::geometry::Orientation;
//! use edgecull_core::jpeg::{Progress, Scanner, plane_sizes};
//!
//! /// `landmarks` of the upright picture; `luma` is the caller's memory.
//! fn eyes<const N: usize, const ROWS: usize>(
//!     scanner: &mut Scanner<N, ROWS>,
//!     file: &[u8],
//!     orientation: Orientation,
//!     landmarks: &[[f32; 2]; 5],
//!     net: &mut EyeNet<'_>,
//!     luma: &mut [u8],
//! ) -> Option<[Eye; 2]> {
//!     let header = scanner.header()?;
//!     let gaze = Gaze::new(landmarks, orientation, header.width, header.height)?;
//!     let mut region = scanner.region(gaze.rect, gaze.scale, luma, None)?;
//!     let start = usize::try_from(region.offset()).ok()?;
//!     let _: Progress = region.feed(file.get(start..)?);
//!     let decoded = region.finish();
//!     decoded.complete.then(|| net.look(&gaze, &gaze.source(decoded.luma)))
//! }
//! ```

mod crop;
mod net;
mod place;
mod square;
#[cfg(test)]
mod tests;

pub use crop::{Crop, SIZE, Source};
pub use net::{
    CLOSED_BELOW, Error, EyeNet, LEAST_CONTRAST, LEAST_SAMPLES, OPEN_FROM, SHARED, TOLD_FROM,
};
pub use place::{Gaze, SHARE};
pub use square::Square;

use serde::{Deserialize, Serialize};

/// What can be said of an eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EyeState {
    /// It is open.
    Open,
    /// It is shut.
    Closed,
    /// It cannot be told: in profile, behind sunglasses, too small, too soft.
    Hidden,
}

impl EyeState {
    /// The name used in records and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Hidden => "hidden",
        }
    }
}

/// An eye of a face.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Eye {
    /// What can be said of it.
    pub state: EyeState,
    /// Probability that it is open, 0..1, whatever the state; `None` where there was
    /// nothing to look at.
    pub p_open: Option<f32>,
}

impl Eye {
    /// An eye of which there was nothing to look at.
    pub const UNSEEN: Self = Self { state: EyeState::Hidden, p_open: None };
}
