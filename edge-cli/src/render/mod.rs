//! A camera and something to point it at: photographs made by code.
//!
//! In go a [`Scene`] (layers at their distances, in linear light, drawn from a
//! seed) and a [`Camera`] (lens, shutter, sensor, the faults of the person
//! holding it); out comes a [`Picture`], and from that a file as a camera
//! writes it ([`encode`]). The demo, the tests and the benches photograph
//! these scenes, so that the project needs no picture that it cannot show.
//!
//! ```text
//! Subject, seed ──> Scene ──┐
//!                           ├─> optics ──> sensor ──> Picture ──> encode ──> bytes
//! focus, f-number, shake ───┴─ Camera (ISO, EV, tone curve)
//! ```
//!
//! The same seed gives the same bytes, whatever the number of threads: nothing
//! is summed across threads, and all transcendental functions come from `libm`.

pub mod camera;
pub mod encode;
pub mod judgement;
pub mod mosaic;
pub mod scene;
pub mod sets;
pub mod shoot;

mod colour;
mod mark;
mod noise;
mod optics;
mod paint;
mod rng;
mod sensor;

pub use camera::{Camera, render};
pub use scene::{Moment, Scene, Subject};

/// An upright picture: 8-bit sRGB, rows from the top, no padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// `3 * width * height` bytes: red, green, blue of each pixel.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// BT.601 luma of every pixel, `width * height` bytes.
    #[must_use]
    pub fn luma(&self) -> Vec<u8> {
        self.rgb
            .chunks_exact(3)
            .map(|p| {
                let [r, g, b] = [p[0], p[1], p[2]].map(u32::from);
                ((19595 * r + 38470 * g + 7471 * b + 32768) >> 16) as u8
            })
            .collect()
    }
}
