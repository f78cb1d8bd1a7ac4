//! Where in the frame it is how sharp.
//!
//! In come the cells; out comes, for each tile with texture, how its fine detail
//! stands to its coarse, in octaves of energy: about 0 on a sharp edge, less where it
//! is soft. Each cell's figure is core's own, from which the verdict is made; this
//! map of it is for looking at.

use edgecull_core::bands::{
    CELL_BLOCKS, COEFFICIENTS, DIAGONAL, HORIZONTAL, VERTICAL, energy_of_code,
};
use edgecull_core::frame::{self, CellGrid, Frame};
use edgecull_core::geometry::{Orientation, Rect};
use edgecull_core::measure::{Measured, cell_sharpness};

/// A cell whose coarse energy is not so many times that of the noise tells nothing.
/// A camera that smooths its skies leaves less noise to measure than there is: so
/// many levels there are taken to be.
const ABOVE_NOISE: f64 = 4.0;
const LEAST_NOISE: f32 = 4.0;

/// A tile is at least this high, in pixels: several rows of cells.
const TILE_HEIGHT: u32 = 32;

/// A large picture is looked at from farther: octaves added for each doubling of
/// its longer side beyond this many pixels, and at most.
const LARGE: f32 = 640.0;
const PER_DOUBLING: f32 = 0.6;
const AT_MOST: f32 = 2.0;

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
        let sigma = measured.noise.sigma;
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
                let octaves =
                    octaves(&grid, x, y * high..rows.min((y + 1) * high), sigma)? + allowance;
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

    /// Where the sharpest tile is; `None` without texture.
    #[must_use]
    pub fn sharpest_tile(&self) -> Option<Rect> {
        let sharpest = self.cells.iter().max_by(|a, b| a.octaves.total_cmp(&b.octaves));
        sharpest.map(|cell| cell.rect)
    }
}

/// Mean over the cells of one column in some rows that have texture; `None` where
/// none has that stands out of noise of this strength.
fn octaves(grid: &CellGrid<'_>, x: u32, rows: std::ops::Range<u32>, sigma: f32) -> Option<f32> {
    let cells = rows.filter_map(|y| grid.cells.get(y as usize * grid.cols + x as usize));
    let falloffs = cells.filter(|cell| stands_out(cell, sigma)).filter_map(cell_sharpness);
    let (sum, count) = falloffs.fold((0, 0), |(sum, count), falloff| (sum + falloff, count + 1));
    (count > 0).then(|| sum as f32 / (8 * count) as f32)
}

/// Whether a cell's coarsest ring holds more than noise.
fn stands_out(cell: &frame::Cell, sigma: f32) -> bool {
    let coarse = [HORIZONTAL[0], VERTICAL[0], DIAGONAL[0]];
    let energy: u64 = coarse.iter().map(|&band| energy_of_code(cell.codes[band]) / 16).sum();
    let coefficients: u32 = coarse.iter().map(|&band| COEFFICIENTS[band]).sum();
    // A coefficient of the orthonormal transform holds the pixels' variance.
    let noise = f64::from(sigma.max(LEAST_NOISE)).powi(2) * f64::from(coefficients * CELL_BLOCKS);
    energy as f64 > ABOVE_NOISE * noise
}

#[cfg(test)]
mod tests {
    use super::*;
    use edgecull_core::bands::{ZIGZAG, cell};

    /// A cell whose energies fall with this power of the squared frequency: 1 on an
    /// edge.
    fn falling(power: f64) -> frame::Cell {
        let sums = std::array::from_fn(|k| {
            let (u, v) = (f64::from(ZIGZAG[k] % 8), f64::from(ZIGZAG[k] / 8));
            (4e5 / (u * u + v * v + 1e-9).powf(power)) as u32
        });
        cell(&sums, 64, CELL_BLOCKS, 128)
    }

    #[test]
    fn an_edge_is_crisp_defocus_is_not_and_noise_is_no_detail() {
        let of = |column: &[frame::Cell]| {
            let grid =
                CellGrid { cells: column, cols: 1, rows: column.len(), pitch_x: 32, pitch_y: 8 };
            octaves(&grid, 0, 0..column.len() as u32, 10.0)
        };
        let (edge, soft) = (falling(1.0), falling(2.0));
        assert!(of(&[edge]).is_some_and(|octaves| octaves.abs() < 0.5));
        assert!(of(&[soft]).is_some_and(|octaves| octaves < -3.0));
        assert!(of(&[edge, soft]) < of(&[edge]) && of(&[edge, soft]) > of(&[soft]));
        let noise = cell(&[4 * 100; 64], 64, CELL_BLOCKS, 128);
        assert!(cell_sharpness(&noise).is_some(), "by itself it passes for texture");
        assert_eq!(of(&[edge, noise]), of(&[edge]));
        assert_eq!(of(&[edge, frame::Cell::UNSEEN]), of(&[edge]));
        assert_eq!(of(&[cell(&[0; 64], 64, CELL_BLOCKS, 9)]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn the_sharpest_tile_is_found() {
        let cell = |x, octaves| Cell { rect: Rect { x, y: 0, w: 1, h: 1 }, octaves };
        let map = FocusMap { cells: vec![cell(1, -9.0), cell(2, -4.0), cell(3, -7.0)] };
        assert_eq!(map.sharpest_tile(), Some(cell(2, 0.0).rect));
        assert_eq!(FocusMap::default().sharpest_tile(), None);
    }
}
