//! A frame in at most 1 KiB: where it is bright and where it is sharp.
//!
//! In comes a [`Frame`] as the file stores it; out comes a [`Sketch`], upright.
//! Brightness is kept as square roots, which are about as far apart in the dark
//! as noise lets them be; how bright the whole is, a comparison leaves out again.

use crate::frame::{CellGrid, Frame};
use crate::geometry::Orientation;
use crate::plane::Plane;

/// Samples of the luma plane at most.
pub const LUMA: usize = 864;

/// Regions of the map of sharpness at most.
pub const REGIONS: usize = 96;

/// Share of the blocks, in sixteenths, below which a frame has no sketch: what is
/// missing of a truncated file would be compared as if it were there.
const SEEN: u64 = 15;

/// Bands whose energy tells focus: the middle rings, across and down. The outer ones
/// hold more noise than detail, the innermost ones outlast a good deal of defocus.
const FOCUS: [usize; 6] = [2, 3, 4, 5, 6, 7];

/// What is kept of a frame to find sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sketch {
    size: [u16; 2],
    grid: [u8; 2],
    regions: [u8; 2],
    luma: [u8; LUMA],
    sharp: [u8; REGIONS],
}

impl Sketch {
    /// A sketch that is like no other.
    pub const EMPTY: Self =
        Self { size: [0; 2], grid: [0; 2], regions: [0; 2], luma: [0; LUMA], sharp: [0; REGIONS] };

    /// Of a frame, turned upright. One that is not nearly whole, one with fewer samples
    /// than the sketch, or one eight times as long as it is wide gives
    /// [`EMPTY`](Self::EMPTY).
    #[must_use]
    pub fn of(frame: &Frame<'_>, orientation: Orientation) -> Self {
        let mut sketch = Self::EMPTY;
        let (Ok(w), Ok(h)) = (u16::try_from(frame.width), u16::try_from(frame.height)) else {
            return sketch;
        };
        let seen = u64::from(frame.blocks_seen) * 16 >= u64::from(frame.blocks_total) * SEEN;
        let (Some(grid), Some(regions)) = (split(LUMA, w, h), split(REGIONS, w, h)) else {
            return sketch;
        };
        let [cols, rows] = grid;
        if !seen || frame.luma.width() < cols || frame.luma.height() < rows {
            return sketch;
        }
        let parts = (0..rows).flat_map(|y| (0..cols).map(move |x| [x, y]));
        for (to, part) in sketch.luma.iter_mut().zip(parts) {
            *to = root(mean(&frame.luma, part, grid));
        }
        sketch.sharp = sharpness(&frame.cells, [frame.width, frame.height], regions);
        sketch.size = [w, h];
        sketch.grid = grid.map(|n| n as u8);
        sketch.regions = regions.map(|n| n as u8);
        sketch.turned(orientation)
    }

    /// The sketch of the upright picture, given this one of the stored picture.
    #[must_use]
    pub fn turned(&self, orientation: Orientation) -> Self {
        let swapped = |pair: [u8; 2]| {
            let [a, b] = pair;
            if orientation.swaps_axes() { [b, a] } else { pair }
        };
        let mut turned = Self::EMPTY;
        let [w, h] = self.size;
        turned.size = if orientation.swaps_axes() { [h, w] } else { [w, h] };
        turned.grid = swapped(self.grid);
        turned.regions = swapped(self.regions);
        turn(self.luma(), &mut turned.luma, self.grid(), orientation);
        turn(self.sharp(), &mut turned.sharp, self.regions(), orientation);
        turned
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.size == [0; 2]
    }

    /// Width and height of the upright picture in pixels.
    #[must_use]
    pub fn size(&self) -> [u16; 2] {
        self.size
    }

    /// Samples across, and down; their pixels are about square.
    #[must_use]
    pub fn grid(&self) -> [usize; 2] {
        self.grid.map(usize::from)
    }

    /// Brightness, row after row: `16 * sqrt(luma)`, rounded down.
    #[must_use]
    pub fn luma(&self) -> &[u8] {
        let [cols, rows] = self.grid();
        self.luma.get(..cols * rows).unwrap_or(&[])
    }

    /// Regions across, and down, of [`sharp`](Self::sharp).
    #[must_use]
    pub fn regions(&self) -> [usize; 2] {
        self.regions.map(usize::from)
    }

    /// Detail of each region, row after row: `8 * log2` of its energy in the middle
    /// frequencies, the mean over its cells; 0 where none was seen.
    #[must_use]
    pub fn sharp(&self) -> &[u8] {
        let [cols, rows] = self.regions();
        self.sharp.get(..cols * rows).unwrap_or(&[])
    }
}

/// Columns and rows of about square parts, at most `room` of them; `None` for strips.
fn split(room: usize, width: u16, height: u16) -> Option<[usize; 2]> {
    let (long, short) = (u64::from(width.max(height)), u64::from(width.min(height)));
    if short == 0 || long >= 8 * short {
        return None;
    }
    let along = (room as u64 * long / short).isqrt().max(1);
    let across = (room as u64 / along).min((along * short + long / 2) / long).max(1);
    let (along, across) = (along as usize, across as usize);
    Some(if width >= height { [along, across] } else { [across, along] })
}

/// Writes values of a stored grid to where they lie in the upright one.
fn turn(from: &[u8], to: &mut [u8], [cols, rows]: [usize; 2], orientation: Orientation) {
    let (back_x, back_y) = orientation.reverses();
    for (y, line) in from.chunks_exact(cols.max(1)).enumerate() {
        for (x, &value) in line.iter().enumerate() {
            let x = if back_x { cols.saturating_sub(1 + x) } else { x };
            let y = if back_y { rows.saturating_sub(1 + y) } else { y };
            let at = if orientation.swaps_axes() { x * rows + y } else { y * cols + x };
            if let Some(to) = to.get_mut(at) {
                *to = value;
            }
        }
    }
}

/// Mean of part (`x`, `y`) of `cols` x `rows`, times 256; samples on its rim count
/// by the share that lies inside.
fn mean(plane: &Plane<'_>, [x, y]: [usize; 2], [cols, rows]: [usize; 2]) -> u32 {
    let (width, height) = (plane.width(), plane.height());
    let (left, right) = (x * width, (x + 1) * width);
    let (top, bottom) = (y * height, (y + 1) * height);
    let (mut sum, mut weight) = (0u64, 0u64);
    for line in top / rows..bottom.div_ceil(rows) {
        let high = bottom.min((line + 1) * rows).saturating_sub(top.max(line * rows));
        let row = plane.row(line);
        let span = row.get(left / cols..right.div_ceil(cols)).unwrap_or(&[]);
        for (&value, column) in span.iter().zip(left / cols..) {
            let wide = right.min((column + 1) * cols).saturating_sub(left.max(column * cols));
            let share = (wide * high) as u64;
            sum += share * u64::from(value);
            weight += share;
        }
    }
    (256 * sum / weight.max(1)) as u32
}

/// The square root, 255 for 255 * 256.
fn root(value: u32) -> u8 {
    value.isqrt().min(255) as u8
}

/// Mean code of focus of the cells whose middle lies in each of `cols` x `rows`
/// parts of a picture of this size.
fn sharpness(grid: &CellGrid<'_>, size: [u32; 2], parts: [usize; 2]) -> [u8; REGIONS] {
    let mut sums = [(0u32, 0u32); REGIONS];
    let [width, height] = size.map(|n| n.max(1) as usize);
    let [cols, rows] = parts;
    let (pitch_x, pitch_y) = (grid.pitch_x as usize, grid.pitch_y as usize);
    for (y, line) in grid.cells.chunks_exact(grid.cols.max(1)).enumerate() {
        let row = ((y * pitch_y + 4) * rows / height).min(rows.saturating_sub(1));
        for (x, cell) in line.iter().enumerate().filter(|(_, cell)| cell.is_seen()) {
            let col = ((x * pitch_x + 16) * cols / width).min(cols.saturating_sub(1));
            let code = |&band: &usize| u32::from(cell.codes.get(band).copied().unwrap_or(0));
            if let Some((sum, count)) = sums.get_mut(row * cols + col) {
                *sum = sum.saturating_add(FOCUS.iter().map(code).sum());
                *count += FOCUS.len() as u32;
            }
        }
    }
    sums.map(|(sum, count)| (sum + count / 2).checked_div(count).unwrap_or(0).min(255) as u8)
}

#[cfg(test)]
#[path = "sketch_tests.rs"]
pub(crate) mod tests;
