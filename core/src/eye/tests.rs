//! Eyes are drawn here as a lid line, or as a ring in an almond, on skin.

use super::crop::{Crop, SIZE, Source};
use super::place::{Gaze, SHARE};
use super::square::Square;
use super::{Error, Eye, EyeNet, EyeState};
use crate::geometry::{Orientation, Rect};
use crate::jpeg::Scale;
use crate::kernels::Isa;
use crate::nn::{
    Clamp, Layer, Model, Multiplier, Network, Op, Padding, Parameters, Quantization, Shape, Window,
    pack, packed_len,
};
use crate::plane::Plane;
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

/// A stored picture of luma.
struct Picture {
    width: u32,
    height: u32,
    luma: Vec<u8>,
}

impl Picture {
    /// From what is at a point of the upright picture, stored as `orientation` says.
    fn drawn(
        width: u32,
        height: u32,
        orientation: Orientation,
        at: impl Fn([f32; 2]) -> f32,
    ) -> Self {
        let mut luma = vec![0; (width * height) as usize];
        for y in 0..height {
            for x in 0..width {
                let place = orientation.rect(Rect { x, y, w: 1, h: 1 }, width, height);
                let level = at([place.x as f32 + 0.5, place.y as f32 + 0.5]);
                luma[(y * width + x) as usize] = level.round().clamp(0.0, 255.0) as u8;
            }
        }
        Self { width, height, luma }
    }

    fn plane(&self) -> Plane<'_> {
        let width = self.width as usize;
        Plane::new(&self.luma, width, self.height as usize, width).expect("whole")
    }

    fn source(&self) -> Source<'_> {
        Source { plane: self.plane(), x: 0, y: 0, scale: Scale::Full }
    }
}

/// A face's upper half: an open left eye, a closed right eye, soft enough to be turned
/// without loss. Distances are in parts of that between the eyes.
struct Drawn {
    left: [f32; 2],
    right: [f32; 2],
}

impl Drawn {
    fn landmarks(&self) -> [[f32; 2]; 5] {
        let nose = [(self.left[0] + self.right[0]) / 2.0, (self.left[1] + self.right[1]) / 2.0];
        [self.left, self.right, nose, self.left, self.right]
    }

    fn distance(&self) -> f32 {
        libm::hypotf(self.right[0] - self.left[0], self.right[1] - self.left[1])
    }

    fn level(&self, at: [f32; 2]) -> f32 {
        let line = [self.right[0] - self.left[0], self.right[1] - self.left[1]];
        let square = self.distance() * self.distance();
        let from = |eye: [f32; 2]| {
            let [x, y] = [at[0] - eye[0], at[1] - eye[1]];
            [(x * line[0] + y * line[1]) / square, (y * line[0] - x * line[1]) / square]
        };
        let bump = |v: f32, wide: f32| libm::expf(-(v * v) / (wide * wide));
        let [x, y] = from(self.left);
        let ring = bump(libm::hypotf(x - 0.04, y) - 0.07, 0.05);
        let open = 90.0 * ring - 40.0 * bump(x + 0.15, 0.06) * bump(y, 0.05);
        let [x, y] = from(self.right);
        let closed = 100.0 * bump(y - 0.04, 0.04) * bump(x, 0.2);
        180.0 - open - closed
    }

    fn picture(&self, width: u32, height: u32, orientation: Orientation) -> Picture {
        Picture::drawn(width, height, orientation, |at| self.level(at))
    }
}

fn face(middle: [f32; 2], distance: f32, roll: f32) -> Drawn {
    let half = [libm::cosf(roll) * distance / 2.0, libm::sinf(roll) * distance / 2.0];
    Drawn {
        left: [middle[0] - half[0], middle[1] - half[1]],
        right: [middle[0] + half[0], middle[1] + half[1]],
    }
}

fn crops(gaze: &Gaze, source: &Source<'_>) -> [Crop; 2] {
    gaze.squares.map(|square| Crop::cut(source, &square.expect("in sight")))
}

/// The greatest difference of two crops, levels.
fn apart(one: &Crop, other: &Crop) -> u8 {
    let pairs = one.luma.as_flattened().iter().zip(other.luma.as_flattened());
    pairs.map(|(a, b)| a.abs_diff(*b)).max().expect("not empty")
}

const ALL: [Orientation; 8] = [
    Orientation::Upright,
    Orientation::Mirrored,
    Orientation::HalfTurn,
    Orientation::Flipped,
    Orientation::Transposed,
    Orientation::QuarterTurn,
    Orientation::Transversed,
    Orientation::ThreeQuarterTurn,
];

#[test]
fn a_crop_of_as_many_pixels_is_those_pixels() {
    let picture = Picture::drawn(80, 60, Orientation::Upright, |[x, y]| x * 2.0 + y);
    let side = SIZE as f32;
    let square = Square { centre: [24.0, 20.0], along: [side, 0.0], down: [0.0, side] };
    let crop = Crop::cut(&picture.source(), &square);
    for (y, row) in crop.luma.iter().enumerate() {
        assert_eq!(row, &picture.plane().row(y + 4)[8..40]);
    }
    assert_eq!(crop.samples, 32);
}

#[test]
fn a_crop_of_more_pixels_is_their_mean() {
    // Stripes of one pixel that point sampling would make a moire of.
    let picture = Picture::drawn(200, 200, Orientation::Upright, |[x, _]| {
        if (x as u32).is_multiple_of(2) { 0.0 } else { 200.0 }
    });
    let square = Square { centre: [100.0, 100.0], along: [128.0, 0.0], down: [0.0, 128.0] };
    let crop = Crop::cut(&picture.source(), &square);
    assert!(crop.luma.as_flattened().iter().all(|level| level.abs_diff(100) <= 1), "{crop:?}");
}

#[test]
fn rolled_faces_give_the_crops_of_level_ones() {
    let level = face([150.0, 150.0], 110.0, 0.0);
    let gaze = Gaze::new(&level.landmarks(), Orientation::Upright, 300, 300).expect("in sight");
    let picture = level.picture(300, 300, Orientation::Upright);
    let wanted = crops(&gaze, &picture.source());
    assert!(apart(&wanted[0], &wanted[1]) > 60, "the eyes differ");
    for roll in [-0.9, -0.3, 0.1, 0.5, 1.4, 3.0] {
        let rolled = face([150.0, 150.0], 110.0, roll);
        let gaze =
            Gaze::new(&rolled.landmarks(), Orientation::Upright, 300, 300).expect("in sight");
        let picture = rolled.picture(300, 300, Orientation::Upright);
        for (got, wanted) in crops(&gaze, &picture.source()).iter().zip(&wanted) {
            assert!(apart(got, wanted) <= 2, "by {roll}: {}", apart(got, wanted));
        }
    }
}

#[test]
fn however_the_camera_was_held_the_crops_are_the_same() {
    let drawn = face([130.0, 90.0], 90.0, 0.3);
    let (width, height) = (280, 200);
    let gaze = Gaze::new(&drawn.landmarks(), Orientation::Upright, width, height).expect("seen");
    let upright = drawn.picture(width, height, Orientation::Upright);
    let wanted = crops(&gaze, &upright.source());
    for orientation in ALL {
        let (w, h) = orientation.size(width, height);
        let picture = drawn.picture(w, h, orientation);
        let gaze = Gaze::new(&drawn.landmarks(), orientation, w, h).expect("in sight");
        for (got, wanted) in crops(&gaze, &picture.source()).iter().zip(&wanted) {
            assert!(apart(got, wanted) <= 1, "{orientation:?}: {}", apart(got, wanted));
        }
    }
}

#[test]
fn a_region_at_any_scale_shows_what_the_whole_picture_does() {
    for (distance, scale) in [
        (40.0, Scale::Full),
        (90.0, Scale::Full),
        (110.0, Scale::Half),
        (215.0, Scale::Quarter),
        (420.0, Scale::Eighth),
    ] {
        let drawn = face([420.0, 260.0], distance, -0.25);
        let picture = drawn.picture(900, 600, Orientation::Upright);
        let gaze = Gaze::new(&drawn.landmarks(), Orientation::Upright, 900, 600).expect("seen");
        assert_eq!(gaze.scale, scale, "{distance} pixels");
        assert_eq!((gaze.rect.x % 8, gaze.rect.y % 8), (0, 0));
        // The mean of each sample's pixels, as the reduced transform gives it.
        let per = 8 / scale.block_size();
        let (w, h) = (gaze.rect.w.div_ceil(per), gaze.rect.h.div_ceil(per));
        let part = Picture::drawn(w, h, Orientation::Upright, |[x, y]| {
            let corner = |at: f32, from: u32| from as usize + (at as usize) * per as usize;
            let (x, y) = (corner(x, gaze.rect.x), corner(y, gaze.rect.y));
            let plane = picture.plane();
            let sum: u32 = (0..per as usize)
                .flat_map(|v| (0..per as usize).map(move |u| (u, v)))
                .map(|(u, v)| u32::from(plane.at(x + u, y + v)))
                .sum();
            sum as f32 / (per * per) as f32
        });
        let wanted = crops(&gaze, &picture.source());
        for (got, wanted) in crops(&gaze, &gaze.source(part.plane())).iter().zip(&wanted) {
            // Of a contrast of 100: samples of a region are soft already.
            assert!(apart(got, wanted) <= 6, "{distance}: {}", apart(got, wanted));
        }
    }
}

#[test]
fn the_region_holds_both_squares() {
    for roll in [0.0, 0.7, 2.0] {
        let drawn = face([2000.0, 1500.0], 333.0, roll);
        let gaze = Gaze::new(&drawn.landmarks(), Orientation::Upright, 6000, 4000).expect("seen");
        let Rect { x, y, w, h } = gaze.rect;
        for square in gaze.squares.iter().flatten() {
            for (a, d) in [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)] {
                let corner = |i: usize| square.centre[i] + a * square.along[i] + d * square.down[i];
                assert!((x as f32..(x + w) as f32).contains(&corner(0)));
                assert!((y as f32..(y + h) as f32).contains(&corner(1)));
            }
            assert!((square.side() - 333.0 * SHARE).abs() < 0.1);
        }
        // Little more than the eyes: a line of 1.62 by 0.62 distances, turned.
        assert!(gaze.rect.area() < 333 * 333 * 3);
    }
}

#[test]
fn eyes_outside_and_far_eyes_are_not_looked_at() {
    let seen = |landmarks: [[f32; 2]; 5]| {
        Gaze::new(&landmarks, Orientation::Upright, 400, 300)
            .map(|gaze| gaze.squares.map(|square| square.is_some()))
    };
    let [one, two] = [[100.0, 100.0], [160.0, 100.0]];
    let with_nose = |x: f32| [one, two, [x, 130.0], one, two];
    assert_eq!(seen(with_nose(130.0)), Some([true, true]));
    assert_eq!(seen(with_nose(90.0)), Some([false, true]));
    assert_eq!(seen(with_nose(170.0)), Some([true, false]));
    assert_eq!(seen(with_nose(f32::NAN)), Some([true, true]));
    assert_eq!(seen([[-5.0, 100.0], two, two, one, two]), Some([false, true]));
    assert_eq!(seen([[-50.0, 100.0], [-5.0, 100.0], two, one, two]), None);
    assert_eq!(seen([one; 5]), None);
    assert_eq!(seen([[f32::NAN; 2], two, two, two, two]), None);
    assert_eq!(seen([one, [f32::INFINITY, 0.0], two, two, two]), None);
    assert_eq!(Gaze::new(&with_nose(130.0), Orientation::Upright, 0, 0), None);
}

proptest! {
    #[test]
    fn any_landmarks_and_any_samples_give_a_crop_or_none(
        numbers in prop::array::uniform10(prop_oneof![
            any::<f32>(), -1e4f32..1e5, -10f32..100.0, Just(f32::NAN)
        ]),
        orientation in prop::sample::select(&ALL[..]),
        (width, height) in (0u32..70_000, 0u32..70_000),
        (w, h) in (0usize..20, 0usize..20),
    ) {
        let mut landmarks = [[0.0; 2]; 5];
        landmarks.as_flattened_mut().copy_from_slice(&numbers);
        if let Some(gaze) = Gaze::new(&landmarks, orientation, width, height) {
            prop_assert!(gaze.rect.area() > 0);
            prop_assert_eq!(gaze.rect, gaze.rect.clamped(width, height));
            let samples = vec![77; w * h];
            let plane = Plane::new(&samples, w, h, w).expect("whole");
            for square in gaze.squares.iter().flatten() {
                let crop = Crop::cut(&gaze.source(plane), square);
                let level = if w * h == 0 { 0 } else { 77 };
                prop_assert!(crop.luma.as_flattened().iter().all(|&l| l == level));
            }
        }
    }

    #[test]
    fn any_square_is_cut(
        numbers in prop::array::uniform6(any::<f32>()),
    ) {
        let [a, b, c, d, e, f] = numbers;
        let square = Square { centre: [a, b], along: [c, d], down: [e, f] };
        let plane = Plane::new(&[9, 9, 9, 9], 2, 2, 2).expect("whole");
        let source = Source { plane, x: 3, y: 70_000, scale: Scale::Eighth };
        let crop = Crop::cut(&source, &square);
        prop_assert!(crop.luma.as_flattened().iter().all(|&l| l == 9));
    }
}

/// A network that answers with the brightness of the middle rows: dark is shut. Its
/// second answer is always `told`.
fn network(told: f32) -> Vec<u8> {
    let input = Quantization { scale: 1.0 / 32.0, zero_point: 0 };
    let output = Quantization { scale: 0.125, zero_point: 0 };
    let taps = SIZE * SIZE;
    let mut weights = vec![0; 2 * taps];
    weights[14 * SIZE..18 * SIZE].fill(4);
    let multiplier = Multiplier::from_real(1.0 / 512.0).expect("a factor");
    let parameters = Parameters {
        weights: &weights,
        bias: &[0, (told / 0.125 * 512.0) as i32],
        multipliers: &[multiplier; 2],
        zero_point: input.zero_point,
    };
    let mut packed = vec![0; packed_len(2, taps).expect("a size")];
    pack(&parameters, &mut packed).expect("packed");
    let clamp = Clamp::between(output, None, None);
    let layer = Layer {
        name: "rows",
        input: 0,
        op: Op::Dense { inputs: taps as u32, channels: 2, clamp, weights: &packed },
    };
    written(&Network {
        name: "middle rows",
        input: Shape::new(SIZE as u16, SIZE as u16, 1),
        layers: &[layer],
        tensors: &[input, output],
        outputs: &[1],
    })
}

fn written(network: &Network<'_>) -> Vec<u8> {
    let mut document = vec![0; 16_384];
    let length = network.write(&mut document).expect("written");
    document.truncate(length);
    document
}

fn with_net<T>(document: &[u8], work: impl FnOnce(Result<EyeNet<'_>, Error>) -> T) -> T {
    let model = Model::load(document).expect("a network");
    let side = model.input();
    let plan = model.plan(side.height, side.width).expect("a plan");
    let mut arena = vec![0; plan.arena()];
    work(EyeNet::new(&model, &plan, &mut arena, Isa::detect()))
}

/// A crop with rows in the middle of another level.
fn striped(around: u8, middle: u8) -> Crop {
    let mut luma = [[around; SIZE]; SIZE];
    luma[14..18].fill([middle; SIZE]);
    Crop { luma, samples: 40 }
}

#[test]
fn a_crop_is_judged_by_what_differs_in_it_alone() {
    with_net(&network(4.0), |net| {
        let mut net = net.expect("for eyes");
        let states = [(100, 140), (20, 200), (140, 100), (250, 10)]
            .map(|(around, middle)| net.judge(&striped(around, middle)));
        // The levels differ, the crops as the network sees them do not.
        assert_eq!(states[0], states[1]);
        assert_eq!(states[2], states[3]);
        assert_eq!(states[0].state, EyeState::Open);
        assert_eq!(states[2].state, EyeState::Closed);
        assert!(states[0].p_open > Some(0.9) && states[2].p_open < Some(0.1));
    });
}

#[test]
fn what_cannot_be_told_is_hidden() {
    with_net(&network(4.0), |net| {
        let mut net = net.expect("for eyes");
        let few = Crop { samples: 6, ..striped(100, 200) };
        assert_eq!(net.judge(&few), Eye::UNSEEN);
        assert_eq!(net.judge(&striped(100, 100)), Eye::UNSEEN);
        assert_eq!(net.judge(&striped(100, 102)), Eye::UNSEEN);
        // Log odds of 0: a wash of light from left to right.
        let mut sloping = striped(100, 100);
        for row in &mut sloping.luma {
            for (x, level) in (0..).zip(row) {
                *level = 100 + 2 * x;
            }
        }
        let eye = net.judge(&sloping);
        assert!((0.45..0.55).contains(&eye.p_open.expect("judged")), "{eye:?}");
    });
    with_net(&network(-4.0), |net| {
        let eye = net.expect("for eyes").judge(&striped(100, 200));
        assert_eq!(eye.state, EyeState::Hidden);
        assert!(eye.p_open > Some(0.9), "it is told all the same");
    });
}

#[test]
fn a_mirrored_crop_gets_the_same_answer() {
    let document = network(4.0);
    let drawn = face([100.0, 80.0], 60.0, 0.1);
    let picture = drawn.picture(200, 160, Orientation::Upright);
    let gaze = Gaze::new(&drawn.landmarks(), Orientation::Upright, 200, 160).expect("seen");
    let crop = crops(&gaze, &picture.source())[0].clone();
    let mut mirrored = crop.clone();
    mirrored.luma.iter_mut().for_each(|row| row.reverse());
    with_net(&document, |net| {
        let mut net = net.expect("for eyes");
        assert_eq!(net.judge(&crop), net.judge(&mirrored));
        assert_eq!(net.judge(&crop), net.judge(&crop));
    });
}

#[test]
fn both_eyes_of_a_face_are_looked_at_and_bear_each_other_out() {
    let drawn = face([100.0, 80.0], 80.0, -0.2);
    let picture = drawn.picture(200, 160, Orientation::Upright);
    let gaze = Gaze::new(&drawn.landmarks(), Orientation::Upright, 200, 160).expect("seen");
    let alone = |told| {
        with_net(&network(told), |net| {
            let mut net = net.expect("for eyes");
            let crops = crops(&gaze, &picture.source());
            (crops.map(|crop| net.judge(&crop)), net.look(&gaze, &picture.source()))
        })
    };
    let (single, both) = alone(4.0);
    assert_eq!(single[1].state, EyeState::Closed);
    assert!(single[0].p_open > single[1].p_open);
    // Each moves to the other, and neither beyond it.
    assert!(single[0].p_open > both[0].p_open && both[0].p_open > both[1].p_open);
    assert!(both[1].p_open > single[1].p_open);
    // What cannot be told bears out nothing.
    let (single, both) = alone(-4.0);
    assert_eq!(single, both);
    with_net(&network(4.0), |net| {
        let mut net = net.expect("for eyes");
        let outside = Gaze { squares: [gaze.squares[0], None], ..gaze };
        let left = net.judge(&crops(&gaze, &picture.source())[0]);
        assert_eq!(net.look(&outside, &picture.source()), [left, Eye::UNSEEN]);
    });
}

#[test]
fn other_networks_are_refused() {
    let quantization = Quantization { scale: 1.0, zero_point: 0 };
    let window = Window { height: 2, width: 2, stride_y: 2, stride_x: 2, padding: Padding::Valid };
    let pool = Op::MaxPool { window, clamp: Clamp::between(quantization, None, None) };
    let document = written(&Network {
        name: "halves",
        input: Shape::new(32, 32, 1),
        layers: &[Layer { name: "pool", input: 0, op: pool }],
        tensors: &[quantization; 2],
        outputs: &[1],
    });
    with_net(&document, |net| assert_eq!(net.map(|_| ()).unwrap_err(), Error::Shape));
    let document = network(4.0);
    let model = Model::load(&document).expect("a network");
    let plan = model.plan(32, 32).expect("a plan");
    let needed = plan.arena();
    let refused = EyeNet::new(&model, &plan, &mut [], Isa::detect()).map(|_| ()).unwrap_err();
    assert_eq!(refused, Error::Net(crate::nn::Error::Arena { needed }));
}
