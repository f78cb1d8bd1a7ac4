//! From `f32` and the ranges of all tensors to int8.

use super::build::{Operation, QuantizedLayer, QuantizedNet, Weights};
use super::calibrate::Range;
use super::function::Activation;
use super::function::Function;
use super::graph::{Graph, Kind, Parameters};
use edgecull_core::nn::{Clamp, Quantization, Table};

/// Biases stay below this many units of the sum of products: a channel of tiny weights
/// gets a coarser scale instead.
const BIAS_LIMIT: f32 = (1 << 24) as f32;

/// The network in int8; `input` says what its input's numbers stand for.
///
/// Weights are symmetric, with a scale for each output channel that just covers them.
#[must_use]
pub fn quantized(graph: &Graph, ranges: &[Range], input: Quantization) -> QuantizedNet {
    let tensors = quantizations(graph, ranges, input);
    let layers = graph.nodes.iter().enumerate().map(|(index, node)| {
        let (from, to) = (tensors[node.inputs[0]], tensors[index + 1]);
        let weights = |p: &Parameters| (weights(p, from), clamp(to, p.activation));
        let operation = match &node.kind {
            Kind::Conv(window, p) => {
                let (weights, clamp) = weights(p);
                Operation::Conv { window: *window, weights, clamp }
            }
            Kind::Depthwise(window, p) => {
                let (weights, clamp) = weights(p);
                Operation::Depthwise { window: *window, weights, clamp }
            }
            Kind::Dense(p) => {
                let (weights, clamp) = weights(p);
                Operation::Dense { weights, clamp }
            }
            Kind::AveragePool(window) => {
                Operation::AveragePool { window: *window, clamp: Clamp::NONE }
            }
            Kind::MaxPool(window) => Operation::MaxPool { window: *window, clamp: Clamp::NONE },
            Kind::GlobalAverage => Operation::GlobalAverage,
            Kind::Add(activation) => Operation::Add { clamp: clamp(to, *activation) },
            Kind::Concat => Operation::Concat,
            Kind::Resize2x => Operation::Resize2x,
            Kind::Map(function) => Operation::Table(Box::new(match function {
                Function::Sigmoid(of) if **of == Function::Identity => Table::logistic(from),
                function => Table::of_real(from, to, |x| function.apply(x)),
            })),
            &Kind::Softmax(classes) => Operation::Softmax { classes, beta: 1.0 },
        };
        QuantizedLayer {
            name: node.name.clone(),
            inputs: node.inputs.clone(),
            output: to,
            operation,
        }
    });
    QuantizedNet {
        name: graph.name.clone(),
        input: graph.input,
        quantization: input,
        layers: layers.collect(),
        outputs: graph.outputs.iter().map(|output| output.tensor).collect(),
    }
}

fn clamp(to: Quantization, Activation { min, max }: Activation) -> Clamp {
    Clamp::between(to, min, max)
}

/// Whether a node hands on its input's scale.
fn keeps(kind: &Kind) -> bool {
    matches!(kind, Kind::AveragePool(_) | Kind::MaxPool(_) | Kind::Resize2x)
}

/// What the numbers of each tensor stand for.
fn quantizations(graph: &Graph, ranges: &[Range], input: Quantization) -> Vec<Quantization> {
    let mut wanted: Vec<Quantization> = ranges.iter().map(|range| range.quantization()).collect();
    wanted[0] = input;
    for (index, node) in graph.nodes.iter().enumerate() {
        let fixed = match &node.kind {
            Kind::Softmax(_) => true,
            Kind::Map(Function::Sigmoid(of)) => **of == Function::Identity,
            _ => false,
        };
        if fixed {
            wanted[index + 1] = Table::SIGMOID;
        }
    }
    // Backwards, so that a concatenation of concatenations settles on the last one's.
    for (index, node) in graph.nodes.iter().enumerate().rev() {
        if matches!(node.kind, Kind::Concat) {
            for &part in &node.inputs {
                if let Some(source) = free_source(graph, part) {
                    wanted[source] = wanted[index + 1];
                }
            }
        }
    }
    for (index, node) in graph.nodes.iter().enumerate() {
        if keeps(&node.kind) {
            wanted[index + 1] = wanted[node.inputs[0]];
        }
    }
    wanted
}

/// The tensor whose scale decides over that of `part`, if nothing but one
/// concatenation depends on it.
fn free_source(graph: &Graph, part: usize) -> Option<usize> {
    graph.only_reader(part)?;
    let node = &graph.nodes[part.checked_sub(1)?];
    match &node.kind {
        kind if keeps(kind) => free_source(graph, node.inputs[0]),
        Kind::Softmax(_) => None,
        Kind::Map(Function::Sigmoid(of)) if **of == Function::Identity => None,
        _ => Some(part),
    }
}

fn weights(p: &Parameters, from: Quantization) -> Weights {
    let channels = p.bias.len();
    let each = p.weights.len() / channels;
    let mut weights = Weights {
        values: Vec::with_capacity(p.weights.len()),
        scales: Vec::with_capacity(channels),
        bias: Vec::with_capacity(channels),
    };
    for (row, &bias) in p.weights.chunks_exact(each).zip(&p.bias) {
        let reach = row.iter().fold(0.0f32, |most, w| most.max(w.abs()));
        let least = bias.abs() / (from.scale * BIAS_LIMIT);
        let scale = (reach / 127.0).max(least).max(1e-12);
        let whole = |w: &f32| (w / scale).round().clamp(-127.0, 127.0) as i8;
        weights.values.extend(row.iter().map(whole));
        weights.scales.push(scale);
        let unit = f64::from(from.scale) * f64::from(scale);
        weights.bias.push((f64::from(bias) / unit).round() as i32);
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::calibrate::{Method, ranges};
    use crate::model::compare::{Deviation, Runner};
    use crate::model::equalise::equalised;
    use crate::model::eval;
    use crate::model::graph::tests::{input, uneven};
    use edgecull_core::nn::Model;

    /// Signal to noise of the output.
    fn snr_db(graph: &Graph, method: Method) -> f64 {
        let inputs: Vec<Vec<f32>> = (0..16).map(input).collect();
        let ranges = ranges(graph, &inputs, method);
        let unit = Range { low: -1.0, high: 1.0 }.quantization();
        let document = quantized(graph, &ranges, unit).document().expect("a network");
        let model = Model::load(&document.bytes).expect("loads");
        let mut runner = Runner::new(&model).expect("runs");
        let mut deviation = Deviation::default();
        for input in &inputs {
            let found = runner.run(input).expect("runs");
            let truth = eval::run(graph, input);
            deviation.add(&truth[3], &found[usize::from(document.tensors[3])]);
        }
        deviation.snr_db()
    }

    #[test]
    fn int8_follows_f32() {
        for method in [Method::MinMax, Method::Percentile, Method::Mse] {
            let snr = snr_db(&uneven(), method);
            assert!((30.0..60.0).contains(&snr), "{method:?}: {snr}");
        }
    }

    #[test]
    fn equalised_weights_are_no_worse() {
        let even = equalised(&uneven()).expect("pairs");
        assert!(snr_db(&even, Method::Mse) > 30.0);
    }

    #[test]
    fn dead_channels_are_built() {
        let mut graph = uneven();
        for node in &mut graph.nodes {
            if let Some(p) = node.parameters_mut() {
                let each = p.weights.len() / p.bias.len();
                p.weights[..each].fill(0.0);
                p.bias[0] = 1e4;
            }
        }
        assert!(snr_db(&graph, Method::MinMax) > 20.0);
    }
}
