use super::network::{Head, LUMA, Output, REGION, SCORE, document, outputs};
use crate::face::decode::{self, CANDIDATES};
use crate::face::suppress::overlap;
use crate::face::{Detector, Error, Face, MAX_FACES, MAX_SIDE, View};
use crate::frame::{CellGrid, Frame};
use crate::geometry::{Orientation, Rect};
use crate::kernels::Isa;
use crate::nn::{self, Model, Net, Quantization, Shape};
use crate::plane::Plane;
use std::vec;
use std::vec::Vec;

/// Faces of two cells' side about each bright cell of the first level.
const SMALL: Head = Head {
    score: (-6.0, 6.0),
    region: [0.25, -0.5, 0.6875, 0.75],
    points: [-0.5, -0.5, 0.5, -0.5, 0.0, 0.0, -0.5, 0.5, 0.5, 0.5],
};

fn detector(heads: [Head; 3]) -> Vec<u8> {
    document(Shape::new(32, 64, 1), LUMA, &outputs(heads))
}

fn find(document: &[u8], view: &View<'_>) -> Vec<Face> {
    let model = Model::load(document).expect("a network");
    let detector = Detector::new(&model).expect("a detector");
    let plan = detector.plan(view).expect("a plan");
    let mut arena = vec![0; plan.arena()];
    let faces = detector.detect(view, &plan, &mut arena, Isa::detect()).expect("runs");
    faces.to_vec()
}

/// Black with white squares of 8 samples.
fn dots(width: usize, height: usize, cells: &[(usize, usize)]) -> Vec<u8> {
    let mut samples = vec![0; width * height];
    for &(column, row) in cells {
        for y in 8 * row..(8 * row + 8).min(height) {
            for x in 8 * column..(8 * column + 8).min(width) {
                samples[y * width + x] = 255;
            }
        }
    }
    samples
}

fn near(a: [f32; 2], b: [f32; 2]) -> bool {
    (a[0] - b[0]).abs() < 1e-3 && (a[1] - b[1]).abs() < 1e-3
}

#[test]
fn a_cell_becomes_a_box_and_five_points_in_pixels() {
    let samples = dots(100, 60, &[(3, 2), (9, 5)]);
    let plane = Plane::new(&samples, 100, 60, 100).expect("whole");
    let view = View::new(plane, (800, 480), 8, Orientation::Upright).expect("covers");
    let faces = find(&detector([SMALL, Head::NONE, Head::NONE]), &view);
    assert_eq!(faces.len(), 2);
    for (face, (column, row)) in faces.iter().zip([(3.0, 2.0), (9.0, 5.0)]) {
        assert!((face.confidence - 1.0 / (1.0 + (-6.0f32).exp())).abs() < 1e-6);
        let centre = [(column + 0.5) * 64.0, (row + 0.5) * 64.0];
        for (at, point) in face.landmarks.iter().zip(SMALL.points.as_chunks::<2>().0) {
            assert!(near(*at, [centre[0] + point[0] * 64.0, centre[1] + point[1] * 64.0]));
        }
        let (w, h) = (0.6875f32.exp() * 64.0, 0.75f32.exp() * 64.0);
        let (x, y) = (centre[0] + 0.25 * 64.0 - w / 2.0, centre[1] - 0.5 * 64.0 - h / 2.0);
        let r = face.region;
        assert!(r.x.abs_diff(x.round() as u32) <= 1 && r.y.abs_diff(y.round() as u32) <= 1);
        // The second one's box reaches over the right edge's end, not the picture's.
        assert!(r.w.abs_diff(w as u32) <= 1 && r.h.abs_diff(h as u32) <= 1, "{r:?}");
        assert_eq!((face.sharpness, face.eyes), (None, None));
    }
}

#[test]
fn levels_have_their_own_strides() {
    for (level, stride) in [8u32, 16, 32].into_iter().enumerate() {
        let mut heads = [Head::NONE; 3];
        heads[level] = Head { region: [0.0, 0.0, 0.5, 0.5], ..SMALL };
        let samples = dots(96, 96, &[(4, 8)]);
        let plane = Plane::new(&samples, 96, 96, 96).expect("whole");
        let view = View::new(plane, (96, 96), 1, Orientation::Upright).expect("covers");
        let faces = find(&detector(heads), &view);
        assert_eq!(faces.len(), 1, "{stride}");
        let centre = [32.0 + stride as f32 / 2.0, 64.0 + stride as f32 / 2.0];
        assert_eq!(faces[0].landmarks[2], centre);
        let side = 0.5f32.exp() * stride as f32;
        assert!((faces[0].region.w as f32 - side).abs() <= 1.0);
    }
}

#[test]
fn however_the_camera_was_held_faces_are_the_same() {
    let document = detector([SMALL, Head::NONE, Head::NONE]);
    let (width, height) = (100usize, 60usize);
    let cells = [(3, 2), (9, 5), (6, 1)];
    let upright = dots(width, height, &cells);
    let plane = Plane::new(&upright, width, height, width).expect("whole");
    let size = (width as u32 * 4, height as u32 * 4);
    let view = View::new(plane, size, 4, Orientation::Upright).expect("covers");
    let expected = find(&document, &view);
    assert_eq!(expected.len(), cells.len());
    for value in 1..=8 {
        let orientation = Orientation::from_exif(value).expect("valid");
        let (w, h) = orientation.size(width as u32, height as u32);
        let mut stored = vec![0; upright.len()];
        for y in 0..h {
            for x in 0..w {
                let to = orientation.rect(Rect { x, y, w: 1, h: 1 }, w, h);
                stored[(y * w + x) as usize] = upright[to.y as usize * width + to.x as usize];
            }
        }
        let plane = Plane::new(&stored, w as usize, h as usize, w as usize).expect("whole");
        let view = View::new(plane, (w * 4, h * 4), 4, orientation).expect("covers");
        assert_eq!(view.picture(), size);
        assert_eq!(find(&document, &view), expected, "{value}");
    }
}

#[test]
fn samples_that_reach_over_the_edge_keep_their_places() {
    let document = detector([SMALL, Head::NONE, Head::NONE]);
    // The last column of samples has 3 of 8 pixels, the last row 5.
    let (w, h) = (771, 485);
    let (columns, rows) = (97, 61);
    for value in 1..=8 {
        let orientation = Orientation::from_exif(value).expect("valid");
        // One square of the upright plane's cells, wherever it is stored.
        let (across, down) = orientation.size(columns, rows);
        let upright = dots(across as usize, down as usize, &[(4, 3)]);
        let mut stored = vec![0; upright.len()];
        let mut first = None;
        for y in 0..rows {
            for x in 0..columns {
                let to = orientation.rect(Rect { x, y, w: 1, h: 1 }, columns, rows);
                let sample = upright[(to.y * across + to.x) as usize];
                stored[(y * columns + x) as usize] = sample;
                first = first.or((sample == 255).then_some((x, y)));
            }
        }
        let plane = Plane::new(&stored, columns as usize, rows as usize, columns as usize);
        let view = View::new(plane.expect("whole"), (w, h), 8, orientation).expect("covers");
        let faces = find(&document, &view);
        // Where the square's middle lies in the stored picture, and in the upright one.
        let (x, y) = first.expect("a square");
        let middle = [x as f32 * 8.0 + 32.0, y as f32 * 8.0 + 32.0];
        let nose = orientation.point(middle, [w as f32, h as f32]);
        assert_eq!(faces.len(), 1);
        assert!(near(faces[0].landmarks[2], nose), "{value}: {:?} {nose:?}", faces[0].landmarks);
    }
}

#[test]
fn boxes_end_at_the_picture_and_padding_shows_no_face() {
    // Padding is black: with a face on black, each cell has one.
    let black = Head { score: (6.0, -6.0), region: [0.0, 0.0, 1.5, 1.5], ..SMALL };
    let plane = vec![0; 40 * 40];
    let plane = Plane::new(&plane, 40, 40, 40).expect("whole");
    let view = View::new(plane, (157, 160), 4, Orientation::Upright).expect("covers");
    let faces = find(&detector([black, Head::NONE, Head::NONE]), &view);
    assert!(!faces.is_empty());
    for face in &faces {
        assert_eq!(face.region, face.region.clamped(157, 160));
        assert!(face.region.area() > 0);
    }
}

#[test]
fn a_face_in_every_cell_ends_and_gives_the_most_that_fit() {
    let all = Head { score: (5.0, 6.0), region: [0.0, 0.0, 0.5, 0.5], ..SMALL };
    let bright = Head { score: (-1.0, 9.0), ..all };
    let samples = dots(320, 240, &[(10, 10), (30, 5)]);
    let plane = Plane::new(&samples, 320, 240, 320).expect("whole");
    let view = View::new(plane, (320, 240), 1, Orientation::Upright).expect("covers");
    let faces = find(&detector([bright, all, all]), &view);
    assert_eq!(faces.len(), MAX_FACES);
    assert!(faces.is_sorted_by(|a, b| a.confidence >= b.confidence));
    assert_eq!([faces[0].landmarks[2], faces[1].landmarks[2]], [[244.0, 44.0], [84.0, 84.0]]);
}

#[test]
fn what_is_too_small_to_be_trusted_is_dropped() {
    for (log, found) in [(-0.125, 0), (0.0625, 1)] {
        let head = Head { region: [0.0, 0.0, log, log], ..SMALL };
        let samples = dots(64, 64, &[(3, 3)]);
        let plane = Plane::new(&samples, 64, 64, 64).expect("whole");
        let view = View::new(plane, (512, 512), 8, Orientation::Upright).expect("covers");
        assert_eq!(find(&detector([head, Head::NONE, Head::NONE]), &view).len(), found, "{log}");
    }
}

#[test]
fn the_threshold_is_a_probability() {
    // Log odds of 1: 0.731.
    let head = Head { score: (-6.0, 1.0), ..SMALL };
    let document = detector([head, Head::NONE, Head::NONE]);
    let samples = dots(64, 64, &[(3, 3)]);
    let plane = Plane::new(&samples, 64, 64, 64).expect("whole");
    let view = View::new(plane, (64, 64), 1, Orientation::Upright).expect("covers");
    let model = Model::load(&document).expect("a network");
    let detector = Detector::new(&model).expect("a detector");
    let plan = detector.plan(&view).expect("a plan");
    let mut arena = vec![0; plan.arena()];
    for (threshold, found) in [
        (0.0, None),
        (0.5, Some(1)),
        (0.73, Some(1)),
        (0.74, Some(0)),
        (1.0, Some(0)),
        (9.0, Some(0)),
        (f32::NAN, Some(0)),
    ] {
        let detector = detector.with_threshold(threshold);
        let faces = detector.detect(&view, &plan, &mut arena, Isa::detect()).expect("runs");
        match found {
            Some(found) => assert_eq!(faces.len(), found, "{threshold}"),
            None => assert!(faces.len() > 1, "{threshold}"),
        }
    }
}

#[test]
fn the_best_candidates_of_many_are_kept_in_order() {
    // 40 x 30 + 20 x 15 + 10 x 8 cells, scores from noise.
    let mut samples = vec![0; 320 * 240];
    let mut state = 1u32;
    for sample in &mut samples {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample = (state >> 24) as u8;
    }
    let head = Head { score: (-4.0, 4.0), ..SMALL };
    let document = detector([head; 3]);
    let model = Model::load(&document).expect("a network");
    let plane = Plane::new(&samples, 320, 240, 320).expect("whole");
    let view = View::new(plane, (320, 240), 1, Orientation::Upright).expect("covers");
    let plan = Detector::new(&model).and_then(|d| d.plan(&view)).expect("a plan");
    let mut arena = vec![0; plan.arena()];
    let mut net = Net::new(&model, &plan, &mut arena, Isa::detect()).expect("a net");
    view.write(net.input(), 320);
    net.run().expect("runs");
    let levels = decode::levels(&net, 256, 320).expect("levels");
    for threshold in [0.1, 0.5, 0.9] {
        let mut all = Vec::new();
        for level in 0..3usize {
            let output = net.output(3 * level).expect("there");
            for (cell, score) in output.values().enumerate() {
                if 1.0 / (1.0 + (-score).exp()) >= threshold {
                    all.push((score, level as u8, cell as u32));
                }
            }
        }
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let total = all.len();
        all.truncate(CANDIDATES);
        let found = decode::candidates(&levels, threshold);
        let found: Vec<_> = found.iter().map(|c| (c.score, c.level, c.cell)).collect();
        assert_eq!(found, all, "{threshold}");
        assert!(threshold > 0.5 || total > CANDIDATES, "{threshold}: {total}");
    }
}

#[test]
fn a_network_that_is_no_detector_is_refused() {
    let refused = |input, luma, outputs: &[Output]| {
        let document = document(input, luma, outputs);
        let model = Model::load(&document).expect("a network");
        Detector::new(&model).map(|_| ()).expect_err("no detector")
    };
    let good = || outputs([SMALL, Head::NONE, Head::NONE]);
    let shape = Shape::new(32, 64, 1);
    assert_eq!(refused(Shape::new(32, 64, 3), LUMA, &good()), Error::Input);
    for luma in [Quantization { zero_point: 0, ..LUMA }, Quantization { scale: 1.0, ..LUMA }] {
        assert_eq!(refused(shape, luma, &good()), Error::Input);
    }
    assert_eq!(refused(shape, LUMA, &good()[..8]), Error::Outputs { found: 8 });
    let mut ten = good();
    ten.extend(good().into_iter().take(1));
    assert_eq!(refused(shape, LUMA, &ten), Error::Outputs { found: 10 });
    for (a, b) in [(0, 1), (1, 2), (4, 5), (0, 3), (5, 8)] {
        let mut swapped = good();
        swapped.swap(a, b);
        assert_eq!(refused(shape, LUMA, &swapped), Error::Output { index: a });
    }
    let mut extra = good();
    extra[7].offsets.push(0.0);
    assert_eq!(refused(shape, LUMA, &extra), Error::Output { index: 7 });
}

#[test]
fn plans_and_arenas_that_do_not_fit_are_refused() {
    let document = detector([SMALL, Head::NONE, Head::NONE]);
    let model = Model::load(&document).expect("a network");
    let detector = Detector::new(&model).expect("a detector");
    let samples = vec![0; 96 * 64];
    let view = |width: usize| {
        let plane = Plane::new(&samples, width, 64, 96).expect("whole");
        View::new(plane, (width as u32, 64), 1, Orientation::Upright).expect("covers")
    };
    let plan = detector.plan(&view(96)).expect("a plan");
    let mut arena = vec![0; plan.arena()];
    let isa = Isa::detect();
    assert_eq!(detector.detect(&view(64), &plan, &mut arena, isa), Err(Error::Plan));
    // Padded to the same size.
    assert_eq!(detector.detect(&view(65), &plan, &mut arena, isa), Ok(heapless::Vec::new()));
    let needed = plan.arena();
    let short = detector.detect(&view(96), &plan, &mut arena[1..], isa);
    assert_eq!(short, Err(Error::Net(nn::Error::Arena { needed })));

    let long = vec![0; MAX_SIDE + 1];
    let plane = Plane::new(&long, MAX_SIDE + 1, 1, MAX_SIDE + 1).expect("whole");
    let view = View::new(plane, (MAX_SIDE as u32 + 1, 1), 1, Orientation::Upright);
    assert_eq!(detector.plan(&view.expect("covers")), Err(Error::TooLarge));
}

#[test]
fn a_plane_must_cover_its_picture() {
    let samples = [0; 64];
    let plane = Plane::new(&samples, 8, 8, 8).expect("whole");
    let view = |size, scale| View::new(plane, size, scale, Orientation::Upright).is_some();
    assert!(view((64, 64), 8) && view((57, 57), 8) && view((8, 8), 1));
    assert!(!view((56, 64), 8) && !view((64, 65), 8) && !view((64, 64), 0) && !view((64, 64), 7));
    assert!(View::new(Plane::default(), (0, 0), 8, Orientation::Upright).is_none());

    let frame = |width, height| Frame {
        width,
        height,
        luma: plane,
        chroma: None,
        cells: CellGrid::default(),
        histogram: [0; 256],
        quant: [1; 64],
        blocks_seen: 0,
        blocks_total: 0,
    };
    for (side, scale) in [(64, 8), (57, 8), (128, 16), (505, 64)] {
        let view = View::of(&frame(side, side), Orientation::Upright).expect("covers");
        assert_eq!(view.to_picture()([1.0, 2.0]), [scale as f32, 2.0 * scale as f32]);
    }
    assert!(View::of(&frame(56, 56), Orientation::Upright).is_none());
}

#[test]
fn quantised_numbers_are_those_of_the_tables() {
    // The tests' own numbers must be exact in int8, or they would test rounding.
    let exact = |value: f32, q: Quantization| {
        let steps = value / q.scale + f32::from(q.zero_point);
        assert!((steps - steps.round()).abs() < 1e-3 && (-128.0..=127.0).contains(&steps));
    };
    SMALL.region.iter().for_each(|&value| exact(value, REGION));
    [-6.0, 6.0, 1.0].iter().for_each(|&value| exact(value, SCORE));
    assert_eq!(overlap(&[0.0, 0.0, 2.0, 2.0], &[1.0, 0.0, 3.0, 2.0]), 1.0 / 3.0);
}
