//! Pictures for the benches: rendered once, kept in the build folder.

use edgecull::render::encode::{Jpeg, Sampling};
use edgecull::render::{Camera, Scene, Subject, render};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The bytes of a rendered photograph of `width` x `height`: foliage, which has
/// more detail than most, as a baseline 4:2:2 JPEG of quality 95.
///
/// # Errors
/// When the encoder refuses the size.
pub fn photograph(width: u32, height: u32) -> io::Result<Vec<u8>> {
    let picture = render(&Scene::new(Subject::Foliage, 1), &Camera::new(width, height));
    let form = Jpeg { quality: 95, sampling: Sampling::F_2_1, ..Jpeg::default() };
    form.encode(&picture).map_err(io::Error::other)
}

/// The same, from the build folder if it was rendered before.
///
/// # Errors
/// When it cannot be rendered or kept.
pub fn kept_photograph(width: u32, height: u32) -> io::Result<Vec<u8>> {
    let path = folder().join(format!("photograph-{width}x{height}.jpg"));
    if let Ok(bytes) = fs::read(&path) {
        return Ok(bytes);
    }
    let bytes = photograph(width, height)?;
    fs::create_dir_all(folder())?;
    fs::write(path, &bytes)?;
    Ok(bytes)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/photographs")
}
