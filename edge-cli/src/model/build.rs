//! The last step: plain weights, biases and scales to a document.
//!
//! In comes a [`QuantizedNet`], whoever made it; out goes a [`Document`] whose weights
//! are packed and whose memory is planned.

use edgecull_core::nn::{
    Clamp, Error, Fault, Layer, MAX_TENSORS, Multiplier, Network, Op, Parameters, Quantization,
    Shape, Table, Window, pack, packed_len,
};

/// A network in int8 whose weights are not packed yet.
#[derive(Clone, Debug)]
pub struct QuantizedNet {
    /// For people.
    pub name: String,
    /// The input's shape that memory is planned for.
    pub input: Shape,
    /// What the input's numbers stand for.
    pub quantization: Quantization,
    /// Layer `i` makes tensor `i + 1`; tensor 0 is the input.
    pub layers: Vec<QuantizedLayer>,
    /// The tensors that are outputs.
    pub outputs: Vec<usize>,
}

/// A layer of it.
#[derive(Clone, Debug)]
pub struct QuantizedLayer {
    /// For people.
    pub name: String,
    /// The tensors that it reads.
    pub inputs: Vec<usize>,
    /// What the output's numbers stand for.
    pub output: Quantization,
    /// What it does.
    pub operation: Operation,
}

/// What a layer does; see [`Op`], whose order of weights this has.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "fields are those of Op")]
pub enum Operation {
    Conv {
        window: Window,
        weights: Weights,
        clamp: Clamp,
    },
    Depthwise {
        window: Window,
        weights: Weights,
        clamp: Clamp,
    },
    Dense {
        weights: Weights,
        clamp: Clamp,
    },
    AveragePool {
        window: Window,
        clamp: Clamp,
    },
    MaxPool {
        window: Window,
        clamp: Clamp,
    },
    GlobalAverage,
    Add {
        clamp: Clamp,
    },
    /// Inputs of another scale or zero point than the output's are brought to them.
    Concat,
    Resize2x,
    Table(Box<Table>),
    Softmax {
        classes: u16,
        beta: f32,
    },
}

/// Weights and biases of output channels.
#[derive(Clone, Debug)]
pub struct Weights {
    /// One channel after the other, -127 to 127.
    pub values: Vec<i8>,
    /// For each channel what 1 stands for.
    pub scales: Vec<f32>,
    /// For each channel, in units of the input's scale times the weights'.
    pub bias: Vec<i32>,
}

/// A network as it is written to a file.
#[derive(Clone, Debug)]
pub struct Document {
    /// What [`edgecull_core::nn::Model::load`] takes.
    pub bytes: Vec<u8>,
    /// For each tensor of the [`QuantizedNet`] the one in the document: there are more
    /// where a concatenation's inputs had to be requantised.
    pub tensors: Vec<u8>,
}

/// Why a network cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BuildError {
    /// More layers than a document may have.
    #[error("the network has more than {} layers", MAX_TENSORS - 1)]
    TooManyLayers,
    /// A layer that names what is not there.
    #[error("layer `{0}` reads a tensor that is not there")]
    Input(String),
    /// Scales that cannot be brought together.
    #[error("layer `{0}`: the scales of its inputs, weights and output are too far apart")]
    Scales(String),
    /// Parameters that cannot be packed.
    #[error("layer `{layer}`: {fault}")]
    Pack {
        /// Its name.
        layer: String,
        /// What is wrong with it.
        fault: Fault,
    },
    /// What the core finds.
    #[error("layer `{layer}` cannot be: {fault}")]
    Layer {
        /// Its name.
        layer: String,
        /// What is wrong with it.
        fault: Fault,
    },
    /// What the core finds of the whole.
    #[error("the network cannot be built: {0}")]
    Network(Error),
}

/// An [`Op`] that owns what it holds.
struct Owned {
    name: String,
    input: u8,
    op: OwnedOp,
}

enum OwnedOp {
    Conv {
        window: Window,
        channels: u16,
        clamp: Clamp,
        weights: Vec<u8>,
    },
    Depthwise {
        window: Window,
        clamp: Clamp,
        weights: Vec<u8>,
    },
    Dense {
        inputs: u32,
        channels: u16,
        clamp: Clamp,
        weights: Vec<u8>,
    },
    Concat {
        others: Vec<u8>,
    },
    Table(Box<Table>),
    /// One that borrows nothing.
    Other(Op<'static>),
}

impl Owned {
    fn layer(&self) -> Layer<'_> {
        let op = match &self.op {
            &OwnedOp::Conv { window, channels, clamp, ref weights } => {
                Op::Conv { window, channels, clamp, weights }
            }
            &OwnedOp::Depthwise { window, clamp, ref weights } => {
                Op::Depthwise { window, clamp, weights }
            }
            &OwnedOp::Dense { inputs, channels, clamp, ref weights } => {
                Op::Dense { inputs, channels, clamp, weights }
            }
            OwnedOp::Concat { others } => Op::Concat { others },
            OwnedOp::Table(table) => Op::Table { table: table.as_bytes() },
            &OwnedOp::Other(op) => op,
        };
        Layer { name: &self.name, input: self.input, op }
    }
}

impl QuantizedNet {
    /// Packs the weights, plans the memory, writes the document and loads it again.
    ///
    /// # Errors
    /// Names the layer that cannot be.
    pub fn document(&self) -> Result<Document, BuildError> {
        let mut builder = Builder {
            layers: Vec::new(),
            quantizations: vec![self.quantization],
            tensors: vec![0],
        };
        for layer in &self.layers {
            builder.add(layer)?;
        }
        let output = |&tensor: &usize| builder.tensors.get(tensor).copied();
        let outputs: Option<Vec<u8>> = self.outputs.iter().map(output).collect();
        let outputs = outputs.ok_or(BuildError::Network(Error::Outputs))?;
        let layers: Vec<Layer<'_>> = builder.layers.iter().map(Owned::layer).collect();
        let network = Network {
            name: &self.name,
            input: self.input,
            layers: &layers,
            tensors: &builder.quantizations,
            outputs: &outputs,
        };
        let mut bytes = vec![0; network.bound()];
        let length = network.write(&mut bytes).map_err(|error| match error {
            Error::Layer { index, fault } => {
                let name = layers.get(usize::from(index)).map_or("", |layer| layer.name);
                BuildError::Layer { layer: name.into(), fault }
            }
            error => BuildError::Network(error),
        })?;
        bytes.truncate(length);
        Ok(Document { bytes, tensors: builder.tensors })
    }
}

struct Builder {
    layers: Vec<Owned>,
    quantizations: Vec<Quantization>,
    /// For each tensor of the network the one in the document.
    tensors: Vec<u8>,
}

impl Builder {
    fn add(&mut self, layer: &QuantizedLayer) -> Result<(), BuildError> {
        let name = || layer.name.clone();
        let tensors = layer.inputs.iter().map(|&tensor| self.tensors.get(tensor).copied());
        let mut inputs: Vec<u8> =
            tensors.collect::<Option<_>>().ok_or_else(|| BuildError::Input(name()))?;
        if matches!(layer.operation, Operation::Concat) {
            for input in &mut inputs {
                *input = self.requantized(*input, layer)?;
            }
        }
        let &[input, ref others @ ..] = inputs.as_slice() else {
            return Err(BuildError::Input(name()));
        };
        let (from, to) = (self.quantizations[usize::from(input)], layer.output);
        let scales = || BuildError::Scales(name());
        let packed = |weights: &Weights| packed(weights, from, to).map_err(|e| e.of(name()));
        let op = match &layer.operation {
            &Operation::Conv { window, ref weights, clamp } => {
                let channels = weights.channels();
                OwnedOp::Conv { window, channels, clamp, weights: packed(weights)? }
            }
            &Operation::Depthwise { window, ref weights, clamp } => {
                OwnedOp::Depthwise { window, clamp, weights: packed(weights)? }
            }
            &Operation::Dense { ref weights, clamp } => {
                let inputs = weights.values.len().checked_div(weights.bias.len()).unwrap_or(0);
                let inputs = u32::try_from(inputs).unwrap_or(u32::MAX);
                let channels = weights.channels();
                OwnedOp::Dense { inputs, channels, clamp, weights: packed(weights)? }
            }
            &Operation::AveragePool { window, clamp } => {
                OwnedOp::Other(Op::AveragePool { window, clamp })
            }
            &Operation::MaxPool { window, clamp } => OwnedOp::Other(Op::MaxPool { window, clamp }),
            Operation::GlobalAverage => {
                OwnedOp::Other(Op::global_average(from, to).ok_or_else(scales)?)
            }
            &Operation::Add { clamp } => {
                let &[other] = others else { return Err(BuildError::Input(name())) };
                let second = self.quantizations[usize::from(other)];
                let op = Op::add(other, [from, second], to, clamp);
                OwnedOp::Other(op.ok_or_else(scales)?)
            }
            Operation::Concat => OwnedOp::Concat { others: others.to_vec() },
            Operation::Resize2x => OwnedOp::Other(Op::Resize2x),
            Operation::Table(table) => OwnedOp::Table(table.clone()),
            &Operation::Softmax { classes, beta } => {
                OwnedOp::Other(Op::softmax(classes, from, beta).ok_or_else(scales)?)
            }
        };
        let tensor = self.push(Owned { name: name(), input, op }, to)?;
        self.tensors.push(tensor);
        Ok(())
    }

    /// A tensor that stands for the same in the output's scale of `layer`.
    fn requantized(&mut self, tensor: u8, layer: &QuantizedLayer) -> Result<u8, BuildError> {
        let (from, to) = (self.quantizations[usize::from(tensor)], layer.output);
        if from == to {
            return Ok(tensor);
        }
        let name = format!("{} (input {tensor} requantised)", layer.name);
        let table = Table::requantize(from, to).ok_or_else(|| BuildError::Scales(name.clone()))?;
        self.push(Owned { name, input: tensor, op: OwnedOp::Table(Box::new(table)) }, to)
    }

    fn push(&mut self, layer: Owned, output: Quantization) -> Result<u8, BuildError> {
        let tensor = self.quantizations.len();
        if tensor >= MAX_TENSORS {
            return Err(BuildError::TooManyLayers);
        }
        self.layers.push(layer);
        self.quantizations.push(output);
        Ok(tensor as u8)
    }
}

impl Weights {
    /// More than a document can tell are said to be none, which no document has.
    fn channels(&self) -> u16 {
        u16::try_from(self.bias.len()).unwrap_or(0)
    }
}

/// Why weights cannot be packed, of a layer that has no name here.
enum Unpacked {
    Scales,
    Fault(Fault),
}

impl Unpacked {
    fn of(self, layer: String) -> BuildError {
        match self {
            Self::Scales => BuildError::Scales(layer),
            Self::Fault(fault) => BuildError::Pack { layer, fault },
        }
    }
}

fn packed(weights: &Weights, from: Quantization, to: Quantization) -> Result<Vec<u8>, Unpacked> {
    let ratio = |&scale: &f32| {
        let real = f64::from(from.scale) * f64::from(scale) / f64::from(to.scale);
        Multiplier::from_real(real).ok_or(Unpacked::Scales)
    };
    let multipliers: Vec<Multiplier> =
        weights.scales.iter().map(ratio).collect::<Result<_, _>>()?;
    let channels = weights.bias.len();
    let inputs = weights.values.len().checked_div(channels).unwrap_or(0);
    let length = packed_len(channels, inputs).ok_or(Unpacked::Fault(Fault::Length))?;
    let mut bytes = vec![0; length];
    let parameters = Parameters {
        weights: &weights.values,
        bias: &weights.bias,
        multipliers: &multipliers,
        zero_point: from.zero_point,
    };
    pack(&parameters, &mut bytes).map_err(Unpacked::Fault)?;
    Ok(bytes)
}
