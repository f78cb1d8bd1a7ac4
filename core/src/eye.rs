//! Eyes: open, closed, or not to be told.

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
