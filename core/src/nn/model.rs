//! The document: a network as it lies in flash.
//!
//! All of it is postcard. A frame of magic, schema, checksum and length goes round a
//! body: a header, then one [`Layer`] after the other. [`Model::load`] checks
//! everything once. After that layers are decoded when their turn comes, and weights
//! stay where they lie: only a table of tensors is in memory.

use super::checksum::crc32;
use super::geometry::Lattice;
use super::plan::{Blocks, MAX_TENSORS};
use super::{Clamp, Error, Fault, Layer, Multiplier, Op, Plan, Quantization, Shape, pack};
use heapless::Vec;
use serde::{Deserialize, Serialize};

/// The first bytes of every network.
pub(super) const MAGIC: [u8; 4] = *b"\x89ECM";

/// The schema that is written and read.
pub(super) const SCHEMA: u16 = 1;

/// Outputs of a network, at most.
pub const MAX_OUTPUTS: usize = 16;

/// What goes round the body, which follows it.
#[derive(Serialize, Deserialize)]
pub(super) struct Frame {
    pub(super) magic: [u8; 4],
    pub(super) schema: u16,
    /// CRC-32 of the body.
    pub(super) checksum: u32,
    /// Bytes of the body.
    pub(super) length: u32,
}

/// What the body begins with.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header<'a> {
    pub(super) name: &'a str,
    /// The input's shape that the stored plan is for.
    pub(super) input: Shape,
    pub(super) layers: u8,
    pub(super) outputs: &'a [u8],
    pub(super) tensors: Vec<Entry, MAX_TENSORS>,
}

/// A tensor, and its place in the stored plan.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) quantization: Quantization,
    pub(super) offset: u32,
    /// Where the working memory of the layer that makes it lies.
    pub(super) scratch: u32,
}

/// A network that has been checked.
///
/// It borrows the document and holds a table of its tensors, some 2 KiB.
#[derive(Debug)]
pub struct Model<'a> {
    header: Header<'a>,
    checksum: u32,
    layers: &'a [u8],
}

impl<'a> Model<'a> {
    /// The network in `document`, which may lie at any alignment; what follows it is
    /// passed over. Every byte is looked at once.
    ///
    /// # Errors
    /// All but [`Error::Arena`], [`Error::Plan`] and [`Error::Buffer`]. A network that
    /// loads runs, and no sum in it overflows, whatever the input.
    pub fn load(document: &'a [u8]) -> Result<Self, Error> {
        if !document.starts_with(&MAGIC) {
            return Err(Error::NotModel);
        }
        let (frame, rest): (Frame, _) = take(document)?;
        if frame.schema != SCHEMA {
            return Err(Error::Version(frame.schema));
        }
        let length = usize::try_from(frame.length).map_err(|_| Error::Malformed)?;
        let body = rest.get(..length).ok_or(Error::Malformed)?;
        if crc32(body) != frame.checksum {
            return Err(Error::Checksum);
        }
        let (header, layers): (Header<'a>, _) = take(body)?;
        let model = Self { header, checksum: frame.checksum, layers };
        model.check()?;
        Ok(model)
    }

    fn check(&self) -> Result<(), Error> {
        let mut rest = self.layers;
        for _ in 0..self.header.layers {
            rest = take::<Layer<'_>>(rest)?.1;
        }
        let tensors = &self.header.tensors;
        if !rest.is_empty() || tensors.len() != usize::from(self.header.layers) + 1 {
            return Err(Error::Malformed);
        }
        if !(1..=MAX_OUTPUTS).contains(&self.header.outputs.len()) {
            return Err(Error::Outputs);
        }
        let scales = tensors.iter().map(|entry| entry.quantization.scale);
        if let Some(tensor) = scales.into_iter().position(|scale| !scale.is_normal() || scale < 0.0)
        {
            return Err(Error::Scale { tensor: tensor as u8 });
        }
        let plan = self.plan(self.header.input.height, self.header.input.width)?;
        for (index, layer) in self.layers().enumerate() {
            self.check_layer(&layer, &plan, index).map_err(|fault| fault.at(index))?;
        }
        Ok(())
    }

    fn check_layer(&self, layer: &Layer<'_>, plan: &Plan, index: usize) -> Result<(), Fault> {
        let input = plan.shape(layer.input).ok_or(Fault::Input)?;
        let of = |tensor: u8| self.quantization(tensor).ok_or(Fault::Input);
        let (from, to) = (of(layer.input)?, of(index as u8 + 1)?);
        let kept = || if from == to { Ok(()) } else { Err(Fault::Quantization) };
        match layer.op {
            Op::Conv { window, channels, clamp, weights } => {
                clamp.check()?;
                let taps = Lattice::new(window, input)?.taps().ok_or(Fault::Shape)?;
                pack::check(weights, channels.into(), taps)?;
            }
            Op::Depthwise { window, clamp, weights } => {
                clamp.check()?;
                let lattice = Lattice::new(window, input)?;
                let taps = lattice.rows * lattice.columns;
                pack::check(weights, input.channels.into(), taps)?;
            }
            Op::Dense { inputs, channels, clamp, weights } => {
                clamp.check()?;
                let inputs = usize::try_from(inputs).map_err(|_| Fault::Shape)?;
                pack::check(weights, channels.into(), inputs)?;
            }
            Op::AveragePool { clamp, .. } | Op::MaxPool { clamp, .. } => {
                clamp.check()?;
                kept()?;
            }
            Op::GlobalAverage { rescale } => check_multiplier(rescale, super::quant::EXPONENTS)?,
            Op::Add { rescale: [one, other], output, clamp, .. } => {
                clamp.check()?;
                for multiplier in [one, other, output] {
                    check_multiplier(multiplier, -31..=0)?;
                }
            }
            Op::Concat { others } => {
                if others.len() >= MAX_OUTPUTS {
                    return Err(Fault::Length);
                }
                kept()?;
                for &other in others {
                    if of(other)? != to {
                        return Err(Fault::Quantization);
                    }
                }
            }
            Op::Resize2x => kept()?,
            Op::Table { table } => {
                if table.len() != 256 {
                    return Err(Fault::Length);
                }
            }
            Op::Softmax { rescale, .. } => {
                check_multiplier(rescale, 1..=31)?;
                if to != (Quantization { scale: 1.0 / 256.0, zero_point: i8::MIN }) {
                    return Err(Fault::Quantization);
                }
            }
        }
        Ok(())
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.header.name
    }

    /// The input's shape that it was made for. Its channels never change.
    #[must_use]
    pub fn input(&self) -> Shape {
        self.header.input
    }

    /// Tensors: the input, and each layer's output in turn.
    #[must_use]
    pub fn tensors(&self) -> usize {
        self.header.tensors.len()
    }

    /// What a tensor's numbers stand for.
    #[must_use]
    pub fn quantization(&self, tensor: u8) -> Option<Quantization> {
        self.header.tensors.get(usize::from(tensor)).map(|entry| entry.quantization)
    }

    /// The tensors that are outputs.
    #[must_use]
    pub fn outputs(&self) -> &'a [u8] {
        self.header.outputs
    }

    /// The layers, in the order in which they run.
    pub fn layers(&self) -> impl Iterator<Item = Layer<'a>> + Clone + use<'a> {
        let mut rest = self.layers;
        (0..self.header.layers).map_while(move |_| {
            let (layer, behind) = take(rest).ok()?;
            rest = behind;
            Some(layer)
        })
    }

    /// Places all tensors for an input of this size: the stored plan for the size it
    /// was made for, else a new one. It takes some 9 KiB of stack.
    ///
    /// # Errors
    /// [`Error::Layer`] if a layer cannot work at this size, [`Error::TooLarge`].
    pub fn plan(&self, height: u16, width: u16) -> Result<Plan, Error> {
        let input = Shape { height, width, ..self.header.input };
        let mut blocks = Blocks::empty();
        blocks.fill(self.layers(), input, self.header.outputs)?;
        if input == self.header.input {
            let places = self.header.tensors.iter().map(|entry| (entry.offset, entry.scratch));
            blocks.check(self.checksum, places)
        } else {
            blocks.place(self.checksum)
        }
    }

    pub(super) fn checksum(&self) -> u32 {
        self.checksum
    }
}

fn take<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<(T, &'a [u8]), Error> {
    postcard::take_from_bytes(bytes).map_err(|_| Error::Malformed)
}

fn check_multiplier(
    multiplier: Multiplier,
    exponents: core::ops::RangeInclusive<i8>,
) -> Result<(), Fault> {
    let valid = multiplier.mantissa == 0 || multiplier.mantissa >= 1 << 30;
    let valid = valid && exponents.contains(&multiplier.exponent);
    if valid { Ok(()) } else { Err(Fault::Multiplier) }
}

impl Clamp {
    fn check(self) -> Result<(), Fault> {
        if self.min <= self.max { Ok(()) } else { Err(Fault::Clamp) }
    }
}
