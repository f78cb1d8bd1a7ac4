//! LiteRT's vectors as documents: each case a network, an input, and what comes out.
//!
//! `benches/instructions/stages` takes the same ones to processors that have no files.

use edgecull_core::nn::{
    Clamp, Layer, Multiplier, Network, Op, Padding, Parameters, Quantization, Shape, Table, Window,
    pack, packed_len,
};
use serde_json::Value;

const OPERATIONS: &str = include_str!("../../../tests/data/nn/ops.json");
const MOBILENET: &str = include_str!("../../../tests/data/nn/mobilenet.json");

/// A network and what it has to give.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) document: Vec<u8>,
    pub(crate) input: Vec<i8>,
    /// The last layer's.
    pub(crate) output: Vec<i8>,
    /// CRC-32 of every layer's output; or nothing, if just the last one's counts.
    pub(crate) checksums: Vec<u32>,
}

impl Case {
    fn new(name: String, network: &Network<'_>, input: Vec<i8>, output: Vec<i8>) -> Self {
        let mut document = vec![0; network.bound()];
        let length = network.write(&mut document).expect("a good network");
        document.truncate(length);
        Self { name, document, input, output, checksums: Vec::new() }
    }
}

fn integer(value: &Value) -> i64 {
    value.as_i64().expect("an integer")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

fn real(value: &Value) -> f32 {
    f32::from_bits(integer(value) as u32)
}

fn data(value: &Value) -> Vec<i8> {
    let digits = value.as_str().expect("digits").as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("digits");
    digits.map(|pair| byte(pair).cast_signed()).collect()
}

fn quantization(tensor: &Value) -> Quantization {
    Quantization { scale: real(&tensor["scale"]), zero_point: integer(&tensor["zero_point"]) as i8 }
}

fn shape(tensor: &Value) -> Shape {
    let [height, width, channels] = [0, 1, 2].map(|i| integer(&tensor["shape"][i]) as u16);
    Shape { height, width, channels }
}

fn clamp(case: &Value) -> Clamp {
    let [min, max] = [0, 1].map(|i| integer(&case["clamp"][i]) as i8);
    Clamp { min, max }
}

fn window(case: &Value) -> Window {
    let pair = |key: &str| [0, 1].map(|i| integer(&case[key][i]) as u8);
    let ([height, width], [stride_y, stride_x]) = (pair("kernel"), pair("stride"));
    let padding = if case["padding"] == "same" { Padding::Same } else { Padding::Valid };
    Window { height, width, stride_y, stride_x, padding }
}

/// A layer's plain parameters, a channel's weights side by side.
struct Plain {
    weights: Vec<i8>,
    scales: Vec<f32>,
    bias: Vec<i32>,
}

impl Plain {
    fn read(case: &Value) -> Self {
        let scales = list(&case["weight_scales"]).iter().map(real).collect();
        let bias = list(&case["bias"]).iter().map(|b| integer(b) as i32).collect();
        Self { weights: data(&case["weights"]), scales, bias }.by_channel(&case["op"])
    }

    /// Weights of depthwise convolutions stand in the file pixel by pixel.
    fn by_channel(mut self, op: &Value) -> Self {
        if op == "depthwise_conv2d" {
            let channels = self.bias.len();
            let channel = |c| self.weights.iter().skip(c).step_by(channels).copied();
            self.weights = (0..channels).flat_map(channel).collect();
        }
        self
    }

    fn packed(&self, from: Quantization, to: Quantization) -> Vec<u8> {
        let channels = self.bias.len();
        let factor = |scale: &f32| f64::from(from.scale) * f64::from(*scale) / f64::from(to.scale);
        let multipliers: Vec<_> = (self.scales.iter().cycle().take(channels))
            .map(|scale| Multiplier::from_real(factor(scale)).expect("in range"))
            .collect();
        let length = packed_len(channels, self.weights.len() / channels).expect("small");
        let mut out = vec![0; length];
        let parameters = Parameters {
            weights: &self.weights,
            bias: &self.bias,
            multipliers: &multipliers,
            zero_point: from.zero_point,
        };
        pack(&parameters, &mut out).expect("good parameters");
        out
    }
}

/// What a layer is made of, besides its description.
#[derive(Default)]
struct Store {
    packed: Vec<u8>,
    table: Option<Table>,
}

impl Store {
    fn new(case: &Value, plain: Option<Plain>, from: Quantization, to: Quantization) -> Self {
        let table = match case["op"].as_str() {
            Some("relu") => Table::relu(from, to, None),
            Some("relu6") => Table::relu(from, to, Some(6.0)),
            Some("hard_swish") => Table::hard_swish(from, to),
            Some("leaky_relu") => Table::leaky_relu(from, to, real(&case["alpha"])),
            Some("logistic") => Some(Table::logistic(from)),
            Some("quantize") => Table::requantize(from, to),
            _ => None,
        };
        let packed = plain.map(|plain| plain.packed(from, to)).unwrap_or_default();
        Self { packed, table }
    }

    /// The layer's operation, on an input of this shape.
    fn op(&self, case: &Value, from: Quantization, to: Quantization, input: Shape) -> Op<'_> {
        let weights = &self.packed[..];
        let channels = shape(&case["output"]).channels;
        match case["op"].as_str().expect("a name") {
            "conv2d" => Op::Conv { window: window(case), channels, clamp: clamp(case), weights },
            "depthwise_conv2d" => {
                Op::Depthwise { window: window(case), clamp: clamp(case), weights }
            }
            "dense" => {
                let inputs = u32::from(input.channels);
                Op::Dense { inputs, channels, clamp: clamp(case), weights }
            }
            "average_pool2d" => Op::AveragePool { window: window(case), clamp: clamp(case) },
            "max_pool2d" => Op::MaxPool { window: window(case), clamp: clamp(case) },
            "global_average" => Op::global_average(from, to).expect("near scales"),
            "resize2x" => Op::Resize2x,
            "softmax" => Op::softmax(input.channels, from, 1.0).expect("a usual scale"),
            _ => Op::Table { table: self.table.as_ref().expect("one is made").as_bytes() },
        }
    }
}

/// Splits a tensor whose pixels hold those of several, by convolutions of one pixel.
fn split(counts: &[usize]) -> Vec<Vec<u8>> {
    let all: usize = counts.iter().sum();
    let mut first = 0;
    let one = |&count: &usize| {
        let mut weights = vec![0; count * all];
        for (channel, row) in weights.chunks_mut(all).enumerate() {
            row[first + channel] = 1;
        }
        first += count;
        let same = Quantization { scale: 1.0, zero_point: 0 };
        Plain { weights, scales: vec![1.0], bias: vec![0; count] }.packed(same, same)
    };
    counts.iter().map(one).collect()
}

/// An operation of several inputs, which arrive in one tensor; each is taken out of it
/// and then relabelled, or requantised to the output's scale.
fn joined(name: String, case: &Value, output: Vec<i8>) -> Case {
    let inputs = list(&case["inputs"]);
    let labels: Vec<_> = inputs.iter().map(quantization).collect();
    let (to, outer) = (quantization(&case["output"]), shape(&inputs[0]));
    let counts: Vec<_> = inputs.iter().map(|t| usize::from(shape(t).channels)).collect();
    let numbers: Vec<_> = inputs.iter().map(|t| data(&t["data"])).collect();
    let pixel = |i| {
        let parts = numbers.iter().zip(&counts);
        parts.flat_map(move |(data, &count)| data[i * count..][..count].iter().copied())
    };
    let pixels = usize::from(outer.height) * usize::from(outer.width);
    let joined: Vec<i8> = (0..pixels).flat_map(pixel).collect();

    let concat = case["op"] == "concat";
    let same = |&label: &Quantization| Table::requantize(label, to).filter(|_| concat);
    let tables: Vec<_> = labels.iter().map(|l| same(l).unwrap_or(Table::of(|q| q))).collect();
    let packed = split(&counts);
    let neutral = Quantization { scale: 1.0, zero_point: 0 };
    let one = Window { height: 1, width: 1, stride_y: 1, stride_x: 1, padding: Padding::Valid };
    let (mut layers, mut tensors) = (Vec::new(), vec![neutral]);
    for ((weights, table), (count, label)) in
        packed.iter().zip(&tables).zip(counts.iter().zip(&labels))
    {
        let channels = *count as u16;
        let op = Op::Conv { window: one, channels, clamp: Clamp::NONE, weights };
        layers.push(Layer { name: "taken out", input: 0, op });
        let op = Op::Table { table: table.as_bytes() };
        layers.push(Layer { name: "relabelled", input: layers.len() as u8, op });
        tensors.extend([neutral, if concat { to } else { *label }]);
    }
    let others: Vec<u8> = (1..inputs.len()).map(|i| 2 * i as u8 + 2).collect();
    let op = if concat {
        Op::Concat { others: &others }
    } else {
        Op::add(others[0], [labels[0], labels[1]], to, clamp(case)).expect("near scales")
    };
    layers.push(Layer { name: "joined", input: 2, op });
    tensors.push(to);
    let network = Network {
        name: "joined",
        input: Shape { channels: counts.iter().sum::<usize>() as u16, ..outer },
        layers: &layers,
        tensors: &tensors,
        outputs: &[layers.len() as u8],
    };
    Case::new(name, &network, joined, output)
}

/// One layer each.
pub(crate) fn operations() -> Vec<Case> {
    let vectors: Value = serde_json::from_str(OPERATIONS).expect("JSON");
    list(&vectors["cases"]).iter().enumerate().map(operation).collect()
}

fn operation((number, case): (usize, &Value)) -> Case {
    let name = format!("case {number}, {}", case["op"].as_str().expect("a name"));
    let input = &case["inputs"][0];
    let output = data(&case["output"]["data"]);
    if case["op"] == "add" || case["op"] == "concat" {
        return joined(name, case, output);
    }
    let (from, to) = (quantization(input), quantization(&case["output"]));
    let plain = case.get("weights").map(|_| Plain::read(case));
    let store = Store::new(case, plain, from, to);
    let op = store.op(case, from, to, shape(input));
    let network = Network {
        name: "one layer",
        input: shape(input),
        layers: &[Layer { name: "layer", input: 0, op }],
        tensors: &[from, to],
        outputs: &[1],
    };
    Case::new(name, &network, data(&input["data"]), output)
}

/// Steele, Lea and Flood's SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both within.
    fn range(&mut self, low: i64, high: i64) -> i64 {
        let span = (high - low + 1).cast_unsigned();
        low + (((self.next() >> 32) * span) >> 32).cast_signed()
    }

    /// 2^exponent to 2^(exponent + 1).
    fn scale(&mut self, exponent: i64) -> f32 {
        let mantissa = (self.next() >> 41) as u32;
        f32::from_bits(mantissa | (((exponent + 127) as u32) << 23))
    }
}

/// The parameters that a layer's recipe gives.
fn drawn(layer: &Value, inputs: usize) -> Option<Plain> {
    let mut random = Random(layer.get("seed")?.as_u64()?);
    let channels = usize::from(shape(&layer["output"]).channels);
    let taps = |i| layer.get("kernel").map_or(1, |kernel| integer(&kernel[i]) as usize);
    let depth = if layer["op"] == "depthwise_conv2d" { 1 } else { inputs };
    let count = channels * taps(0) * taps(1) * depth;
    let weights = (0..count).map(|_| random.range(-127, 127) as i8).collect();
    let exponent = integer(&layer["scale_exponent"]);
    let scales = (0..channels).map(|_| random.scale(exponent)).collect();
    let [low, high] = [0, 1].map(|i| integer(&layer["bias_range"][i]));
    let bias = (0..channels).map(|_| random.range(low, high) as i32).collect();
    Some(Plain { weights, scales, bias }.by_channel(&layer["op"]))
}

/// MobileNet-v1-0.25 on 96x96 pixels.
pub(crate) fn mobilenet() -> Case {
    let vectors: Value = serde_json::from_str(MOBILENET).expect("JSON");
    let (input, recipes) = (shape(&vectors["input"]), list(&vectors["layers"]));
    let mut random = Random(vectors["input"]["seed"].as_u64().expect("a seed"));
    let numbers = (0..96 * 96 * 3).map(|_| random.range(-128, 127) as i8).collect();
    let tensors = [&vectors["input"]].into_iter().chain(recipes.iter().map(|l| &l["output"]));
    let checksums = tensors.clone().map(|t| integer(&t["crc32"]) as u32).collect();
    let shapes: Vec<_> = tensors.clone().map(shape).collect();
    let tensors: Vec<_> = tensors.map(quantization).collect();
    let store = |(index, recipe): (usize, &Value)| {
        let plain = drawn(recipe, shapes[index].channels.into());
        Store::new(recipe, plain, tensors[index], tensors[index + 1])
    };
    let stores: Vec<_> = recipes.iter().enumerate().map(store).collect();
    let mut layers = Vec::new();
    for (index, (recipe, store)) in recipes.iter().zip(&stores).enumerate() {
        let op = store.op(recipe, tensors[index], tensors[index + 1], shapes[index]);
        layers.push(Layer { name: "", input: index as u8, op });
    }
    let outputs = [layers.len() as u8];
    let network =
        Network { name: "mobilenet", input, layers: &layers, tensors: &tensors, outputs: &outputs };
    let output = data(&recipes[recipes.len() - 1]["output"]["data"]);
    Case { checksums, ..Case::new("mobilenet".into(), &network, numbers, output) }
}
