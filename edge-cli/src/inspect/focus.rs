//! Where in the frame it is how sharp.
//!
//! In come the band energies of the tiles; out comes, for each tile with texture,
//! how its fine detail stands to its coarse, in octaves of energy: about -1 on a
//! bare step, 0 and more where a camera sharpened it, less where it is soft. This map is for
//! looking at. The verdict has its own way from the same energies.

use edgecull_core::bands::{COEFFICIENTS, HORIZONTAL, SQUARED_FREQUENCY, VERTICAL, exp2_q8};
use edgecull_core::frame::{Frame, Tile};
use edgecull_core::geometry::{Orientation, Rect};
use edgecull_core::measure::Measured;

/// Coarse energy, times squared frequency per coefficient and block, from which a
/// tile has texture.
const TEXTURE: f64 = 256.0;

/// A large picture is looked at from farther: octaves added for each doubling of
/// its longer side beyond this many pixels, and at most.
const LARGE: f32 = 640.0;
const PER_DOUBLING: f32 = 0.6;
const AT_MOST: f32 = 2.0;

/// The share of tiles that counts as the sharpest.
const SHARPEST: f32 = 0.02;

/// Tiles with texture and how sharp each is.
#[derive(Clone, Debug, Default)]
pub struct FocusMap {
    /// In the order of the tiles.
    pub cells: Vec<Cell>,
}

/// One tile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Its place in pixels.
    pub rect: Rect,
    /// Octaves of energy: 0 crisp, -5 far out of focus.
    pub octaves: f32,
}

impl FocusMap {
    /// The map of a frame as stored.
    #[must_use]
    pub fn of(frame: &Frame<'_>, measured: &Measured) -> Self {
        let noise = measured.noise.energy as f64;
        let doublings = (frame.width.max(frame.height) as f32 / LARGE).max(1.0).log2();
        let allowance = (PER_DOUBLING * doublings).min(AT_MOST);
        let grid = frame.tiles;
        let rows = grid.tiles.chunks(grid.cols.max(1)).take(grid.rows);
        let cells = (0u32..).zip(rows).flat_map(|(y, row)| {
            (0u32..).zip(row).filter_map(move |(x, tile)| {
                let (w, h) = (grid.tile_width, grid.tile_height);
                let rect = Rect { x: x.saturating_mul(w), y: y.saturating_mul(h), w, h };
                let rect = rect.clamped(frame.width, frame.height);
                let octaves = octaves(tile, noise)? + allowance;
                (rect.area() > 0).then_some(Cell { rect, octaves })
            })
        });
        Self { cells: cells.collect() }
    }

    /// The same map of the picture turned upright.
    #[must_use]
    pub fn upright(mut self, orientation: Orientation, width: u32, height: u32) -> Self {
        for cell in &mut self.cells {
            cell.rect = orientation.rect(cell.rect, width, height);
        }
        self
    }

    /// How sharp the sharpest tiles are; `None` without texture.
    #[must_use]
    pub fn sharpest(&self) -> Option<f32> {
        let mut octaves: Vec<f32> = self.cells.iter().map(|c| c.octaves).collect();
        octaves.sort_by(|a, b| b.total_cmp(a));
        octaves.get((octaves.len() as f32 * SHARPEST) as usize).copied()
    }

    /// The detail that is there of what a crisp picture has, as a share of
    /// amplitude: two octaves of energy are one of amplitude.
    #[must_use]
    pub fn detail(&self) -> Option<f32> {
        self.sharpest().map(|octaves| (octaves / 2.0).exp2().min(1.0))
    }
}

/// Sharpness of one tile in its softer direction; `None` without texture.
fn octaves(tile: &Tile, noise: f64) -> Option<f32> {
    [HORIZONTAL, VERTICAL]
        .into_iter()
        .filter_map(|[b0, b1, b2, b3, _]| {
            let coarse = whitened(tile, [b0, b1], noise);
            let fine = whitened(tile, [b2, b3], noise);
            (coarse > TEXTURE).then(|| ((fine + 1.0) / (coarse + 1.0)).log2() as f32)
        })
        .reduce(f32::min)
}

/// Energy of two bands above the noise, per coefficient and block of the tile's
/// sixteen, times the mean squared frequency, which evens out an edge's own fall-off.
fn whitened(tile: &Tile, bands: [usize; 2], noise: f64) -> f64 {
    let sum = |table: &[u32; 16]| bands.iter().map(|&b| f64::from(table[b])).sum::<f64>();
    let energy: f64 = bands.iter().map(|&b| exp2_q8(tile[b]) as f64).sum();
    let coefficients = sum(&COEFFICIENTS);
    let signal = (energy - noise * coefficients).max(0.0);
    signal * sum(&SQUARED_FREQUENCY) / (16.0 * coefficients * coefficients)
}

#[cfg(test)]
mod tests {
    use super::*;
    use edgecull_core::bands::log2_q8;

    /// A tile whose energies fall with the square of the frequency, and by
    /// another factor from the coarse rings to the fine ones.
    fn tile(fine: f64) -> Tile {
        let mut tile = [0; 16];
        for band in 0..10 {
            let c = f64::from(COEFFICIENTS[band]);
            let energy = 1e9 * c * c / f64::from(SQUARED_FREQUENCY[band]);
            tile[band] = log2_q8((energy * if band >= 4 { fine } else { 1.0 }) as u64);
        }
        tile
    }

    #[test]
    fn a_step_is_at_minus_one_and_each_halving_of_energy_is_an_octave() {
        let at = |fine| octaves(&tile(fine), 0.0).expect("texture");
        assert!((at(1.0) + 1.0).abs() < 0.1, "{}", at(1.0));
        assert!((at(1.0) - at(0.25) - 2.0).abs() < 0.05);
        assert_eq!(octaves(&[0; 16], 0.0), None);
    }

    #[test]
    fn the_sharpest_decide_and_four_octaves_leave_a_quarter() {
        let cell = |octaves| Cell { rect: Rect { x: 0, y: 0, w: 1, h: 1 }, octaves };
        let map = FocusMap { cells: vec![cell(-9.0), cell(-4.0), cell(-7.0)] };
        assert_eq!((map.sharpest(), map.detail()), (Some(-4.0), Some(0.25)));
        assert_eq!(FocusMap::default().detail(), None);
        let crisp = FocusMap { cells: vec![cell(1.0)] };
        assert_eq!(crisp.detail(), Some(1.0));
    }
}
