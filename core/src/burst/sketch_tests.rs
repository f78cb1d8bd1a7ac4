//! Sketches of pictures whose values are known.

use super::*;
use crate::frame::{BoardMemory, FrameBuilder};
use crate::kernels::Isa;
use crate::pixels::{Chroma, PixelFeeder};
use proptest::prelude::*;
use std::boxed::Box;
use std::vec::Vec;

/// The sketch of a grey picture.
pub(crate) fn sketch_of(
    (width, height): (usize, usize),
    orientation: Orientation,
    luma: impl Fn(usize, usize) -> u8,
) -> Sketch {
    let samples: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| luma(x, y))
        .collect();
    let plane = Plane::new(&samples, width, height, width).expect("fits");
    let mut memory = Box::new(BoardMemory::new());
    let mut builder = FrameBuilder::new(memory.buffers());
    let size = (width as u32, height as u32);
    PixelFeeder::begin(&mut builder, Isa::baseline(), size, Chroma::None)
        .expect("fits")
        .picture(&plane, None);
    Sketch::of(&builder.finish().expect("a picture"), orientation)
}

#[test]
fn it_fits_into_a_kibibyte() {
    assert!(size_of::<Sketch>() <= 1024);
}

#[test]
fn codes_are_roots_of_luma() {
    let sketch = sketch_of((480, 320), Orientation::Upright, |x, _| if x < 240 { 64 } else { 255 });
    assert_eq!((sketch.size(), sketch.grid(), sketch.regions()), ([480, 320], [36, 24], [12, 8]));
    for row in sketch.luma().chunks_exact(36) {
        assert!(row[..18].iter().all(|&v| v == 128) && row[18..].iter().all(|&v| v == 255));
    }
}

#[test]
fn detail_is_where_it_is() {
    let noise = |x: usize, y: usize| if x >= 240 && y >= 160 && (x ^ y) & 3 < 2 { 220 } else { 90 };
    let sketch = sketch_of((480, 320), Orientation::Upright, noise);
    let at = |x: usize, y: usize| sketch.sharp()[y * 12 + x];
    assert!(at(10, 6) > at(1, 1) + 40, "{} {}", at(10, 6), at(1, 1));
    assert_eq!(at(1, 1), at(10, 1));
}

#[test]
fn it_is_upright_however_the_camera_was_held() {
    // One bright quarter and a gradient: no two orientations look the same.
    let upright = |x: usize, y: usize| {
        if x < 96 && y < 72 { 250 } else { (40 + x / 4 + y / 8) as u8 }
    };
    let (w, h) = (288, 192);
    let wanted = sketch_of((w, h), Orientation::Upright, upright);
    for value in 1..=8 {
        let orientation = Orientation::from_exif(value).expect("valid");
        let stored = orientation.inverse().size(w as u32, h as u32);
        let (stored_w, stored_h) = (stored.0 as usize, stored.1 as usize);
        let sketch = sketch_of((stored_w, stored_h), orientation, |x, y| {
            let middle = [x as f32 + 0.5, y as f32 + 0.5];
            let [x, y] = orientation.point(middle, [stored_w as f32, stored_h as f32]);
            upright(x as usize, y as usize)
        });
        assert_eq!(sketch.size(), wanted.size(), "{orientation:?}");
        let off = sketch.luma().iter().zip(wanted.luma()).filter(|(a, b)| a.abs_diff(**b) > 2);
        assert_eq!(off.count(), 0, "{orientation:?}");
    }
}

#[test]
fn strips_and_stamps_have_none() {
    assert!(sketch_of((2000, 100), Orientation::Upright, |_, _| 9).is_empty());
    assert!(sketch_of((64, 64), Orientation::Upright, |_, _| 9).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_size_is_sketched(width in 1usize..700, height in 1usize..700, value: u8, o in 1u32..=8) {
        let orientation = Orientation::from_exif(o).unwrap_or_default();
        let sketch = sketch_of((width, height), orientation, |_, _| value);
        let [cols, rows] = sketch.grid();
        prop_assert_eq!(sketch.luma().len(), cols * rows);
        prop_assert!(cols * rows <= LUMA && sketch.sharp().len() <= REGIONS);
    }
}
