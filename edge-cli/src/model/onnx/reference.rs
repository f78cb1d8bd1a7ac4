//! What tract makes of the same file: the truth that all else is compared with.

use super::super::graph::{Graph, size};
use edgecull_core::nn::Shape;
use std::sync::Arc;
use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::*;

/// Why tract cannot run a model.
#[derive(Debug, thiserror::Error)]
#[error("tract, which computes the float network, cannot run the model: {0}")]
pub struct ReferenceError(String);

impl From<TractError> for ReferenceError {
    fn from(error: TractError) -> Self {
        let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
        Self(causes.join(": ").replace('\n', " "))
    }
}

/// A model, ready to run in `f32`.
#[derive(Clone, Debug)]
pub struct Reference {
    plan: Arc<TypedRunnableModel>,
    input: Shape,
    channels_first: bool,
    /// Of each output, its shape and whether its channels come first.
    outputs: Vec<(Shape, bool)>,
}

impl Reference {
    pub(super) fn new(
        model: &ModelProto,
        graph: &Graph,
        channels_first: bool,
    ) -> Result<Self, ReferenceError> {
        let Shape { height, width, channels } = graph.input;
        let [h, w, c] = [height, width, channels].map(usize::from);
        let dims = if channels_first { [1, c, h, w] } else { [1, h, w, c] };
        let model = onnx()
            .with_ignore_output_shapes(true)
            .with_ignore_value_info(true)
            .model_for_proto_model(model)?
            .with_input_fact(0, f32::fact(dims).into())?
            .into_optimized()?;
        let outputs = graph.outputs.iter();
        Ok(Self {
            plan: model.into_runnable()?,
            input: graph.input,
            channels_first,
            outputs: outputs.map(|o| (graph.shape(o.tensor), o.channels_first)).collect(),
        })
    }

    /// The outputs for an input, both with the channels of a pixel side by side.
    ///
    /// # Errors
    /// When tract cannot run the model, or its outputs have another size.
    pub fn run(&self, input: &[f32]) -> Result<Vec<Vec<f32>>, ReferenceError> {
        let Shape { height, width, channels } = self.input;
        let [h, w, c] = [height, width, channels].map(usize::from);
        let tensor = if self.channels_first {
            Tensor::from_shape(&[1, c, h, w], &transposed(input, h * w, c))?
        } else {
            Tensor::from_shape(&[1, h, w, c], input)?
        };
        let found = self.plan.run(tvec!(tensor.into()))?;
        let mut outputs = Vec::new();
        for (tensor, &(shape, channels_first)) in found.iter().zip(&self.outputs) {
            let tensor = tensor.cast_to::<f32>()?;
            let view = tensor.to_plain_array_view::<f32>()?;
            let numbers: Vec<f32> = view.iter().copied().collect();
            if numbers.len() != size(shape) {
                return Err(ReferenceError(format!("an output has {} numbers", numbers.len())));
            }
            let channels = usize::from(shape.channels);
            let pixels = numbers.len() / channels;
            outputs.push(match channels_first {
                true => transposed(&numbers, channels, pixels),
                false => numbers,
            });
        }
        Ok(outputs)
    }
}

/// A matrix of so many rows and columns, the other way round.
fn transposed(numbers: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let place = |column| (0..rows).map(move |row| numbers[row * columns + column]);
    (0..columns).flat_map(place).collect()
}
