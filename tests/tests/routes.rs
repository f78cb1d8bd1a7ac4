//! One picture by both routes, as a JPEG stream and as pixels: the frames agree.

use edgecull::render::encode::{Jpeg, Sampling};
use edgecull::render::{Camera, Scene, Subject, render};
use edgecull_core::frame::{BoardMemory, FrameBuilder};
use edgecull_core::jpeg::Scanner;
use edgecull_core::kernels::Isa;
use edgecull_core::pixels::{Chroma, PixelFeeder, ycc_row};
use edgecull_core::plane::Plane;

/// Code (8 for each octave) of a band's energy above which rounding to whole
/// coefficients and whole pixels no longer counts: some four coefficients of
/// size 16 in a cell.
const ABOVE_ROUNDING: u8 = 8 * 10;
/// Most that a band may differ there: a quarter of an octave of energy.
const TOLERANCE: u8 = 2;

#[test]
fn the_routes_meet() {
    for (subject, seed) in [(Subject::Foliage, 1), (Subject::Portrait, 2), (Subject::Night, 3)] {
        let picture = render(&Scene::new(subject, seed), &Camera::new(640, 424));
        let form = Jpeg { quality: 100, sampling: Sampling::F_1_1, ..Jpeg::default() };
        let bytes = form.encode(&picture).expect("encoded");

        let mut memory = Box::new(BoardMemory::new());
        let mut builder = FrameBuilder::new(memory.buffers());
        let mut scanner = Box::new(Scanner::<65_536, 512>::new(Isa::detect()));
        scanner.feed(&bytes, &mut builder).expect("baseline");
        scanner.finish(&mut builder).expect("baseline");
        let stream = builder.finish().expect("begun");

        let decoded = image::load_from_memory(&bytes).expect("decodes").to_rgb8();
        let (width, height) = decoded.dimensions();
        let size = width as usize * height as usize;
        let [mut y, mut cb, mut cr] = [(); 3].map(|()| vec![0; size]);
        ycc_row(&decoded, &mut y, &mut cb, &mut cr);
        let [y, cb, cr] = [&y, &cb, &cr].map(|samples| {
            Plane::new(samples, width as usize, height as usize, width as usize).expect("whole")
        });
        let mut memory = Box::new(BoardMemory::new());
        let mut builder = FrameBuilder::new(memory.buffers());
        PixelFeeder::begin(&mut builder, Isa::detect(), (width, height), Chroma::Full)
            .expect("fits")
            .picture(&y, Some(&[cb, cr]));
        let pixels = builder.finish().expect("begun");

        let planes = |frame: &edgecull_core::frame::Frame<'_>| {
            let [cb, cr] = frame.chroma.expect("colour");
            [frame.luma, cb, cr].map(|p| (0..p.height()).flat_map(|y| p.row(y).to_vec()).collect())
        };
        let (a, b): ([Vec<u8>; 3], [Vec<u8>; 3]) = (planes(&stream), planes(&pixels));
        for (which, (a, b)) in a.iter().zip(&b).enumerate() {
            assert_eq!(a.len(), b.len());
            let off = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(off <= Some(if which == 0 { 1 } else { 2 }), "plane {which}: {off:?}");
        }

        assert_eq!((stream.cells.cols, stream.cells.rows), (pixels.cells.cols, pixels.cells.rows));
        let mut compared = 0;
        for (a, b) in stream.cells.cells.iter().zip(pixels.cells.cells) {
            for (band, (&a, &b)) in a.codes.iter().zip(&b.codes).enumerate() {
                if a.max(b) >= ABOVE_ROUNDING {
                    compared += 1;
                    assert!(a.abs_diff(b) <= TOLERANCE, "{subject:?}: band {band}: {a} and {b}");
                }
            }
        }
        assert!(compared > stream.cells.cells.len(), "{subject:?}: {compared} bands");

        // A level of difference moves a block to the neighbouring bin: compare
        // how many blocks are at or below each level.
        let blocks = stream.blocks_total;
        assert_eq!((stream.blocks_seen, pixels.blocks_seen), (blocks, pixels.blocks_total));
        let (mut below_a, mut below_b) = (0u32, 0u32);
        for (a, b) in stream.histogram.iter().zip(&pixels.histogram) {
            below_a += a;
            below_b += b;
            assert!(below_a.abs_diff(below_b) <= blocks / 20, "{subject:?}");
        }
        assert_eq!(below_a, below_b);
    }
}
