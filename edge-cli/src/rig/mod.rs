//! The rig: from the camera to the photographer's computer.

pub mod backoff;
pub mod deliver;
pub mod stop;
