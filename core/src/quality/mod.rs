//! How good people find a picture: a score, and numbers that say what it is like.
//!
//! In come small planes of the whole picture (the *view*), three patches at native
//! resolution, and a [`Scorer`] made of a document; out goes a [`Quality`].
//!
//! | step | what it does |
//! | --- | --- |
//! | [`patches`] | says which patches are wanted, of a scanned frame |
//! | [`Scorer::load`] | checks the document |
//! | [`Scorer::score`] | measures the view, runs the network, puts both together |
//!
//! The view is luma (and chroma, on its own grid) of the whole picture, reduced by 1, 2,
//! 4 or 8, the least that leaves at most [`VIEW`] pixels on the longer side, else by 8: a
//! frame's own planes for 24 million pixels, a region decoded at that scale for less.
//! All planes are to be upright: what was learned was.
//!
//! What a picture on a screen looks like is judged, from the view; the patches add what
//! only pixels show. The network and the fit are `models/train/quality`.
//!
//! # Document
//! The trunk and the head as networks of [`nn`], then for each number of the
//! head's input its centre and the inverse of its spread, then the last layer's weights
//! and bias, all `f32` in little-endian order; at last the lengths of the two networks as
//! `u32`.

mod inputs;
mod measures;
#[cfg(test)]
mod tests;

pub use inputs::{PATCH, PATCHES, Planes, patches, thumbnail_size};
pub use measures::{MEASURES, ViewMemory};

use crate::kernels::Isa;
use crate::nn::{self, Model, Net, Quantization, Shape};
use core::fmt;
use inputs::THUMBNAIL;

/// A view has at most so many pixels on its longer side, unless the picture has more
/// than eight times as many.
pub const VIEW: u32 = 1000;

/// Numbers of an embedding.
pub const EMBEDDING: usize = 64;

/// Channels that the trunk ends with.
const WIDTH: usize = 96;

/// Numbers that the head takes: measures, then means of the trunk's output for the
/// thumbnail and for the patches.
const INPUTS: usize = MEASURES + 2 * WIDTH;

/// Standardised numbers are cut off there.
const LIMIT: f32 = 4.0;

/// What was found out about a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// What people would say: 0 bad .. 1 excellent, on the scale of mean opinion scores.
    pub score: f32,
    /// What the score is made of: two pictures that are near in it look alike in quality
    /// and, roughly, in kind. Numbers of one scale, the least is -128.
    pub embedding: [i8; EMBEDDING],
}

/// Why there is no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The document is cut off, or its numbers make no sense.
    Malformed,
    /// A network cannot be loaded or run.
    Network(nn::Error),
    /// A network that is none of this kind: its input or output has another shape.
    Shape,
    /// The view is less than 64 or more than 2048 pixels wide or high.
    View,
}

impl From<nn::Error> for Error {
    fn from(error: nn::Error) -> Self {
        Self::Network(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("the quality model is cut off or damaged"),
            Self::Network(error) => write!(f, "the quality model's network: {error}"),
            Self::Shape => f.write_str("this is a network, but not of quality"),
            Self::View => f.write_str("the view is too small or too large"),
        }
    }
}

impl core::error::Error for Error {}

/// The networks and the numbers around them.
#[derive(Debug)]
pub struct Scorer<'a> {
    trunk: Model<'a>,
    head: Model<'a>,
    /// Centres and inverse spreads of the head's input, then the last layer.
    numbers: &'a [u8],
}

/// Working memory of a [`Scorer`] besides the arena, some 200 KiB.
#[derive(Clone, Debug)]
pub struct Memory {
    view: ViewMemory,
    thumbnail: [i8; 3 * THUMBNAIL],
    measures: [f32; MEASURES],
}

impl Memory {
    /// Memory for one picture after the other.
    #[must_use]
    pub const fn new() -> Self {
        Self { view: ViewMemory::new(), thumbnail: [0; 3 * THUMBNAIL], measures: [0.0; MEASURES] }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Scorer<'a> {
    /// The scorer in `document`, which may lie at any alignment.
    ///
    /// # Errors
    /// All but [`Error::View`]; a scorer that loads runs.
    pub fn load(document: &'a [u8]) -> Result<Self, Error> {
        let (rest, head) = document.split_last_chunk().ok_or(Error::Malformed)?;
        let (rest, trunk) = rest.split_last_chunk().ok_or(Error::Malformed)?;
        let length = |bytes: &[u8; 4]| usize::try_from(u32::from_le_bytes(*bytes));
        let trunk = length(trunk).map_err(|_| Error::Malformed)?;
        let head = length(head).map_err(|_| Error::Malformed)?;
        let (trunk, rest) = rest.split_at_checked(trunk).ok_or(Error::Malformed)?;
        let (head, numbers) = rest.split_at_checked(head).ok_or(Error::Malformed)?;
        let sane = |value: f32| value.is_finite() && value.abs() < 1e9;
        if numbers.len() != 4 * (2 * INPUTS + EMBEDDING + 1) || !floats(numbers).all(sane) {
            return Err(Error::Malformed);
        }
        let scorer = Self { trunk: Model::load(trunk)?, head: Model::load(head)?, numbers };
        scorer.check()?;
        Ok(scorer)
    }

    fn check(&self) -> Result<(), Error> {
        let pixels = self.trunk.quantization(0);
        let plain = |q: Quantization| q.zero_point == -128 && (q.scale * 255.0 - 1.0).abs() < 1e-3;
        let channels = usize::from(self.trunk.input().channels) == 3;
        if !channels || !pixels.is_some_and(plain) || self.trunk.outputs().len() != 1 {
            return Err(Error::Shape);
        }
        for (width, height) in sizes() {
            let plan = self.trunk.plan(height, width)?;
            let output = self.trunk.outputs().first().and_then(|&tensor| plan.shape(tensor));
            if output.is_none_or(|shape| usize::from(shape.channels) != WIDTH) {
                return Err(Error::Shape);
            }
        }
        let input = Shape::new(1, 1, INPUTS as u16);
        let plan = self.head.plan(1, 1)?;
        let output = self.head.outputs().first().and_then(|&tensor| plan.shape(tensor));
        let wanted = Shape::new(1, 1, EMBEDDING as u16);
        if self.head.input() != input || output != Some(wanted) || self.head.outputs().len() != 1 {
            return Err(Error::Shape);
        }
        Ok(())
    }

    /// Bytes that the arena must have.
    #[must_use]
    pub fn arena(&self) -> usize {
        let trunk = sizes().map(|(width, height)| self.trunk.plan(height, width));
        let plans = trunk.chain([self.head.plan(1, 1)]);
        plans.map(|plan| plan.map_or(0, |plan| plan.arena())).max().unwrap_or(0)
    }

    /// Scores a picture of which `view` is the whole, made small, and `patches` are the
    /// regions that [`patches`] asked for.
    ///
    /// # Errors
    /// [`Error::View`], and [`nn::Error::Arena`] if `arena` has fewer than
    /// [`arena`](Self::arena) bytes.
    pub fn score(
        &self,
        view: &Planes<'_>,
        patches: &[Planes<'_>; PATCHES],
        memory: &mut Memory,
        arena: &mut [i8],
        isa: Isa,
    ) -> Result<Quality, Error> {
        let (width, height) = thumbnail_size(view.luma.width(), view.luma.height());
        let (across, down) = (usize::from(width), usize::from(height));
        let pixels = memory.thumbnail.get_mut(..3 * across * down).ok_or(Error::View)?;
        let sides = 64..=measures::LONGEST;
        if !sides.contains(&view.luma.width()) || !sides.contains(&view.luma.height()) {
            return Err(Error::View);
        }
        inputs::thumbnail(view, across, down, pixels);
        let thumbnail = (&*pixels, across);
        measures::measures(&view.luma, thumbnail, &mut memory.view, isa, &mut memory.measures)
            .ok_or(Error::View)?;
        let mut features = [0.0; 2 * WIDTH];
        let (whole, near) = features.split_at_mut(WIDTH);
        self.look(arena, isa, (width, height), whole, |input| input.copy_from_slice(pixels))?;
        for planes in patches {
            let size = (PATCH as u16, PATCH as u16);
            self.look(arena, isa, size, near, |input| inputs::patch(planes, input))?;
        }
        near.iter_mut().for_each(|value| *value /= PATCHES as f32);
        self.judge(arena, isa, memory.measures.iter().chain(&features).copied())
    }

    /// Runs the trunk and adds the means of its channels to `means`.
    fn look(
        &self,
        arena: &mut [i8],
        isa: Isa,
        (width, height): (u16, u16),
        means: &mut [f32],
        fill: impl FnOnce(&mut [i8]),
    ) -> Result<(), Error> {
        let plan = self.trunk.plan(height, width)?;
        let mut net = Net::new(&self.trunk, &plan, arena, isa)?;
        fill(net.input());
        net.run()?;
        let output = net.output(0).ok_or(Error::Shape)?;
        let pixels = output.data.len() / WIDTH;
        let Quantization { scale, zero_point } = output.quantization;
        for (channel, mean) in means.iter_mut().enumerate() {
            let values = output.data.iter().skip(channel).step_by(WIDTH);
            let sum: i32 = values.map(|&q| i32::from(q) - i32::from(zero_point)).sum();
            *mean += scale * sum as f32 / pixels.max(1) as f32;
        }
        Ok(())
    }

    /// The head on numbers that are standardised first.
    fn judge(
        &self,
        arena: &mut [i8],
        isa: Isa,
        values: impl Iterator<Item = f32>,
    ) -> Result<Quality, Error> {
        let plan = self.head.plan(1, 1)?;
        let mut net = Net::new(&self.head, &plan, arena, isa)?;
        let Quantization { scale, zero_point } = self.head.quantization(0).ok_or(Error::Shape)?;
        let mut numbers = floats(self.numbers);
        for (slot, value) in net.input().iter_mut().zip(values) {
            let (centre, inverse) = (numbers.next().unwrap_or(0.0), numbers.next().unwrap_or(0.0));
            let standard = ((value - centre) * inverse).clamp(-LIMIT, LIMIT);
            let level = libm::roundf(standard / scale) + f32::from(zero_point);
            *slot = level.clamp(-128.0, 127.0) as i8;
        }
        net.run()?;
        let output = net.output(0).ok_or(Error::Shape)?;
        let mut quality = Quality { score: 0.0, embedding: [0; EMBEDDING] };
        quality.embedding.iter_mut().zip(output.data).for_each(|(slot, &value)| *slot = value);
        for value in output.values() {
            quality.score += value * numbers.next().unwrap_or(0.0);
        }
        quality.score = (quality.score + numbers.next().unwrap_or(0.0)).clamp(0.0, 1.0);
        Ok(quality)
    }
}

/// Every size of input that the trunk is run with.
fn sizes() -> impl Iterator<Item = (u16, u16)> {
    inputs::THUMBNAILS.into_iter().chain([(PATCH as u16, PATCH as u16)])
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes))
}
