//! The levels of a cell: how much detail it has, ring by ring.
//!
//! A level is the mean power of a ring's coefficients in eighths of an octave,
//! times the squared frequency: natural pictures, and sharp edges, have about the
//! same level in every ring (Field, "Relations between the statistics of natural
//! images", 1987), and blur makes the levels fall outwards. The mean over a
//! ring's directions is that of the logarithms: one direction with little detail
//! counts for as much as one with plenty.

use crate::bands::BANDS;
use crate::frame::Cell;

/// Rings, from the coarsest to the finest.
pub(super) const RINGS: usize = 6;

/// Levels of the frequencies along one axis.
pub(super) const DIRECTED: usize = 5;

/// Code of a band whose coefficients are all of size 1: `8 log2(4 n)`, rounded.
const OFFSETS: [i16; BANDS] = [24, 24, 24, 24, 32, 32, 37, 37, 32, 32, 16, 32, 40, 32, 43];

/// `96 log2(f)` for each ring's mean frequency `f`: 1.55, 2.65, 3.85, 5.78, 7.15
/// and 8.6 half waves in a block.
const WHITENING: [i16; RINGS] = [61, 135, 187, 243, 273, 298];

/// No cell's levels differ by more than this, whatever its codes.
pub(super) const MOST_APART: i16 = 288;

/// A cell at least this bright in the coarsest ring has an edge or texture.
const TEXTURE: i16 = 40;

/// Level of a band before whitening; of the last for a band that is none.
#[inline(always)]
pub(super) fn level(cell: &Cell, band: usize) -> i16 {
    let band = band.min(BANDS - 1);
    i16::from(cell.codes[band]) - OFFSETS[band]
}

/// 48ths of an octave to eighths, downwards.
#[inline(always)]
fn eighths(sum: i16) -> i16 {
    sum.div_euclid(6)
}

/// Level of the coarsest ring: the bands 0, 1 and 10.
#[inline(always)]
pub(super) fn coarsest(cell: &Cell) -> i16 {
    eighths(2 * (level(cell, 0) + level(cell, 1) + level(cell, 10)) + WHITENING[0])
}

/// Levels of all rings.
#[inline(always)]
pub(super) fn rings(cell: &Cell) -> [i16; RINGS] {
    let b = |band| level(cell, band);
    [
        coarsest(cell),
        eighths(3 * (b(2) + b(3)) + WHITENING[1]),
        eighths(2 * (b(4) + b(5) + b(11)) + WHITENING[2]),
        eighths(2 * (b(6) + b(7) + b(12)) + WHITENING[3]),
        eighths(2 * (b(8) + b(9) + b(13)) + WHITENING[4]),
        eighths(6 * b(14) + WHITENING[5]),
    ]
}

/// Levels, not whitened, of the frequencies along x (`axis` 0) or y (1).
#[inline(always)]
pub(super) fn directed(cell: &Cell, axis: usize) -> [i16; DIRECTED] {
    [0, 2, 4, 6, 8].map(|ring| level(cell, ring + (axis & 1)))
}

/// How much a cell's detail falls off from the coarsest ring to the fourth, in
/// eighths of an octave of power: about 0 on a sharp edge, -24 and less where
/// nothing is in focus. `None` without texture, where there is nothing to tell.
#[must_use]
pub fn cell_sharpness(cell: &Cell) -> Option<i32> {
    let [coarsest, _, _, fine, ..] = rings(cell);
    (cell.is_seen() && coarsest >= TEXTURE).then(|| i32::from(fine - coarsest))
}

/// A cell that falls off by less is sharp, and one whose frequencies along either
/// axis, not whitened, fall off by less. A direction without detail does not fall.
pub(super) const SHARP: i32 = -24;
const SHARP_DIRECTED: i16 = -56;

/// Whether a cell has texture that neither defocus nor motion has touched.
pub(super) fn is_sharp(cell: &Cell) -> bool {
    cell_sharpness(cell).is_some_and(|falloff| falloff >= SHARP)
        && [0, 1].into_iter().all(|axis| {
            let [coarsest, _, _, fine, _] = directed(cell, axis);
            fine - coarsest >= SHARP_DIRECTED
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands;

    #[test]
    fn an_edge_is_level_and_a_blurred_one_falls() {
        // The power of an edge falls with the square of the frequency.
        let of = |power: f64| {
            let sums = core::array::from_fn(|k| {
                let at = f64::from(bands::ZIGZAG[k]);
                let (u, v) = (at % 8.0, (at / 8.0).floor());
                (4e5 / (u * u + v * v + 1e-9).powf(power)) as u32
            });
            bands::cell(&sums, 64, 4, 100)
        };
        assert!(cell_sharpness(&of(1.0)).is_some_and(|s| s.abs() <= 3));
        // Twice the exponent from frequency 1.55 to 5.78: 1.9 octaves, twice.
        assert!(cell_sharpness(&of(2.0)).is_some_and(|s| (-40..=-26).contains(&s)));
        assert_eq!(cell_sharpness(&Cell::UNSEEN), None);
        assert_eq!(cell_sharpness(&bands::cell(&[0; 64], 64, 4, 100)), None);
    }

    #[test]
    fn no_levels_are_farther_apart_than_stated() {
        for high in 0..BANDS {
            for (one, rest) in [(255, 0), (0, 255)] {
                let mut codes = [rest; BANDS];
                codes[high] = one;
                // All bands but those of one ring at the other end.
                for ring in [[0, 1, 10], [4, 5, 11], [6, 7, 12], [8, 9, 13], [2, 3, 3]] {
                    if ring.contains(&high) {
                        ring.iter().for_each(|&b| codes[b] = one);
                    }
                }
                let cell = Cell { codes, mean: 0 };
                let levels = rings(&cell);
                assert!(levels.iter().all(|l| (l - levels[0]).abs() < MOST_APART), "{levels:?}");
                for axis in [0, 1] {
                    let levels = directed(&cell, axis);
                    assert!(levels.iter().all(|l| (l - levels[0]).abs() < MOST_APART));
                }
            }
        }
    }
}
