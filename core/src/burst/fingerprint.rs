//! What a picture looks like, in few bytes.
//!
//! In come a frame's small planes; out goes a [`Fingerprint`], whose distance to that of
//! another picture is small where the two show the same. All of it is integers: the same
//! frame gives the same bytes on every processor.
//!
//! 1. Luma becomes its rank: the share of the picture that is darker. Exposure and tone
//!    curves keep ranks, but for what they clip.
//! 2. The picture, upright and stretched to a square, is averaged into 16 x 16 cells.
//! 3. Of their cosine transform (DCT-II) the 44 lowest frequencies are kept, without the
//!    mean. Pictures have the less energy the higher the frequency, so all are lifted by
//!    the frequency to the power of 0.65: the lowest alone say little more than that the
//!    sky is above. What is cropped or shifted by a few percent hardly changes them.
//! 4. They are brought to one length, and rounded to a byte each.
//! 5. Of Cb and Cr the six lowest frequencies are kept, with the mean, as they are.
//!
//! That phases of a picture's low frequencies tell it from others is as old as
//! perceptual hashes (Zauner, "Implementation and benchmarking of perceptual image hash
//! functions", 2010); these keep one bit of each frequency and have all weigh the same.

use crate::frame::Frame;
use crate::geometry::Orientation;
use crate::plane::Plane;

/// Numbers of a fingerprint that tell of luma.
pub const LUMA: usize = 44;

/// Numbers that tell of colour: six of Cb, then six of Cr.
pub const COLOUR: usize = 12;

/// The length of a fingerprint's luma, as a vector.
const LENGTH: i64 = 127;

/// Cells across and down.
const CELLS: usize = 16;

/// The highest frequency along one side, and of both sides together.
const HIGHEST: usize = 8;

/// The same of colour.
const HIGHEST_COLOUR: usize = 2;

/// A picture whose lifted frequencies together are shorter than this says nothing: its
/// fingerprint is blank. Photographs have 12 million and more, even two stops too bright;
/// ranks make noise strong, but what 16 x 16 means leave of it is 5 million where the
/// plane has 80 x 60 samples, and less in larger ones.
const FLAT: u64 = 6_000_000;

/// Colour differs by this at most, where luma differs by up to twice [`LENGTH`] squared
/// between unrelated pictures: three tenths of the length squared.
const COLOUR_WEIGHT: u32 = 4839;

/// Colour as faint as this, squared, is as good as none.
const FAINT: u32 = 187;

/// Shapes whose width differs by more than this share of width and height together, in
/// 256ths, are those of different pictures: a twentieth cut off one side is 3.
const SHAPE: u8 = 10;

/// Distance of pictures of different shape.
const FAR: u32 = 1 << 16;

/// `round(2^14 sqrt(2 / 16) cos(pi (2 i + 1) u / 32))`, with the mean's divided by the root
/// of 2, of the first half of a row; the second mirrors it.
const COSINES: [[i64; CELLS / 2]; HIGHEST + 1] = [
    [4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096],
    [5765, 5543, 5109, 4478, 3675, 2731, 1682, 568],
    [5681, 4816, 3218, 1130, -1130, -3218, -4816, -5681],
    [5543, 3675, 568, -2731, -5109, -5765, -4478, -1682],
    [5352, 2217, -2217, -5352, -5352, -2217, 2217, 5352],
    [5109, 568, -4478, -5543, -1682, 3675, 5765, 2731],
    [4816, -1130, -5681, -3218, 3218, 5681, 1130, -4816],
    [4478, -2731, -5543, 568, 5765, 1682, -5109, -3675],
    [4096, -4096, -4096, 4096, 4096, -4096, -4096, 4096],
];

/// `round(64 (u^2 + v^2)^(0.65 / 2))`.
const LIFT: [[i64; HIGHEST + 1]; HIGHEST + 1] = [
    [0, 64, 100, 131, 158, 182, 205, 227, 247],
    [64, 80, 108, 135, 161, 185, 207, 228, 249],
    [100, 108, 126, 147, 169, 191, 212, 233, 252],
    [131, 135, 147, 164, 182, 201, 221, 239, 258],
    [158, 161, 169, 182, 197, 214, 231, 249, 266],
    [182, 185, 191, 201, 214, 228, 243, 259, 275],
    [205, 207, 212, 221, 231, 243, 257, 271, 286],
    [227, 228, 233, 239, 249, 259, 271, 284, 297],
    [247, 249, 252, 258, 266, 275, 286, 297, 310],
];

/// What a picture looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    luma: [i8; LUMA],
    colour: [i8; COLOUR],
    /// Width over width and height together, in 256ths.
    shape: u8,
}

impl Default for Fingerprint {
    /// A blank one.
    fn default() -> Self {
        Self { luma: [0; LUMA], colour: [0; COLOUR], shape: 128 }
    }
}

impl Fingerprint {
    /// Bytes of a fingerprint.
    pub const BYTES: usize = LUMA + COLOUR + 1;

    /// Up to this distance two pictures taken one right after the other show the same
    /// moving thing. Of unrelated photographs one pair in some 5,000 is as near.
    pub const BURST: u32 = 12_000;

    /// Up to this distance two pictures that were taken about the same place in a series
    /// are near-duplicates, whether or not a clock says so. Of unrelated photographs one
    /// pair in some 75,000 is as near.
    pub const NEAR: u32 = 8_000;

    /// Up to this distance two pictures are one: copies of one file, cropped a little,
    /// brightened or made smaller, or frames of a tripod. Of half a million pairs of
    /// unrelated photographs none is as near: it can be asked of a large folder.
    pub const SAME: u32 = 3_200;

    /// The fingerprint of a frame, which must be turned as `orientation` says to stand
    /// upright. What was not seen of the frame counts as grey.
    #[must_use]
    pub fn of(frame: &Frame<'_>, orientation: Orientation) -> Self {
        let both = u64::from(frame.width) + u64::from(frame.height);
        let shape = (255 * u64::from(frame.width)).checked_div(both).unwrap_or(128);
        let mut colour = [0; COLOUR];
        for (plane, numbers) in
            frame.chroma.iter().flatten().zip(colour.chunks_exact_mut(COLOUR / 2))
        {
            let levels = core::array::from_fn(|level| (level as i64 - 128) << 8);
            let waves = transform(&cells(*plane, &levels), HIGHEST_COLOUR);
            for (number, (u, v)) in numbers.iter_mut().zip(frequencies(HIGHEST_COLOUR)) {
                *number = byte(at(&waves, u, v), 8 << 8);
            }
        }
        let waves = transform(&cells(frame.luma, &ranks(frame.luma)), HIGHEST);
        Self { luma: normalised(&waves), colour, shape: shape as u8 }.turned(orientation)
    }

    /// The fingerprint of the same picture after it was turned as `orientation` says: that
    /// of the upright picture, from that of the stored one.
    #[must_use]
    pub fn turned(&self, orientation: Orientation) -> Self {
        let shape = if orientation.swaps_axes() { 255 - self.shape } else { self.shape };
        let mut turned = Self { shape, ..*self };
        let all = || frequencies(HIGHEST).skip(1);
        turn(&mut turned.luma, all(), 1, &self.luma, orientation);
        let half = COLOUR / 2;
        let planes = turned.colour.chunks_exact_mut(half).zip(self.colour.chunks_exact(half));
        for (upright, stored) in planes {
            turn(upright, frequencies(HIGHEST_COLOUR), 0, stored, orientation);
        }
        turned
    }

    /// How different two pictures look: 0 for the same, about 32,000 for unrelated ones.
    #[must_use]
    pub fn distance(&self, other: &Self) -> u32 {
        let colour = square(&self.colour, &other.colour);
        let strength = square(&self.colour, &[0; COLOUR]) + square(&other.colour, &[0; COLOUR]);
        // At most twice the weight, as a difference squared is of two strengths.
        let colour = u64::from(COLOUR_WEIGHT) * u64::from(colour) / u64::from(strength + FAINT);
        let shape = if self.shape.abs_diff(other.shape) > SHAPE { FAR } else { 0 };
        self.luma_distance(other) + colour as u32 + shape
    }

    /// The part of the [`distance`](Self::distance) that luma makes, never more than it:
    /// the square of the Euclidean distance of their [vectors](Self::luma), by which an
    /// index can rule pictures out.
    #[must_use]
    pub fn luma_distance(&self, other: &Self) -> u32 {
        square(&self.luma, &other.luma)
    }

    /// The lowest frequencies of luma, those that vary most first.
    #[must_use]
    pub fn luma(&self) -> &[i8; LUMA] {
        &self.luma
    }

    /// Whether the picture is too flat to be told from others: a lens cap, a white wall.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.luma.iter().all(|&number| number == 0)
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [self.shape; Self::BYTES];
        let numbers = self.luma.iter().chain(&self.colour);
        bytes.iter_mut().zip(numbers).for_each(|(byte, number)| *byte = number.cast_unsigned());
        bytes
    }

    /// From its bytes. Any bytes are some fingerprint.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let mut numbers = bytes.iter().map(|byte| byte.cast_signed());
        let mut next = || numbers.next().unwrap_or_default();
        let luma = core::array::from_fn(|_| next());
        let colour = core::array::from_fn(|_| next());
        Self { luma, colour, shape: next().cast_unsigned() }
    }
}

/// The square of the Euclidean distance.
fn square<const N: usize>(a: &[i8; N], b: &[i8; N]) -> u32 {
    a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}

/// Values by rows.
type Grid = [[i64; CELLS]; CELLS];

/// Frequencies by rows.
type Waves = [[i64; HIGHEST + 1]; HIGHEST + 1];

/// Pairs of frequencies whose sum is at most `highest`, the lowest first.
fn frequencies(highest: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..=highest).flat_map(|sum| (0..=sum).map(move |v| (sum - v, v)))
}

/// Turns the numbers of some frequencies, of which the first `left_out` of all are not
/// there: a mirrored wave is the same, or its negative if it is an odd one.
fn turn(
    upright: &mut [i8],
    places: impl Iterator<Item = (usize, usize)>,
    left_out: usize,
    stored: &[i8],
    orientation: Orientation,
) {
    let (reverse_x, reverse_y) = orientation.reverses();
    for (number, (u, v)) in upright.iter_mut().zip(places) {
        let (u, v) = if orientation.swaps_axes() { (v, u) } else { (u, v) };
        let sum = u + v;
        let place = (sum * (sum + 1) / 2 + v).saturating_sub(left_out);
        let from = stored.get(place).copied().unwrap_or(0);
        let negative = (reverse_x && u % 2 == 1) != (reverse_y && v % 2 == 1);
        *number = if negative { from.saturating_neg() } else { from };
    }
}

fn at(waves: &Waves, u: usize, v: usize) -> i64 {
    waves.get(v).and_then(|row| row.get(u)).copied().unwrap_or(0)
}

/// A value divided by a positive number, rounded, as a byte.
fn byte(value: i64, by: i64) -> i8 {
    let rounded = (2 * value + by).div_euclid(2 * by.max(1));
    rounded.clamp(-LENGTH, LENGTH) as i8
}

/// For each level the share of samples below it, those at it counted by half:
/// -32,768 to 32,768.
fn ranks(plane: Plane<'_>) -> [i64; 256] {
    let mut counts = [0i64; 256];
    for y in 0..plane.height() {
        for &sample in plane.row(y) {
            if let Some(count) = counts.get_mut(usize::from(sample)) {
                *count += 1;
            }
        }
    }
    let all = counts.iter().sum::<i64>().max(1);
    let mut below = 0;
    counts.map(|count| {
        let twice = 2 * below + count;
        below += count;
        (twice << 15) / all - (1 << 15)
    })
}

/// The mean of what `levels` says of the samples in each cell. A sample that lies in
/// several cells counts in each by its share.
fn cells(plane: Plane<'_>, levels: &[i64; 256]) -> Grid {
    let mut grid = [[0; CELLS]; CELLS];
    let (width, height) = (plane.width(), plane.height());
    if width == 0 {
        return grid;
    }
    let all = (width * height) as i64;
    for y in 0..height {
        let row = plane.row(y);
        let value = |x: usize| {
            let sample = row.get(x).copied().unwrap_or(0);
            levels.get(usize::from(sample)).copied().unwrap_or(0)
        };
        let sums: [i64; CELLS] = core::array::from_fn(|cell| {
            // In 16ths of a sample a cell is as long as the row has samples.
            let (from, to) = (cell * width, (cell + 1) * width);
            let (first, last) = (from / CELLS, (to - 1) / CELLS);
            if first == last {
                return value(first) * width as i64;
            }
            let inner: i64 = (first + 1..last).map(value).sum();
            let first_share = ((first + 1) * CELLS - from) as i64;
            let last_share = (to - last * CELLS) as i64;
            inner * CELLS as i64 + value(first) * first_share + value(last) * last_share
        });
        let (from, to) = (y * CELLS, (y + 1) * CELLS);
        for (cell, line) in grid.iter_mut().enumerate() {
            let share = to.min((cell + 1) * height).saturating_sub(from.max(cell * height));
            if share > 0 {
                line.iter_mut().zip(&sums).for_each(|(mean, sum)| *mean += sum * share as i64);
            }
        }
    }
    grid.map(|line| line.map(|sum| sum.checked_div(all).unwrap_or(0)))
}

/// The frequencies up to `highest` along each side, of an orthonormal DCT-II.
fn transform(grid: &Grid, highest: usize) -> Waves {
    let wave = |line: &[i64; CELLS], cosines: &[i64; CELLS / 2], u: usize| {
        let mirrored = line.iter().rev();
        let halves = line.iter().zip(mirrored).zip(cosines);
        let sum: i64 = halves
            .map(|((&near, &far), c)| c * if u.is_multiple_of(2) { near + far } else { near - far })
            .sum();
        sum >> 14
    };
    let mut across = [[0; CELLS]; HIGHEST + 1];
    for (y, line) in grid.iter().enumerate() {
        for (u, (column, cosines)) in across.iter_mut().zip(&COSINES).enumerate().take(highest + 1)
        {
            if let Some(place) = column.get_mut(y) {
                *place = wave(line, cosines, u);
            }
        }
    }
    let mut waves = [[0; HIGHEST + 1]; HIGHEST + 1];
    for (v, (row, cosines)) in waves.iter_mut().zip(&COSINES).enumerate().take(highest + 1) {
        row.iter_mut()
            .zip(&across)
            .take(highest + 1)
            .for_each(|(place, column)| *place = wave(column, cosines, v));
    }
    waves
}

/// The frequencies but the mean, lifted, brought to one length.
fn normalised(waves: &Waves) -> [i8; LUMA] {
    let lifted = |(u, v)| at(waves, u, v) * at(&LIFT, u, v);
    let all = || frequencies(HIGHEST).skip(1).map(lifted);
    let length = all().map(|wave| wave.unsigned_abs().pow(2)).sum::<u64>().isqrt();
    let mut numbers = [0; LUMA];
    if length >= FLAT {
        for (number, wave) in numbers.iter_mut().zip(all()) {
            *number = byte(wave * LENGTH, length as i64);
        }
    }
    numbers
}

#[cfg(test)]
mod tests;
