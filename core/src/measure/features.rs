//! What the blur and motion models look at: 153 integers.
//!
//! In come a frame's cells; out go percentiles and means of their levels and of
//! the levels' differences, the slopes, in the cells with most detail.
//! `models/train/features.py` is the same in Python, value for value; the models
//! are trained with it.
//!
//! | name | number | what |
//! | --- | --- | --- |
//! | `level0` `level1` `level2` | 8 each | percentiles 5 10 25 50 75 90 95 98 of the level of a ring |
//! | `slope2` `slope8` `slope25` | 20, 20, 25 | of the 2, 8, 25 % of cells with the highest level of the coarsest ring: levels of the other five rings less that one; mean, percentiles 10 50 90, and 97 of the last share |
//! | `softer10` `sharper10` ... | 24, 32 | of the 10 and 25 % of cells with the highest level along x, then along y: levels of the other four rings less that one; mean, percentiles 90 10, and 97 of the last share; the smaller of the two axes, then the larger |
//! | `luma` | 5 | percentiles 5 25 50 75 95 of the cells' mean luma |
//! | `dark` `bright` | 1 each | 1024ths of cells below 16, above 240 |
//! | `size` | 1 | octaves from 640 pixels to the root of the area |
//!
//! Levels and slopes are in 128ths of an octave of power; percentiles are
//! multiples of 16.

use super::detail::{DIRECTED, MOST_APART, RINGS, coarsest, directed, rings};
use super::seen;
use crate::frame::Frame;

/// Number of features.
pub const COUNT: usize = 153;

const _: () = assert!(COUNT == super::blur_model::FEATURES);

/// Places of some features: `level0_7`, the 98th percentile of the coarsest level;
/// `slope8p90_2` and `softer10p90_2`, how little the best cells fall off to the
/// fourth ring; `luma_4`; `size_0`.
pub(super) const TEXTURE_98: usize = 7;
pub(super) const FINE_BEST: usize = 61;
pub(super) const FINE_SOFTER_BEST: usize = 99;
pub(super) const LUMA_95: usize = 149;
pub(super) const SIZE: usize = 152;

const LEVEL_PERCENTS: [u32; 8] = [5, 10, 25, 50, 75, 90, 95, 98];
const SHARES: [u32; 3] = [25, 8, 2];
const DIRECTED_SHARES: [u32; 2] = [25, 10];
const LUMA_PERCENTS: [u32; 5] = [5, 25, 50, 75, 95];

/// Levels lie between these, whatever the codes.
const LOWEST: i16 = -64;
const LEVELS: usize = 352;

/// Slopes lie between `-MOST_APART` and that.
const SLOPES: usize = 2 * MOST_APART as usize;

/// The features of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    values: [i16; COUNT],
    cells: u32,
}

impl Features {
    /// Computes the features. All are 0 where no cell was seen.
    #[must_use]
    #[inline(never)]
    pub fn of(frame: &Frame<'_>) -> Self {
        let levels = Levels::of(frame);
        let mut out = Writer { values: [0; COUNT], at: 0 };
        if levels.cells > 0 {
            for ring in &levels.rings {
                LEVEL_PERCENTS.iter().for_each(|&p| out.put(16 * ring.percentile(p)));
            }
            slopes(frame, &levels, &mut out);
            directed_slopes(frame, &levels, &mut out);
            LUMA_PERCENTS.iter().for_each(|&p| out.put(16 * levels.luma.percentile(p)));
            let share = |part: u32| 1024 * u64::from(part) / u64::from(levels.cells);
            let counts = &levels.luma.counts;
            let sum = |part: &[u16]| part.iter().map(|&count| u32::from(count)).sum();
            out.put(share(sum(counts.get(..16).unwrap_or(&[]))) as i32);
            out.put(share(sum(counts.get(241..).unwrap_or(&[]))) as i32);
            out.put(size(frame.width, frame.height));
        }
        Self { values: out.values, cells: levels.cells }
    }

    /// The values, in the order of the table above.
    #[must_use]
    pub fn values(&self) -> &[i16; COUNT] {
        &self.values
    }

    /// One value; 0 for one that is none.
    pub(super) fn get(&self, index: usize) -> i16 {
        self.values.get(index).copied().unwrap_or(0)
    }

    /// Cells that were seen.
    #[must_use]
    pub fn cells(&self) -> u32 {
        self.cells
    }

    /// The names, in the same order.
    pub fn names() -> impl Iterator<Item = Name> {
        let level = (0..3).flat_map(|ring| numbered("level", ring, "", 8));
        let slope = [2, 8, 25].into_iter().flat_map(|share| {
            let kinds = ["m", "p10", "p50", "p90", "p97"];
            let kinds = kinds.into_iter().take(if share == 25 { 5 } else { 4 });
            kinds.flat_map(move |kind| numbered("slope", share, kind, RINGS - 1))
        });
        let directed = [10, 25].into_iter().flat_map(|share| {
            let kinds = ["m", "p90", "p10", "p97"];
            let kinds = kinds.into_iter().take(if share == 25 { 4 } else { 3 });
            kinds.flat_map(move |kind| {
                let of = |which| numbered(which, share, kind, DIRECTED - 1);
                of("softer").chain(of("sharper"))
            })
        });
        let single = |group| Name { group, number: None, kind: "", index: 0 };
        let luma = (0..5).map(move |index| Name { index, ..single("luma") });
        let rest = ["dark", "bright", "size"].into_iter().map(single);
        level.chain(slope).chain(directed).chain(luma).chain(rest)
    }
}

/// Name of a feature, such as `slope25p97_3`: the fourth slope's 97th percentile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    group: &'static str,
    number: Option<u8>,
    kind: &'static str,
    index: usize,
}

impl core::fmt::Display for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.group)?;
        if let Some(number) = self.number {
            write!(f, "{number}")?;
        }
        write!(f, "{}_{}", self.kind, self.index)
    }
}

fn numbered(
    group: &'static str,
    number: u8,
    kind: &'static str,
    count: usize,
) -> impl Iterator<Item = Name> {
    (0..count).map(move |index| Name { group, number: Some(number), kind, index })
}

/// The values so far.
struct Writer {
    values: [i16; COUNT],
    at: usize,
}

impl Writer {
    fn put(&mut self, value: i32) {
        if let Some(slot) = self.values.get_mut(self.at) {
            *slot = value.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        }
        self.at += 1;
    }
}

/// Counts of values from `FIRST` on. Counts stay at 65535, far above the number
/// of cells that any memory of [`frame`](crate::frame) holds.
struct Histogram<const FIRST: i16, const N: usize> {
    counts: [u16; N],
}

impl<const FIRST: i16, const N: usize> Histogram<FIRST, N> {
    const fn new() -> Self {
        Self { counts: [0; N] }
    }

    #[inline(always)]
    fn add(&mut self, value: i16) {
        if let Some(count) = self.counts.get_mut(usize::from((value - FIRST).cast_unsigned())) {
            *count = count.saturating_add(1);
        }
    }

    fn absorb(&mut self, other: &Self) {
        for (count, &more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(more);
        }
    }

    fn total(&self) -> u32 {
        self.counts.iter().map(|&count| u32::from(count)).sum()
    }

    /// The least value that at least `percent` % of all, and one, do not exceed.
    fn percentile(&self, percent: u32) -> i32 {
        self.at_rank((percent * self.total()).div_ceil(100).max(1))
    }

    /// The value that the highest `percent` %, rounded down, and at least one,
    /// all reach.
    fn top(&self, percent: u32) -> i16 {
        let total = self.total();
        self.at_rank(total - (percent * total / 100).max(1).min(total) + 1) as i16
    }

    /// The value of a rank, counted from 1 for the least.
    fn at_rank(&self, rank: u32) -> i32 {
        let mut below = 0;
        let at = self.counts.iter().position(|&count| {
            below += u32::from(count);
            below >= rank
        });
        i32::from(FIRST) + at.unwrap_or(N) as i32
    }

    /// 16 times the mean, rounded half up.
    fn mean16(&self) -> i32 {
        let total = i64::from(self.total());
        let values = self.counts.iter().zip(i64::from(FIRST)..);
        let sum: i64 = values.map(|(&count, value)| i64::from(count) * value).sum();
        if total == 0 { 0 } else { (32 * sum + total).div_euclid(2 * total) as i32 }
    }
}

type Level = Histogram<LOWEST, LEVELS>;
type Slope = Histogram<{ -MOST_APART }, SLOPES>;

/// First pass: how the levels are distributed.
struct Levels {
    /// The three coarsest rings.
    rings: [Level; 3],
    /// The coarsest ring along x and y.
    directed: [Level; 2],
    luma: Histogram<0, 256>,
    cells: u32,
}

impl Levels {
    fn of(frame: &Frame<'_>) -> Self {
        let mut levels = Self {
            rings: [const { Level::new() }; 3],
            directed: [const { Level::new() }; 2],
            luma: Histogram::new(),
            cells: 0,
        };
        for cell in seen(frame) {
            let [r0, r1, r2, ..] = rings(cell);
            for (histogram, level) in levels.rings.iter_mut().zip([r0, r1, r2]) {
                histogram.add(level);
            }
            for (axis, histogram) in levels.directed.iter_mut().enumerate() {
                histogram.add(directed(cell, axis)[0]);
            }
            levels.luma.add(i16::from(cell.mean));
        }
        levels.cells = levels.luma.total();
        levels
    }
}

/// Slopes of the cells with most detail, for several shares of them, the largest
/// first.
struct Slopes<const SHARES: usize, const N: usize> {
    /// The level from which a cell belongs to a share.
    from: [i16; SHARES],
    /// Cells of one share and not of the next.
    found: [[Slope; N]; SHARES],
}

impl<const SHARES: usize, const N: usize> Slopes<SHARES, N> {
    fn new(levels: &Level, shares: [u32; SHARES]) -> Self {
        let found = [const { [const { Slope::new() }; N] }; SHARES];
        Self { from: shares.map(|share| levels.top(share)), found }
    }

    /// Counts a cell, given its level and its slopes.
    #[inline(always)]
    fn add(&mut self, level: i16, slopes: impl FnOnce() -> [i16; N]) {
        let shares = self.from.iter().filter(|&&from| level >= from).count();
        let Some(histograms) = shares.checked_sub(1).and_then(|last| self.found.get_mut(last))
        else {
            return;
        };
        for (histogram, slope) in histograms.iter_mut().zip(slopes()) {
            histogram.add(slope);
        }
    }

    /// The distributions, where a share holds the smaller ones too.
    fn finish(&mut self) -> &[[Slope; N]; SHARES] {
        for larger in (1..SHARES).rev() {
            let (larger, smaller) = self.found.split_at_mut(larger);
            if let (Some(larger), Some(smaller)) = (larger.last_mut(), smaller.first()) {
                larger.iter_mut().zip(smaller).for_each(|(to, from)| to.absorb(from));
            }
        }
        &self.found
    }
}

// Each pass has many histograms on its stack; out of line they share the place.

/// Second pass: the whole rings.
#[inline(never)]
fn slopes(frame: &Frame<'_>, levels: &Levels, out: &mut Writer) {
    let [coarse, ..] = &levels.rings;
    let mut slopes = Slopes::<{ SHARES.len() }, { RINGS - 1 }>::new(coarse, SHARES);
    for cell in seen(frame) {
        slopes.add(coarsest(cell), || {
            let [first, rest @ ..] = rings(cell);
            rest.map(|level| level - first)
        });
    }
    for (share, histograms) in SHARES.iter().zip(slopes.finish()).rev() {
        histograms.iter().for_each(|slope| out.put(slope.mean16()));
        let percents: &[u32] = if *share == 25 { &[10, 50, 90, 97] } else { &[10, 50, 90] };
        for &percent in percents {
            histograms.iter().for_each(|slope| out.put(16 * slope.percentile(percent)));
        }
    }
}

/// What is told of the slopes along one axis.
const STATISTICS: usize = 4;
type Statistics = [[i32; DIRECTED - 1]; STATISTICS];

/// Third and fourth pass: the same along x and along y.
fn directed_slopes(frame: &Frame<'_>, levels: &Levels, out: &mut Writer) {
    let [along_x, along_y] = &levels.directed;
    let (x, y) = (along(0, frame, along_x), along(1, frame, along_y));
    // From the last on; a zip that is walked backwards brings code that can panic.
    for (share, (x, y)) in DIRECTED_SHARES.iter().rev().zip(x.iter().rev().zip(y.iter().rev())) {
        let statistics = if *share == 25 { STATISTICS } else { STATISTICS - 1 };
        for (x, y) in x.iter().zip(y).take(statistics) {
            x.iter().zip(y).for_each(|(&x, &y)| out.put(x.min(y)));
            x.iter().zip(y).for_each(|(&x, &y)| out.put(x.max(y)));
        }
    }
}

#[inline(never)]
fn along(axis: usize, frame: &Frame<'_>, levels: &Level) -> [Statistics; DIRECTED_SHARES.len()] {
    let mut slopes =
        Slopes::<{ DIRECTED_SHARES.len() }, { DIRECTED - 1 }>::new(levels, DIRECTED_SHARES);
    for cell in seen(frame) {
        let [first, rest @ ..] = directed(cell, axis);
        slopes.add(first, || rest.map(|level| level - first));
    }
    slopes.finish().each_ref().map(|histograms| {
        let percentiles =
            |percent| histograms.each_ref().map(|slope| 16 * slope.percentile(percent));
        let means = histograms.each_ref().map(Slope::mean16);
        [means, percentiles(90), percentiles(10), percentiles(97)]
    })
}

/// 128ths of an octave from 640 pixels to the root of the area, 0 to 410.
fn size(width: u32, height: u32) -> i32 {
    let area = width as f32 * height as f32;
    let octaves = libm::log2f(area.max(1.0) / (640.0 * 640.0)) / 2.0;
    libm::roundf((128.0 * octaves).clamp(0.0, 410.0)) as i32
}

/// The same in octaves.
pub(super) fn octaves(width: u32, height: u32) -> f32 {
    size(width, height) as f32 / 128.0
}

#[cfg(test)]
mod tests {
    use super::super::scene::Picture;
    use super::*;
    use std::collections::HashSet;
    use std::string::{String, ToString};
    use std::vec::Vec;

    fn named(features: &Features, name: &str) -> i16 {
        let at = Features::names().position(|n| n.to_string() == name).expect(name);
        features.values()[at]
    }

    #[test]
    fn names_are_as_many_as_values_and_differ() {
        let names: Vec<String> = Features::names().map(|n| n.to_string()).collect();
        assert_eq!(names.len(), COUNT);
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), COUNT);
        assert_eq!(names[23], "level2_7");
        assert_eq!(names[88], "slope25p97_4");
        for (at, name) in [
            (TEXTURE_98, "level0_7"),
            (FINE_BEST, "slope8p90_2"),
            (FINE_SOFTER_BEST, "softer10p90_2"),
            (LUMA_95, "luma_4"),
            (SIZE, "size_0"),
        ] {
            assert_eq!(names[at], name);
        }
    }

    #[test]
    fn percentiles_ranks_and_means_are_those_of_sorted_values() {
        let mut histogram = Histogram::<-10, 30>::new();
        let values = [-7i16, -7, -1, 0, 0, 3, 5, 5, 5, 12];
        values.iter().for_each(|&value| histogram.add(value));
        for (percent, value) in [(0, -7), (10, -7), (30, -1), (31, 0), (50, 0), (90, 5), (97, 12)] {
            assert_eq!(histogram.percentile(percent), value, "{percent}");
        }
        for (percent, value) in [(2, 12), (10, 12), (25, 5), (40, 5), (50, 3), (100, -7)] {
            assert_eq!(histogram.top(percent), value, "{percent}");
        }
        assert_eq!(histogram.mean16(), 24);
    }

    #[test]
    fn slopes_fall_with_blur_and_softer_is_along_the_motion() {
        let sharp = Picture::leaves(640, 480, 1);
        let of = |picture: &Picture| Features::of(&picture.scene().frame());
        let (crisp, soft) = (of(&sharp), of(&sharp.defocused(4)));
        assert_eq!(crisp.cells(), 20 * 60);
        assert!(named(&soft, "slope8m_2") < named(&crisp, "slope8m_2") - 256);
        let moved = of(&sharp.smeared(7, 0));
        let apart = |f: &Features| named(f, "sharper25m_2") - named(f, "softer25m_2");
        assert!(apart(&moved) > apart(&crisp) + 256);
    }

    #[test]
    fn light_and_size_are_told() {
        let flat = Features::of(&Picture::flat(640, 640, 9).scene().frame());
        assert_eq!(named(&flat, "luma_2"), 144);
        assert_eq!((named(&flat, "dark_0"), named(&flat, "bright_0")), (1024, 0));
        assert_eq!(named(&flat, "size_0"), 0);
        let large = Features::of(&Picture::flat(1280, 1280, 250).scene().frame());
        assert_eq!(named(&large, "size_0"), 128);
        assert_eq!(named(&large, "bright_0"), 1024);
    }
}
