//! Snow, fog, and a sunset.

use super::nature::barn;
use super::plants::{Tree, fir};
use super::{FRAMING, GROUND, Scene};
use crate::render::colour::{CLEAR, Paint, Rgb, Spot, add, mix, scale};
use crate::render::mark::{Mark, Shape};
use crate::render::noise::{fbm, smoothstep};
use crate::render::paint::{Distance, Layer};
use crate::render::rng::Rng;

pub(super) fn snow(rng: &mut Rng) -> Scene {
    let horizon = rng.range(-0.12, 0.04);
    let seed = rng.seed();
    let sky = Layer::new(Distance::At(1e5), move |s: Spot| {
        let up = ((horizon - s.y) / 0.6).clamp(0.0, 1.0);
        let cloud = 1.0 + 0.10 * s.fbm(1.4, 0.6, seed);
        Paint(scale(mix([0.72, 0.76, 0.82], [0.50, 0.60, 0.76], up), cloud), 1.0)
    });
    let hill = Layer::new(Distance::At(900.0), move |s: Spot| {
        let edge = horizon - 0.04 - 0.10 * fbm(s.x, 0.0, 1.2, 0.6, 1e-3, seed ^ 1);
        let woods = smoothstep(-0.2, 0.15, s.fbm(7.0, 0.9, seed ^ 2));
        Paint(mix([0.58, 0.63, 0.70], [0.20, 0.24, 0.28], 0.75 * woods), s.cover(s.y - edge))
    })
    .within([-9.0, horizon - 0.2, 9.0, horizon + 0.05]);
    let field = Layer::new(Distance::Ground { horizon, metres: GROUND }, move |s: Spot| {
        let below = s.y - horizon;
        if below <= 0.0 {
            return CLEAR;
        }
        let metres = GROUND / below;
        let (u, v) = (s.x * metres / FRAMING, metres);
        let px = s.px * metres / FRAMING * (0.5 * metres).max(1.0);
        let drift = |u: f32, v: f32| fbm(u, v, 0.16, 0.5, px, seed ^ 3);
        let slope = drift(u + 0.2, v) - drift(u - 0.2, v);
        let crust = fbm(u, v, 14.0, 1.0, px, seed ^ 4);
        let glitter = smoothstep(0.62, 0.8, fbm(u, v, 90.0, 1.0, px, seed ^ 5));
        let shade = (0.80 + 0.7 * slope + 0.04 * crust).clamp(0.35, 0.93);
        let tint = mix([0.88, 0.95, 1.06], [1.0, 1.0, 1.0], smoothstep(0.55, 0.85, shade));
        Paint(scale(tint, (shade + 0.12 * glitter).min(0.97)), s.cover(below))
    })
    .within([-9.0, horizon - 0.01, 9.0, 9.0]);
    let mut trees = Vec::new();
    for _ in 0..22 {
        let foot = [rng.range(-1.0, 1.0), horizon + rng.range(0.015, 0.04)];
        fir(
            rng,
            &mut trees,
            foot,
            rng.clone().range(0.10, 0.2),
            [[0.06, 0.09, 0.07], [0.018, 0.028, 0.026]],
            Some([0.86, 0.89, 0.93]),
        );
        rng.next();
    }
    let mut layers = vec![sky, hill, field, Layer::of_marks(Distance::At(60.0), trees)];
    let at = [rng.range(-0.5, 0.5), horizon + 0.085];
    layers.push(barn(rng, at, 0.09, 28.0));
    let mut tracks = Vec::new();
    let (mut x, lean) = (rng.range(-0.3, 0.3), 0.25 * rng.normal());
    for i in 0..26 {
        let metres = 3.2 + 0.7 * i as f32;
        let y = horizon + GROUND / metres;
        let side = if i % 2 == 0 { -0.12 } else { 0.12 };
        x += lean * 0.02;
        let centre = [x + side * FRAMING / metres, y];
        let radii = [0.06 * FRAMING / metres, 0.10 * GROUND / (metres * metres) + 0.0015];
        let shape = Shape::Ellipse { centre, radii, axis: [1.0, 0.0] };
        tracks.push(Mark { shape, from: [0.42, 0.50, 0.64], to: [0.60, 0.66, 0.76] });
    }
    layers.push(Layer::of_marks(Distance::Ground { horizon, metres: GROUND }, tracks));
    let mut bare = Vec::new();
    let side = rng.pick(&[-1.0, 1.0]);
    let foot = [side * rng.range(0.35, 0.55), horizon + 0.26];
    let bark = [[0.16, 0.14, 0.13], [0.025, 0.022, 0.022]];
    Tree { foot, height: 0.72, bark, levels: 6 }.grow(rng, &mut bare);
    layers.push(Layer::of_marks(Distance::At(9.0), bare).grained(0.4));
    Scene { layers, subject_m: 10.0 }
}

pub(super) fn fog(rng: &mut Rng) -> Scene {
    let horizon = rng.range(0.0, 0.12);
    let seed = rng.seed();
    let mist: Rgb = rng.pick(&[[0.42, 0.45, 0.48], [0.50, 0.47, 0.42], [0.34, 0.38, 0.42]]);
    let sky = Layer::new(Distance::At(1e5), move |s: Spot| {
        Paint(scale(mist, 1.0 - 0.25 * s.y + 0.03 * s.fbm(1.0, 0.6, seed)), 1.0)
    });
    let veil = move |metres: f32| 1.0 - libm::expf(-metres / 22.0);
    let ground = Layer::new(Distance::Ground { horizon, metres: GROUND }, move |s: Spot| {
        let below = s.y - horizon;
        if below <= 0.0 {
            return CLEAR;
        }
        let metres = GROUND / below;
        let px = s.px * metres / FRAMING * (0.5 * metres).max(1.0);
        let leaves = fbm(s.x * metres / FRAMING, metres, 6.0, 1.0, px, seed ^ 1);
        let earth = scale([0.09, 0.075, 0.04], (1.0 + leaves).max(0.1));
        Paint(mix(earth, mist, veil(metres)), s.cover(below))
    })
    .within([-9.0, horizon - 0.01, 9.0, 9.0]);
    let mut layers = vec![sky, ground];
    for metres in [60.0, 38.0, 24.0, 15.0, 9.0f32] {
        let mut marks = Vec::new();
        let bark = [[0.05, 0.042, 0.036], [0.012, 0.011, 0.01]].map(|c| mix(c, mist, veil(metres)));
        let count = if metres > 20.0 { 5 } else { 2 };
        for _ in 0..count {
            let foot = [rng.range(-0.9, 0.9), horizon + GROUND / metres];
            let levels = if metres > 20.0 { 5 } else { 6 };
            Tree { foot, height: 8.0 / metres, bark, levels }.grow(rng, &mut marks);
        }
        layers.push(
            Layer::of_marks(Distance::At(metres), marks).grained(0.25 * (1.0 - veil(metres))),
        );
    }
    Scene { layers, subject_m: 10.0 }
}

pub(super) fn silhouette(rng: &mut Rng) -> Scene {
    let horizon = rng.range(0.16, 0.26);
    let sun = [rng.range(-0.4, 0.4), horizon - rng.range(0.05, 0.16)];
    let seed = rng.seed();
    let light = move |x: f32, y: f32, px: f32| -> Rgb {
        let up = ((horizon - y) / 0.7).clamp(0.0, 1.0);
        let sky = mix([0.80, 0.30, 0.07], [0.09, 0.11, 0.25], up.sqrt());
        let r2 = (x - sun[0]).powi(2) + 1.4 * (y - sun[1]).powi(2);
        let glow = add(sky, scale([1.0, 0.55, 0.15], 0.06 / (0.05 + r2)));
        let cloud = fbm(x, 4.0 * y, 1.6, 0.72, px, seed);
        let band = smoothstep(0.0, 0.4, cloud);
        mix(glow, add(scale(glow, 0.45), [0.06, 0.02, 0.03]), 0.8 * band)
    };
    let sky = Layer::new(Distance::At(1e5), move |s: Spot| {
        let r = ((s.x - sun[0]).powi(2) + (s.y - sun[1]).powi(2)).sqrt();
        Paint(mix(light(s.x, s.y, s.px), [6.0, 4.2, 2.0], s.cover(0.033 - r)), 1.0)
    });
    let sea = Layer::new(Distance::Ground { horizon, metres: GROUND }, move |s: Spot| {
        let below = s.y - horizon;
        if below <= 0.0 {
            return CLEAR;
        }
        let wave = fbm(
            s.x / (0.05 + below),
            9.0 / (0.05 + below).sqrt(),
            1.5,
            0.95,
            s.px / (0.05 + below),
            seed ^ 2,
        );
        let mirror = light(s.x + 0.15 * wave * below, horizon - below - 0.05, 0.01);
        let track = 1.0 / (1.0 + ((s.x - sun[0]) / (0.05 + 0.25 * below)).powi(2));
        let spark = track * smoothstep(0.1, 0.5, wave);
        Paint(add(scale(mirror, 0.45 + 0.4 * wave), scale([1.4, 0.8, 0.3], spark)), s.cover(below))
    })
    .within([-9.0, horizon - 0.01, 9.0, 9.0]);
    let dark = [0.0035, 0.003, 0.003];
    let shore = Layer::new(Distance::At(8.0), move |s: Spot| {
        let edge = 0.36
            - 0.05 * fbm(s.x, 0.0, 1.5, 0.7, 1e-3, seed ^ 3)
            - 0.004 * fbm(s.x, 2.0, 60.0, 1.0, s.px, seed);
        Paint(scale(dark, 1.0 + 0.5 * s.fbm(20.0, 0.9, seed)), s.cover(s.y - edge))
    })
    .within([-9.0, 0.2, 9.0, 9.0]);
    let mut marks = Vec::new();
    let side = if sun[0] > 0.0 { -1.0 } else { 1.0 };
    let foot = [side * rng.range(0.42, 0.6), 0.38];
    Tree { foot, height: rng.range(0.6, 0.8), bark: [dark; 2], levels: 6 }.grow(rng, &mut marks);
    for _ in 0..900 {
        let x = rng.range(-1.0, 1.0);
        let tall = rng.range(0.01, 0.045);
        marks.push(Mark {
            shape: Shape::Stroke {
                a: [x, 0.38],
                b: [x + 0.3 * tall * rng.normal(), 0.37 - tall],
                width_a: 0.0012,
                width_b: 0.0003,
            },
            from: dark,
            to: dark,
        });
    }
    figure(rng, &mut marks, [sun[0] - 0.12 * side, 0.36], 0.34, dark);
    let mut layers = vec![sky, sea, shore];
    layers.push(Layer::of_marks(Distance::At(8.0), marks));
    Scene { layers, subject_m: 8.0 }
}

/// Somebody standing, as an outline.
fn figure(rng: &mut Rng, marks: &mut Vec<Mark>, foot: [f32; 2], height: f32, colour: Rgb) {
    let at = |x: f32, y: f32| [foot[0] + x * height, foot[1] - y * height];
    let mut limb = |a: [f32; 2], b: [f32; 2], wa: f32, wb: f32| {
        let shape = Shape::Stroke { a, b, width_a: wa * height, width_b: wb * height };
        marks.push(Mark { shape, from: colour, to: colour });
    };
    let stride = rng.range(0.04, 0.11);
    limb(at(-0.02, 0.5), at(-stride, 0.25), 0.055, 0.04);
    limb(at(-stride, 0.25), at(-stride, 0.0), 0.04, 0.028);
    limb(at(0.03, 0.5), at(stride, 0.26), 0.055, 0.04);
    limb(at(stride, 0.26), at(1.1 * stride, 0.0), 0.04, 0.028);
    limb(at(0.0, 0.52), at(0.0, 0.76), 0.075, 0.095);
    let hand = rng.range(0.35, 1.0);
    limb(at(-0.09, 0.79), at(-0.15, 0.6), 0.035, 0.028);
    limb(at(-0.15, 0.6), at(-0.12, 0.44), 0.028, 0.02);
    limb(at(0.09, 0.79), at(0.2, 0.72), 0.035, 0.028);
    limb(at(0.2, 0.72), at(0.24, hand), 0.028, 0.02);
    limb(at(0.0, 0.8), at(0.0, 0.9), 0.032, 0.03);
    limb(at(0.0, 0.92), at(0.005, 0.95), 0.052, 0.05);
    for _ in 0..40 {
        let angle = rng.range(-3.2, 0.1);
        let (s, c) = (libm::sinf(angle), libm::cosf(angle));
        limb(
            at(0.04 * c, 0.94 - 0.04 * s),
            at(0.075 * c + 0.02 * rng.unit(), 0.94 - 0.07 * s),
            0.004,
            0.001,
        );
    }
}
