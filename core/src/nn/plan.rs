//! Where every tensor lies in the arena.
//!
//! In come the layers and the input's size, out goes a [`Plan`]: each tensor's shape
//! and place, and the bytes that an arena must have. Tensors that live at the same
//! time do not overlap. A tensor lives from the layer that makes it to the last one
//! that reads it, outputs to the end; a layer's working memory only while it runs.
//!
//! Places are found one after the other, each the lowest that is free (greedy by
//! size: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net
//! Inference", 2020). What then reaches highest goes first in the next of a few
//! rounds, and the best round counts.

use super::{Error, Fault, Layer, Shape};
use crate::bounded::{gather, sort};
use heapless::Vec;

/// Tensors of a network, at most; one more than layers.
pub const MAX_TENSORS: usize = 128;

/// Tensors and working memories.
const MAX_BLOCKS: usize = 2 * MAX_TENSORS;

/// How often the order is changed.
const ROUNDS: usize = 48;

/// Places are multiples of this, so that a tensor shares no vector with another.
const ALIGN: usize = 16;

/// Where a tensor lies, and the working memory of the layer that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) shape: Shape,
    pub(super) offset: u32,
    pub(super) scratch: u32,
}

/// A network's memory for one size of input.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The checksum of the network.
    pub(super) network: u32,
    pub(super) spots: Vec<Spot, MAX_TENSORS>,
    pub(super) arena: usize,
}

impl Plan {
    /// Bytes that the arena must have.
    #[must_use]
    pub fn arena(&self) -> usize {
        self.arena
    }

    /// A tensor's shape.
    #[must_use]
    pub fn shape(&self, tensor: u8) -> Option<Shape> {
        self.spots.get(usize::from(tensor)).map(|spot| spot.shape)
    }

    /// Where a tensor begins in the arena.
    #[must_use]
    pub fn offset(&self, tensor: u8) -> Option<usize> {
        usize::try_from(self.spots.get(usize::from(tensor))?.offset).ok()
    }
}

/// A stretch of memory that is needed for some time.
#[derive(Clone, Copy, Debug)]
struct Block {
    bytes: usize,
    /// The first and the last layer, counted from 1, while it is needed.
    from: u8,
    to: u8,
    offset: usize,
    /// The offset of the best round.
    best: usize,
}

impl Block {
    fn end(&self) -> Option<usize> {
        self.offset.checked_add(self.bytes)
    }

    fn meets(&self, other: &Self) -> bool {
        self.from <= other.to && other.from <= self.to && self.bytes > 0 && other.bytes > 0
    }

    fn overlaps(&self, other: &Self) -> bool {
        let before = |a: &Self, b: &Self| a.end().is_some_and(|end| end <= b.offset);
        self.meets(other) && !before(self, other) && !before(other, self)
    }
}

/// What there is to place.
pub(super) struct Blocks {
    shapes: Vec<Shape, MAX_TENSORS>,
    /// For each tensor its block, which it may share with the tensor it is made from
    /// in place.
    block: Vec<u8, MAX_TENSORS>,
    /// For each tensor the block of working memory of the layer that makes it.
    scratch: Vec<Option<u8>, MAX_TENSORS>,
    blocks: Vec<Block, MAX_BLOCKS>,
}

impl Blocks {
    /// Nothing. What is to be placed is filled in, not returned, as it is large.
    pub(super) const fn empty() -> Self {
        Self { shapes: Vec::new(), block: Vec::new(), scratch: Vec::new(), blocks: Vec::new() }
    }

    /// Takes what the layers need for an input of this shape.
    pub(super) fn fill<'a>(
        &mut self,
        layers: impl Iterator<Item = Layer<'a>> + Clone,
        input: Shape,
        outputs: &[u8],
    ) -> Result<(), Error> {
        shapes(layers.clone(), input, &mut self.shapes)?;
        let last = last_uses(layers.clone(), self.shapes.len(), outputs)?;
        let bytes = input.bytes().ok_or(Error::TooLarge)?;
        let first = self.add(bytes, 0, last.first().copied().unwrap_or(0))?;
        self.assign(first, None)?;
        for (index, layer) in layers.enumerate() {
            let now = u8::try_from(index + 1).map_err(|_| Error::TooLarge)?;
            let shape = |tensor: usize| self.shapes.get(tensor).copied().ok_or(Error::Malformed);
            let source = usize::from(layer.input);
            let (from, to) = (shape(source)?, shape(index + 1)?);
            let until = last.get(index + 1).copied().unwrap_or(now);
            let scratch = match layer.scratch(from).ok_or(Error::TooLarge)? {
                0 => None,
                bytes => Some(self.add(bytes, now, now)?),
            };
            let place = self.block.get(source).copied().ok_or(Error::Malformed)?;
            let block = if layer.works_in_place() && last.get(source) == Some(&now) {
                if let Some(block) = self.blocks.get_mut(usize::from(place)) {
                    block.to = until;
                }
                place
            } else {
                self.add(to.bytes().ok_or(Error::TooLarge)?, now, until)?
            };
            self.assign(block, scratch)?;
        }
        Ok(())
    }

    fn add(&mut self, bytes: usize, from: u8, to: u8) -> Result<u8, Error> {
        let index = u8::try_from(self.blocks.len()).map_err(|_| Error::TooLarge)?;
        let block = Block { bytes, from, to, offset: 0, best: 0 };
        self.blocks.push(block).map_err(|_| Error::TooLarge)?;
        Ok(index)
    }

    fn assign(&mut self, block: u8, scratch: Option<u8>) -> Result<(), Error> {
        self.block.push(block).map_err(|_| Error::TooLarge)?;
        self.scratch.push(scratch).map_err(|_| Error::TooLarge)
    }

    /// Finds a place for everything.
    pub(super) fn place(&mut self, network: u32) -> Result<Plan, Error> {
        let mut order: Vec<u8, MAX_BLOCKS> = gather((0..self.blocks.len()).map(|i| i as u8));
        let bytes = |blocks: &[Block], i: u8| blocks.get(usize::from(i)).map_or(0, |b| b.bytes);
        let key = |i: u8| (core::cmp::Reverse(bytes(&self.blocks, i)), i);
        sort(&mut order, |&a, &b| key(a) < key(b));
        let mut least = None;
        let bound = self.at_once();
        for _ in 0..ROUNDS {
            if least.is_some_and(|least| least <= bound) {
                break;
            }
            let (arena, highest) = self.place_in(&order).ok_or(Error::TooLarge)?;
            if least.is_none_or(|least| arena < least) {
                least = Some(arena);
                self.blocks.iter_mut().for_each(|block| block.best = block.offset);
            }
            let Some(first) = order.get_mut(..=highest).filter(|first| first.len() > 1) else {
                break;
            };
            first.rotate_right(1);
        }
        self.blocks.iter_mut().for_each(|block| block.offset = block.best);
        self.plan(network)
    }

    /// The most bytes that are needed at one time: no order needs fewer.
    fn at_once(&self) -> usize {
        let at = |now: u8| {
            let live = self.blocks.iter().filter(|block| block.from <= now && now <= block.to);
            live.fold(0usize, |sum, block| sum.saturating_add(block.bytes))
        };
        self.blocks.iter().map(|block| at(block.from)).max().unwrap_or(0)
    }

    /// Places all blocks in this order; the bytes it takes, and which of the order
    /// reaches highest.
    fn place_in(&mut self, order: &[u8]) -> Option<(usize, usize)> {
        let (mut arena, mut highest) = (0, 0);
        for (count, &index) in order.iter().enumerate() {
            let mut block = *self.blocks.get(usize::from(index))?;
            block.offset = 0;
            let placed = || {
                let earlier = order.iter().take(count);
                earlier.filter_map(|&i| self.blocks.get(usize::from(i)))
            };
            // Every step ends behind a block that was in the way, and never goes
            // back, so that there are at most as many as blocks.
            while let Some(hit) = placed().find(|other| block.overlaps(other)) {
                block.offset = hit.end()?.checked_next_multiple_of(ALIGN)?;
            }
            let end = block.end()?;
            if end > arena {
                (arena, highest) = (end, count);
            }
            *self.blocks.get_mut(usize::from(index))? = block;
        }
        Some((arena, highest))
    }

    /// Takes the places of a plan that was made before, unless something overlaps.
    pub(super) fn check(
        &mut self,
        network: u32,
        places: impl Iterator<Item = (u32, u32)>,
    ) -> Result<Plan, Error> {
        let mut taken: Vec<bool, MAX_BLOCKS> = gather(self.blocks.iter().map(|_| false));
        for ((&block, &scratch), (offset, working)) in
            self.block.iter().zip(&self.scratch).zip(places)
        {
            for (index, offset) in [(Some(block), offset), (scratch, working)] {
                let Some(index) = index.map(usize::from) else { continue };
                let offset = usize::try_from(offset).map_err(|_| Error::TooLarge)?;
                let (Some(block), Some(taken)) = (self.blocks.get_mut(index), taken.get_mut(index))
                else {
                    return Err(Error::Malformed);
                };
                if *taken && block.offset != offset {
                    return Err(Error::Overlap);
                }
                (block.offset, *taken) = (offset, true);
            }
        }
        for (index, block) in self.blocks.iter().enumerate() {
            if self.blocks.iter().skip(index + 1).any(|other| block.overlaps(other)) {
                return Err(Error::Overlap);
            }
        }
        self.plan(network)
    }

    fn plan(&self, network: u32) -> Result<Plan, Error> {
        let offset = |index: u8| {
            let block = self.blocks.get(usize::from(index)).ok_or(Error::Malformed)?;
            u32::try_from(block.offset).map_err(|_| Error::TooLarge)
        };
        let mut plan = Plan { network, spots: Vec::new(), arena: 0 };
        for block in &self.blocks {
            plan.arena = plan.arena.max(block.end().ok_or(Error::TooLarge)?);
        }
        if plan.arena > isize::MAX.unsigned_abs() {
            return Err(Error::TooLarge);
        }
        for ((&shape, &block), &scratch) in self.shapes.iter().zip(&self.block).zip(&self.scratch) {
            let scratch = scratch.map_or(Ok(0), offset)?;
            let spot = Spot { shape, offset: offset(block)?, scratch };
            plan.spots.push(spot).map_err(|_| Error::TooLarge)?;
        }
        Ok(plan)
    }
}

/// The shapes of all tensors.
fn shapes<'a>(
    layers: impl Iterator<Item = Layer<'a>>,
    input: Shape,
    shapes: &mut Vec<Shape, MAX_TENSORS>,
) -> Result<(), Error> {
    input.bytes().ok_or(Error::TooLarge)?;
    shapes.push(input).map_err(|_| Error::TooLarge)?;
    for (index, layer) in layers.enumerate() {
        let shape = layer.output(shapes).map_err(|fault| fault.at(index))?;
        shape.bytes().ok_or(Error::TooLarge)?;
        shapes.push(shape).map_err(|_| Error::TooLarge)?;
    }
    Ok(())
}

/// For each tensor the last layer, counted from 1, that reads it, or else the one
/// that makes it; outputs are needed for ever.
fn last_uses<'a>(
    layers: impl Iterator<Item = Layer<'a>>,
    tensors: usize,
    outputs: &[u8],
) -> Result<Vec<u8, MAX_TENSORS>, Error> {
    let mut last: Vec<u8, MAX_TENSORS> = gather((0..tensors).map(|tensor| tensor as u8));
    for (index, layer) in layers.enumerate() {
        for input in layer.inputs() {
            let last = last.get_mut(usize::from(input)).ok_or(Fault::Input.at(index))?;
            *last = index as u8 + 1;
        }
    }
    for &output in outputs {
        *last.get_mut(usize::from(output)).ok_or(Error::Outputs)? = u8::MAX;
    }
    Ok(last)
}
