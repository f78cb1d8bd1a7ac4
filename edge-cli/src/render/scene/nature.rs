//! Landscapes, hedges, flowers.

use super::plants::{clump, curve, direction, fir, leafy, meadow};
use super::{FRAMING, GROUND, Scene, inside};
use crate::render::colour::{CLEAR, Paint, Rgb, Spot, add, mix, scale};
use crate::render::mark::{Mark, Shape};
use crate::render::noise::{fbm, lerp, smoothstep};
use crate::render::paint::{Distance, Layer};
use crate::render::rng::Rng;
use core::f32::consts::TAU;

/// Blue above, pale at the horizon, with clouds.
pub(super) fn sky(rng: &mut Rng, horizon: f32) -> Layer {
    let (seed, cloudy) = (rng.seed(), rng.range(-0.12, 0.12));
    Layer::new(Distance::At(1e5), move |s| {
        let up = ((horizon - s.y) / 0.7).clamp(0.0, 1.0);
        let blue = mix([0.52, 0.64, 0.78], [0.10, 0.23, 0.52], up.sqrt());
        let far = 1.0 / (0.25 + up);
        let cloud = fbm(s.x * far, up * 3.0 * far, 1.3, 0.62, s.px * far, seed);
        let cover = smoothstep(0.0, 0.45, cloud + cloudy);
        let shade = smoothstep(0.15, 0.8, cloud + cloudy);
        Paint(mix(blue, mix([0.85, 0.86, 0.88], [0.5, 0.53, 0.58], shade), 0.9 * cover), 1.0)
    })
    .within([-9.0, -9.0, 9.0, horizon + 0.05])
}

/// A ridge across the picture, wooded or bare.
fn ridge(rng: &mut Rng, metres: f32, top: f32, relief: f32, near: Rgb, rough: f32) -> Layer {
    let seed = rng.seed();
    Layer::new(Distance::At(metres), move |s| {
        let edge = top
            - relief * fbm(s.x, 0.0, 1.1, 0.6, 1e-3, seed)
            - 0.008 * rough * fbm(s.x, 1.0, 40.0, 0.9, s.px, seed);
        let cover = s.cover(s.y - edge);
        if cover <= 0.0 {
            return CLEAR;
        }
        let slope = fbm(s.x, s.y * 2.0, 5.0, 0.7, s.px, seed ^ 1);
        let trees = s.fbm(60.0, 0.95, seed ^ 2);
        Paint(scale(near, (1.0 + 0.35 * slope + rough * trees).max(0.1)), cover)
    })
    .within([-9.0, top - 1.5 * relief - 0.05, 9.0, top + 0.12])
}

/// Ground in perspective under grass.
fn turf(rng: &mut Rng, horizon: f32, colours: [Rgb; 2]) -> Layer {
    let seed = rng.seed();
    Layer::new(Distance::Ground { horizon, metres: GROUND }, move |s| {
        let below = s.y - horizon;
        if below <= 0.0 {
            return CLEAR;
        }
        let metres = GROUND / below;
        let (u, v) = (s.x * metres / FRAMING, metres);
        let px = s.px * metres / FRAMING * (0.5 * metres).max(1.0);
        let patches = fbm(u, v, 0.12, 0.8, px, seed);
        let tufts = fbm(u, v, 5.0, 0.95, px, seed ^ 1);
        let colour = mix(colours[1], colours[0], (0.5 + patches).clamp(0.0, 1.0));
        let haze = 1.0 - libm::expf(-metres / 900.0);
        let colour = scale(colour, (1.0 + 0.8 * tufts).max(0.1));
        Paint(mix(colour, [0.35, 0.42, 0.5], haze), s.cover(below))
    })
    .within([-9.0, horizon - 0.01, 9.0, 9.0])
}

/// A barn: planks, a tiled roof, a door and a window.
pub(super) fn barn(rng: &mut Rng, centre: [f32; 2], size: f32, metres: f32) -> Layer {
    let seed = rng.seed();
    let wood = rng.pick(&[[0.25, 0.05, 0.035], [0.16, 0.10, 0.06], [0.42, 0.39, 0.34]]);
    let [cx, cy] = centre;
    let (half, wall, roof) = (size, 0.62 * size, 0.62 * size);
    let bounds = [cx - 1.2 * size, cy - wall - roof, cx + 1.2 * size, cy + 0.02 * size];
    Layer::new(Distance::At(metres), move |s| {
        let (u, v) = ((s.x - cx) / half, (cy - s.y) / wall);
        let plank = |k: f32| {
            let p = u * 14.0 * k;
            let gap = smoothstep(0.0, 0.12, (p - p.floor()).min(p.floor() + 1.0 - p));
            lerp(0.55, 1.0, gap) * (1.0 + 0.35 * fbm(p, v * 0.3, 1.0, 0.9, 0.02, seed))
        };
        let near = |l, t, r, b| {
            s.cover(inside(s, [cx + l * half, cy - t * wall, cx + r * half, cy - b * wall]))
        };
        let wall_cover = near(-1.0, 1.0, 1.0, 0.0);
        let mut paint = Paint(scale(wood, plank(1.0)), wall_cover);
        let dark = [0.012, 0.012, 0.014];
        paint.0 = mix(paint.0, scale(wood, 0.35 * plank(2.0)), near(-0.25, 0.7, 0.25, 0.0));
        paint.0 = mix(paint.0, [0.7, 0.68, 0.62], near(0.45, 0.72, 0.8, 0.3));
        for i in 0..2 {
            let l = 0.48 + 0.16 * i as f32;
            paint.0 = mix(paint.0, dark, near(l, 0.68, l + 0.12, 0.34));
        }
        // The roof leans back over the wall.
        let up = (v - 0.95) * wall / roof;
        let eave = 1.14 - 0.34 * up;
        let cover = s.cover((eave - u.abs()) * half).min(s.cover((v - 0.95) * wall))
            * s.cover((0.95 - up) * roof);
        if cover > 0.0 {
            let row = up * 16.0;
            let tile = u * 26.0 / eave + 0.5 * (row.floor() % 2.0);
            let lap = 0.6 + 0.4 * (row - row.floor());
            let tone = 1.0 + 0.4 * fbm(tile.floor() * 7.3, row.floor() * 3.1, 1.0, 1.0, 0.2, seed);
            paint = Paint(
                mix(paint.0, scale([0.20, 0.09, 0.06], lap * tone), cover),
                wall_cover.max(cover),
            );
        }
        paint
    })
    .within(bounds)
    .grained(0.25)
}

pub(super) fn landscape(rng: &mut Rng) -> Scene {
    let horizon = rng.range(-0.14, 0.02);
    let green = rng.pick(&[
        [[0.20, 0.26, 0.05], [0.05, 0.09, 0.02]],
        [[0.30, 0.26, 0.08], [0.09, 0.09, 0.025]],
        [[0.14, 0.24, 0.05], [0.035, 0.08, 0.02]],
    ]);
    let mut layers = vec![
        sky(rng, horizon),
        ridge(rng, 8000.0, horizon - 0.06, 0.16, [0.23, 0.30, 0.40], 0.15),
        ridge(rng, 1500.0, horizon - 0.015, 0.08, [0.10, 0.15, 0.12], 0.5),
        turf(rng, horizon, green),
    ];
    let mut far = Vec::new();
    for _ in 0..26 {
        let foot = [rng.range(-1.0, 1.0), horizon + rng.range(0.012, 0.022)];
        let tall = rng.range(0.06, 0.12);
        if rng.chance(0.4) {
            fir(rng, &mut far, foot, tall, [[0.05, 0.09, 0.03], [0.012, 0.025, 0.012]], None);
        } else {
            leafy(rng, &mut far, foot, tall, [[0.13, 0.17, 0.04], [0.02, 0.04, 0.012]], 300);
        }
    }
    layers.push(Layer::of_marks(Distance::At(90.0), far));
    let at = [rng.range(-0.45, 0.45), horizon + 0.06];
    layers.push(barn(rng, at, rng.clone().range(0.07, 0.11), 40.0));
    let mut blades = Vec::new();
    meadow(rng, &mut blades, horizon, 9000, [scale(green[0], 1.5), green[1]]);
    layers.push(Layer::of_marks(Distance::Ground { horizon, metres: GROUND }, blades));
    let mut tree = Vec::new();
    let side = rng.pick(&[-1.0, 1.0]);
    let foot = [side * rng.range(0.4, 0.6), horizon + 0.2];
    leafy(
        rng,
        &mut tree,
        foot,
        rng.clone().range(0.45, 0.6),
        [[0.22, 0.26, 0.05], [0.02, 0.045, 0.012]],
        9000,
    );
    layers.push(Layer::of_marks(Distance::At(12.0), tree).grained(0.3));
    Scene { layers, subject_m: 14.0 }
}

/// Soft green and bright gaps, some metres behind a subject.
pub(super) fn backdrop(rng: &mut Rng, metres: f32, brightness: f32) -> Vec<Layer> {
    let seed = rng.seed();
    let tint = rng.pick(&[[0.10, 0.15, 0.04], [0.16, 0.13, 0.05], [0.06, 0.11, 0.09]]);
    let wash = Layer::new(Distance::At(metres * 3.0), move |s: Spot| {
        let tone = s.fbm(1.5, 0.8, seed);
        let gap = smoothstep(0.1, 0.7, s.fbm(2.5, 0.7, seed ^ 5) - 0.4 * s.y);
        let colour = scale(tint, brightness * (1.0 + 1.4 * tone).max(0.15));
        Paint(add(colour, scale([0.6, 0.66, 0.55], 0.55 * brightness * gap)), 1.0)
    });
    let mut leaves = Vec::new();
    for _ in 0..24 {
        let centre = [rng.range(-0.9, 0.9), rng.range(-0.9, 0.9)];
        let colours = [scale(tint, 2.6 * brightness), scale(tint, 0.25 * brightness)];
        clump(rng, &mut leaves, centre, 0.24, 0.016, 45, colours);
    }
    let mut lights = Vec::new();
    for _ in 0..rng.range(14.0, 40.0) as usize {
        let centre = [rng.range(-0.9, 0.9), rng.range(-0.8, 0.3)];
        let colour = scale([1.0, 0.95, 0.75], brightness * rng.range(2.0, 9.0));
        lights.push(Mark::disc(centre, rng.range(0.002, 0.006), colour));
    }
    vec![
        wash,
        Layer::of_marks(Distance::At(metres * 1.6), lights),
        Layer::of_marks(Distance::At(metres), leaves),
    ]
}

pub(super) fn flower(rng: &mut Rng) -> Scene {
    let mut layers = backdrop(rng, 2.0, 1.0);
    let centre = [rng.range(-0.2, 0.2), rng.range(-0.15, 0.05)];
    let petal =
        rng.pick(&[[0.72, 0.66, 0.70], [0.75, 0.35, 0.02], [0.55, 0.06, 0.22], [0.35, 0.2, 0.6]]);
    let size = rng.range(0.26, 0.34);
    let mut stem = Vec::new();
    let foot = [centre[0] + rng.range(-0.1, 0.1), 1.1];
    let green = [[0.16, 0.25, 0.05], [0.05, 0.1, 0.02]];
    curve(&mut stem, [centre, [centre[0], 0.5], foot], [0.014, 0.018], green, 12);
    for side in [-1.0, 1.0] {
        let at = [centre[0] + side * 0.02, 0.45];
        let tip = [at[0] + side * 0.33, 0.2 + rng.range(-0.05, 0.1)];
        for i in 0..60 {
            let t = i as f32 / 59.0 - 0.5;
            let bend = [at[0] + side * 0.15, at[1] - 0.1 + 0.22 * t];
            let shade = scale(mix(green[0], green[1], 0.5 + t), rng.range(0.8, 1.1));
            curve(&mut stem, [at, bend, tip], [0.004, 0.001], [shade; 2], 6);
        }
    }
    layers.push(Layer::of_marks(Distance::At(0.52), stem).grained(0.3));
    let petals = 17;
    let mut marks = Vec::new();
    for ring in 0..2 {
        for i in 0..petals {
            let angle = TAU * (i as f32 + 0.5 * ring as f32) / petals as f32 + 0.06 * rng.normal();
            let d = direction(angle);
            let long = size * rng.range(0.9, 1.05) * if ring == 0 { 1.0 } else { 0.88 };
            let at = |t: f32, w: f32| {
                [
                    centre[0] + long * t * d[0] - w * d[1],
                    centre[1] + 0.9 * (long * t * d[1] + w * d[0]),
                ]
            };
            let tone = rng.range(0.72, 1.0) * if ring == 0 { 0.7 } else { 1.0 };
            marks.push(Mark {
                shape: Shape::Ellipse {
                    centre: at(0.58, 0.0),
                    radii: [0.44 * long, 0.085 * long],
                    axis: d,
                },
                from: scale(petal, 0.45 * tone),
                to: scale(petal, tone),
            });
            for vein in -4..=4 {
                let w = vein as f32 * 0.016 * long;
                let colour = scale(petal, tone * rng.range(0.5, 1.15));
                let points =
                    [at(0.2, 0.3 * w), at(0.6, 1.2 * w), at(0.97 - 0.03 * w.abs(), 0.5 * w)];
                curve(&mut marks, points, [0.0011, 0.0006], [scale(colour, 0.7), colour], 5);
            }
        }
    }
    layers.push(Layer::of_marks(Distance::At(0.505), marks).grained(0.12));
    let mut florets = Vec::new();
    for i in 0..900 {
        // Sunflower order (Vogel 1979).
        let (r, angle) = ((i as f32 / 900.0).sqrt(), i as f32 * 2.399_963);
        let d = direction(angle);
        let at = [centre[0] + 0.27 * size * r * d[0], centre[1] + 0.25 * size * r * d[1]];
        let light = 0.55 - 0.4 * r * (d[0] + d[1]) * 0.5 + 0.2 * rng.normal();
        let colour = mix([0.10, 0.045, 0.008], [0.75, 0.45, 0.03], light.clamp(0.0, 1.0));
        florets.push(Mark::disc(at, size * 0.0085, colour));
        florets.push(Mark::disc(
            [at[0] - size * 0.002, at[1] - size * 0.003],
            size * 0.003,
            scale(colour, 1.8),
        ));
    }
    layers.push(Layer::of_marks(Distance::At(0.5), florets));
    Scene { layers, subject_m: 0.503 }
}

pub(super) fn foliage(rng: &mut Rng) -> Scene {
    let dark = Layer::new(Distance::At(2.6), |s: Spot| {
        Paint(scale([0.012, 0.022, 0.008], (1.0 + s.fbm(8.0, 0.9, 3)).max(0.1)), 1.0)
    });
    let hue = rng.pick(&[[0.12, 0.21, 0.03], [0.24, 0.17, 0.03], [0.09, 0.19, 0.05]]);
    let mut layers = vec![dark];
    for depth in 0..3 {
        let mut marks = Vec::new();
        for _ in 0..1100 {
            let at = [rng.range(-1.0, 1.0), rng.range(-1.0, 1.0)];
            let angle = rng.range(0.2, TAU / 2.0);
            let d = direction(angle);
            let long = rng.range(0.022, 0.05);
            let wide = long * rng.range(0.38, 0.55);
            let facing = (0.55 + 0.3 * rng.normal()).clamp(0.1, 1.2);
            let light = facing * (0.35 + 0.4 * depth as f32);
            let colour = scale([hue[0] * rng.range(0.8, 1.3), hue[1], hue[2]], light);
            let shape = Shape::Ellipse { centre: at, radii: [long, wide], axis: d };
            marks.push(Mark { shape, from: scale(colour, 0.8), to: scale(colour, 1.2) });
            let along = |t: f32, w: f32| {
                [at[0] + long * t * d[0] - w * d[1], at[1] + long * t * d[1] + w * d[0]]
            };
            let pale = scale(add(colour, [0.02, 0.02, 0.01]), 1.35);
            marks.push(Mark::stroke(along(-1.2, 0.0), along(0.95, 0.0), 0.0009, pale));
            for i in -3i32..=3 {
                let t = i as f32 * 0.25;
                let reach = wide * 0.85 * (1.0 - t * t).max(0.0).sqrt();
                for side in [-1.0, 1.0] {
                    marks.push(Mark::stroke(
                        along(t, 0.0),
                        along(t + 0.18, side * reach),
                        0.0004,
                        pale,
                    ));
                }
            }
            if rng.chance(0.5) {
                let shine = Shape::Ellipse {
                    centre: along(0.1, -0.4 * wide),
                    radii: [0.4 * long, 0.12 * wide],
                    axis: d,
                };
                let white = add(scale(colour, 1.2), scale([0.16, 0.18, 0.2], facing));
                marks.push(Mark { shape: shine, from: white, to: white });
            }
        }
        layers.push(Layer::of_marks(Distance::At(2.3 - 0.12 * depth as f32), marks).grained(0.22));
    }
    Scene { layers, subject_m: 2.1 }
}
