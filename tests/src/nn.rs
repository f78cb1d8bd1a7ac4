//! The vectors of `tests/data/nn`, as networks to build; its README tells what they
//! hold.

use edgecull::model::build::{Operation, QuantizedLayer, QuantizedNet, Weights};
use edgecull_core::nn::{Clamp, Padding, Quantization, Shape, Table, Window};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the vectors.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/nn")
}

/// A layer and what it must give.
#[derive(Debug)]
pub struct Case {
    /// Which operation, and which case of it.
    pub name: String,
    /// The network; its last tensor is the output.
    pub net: QuantizedNet,
    /// Its input.
    pub input: Vec<i8>,
    /// What must come out.
    pub output: Vec<i8>,
}

/// A network that follows a script, and what each of its layers must give.
#[derive(Debug)]
pub struct Script {
    /// The network.
    pub net: QuantizedNet,
    /// Its input.
    pub input: Vec<i8>,
    /// CRC-32 of the input, then of each layer's output.
    pub checksums: Vec<u32>,
    /// What must come out.
    pub output: Vec<i8>,
}

/// Reads a JSON file.
///
/// # Panics
/// When it is not there or no JSON.
#[must_use]
pub fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// The cases of `ops.json`.
///
/// # Panics
/// When the file is not what its README says, as all here.
#[must_use]
pub fn cases() -> Vec<Case> {
    let file = read(&folder().join("ops.json"));
    let cases = file["cases"].as_array().expect("cases");
    cases.iter().enumerate().map(|(number, value)| case(number, value)).collect()
}

fn case(number: usize, value: &Value) -> Case {
    let op = text(&value["op"]);
    let inputs: Vec<&Value> = value["inputs"].as_array().expect("inputs").iter().collect();
    let mut layers = Vec::new();
    let (shape, from, input, first) = match inputs.as_slice() {
        &[only] => (shape(only), quantization(only), bytes(&only["data"]), 0),
        several => {
            let (shape, input) = stacked(several, &mut layers);
            (shape, RAW, input, 1)
        }
    };
    let of = inputs.iter().map(|input| quantization(input)).next().expect("an input");
    let weights = value.get("weights").map(|weights| Weights {
        values: ordered(op, bytes(weights), channels(value)),
        scales: scales(&value["weight_scales"], channels(value)),
        bias: integers(&value["bias"]),
    });
    layers.push(layer(value, (first..first + inputs.len()).collect(), of, weights));
    Case {
        name: format!("{op} (case {number})"),
        output: bytes(&value["output"]["data"]),
        net: QuantizedNet {
            name: op.into(),
            input: shape,
            quantization: from,
            outputs: vec![layers.len()],
            layers,
        },
        input,
    }
}

/// What numbers stand for that are passed on as they are.
const RAW: Quantization = Quantization { scale: 1.0, zero_point: 0 };

/// Several inputs as one, side by side in the channels, and layers that take it apart
/// again: convolutions with a window of one pixel and one weight of 1 a channel, whose
/// multiplier is 1.
fn stacked(inputs: &[&Value], layers: &mut Vec<QuantizedLayer>) -> (Shape, Vec<i8>) {
    let shapes: Vec<Shape> = inputs.iter().map(|input| shape(input)).collect();
    let data: Vec<Vec<i8>> = inputs.iter().map(|input| bytes(&input["data"])).collect();
    let all: u16 = shapes.iter().map(|shape| shape.channels).sum();
    let mut stacked = Vec::new();
    for pixel in 0..usize::from(shapes[0].height) * usize::from(shapes[0].width) {
        for (shape, data) in shapes.iter().zip(&data) {
            let channels = usize::from(shape.channels);
            stacked.extend(&data[pixel * channels..][..channels]);
        }
    }
    let mut before = 0;
    for (shape, input) in shapes.iter().zip(inputs) {
        let output = quantization(input);
        let channels = usize::from(shape.channels);
        let mut values = vec![0; channels * usize::from(all)];
        for (channel, weights) in values.chunks_mut(usize::from(all)).enumerate() {
            weights[before + channel] = 1;
        }
        before += channels;
        let weights = Weights {
            values,
            scales: vec![output.scale; channels],
            bias: vec![-i32::from(output.zero_point); channels],
        };
        let window =
            Window { height: 1, width: 1, stride_y: 1, stride_x: 1, padding: Padding::Valid };
        let operation = Operation::Conv { window, weights, clamp: Clamp::NONE };
        layers.push(QuantizedLayer { name: "part".into(), inputs: vec![0], output, operation });
    }
    (Shape { channels: all, ..shapes[0] }, stacked)
}

fn layer(
    value: &Value,
    inputs: Vec<usize>,
    from: Quantization,
    weights: Option<Weights>,
) -> QuantizedLayer {
    let op = text(&value["op"]);
    let output = quantization(&value["output"]);
    let clamp = value.get("clamp").map_or(Clamp::NONE, |clamp| {
        let ends = integers(clamp);
        let end = |i: usize| i8::try_from(ends[i]).expect("an end of 8 bits");
        Clamp { min: end(0), max: end(1) }
    });
    if let Some(activation) = value.get("activation") {
        let (min, max) = match text(activation) {
            "none" => (None, None),
            "relu" => (Some(0.0), None),
            "relu6" => (Some(0.0), Some(6.0)),
            other => panic!("an activation {other}"),
        };
        assert_eq!(Clamp::between(output, min, max), clamp, "of {op}");
    }
    let window = || window(value);
    let weights = || weights.clone().expect("weights");
    let table = |table: Option<Table>| Operation::Table(Box::new(table.expect("scales that fit")));
    let operation = match op {
        "conv2d" => Operation::Conv { window: window(), weights: weights(), clamp },
        "depthwise_conv2d" => Operation::Depthwise { window: window(), weights: weights(), clamp },
        "dense" => Operation::Dense { weights: weights(), clamp },
        "average_pool2d" => Operation::AveragePool { window: window(), clamp },
        "max_pool2d" => Operation::MaxPool { window: window(), clamp },
        "global_average" => Operation::GlobalAverage,
        "add" => Operation::Add { clamp },
        "concat" => Operation::Concat,
        "resize2x" => Operation::Resize2x,
        "softmax" => Operation::Softmax { classes: shape(&value["output"]).channels, beta: 1.0 },
        "relu" => table(Table::relu(from, output, None)),
        "relu6" => table(Table::relu(from, output, Some(6.0))),
        "hard_swish" => table(Table::hard_swish(from, output)),
        "leaky_relu" => table(Table::leaky_relu(from, output, float(&value["alpha"]))),
        "logistic" => {
            assert_eq!(output, Table::SIGMOID);
            table(Some(Table::logistic(from)))
        }
        "quantize" => table(Table::requantize(from, output)),
        other => panic!("an operation {other}"),
    };
    QuantizedLayer { name: op.into(), inputs, output, operation }
}

/// The network of a file like `mobilenet.json`.
///
/// # Panics
/// When the file is not what its README says.
#[must_use]
pub fn script(file: &Path) -> Script {
    let file = read(file);
    let first = &file["input"];
    let input_shape = shape(first);
    let mut random = SplitMix64::of(first);
    let count = |s: Shape| usize::from(s.height) * usize::from(s.width) * usize::from(s.channels);
    let input = (0..count(input_shape)).map(|_| random.integer(-128, 127) as i8).collect();
    let mut checksums = vec![checksum(first)];
    let (mut before, mut from) = (input_shape, quantization(first));
    let mut layers = Vec::new();
    for (index, value) in file["layers"].as_array().expect("layers").iter().enumerate() {
        let op = text(&value["op"]);
        let weights = value.get("seed").map(|_| {
            let channels = channels(value);
            let taps = value.get("kernel").map_or(1, |kernel| integers(kernel).iter().product());
            let inputs = match op {
                "dense" => count(before),
                "conv2d" => taps as usize * usize::from(before.channels),
                _ => taps as usize,
            };
            let mut random = SplitMix64::of(value);
            let drawn = (0..inputs * channels).map(|_| random.integer(-127, 127) as i8).collect();
            let exponent = value["scale_exponent"].as_i64().expect("an exponent");
            let scales = (0..channels).map(|_| random.scale(exponent)).collect();
            let range = integers(&value["bias_range"]);
            let bias = (0..channels).map(|_| random.integer(range[0].into(), range[1].into()));
            Weights {
                values: ordered(op, drawn, channels),
                scales,
                bias: bias.map(|bias| i32::try_from(bias).expect("a bias of 32 bits")).collect(),
            }
        });
        let layer = layer(value, vec![index], from, weights);
        (before, from) = (shape(&value["output"]), layer.output);
        layers.push(QuantizedLayer { name: format!("{op} {index}"), ..layer });
        checksums.push(checksum(&value["output"]));
    }
    let last = file["layers"].as_array().and_then(|layers| layers.last()).expect("a layer");
    Script {
        output: bytes(&last["output"]["data"]),
        net: QuantizedNet {
            name: text(&file["name"]).into(),
            input: input_shape,
            quantization: quantization(first),
            outputs: vec![layers.len()],
            layers,
        },
        input,
        checksums,
    }
}

/// The generator of the README.
struct SplitMix64(u64);

impl SplitMix64 {
    fn of(value: &Value) -> Self {
        Self(value["seed"].as_u64().expect("a seed"))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn integer(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).expect("a range");
        low + (((self.next() >> 32) * span) >> 32) as i64
    }

    fn scale(&mut self, exponent: i64) -> f32 {
        f32::from_bits(((exponent + 127) as u32) << 23 | (self.next() >> 41) as u32)
    }
}

/// CRC-32 as zlib has it.
#[must_use]
pub fn crc32(numbers: &[i8]) -> u32 {
    !numbers.iter().fold(u32::MAX, |crc, &number| {
        (0..8).fold(crc ^ u32::from(number.cast_unsigned()), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 * (crc & 1))
        })
    })
}

/// Weights in the engine's order: of a depthwise convolution the channel comes first.
fn ordered(op: &str, values: Vec<i8>, channels: usize) -> Vec<i8> {
    if op != "depthwise_conv2d" {
        return values;
    }
    (0..channels).flat_map(|c| values.iter().skip(c).step_by(channels).copied()).collect()
}

fn window(value: &Value) -> Window {
    let [height, width] = pair(&value["kernel"]);
    let [stride_y, stride_x] = pair(&value["stride"]);
    let padding = match text(&value["padding"]) {
        "same" => Padding::Same,
        "valid" => Padding::Valid,
        other => panic!("a padding {other}"),
    };
    Window { height, width, stride_y, stride_x, padding }
}

fn pair(value: &Value) -> [u8; 2] {
    let numbers = integers(value);
    [0, 1].map(|i| u8::try_from(numbers[i]).expect("a length of 8 bits"))
}

fn channels(value: &Value) -> usize {
    shape(&value["output"]).channels.into()
}

fn shape(value: &Value) -> Shape {
    let sizes = integers(&value["shape"]);
    let [height, width, channels] = [0, 1, 2].map(|i| u16::try_from(sizes[i]).expect("a size"));
    Shape { height, width, channels }
}

fn quantization(value: &Value) -> Quantization {
    let zero_point = value["zero_point"].as_i64().expect("a zero point");
    let zero_point = i8::try_from(zero_point).expect("8 bits");
    Quantization { scale: float(&value["scale"]), zero_point }
}

fn scales(value: &Value, channels: usize) -> Vec<f32> {
    let scales: Vec<f32> = value.as_array().expect("scales").iter().map(float).collect();
    if scales.len() == 1 { vec![scales[0]; channels] } else { scales }
}

fn float(value: &Value) -> f32 {
    f32::from_bits(value.as_u64().and_then(|bits| u32::try_from(bits).ok()).expect("32 bits"))
}

fn checksum(value: &Value) -> u32 {
    value["crc32"].as_u64().and_then(|crc| u32::try_from(crc).ok()).expect("a checksum")
}

fn integers(value: &Value) -> Vec<i32> {
    let number = |v: &Value| v.as_i64().and_then(|n| i32::try_from(n).ok()).expect("an integer");
    value.as_array().expect("integers").iter().map(number).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn bytes(value: &Value) -> Vec<i8> {
    let byte = |digits: &[u8]| {
        let digits = std::str::from_utf8(digits).expect("digits");
        u8::from_str_radix(digits, 16).expect("hexadecimal").cast_signed()
    };
    text(value).as_bytes().chunks(2).map(byte).collect()
}
