//! Portraits in daylight, on stage, and before white.

use super::nature::backdrop;
use super::person::{Bust, Light};
use super::signs::lettering;
use super::{Moment, Scene};
use crate::render::colour::{Paint, Spot, add, scale};
use crate::render::mark::Mark;
use crate::render::noise::{hash_unit, smoothstep};
use crate::render::paint::{Distance, Layer};
use crate::render::rng::Rng;

fn unit([x, y, z]: [f32; 3]) -> [f32; 3] {
    let n = (x * x + y * y + z * z).sqrt();
    [x / n, y / n, z / n]
}

pub(super) fn portrait(rng: &mut Rng, moment: Moment) -> Scene {
    let side = rng.pick(&[-1.0, 1.0]);
    let light = Light {
        towards: unit([side * rng.range(0.3, 0.7), -0.6, 0.75]),
        key: [0.78, 0.72, 0.64],
        ambient: [0.24, 0.26, 0.30],
    };
    let metres = rng.range(4.0, 8.0);
    let mut layers = backdrop(rng, metres, 1.0);
    layers.extend(Bust::new(rng, light, moment).layers(rng));
    Scene { layers, subject_m: 1.6 }
}

pub(super) fn stage(rng: &mut Rng, moment: Moment) -> Scene {
    let side = rng.pick(&[-1.0f32, 1.0]);
    let hue = rng.pick(&[[1.0, 0.75, 0.5], [0.8, 0.5, 0.95], [0.6, 0.75, 1.0]]);
    let light = Light {
        towards: unit([side * 0.75, -0.42, 0.6]),
        key: scale(hue, 1.25),
        ambient: scale(hue, 0.012),
    };
    let lamp = [side * rng.range(0.45, 0.65), -0.62];
    let beam = Layer::new(Distance::At(6.0), move |s: Spot| {
        let (dx, dy) = (s.x - lamp[0] + 0.5 * side * (s.y - lamp[1]), s.y - lamp[1]);
        let cone = 1.0 - smoothstep(0.3, 1.0, dx.abs() / (0.04 + 0.3 * dy.max(0.0)));
        let smoke = 1.0 + 0.6 * s.fbm(2.0, 0.7, 77);
        let glow = 0.02 * cone * smoke / (1.0 + 3.0 * dy.max(0.0));
        Paint(add([0.0008, 0.0008, 0.001], scale(hue, glow)), 1.0)
    });
    let mut lights =
        vec![Mark::disc(lamp, 0.012, scale(hue, 20.0)), Mark::glow(lamp, 0.16, scale(hue, 0.5))];
    for i in 0..4 {
        let at = [-0.6 + 0.3 * i as f32 + 0.05 * rng.normal(), -0.44 + 0.02 * rng.normal()];
        lights.push(Mark::disc(at, 0.005, scale([0.3, 0.2, 1.0], rng.range(1.0, 6.0))));
        lights.push(Mark::glow(at, 0.07, scale([0.2, 0.1, 0.9], 0.12)));
    }
    let mut bust = Bust::new(rng, light, moment);
    bust.size = rng.range(0.13, 0.17);
    bust.metres = 3.0;
    bust.centre[0] -= 0.12 * side;
    bust.cloth = [0.02, 0.02, 0.024];
    let mut layers = vec![beam, Layer::of_marks(Distance::At(7.0), lights)];
    layers.extend(bust.layers(rng));
    let mut stand = Vec::new();
    let head = bust.place(0.62 * side, 0.78);
    let metal = scale(hue, 0.12);
    let foot = [head[0] + 0.1 * side, 1.2];
    stand.push(Mark::stroke(head, foot, 0.004, scale(metal, 0.5)));
    stand.push(Mark::stroke(
        [head[0] + 0.002 * side, head[1]],
        [foot[0] + 0.002 * side, foot[1]],
        0.001,
        scale(metal, 3.0),
    ));
    stand.push(Mark::disc(head, 0.024, scale(metal, 0.25)));
    for i in -5i32..=5 {
        let o = i as f32 * 0.004;
        let reach = (0.024f32 * 0.024 - o * o).max(0.0).sqrt();
        stand.push(Mark::stroke(
            [head[0] + o, head[1] - reach],
            [head[0] + o, head[1] + reach],
            0.0006,
            metal,
        ));
        stand.push(Mark::stroke(
            [head[0] - reach, head[1] + o],
            [head[0] + reach, head[1] + o],
            0.0006,
            metal,
        ));
    }
    layers.push(Layer::of_marks(Distance::At(2.9), stand).tracked());
    Scene { layers, subject_m: 3.0 }
}

pub(super) fn studio(rng: &mut Rng, moment: Moment) -> Scene {
    let light = Light {
        towards: unit([rng.range(-0.3, 0.3), -0.3, 0.9]),
        key: [0.72, 0.70, 0.68],
        ambient: [0.52, 0.52, 0.53],
    };
    let white = rng.range(0.80, 0.93);
    let seed = rng.seed();
    let paper = Layer::new(Distance::At(3.5), move |s: Spot| {
        let fall = white * (1.0 - 0.10 * (s.x * s.x + s.y * s.y)) + 0.004 * s.fbm(3.0, 0.9, seed);
        Paint([fall, fall, 1.01 * fall], 1.0)
    });
    let mut bust = Bust::new(rng, light, moment);
    bust.cloth = rng.pick(&[[0.72, 0.71, 0.69], [0.66, 0.58, 0.54], [0.55, 0.62, 0.68]]);
    bust.skin = rng.pick(&[[0.66, 0.44, 0.33], [0.52, 0.32, 0.22], [0.34, 0.19, 0.12]]);
    let mut layers = vec![paper];
    layers.extend(bust.layers(rng));
    let mut print = Vec::new();
    let at = bust.place(-0.7, 2.1);
    let ink = scale(bust.cloth, 0.3 + 0.1 * hash_unit(1, 2, seed));
    lettering(rng, &mut print, at, 0.05, 6, ink);
    layers.push(Layer::of_marks(Distance::At(1.6), print).tracked());
    Scene { layers, subject_m: 1.6 }
}
