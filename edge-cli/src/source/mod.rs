//! Where frames come from: files on a disk, and what is written inside them
//! beside the picture.

pub mod arrival;
pub mod decode;
pub mod exif;
pub mod folder;
pub mod format;
pub mod raw;
pub mod section;
pub mod thumbnail;
