//! The operations as they are defined: one output at a time, in wide integers.

use super::graph::{Graph, Kind, Weights};
use crate::nn::{Clamp, Multiplier, Padding, Quantization, Shape, Window};
use std::vec::Vec;

/// A tensor by coordinates.
struct View<'t> {
    shape: Shape,
    data: &'t [i8],
    zero_point: i64,
}

impl View<'_> {
    /// A number less its zero point; `None` outside.
    fn at(&self, y: i64, x: i64, channel: usize) -> Option<i64> {
        let size = |n: u16| 0..i64::from(n);
        let inside = size(self.shape.height).contains(&y) && size(self.shape.width).contains(&x);
        inside.then(|| {
            let place = (y * i64::from(self.shape.width) + x) as usize;
            let index = place * usize::from(self.shape.channels) + channel;
            i64::from(self.data[index]) - self.zero_point
        })
    }
}

fn divide_half_away(value: i128, by: i128) -> i64 {
    let magnitude = (2 * value.abs() + by) / (2 * by);
    (magnitude * value.signum()) as i64
}

/// `value` times the multiplier: to the nearest, halves up, with all bits in front of
/// the point; then over a power of two, halves away from zero.
fn twice(value: i64, m: Multiplier) -> i64 {
    let product = (i128::from(value) << m.exponent.max(0)) * i128::from(m.mantissa);
    let first = (2 * product + (1 << 31)).div_euclid(1 << 32);
    divide_half_away(first, 1 << -m.exponent.min(0))
}

fn once(value: i64, m: Multiplier) -> i64 {
    divide_half_away(i128::from(value) * i128::from(m.mantissa), 1 << (31 - m.exponent))
}

fn clamped(value: i64, clamp: Clamp) -> i8 {
    value.max(clamp.min.into()).min(clamp.max.into()) as i8
}

/// Where the windows of output row or column `index` begin.
fn start(index: usize, size: u16, window: u8, stride: u8, explicit: Option<u8>) -> i64 {
    let (size, window, stride) = (i64::from(size), i64::from(window), i64::from(stride));
    let same = || {
        let outputs = (size + stride - 1) / stride;
        ((outputs - 1) * stride + window - size).max(0) / 2
    };
    index as i64 * stride - explicit.map_or_else(same, i64::from)
}

/// The coordinates under a window, row by row.
fn under(window: Window, shape: Shape, y: usize, x: usize) -> Vec<(i64, i64)> {
    let (top, left) = match window.padding {
        Padding::Valid => (Some(0), Some(0)),
        Padding::Same => (None, None),
        Padding::Explicit { top, left, .. } => (Some(top), Some(left)),
    };
    let y = start(y, shape.height, window.height, window.stride_y, top);
    let x = start(x, shape.width, window.width, window.stride_x, left);
    let rows = y..y + i64::from(window.height);
    rows.flat_map(|y| (x..x + i64::from(window.width)).map(move |x| (y, x))).collect()
}

fn weighted(weights: &Weights, channel: usize, inputs: impl Iterator<Item = i64>) -> i64 {
    let count = weights.plain.len() / weights.bias.len();
    let row = &weights.plain[channel * count..][..count];
    let products = row.iter().zip(inputs).map(|(&w, x)| i64::from(w) * x);
    products.sum::<i64>() + i64::from(weights.bias[channel])
}

impl Graph {
    /// All tensors, for an input of this size.
    pub(super) fn define(&self, height: u16, width: u16, input: &[i8]) -> Vec<Vec<i8>> {
        let shapes = self.shapes_for(height, width);
        let mut tensors = std::vec![input.to_vec()];
        for (index, (source, kind)) in self.layers.iter().enumerate() {
            let view = |tensor: u8| View {
                shape: shapes[usize::from(tensor)],
                data: &tensors[usize::from(tensor)],
                zero_point: self.tensors[usize::from(tensor)].zero_point.into(),
            };
            let to = shapes[index + 1];
            let quantization = |tensor: u8| self.tensors[usize::from(tensor)];
            let scales = (quantization(*source), self.tensors[index + 1]);
            let mut output = Vec::new();
            for y in 0..to.height.into() {
                for x in 0..to.width.into() {
                    for c in 0..to.channels.into() {
                        let second = match kind {
                            Kind::Add(other, _) => Some((view(*other), quantization(*other))),
                            _ => None,
                        };
                        let others = match kind {
                            Kind::Concat(others) => others.iter().map(|&o| view(o)).collect(),
                            _ => Vec::new(),
                        };
                        let first = view(*source);
                        output.push(define(kind, &first, second, &others, scales, (y, x, c)));
                    }
                }
            }
            tensors.push(output);
        }
        tensors
    }
}

/// One output.
fn define(
    kind: &Kind,
    input: &View<'_>,
    second: Option<(View<'_>, Quantization)>,
    others: &[View<'_>],
    (from, to): (Quantization, Quantization),
    (y, x, c): (usize, usize, usize),
) -> i8 {
    let channels = usize::from(input.shape.channels);
    let zero = i64::from(to.zero_point);
    let here = |tensor: &View<'_>, c| tensor.at(y as i64, x as i64, c).expect("inside");
    match kind {
        Kind::Conv(window, clamp, weights) => {
            let inputs = under(*window, input.shape, y, x)
                .into_iter()
                .flat_map(|(y, x)| (0..channels).map(move |c| input.at(y, x, c).unwrap_or(0)));
            let sum = weighted(weights, c, inputs);
            clamped(twice(sum, weights.multipliers[c]) + zero, *clamp)
        }
        Kind::Depthwise(window, clamp, weights) => {
            let inputs = under(*window, input.shape, y, x);
            let sum =
                weighted(weights, c, inputs.iter().map(|&(y, x)| input.at(y, x, c).unwrap_or(0)));
            clamped(twice(sum, weights.multipliers[c]) + zero, *clamp)
        }
        Kind::Dense(clamp, weights) => {
            let inputs = input.data.iter().map(|&q| i64::from(q) - input.zero_point);
            let sum = weighted(weights, c, inputs);
            clamped(once(sum, weights.multipliers[c]) + zero, *clamp)
        }
        Kind::AveragePool(window, clamp) => {
            let inputs = under(*window, input.shape, y, x);
            let inputs: Vec<_> = inputs.iter().filter_map(|&(y, x)| input.at(y, x, c)).collect();
            let sum = inputs.iter().map(|q| q + input.zero_point).sum::<i64>();
            clamped(divide_half_away(sum.into(), inputs.len() as i128), *clamp)
        }
        Kind::MaxPool(window, clamp) => {
            let inputs = under(*window, input.shape, y, x);
            let most = inputs.iter().filter_map(|&(y, x)| input.at(y, x, c)).max();
            clamped(most.expect("not empty") + input.zero_point, *clamp)
        }
        Kind::GlobalAverage => {
            let inputs = input.data.iter().skip(c).step_by(channels);
            let sum: i64 = inputs.clone().map(|&q| i64::from(q) - input.zero_point).sum();
            let m = Multiplier::from_real(f64::from(from.scale) / f64::from(to.scale));
            let (m, count) = (m.expect("near"), inputs.count() as i64);
            let shift = count.ilog2() as i8;
            let mantissa = ((i64::from(m.mantissa) << shift) / count) as i32;
            let mean = twice(sum, Multiplier { mantissa, exponent: m.exponent - shift });
            clamped(mean + zero, Clamp::NONE)
        }
        Kind::Add(_, clamp) => {
            let (other, scale) = second.expect("there is one");
            let greatest = 2.0 * f64::from(from.scale.max(scale.scale));
            let term = |value: i64, scale: f32| {
                twice(value << 20, Multiplier::from_real(f64::from(scale) / greatest).expect("< 1"))
            };
            let sum = term(here(input, c), from.scale) + term(here(&other, c), scale.scale);
            let output = greatest / (f64::from(1 << 20) * f64::from(to.scale));
            clamped(twice(sum, Multiplier::from_real(output).expect("< 1")) + zero, *clamp)
        }
        Kind::Concat(_) => {
            let mut c = c;
            for tensor in core::iter::once(input).chain(others) {
                if c < usize::from(tensor.shape.channels) {
                    return (here(tensor, c) + tensor.zero_point) as i8;
                }
                c -= usize::from(tensor.shape.channels);
            }
            unreachable!("channels add up")
        }
        Kind::Resize2x => {
            let value = input.at(y as i64 / 2, x as i64 / 2, c).expect("inside");
            (value + input.zero_point) as i8
        }
        Kind::Table(table) => {
            table[(here(input, c) + input.zero_point + 128) as usize].cast_signed()
        }
        Kind::Softmax(classes) => {
            let first = c - c % usize::from(*classes);
            let real = |c| (f64::from(from.scale) * here(input, c) as f64).exp();
            let sum: f64 = (first..first + usize::from(*classes)).map(real).sum();
            clamped((256.0 * real(c) / sum).round() as i64 - 128, Clamp::NONE)
        }
    }
}
