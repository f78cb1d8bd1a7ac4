//! One network at work, in the caller's arena.

use super::ops::{self, Io};
use super::{Error, Layer, Model, Op, Plan, Tensor};
use crate::bounded::copy;
use crate::kernels::Isa;
use core::ops::Range;

/// A network, a plan and an arena.
#[derive(Debug)]
pub struct Net<'n> {
    model: &'n Model<'n>,
    plan: &'n Plan,
    arena: &'n mut [i8],
    isa: Isa,
}

impl<'n> Net<'n> {
    /// A network at work in `arena`, at any alignment; what the arena held before does
    /// not matter.
    ///
    /// # Errors
    /// [`Error::Plan`] if the plan is another network's, [`Error::Arena`] if the arena
    /// has fewer than [`Plan::arena`] bytes.
    pub fn new(
        model: &'n Model<'n>,
        plan: &'n Plan,
        arena: &'n mut [i8],
        isa: Isa,
    ) -> Result<Self, Error> {
        if plan.network != model.checksum() || plan.spots.len() != model.tensors() {
            return Err(Error::Plan);
        }
        if arena.len() < plan.arena() {
            return Err(Error::Arena { needed: plan.arena() });
        }
        Ok(Self { model, plan, arena, isa })
    }

    /// The input, to be written before every run: its place serves others meanwhile.
    pub fn input(&mut self) -> &mut [i8] {
        let range = self.range(0).unwrap_or_default();
        self.arena.get_mut(range).unwrap_or_default()
    }

    /// Runs all layers.
    ///
    /// # Errors
    /// None with a plan of [`Model::plan`].
    pub fn run(&mut self) -> Result<(), Error> {
        self.run_with(|_, _| ())
    }

    /// Runs all layers and shows each one with its output.
    ///
    /// # Errors
    /// None with a plan of [`Model::plan`].
    pub fn run_with(&mut self, mut each: impl FnMut(&Layer<'n>, Tensor<'_>)) -> Result<(), Error> {
        for (index, layer) in self.model.layers().enumerate() {
            let output = u8::try_from(index + 1).map_err(|_| Error::Plan)?;
            self.step(&layer, output).ok_or(Error::Plan)?;
            each(&layer, self.tensor(output).ok_or(Error::Plan)?);
        }
        Ok(())
    }

    /// Output number `index` of the last run, of those that [`Model::outputs`] lists.
    #[must_use]
    pub fn output(&self, index: usize) -> Option<Tensor<'_>> {
        self.tensor(*self.model.outputs().get(index)?)
    }

    fn tensor(&self, tensor: u8) -> Option<Tensor<'_>> {
        Some(Tensor {
            data: self.arena.get(self.range(tensor)?)?,
            shape: self.plan.shape(tensor)?,
            quantization: self.model.quantization(tensor)?,
        })
    }

    fn range(&self, tensor: u8) -> Option<Range<usize>> {
        let start = self.plan.offset(tensor)?;
        Some(start..start.checked_add(self.plan.shape(tensor)?.bytes()?)?)
    }

    /// The layer that makes tensor `output`.
    fn step(&mut self, layer: &Layer<'_>, output: u8) -> Option<()> {
        match layer.op {
            Op::Conv { window, clamp, weights, .. } => {
                ops::conv(self.io(layer, layer.input, output)?, window, clamp, weights)
            }
            Op::Depthwise { window, clamp, weights } => {
                ops::depthwise(self.io(layer, layer.input, output)?, window, clamp, weights)
            }
            Op::Dense { clamp, weights, .. } => {
                ops::dense(self.io(layer, layer.input, output)?, clamp, weights)
            }
            Op::AveragePool { window, clamp } => {
                ops::average_pool(self.io(layer, layer.input, output)?, window, clamp)
            }
            Op::MaxPool { window, clamp } => {
                ops::max_pool(self.io(layer, layer.input, output)?, window, clamp)
            }
            Op::GlobalAverage { rescale } => {
                ops::global_average(self.io(layer, layer.input, output)?, rescale)
            }
            Op::Resize2x => ops::resize_2x(self.io(layer, layer.input, output)?),
            Op::Concat { .. } => {
                let mut before = 0;
                for input in layer.inputs() {
                    let io = self.io(layer, input, output)?;
                    let channels = usize::from(io.from.channels);
                    ops::concat(io, before)?;
                    before += channels;
                }
                Some(())
            }
            Op::Add { other, rescale, output: to_output, clamp } => {
                self.copy_first(layer, output)?;
                let zero_first = self.model.quantization(layer.input)?.zero_point;
                let io = self.io(layer, other, output)?;
                ops::add(io, zero_first, rescale, to_output, clamp)
            }
            Op::Table { table } => ops::look_up(self.copy_first(layer, output)?, table),
            Op::Softmax { classes, rescale } => {
                ops::softmax(self.copy_first(layer, output)?, classes.into(), rescale)
            }
        }
    }

    /// Input, output and working memory, which lie apart.
    fn io(&mut self, layer: &Layer<'_>, input: u8, output: u8) -> Option<Io<'_>> {
        let (from, to) = (self.plan.shape(input)?, self.plan.shape(output)?);
        let bytes = layer.scratch(from)?;
        let start = match bytes {
            0 => 0,
            _ => usize::try_from(self.plan.spots.get(usize::from(output))?.scratch).ok()?,
        };
        let scratch = start..start.checked_add(bytes)?;
        let ranges = [self.range(input)?, self.range(output)?, scratch];
        let zero = |tensor| Some(self.model.quantization(tensor)?.zero_point);
        let (zero_in, zero_out, isa) = (zero(input)?, zero(output)?, self.isa);
        let [input, output, scratch] = self.arena.get_disjoint_mut(ranges).ok()?;
        Some(Io { input, output, scratch, from, to, zero_in, zero_out, isa })
    }

    /// The output, with the first input in it: copied, if it does not lie there.
    fn copy_first(&mut self, layer: &Layer<'_>, output: u8) -> Option<&mut [i8]> {
        let (from, to) = (self.range(layer.input)?, self.range(output)?);
        if from != to {
            let [from, to] = self.arena.get_disjoint_mut([from, to.clone()]).ok()?;
            copy(to, from);
        }
        self.arena.get_mut(to)
    }
}
