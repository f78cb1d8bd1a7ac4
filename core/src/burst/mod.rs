//! What frames have to do with one another: sets that belong together.
//!
//! | module | in | out |
//! | --- | --- | --- |
//! | [`taken`] | | what the camera noted of an exposure |
//! | [`sketch`] | a frame | at most 1 KiB of it, upright |
//! | [`set`] | sketches in the order they were taken | brackets, panoramas, focus stacks |

pub mod set;
pub mod sketch;
pub mod taken;
