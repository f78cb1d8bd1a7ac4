//! A car going by: sharp when the camera follows it.

use super::nature::sky;
use super::plants::{curve, direction, leafy};
use super::signs::lettering;
use super::{FRAMING, GROUND, Moment, Scene, inside};
use crate::render::colour::{CLEAR, Paint, Rgb, Spot, add, mix, scale};
use crate::render::mark::{Mark, Shape};
use crate::render::noise::{fbm, smoothstep};
use crate::render::paint::{Distance, Layer};
use crate::render::rng::Rng;
use core::f32::consts::TAU;

pub(super) fn race(rng: &mut Rng, moment: Moment) -> Scene {
    let horizon = rng.range(-0.10, -0.02);
    let seed = rng.seed();
    let mut layers = vec![sky(rng, horizon)];
    let mut trees = Vec::new();
    for _ in 0..16 {
        let foot = [rng.range(-1.2, 1.2), horizon + 0.03];
        leafy(
            rng,
            &mut trees,
            foot,
            rng.clone().range(0.25, 0.42),
            [[0.13, 0.17, 0.04], [0.02, 0.04, 0.012]],
            700,
        );
        rng.next();
    }
    layers.push(Layer::of_marks(Distance::At(45.0), trees));
    let mut crowd = Vec::new();
    for i in 0..260 {
        let x = -1.3 + 2.6 * (i as f32 + rng.unit()) / 260.0;
        let y = horizon + 0.02 + 0.03 * rng.unit();
        let coat = rng.pick(&[
            [0.4, 0.05, 0.05],
            [0.05, 0.1, 0.35],
            [0.5, 0.48, 0.42],
            [0.03, 0.03, 0.035],
            [0.5, 0.35, 0.04],
        ]);
        crowd.push(Mark::stroke([x, y], [x, y + 0.06], 0.011, scale(coat, rng.range(0.6, 1.1))));
        crowd.push(Mark::disc(
            [x, y - 0.016],
            0.0085,
            scale([0.42, 0.26, 0.18], rng.range(0.5, 1.1)),
        ));
    }
    layers.push(Layer::of_marks(Distance::At(28.0), crowd));
    let rail = [horizon + 0.075, horizon + 0.14];
    let barrier = Layer::new(Distance::At(24.0), move |s: Spot| {
        let cover = s.cover((s.y - rail[0]).min(rail[1] - s.y));
        let board = (s.x / 0.33).floor() as i32;
        let colour =
            [[0.6, 0.6, 0.58], [0.05, 0.12, 0.4], [0.55, 0.06, 0.05]][board.rem_euclid(3) as usize];
        Paint(scale(colour, 1.0 + 0.1 * s.fbm(40.0, 0.9, seed)), cover)
    })
    .within([-9.0, rail[0] - 0.01, 9.0, rail[1] + 0.01]);
    let mut writing = Vec::new();
    for i in -4..4 {
        let x = 0.33 * i as f32 + 0.04;
        lettering(rng, &mut writing, [x, rail[1] - 0.015], 0.036, 9, [0.75, 0.72, 0.6]);
    }
    layers.push(barrier.marked(writing));
    let road = Layer::new(Distance::Ground { horizon, metres: GROUND }, move |s: Spot| {
        let below = s.y - rail[1];
        if below <= 0.0 {
            return CLEAR;
        }
        let metres = GROUND / (s.y - horizon);
        let (u, v) = (s.x * metres / FRAMING, metres);
        let px = s.px * metres / FRAMING * (0.5 * metres).max(1.0);
        let grit = fbm(u, v, 9.0, 1.0, px, seed ^ 1);
        let kerb = (v - 11.5).abs() < 0.35 * 1.5;
        let red = (u * 1.1).floor() as i32 % 2 == 0;
        let base: Rgb = match (kerb, red) {
            (true, true) => [0.5, 0.05, 0.04],
            (true, false) => [0.6, 0.6, 0.58],
            _ if v > 12.0 => [0.10, 0.16, 0.04],
            _ => [0.16, 0.16, 0.165],
        };
        Paint(scale(base, (1.0 + 0.5 * grit).max(0.1)), s.cover(below))
    })
    .within([-9.0, rail[1] - 0.01, 9.0, 9.0]);
    layers.push(road);
    let centre = [rng.range(-0.1, 0.1) + moment.sway, horizon + 0.29];
    layers.extend(car(rng, centre, 0.42));
    Scene { layers, subject_m: 7.0 }
}

/// A car from the side, driving to the left; `half` its length.
fn car(rng: &mut Rng, [cx, cy]: [f32; 2], half: f32) -> [Layer; 2] {
    let seed = rng.seed();
    let paint =
        rng.pick(&[[0.55, 0.04, 0.03], [0.04, 0.12, 0.45], [0.6, 0.42, 0.03], [0.55, 0.55, 0.56]]);
    let wheels = [-0.58f32, 0.60];
    let body = Layer::new(Distance::At(7.0), move |s: Spot| {
        let (u, v) = ((s.x - cx) / half, (cy - s.y) / half);
        // Bonnet, cabin, tail.
        let low = 0.30 + 0.05 * smoothstep(-1.0, -0.4, u)
            - 0.10 * smoothstep(0.75, 1.02, u)
            - 0.10 * smoothstep(-0.8, -1.02, u);
        let cabin = 0.26 * smoothstep(-0.42, -0.08, u) * (1.0 - smoothstep(0.34, 0.82, u));
        let mut edge = (low + cabin - v).min(v + 0.02).min(1.0 - u.abs());
        let mut arch = 9.0f32;
        for w in wheels {
            arch = arch.min(libm::hypotf(u - w, v - 0.02) - 0.215);
        }
        edge = edge.min(arch);
        let cover = s.cover(edge * half);
        let shadow = (1.0 - ((u / 1.05).powi(2) + ((v + 0.20) / 0.05).powi(2))).clamp(0.0, 1.0);
        if cover <= 0.0 {
            return Paint(
                [0.012, 0.012, 0.013],
                0.9 * shadow.max(s.cover(0.215 * half - arch * half - 0.2 * half) * 0.0),
            );
        }
        // The side mirrors the sky above its crease and the road below.
        let crease = v - 0.20 - 0.02 * u;
        let sky = smoothstep(-0.01, 0.05, crease);
        let ripple = 0.3 * fbm(u, v * 3.0, 2.0, 0.7, 0.01, seed);
        let mut colour =
            add(scale(paint, 0.55 + 0.65 * sky + ripple), scale([0.10, 0.12, 0.15], sky * sky));
        colour = mix(colour, scale(paint, 0.2), s.cover((0.05 - v) * half));
        let glass = (v - 0.37).min(low + cabin - 0.035 - v).min(0.62 - u).min(u + 0.24);
        let pillar = ((u - 0.20).abs() - 0.014).min(glass);
        let tint = mix(
            [0.02, 0.025, 0.03],
            [0.35, 0.42, 0.48],
            smoothstep(0.3, 0.7, v * 1.2 + 0.3 * u + 0.2 * ripple),
        );
        colour = mix(colour, tint, s.cover(pillar * half));
        let door = (u + 0.22).abs().min((u - 0.22).abs());
        let line = s.cover((0.0035 - door.min((crease).abs() + 0.002)) * half)
            * s.cover((0.36 - v) * half);
        colour = scale(colour, 1.0 - 0.7 * line);
        let lamp = inside(Spot { x: u, y: v, px: s.px }, [-0.99, 0.17, -0.88, 0.23]);
        colour = mix(colour, [0.85, 0.85, 0.8], s.cover(lamp * half));
        Paint(scale(colour, 1.0 + 0.03 * s.fbm(90.0, 1.0, seed)), cover)
    })
    .within([cx - 1.2 * half, cy - 0.7 * half, cx + 1.2 * half, cy + 0.3 * half])
    .tracked();
    let mut marks = Vec::new();
    let at = |u: f32, v: f32| [cx + u * half, cy - v * half];
    for w in wheels {
        let hub = at(w, 0.0);
        marks.push(Mark::disc(hub, 0.195 * half, [0.012, 0.012, 0.012]));
        marks.push(Mark::disc(hub, 0.135 * half, [0.10, 0.10, 0.11]));
        for i in 0..10 {
            let d = direction(TAU * i as f32 / 10.0 + 0.2);
            let tip = [hub[0] + 0.128 * half * d[0], hub[1] + 0.128 * half * d[1]];
            curve(
                &mut marks,
                [hub, hub, tip],
                [0.016 * half, 0.010 * half],
                [[0.5, 0.5, 0.52]; 2],
                1,
            );
        }
        marks.push(Mark::disc(hub, 0.025 * half, [0.3, 0.3, 0.31]));
    }
    marks.push(Mark::disc(at(0.02, 0.17), 0.105 * half, [0.75, 0.75, 0.73]));
    lettering(rng, &mut marks, at(-0.05, 0.115), 0.11 * half, 2, [0.01; 3]);
    lettering(rng, &mut marks, at(0.28, 0.10), 0.05 * half, 9, [0.75, 0.73, 0.7]);
    lettering(rng, &mut marks, at(-0.80, 0.25), 0.035 * half, 7, [0.75, 0.73, 0.7]);
    // The driver.
    marks.push(Mark {
        shape: Shape::Ellipse { centre: at(0.03, 0.44), radii: [0.06 * half; 2], axis: [1.0, 0.0] },
        from: [0.5, 0.5, 0.48],
        to: [0.12, 0.12, 0.12],
    });
    let details = Layer::of_marks(Distance::At(6.98), marks).tracked();
    [body, details]
}
