//! How one sketch lies to another: the same frame, or a neighbour of it.
//!
//! Differences between neighbouring samples are compared, not the samples: they stay
//! where they are when the exposure changes, and where a sky gets darker from top to
//! bottom, no shift to the side makes it look alike. Strong ones are cut, so that no
//! single edge decides. The measure is the normalised cross-correlation of these
//! differences, in 1/256.

use crate::burst::sketch::{LUMA, Sketch};

/// Brightness changes are counted in 1/64 EV.
pub(super) const EV: i32 = 64;

/// Samples across or down below which nothing can be said.
const SMALLEST: usize = 8;

/// Codes from here on are as good as clipped.
const WHITE: u8 = 250;

/// Codes that take part in telling how much brighter a frame is: neither clipped nor
/// lost in the dark (luma 4 to 234).
const TELLING: core::ops::Range<u8> = 32..245;

/// Contrast of cameras' tone curves on top of 2.2: stops of light for each doubling
/// of the code, in 1/64, so 2 * 2.2 over 1.2.
const STOPS_PER_DOUBLING: i32 = 235;

/// A difference that does not count.
const NONE: i8 = i8::MIN;

/// Differences of a sketch, with what is needed to compare them.
#[derive(Clone, Copy)]
pub(super) struct Detail {
    grid: [usize; 2],
    /// To the right neighbour, and to the one below.
    steps: [[i8; LUMA]; 2],
    /// Mean size of a difference, times 16.
    pub(super) strength: u32,
}

/// How two sketches of one size lie when they show the same frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Same {
    /// How alike their details are, at most 256.
    pub(super) score: i32,
    /// How much brighter the second is, in 1/[`EV`] stops.
    pub(super) step: i32,
    /// What nineteen in twenty samples differ by at most, in codes.
    pub(super) residual: u8,
}

/// How two sketches lie when the second continues the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    /// Samples that the camera moved right, and down.
    pub(super) by: [i32; 2],
    /// How alike their overlap is, at most 256.
    pub(super) score: i32,
    /// How alike it is at the best other shift.
    pub(super) next: i32,
    /// How alike it is across the direction of the shift, which did not choose it.
    pub(super) across: i32,
    /// Share of the details, in 1/256, that moved with the camera.
    pub(super) followed: i32,
}

impl Detail {
    pub(super) fn of(sketch: &Sketch) -> Self {
        let [cols, rows] = sketch.grid();
        let luma = sketch.luma();
        let at = |x: usize, y: usize| {
            let (x, y) = (x.min(cols.saturating_sub(1)), y.min(rows.saturating_sub(1)));
            luma.get(y * cols + x).copied().unwrap_or(0)
        };
        // Weighted over three lines beside one another: hands move a camera by parts
        // of a sample, too.
        let step = |x: usize, y: usize, down: usize| {
            let (a, b) = (at(x, y), at(x + 1 - down, y + down));
            let across = |before: usize, after: usize| {
                let value = |x: usize, y: usize| i16::from(at(x, y));
                if down == 0 {
                    value(x + 1, before.min(after)) - value(x, before.min(after))
                } else {
                    value(before.min(after), y + 1) - value(before.min(after), y)
                }
            };
            let line = if down == 0 { y } else { x };
            let sum = across(line.saturating_sub(1), line)
                + 2 * across(line, line)
                + across(line + 1, line + 1);
            (a < WHITE && b < WHITE).then_some((sum / 2).clamp(-127, 127) as i8)
        };
        let mut steps = [[NONE; LUMA]; 2];
        let (mut sum, mut count, mut soft) = (0u32, 0u32, 0u32);
        for (down, plane) in steps.iter_mut().enumerate() {
            for y in 0..rows.saturating_sub(down) {
                for x in 0..cols.saturating_sub(1 - down) {
                    sum += u32::from(at(x, y).abs_diff(at(x + 1 - down, y + down)));
                    count += 1;
                    if let (Some(to), Some(step)) = (plane.get_mut(y * cols + x), step(x, y, down))
                    {
                        soft += u32::from(step.unsigned_abs());
                        *to = step;
                    }
                }
            }
        }
        let most = (2 * soft / count.max(1)).clamp(2, 127) as i8;
        for step in steps.iter_mut().flatten().filter(|step| **step != NONE) {
            *step = (*step).clamp(-most, most);
        }
        Self { grid: [cols, rows], steps, strength: 16 * sum / count.max(1) }
    }

    /// Whether the two can be compared at all.
    fn fits(&self, other: &Self) -> bool {
        self.grid == other.grid && self.grid.iter().all(|&n| n >= SMALLEST)
    }
}

/// Compares two sketches as the same frame, moved by a tenth of its size at most.
pub(super) fn same(
    (a, detail_a): (&Sketch, &Detail),
    (b, detail_b): (&Sketch, &Detail),
) -> Option<Same> {
    if a.size() != b.size() || !detail_a.fits(detail_b) {
        return None;
    }
    let reach = detail_a.grid.map(|n| (n / 10).max(1) as i32);
    let [reach_x, reach_y] = reach;
    let mut best = (-256, [0i32, 0]);
    for dy in -reach_y..=reach_y {
        for dx in -reach_x..=reach_x {
            let mut sums = Sums::default();
            for (one, other) in detail_a.steps.iter().zip(&detail_b.steps) {
                sums.add(one, other, detail_a.grid, [dx, dy]);
            }
            // Nearer ones first among equals.
            let (score, far) = (sums.score(), dx.abs() + dy.abs());
            let [x, y] = best.1;
            if score > best.0 || score == best.0 && far < x.abs() + y.abs() {
                best = (score, [dx, dy]);
            }
        }
    }
    let (score, by) = best;
    let (step, residual) = brightness(a, b, by);
    Some(Same { score, step, residual })
}

/// Compares two sketches as neighbours along x (`axis` 0) or y (1); about as far apart
/// as `expected`, if that is known.
pub(super) fn neighbour(
    a: &Sketch,
    b: &Sketch,
    details: [&Detail; 2],
    axis: usize,
    expected: Option<i32>,
) -> Option<Shift> {
    let [one, other] = details;
    if a.size() != b.size() || !one.fits(other) {
        return None;
    }
    let [cols, rows] = one.grid;
    let (along, across) = if axis == 0 { (cols, rows) } else { (rows, cols) };
    let (least, most) = (along as i32 * 15 / 100 + 1, along as i32 * 85 / 100);
    let drift = across as i32 * 12 / 100;
    let (planes_a, planes_b) = (one.steps.get(axis)?, other.steps.get(axis)?);
    let mut found = Best::default();
    let near = |far: &i32| expected.is_none_or(|way| (far - way).abs() * 4 <= way.abs());
    for far in (-most..=-least).chain(least..=most).filter(near) {
        for aside in -drift..=drift {
            let by = if axis == 0 { [far, aside] } else { [aside, far] };
            let mut sums = Sums::default();
            sums.add(planes_a, planes_b, one.grid, by);
            // Both must have something to show there.
            let enough = sums.count.saturating_mul(2);
            let score = if sums.a >= enough && sums.b >= enough { sums.score() } else { 0 };
            found.offer(score, by);
        }
    }
    let (score, by) = found.first;
    let (across_a, across_b) = (one.steps.get(1 - axis.min(1))?, other.steps.get(1 - axis.min(1))?);
    let mut sums = Sums::default();
    sums.add(across_a, across_b, one.grid, by);
    let followed = followed(a, b, by);
    Some(Shift { by, score, next: found.second.0, across: sums.score(), followed })
}

/// The best shift, and the best that is not beside it.
#[derive(Default)]
struct Best {
    first: (i32, [i32; 2]),
    second: (i32, [i32; 2]),
}

impl Best {
    fn offer(&mut self, score: i32, by: [i32; 2]) {
        let beside = |[x, y]: [i32; 2]| {
            let [u, v] = by;
            (x - u).abs() <= 2 && (y - v).abs() <= 2
        };
        if score > self.first.0 {
            if !beside(self.first.1) {
                self.second = self.first;
            }
            self.first = (score, by);
            if beside(self.second.1) {
                self.second = (0, [0; 2]);
            }
        } else if score > self.second.0 && !beside(self.first.1) {
            self.second = (score, by);
        }
    }
}

/// Sums of a correlation.
#[derive(Default)]
struct Sums {
    ab: i64,
    a: i64,
    b: i64,
    count: i64,
}

impl Sums {
    /// Adds the overlap of two planes of which `a` shows at (x + dx, y + dy) what `b`
    /// shows at (x, y).
    fn add(&mut self, a: &[i8], b: &[i8], grid: [usize; 2], by: [i32; 2]) {
        for (one, other) in overlap(grid, by) {
            let (Some(one), Some(other)) = (a.get(one), b.get(other)) else {
                continue;
            };
            let (mut ab, mut aa, mut bb, mut count) = (0i32, 0i32, 0i32, 0i32);
            for (&p, &q) in one.iter().zip(other) {
                if p != NONE && q != NONE {
                    let (p, q) = (i32::from(p), i32::from(q));
                    ab += p * q;
                    aa += p * p;
                    bb += q * q;
                    count += 1;
                }
            }
            self.ab += i64::from(ab);
            self.a += i64::from(aa);
            self.b += i64::from(bb);
            self.count += i64::from(count);
        }
    }

    fn score(&self) -> i32 {
        let norm = (self.a.max(0) as u64).saturating_mul(self.b.max(0) as u64).isqrt();
        (256 * self.ab / (norm.max(1) as i64)).clamp(-256, 256) as i32
    }
}

type Span = core::ops::Range<usize>;

/// Which samples of two planes of this size show the same, row by row.
fn overlap([cols, rows]: [usize; 2], [dx, dy]: [i32; 2]) -> impl Iterator<Item = (Span, Span)> {
    let start = |d: i32| (d.max(0).unsigned_abs() as usize, (-d).max(0).unsigned_abs() as usize);
    let ((ax, bx), (ay, by)) = (start(dx), start(dy));
    let wide = cols.saturating_sub(ax + bx);
    let high = rows.saturating_sub(ay + by);
    (0..high).map(move |row| {
        let (a, b) = ((row + ay) * cols + ax, (row + by) * cols + bx);
        (a..a + wide, b..b + wide)
    })
}

/// How much brighter `b` is, in 1/64 stops, and what is left of the difference.
fn brightness(a: &Sketch, b: &Sketch, by: [i32; 2]) -> (i32, u8) {
    let pairs = || {
        overlap(a.grid(), by).flat_map(|(one, other)| {
            let one = a.luma().get(one).unwrap_or(&[]);
            one.iter().zip(b.luma().get(other).unwrap_or(&[]))
        })
    };
    let mut doublings = [0i16; LUMA];
    let mut count = 0;
    let telling = |code: &u8| TELLING.contains(code);
    for (to, (p, q)) in doublings.iter_mut().zip(pairs().filter(|(p, q)| telling(p) && telling(q)))
    {
        *to = log2(*q) - log2(*p);
        count += 1;
    }
    let total = pairs().count();
    let median = |values: &mut [i16]| {
        let middle = values.len() / 2;
        if values.is_empty() { 0 } else { *values.select_nth_unstable(middle).1 }
    };
    let doubling = if count * 20 >= total {
        median(doublings.get_mut(..count).unwrap_or(&mut []))
    } else {
        // Nearly all is black or white: what the codes say of that.
        for (to, (p, q)) in doublings.iter_mut().zip(pairs()) {
            *to = log2((*q).max(4)) - log2((*p).max(4));
        }
        median(doublings.get_mut(..total).unwrap_or(&mut []))
    };
    let mut counts = [0u32; 256];
    for (p, q) in pairs() {
        if let Some(count) = counts.get_mut(usize::from(p.abs_diff(*q))) {
            *count += 1;
        }
    }
    let (mut below, mut residual) = (0, 255);
    for (size, count) in (0u8..=255).zip(counts) {
        below += count;
        if u64::from(below) * 20 >= total as u64 * 19 {
            residual = size;
            break;
        }
    }
    (i32::from(doubling) * STOPS_PER_DOUBLING / 256, residual)
}

/// Share of the details, in 1/256, that lie where they lay before though the rest has
/// moved by `by`: what a camera follows does that, and no panorama holds it.
fn followed(a: &Sketch, b: &Sketch, by: [i32; 2]) -> i32 {
    let [cols, rows] = a.grid();
    let (one, other) = (a.luma(), b.luma());
    let at = |plane: &[u8], x: i32, y: i32| {
        let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        if x < cols && y < rows { plane.get(y * cols + x).map(|&v| i32::from(v)) } else { None }
    };
    let [dx, dy] = by;
    let (mut details, mut stayed) = (0, 0);
    for y in 0..rows as i32 {
        for x in 0..cols as i32 {
            let (Some(here), Some(right), Some(below)) =
                (at(other, x, y), at(other, x + 1, y), at(other, x, y + 1))
            else {
                continue;
            };
            let (Some(before), Some(moved)) = (at(one, x, y), at(one, x + dx, y + dy)) else {
                continue;
            };
            if (here - right).abs().max((here - below).abs()) >= 10 {
                details += 1;
                stayed += i32::from((here - before).abs() <= 5 && (here - moved).abs() >= 15);
            }
        }
    }
    256 * stayed / details.max(1)
}

/// `256 * log2(code)`, rounded down; 0 for 0.
fn log2(code: u8) -> i16 {
    LOG2.get(usize::from(code)).copied().unwrap_or(0)
}

const LOG2: [i16; 256] = {
    let mut table = [0; 256];
    let mut n = 1;
    while n < 256 {
        // Squaring a number doubles its logarithm: each time that it goes beyond 2
        // gives a digit.
        let whole = (n as u64).ilog2();
        let mut x = (n as u64) << (31 - whole);
        let mut log = whole as i16;
        let mut digit = 0;
        while digit < 8 {
            x = (x * x) >> 31;
            log *= 2;
            if x >> 32 != 0 {
                x >>= 1;
                log += 1;
            }
            digit += 1;
        }
        table[n] = log;
        n += 1;
    }
    table
};

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
