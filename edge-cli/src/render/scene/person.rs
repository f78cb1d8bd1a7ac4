//! A person: head and shoulders.
//!
//! A face is an ovoid with bumps, lit by one light and its surroundings; hair,
//! brows and lashes are single strokes, so that there is something to be sharp.

use super::Moment;
use super::plants::{curve, direction};
use crate::render::colour::{CLEAR, Paint, Rgb, Spot, add, mix, scale};
use crate::render::mark::Mark;
use crate::render::noise::{bump, fbm, lerp, smoothstep};
use crate::render::paint::{Distance, Layer};
use crate::render::rng::Rng;
use core::f32::consts::TAU;

/// Eyes, from the middle of the face, in half heads.
const EYE: [f32; 2] = [0.31, 0.02];
/// Half the width of an eye.
const EYE_SIZE: f32 = 0.155;

#[derive(Clone, Copy)]
pub(super) struct Light {
    /// Towards the light: right, down, to the camera.
    pub(super) towards: [f32; 3],
    pub(super) key: Rgb,
    pub(super) ambient: Rgb,
}

impl Light {
    fn on(&self, normal: [f32; 3]) -> Rgb {
        let n = normal.map(|v| v * v).iter().sum::<f32>().sqrt().max(1e-6);
        let lambert: f32 = normal.iter().zip(self.towards).map(|(a, b)| a * b / n).sum();
        // Skin and cloth scatter light a little past the terminator.
        let k = ((lambert + 0.15) / 1.15).max(0.0);
        let sky = 0.75 - 0.25 * normal[1] / n;
        add(scale(self.key, k), scale(self.ambient, sky))
    }
}

#[derive(Clone, Copy)]
pub(super) struct Bust {
    pub(super) centre: [f32; 2],
    /// Half the height of the head.
    pub(super) size: f32,
    pub(super) metres: f32,
    light: Light,
    pub(super) skin: Rgb,
    hair: Rgb,
    pub(super) cloth: Rgb,
    iris: Rgb,
    long_hair: bool,
    /// Turned to the right, in half heads.
    turn: f32,
    moment: Moment,
    seed: u32,
}

fn times(a: Rgb, b: Rgb) -> Rgb {
    [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
}

impl Bust {
    pub(super) fn new(rng: &mut Rng, light: Light, moment: Moment) -> Self {
        Self {
            centre: [rng.range(-0.18, 0.18) + moment.sway, rng.range(-0.12, -0.06)],
            size: rng.range(0.24, 0.29),
            metres: 1.6,
            light,
            skin: rng.pick(&[
                [0.60, 0.38, 0.27],
                [0.46, 0.27, 0.18],
                [0.24, 0.125, 0.075],
                [0.10, 0.052, 0.032],
            ]),
            hair: rng.pick(&[
                [0.02, 0.013, 0.01],
                [0.09, 0.045, 0.02],
                [0.3, 0.18, 0.07],
                [0.14, 0.04, 0.015],
            ]),
            cloth: rng.pick(&[
                [0.05, 0.09, 0.2],
                [0.3, 0.05, 0.05],
                [0.35, 0.33, 0.28],
                [0.05, 0.14, 0.11],
            ]),
            iris: rng.pick(&[[0.10, 0.05, 0.02], [0.12, 0.22, 0.33], [0.13, 0.17, 0.07]]),
            long_hair: rng.chance(0.5),
            turn: rng.range(-0.14, 0.14),
            moment,
            seed: rng.seed(),
        }
    }

    pub(super) fn place(&self, u: f32, v: f32) -> [f32; 2] {
        [self.centre[0] + u * self.size, self.centre[1] + v * self.size]
    }

    pub(super) fn layers(self, rng: &mut Rng) -> Vec<Layer> {
        let [x, y] = self.centre;
        let reach = |u: f32, top: f32, bottom: f32| {
            [x - u * self.size, y + top * self.size, x + u * self.size, y + bottom * self.size]
        };
        let mut features = Vec::new();
        self.brows_and_lashes(rng, &mut features);
        vec![
            Layer::new(Distance::At(self.metres + 0.08), move |s| self.back_of_hair(s))
                .within(reach(1.2, -1.3, 1.9))
                .tracked(),
            Layer::new(Distance::At(self.metres + 0.03), move |s| self.body(s))
                .within(reach(2.6, 0.5, 9.0))
                .tracked(),
            Layer::new(Distance::At(self.metres), move |s| self.head(s))
                .within(reach(1.0, -1.1, 1.1))
                .marked(features)
                .tracked(),
            Layer::of_marks(Distance::At(self.metres + 0.01), self.strands(rng)).tracked(),
        ]
    }

    fn back_of_hair(&self, s: Spot) -> Paint {
        let (u, v) = ((s.x - self.centre[0]) / self.size, (s.y - self.centre[1]) / self.size);
        let tail = if self.long_hair { 1.55 } else { 0.35 };
        let wide = if v < -0.1 { (1.0 - ((v + 0.1) / 1.0).powi(2)).max(0.0).sqrt() } else { 1.0 };
        let wave = 0.05 * fbm(v, u.signum(), 3.0, 0.8, 0.02, self.seed);
        let end = 0.25 * fbm(u, 3.0, 5.0, 1.0, 0.01, self.seed);
        let d = ((0.86 + wave) * wide - u.abs()).min(tail + end - v).min(v + 1.1);
        let cover = s.cover(d * self.size);
        if cover <= 0.0 {
            return CLEAR;
        }
        let streaks = fbm(u * 3.0, v * 0.25, 6.0, 1.0, s.px / self.size, self.seed ^ 7);
        let light = self.light.on([u, v * 0.6, 0.5]);
        Paint(scale(times(self.hair, light), (0.5 + 0.6 * streaks).max(0.08)), cover)
    }

    fn body(&self, s: Spot) -> Paint {
        let (u, v) = ((s.x - self.centre[0]) / self.size, (s.y - self.centre[1]) / self.size);
        let px = s.px / self.size;
        let neck = s.cover((0.41 + 0.10 * (v - 0.9).max(0.0).powi(2) - u.abs()) * self.size)
            * s.cover((1.9 - v) * self.size);
        let shoulder = 1.34 + 0.16 * u.abs() + 0.10 * u.abs().powi(3);
        let cloth = s.cover((v - shoulder).min(2.25 - u.abs() + 0.1 * v) * self.size);
        // An open collar.
        let open = s.cover((0.46 - 0.42 * (v - 1.3) - u.abs()) * self.size);
        let cloth = cloth * (1.0 - open * s.cover((2.2 - v) * self.size));
        if neck + cloth <= 0.0 && open <= 0.0 {
            return CLEAR;
        }
        let shade =
            1.0 - 0.72 * (1.0 - smoothstep(0.75, 1.45, v - 0.2 * u * self.light.towards[0]));
        let normal = [u / 0.55, 0.15, 0.8];
        let pores = 1.0 + 0.05 * fbm(u, v, 12.0, 0.95, px, self.seed);
        let skin = scale(times(self.skin, self.light.on(normal)), shade * pores);
        let chest = s.cover((v - 1.3).min(2.25 - u.abs()) * self.size) * open;
        if cloth <= 0.0 {
            return Paint(skin, neck.max(chest));
        }
        let fold = |u: f32, v: f32| fbm(u + 0.4 * v, v * 0.6, 1.6, 0.6, 0.09, self.seed ^ 21);
        let (fu, fv) = (fold(u + 0.02, v) - fold(u, v), fold(u, v + 0.02) - fold(u, v));
        let normal = [u / 2.0 - 6.0 * fu, -0.5 - 6.0 * fv, 1.0];
        // Warp and weft, fading out where the pixel is coarser than the thread.
        let threads = 34.0;
        let visible = (1.0 - 2.4 * threads * px).clamp(0.0, 1.0);
        let weave = libm::sinf(u * threads * TAU) * libm::sinf(v * threads * TAU);
        let fuzz = fbm(u, v, 20.0, 1.0, px, self.seed ^ 22);
        let seam =
            1.0 - 0.45 * s.cover((0.035 - (0.5 - 0.42 * (v - 1.3) - u.abs()).abs()) * self.size);
        let tone = (1.0 + 0.22 * visible * weave + 0.28 * fuzz) * seam;
        let cloth_colour = scale(times(self.cloth, self.light.on(normal)), tone);
        let total = cloth + neck.max(chest) * (1.0 - cloth);
        Paint(mix(skin, cloth_colour, cloth / total.max(1e-6)), total)
    }

    /// Half the width of the face at height `v`.
    fn width(v: f32) -> f32 {
        if v < 0.0 {
            0.74 * (1.0 - libm::powf(v.abs(), 2.4)).max(0.0).sqrt()
        } else {
            0.74 * (1.0 - v.powi(3)).max(0.0).sqrt() * (1.0 - 0.16 * v)
        }
    }

    fn head(&self, s: Spot) -> Paint {
        let (u, v) = ((s.x - self.centre[0]) / self.size, (s.y - self.centre[1]) / self.size);
        let px = s.px / self.size;
        let wide = Self::width(v.clamp(-1.0, 1.0));
        let cover = s.cover((wide - u.abs()).min(1.0 - v.abs()) * self.size);
        // Ears.
        let lobe = libm::hypotf((u.abs() - 0.75) / 0.09, (v - 0.1) / 0.2);
        let ear = s.cover((1.0 - lobe) * 0.09 * self.size);
        if cover + ear <= 0.0 {
            return CLEAR;
        }
        let across = (u / wide.max(0.05)).clamp(-1.0, 1.0);
        // The face slides over the head when it turns.
        let f = u - self.turn * (1.0 - across * across);
        let normal = self.relief(f, v, across);
        let blush = 0.5 * bump(f.abs() - 0.42, v - 0.32, 0.3) + 0.4 * bump(f, v - 0.35, 0.18);
        let mottle = fbm(u, v, 3.0, 0.75, px, self.seed);
        let pores = fbm(u, v, 26.0, 1.0, px, self.seed ^ 3);
        let mut albedo = scale(self.skin, 1.0 + 0.08 * mottle + 0.09 * pores);
        albedo = times(albedo, [1.0 + 0.12 * blush, 1.0 - 0.12 * blush, 1.0 - 0.10 * blush]);
        let freckle = smoothstep(0.35, 0.5, fbm(u, v, 22.0, 0.5, px, self.seed ^ 9));
        albedo = scale(albedo, 1.0 - 0.22 * freckle * bump(f, v - 0.25, 0.6));
        albedo = self.mouth(albedo, s, f, v);
        let mut lit = times(albedo, self.light.on(normal));
        // A little shine where the skin faces half-way to the light.
        let n = normal.map(|v| v * v).iter().sum::<f32>().sqrt();
        let [lx, ly, lz] = self.light.towards;
        let half = (lx * lx + ly * ly + (lz + 1.0) * (lz + 1.0)).sqrt();
        let facing = (normal[0] * lx + normal[1] * ly + normal[2] * (lz + 1.0)) / (n * half);
        let shine = facing.max(0.0).powi(24) * (0.06 + 0.06 * pores);
        lit = add(lit, scale(self.light.key, shine.max(0.0)));
        for side in [-1.0, 1.0] {
            lit = self.eye(lit, s, side, f, v);
        }
        Paint(lit, cover.max(ear))
    }

    /// The normal of the face: an ovoid with what stands out of it.
    fn relief(&self, f: f32, v: f32, across: f32) -> [f32; 3] {
        // Middle, radii and height of each bump; those off the axis come twice.
        const BUMPS: [[f32; 5]; 11] = [
            [0.0, 0.10, 0.11, 0.34, 0.16],
            [0.0, 0.33, 0.14, 0.13, 0.13],
            [0.10, 0.37, 0.08, 0.08, 0.06],
            [0.31, 0.00, 0.20, 0.13, -0.10],
            [0.30, -0.20, 0.26, 0.10, 0.05],
            [0.40, 0.30, 0.26, 0.24, 0.07],
            [0.0, 0.86, 0.22, 0.16, 0.07],
            [0.0, 0.72, 0.22, 0.06, -0.04],
            [0.0, 0.545, 0.24, 0.07, 0.035],
            [0.0, 0.655, 0.22, 0.06, 0.045],
            [0.24, 0.48, 0.05, 0.16, -0.02],
        ];
        let round = (1.0 - across * across).max(0.0).sqrt();
        let mut normal = [across * 0.95, 0.5 * v * v * v, 0.25 + 0.75 * round];
        for [cu, cv, ru, rv, height] in BUMPS {
            for side in [-1.0, 1.0] {
                let (du, dv) = ((f - side * cu) / ru, (v - cv) / rv);
                let t = (1.0 - du * du - dv * dv).max(0.0);
                normal[0] += 4.0 * t * height * du / ru;
                normal[1] += 4.0 * t * height * dv / rv;
                if cu == 0.0 {
                    break;
                }
            }
        }
        normal
    }

    fn mouth(&self, albedo: Rgb, s: Spot, f: f32, v: f32) -> Rgb {
        let t = f / (0.25 + 0.05 * self.moment.smile);
        let arch = 1.0 - t * t;
        let line = 0.60 - 0.07 * self.moment.smile * t * t;
        let upper = line - (0.052 - 0.018 * bump(f, 0.0, 0.06)) * arch;
        let lip = s.cover((v - upper).min(line + 0.075 * arch - v) * self.size);
        let wrinkle = 1.0 + 0.25 * fbm(f * 4.0, v, 9.0, 0.9, s.px / self.size, self.seed ^ 31);
        let red = scale(times(albedo, [0.86, 0.55, 0.56]), wrinkle);
        let gap = s.cover((0.010 - (v - line).abs()) * self.size) * s.cover(arch * 0.2 * self.size);
        let out = mix(mix(albedo, red, 0.85 * lip), scale(albedo, 0.16), 0.85 * gap);
        let nostril = bump(f.abs() - 0.085, (v - 0.405) * 1.6, 0.055);
        scale(out, 1.0 - 0.85 * nostril)
    }

    fn eye(&self, skin: Rgb, s: Spot, side: f32, f: f32, v: f32) -> Rgb {
        let (eu, ev) = ((f - side * EYE[0]) / EYE_SIZE, (v - EYE[1]) / EYE_SIZE);
        if eu.abs() > 1.5 || ev.abs() > 1.3 {
            return skin;
        }
        let k = EYE_SIZE * self.size;
        let arch = (1.0 - eu * eu).max(0.0);
        let upper = lerp(0.24, -0.50, self.moment.eyes_open) * arch;
        let lower = 0.30 * arch;
        // The fold above the lid.
        let fold = (ev + 0.38 * arch + 0.32).abs();
        let out = scale(skin, 1.0 - 0.45 * (1.0 - smoothstep(0.0, 0.1, fold)) * arch.sqrt());
        let open = s.cover((ev - upper).min(lower - ev) * k) * s.cover((1.0 - eu.abs()) * k);
        let r = libm::hypotf(eu - 0.1 * self.turn, ev + 0.08);
        let angle = libm::atan2f(ev + 0.08, eu);
        let fibre = fbm(angle * 3.0, r, 5.0, 0.9, s.px / k, self.seed ^ 40);
        let ring = smoothstep(0.30, 0.42, r);
        let iris = scale(self.iris, (1.3 + 1.4 * fibre).max(0.2) * (1.0 - 0.8 * ring));
        let white = scale([0.80, 0.76, 0.73], 1.0 - 0.35 * eu * eu);
        let veins = 1.0 + 0.1 * fbm(eu, ev, 3.0, 1.0, s.px / k, self.seed ^ 41);
        let mut ball = mix(scale(white, veins), iris, s.cover((0.43 - r) * k));
        ball = mix(ball, [0.006; 3], s.cover((0.17 - r) * k));
        let lid_shadow = smoothstep(-0.05, 0.28, ev - upper);
        let light = self.light.on([0.7 * side * EYE[0] + 0.2 * eu, 0.0, 0.8]);
        ball = scale(times(ball, light), lerp(0.4, 1.0, lid_shadow));
        let seen =
            smoothstep(-0.2, 0.4, 0.7 * side * self.light.towards[0] + self.light.towards[2]);
        let glint = seen * s.cover((0.085 - libm::hypotf(eu + 0.13, ev + 0.22)) * k);
        ball = mix(ball, add(scale(self.light.key, 1.1), self.light.ambient), glint);
        let out = mix(out, ball, open);
        let lash_line = s.cover((0.055 - (ev - upper).abs()) * k) * s.cover((1.0 - eu.abs()) * k);
        mix(out, scale(out, 0.12), 0.9 * lash_line)
    }

    fn brows_and_lashes(&self, rng: &mut Rng, marks: &mut Vec<Mark>) {
        let dark = scale(times(self.hair, self.light.on([0.0, 0.0, 1.0])), 0.55);
        let upper = |t: f32| lerp(0.24, -0.50, self.moment.eyes_open) * (1.0 - t * t);
        for side in [-1.0f32, 1.0] {
            let slide = self.turn * 0.82;
            for _ in 0..230 {
                let t = rng.range(-1.0, 1.0);
                let u = side * (EYE[0] + 0.23 * t) + slide;
                let thick = 0.032 * (1.0 - 0.55 * t.max(0.0));
                let v = -0.215 - 0.05 * (1.0 - (t - 0.2).powi(2)) + thick * rng.normal() * 0.7;
                let long = rng.range(0.035, 0.07);
                let d = direction(if side > 0.0 { -0.5 + 0.7 * t } else { 3.64 - 0.7 * t });
                let tip = self.place(u + long * d[0], v + long * d[1]);
                let from = self.place(u, v);
                let w = 0.0035 * self.size;
                curve(marks, [from, from, tip], [w, 0.3 * w], [dark; 2], 1);
            }
            for i in 0..42 {
                let t = -0.95 + 1.9 * i as f32 / 41.0;
                let root = [side * EYE[0] + t * EYE_SIZE + slide, EYE[1] + upper(t) * EYE_SIZE];
                // Lashes of shut eyes hang down.
                let rise = lerp(0.07, -0.075, self.moment.eyes_open) * rng.range(0.8, 1.2);
                let tip = [root[0] + 0.06 * t, root[1] + rise];
                let (a, b) = (self.place(root[0], root[1]), self.place(tip[0], tip[1]));
                let bend = self.place(root[0] + 0.04 * t, root[1] + 0.3 * rise);
                curve(
                    marks,
                    [a, bend, b],
                    [0.005 * self.size, 0.001 * self.size],
                    [[0.004; 3]; 2],
                    2,
                );
            }
        }
    }

    fn strands(&self, rng: &mut Rng) -> Vec<Mark> {
        let mut marks = Vec::new();
        let parting = rng.range(-0.25, 0.25);
        for i in 0..2600 {
            let side = if i % 2 == 0 { -1.0 } else { 1.0 };
            let t = rng.unit();
            let start =
                [parting + side * 0.06 * rng.unit(), -1.03 - 0.03 * t + 0.01 * rng.normal()];
            let bend =
                [side * (0.48 + 0.5 * t) + 0.5 * parting * (1.0 - t), -1.13 + 0.42 * (1.0 - t)];
            let tail = if self.long_hair { rng.range(0.5, 1.6) } else { rng.range(-0.3, 0.15) };
            let end = [
                side * (0.74 + 0.14 * t + if self.long_hair { 0.04 } else { 0.0 })
                    + 0.03 * rng.normal(),
                lerp(-0.25, tail, t),
            ];
            let tone = rng.range(0.45, 1.5);
            let lit = |u: f32, v: f32| scale(times(self.hair, self.light.on([u, v, 0.6])), tone);
            let gloss = scale(self.light.key, 0.05 * tone * rng.unit());
            let points = [start, bend, end].map(|[u, v]| self.place(u, v));
            let colours = [add(lit(0.3 * side, -0.8), gloss), lit(side, 0.2)];
            let w = 0.0042 * self.size * rng.range(0.6, 1.2);
            curve(&mut marks, points, [w, 0.4 * w], colours, 7);
        }
        // A few hairs stand off.
        for _ in 0..70 {
            let angle = rng.range(-2.9, -0.25);
            if (angle + 1.571).abs() < 0.25 {
                continue;
            }
            let d = direction(angle);
            let root = [0.84 * d[0], -0.1 + 0.98 * d[1]];
            let tip = [
                root[0] * rng.range(1.02, 1.2) + 0.06 * rng.normal(),
                root[1] - 0.08 * rng.unit() + 0.1 * rng.unit(),
            ];
            let bend = [1.08 * root[0], 1.08 * root[1]];
            let points = [root, bend, tip].map(|[u, v]| self.place(u, v));
            let colour = scale(times(self.hair, self.light.on([d[0], d[1], 0.3])), 1.6);
            curve(&mut marks, points, [0.002 * self.size; 2], [colour; 2], 5);
        }
        marks
    }
}
