//! Runs a network in `f32`, every tensor kept.

use super::graph::{Fit, Graph, Kind, Node, Parameters, fit, size};
use edgecull_core::nn::{Shape, Window};

/// All tensors for an input, the input first.
///
/// # Panics
/// When the input has not as many numbers as the network's, or the network is not
/// one that an import makes.
#[must_use]
pub fn run(graph: &Graph, input: &[f32]) -> Vec<Vec<f32>> {
    assert_eq!(input.len(), size(graph.input), "an input of the network's shape");
    let mut tensors = Vec::with_capacity(graph.nodes.len() + 1);
    tensors.push(input.to_vec());
    for node in &graph.nodes {
        let inputs: Vec<(&[f32], Shape)> =
            node.inputs.iter().map(|&t| (&*tensors[t], graph.shape(t))).collect();
        let output = node_output(node, &inputs);
        tensors.push(output);
    }
    tensors
}

fn node_output(node: &Node, inputs: &[(&[f32], Shape)]) -> Vec<f32> {
    let (input, shape) = inputs[0];
    match &node.kind {
        Kind::Conv(window, parameters) => convolution(input, shape, *window, parameters),
        Kind::Depthwise(window, parameters) => depthwise(input, shape, *window, parameters),
        Kind::Dense(parameters) => product(input, parameters),
        Kind::AveragePool(window) => {
            pool(input, shape, *window, 0.0, |sum, x| sum + x, |sum, n| sum / n as f32)
        }
        Kind::MaxPool(window) => {
            pool(input, shape, *window, f32::NEG_INFINITY, f32::max, |most, _| most)
        }
        Kind::GlobalAverage => {
            let channels = usize::from(shape.channels);
            let mut sums = vec![0.0f64; channels];
            for pixel in input.chunks_exact(channels) {
                for (sum, &x) in sums.iter_mut().zip(pixel) {
                    *sum += f64::from(x);
                }
            }
            let pixels = (input.len() / channels) as f64;
            sums.into_iter().map(|sum| (sum / pixels) as f32).collect()
        }
        Kind::Add(activation) => {
            let pairs = input.iter().zip(inputs[1].0);
            pairs.map(|(&a, &b)| activation.apply(a + b)).collect()
        }
        Kind::Concat => {
            let pixels = usize::from(shape.height) * usize::from(shape.width);
            let mut output = Vec::with_capacity(size(node.shape));
            for pixel in 0..pixels {
                for (input, shape) in inputs {
                    let channels = usize::from(shape.channels);
                    output.extend(&input[pixel * channels..][..channels]);
                }
            }
            output
        }
        Kind::Resize2x => {
            let channels = usize::from(shape.channels);
            let mut output = Vec::with_capacity(size(node.shape));
            for row in input.chunks_exact(channels * usize::from(shape.width)) {
                for _ in 0..2 {
                    for pixel in row.chunks_exact(channels) {
                        output.extend(pixel);
                        output.extend(pixel);
                    }
                }
            }
            output
        }
        Kind::Map(function) => input.iter().map(|&x| function.apply(x)).collect(),
        Kind::Softmax(classes) => {
            input.chunks_exact(usize::from(*classes)).flat_map(softmax).collect()
        }
    }
}

fn softmax(numbers: &[f32]) -> Vec<f32> {
    let most = numbers.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exps: Vec<f32> = numbers.iter().map(|&x| (x - most).exp()).collect();
    let sum: f32 = exps.iter().sum();
    exps.into_iter().map(|x| x / sum).collect()
}

/// Calls `each` with every output pixel and the pixels of the input under its window:
/// tap and place.
fn windows(shape: Shape, window: Window, mut each: impl FnMut(usize, &[(usize, usize)])) {
    let Some(Fit { top, left, height, width }) = fit(window, shape) else { return };
    let (rows, columns) = (usize::from(shape.height), usize::from(shape.width));
    let mut taps = Vec::new();
    for y in 0..height {
        for x in 0..width {
            taps.clear();
            for ky in 0..usize::from(window.height) {
                for kx in 0..usize::from(window.width) {
                    let row = (y * usize::from(window.stride_y) + ky).checked_sub(top);
                    let column = (x * usize::from(window.stride_x) + kx).checked_sub(left);
                    if let (Some(row), Some(column)) =
                        (row.filter(|&r| r < rows), column.filter(|&c| c < columns))
                    {
                        taps.push((ky * usize::from(window.width) + kx, row * columns + column));
                    }
                }
            }
            each(y * width + x, &taps);
        }
    }
}

/// Numbers of the output of a layer with windows.
fn output_size(shape: Shape, window: Window, channels: usize) -> usize {
    fit(window, shape).map_or(0, |fit| fit.height * fit.width * channels)
}

fn convolution(input: &[f32], shape: Shape, window: Window, p: &Parameters) -> Vec<f32> {
    let (channels, outputs) = (usize::from(shape.channels), p.bias.len());
    // Output channels side by side, so that the inner loop is one of vectors.
    let across = transposed(&p.weights, outputs);
    let mut output = vec![0.0; output_size(shape, window, outputs)];
    windows(shape, window, |pixel, taps| {
        let sums = &mut output[pixel * outputs..][..outputs];
        sums.copy_from_slice(&p.bias);
        for &(tap, place) in taps {
            let numbers = &input[place * channels..][..channels];
            accumulate(sums, numbers, &across[tap * channels * outputs..]);
        }
        for sum in sums {
            *sum = p.activation.apply(*sum);
        }
    });
    output
}

fn transposed(weights: &[f32], outputs: usize) -> Vec<f32> {
    let inputs = weights.len() / outputs;
    let mut across = vec![0.0; weights.len()];
    for (output, weights) in weights.chunks_exact(inputs).enumerate() {
        for (input, &weight) in weights.iter().enumerate() {
            across[input * outputs + output] = weight;
        }
    }
    across
}

fn accumulate(sums: &mut [f32], numbers: &[f32], across: &[f32]) {
    for (&x, weights) in numbers.iter().zip(across.chunks_exact(sums.len())) {
        // Half of what a rectifier lets through.
        if x != 0.0 {
            for (sum, &w) in sums.iter_mut().zip(weights) {
                *sum += x * w;
            }
        }
    }
}

fn depthwise(input: &[f32], shape: Shape, window: Window, p: &Parameters) -> Vec<f32> {
    let channels = usize::from(shape.channels);
    let across = transposed(&p.weights, channels);
    let mut output = vec![0.0; output_size(shape, window, channels)];
    windows(shape, window, |pixel, taps| {
        let sums = &mut output[pixel * channels..][..channels];
        sums.copy_from_slice(&p.bias);
        for &(tap, place) in taps {
            let numbers = &input[place * channels..][..channels];
            let weights = &across[tap * channels..][..channels];
            for ((sum, &x), &w) in sums.iter_mut().zip(numbers).zip(weights) {
                *sum += x * w;
            }
        }
        for sum in sums {
            *sum = p.activation.apply(*sum);
        }
    });
    output
}

fn product(input: &[f32], p: &Parameters) -> Vec<f32> {
    let rows = p.weights.chunks_exact(input.len()).zip(&p.bias);
    let sum = |(weights, &bias): (&[f32], &f32)| {
        let sum: f64 = input.iter().zip(weights).map(|(&x, &w)| f64::from(x) * f64::from(w)).sum();
        p.activation.apply((sum + f64::from(bias)) as f32)
    };
    rows.map(sum).collect()
}

fn pool(
    input: &[f32],
    shape: Shape,
    window: Window,
    start: f32,
    gather: impl Fn(f32, f32) -> f32,
    end: impl Fn(f32, usize) -> f32,
) -> Vec<f32> {
    let channels = usize::from(shape.channels);
    let mut output = vec![start; output_size(shape, window, channels)];
    windows(shape, window, |pixel, taps| {
        let sums = &mut output[pixel * channels..][..channels];
        for &(_, place) in taps {
            for (sum, &x) in sums.iter_mut().zip(&input[place * channels..]) {
                *sum = gather(*sum, x);
            }
        }
        for sum in sums {
            *sum = end(*sum, taps.len());
        }
    });
    output
}
