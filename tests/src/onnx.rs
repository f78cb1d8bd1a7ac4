//! ONNX files made by code: as much of the format (protocol buffers) as it takes to
//! write small networks.

/// A graph that grows by nodes.
#[derive(Clone, Debug, Default)]
pub struct Onnx {
    graph: Vec<u8>,
    random: u64,
}

/// An attribute of a node.
#[derive(Clone, Copy, Debug)]
pub enum Attribute<'a> {
    /// A whole number.
    Int(i64),
    /// A real one.
    Float(f32),
    /// Whole numbers.
    Ints(&'a [i64]),
    /// A text.
    Text(&'a str),
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(out: &mut Vec<u8>, field: u64, value: i64) {
    varint(out, field << 3);
    varint(out, value.cast_unsigned());
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend(value);
}

impl Onnx {
    /// An empty graph; all weights follow from the seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { graph: Vec::new(), random: seed }
    }

    /// A number from -1 to 1.
    pub fn random(&mut self) -> f32 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.random >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    fn value(&mut self, field: u64, name: &str, dims: &[i64]) {
        let mut shape = Vec::new();
        for &dim in dims {
            let mut entry = Vec::new();
            number(&mut entry, 1, dim);
            bytes(&mut shape, 1, &entry);
        }
        let (mut tensor, mut kind, mut value) = (Vec::new(), Vec::new(), Vec::new());
        number(&mut tensor, 1, 1);
        bytes(&mut tensor, 2, &shape);
        bytes(&mut kind, 1, &tensor);
        bytes(&mut value, 1, name.as_bytes());
        bytes(&mut value, 2, &kind);
        bytes(&mut self.graph, field, &value);
    }

    /// The input.
    pub fn input(&mut self, name: &str, dims: &[i64]) {
        self.value(11, name, dims);
    }

    /// An output.
    pub fn output(&mut self, name: &str, dims: &[i64]) {
        self.value(12, name, dims);
    }

    /// A constant of real numbers.
    pub fn floats(&mut self, name: &str, dims: &[i64], values: &[f32]) {
        let raw: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.constant(name, dims, 1, &raw);
    }

    /// A constant of whole numbers.
    pub fn integers(&mut self, name: &str, values: &[i64]) {
        let raw: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.constant(name, &[values.len() as i64], 7, &raw);
    }

    fn constant(&mut self, name: &str, dims: &[i64], kind: i64, raw: &[u8]) {
        let mut tensor = Vec::new();
        for &dim in dims {
            number(&mut tensor, 1, dim);
        }
        number(&mut tensor, 2, kind);
        bytes(&mut tensor, 8, name.as_bytes());
        bytes(&mut tensor, 9, raw);
        bytes(&mut self.graph, 5, &tensor);
    }

    /// A constant of random numbers that keep the size of what they are multiplied
    /// with; `each` go into one output.
    pub fn weights(&mut self, name: &str, dims: &[i64], each: i64) {
        let reach = (6.0 / each as f32).sqrt();
        let count = dims.iter().product();
        let values: Vec<f32> = (0..count).map(|_| reach * self.random()).collect();
        self.floats(name, dims, &values);
    }

    /// A node; it is called like its output.
    pub fn node(
        &mut self,
        op: &str,
        inputs: &[&str],
        output: &str,
        attributes: &[(&str, Attribute<'_>)],
    ) {
        let mut node = Vec::new();
        for input in inputs {
            bytes(&mut node, 1, input.as_bytes());
        }
        bytes(&mut node, 2, output.as_bytes());
        bytes(&mut node, 3, output.as_bytes());
        bytes(&mut node, 4, op.as_bytes());
        for (name, value) in attributes {
            let mut attribute = Vec::new();
            bytes(&mut attribute, 1, name.as_bytes());
            let kind = match value {
                Attribute::Float(value) => {
                    varint(&mut attribute, 2 << 3 | 5);
                    attribute.extend(value.to_le_bytes());
                    1
                }
                Attribute::Int(value) => {
                    number(&mut attribute, 3, *value);
                    2
                }
                Attribute::Text(value) => {
                    bytes(&mut attribute, 4, value.as_bytes());
                    3
                }
                Attribute::Ints(values) => {
                    values.iter().for_each(|&value| number(&mut attribute, 8, value));
                    7
                }
            };
            number(&mut attribute, 20, kind);
            bytes(&mut node, 5, &attribute);
        }
        bytes(&mut self.graph, 1, &node);
    }

    /// A convolution with weights and biases; groups are one or as many as inputs.
    pub fn convolution(&mut self, input: &str, output: &str, shape: [i64; 3], rest: [i64; 2]) {
        let ([from, to, kernel], [stride, groups]) = (shape, rest);
        let (weights, bias) = (format!("{output}_w"), format!("{output}_b"));
        let each = from / groups * kernel * kernel;
        self.weights(&weights, &[to, from / groups, kernel, kernel], each);
        self.weights(&bias, &[to], 24);
        let pad = kernel / 2;
        self.node(
            "Conv",
            &[input, &weights, &bias],
            output,
            &[
                ("kernel_shape", Attribute::Ints(&[kernel, kernel])),
                ("strides", Attribute::Ints(&[stride, stride])),
                ("pads", Attribute::Ints(&[pad, pad, pad, pad])),
                ("group", Attribute::Int(groups)),
            ],
        );
    }

    /// The file.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        let mut graph = self.graph.clone();
        bytes(&mut graph, 2, name.as_bytes());
        let (mut opset, mut model) = (Vec::new(), Vec::new());
        number(&mut opset, 2, 13);
        number(&mut model, 1, 8);
        bytes(&mut model, 7, &graph);
        bytes(&mut model, 8, &opset);
        model
    }
}
