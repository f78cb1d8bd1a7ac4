//! The rig: from the camera to the photographer's computer.

pub mod stop;
