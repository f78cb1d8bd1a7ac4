//! A network in `f32`, between the file that it comes from and int8.
//!
//! Tensors are as in the int8 engine: one picture, height, width, channels, the
//! channels of a pixel side by side. Node `i` makes tensor `i + 1`; tensor 0 is the
//! input.

use super::function::{Activation, Function};
use edgecull_core::nn::{Shape, Window};

/// A network.
#[derive(Clone, Debug)]
pub struct Graph {
    /// For people.
    pub name: String,
    /// The input's shape.
    pub input: Shape,
    /// In an order in which they can run.
    pub nodes: Vec<Node>,
    /// What is asked for.
    pub outputs: Vec<GraphOutput>,
}

/// An output of the network.
#[derive(Clone, Debug)]
pub struct GraphOutput {
    /// Its name in the file.
    pub name: String,
    /// The tensor.
    pub tensor: usize,
    /// Whether the file has its channels before its rows and pixels.
    pub channels_first: bool,
}

/// An operation, with its inputs and its output's shape.
#[derive(Clone, Debug)]
pub struct Node {
    /// For people.
    pub name: String,
    /// The tensors that it reads.
    pub inputs: Vec<usize>,
    /// The output's shape.
    pub shape: Shape,
    /// What it does.
    pub kind: Kind,
}

/// What a node does.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A convolution; weights in the order output channel, row, pixel, input channel.
    Conv(Window, Parameters),
    /// The same for every channel by itself; weights in the order channel, row, pixel.
    Depthwise(Window, Parameters),
    /// A matrix product; weights in the order output, input.
    Dense(Parameters),
    /// Means of windows; what lies outside does not count.
    AveragePool(Window),
    /// Greatest of windows.
    MaxPool(Window),
    /// The mean over all pixels.
    GlobalAverage,
    /// The sum of two.
    Add(Activation),
    /// One's channels behind the other's.
    Concat,
    /// Every pixel twice in a row, every row twice.
    Resize2x,
    /// The same function of each number.
    Map(Function),
    /// Of every so many numbers that follow each other.
    Softmax(u16),
}

/// Weights, biases and what cuts off the result.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// For each output channel as many.
    pub weights: Vec<f32>,
    /// For each output channel.
    pub bias: Vec<f32>,
    /// Fused.
    pub activation: Activation,
}

impl Graph {
    /// The shape of a tensor.
    #[must_use]
    pub fn shape(&self, tensor: usize) -> Shape {
        match tensor.checked_sub(1) {
            None => self.input,
            Some(node) => self.nodes[node].shape,
        }
    }

    /// The nodes that read a tensor, and how often it is an output.
    pub fn readers(&self, tensor: usize) -> impl Iterator<Item = usize> + '_ {
        let reads = move |(_, node): &(usize, &Node)| node.inputs.contains(&tensor);
        self.nodes.iter().enumerate().filter(reads).map(|(index, _)| index)
    }

    /// Whether the tensor is an output.
    #[must_use]
    pub fn is_output(&self, tensor: usize) -> bool {
        self.outputs.iter().any(|output| output.tensor == tensor)
    }

    /// The one node that reads a tensor, if nothing else uses it.
    #[must_use]
    pub fn only_reader(&self, tensor: usize) -> Option<usize> {
        let mut readers = self.readers(tensor);
        let only = readers.next()?;
        (readers.next().is_none() && !self.is_output(tensor)).then_some(only)
    }
}

impl Node {
    /// The parameters, if it has any.
    #[must_use]
    pub fn parameters(&self) -> Option<&Parameters> {
        match &self.kind {
            Kind::Conv(_, p) | Kind::Depthwise(_, p) | Kind::Dense(p) => Some(p),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn parameters_mut(&mut self) -> Option<&mut Parameters> {
        match &mut self.kind {
            Kind::Conv(_, p) | Kind::Depthwise(_, p) | Kind::Dense(p) => Some(p),
            _ => None,
        }
    }
}

/// Numbers of a tensor of this shape.
#[must_use]
pub fn size(shape: Shape) -> usize {
    usize::from(shape.height) * usize::from(shape.width) * usize::from(shape.channels)
}

/// Rows above the input and pixels left of it, and how often the window fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Padding above.
    pub top: usize,
    /// Padding to the left.
    pub left: usize,
    /// Rows of windows.
    pub height: usize,
    /// Windows in a row.
    pub width: usize,
}

/// How a window fits on an input; `None` where it does not fit once.
#[must_use]
pub fn fit(window: Window, input: Shape) -> Option<Fit> {
    let ((top, bottom), (left, right)) = window.padding_on(input);
    let count = |size: u16, padding: usize, length: u8, stride: u8| {
        let free = (usize::from(size) + padding).checked_sub(length.into())?;
        Some(free.checked_div(stride.into())? + 1)
    };
    let height = count(input.height, top + bottom, window.height, window.stride_y)?;
    let width = count(input.width, left + right, window.width, window.stride_x)?;
    Some(Fit { top, left, height, width })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use edgecull_core::nn::Padding;

    /// Numbers from -1 to 1.
    pub(crate) fn numbers(seed: u64, count: usize) -> Vec<f32> {
        let mut state = seed;
        let next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    /// An input of [`uneven`].
    pub(crate) fn input(seed: u64) -> Vec<f32> {
        numbers(seed + 100, 8 * 6 * 2)
    }

    /// Three layers with rectifiers; the channels of the first differ widely.
    pub(crate) fn uneven() -> Graph {
        let rectified = Activation { min: Some(0.0), max: None };
        let padding = Padding::Same;
        let window = Window { height: 3, width: 3, stride_y: 1, stride_x: 1, padding };
        let spread = |weights: Vec<f32>| {
            let each = weights.len() / 4;
            let scale = |place: usize| 8.0f32.powi((place / each) as i32);
            weights.iter().enumerate().map(|(place, w)| w * scale(place)).collect()
        };
        let parameters = |seed: u64, weights: Vec<f32>, outputs, activation| Parameters {
            weights,
            bias: numbers(seed + 10, outputs),
            activation,
        };
        let first = parameters(1, spread(numbers(1, 4 * 9 * 2)), 4, rectified);
        let second = parameters(2, numbers(2, 4 * 9), 4, rectified);
        let third = parameters(3, numbers(3, 5 * 9 * 4), 5, Activation::NONE);
        let node = |name: &str, input, channels, kind| Node {
            name: name.into(),
            inputs: vec![input],
            shape: Shape::new(8, 6, channels),
            kind,
        };
        Graph {
            name: "uneven".into(),
            input: Shape::new(8, 6, 2),
            nodes: vec![
                node("first", 0, 4, Kind::Conv(window, first)),
                node("second", 1, 4, Kind::Depthwise(window, second)),
                node("third", 2, 5, Kind::Conv(window, third)),
            ],
            outputs: vec![GraphOutput { name: "y".into(), tensor: 3, channels_first: true }],
        }
    }

    #[test]
    fn windows_fit_as_in_the_engine() {
        let window = |padding| Window { height: 3, width: 3, stride_y: 2, stride_x: 2, padding };
        let explicit = Padding::Explicit { top: 1, left: 1, bottom: 1, right: 1 };
        let shape = Shape::new(8, 7, 1);
        for (padding, expected) in [
            (Padding::Valid, (0, 0, 3, 3)),
            (Padding::Same, (0, 1, 4, 4)),
            (explicit, (1, 1, 4, 4)),
        ] {
            let fit = fit(window(padding), shape).expect("fits");
            assert_eq!((fit.top, fit.left, fit.height, fit.width), expected, "{padding:?}");
        }
        assert_eq!(fit(window(Padding::Valid), Shape::new(2, 7, 1)), None);
    }
}
