//! Regions against the inverse DCT of the standard's formula over all blocks.

use super::encoder::{Content, Dice, Form, Picture, write};
use super::{Small, feed};
use crate::bands::ZIGZAG;
use crate::frame::{BoardMemory, FrameBuilder};
use crate::geometry::Rect;
use crate::jpeg::{Decoded, Progress, Scale, Scanner, plane_sizes};
use crate::kernels::Isa;
use crate::plane::Plane;
use proptest::prelude::*;
use std::boxed::Box;
use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::vec;
use std::vec::Vec;

const SCALES: [Scale; 4] = [Scale::Full, Scale::Half, Scale::Quarter, Scale::Eighth];

/// All samples of one component at a scale, in exact arithmetic.
struct Exact {
    width: usize,
    samples: Vec<f64>,
}

impl Exact {
    fn new(picture: &Picture, part: usize, scale: Scale) -> Self {
        let size = scale.block_size() as usize;
        let component = &picture.parts[part];
        let width = component.cols as usize * size;
        let mut samples = vec![0.0; width * component.rows as usize * size];
        for (number, block) in component.blocks.iter().enumerate() {
            let (col, row) = (number % component.cols as usize, number / component.cols as usize);
            for y in 0..size {
                for x in 0..size {
                    let mut sum = 0.0;
                    for (k, &coef) in block.iter().enumerate() {
                        let (u, v) = (usize::from(ZIGZAG[k] % 8), usize::from(ZIGZAG[k] / 8));
                        if coef == 0 || u >= size || v >= size {
                            continue;
                        }
                        let wave = |x: usize, u: usize| {
                            let c = if u == 0 { FRAC_1_SQRT_2 } else { 1.0 };
                            c * ((2 * x + 1) as f64 * u as f64 * PI / (2 * size) as f64).cos()
                        };
                        let step = f64::from(picture.quant[part][k]);
                        sum += f64::from(coef) * step * wave(x, u) * wave(y, v) / 4.0;
                    }
                    samples[(row * size + y) * width + col * size + x] =
                        (sum + 128.0).clamp(0.0, 255.0);
                }
            }
        }
        Self { width, samples }
    }
}

/// Where the samples of a part of the picture begin and end on a component's
/// grid: those that touch it.
fn span(start: u32, length: u32, factor: u32, max: u32, scale: Scale) -> (usize, usize) {
    let grid = f64::from(factor) * f64::from(scale.block_size()) / (8.0 * f64::from(max));
    let (from, to) = (f64::from(start) * grid, f64::from(start + length) * grid);
    ((from + 1e-9).floor() as usize, (to - 1e-9).ceil() as usize)
}

fn assert_near(picture: &Picture, part: usize, rect: Rect, scale: Scale, plane: &Plane<'_>) {
    let exact = Exact::new(picture, part, scale);
    let (h_max, v_max) = picture.max_sampling();
    let component = &picture.parts[part];
    let (left, right) = span(rect.x, rect.w, component.h, h_max, scale);
    let (top, bottom) = span(rect.y, rect.h, component.v, v_max, scale);
    assert_eq!((plane.width(), plane.height()), (right - left, bottom - top));
    for y in top..bottom {
        for x in left..right {
            let want = exact.samples[y * exact.width + x];
            let got = f64::from(plane.at(x - left, y - top));
            assert!((got - want).abs() <= 1.0, "{got} for {want} at {x}, {y} of component {part}");
        }
    }
}

/// Decodes a region with buffers of just the right size, fed in chunks.
fn decode<const N: usize, const ROWS: usize>(
    scanner: &mut Scanner<N, ROWS>,
    bytes: &[u8],
    (rect, scale): (Rect, Scale),
    colour: bool,
    chunk: usize,
    check: impl FnOnce(Option<Decoded<'_>>),
) {
    let header = *scanner.header().expect("scanned");
    let Some(sizes) = plane_sizes(&header, rect, scale) else {
        assert!(scanner.region(rect, scale, &mut [], None).is_none());
        return check(None);
    };
    let [mut luma, mut cb, mut cr] = sizes.map(|s| vec![7; s.width * s.height]);
    let chroma = colour.then_some([&mut cb[..], &mut cr[..]]);
    let Some(mut region) = scanner.region(rect, scale, &mut luma, chroma) else {
        return check(None);
    };
    let from = region.offset() as usize;
    for piece in bytes[from..].chunks(chunk) {
        if region.feed(piece) == Progress::Done {
            break;
        }
    }
    check(Some(region.finish()));
}

fn any_rect(dice: &mut Dice, width: u32, height: u32) -> Rect {
    let x = dice.below(width.into()) as u32;
    let y = dice.below(height.into()) as u32;
    // Often beyond the picture's edge.
    let w = 1 + dice.below(u64::from(width)) as u32;
    let h = 1 + dice.below(u64::from(height)) as u32;
    Rect { x, y, w, h }
}

/// Scans a file and compares regions of it.
fn check<const ROWS: usize>(picture: &Picture, form: &Form, seed: u64) {
    let file = write(picture, form).bytes;
    let mut scanner = Box::new(Scanner::<4096, ROWS>::new(Isa::detect()));
    let mut memory = Box::new(BoardMemory::new());
    let mut builder = FrameBuilder::new(memory.buffers());
    let report = feed(&mut scanner, &mut builder, &file, &[1000]);
    assert_eq!(report, Ok(super::COMPLETE));
    let mut dice = Dice(seed);
    for scale in SCALES {
        for colour in [false, true] {
            let rect = any_rect(&mut dice, picture.width, picture.height);
            let chunk = [1, 100, usize::MAX][dice.below(3) as usize];
            decode(&mut scanner, &file, (rect, scale), colour, chunk, |decoded| {
                let decoded = decoded.expect("inside");
                assert!(decoded.complete);
                let rect = rect.clamped(picture.width, picture.height);
                assert_near(picture, 0, rect, scale, &decoded.luma);
                assert_eq!(decoded.chroma.is_some(), colour && picture.parts.len() == 3);
                for (part, plane) in (1..).zip(decoded.chroma.iter().flatten()) {
                    assert_near(picture, part, rect, scale, plane);
                }
            });
        }
    }
}

const SAMPLINGS: &[&[(u32, u32)]] = &[
    &[(1, 1)],
    &[(2, 2)],
    &[(1, 1), (1, 1), (1, 1)],
    &[(2, 1), (1, 1), (1, 1)],
    &[(2, 2), (1, 1), (1, 1)],
    &[(4, 1), (1, 1), (1, 1)],
    &[(1, 3), (1, 1), (1, 1)],
    &[(3, 1), (1, 1), (3, 1)],
    &[(1, 1), (2, 2), (1, 2)],
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn regions_are_parts_of_the_whole(
        size in (1u32..120, 1u32..120),
        sampling in prop::sample::select(SAMPLINGS),
        restart in prop::sample::select(vec![0, 1, 3, 8, 50]),
        dnl: bool,
        seed: u64,
    ) {
        let picture = Picture::new(size, sampling, Content::Plain, seed);
        let form = Form { restart, dnl, ..Form::new(sampling.len()) };
        check::<64>(&picture, &form, seed);
        // Two rows of the index are kept at most.
        check::<2>(&picture, &form, seed ^ 1);
    }
}

#[test]
fn a_region_outside_or_without_room_is_refused() {
    let picture = Picture::new((40, 30), SAMPLINGS[4], Content::Plain, 1);
    let file = write(&picture, &Form::new(3)).bytes;
    let mut scanner = Box::new(Small::new(Isa::detect()));
    let inside = Rect { x: 3, y: 4, w: 5, h: 6 };
    assert!(scanner.region(inside, Scale::Full, &mut [0; 30], None).is_none());
    let mut memory = Box::new(BoardMemory::new());
    feed(&mut scanner, &mut FrameBuilder::new(memory.buffers()), &file, &[1]).expect("whole");
    let outside = [(40, 0, 1, 1), (0, 30, 1, 1), (u32::MAX, u32::MAX, u32::MAX, u32::MAX)];
    for (x, y, w, h) in outside.into_iter().chain([(3, 3, 0, 5), (3, 3, 5, 0)]) {
        let rect = Rect { x, y, w, h };
        assert!(scanner.region(rect, Scale::Full, &mut [0; 2000], None).is_none());
    }
    assert!(scanner.region(inside, Scale::Full, &mut [0; 29], None).is_none());
    assert!(scanner.region(inside, Scale::Full, &mut [0; 30], None).is_some());
    let chroma = [&mut [0; 9][..], &mut [0; 8]];
    assert!(scanner.region(inside, Scale::Full, &mut [0; 30], Some(chroma)).is_none());
}

/// Luma's own scan can be decoded again as long as no other tables came.
#[test]
fn a_scan_of_luma_alone_has_regions_until_its_tables_go() {
    let picture = Picture::new((50, 30), SAMPLINGS[4], Content::Plain, 1);
    let rect = Rect { x: 11, y: 9, w: 20, h: 20 };
    for (scans, there) in
        [(vec![vec![1], vec![2], vec![0]], true), (vec![vec![0], vec![1, 2]], false)]
    {
        let file = write(&picture, &Form { scans, ..Form::new(3) }).bytes;
        let (report, _, mut scanner) = super::record::<true>(&file, &[9], Isa::detect());
        assert_eq!(report, Ok(super::COMPLETE));
        decode(&mut scanner, &file, (rect, Scale::Full), true, 9, |decoded| {
            assert_eq!(decoded.is_some(), there);
            if let Some(decoded) = decoded {
                assert!(decoded.complete && decoded.chroma.is_none());
                assert_near(&picture, 0, rect, Scale::Full, &decoded.luma);
            }
        });
    }
}

/// What the damage did not reach is as it would be without it.
#[test]
fn regions_after_damage_hold_what_is_left() {
    let picture = Picture::new((100, 90), SAMPLINGS[4], Content::Plain, 8);
    for restart in [0, 3, 7] {
        let file = write(&picture, &Form { restart, ..Form::new(3) });
        let data = file.scans[0].clone();
        for wound in (data.start..data.end).step_by(97) {
            let mut bytes = file.bytes.clone();
            // Seven ones are no code of a fitted table; several bytes of them
            // are damage for sure.
            for byte in &mut bytes[wound..(wound + 4).min(data.end)] {
                *byte = if *byte == 0xFF { 0xFF } else { 0xFE };
            }
            let (_, seen, mut scanner) = super::record::<true>(&bytes, &[512], Isa::detect());
            let rect = Rect { x: 0, y: 0, w: 100, h: 90 };
            decode(&mut scanner, &bytes, (rect, Scale::Eighth), true, 64, |decoded| {
                let decoded = decoded.expect("the first row was seen");
                let total = 7 * 6 * 6;
                assert_eq!(decoded.complete, seen.blocks.len() == total, "{wound}");
                // At 1/8 each sample is a block's DC.
                for (part, plane) in
                    [decoded.luma].iter().chain(decoded.chroma.iter().flatten()).enumerate()
                {
                    for y in 0..plane.height() {
                        for x in 0..plane.width() {
                            let block = seen.blocks.get(&(part, y as u32, x as u32));
                            let dc = block.map_or(0.0, |b| f64::from(b[0]));
                            let want = dc * f64::from(picture.quant[part][0]) / 8.0 + 128.0;
                            let got = f64::from(plane.at(x, y));
                            assert!((got - want.clamp(0.0, 255.0)).abs() <= 1.0);
                        }
                    }
                }
            });
        }
    }
}
