//! Where in the frame it is how sharp.
//!
//! In come the band energies of the cells; out comes, for each tile with texture,
//! how its fine detail stands to its coarse, in octaves of energy: about -1 on a
//! bare step, 0 and more where a camera sharpened it, less where it is soft. This map is for
//! looking at. The verdict has its own way from the same energies.

use edgecull_core::bands::{
    BAND_OF, BANDS, CELL_BLOCKS, COEFFICIENTS, HORIZONTAL, VERTICAL, ZIGZAG, energy_of_code,
};
use edgecull_core::frame::{CellGrid, Frame};
use edgecull_core::geometry::{Orientation, Rect};
use edgecull_core::measure::Measured;

/// Coarse energy, times squared frequency per coefficient and block, from which a
/// tile has texture.
const TEXTURE: f64 = 256.0;

/// A tile is at least this high, in pixels: several rows of cells.
const TILE_HEIGHT: u32 = 32;

/// Sum of `u * u + v * v` over each band's coefficients. Over a step edge the
/// energy of a coefficient falls with this square of its frequency.
const SQUARED_FREQUENCY: [u32; BANDS] = {
    let mut sums = [0; BANDS];
    let mut k = 1;
    while k < 64 {
        let (u, v) = ((ZIGZAG[k] % 8) as u32, (ZIGZAG[k] / 8) as u32);
        sums[BAND_OF[k] as usize] += u * u + v * v;
        k += 1;
    }
    sums
};

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
        // A coefficient of the orthonormal transform holds the pixels' variance.
        let noise = f64::from(measured.noise.sigma).powi(2);
        let doublings = (frame.width.max(frame.height) as f32 / LARGE).max(1.0).log2();
        let allowance = (PER_DOUBLING * doublings).min(AT_MOST);
        let grid = frame.cells;
        let (w, pitch) = (grid.pitch_x.max(1), grid.pitch_y.max(1));
        let high = TILE_HEIGHT.div_ceil(pitch);
        let columns = u32::try_from(grid.cols).unwrap_or(0);
        let rows = u32::try_from(grid.rows).unwrap_or(0);
        let cells = (0..rows.div_ceil(high)).flat_map(|y| {
            (0..columns).filter_map(move |x| {
                let h = high * pitch;
                let rect = Rect { x: x.saturating_mul(w), y: y.saturating_mul(h), w, h };
                let rect = rect.clamped(frame.width, frame.height);
                let energies = energies(&grid, x, y * high..rows.min((y + 1) * high))?;
                let octaves = octaves(&energies, noise)? + allowance;
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

/// Energy of each band, per block, over the cells of one column in some rows;
/// `None` where none was seen.
fn energies(grid: &CellGrid<'_>, x: u32, rows: std::ops::Range<u32>) -> Option<[f64; BANDS]> {
    let mut sums = [0.0; BANDS];
    let mut blocks = 0;
    for y in rows {
        let cell = grid.cells.get(y as usize * grid.cols + x as usize)?;
        if !cell.is_seen() {
            continue;
        }
        blocks += CELL_BLOCKS;
        for ((sum, &code), count) in sums.iter_mut().zip(&cell.codes).zip(COEFFICIENTS) {
            *sum += (energy_of_code(code) as f64 / 16.0 - f64::from(count)).max(0.0);
        }
    }
    (blocks > 0).then(|| sums.map(|sum| sum / f64::from(blocks)))
}

/// Sharpness of one tile in its softer direction; `None` without texture.
fn octaves(energies: &[f64; BANDS], noise: f64) -> Option<f32> {
    [HORIZONTAL, VERTICAL]
        .into_iter()
        .filter_map(|[b0, b1, b2, b3, _]| {
            let coarse = whitened(energies, [b0, b1], noise);
            let fine = whitened(energies, [b2, b3], noise);
            (coarse > TEXTURE).then(|| ((fine + 1.0) / (coarse + 1.0)).log2() as f32)
        })
        .reduce(f32::min)
}

/// Energy of two bands above the noise, per coefficient, times the mean squared
/// frequency, which evens out an edge's own fall-off.
fn whitened(energies: &[f64; BANDS], bands: [usize; 2], noise: f64) -> f64 {
    let sum = |table: &[u32; BANDS]| bands.iter().map(|&b| f64::from(table[b])).sum::<f64>();
    let energy: f64 = bands.iter().map(|&b| energies[b]).sum();
    let coefficients = sum(&COEFFICIENTS);
    let signal = (energy - noise * coefficients).max(0.0);
    signal * sum(&SQUARED_FREQUENCY) / (coefficients * coefficients)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Energies that fall with the square of the frequency, and by another
    /// factor from the coarse rings to the fine ones.
    fn edge(fine: f64) -> [f64; BANDS] {
        std::array::from_fn(|band| {
            let c = f64::from(COEFFICIENTS[band]);
            let energy = 1e6 * c * c / f64::from(SQUARED_FREQUENCY[band]);
            energy * if (4..10).contains(&band) { fine } else { 1.0 }
        })
    }

    #[test]
    fn a_step_is_crisp_and_each_halving_of_energy_is_an_octave() {
        let at = |fine| octaves(&edge(fine), 0.0).expect("texture");
        assert!((-1.2..0.2).contains(&at(1.0)), "{}", at(1.0));
        assert!((at(1.0) - at(0.25) - 2.0).abs() < 0.05);
        assert_eq!(octaves(&[0.0; BANDS], 0.0), None);
        assert_eq!(octaves(&edge(1.0), 1e9), None, "noise is no texture");
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
