//! Houses by day and by night, and a plain wall.

use super::plants::curve;
use super::signs::lettering;
use super::{FRAMING, GROUND, Scene, inside};
use crate::render::colour::{CLEAR, Paint, Rgb, Spot, add, mix, scale};
use crate::render::mark::Mark;
use crate::render::noise::{fbm, hash_unit, lerp, smoothstep};
use crate::render::paint::{Distance, Layer};
use crate::render::rng::Rng;

/// Bricks in running bond, `wide` scene units each.
fn bricks(s: Spot, wide: f32, base: Rgb, seed: u32) -> Rgb {
    let high = 0.36 * wide;
    let row = (s.y / high).floor();
    let x = s.x / wide + 0.5 * row.rem_euclid(2.0);
    let column = x.floor();
    let (u, v) = (x - column, s.y / high - row);
    let edge = (u.min(1.0 - u) * wide).min(v.min(1.0 - v) * high) - 0.022 * wide;
    let ragged =
        if edge < 0.02 * wide { edge + 0.006 * wide * s.fbm(3.0 / wide, 0.8, seed) } else { edge };
    let brick = s.cover(ragged);
    let tone = hash_unit(column as i32, row as i32, seed);
    let red = mix(base, scale(base, 0.55), tone);
    let red = mix(red, [0.20, 0.13, 0.09], 0.5 * hash_unit(row as i32, column as i32, seed ^ 1));
    // Each is asked for only where it shows: this is half the time of a facade.
    let mut colour = [0.0; 3];
    if brick > 0.0 {
        let grit = 1.0 + 0.5 * s.fbm(2.0 / wide, 1.0, seed ^ 2);
        // The upper edges of bricks catch light, the lower ones lie in shade.
        let bevel = 1.0 + 0.25 * (smoothstep(0.2, 0.0, v) - smoothstep(0.85, 1.0, v));
        colour = scale(red, (grit * bevel).max(0.1) * brick);
    }
    if brick < 1.0 {
        let sand = 1.0 + 0.4 * s.fbm(90.0, 1.0, seed ^ 3);
        colour = add(colour, scale([0.36, 0.33, 0.29], sand * (1.0 - brick)));
    }
    colour
}

/// A sash window with panes, a sill, and what the glass reflects.
fn window(s: Spot, under: Rgb, at: [f32; 4], seed: u32) -> Rgb {
    let [l, t, r, b] = at;
    if inside(s, [l - 0.02, t - 0.01, r + 0.03, b + 0.04]) < 0.0 {
        return under;
    }
    let frame = s.cover(inside(s, at));
    if frame <= 0.0 {
        let sill = s.cover(inside(s, [l - 0.015, b, r + 0.015, b + 0.014]));
        let shadow = s.cover(inside(s, [l - 0.012, b + 0.014, r + 0.02, b + 0.034]));
        let stone = scale([0.5, 0.48, 0.44], 1.0 + 0.25 * s.fbm(80.0, 1.0, seed));
        return mix(scale(under, 1.0 - 0.6 * shadow), stone, sill);
    }
    let (u, v) = ((s.x - l) / (r - l), (s.y - t) / (b - t));
    let bar = 0.011;
    let pane = |x: f32, n: f32, size: f32| {
        let p = x * n;
        (p - p.floor()).min(p.floor() + 1.0 - p) * size / n
    };
    let glass = s.cover(pane(u, 2.0, r - l).min(pane(v, 3.0, b - t)) - bar);
    let sky = smoothstep(0.2, -0.1, v - 0.5 + 0.5 * s.fbm(4.0, 0.7, seed ^ 8));
    let inner = 0.5 + s.fbm(12.0, 0.8, seed ^ 9);
    let reflected =
        add(scale([0.30, 0.38, 0.46], 0.7 * sky), scale([0.03, 0.03, 0.03], inner.max(0.0)));
    let curtain = smoothstep(0.28, 0.20, u.min(1.0 - u));
    let folds = 0.7 + 0.3 * libm::sinf(u * 150.0 + 2.0 * s.fbm(3.0, 0.8, seed ^ 4));
    let reflected = mix(reflected, scale([0.33, 0.31, 0.27], folds), 0.7 * curtain);
    let white = scale([0.66, 0.65, 0.61], 1.0 + 0.08 * s.fbm(60.0, 1.0, seed));
    mix(under, mix(white, reflected, glass), frame)
}

fn cobbles(horizon: f32, seed: u32, colour: Rgb) -> impl Fn(Spot) -> Paint {
    move |s: Spot| {
        let below = s.y - horizon;
        if below <= 0.0 {
            return CLEAR;
        }
        let metres = GROUND / below;
        let (u, v) = (s.x * metres / FRAMING, metres);
        let px = s.px * metres / FRAMING * (0.5 * metres).max(1.0);
        let (cu, cv) = (u * 5.0 + 0.5 * (v * 7.0).floor().rem_euclid(2.0), v * 7.0);
        let (fu, fv) = (cu - cu.floor() - 0.5, cv - cv.floor() - 0.5);
        let gap = (0.5 - fu.abs().max(fv.abs())) / 5.0;
        let stone = (gap / px).clamp(0.0, 1.0).min(1.0);
        let blurred = (0.1 / px).clamp(0.0, 1.0);
        let tone = 0.65 + 0.7 * hash_unit(cu.floor() as i32, cv.floor() as i32, seed);
        let dome = 1.0 - 0.5 * (fu * fu + fv * fv);
        let grit = 1.0 + 0.5 * fbm(u, v, 12.0, 1.0, px, seed);
        let k = lerp(0.8, tone * dome * lerp(0.3, 1.0, stone), blurred) * grit;
        Paint(scale(colour, k.max(0.05)), 1.0)
    }
}

pub(super) fn facade(rng: &mut Rng) -> Scene {
    let seed = rng.seed();
    let base = rng.pick(&[[0.34, 0.11, 0.07], [0.40, 0.24, 0.13], [0.26, 0.14, 0.11]]);
    let brick = rng.range(0.036, 0.05);
    let shift = rng.range(-0.15, 0.15);
    let shadow = rng.range(-0.5, 0.5);
    let door_colour = rng.pick(&[[0.02, 0.10, 0.07], [0.03, 0.05, 0.16], [0.25, 0.03, 0.03]]);
    let ground = 0.36;
    let wall = Layer::new(Distance::At(6.0), move |s: Spot| {
        let mut colour = bricks(s, brick, base, seed);
        for i in -3..4i32 {
            let x = shift + 0.42 * i as f32;
            colour = window(s, colour, [x - 0.10, -0.98, x + 0.10, -0.62], seed ^ i as u32);
            colour = window(
                s,
                colour,
                [x - 0.10, -0.48, x + 0.10, -0.14],
                seed ^ ((i as u32).wrapping_add(9)),
            );
            if i != 0 {
                colour = window(
                    s,
                    colour,
                    [x - 0.10, 0.04, x + 0.10, 0.26],
                    seed ^ ((i as u32).wrapping_add(5)),
                );
            }
        }
        let door = s.cover(inside(s, [shift - 0.08, 0.03, shift + 0.08, ground]));
        let panel = inside(s, [shift - 0.055, 0.08, shift + 0.055, 0.19])
            .max(inside(s, [shift - 0.055, 0.22, shift + 0.055, 0.33]));
        let groove = s.cover(0.003 - panel.abs());
        let paint =
            scale(door_colour, (1.0 - 0.6 * groove) * (1.0 + 0.15 * s.fbm(50.0, 1.0, seed)));
        colour = mix(colour, paint, door);
        let board = s.cover(inside(s, [-0.62, -0.085, 0.62, -0.005]));
        colour = mix(colour, scale([0.05, 0.06, 0.05], 1.0 + 0.3 * s.fbm(40.0, 1.0, seed)), board);
        // Sun from the left past another house.
        let edge = s.x * 0.8 + s.y - shadow + 0.01 * s.fbm(3.0, 0.7, seed);
        let lit = smoothstep(-0.01, 0.01, edge);
        Paint(scale(colour, lerp(0.42, 1.15, lit)), 1.0)
    })
    .within([-9.0, -9.0, 9.0, ground + 0.01]);
    let pavement = Layer::new(
        Distance::Ground { horizon: ground - GROUND / 6.0, metres: GROUND },
        cobbles(ground - GROUND / 6.0, seed ^ 77, [0.26, 0.25, 0.24]),
    )
    .within([-9.0, ground, 9.0, 9.0]);
    let mut marks = Vec::new();
    lettering(rng, &mut marks, [-0.56, -0.02], 0.05, 31, [0.65, 0.55, 0.28]);
    let pipe = shift + 0.21 + 0.42;
    marks.push(Mark::stroke([pipe, -1.0], [pipe, ground], 0.009, [0.06, 0.06, 0.065]));
    marks.push(Mark::stroke(
        [pipe - 0.003, -1.0],
        [pipe - 0.003, ground],
        0.0015,
        [0.3, 0.3, 0.32],
    ));
    let poster = [shift - 0.27, 0.10];
    for line in 0..7 {
        let at = [poster[0], poster[1] + 0.017 * line as f32];
        lettering(rng, &mut marks, at, 0.009, 18, [0.7, 0.68, 0.6]);
    }
    marks.push(Mark::disc([shift + 0.062, 0.2], 0.006, [0.55, 0.42, 0.12]));
    let sign = Layer::of_marks(Distance::At(5.95), marks);
    Scene { layers: vec![wall, pavement, sign], subject_m: 6.0 }
}

#[derive(Clone, Copy)]
struct Lamp {
    at: [f32; 2],
    colour: Rgb,
    strength: f32,
}

/// A row of houses with some windows lit.
fn dark_houses(rng: &mut Rng, metres: f32, left: f32, right: f32, foot: f32, tall: f32) -> Layer {
    let seed = rng.seed();
    let cell = 0.9 / metres.sqrt() * 0.22;
    Layer::new(Distance::At(metres), move |s: Spot| {
        let house = (s.x / (3.1 * cell)).floor();
        let roof = foot - tall * (0.7 + 0.5 * hash_unit(house as i32, 0, seed));
        let cover = s.cover((s.y - roof).min(s.x - left).min(right - s.x).min(foot - s.y));
        if cover <= 0.0 {
            return CLEAR;
        }
        let tint = 0.5 + hash_unit(house as i32, 1, seed);
        let plaster = 1.0 + 0.7 * s.fbm(30.0, 1.0, seed);
        // Light of the street reaches the lower floors.
        let glow = 0.004 + 0.035 * smoothstep(0.35, 0.0, foot - s.y);
        let mut colour = scale([1.0, 0.62, 0.35], glow * tint * plaster.max(0.1));
        let (cx, cy) = ((s.x / cell).floor(), ((s.y - foot) / (1.35 * cell)).floor());
        let (u, v) = (s.x / cell - cx, (s.y - foot) / (1.35 * cell) - cy);
        let pane = ((u - 0.22).min(0.78 - u) * cell).min((v - 0.2).min(0.75 - v) * cell * 1.35);
        let cross = (u - 0.5).abs().min((v - 0.45).abs()) * cell - 0.02 * cell;
        let chance = hash_unit(cx as i32, cy as i32, seed ^ 2);
        let warm = mix([1.0, 0.62, 0.28], [0.7, 0.8, 1.0], f32::from(chance > 0.93));
        let inner = 0.7 + 0.8 * fbm(s.x, s.y, 1.2 / cell, 0.9, s.px, seed ^ 3) + 0.3 * v;
        let lit = if chance > 0.62 {
            (0.12 + 0.6 * hash_unit(cy as i32, cx as i32, seed)) * inner
        } else {
            0.006
        };
        let glass = s.cover(pane) * s.cover(cross);
        colour = mix(colour, scale(warm, lit.max(0.002)), glass);
        Paint(colour, cover)
    })
    .within([left, -9.0, right, foot + 0.01])
}

pub(super) fn night(rng: &mut Rng) -> Scene {
    let horizon = rng.range(0.02, 0.12);
    let seed = rng.seed();
    let mut lamps = Vec::new();
    for i in 0..7 {
        let near = 1.0 / (1.0 + 0.75 * i as f32);
        for side in [-1.0, 1.0] {
            let at = [side * 0.74 * near + 0.05, horizon - 0.42 * near];
            lamps.push(Lamp { at, colour: [1.0, 0.66, 0.30], strength: 1.2 * near });
        }
    }
    for _ in 0..5 {
        let at = [rng.range(-0.3, 0.35), horizon + rng.range(0.005, 0.04)];
        let colour = rng.pick(&[[1.0, 0.95, 0.8], [1.0, 0.06, 0.03], [0.1, 1.0, 0.45]]);
        lamps.push(Lamp { at, colour, strength: rng.range(0.2, 0.5) });
    }
    let sky = Layer::new(Distance::At(1e5), move |s: Spot| {
        let up = ((horizon - s.y) / 0.6).clamp(0.0, 1.0);
        let cloud = 1.0 + 0.5 * s.fbm(1.5, 0.6, seed);
        Paint(scale(mix([0.035, 0.026, 0.024], [0.004, 0.006, 0.014], up), cloud), 1.0)
    });
    let wet = lamps.clone();
    let road = Layer::new(Distance::Ground { horizon, metres: GROUND }, move |s: Spot| {
        let below = s.y - horizon;
        if below <= 0.0 {
            return CLEAR;
        }
        let stone = cobbles(horizon, seed, [0.02, 0.017, 0.015])(s).0;
        let metres = GROUND / below;
        let ripple = fbm(s.x * metres / FRAMING, metres, 3.0, 1.0, s.px * metres, seed ^ 4);
        let mut colour = stone;
        for lamp in &wet {
            // A wet road draws lamps out towards the viewer.
            let dx = (s.x - lamp.at[0] + 0.035 * ripple * below) / (0.014 + 0.06 * below);
            let sheen =
                lamp.strength * 0.22 / (1.0 + dx * dx * dx * dx) * (1.0 + 1.6 * ripple).max(0.0);
            colour = add(colour, scale(lamp.colour, sheen * libm::expf(-3.5 * below)));
        }
        Paint(colour, s.cover(below))
    })
    .within([-9.0, horizon - 0.01, 9.0, 9.0]);
    let mut layers = vec![sky, dark_houses(rng, 60.0, -0.30, 0.38, horizon + 0.015, 0.16), road];
    layers.push(dark_houses(rng, 25.0, -0.62, -0.22, horizon + 0.05, 0.36));
    layers.push(dark_houses(rng, 25.0, 0.30, 0.66, horizon + 0.05, 0.33));
    layers.push(dark_houses(rng, 12.0, -1.6, -0.50, horizon + 0.14, 0.80));
    layers.push(dark_houses(rng, 12.0, 0.56, 1.6, horizon + 0.14, 0.75));
    let mut neon = Vec::new();
    let hue = rng.pick(&[[1.2, 0.12, 0.3], [0.15, 0.9, 1.2], [0.3, 1.2, 0.2]]);
    for (x, y) in [(-0.72, horizon - 0.08), (0.60, horizon - 0.14)] {
        lettering(rng, &mut neon, [x, y], 0.035, 5, scale(hue, 1.1));
        neon.push(Mark::glow([x + 0.07, y - 0.015], 0.22, scale(hue, 0.12)));
    }
    layers.push(Layer::of_marks(Distance::At(11.9), neon));
    let mut lights = Vec::new();
    for lamp in &lamps {
        let size = 0.010 * lamp.strength.max(0.25);
        lights.push(Mark::stroke(
            lamp.at,
            [lamp.at[0], horizon + 0.34 * lamp.strength],
            0.0035 * lamp.strength,
            [0.01, 0.009, 0.008],
        ));
        lights.push(Mark::disc(lamp.at, size, scale(lamp.colour, 25.0)));
        lights.push(Mark::glow(lamp.at, 0.28 * lamp.strength, scale(lamp.colour, 0.55)));
    }
    layers.push(Layer::of_marks(Distance::At(14.0), lights));
    Scene { layers, subject_m: 13.0 }
}

pub(super) fn wall(rng: &mut Rng) -> Scene {
    let seed = rng.seed();
    let paint =
        rng.pick(&[[0.52, 0.47, 0.38], [0.42, 0.50, 0.52], [0.55, 0.52, 0.50], [0.50, 0.36, 0.28]]);
    let light = rng.range(-0.25, 0.25);
    let plaster = Layer::new(Distance::At(2.5), move |s: Spot| {
        let relief = |x: f32, y: f32| fbm(x, y, 14.0, 0.85, s.px, seed);
        let slope = relief(s.x + 0.003, s.y + 0.003) - relief(s.x - 0.003, s.y - 0.003);
        let stain = s.fbm(1.2, 0.75, seed ^ 1);
        let grit = s.fbm(110.0, 1.0, seed ^ 2);
        let k = 1.0 + 0.10 * stain + 0.12 * slope + 0.05 * grit + light * (s.x - 0.4 * s.y);
        Paint(scale(paint, k), 1.0)
    });
    let mut cracks = Vec::new();
    let mut at = [rng.range(-0.6, 0.6), -0.9];
    for _ in 0..60 {
        let to = [at[0] + 0.022 * rng.normal(), at[1] + rng.range(0.004, 0.022)];
        cracks.push(Mark::stroke(at, to, rng.range(0.0004, 0.0014), scale(paint, 0.3)));
        at = to;
    }
    let plate = [rng.range(-0.5, 0.4), rng.range(-0.2, 0.3)];
    let switch = Layer::new(Distance::At(2.48), move |s: Spot| {
        let box_ = |grow: f32| {
            inside(
                s,
                [plate[0] - grow, plate[1] - grow, plate[0] + 0.09 + grow, plate[1] + 0.09 + grow],
            )
        };
        let shadow = s.cover(inside(
            s,
            [plate[0] + 0.004, plate[1] + 0.006, plate[0] + 0.097, plate[1] + 0.099],
        ));
        let cover = s.cover(box_(0.0));
        let groove = s.cover(0.0012 - (box_(-0.02)).abs());
        let rim = s.cover(0.0015 - box_(0.0).abs());
        let white = scale(
            [0.72, 0.71, 0.67],
            (1.0 - 0.6 * groove + 0.25 * rim) * (1.0 + 0.02 * s.fbm(90.0, 1.0, seed)),
        );
        Paint(mix(scale(paint, 0.35), white, cover), cover.max(0.8 * shadow))
    })
    .within([plate[0] - 0.01, plate[1] - 0.01, plate[0] + 0.11, plate[1] + 0.11]);
    let from = [plate[0] + 0.045, plate[1]];
    curve(
        &mut cracks,
        [from, [from[0], -0.5], [from[0] + 0.02, -1.1]],
        [0.003; 2],
        [scale(paint, 0.75); 2],
        14,
    );
    Scene {
        layers: vec![plaster, Layer::of_marks(Distance::At(2.5), cracks), switch],
        subject_m: 2.5,
    }
}
