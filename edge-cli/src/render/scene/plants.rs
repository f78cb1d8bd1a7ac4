//! Things that grow: branches, leaves, blades of grass.

use crate::render::colour::{Rgb, mix, scale};
use crate::render::mark::{Mark, Shape};
use crate::render::rng::Rng;
use core::f32::consts::TAU;

pub(super) fn direction(angle: f32) -> [f32; 2] {
    [libm::cosf(angle), libm::sinf(angle)]
}

/// A bent line that gets thinner, as strokes; a quadratic Bezier curve.
pub(super) fn curve(
    marks: &mut Vec<Mark>,
    [a, b, c]: [[f32; 2]; 3],
    widths: [f32; 2],
    colours: [Rgb; 2],
    pieces: usize,
) {
    let at = |t: f32| {
        let s = 1.0 - t;
        [0, 1].map(|i| s * s * a[i] + 2.0 * s * t * b[i] + t * t * c[i])
    };
    for i in 0..pieces {
        let (t0, t1) = (i as f32 / pieces as f32, (i + 1) as f32 / pieces as f32);
        let width = |t: f32| widths[0] + (widths[1] - widths[0]) * t;
        marks.push(Mark {
            shape: Shape::Stroke { a: at(t0), b: at(t1), width_a: width(t0), width_b: width(t1) },
            from: mix(colours[0], colours[1], t0),
            to: mix(colours[0], colours[1], t1),
        });
    }
}

/// How a tree branches.
#[derive(Clone, Copy)]
pub(super) struct Tree {
    pub(super) foot: [f32; 2],
    pub(super) height: f32,
    /// Lit and shaded bark.
    pub(super) bark: [Rgb; 2],
    /// Levels of branching.
    pub(super) levels: u32,
}

impl Tree {
    /// Draws trunk and branches; gives the ends of the twigs.
    pub(super) fn grow(self, rng: &mut Rng, marks: &mut Vec<Mark>) -> Vec<[f32; 2]> {
        let mut tips = Vec::new();
        let width = self.height * 0.028;
        self.branch(rng, marks, &mut tips, self.foot, -TAU / 4.0, self.height * 0.34, width, 0);
        tips
    }

    #[expect(clippy::too_many_arguments, reason = "the state of a recursion")]
    fn branch(
        &self,
        rng: &mut Rng,
        marks: &mut Vec<Mark>,
        tips: &mut Vec<[f32; 2]>,
        from: [f32; 2],
        angle: f32,
        length: f32,
        width: f32,
        level: u32,
    ) {
        let end_angle = angle + 0.18 * rng.normal();
        let (d, e) = (direction(angle), direction(end_angle));
        let middle = [from[0] + 0.5 * length * d[0], from[1] + 0.5 * length * d[1]];
        let to = [middle[0] + 0.5 * length * e[0], middle[1] + 0.5 * length * e[1]];
        // Light comes from the left: branches that lean there are brighter.
        let lit = (0.5 - 0.6 * d[0] + 0.15 * rng.normal()).clamp(0.0, 1.0);
        let colour = mix(self.bark[1], self.bark[0], lit);
        curve(marks, [from, middle, to], [width, width * 0.68], [colour; 2], 3);
        if level >= self.levels {
            tips.push(to);
            return;
        }
        let forks = if level == 0 { 4 } else { 2 + usize::from(rng.chance(0.55)) };
        for i in 0..forks {
            let spread = (i as f32 - (forks - 1) as f32 / 2.0) * rng.range(0.4, 0.62);
            // Twigs strive upwards again.
            let next = end_angle + spread + 0.12 * rng.normal();
            let next = next + 0.1 * (-TAU / 4.0 - next);
            let shrink = rng.range(0.62, 0.84);
            let slim = width * rng.range(0.52, 0.68);
            self.branch(rng, marks, tips, to, next, length * shrink, slim, level + 1);
        }
    }
}

/// A clump of leaves: an ellipse each, darker below and on the right.
pub(super) fn clump(
    rng: &mut Rng,
    marks: &mut Vec<Mark>,
    centre: [f32; 2],
    radius: f32,
    leaf: f32,
    count: usize,
    colours: [Rgb; 2],
) {
    for i in 0..count {
        let (dx, dy) = (0.5 * radius * rng.normal(), 0.42 * radius * rng.normal());
        // The back is drawn first and lies in shade.
        let front = i as f32 / count as f32;
        let light = 0.25 + 0.5 * front - 0.3 * (dx + 1.6 * dy) / radius + 0.18 * rng.normal();
        let colour = mix(colours[1], colours[0], light.clamp(0.0, 1.0));
        let colour = scale(colour, rng.range(0.75, 1.25));
        let size = leaf * rng.range(0.6, 1.3);
        marks.push(Mark {
            shape: Shape::Ellipse {
                centre: [centre[0] + dx, centre[1] + dy],
                radii: [size, size * rng.range(0.35, 0.6)],
                axis: direction(rng.range(0.0, TAU)),
            },
            from: scale(colour, 0.75),
            to: scale(colour, 1.25),
        });
    }
}

/// A leafy tree.
pub(super) fn leafy(
    rng: &mut Rng,
    marks: &mut Vec<Mark>,
    foot: [f32; 2],
    height: f32,
    colours: [Rgb; 2],
    leaves: usize,
) {
    let bark = [[0.10, 0.075, 0.05], [0.02, 0.016, 0.012]];
    let tips = Tree { foot, height, bark, levels: 3 }.grow(rng, marks);
    let each = (leaves / tips.len().max(1)).max(4);
    for tip in tips {
        clump(rng, marks, tip, height * 0.15, height * 0.011, each, colours);
    }
}

/// A fir: rows of drooping twigs, the lower the wider.
pub(super) fn fir(
    rng: &mut Rng,
    marks: &mut Vec<Mark>,
    foot: [f32; 2],
    height: f32,
    colours: [Rgb; 2],
    snow: Option<Rgb>,
) {
    let top = foot[1] - height;
    marks.push(Mark::stroke(foot, [foot[0], top], height * 0.012, colours[1]));
    let rows = 34;
    for row in 0..rows {
        let t = (row as f32 + rng.range(0.0, 0.8)) / rows as f32;
        let y = top + t * height * 0.93;
        let half = height * 0.23 * (0.06 + t) * rng.range(0.75, 1.1);
        for i in 0..16 {
            let u = -1.0 + 2.0 * (i as f32 + rng.unit()) / 16.0;
            let droop = 0.45 * half * (0.2 + u.abs());
            let light = (0.55 - 0.35 * u + 0.2 * rng.normal()).clamp(0.0, 1.0);
            let colour = mix(colours[1], colours[0], light);
            let from = [foot[0] + 0.12 * u * half, y];
            let to = [foot[0] + u * half, y + droop];
            let middle = [0.5 * (from[0] + to[0]), y + 0.25 * droop];
            curve(marks, [from, middle, to], [height * 0.006, height * 0.0015], [colour; 2], 2);
            if let Some(snow) = snow.filter(|_| rng.chance(0.55)) {
                let lift = height * 0.004;
                let a = [middle[0], middle[1] - lift];
                let b = [to[0] * 0.9 + 0.1 * middle[0], to[1] - 1.3 * lift];
                let white = scale(snow, rng.range(0.7, 1.0));
                curve(marks, [a, a, b], [height * 0.006, height * 0.003], [white; 2], 1);
            }
        }
    }
}

/// Blades of grass on the ground, far ones first. `colours` are lit and shaded.
pub(super) fn meadow(
    rng: &mut Rng,
    marks: &mut Vec<Mark>,
    horizon: f32,
    count: usize,
    colours: [Rgb; 2],
) {
    let mut feet: Vec<(f32, f32)> = (0..count)
        .map(|_| {
            let t = rng.unit();
            (rng.range(-1.0, 1.0), horizon + 0.07 + 1.0 * t * t)
        })
        .collect();
    feet.sort_by(|a, b| a.1.total_cmp(&b.1));
    for (x, y) in feet {
        // A blade of 15 cm at the distance of its foot.
        let tall = 0.15 * (y - horizon) / 1.6 * rng.range(0.4, 1.3);
        let lean = 0.5 * tall * rng.normal();
        let light = rng.unit();
        let tip = scale(mix(colours[1], colours[0], light), rng.range(0.8, 1.3));
        let points = [[x, y], [x + 0.2 * lean, y - 0.6 * tall], [x + lean, y - tall]];
        let widths = [tall * 0.022, tall * 0.003];
        curve(marks, points, widths, [scale(colours[1], 0.6), tip], 3);
        if rng.chance(0.012) {
            let petal = rng.pick(&[[0.8, 0.75, 0.7], [0.75, 0.55, 0.03], [0.5, 0.08, 0.3]]);
            marks.push(Mark::disc([x + lean, y - tall], tall * 0.07, petal));
        }
    }
}
