//! What the names in an ONNX graph stand for while it is read.
//!
//! Functions of single numbers are put off until something else needs them, so that a
//! chain of them, or hard-swish written out in four nodes, becomes one.

use super::array::Array;
use crate::model::function::{Activation, Function};
use crate::model::graph::{Graph, Kind, Node, Parameters, fit};
use edgecull_core::nn::{Padding, Shape, Window};
use std::collections::HashMap;

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Constant(Array),
    /// A function of each number of a tensor; often the number itself.
    Computed {
        of: Located,
        function: Function,
    },
    /// A tensor with zeros around: above, left, below, right.
    Padded {
        of: Located,
        pads: [usize; 4],
    },
}

/// A tensor, and how ONNX sees it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Located {
    pub(super) tensor: usize,
    pub(super) dims: Vec<usize>,
    /// Whether ONNX's order of its numbers is that in memory: else channels come
    /// before rows and pixels.
    pub(super) in_memory_order: bool,
    /// Whether nothing but one node reads it.
    pub(super) sole: bool,
}

/// The graph as far as it has been read.
pub(super) struct Reader {
    pub(super) graph: Graph,
    pub(super) values: HashMap<String, Value>,
    /// How many nodes and outputs read a name.
    pub(super) uses: HashMap<String, usize>,
}

/// What is wrong with a node.
pub(super) type Refusal = String;

impl Reader {
    pub(super) fn sole(&self, name: &str) -> bool {
        self.uses.get(name) == Some(&1)
    }

    pub(super) fn value(&self, name: &str) -> Result<&Value, Refusal> {
        self.values.get(name).ok_or_else(|| format!("its input `{name}` is not there"))
    }

    pub(super) fn constant(&self, name: &str) -> Option<&Array> {
        match self.values.get(name) {
            Some(Value::Constant(array)) => Some(array),
            _ => None,
        }
    }

    /// The tensor of this name; functions that were put off become a node.
    pub(super) fn tensor(&mut self, name: &str) -> Result<Located, Refusal> {
        let (of, function) = match self.value(name)?.clone() {
            Value::Constant(_) => {
                return Err(format!("`{name}` is a constant where a tensor is needed"));
            }
            Value::Padded { .. } => {
                return Err(format!("`{name}` is padded, which only convolutions can take"));
            }
            Value::Computed { of, function } => (of, function),
        };
        if function == Function::Identity {
            return Ok(of);
        }
        let shape = self.graph.shape(of.tensor);
        let tensor = self.push(name, vec![of.tensor], shape, Kind::Map(function));
        let of = Located { tensor, sole: self.sole(name), ..of };
        self.set(name, of.clone());
        Ok(of)
    }

    /// The same where ONNX sees four axes, channels second.
    pub(super) fn picture(&mut self, name: &str) -> Result<Located, Refusal> {
        let of = self.tensor(name)?;
        let one_order = self.shape(&of).channels == 1 || pixels(self.shape(&of)) == 1;
        if of.dims.len() == 4 && (!of.in_memory_order || one_order) {
            Ok(of)
        } else {
            Err(format!("`{name}` has the shape {:?}, not [1, channels, height, width]", of.dims))
        }
    }

    pub(super) fn shape(&self, of: &Located) -> Shape {
        self.graph.shape(of.tensor)
    }

    pub(super) fn set(&mut self, name: &str, of: Located) {
        let value = Value::Computed { of, function: Function::Identity };
        self.values.insert(name.into(), value);
    }

    /// Names a tensor anew, as ONNX now sees it.
    pub(super) fn alias(&mut self, name: &str, of: Located) {
        let sole = of.sole && self.sole(name);
        self.set(name, Located { sole, ..of });
    }

    /// Adds a node; its tensor.
    pub(super) fn push(
        &mut self,
        name: &str,
        inputs: Vec<usize>,
        shape: Shape,
        kind: Kind,
    ) -> usize {
        self.graph.nodes.push(Node { name: name.into(), inputs, shape, kind });
        self.graph.nodes.len()
    }

    /// Adds a node that makes a picture of this name.
    pub(super) fn make(&mut self, name: &str, inputs: Vec<usize>, shape: Shape, kind: Kind) {
        let tensor = self.push(name, inputs, shape, kind);
        let [height, width, channels] =
            [shape.height, shape.width, shape.channels].map(usize::from);
        let dims = vec![1, channels, height, width];
        let in_memory_order = channels == 1 || height * width == 1;
        let sole = self.sole(name);
        self.set(name, Located { tensor, dims, in_memory_order, sole });
    }

    /// Adds a node with a window.
    pub(super) fn windowed(
        &mut self,
        name: &str,
        of: &Located,
        window: Window,
        channels: u16,
        kind: Kind,
    ) -> Result<(), Refusal> {
        let fit = fit(window, self.shape(of)).ok_or("its window does not fit on its input")?;
        let length = |length| u16::try_from(length).map_err(|_| "its output is too large");
        let shape = Shape::new(length(fit.height)?, length(fit.width)?, channels);
        self.make(name, vec![of.tensor], shape, kind);
        Ok(())
    }

    /// The parameters that a factor or an activation can still be put into.
    fn open_parameters(&mut self, of: &Located) -> Option<&mut Parameters> {
        let node = of.tensor.checked_sub(1).filter(|_| of.sole)?;
        let parameters = self.graph.nodes.get_mut(node)?.parameters_mut()?;
        (parameters.activation == Activation::NONE).then_some(parameters)
    }

    /// Cuts off what `input` names.
    pub(super) fn clip(
        &mut self,
        input: &str,
        name: &str,
        activation: Activation,
    ) -> Result<(), Refusal> {
        let (of, function) = self.computed(input)?;
        if function == Function::Identity {
            let node = of.tensor.checked_sub(1).filter(|_| of.sole);
            let kind = node.and_then(|node| self.graph.nodes.get_mut(node)).map(|n| &mut n.kind);
            let open = match kind {
                Some(Kind::Conv(_, p) | Kind::Depthwise(_, p) | Kind::Dense(p)) => {
                    Some(&mut p.activation)
                }
                Some(Kind::Add(activation)) => Some(activation),
                _ => None,
            };
            if let Some(open) = open.filter(|open| **open == Activation::NONE) {
                *open = activation;
                self.alias(name, of);
                return Ok(());
            }
        }
        self.compute(name, of, Function::Clip(Box::new(function), activation));
        Ok(())
    }

    /// A tensor and a function of its numbers.
    pub(super) fn computed(&mut self, name: &str) -> Result<(Located, Function), Refusal> {
        match self.value(name)?.clone() {
            Value::Computed { of, function } => Ok((of, function)),
            _ => Ok((self.tensor(name)?, Function::Identity)),
        }
    }

    pub(super) fn compute(&mut self, name: &str, of: Located, function: Function) {
        let mut of = Located { sole: false, ..of };
        let mut function = function;
        if function.size() > MOST_PUT_OFF {
            let shape = self.shape(&of);
            of.tensor = self.push(name, vec![of.tensor], shape, Kind::Map(function));
            function = Function::Identity;
        }
        self.values.insert(name.into(), Value::Computed { of, function });
    }

    /// Each channel of `input` times a factor plus an offset, one for all or one for
    /// each channel.
    pub(super) fn affine(
        &mut self,
        input: &str,
        name: &str,
        factors: &[f32],
        offsets: &[f32],
    ) -> Result<(), Refusal> {
        let (of, function) = self.computed(input)?;
        let channels = usize::from(self.shape(&of).channels);
        let fits = |of: &[f32]| of.len() == 1 || of.len() == channels;
        if !fits(factors) || !fits(offsets) {
            return Err(format!(
                "its constant has {} numbers, not {channels} channels or 1",
                factors.len().max(offsets.len())
            ));
        }
        let at = |of: &[f32], channel: usize| of[if of.len() == 1 { 0 } else { channel }];
        let plain = function == Function::Identity;
        if let Some(p) = self.open_parameters(&of).filter(|_| plain) {
            let outputs = p.bias.len();
            if outputs != channels {
                return Err("its channels are not those of the layer before".into());
            }
            let each = p.weights.len() / outputs;
            let biases = p.bias.iter_mut().enumerate();
            for ((channel, bias), weights) in biases.zip(p.weights.chunks_exact_mut(each)) {
                let factor = at(factors, channel);
                weights.iter_mut().for_each(|weight| *weight *= factor);
                *bias = *bias * factor + at(offsets, channel);
            }
            self.alias(name, of);
            return Ok(());
        }
        if let (&[factor], &[offset]) = (factors, offsets) {
            self.compute(name, of, Function::Affine(Box::new(function), factor, offset));
            return Ok(());
        }
        let of = self.tensor(input)?;
        let each = |of: &[f32]| (0..channels).map(|channel| at(of, channel)).collect();
        let (weights, bias) = (each(factors), each(offsets));
        let parameters = Parameters { weights, bias, activation: Activation::NONE };
        let shape = self.shape(&of);
        let kind = Kind::Depthwise(POINT, parameters);
        let tensor = self.push(name, vec![of.tensor], shape, kind);
        let sole = self.sole(name);
        self.set(name, Located { tensor, sole, ..of });
        Ok(())
    }
}

/// Parts of a function that is put off, at most: products of a tensor with itself
/// would grow without bound.
const MOST_PUT_OFF: usize = 64;

/// A window of one pixel.
pub(super) const POINT: Window =
    Window { height: 1, width: 1, stride_y: 1, stride_x: 1, padding: Padding::Valid };

pub(super) fn pixels(shape: Shape) -> usize {
    usize::from(shape.height) * usize::from(shape.width)
}
