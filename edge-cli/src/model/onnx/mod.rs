//! ONNX files: what they hold, as a [`Graph`].
//!
//! Batch normalisation, factors and offsets go into the weights before them, clipping
//! into the layer before it, and every chain of functions of single numbers becomes
//! one. The result is compared with what tract makes of the same file, so that a
//! misread operation does not go unnoticed.

mod array;
mod attributes;
mod nodes;
mod reference;
mod shapes;
mod values;
mod windows;

pub use reference::{Reference, ReferenceError};

use super::graph::{Graph, GraphOutput};
use array::Array;
use edgecull_core::nn::Shape;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Length;
use tract_onnx::pb::{GraphProto, type_proto};
use tract_onnx::prelude::Framework;
use values::{Located, Reader, Value};

/// Why an ONNX file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It is not ONNX.
    #[error("it is not an ONNX model, or it is damaged")]
    NotOnnx,
    /// Its input.
    #[error("the model's input: {0}")]
    Input(String),
    /// Its outputs.
    #[error("the model's outputs: {0}")]
    Output(String),
    /// A constant.
    #[error("the model's constant `{name}`: {why}")]
    Constant {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A node.
    #[error("node `{name}` ({op}): {why}")]
    Node {
        /// Its name.
        name: String,
        /// Its operation.
        op: String,
        /// What is wrong with it.
        why: String,
    },
    /// tract.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
}

/// A model as it lies in a file, and as a graph.
#[derive(Debug)]
pub struct Import {
    /// The graph.
    pub graph: Graph,
    /// Whether the file has the input's channels before its rows and columns.
    pub channels_first: bool,
    /// The same by tract.
    pub reference: Reference,
}

impl Import {
    /// Reads a file; `size` is the input's height and width, where the file leaves
    /// them open.
    ///
    /// # Errors
    /// Names the node that cannot be.
    pub fn read(path: &Path, size: Option<(u16, u16)>) -> Result<Self, ImportError> {
        let bytes = std::fs::read(path)?;
        let model = tract_onnx::onnx().proto_model_for_read(&mut bytes.as_slice());
        let model = model.map_err(|_| ImportError::NotOnnx)?;
        let proto = model.graph.as_ref().filter(|graph| !graph.node.is_empty());
        let proto = proto.ok_or(ImportError::NotOnnx)?;
        let (graph, channels_first) = graph(proto, size)?;
        let reference = Reference::new(&model, &graph, channels_first)?;
        Ok(Self { graph, channels_first, reference })
    }
}

fn graph(proto: &GraphProto, size: Option<(u16, u16)>) -> Result<(Graph, bool), ImportError> {
    let mut values = HashMap::new();
    for tensor in &proto.initializer {
        let array = Array::read(tensor)
            .map_err(|why| ImportError::Constant { name: tensor.name.clone(), why })?;
        values.insert(tensor.name.clone(), Value::Constant(array));
    }
    let mut uses: HashMap<String, usize> = HashMap::new();
    let outputs = proto.output.iter().map(|output| &output.name);
    for name in proto.node.iter().flat_map(|node| &node.input).chain(outputs) {
        *uses.entry(name.clone()).or_default() += 1;
    }
    let (name, of, input, channels_first) = input(proto, &values, size)?;
    let graph = Graph { name: proto.name.clone(), input, nodes: Vec::new(), outputs: Vec::new() };
    let mut reader = Reader { graph, values, uses };
    let sole = reader.sole(&name);
    reader.set(&name, Located { sole, ..of });
    for (index, node) in proto.node.iter().enumerate() {
        nodes::read(&mut reader, node).map_err(|why| {
            let number = || format!("#{index}");
            let output = node.output.first().cloned().unwrap_or_else(number);
            let name = if node.name.is_empty() { output } else { node.name.clone() };
            ImportError::Node { name, op: node.op_type.clone(), why }
        })?;
    }
    for output in &proto.output {
        let of = reader.tensor(&output.name).map_err(ImportError::Output)?;
        let channels_first = !of.in_memory_order;
        let name = output.name.clone();
        reader.graph.outputs.push(GraphOutput { name, tensor: of.tensor, channels_first });
    }
    if reader.graph.outputs.is_empty() || reader.graph.nodes.is_empty() {
        return Err(ImportError::Output("there are none".into()));
    }
    Ok((reader.graph, channels_first))
}

/// The name, the place and the shape of the input, and whether its channels come first.
fn input(
    proto: &GraphProto,
    values: &HashMap<String, Value>,
    size: Option<(u16, u16)>,
) -> Result<(String, Located, Shape, bool), ImportError> {
    let refuse = |why: &str| ImportError::Input(why.into());
    let inputs: Vec<_> =
        proto.input.iter().filter(|input| !values.contains_key(&input.name)).collect();
    let &[input] = inputs.as_slice() else {
        return Err(ImportError::Input(format!("there are {}, not one", inputs.len())));
    };
    let tensor = input.r#type.as_ref().and_then(|kind| kind.value.as_ref());
    let Some(type_proto::Value::TensorType(tensor)) = tensor else {
        return Err(refuse("it has no type"));
    };
    let dims = tensor.shape.as_ref().map_or(&[][..], |shape| &shape.dim);
    let length = |index: usize| match dims.get(index)?.value.as_ref()? {
        Length::DimValue(length) => u16::try_from(*length).ok().filter(|&length| length > 0),
        Length::DimParam(_) => None,
    };
    if dims.len() != 4 {
        return Err(ImportError::Input(format!("it has {} axes, not 4", dims.len())));
    }
    if length(0).is_some_and(|batch| batch != 1) {
        return Err(refuse("it takes several pictures at once; export it with a batch of one"));
    }
    // Keras' exports turn their input round at once.
    let mut readers = proto.node.iter().filter(|node| node.input.contains(&input.name)).peekable();
    let turned = readers.peek().is_some()
        && readers.all(|node| {
            node.op_type == "Transpose"
                && attributes::Attributes(node).ints("perm") == Some(&[0, 3, 1, 2])
        });
    let (rows, columns, channels) = if turned { (1, 2, 3) } else { (2, 3, 1) };
    let channels =
        length(channels).ok_or_else(|| refuse("it does not say how many channels it has"))?;
    let open = || refuse("it leaves height and width open; give them by --size HEIGHTxWIDTH");
    let pick = |fixed: Option<u16>, given: Option<u16>| match (fixed, given) {
        (Some(fixed), Some(given)) if fixed != given => {
            Err(ImportError::Input(format!("--size says {given} where the model has {fixed}")))
        }
        (Some(fixed), _) => Ok(fixed),
        (None, given) => given.ok_or_else(open),
    };
    let height = pick(length(rows), size.map(|(height, _)| height))?;
    let width = pick(length(columns), size.map(|(_, width)| width))?;
    let [h, w, c] = [height, width, channels].map(usize::from);
    let dims = if turned { vec![1, h, w, c] } else { vec![1, c, h, w] };
    let in_memory_order = turned || c == 1 || h * w == 1;
    let of = Located { tensor: 0, dims, in_memory_order, sole: false };
    Ok((input.name.clone(), of, Shape::new(height, width, channels), !turned))
}
