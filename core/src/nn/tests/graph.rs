//! Networks with plain weights, made at random, and their documents.

use crate::nn::{
    Clamp, Layer, Multiplier, Network, Op, Padding, Parameters, Quantization, Shape, Window, pack,
    packed_len,
};
use std::vec::Vec;

/// Steele, Lea and Flood's SplitMix64.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both within.
    pub(super) fn range(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1).unsigned_abs()).cast_signed()
    }

    pub(super) fn bytes(&mut self, count: usize) -> Vec<i8> {
        (0..count).map(|_| self.next() as i8).collect()
    }

    fn real(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.range(0, 1 << 20) as f32 / (1 << 20) as f32
    }

    fn quantization(&mut self) -> Quantization {
        Quantization { scale: self.real(0.005, 0.1), zero_point: self.next() as i8 }
    }

    fn clamp(&mut self) -> Clamp {
        if self.range(0, 1) == 0 {
            return Clamp::NONE;
        }
        let (a, b) = (self.next() as i8, self.next() as i8);
        Clamp { min: a.min(b), max: a.max(b) }
    }

    /// A window that fits `shape`.
    fn window(&mut self, shape: Shape, most: i64) -> Window {
        let mut size = || self.range(1, most) as u8;
        let (height, width, stride_y, stride_x) = (size(), size(), size(), size());
        let fits = u16::from(height) <= shape.height && u16::from(width) <= shape.width;
        let padding = match self.range(0, 2) {
            0 if fits => Padding::Valid,
            1 => {
                let mut below = |size: u8| self.range(0, i64::from(size) - 1) as u8;
                let (top, left, bottom, right) =
                    (below(height), below(width), below(height), below(width));
                let fits = u16::from(top) + u16::from(bottom) + shape.height >= height.into()
                    && u16::from(left) + u16::from(right) + shape.width >= width.into();
                if fits { Padding::Explicit { top, left, bottom, right } } else { Padding::Same }
            }
            _ => Padding::Same,
        };
        Window { height, width, stride_y, stride_x, padding }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Weights {
    /// Output channel by output channel.
    pub(super) plain: Vec<i8>,
    pub(super) bias: Vec<i32>,
    pub(super) multipliers: Vec<Multiplier>,
}

impl Weights {
    fn random(random: &mut Random, outputs: usize, inputs: usize, ratio: f32) -> Self {
        let plain = (0..outputs * inputs).map(|_| random.range(-127, 127) as i8).collect();
        let bias = (0..outputs).map(|_| random.range(-20_000, 20_000) as i32).collect();
        // About what spreads the sums over the range of an output.
        let usual = 1.0 / (60.0 * (inputs as f32).sqrt());
        let mut factor = || f64::from(random.real(0.3, 1.5) * usual * ratio.clamp(0.5, 2.0));
        let multipliers =
            (0..outputs).map(|_| Multiplier::from_real(factor()).expect("small")).collect();
        Self { plain, bias, multipliers }
    }

    pub(super) fn packed(&self, zero_point: i8) -> Vec<u8> {
        let (outputs, inputs) = (self.bias.len(), self.plain.len() / self.bias.len());
        let mut out = std::vec![0xAA; packed_len(outputs, inputs).expect("small")];
        let Self { plain: weights, bias, multipliers } = self;
        let parameters = Parameters { weights, bias, multipliers, zero_point };
        pack(&parameters, &mut out).expect("good weights");
        out
    }
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Conv(Window, Clamp, Weights),
    Depthwise(Window, Clamp, Weights),
    Dense(Clamp, Weights),
    AveragePool(Window, Clamp),
    MaxPool(Window, Clamp),
    GlobalAverage,
    Add(u8, Clamp),
    Concat(Vec<u8>),
    Resize2x,
    Table(Vec<u8>),
    Softmax(u16),
}

impl Kind {
    /// How many there are, of [`Graph::push`]'s numbers.
    pub(super) const COUNT: i64 = 11;
}

/// Layers; each makes a tensor. The first shape and quantisation are the input's.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub(super) layers: Vec<(u8, Kind)>,
    pub(super) shapes: Vec<Shape>,
    pub(super) tensors: Vec<Quantization>,
    pub(super) outputs: Vec<u8>,
}

impl Graph {
    pub(super) fn new(random: &mut Random, input: Shape) -> Self {
        let tensors = std::vec![random.quantization()];
        Self { layers: Vec::new(), shapes: std::vec![input], tensors, outputs: std::vec![0] }
    }

    /// A network of any operations, with branches.
    pub(super) fn random(random: &mut Random, layers: i64) -> Self {
        let mut size = |most| random.range(1, most) as u16;
        let input = Shape::new(size(10), size(10), size(9));
        let mut this = Self::new(random, input);
        for _ in 0..layers {
            let kind = random.range(0, Kind::COUNT - 1);
            let count = this.shapes.len() as i64;
            let source = random.range((count - 4).max(0), count - 1);
            this.push(random, kind, source as u8);
        }
        let last = this.layers.len() as u8;
        this.outputs = std::vec![last, random.range(0, last.into()) as u8];
        this
    }

    /// Adds a layer of this kind; one that does not suit the tensor becomes a table.
    pub(super) fn push(&mut self, random: &mut Random, kind: i64, source: u8) {
        let from = self.shapes[usize::from(source)];
        let quantization = self.tensors[usize::from(source)];
        let numbers = from.bytes().expect("small");
        let mut to = random.quantization();
        let ratio = quantization.scale / to.scale;
        let alike = |same: fn(Shape, Shape) -> bool,
                     also: fn(Quantization, Quantization) -> bool| {
            let all = self.shapes.iter().zip(&self.tensors).enumerate();
            all.filter(|(_, (shape, q))| same(**shape, from) && also(**q, quantization))
                .map(|(index, _)| index as u8)
                .collect::<Vec<_>>()
        };
        let kind = match kind {
            0 => {
                let (window, outputs) = (random.window(from, 4), random.range(1, 35) as usize);
                let taps = usize::from(window.height) * usize::from(window.width);
                let inputs = taps * usize::from(from.channels);
                let weights = Weights::random(random, outputs, inputs, ratio);
                Kind::Conv(window, random.clamp(), weights)
            }
            1 => {
                let window = random.window(from, 5);
                let taps = usize::from(window.height) * usize::from(window.width);
                let weights = Weights::random(random, from.channels.into(), taps, ratio);
                Kind::Depthwise(window, random.clamp(), weights)
            }
            2 if numbers < 2000 => {
                let outputs = random.range(1, 40) as usize;
                let weights = Weights::random(random, outputs, numbers, ratio);
                Kind::Dense(random.clamp(), weights)
            }
            3 => Kind::AveragePool(random.window(from, 4), random.clamp()),
            4 => Kind::MaxPool(random.window(from, 4), random.clamp()),
            5 => Kind::GlobalAverage,
            6 => {
                let others = alike(|a, b| a == b, |_, _| true);
                Kind::Add(others[random.next() as usize % others.len()], random.clamp())
            }
            7 => {
                let size = |a: Shape, b: Shape| (a.height, a.width) == (b.height, b.width);
                let mut others = alike(size, |a, b| a == b);
                others.truncate(random.range(0, 3) as usize);
                Kind::Concat(others)
            }
            8 if numbers < 4000 => Kind::Resize2x,
            9 => {
                let divisors: Vec<u16> =
                    (1..=from.channels).filter(|&c| from.channels.is_multiple_of(c)).collect();
                Kind::Softmax(divisors[random.next() as usize % divisors.len()].min(511))
            }
            _ => Kind::Table(random.bytes(256).iter().map(|&b| b.cast_unsigned()).collect()),
        };
        match kind {
            Kind::Softmax(_) => to = Quantization { scale: 1.0 / 256.0, zero_point: -128 },
            Kind::AveragePool(..) | Kind::MaxPool(..) | Kind::Concat(_) | Kind::Resize2x => {
                to = quantization;
            }
            _ => (),
        }
        self.layers.push((source, kind));
        self.tensors.push(to);
        self.outputs = std::vec![self.layers.len() as u8];
        let input = self.shapes[0];
        self.shapes = self.shapes_for(input.height, input.width);
    }

    /// All tensors' shapes for an input of this size.
    pub(super) fn shapes_for(&self, height: u16, width: u16) -> Vec<Shape> {
        self.with_layers(|layers| {
            let mut shapes = std::vec![Shape { height, width, ..self.shapes[0] }];
            for layer in layers {
                shapes.push(layer.output(&shapes).expect("fits"));
            }
            shapes
        })
    }

    fn with_layers<T>(&self, then: impl FnOnce(&[Layer<'_>]) -> T) -> T {
        let zero = |source: &u8| self.tensors[usize::from(*source)].zero_point;
        let packed = |(source, kind): &(u8, Kind)| match kind {
            Kind::Conv(.., weights) | Kind::Depthwise(.., weights) | Kind::Dense(_, weights) => {
                weights.packed(zero(source))
            }
            _ => Vec::new(),
        };
        let packed: Vec<_> = self.layers.iter().map(packed).collect();
        let layers: Vec<_> = (self.layers.iter().zip(&packed).enumerate())
            .map(|(index, ((source, kind), weights))| {
                let quantization = |tensor: u8| self.tensors[usize::from(tensor)];
                let (from, to) = (quantization(*source), self.tensors[index + 1]);
                let op = match kind {
                    Kind::Conv(window, clamp, plain) => {
                        let (window, clamp) = (*window, *clamp);
                        Op::Conv { window, channels: plain.bias.len() as u16, clamp, weights }
                    }
                    Kind::Depthwise(window, clamp, _) => {
                        Op::Depthwise { window: *window, clamp: *clamp, weights }
                    }
                    Kind::Dense(clamp, plain) => {
                        let channels = plain.bias.len();
                        let inputs = (plain.plain.len() / channels) as u32;
                        Op::Dense { inputs, channels: channels as u16, clamp: *clamp, weights }
                    }
                    &Kind::AveragePool(window, clamp) => Op::AveragePool { window, clamp },
                    &Kind::MaxPool(window, clamp) => Op::MaxPool { window, clamp },
                    Kind::GlobalAverage => Op::global_average(from, to).expect("near"),
                    &Kind::Add(other, clamp) => {
                        Op::add(other, [from, quantization(other)], to, clamp).expect("near")
                    }
                    Kind::Concat(others) => Op::Concat { others },
                    Kind::Resize2x => Op::Resize2x,
                    Kind::Table(table) => Op::Table { table },
                    &Kind::Softmax(classes) => Op::softmax(classes, from, 1.0).expect("usual"),
                };
                Layer { name: "layer", input: *source, op }
            })
            .collect();
        then(&layers)
    }

    /// The document.
    pub(super) fn document(&self) -> Vec<u8> {
        self.with_layers(|layers| {
            let network = Network {
                name: "made at random",
                input: self.shapes[0],
                layers,
                tensors: &self.tensors,
                outputs: &self.outputs,
            };
            let mut buffer = std::vec![0; network.bound()];
            let length = network.write(&mut buffer).expect("a good network");
            buffer.truncate(length);
            buffer
        })
    }
}
