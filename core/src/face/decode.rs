//! From the network's outputs to candidates.
//!
//! A cell of stride `s` in column `i` and row `j` stands for the sample
//! `((i + 1/2) s, (j + 1/2) s)`. Its score goes through a logistic curve; its box has
//! its centre at cell + offset times `s` and sides of `e^t s`; its points lie at
//! cell + offset times `s`. Most cells are below the threshold, and cost a comparison
//! of integers.

use super::Error;
use crate::nn::{Net, Shape, Tensor};
use core::cmp::Ordering;
use heapless::Vec;
use heapless::binary_heap::{BinaryHeap, Min};

/// Samples from one cell to the next, for each level.
pub(super) const STRIDES: [u16; 3] = [8, 16, 32];

/// Channels of a level's outputs: score, box, points.
pub(super) const CHANNELS: [u16; 3] = [1, 4, 10];

/// Outputs of the network: those of the first level, then of the others.
pub(super) const OUTPUTS: usize = STRIDES.len() * CHANNELS.len();

/// With more candidates, the best of them count. Some nine cells see a face, so that
/// these hold more faces than are reported.
pub(super) const CANDIDATES: usize = 512;

/// Log sides are cut off here.
const LARGEST_LOG: f32 = 4.0;

/// A cell whose score reaches the threshold. The least is the worst.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    /// Log odds.
    pub(super) score: f32,
    pub(super) level: u8,
    /// Counted row by row.
    pub(super) cell: u32,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        // Of equals, the first is the best.
        let place = |c: &Self| (c.level, c.cell);
        self.score.total_cmp(&other.score).then_with(|| place(other).cmp(&place(self)))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A face in samples of the input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Detection {
    /// Log odds.
    pub(super) score: f32,
    /// Left, top, right, bottom.
    pub(super) corners: [f32; 4],
    pub(super) points: [[f32; 2]; 5],
}

impl Detection {
    /// How likely it is a face.
    pub(super) fn probability(&self) -> f32 {
        1.0 / (1.0 + libm::expf(-self.score))
    }
}

/// A level's three outputs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level<'n> {
    stride: u16,
    score: Tensor<'n>,
    region: Tensor<'n>,
    points: Tensor<'n>,
}

/// The levels of a net that has run on `height` x `width` samples.
///
/// # Errors
/// [`Error::Output`] for one that is not of the size that its stride demands.
pub(super) fn levels<'n>(
    net: &'n Net<'_>,
    height: u16,
    width: u16,
) -> Result<Vec<Level<'n>, { STRIDES.len() }>, Error> {
    let mut levels = Vec::new();
    for (index, stride) in STRIDES.into_iter().enumerate() {
        let output = |kind: usize| {
            let index = CHANNELS.len() * index + kind;
            let channels = CHANNELS.get(kind).copied().unwrap_or(0);
            let shape = Shape::new(height / stride.max(1), width / stride.max(1), channels);
            let tensor = net.output(index).filter(|tensor| tensor.shape == shape);
            tensor.ok_or(Error::Output { index })
        };
        let level = Level { stride, score: output(0)?, region: output(1)?, points: output(2)? };
        // There is room for all strides: this cannot fail.
        let _ = levels.push(level);
    }
    Ok(levels)
}

/// The best candidates of all levels, the best first.
pub(super) fn candidates(levels: &[Level<'_>], threshold: f32) -> Vec<Candidate, CANDIDATES> {
    let mut best: BinaryHeap<Candidate, Min, CANDIDATES> = BinaryHeap::new();
    for (level, outputs) in levels.iter().enumerate() {
        let Some(least) = least(&outputs.score, threshold) else { continue };
        for (cell, &q) in outputs.score.data.iter().enumerate() {
            if q < least {
                continue;
            }
            let score = real(&outputs.score, q);
            let candidate = Candidate { score, level: level as u8, cell: cell as u32 };
            if best.len() < CANDIDATES {
                // There is room: this cannot fail.
                let _ = best.push(candidate);
            } else if let Some(mut worst) = best.peek_mut()
                && *worst < candidate
            {
                *worst = candidate;
            }
        }
    }
    // The least comes out of the heap first.
    let mut candidates = Vec::new();
    while let Some(candidate) = best.pop() {
        // There is room: this cannot fail.
        let _ = candidates.push(candidate);
    }
    candidates.reverse();
    candidates
}

/// What the candidate's cell says; `None` where that is no finite number.
pub(super) fn detection(levels: &[Level<'_>], candidate: &Candidate) -> Option<Detection> {
    let level = levels.get(usize::from(candidate.level))?;
    let cell = candidate.cell as usize;
    let columns = usize::from(level.score.shape.width);
    let (column, row) = (cell.checked_rem(columns)?, cell.checked_div(columns)?);
    let stride = f32::from(level.stride);
    let centre = [column, row].map(|at| (at as f32 + 0.5) * stride);
    let place = |offset: [f32; 2]| [centre[0] + offset[0] * stride, centre[1] + offset[1] * stride];
    let [dx, dy, across, down] = numbers::<4>(&level.region, cell)?;
    let [x, y] = place([dx, dy]);
    let [half_w, half_h] =
        [across, down].map(|log| libm::expf(log.clamp(-LARGEST_LOG, LARGEST_LOG)) * stride / 2.0);
    let corners = [x - half_w, y - half_h, x + half_w, y + half_h];
    let offsets = numbers::<10>(&level.points, cell)?;
    let (offsets, _) = offsets.as_chunks::<2>();
    let mut points = [[0.0; 2]; 5];
    points.iter_mut().zip(offsets).for_each(|(point, &offset)| *point = place(offset));
    let finite = corners.iter().chain(points.as_flattened()).all(|at| at.is_finite());
    finite.then_some(Detection { score: candidate.score, corners, points })
}

/// The least number of a tensor that reaches this probability; `None` if none does.
fn least(score: &Tensor<'_>, threshold: f32) -> Option<i8> {
    let log_odds = libm::logf(threshold / (1.0 - threshold));
    (i8::MIN..=i8::MAX).find(|&q| real(score, q) >= log_odds)
}

/// What a number of a tensor stands for.
fn real(tensor: &Tensor<'_>, q: i8) -> f32 {
    let quantization = tensor.quantization;
    quantization.scale * f32::from(i16::from(q) - i16::from(quantization.zero_point))
}

/// The `N` real numbers of a cell.
fn numbers<const N: usize>(tensor: &Tensor<'_>, cell: usize) -> Option<[f32; N]> {
    let start = cell.checked_mul(N)?;
    let numbers: &[i8; N] = tensor.data.get(start..start.checked_add(N)?)?.try_into().ok()?;
    Some(numbers.map(|q| real(tensor, q)))
}
