use super::*;
use crate::render::encode::{Colours, Jpeg, Sampling};
use crate::render::{Camera, Picture as Rendered, Scene, Subject, render};
use crate::source::decode::decode;
use crate::source::format::Format;
use edgecull_core::frame::{BoardMemory, FrameBuilder};
use edgecull_core::kernels::Isa;
use std::io::Cursor;

fn rendered() -> Rendered {
    // Sides that no block, no MCU and no scale divides.
    render(&Scene::new(Subject::Landscape, 4), &Camera::new(1021, 763))
}

fn scanned(
    bytes: &[u8],
    size: (u32, u32),
    orientation: Orientation,
    colour: bool,
) -> Option<Picture> {
    let mut memory = Box::new(BoardMemory::new());
    let mut builder = FrameBuilder::new(memory.buffers());
    let mut scanner = Box::new(Scanner::<32_768, 512>::new(Isa::detect()));
    scanner.feed(bytes, &mut builder).expect("baseline");
    scanner.finish(&mut builder).expect("baseline");
    of_scanned(&mut scanner, &mut Cursor::new(bytes), size, orientation, colour)
}

/// Mean difference of two pictures of one size, in levels.
fn difference(a: &Picture, b: &Picture) -> f32 {
    let samples = |picture: &Picture| match picture {
        Picture::Grey(grey) => (grey.dimensions(), grey.as_raw().clone()),
        Picture::Rgb(rgb) => (rgb.dimensions(), rgb.as_raw().clone()),
    };
    let ((size_a, a), (size_b, b)) = (samples(a), samples(b));
    assert_eq!((size_a, a.len()), (size_b, b.len()));
    let sum: u32 = a.iter().zip(&b).map(|(&a, &b)| u32::from(a.abs_diff(b))).sum();
    sum as f32 / a.len() as f32
}

#[test]
fn a_jpeg_decoded_again_is_the_decoders_picture() {
    let picture = rendered();
    for sampling in [Sampling::F_1_1, Sampling::R_4_2_2, Sampling::F_2_2] {
        let bytes = Jpeg { sampling, ..Jpeg::default() }.encode(&picture).expect("encoded");
        let full = decode(Cursor::new(&bytes), Format::Jpeg).expect("decoded");
        for orientation in [1, 5, 6].map(|tag| Orientation::from_exif(tag).expect("known")) {
            // One for each scale, the last larger than the picture.
            for size in [(96, 96), (224, 160), (320, 448), (600, 700), (1100, 40)] {
                let wanted = of(&full, size, orientation).expect("a picture");
                let got = scanned(&bytes, size, orientation, true).expect("a picture");
                let off = difference(&got, &wanted);
                // Scales average before the filter does. Something else is far off.
                let other = of(&wanted, size, Orientation::Mirrored).expect("a picture");
                assert!(difference(&other, &wanted) > 20.0);
                assert!(off < 2.0, "{sampling:?} {orientation:?} {size:?}: {off}");
            }
        }
    }
}

#[test]
fn luma_alone_needs_no_colour() {
    let picture = rendered();
    for colours in [Colours::YCbCr, Colours::Grey] {
        let bytes = Jpeg { colours, ..Jpeg::default() }.encode(&picture).expect("encoded");
        let full = decode(Cursor::new(&bytes), Format::Jpeg).expect("decoded");
        let grey = Picture::Grey(full.into_grey());
        let wanted = of(&grey, (224, 224), Orientation::Upright).expect("a picture");
        let got = scanned(&bytes, (224, 224), Orientation::Upright, false).expect("a picture");
        assert!(difference(&got, &wanted) < 1.5, "{colours:?}");
    }
}

#[test]
fn what_is_not_there_is_not_made_up() {
    let picture = rendered();
    let whole = Jpeg::default().encode(&picture).expect("encoded");
    let size = (224, 224);
    assert!(scanned(&whole, size, Orientation::Upright, true).is_some());
    let cut = &whole[..whole.len() * 3 / 4];
    assert!(scanned(cut, size, Orientation::Upright, true).is_none());
    let inks = Jpeg { colours: Colours::Cmyk, ..Jpeg::default() }.encode(&picture);
    assert!(scanned(&inks.expect("encoded"), size, Orientation::Upright, true).is_none());
}
