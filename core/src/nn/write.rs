//! How a network is written.

use super::checksum::crc32;
use super::model::{Entry, Frame, Header, MAGIC, MAX_OUTPUTS, SCHEMA};
use super::plan::{Blocks, MAX_TENSORS};
use super::{Error, Layer, Model, Quantization, Shape};
use heapless::Vec;

/// A network's parts, as one builds it.
#[derive(Clone, Copy, Debug)]
pub struct Network<'n> {
    /// For people.
    pub name: &'n str,
    /// The input's shape, which the stored plan is made for.
    pub input: Shape,
    /// Layer `i` makes tensor `i + 1` from tensors up to `i`; at most 127.
    pub layers: &'n [Layer<'n>],
    /// What each tensor's numbers stand for: the input's, then each layer's output's.
    pub tensors: &'n [Quantization],
    /// The tensors that are outputs, at most 16.
    pub outputs: &'n [u8],
}

/// Bytes of the largest frame: magic, and each number at its longest.
const FRAME: usize = 4 + 3 + 5 + 5;

impl Network<'_> {
    /// Bytes that [`write`](Self::write) needs, at most.
    #[must_use]
    pub fn bound(&self) -> usize {
        let layers = self.layers.iter().map(|layer| {
            let parameters = match layer.op {
                super::Op::Conv { weights, .. }
                | super::Op::Depthwise { weights, .. }
                | super::Op::Dense { weights, .. } => weights.len(),
                super::Op::Concat { others } => others.len(),
                super::Op::Table { table } => table.len(),
                _ => 0,
            };
            layer.name.len().saturating_add(parameters).saturating_add(64)
        });
        let tables = self.name.len() + self.outputs.len() + 16 * self.tensors.len();
        layers.fold(tables.saturating_add(FRAME + 64), usize::saturating_add)
    }

    /// Plans the memory, writes the document to the start of `buffer` and loads it
    /// from there, so that what is written is known to load. Gives the document's
    /// length.
    ///
    /// # Errors
    /// [`Error::Buffer`], never with [`bound`](Self::bound) bytes; what the plan or
    /// [`Model::load`] finds.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        if self.outputs.len() > MAX_OUTPUTS {
            return Err(Error::Outputs);
        }
        let mut blocks = Blocks::empty();
        blocks.fill(self.layers.iter().copied(), self.input, self.outputs)?;
        let plan = blocks.place(0)?;
        let mut tensors: Vec<Entry, MAX_TENSORS> = Vec::new();
        if self.tensors.len() != plan.spots.len() {
            return Err(Error::Malformed);
        }
        for (&quantization, spot) in self.tensors.iter().zip(&plan.spots) {
            let entry = Entry { quantization, offset: spot.offset, scratch: spot.scratch };
            tensors.push(entry).map_err(|_| Error::TooLarge)?;
        }
        let header = Header {
            name: self.name,
            input: self.input,
            layers: self.layers.len() as u8,
            outputs: self.outputs,
            tensors,
        };
        let body = buffer.get_mut(FRAME..).ok_or(Error::Buffer)?;
        let mut length = postcard::to_slice(&header, body).map_err(|_| Error::Buffer)?.len();
        for layer in self.layers {
            let rest = body.get_mut(length..).ok_or(Error::Buffer)?;
            length += postcard::to_slice(layer, rest).map_err(|_| Error::Buffer)?.len();
        }
        let frame = Frame {
            magic: MAGIC,
            schema: SCHEMA,
            checksum: crc32(body.get(..length).ok_or(Error::Buffer)?),
            length: u32::try_from(length).map_err(|_| Error::TooLarge)?,
        };
        let begin = postcard::to_slice(&frame, buffer).map_err(|_| Error::Buffer)?.len();
        buffer.copy_within(FRAME..FRAME + length, begin);
        let document = buffer.get(..begin + length).ok_or(Error::Buffer)?;
        Model::load(document)?;
        Ok(begin + length)
    }
}
