//! A float network of somebody's own that tells the quality of pictures.
//!
//! In comes an ONNX file; out goes a [`Scorer`]. What the network must look like is in
//! `docs/model.md`; all of that is checked, by a first run too, before any picture is
//! looked at.

use crate::pipeline::Scorer;
use std::fmt::Display;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Length;
use tract_onnx::pb::{GraphProto, ModelProto, ValueInfoProto, type_proto};
use tract_onnx::prelude::*;

/// Height and width where the network leaves them open.
const SIDE: usize = 224;

/// Longest side that a network may ask for: beyond it a frame's pixels do not fit
/// beside the network in a board's memory.
const MOST: usize = 2048;

/// The input that is asked for.
const INPUT: &str = "one input is expected: float32 [1, 3, height, width] for RGB or \
                     [1, 1, height, width] for luma, at most 2048 a side";

/// The output that is asked for.
const OUTPUT: &str = "one output is expected: float32 [1, 1] or [1], the score from 0 to 1";

/// Why an ONNX file cannot be a scorer.
#[derive(Debug, thiserror::Error)]
pub enum ScorerError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It is not ONNX.
    #[error("it is not an ONNX model, or it is damaged")]
    NotOnnx,
    /// Its inputs.
    #[error("{0}; {INPUT}")]
    Input(String),
    /// Its outputs.
    #[error("{0}; {OUTPUT}")]
    Output(String),
    /// tract.
    #[error("tract, which computes the scorer, cannot run it: {0}")]
    Run(String),
}

/// A picture's shape, channels first.
#[derive(Clone, Copy)]
struct Shape {
    channels: usize,
    height: usize,
    width: usize,
}

impl Shape {
    fn dims(self) -> [usize; 4] {
        [1, self.channels, self.height, self.width]
    }
}

/// Reads a scorer, and runs it once.
///
/// # Errors
/// When the file is no ONNX, its input or output is another than the documented one,
/// or tract cannot run it.
pub fn read(path: &Path) -> Result<Scorer, ScorerError> {
    let bytes = std::fs::read(path)?;
    let proto = onnx().proto_model_for_read(&mut bytes.as_slice());
    let proto = proto.map_err(|_| ScorerError::NotOnnx)?;
    let graph = proto.graph.as_ref().filter(|graph| !graph.node.is_empty());
    let graph = graph.ok_or(ScorerError::NotOnnx)?;
    let shape = input(graph)?;
    let output = output(graph)?;
    // Should tract stop with a panic, it is the file that is wrong.
    let plan = catch_unwind(AssertUnwindSafe(|| plan(&proto, path, shape)))
        .map_err(|_| ScorerError::Run("the model contradicts itself".into()))?
        .map_err(|error| ScorerError::Run(sentence(&error)))?;
    let fact = plan.model().output_fact(0).map_err(|error| ScorerError::Run(sentence(&error)))?;
    let dims = fact.shape.as_concrete();
    if fact.datum_type != f32::datum_type() || !matches!(dims, Some([1] | [1, 1])) {
        let given = format!("{:?} {:?}", fact.datum_type, fact.shape);
        return Err(ScorerError::Output(format!("the output `{output}` is {given}")));
    }
    let run = move |pixels: &[u8]| score(&plan, shape, pixels);
    let grey = vec![128; shape.channels * shape.height * shape.width];
    // Only whether it runs: a picture without contrast may have no score.
    catch_unwind(AssertUnwindSafe(|| run(&grey)))
        .map_err(|_| ScorerError::Run("it stopped at a grey picture".into()))?
        .map_err(ScorerError::Run)?;
    let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    Ok(Scorer::new((side(shape.width), side(shape.height)), shape.channels == 3, run))
}

fn plan(proto: &ModelProto, path: &Path, shape: Shape) -> TractResult<Arc<TypedRunnableModel>> {
    // Large networks keep their weights in files beside them.
    let folder = path.parent().and_then(Path::to_str);
    let framework = onnx().with_ignore_output_shapes(true).with_ignore_value_info(true);
    let mut model = framework.parse(proto, folder)?.model;
    model.set_input_fact(0, f32::fact(shape.dims()).into())?;
    model.into_optimized()?.into_runnable()
}

/// The score of a picture: pixels as they lie in memory to channels first, 0 to 1.
fn score(plan: &Arc<TypedRunnableModel>, shape: Shape, pixels: &[u8]) -> Result<f32, String> {
    let channel = |c| pixels.iter().skip(c).step_by(shape.channels);
    let numbers: Vec<f32> =
        (0..shape.channels).flat_map(channel).map(|&value| f32::from(value) / 255.0).collect();
    let run = || -> TractResult<Option<f32>> {
        let input = Tensor::from_shape(&shape.dims(), &numbers)?;
        let outputs = plan.run(tvec!(input.into()))?;
        let Some(output) = outputs.first() else { return Ok(None) };
        Ok(output.to_plain_array_view::<f32>()?.iter().next().copied())
    };
    run().map_err(|error| sentence(&error))?.ok_or_else(|| "it gave no number".into())
}

/// What tract says, in one line.
fn sentence(error: &TractError) -> String {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    causes.join(": ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn input(graph: &GraphProto) -> Result<Shape, ScorerError> {
    let constant = |name: &str| graph.initializer.iter().any(|tensor| tensor.name == name);
    let inputs: Vec<&ValueInfoProto> =
        graph.input.iter().filter(|input| !constant(&input.name)).collect();
    let &[input] = inputs.as_slice() else {
        return Err(ScorerError::Input(several("input", inputs)));
    };
    let refuse =
        |what: &dyn Display| ScorerError::Input(format!("the input `{}` is {what}", input.name));
    let kind = input.r#type.as_ref().and_then(|kind| kind.value.as_ref());
    let Some(type_proto::Value::TensorType(tensor)) = kind else {
        return Err(refuse(&"no tensor"));
    };
    match DataType::try_from(tensor.elem_type) {
        Ok(DataType::Float) => {}
        Ok(other) => return Err(refuse(&format!("of the type {other:?}").to_lowercase())),
        Err(_) => return Err(refuse(&"of an unknown type")),
    }
    let lengths: Vec<Option<usize>> = tensor
        .shape
        .iter()
        .flat_map(|shape| &shape.dim)
        .map(|dim| {
            match dim.value {
                // Zero and less stand for an open length in some exports.
                Some(Length::DimValue(length)) => usize::try_from(length).ok().filter(|&n| n > 0),
                _ => None,
            }
        })
        .collect();
    let shown: Vec<String> =
        lengths.iter().map(|length| length.map_or("?".into(), |n| n.to_string())).collect();
    let given = format!("float32 [{}]", shown.join(", "));
    let shape = match *lengths.as_slice() {
        [None | Some(1), Some(channels @ (1 | 3)), height, width] => {
            Shape { channels, height: height.unwrap_or(SIDE), width: width.unwrap_or(SIDE) }
        }
        _ => return Err(refuse(&given)),
    };
    if shape.height.max(shape.width) > MOST { Err(refuse(&given)) } else { Ok(shape) }
}

/// The name of the output.
fn output(graph: &GraphProto) -> Result<&str, ScorerError> {
    match graph.output.as_slice() {
        [output] => Ok(&output.name),
        outputs => Err(ScorerError::Output(several("output", outputs))),
    }
}

fn several<'a>(what: &str, values: impl IntoIterator<Item = &'a ValueInfoProto>) -> String {
    let names: Vec<String> = values.into_iter().map(|v| format!("`{}`", v.name)).collect();
    match names.len() {
        0 => format!("it has no {what}"),
        count => format!("it has {count} {what}s ({})", names.join(", ")),
    }
}
