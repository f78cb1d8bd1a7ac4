//! What a network consists of and what it needs.

use edgecull_core::nn::{Error, Layer, Model, Op, Padding, Quantization, Shape, Window};
use serde::Serialize;
use std::io::{self, Write};

/// The network in figures, schema `edgecull.model.v1`.
#[derive(Clone, Debug, Serialize)]
pub struct Info {
    schema: &'static str,
    name: String,
    /// Of the document.
    bytes: usize,
    input: TensorInfo,
    layers: Vec<LayerInfo>,
    outputs: Vec<String>,
    macs: u64,
    /// Of all layers.
    weight_bytes: usize,
    /// Bytes that the arena must have at this size.
    arena: usize,
    /// The most that is in use at a time: tensors that are alive, without what lies
    /// between them.
    peak: usize,
    /// The layer that needs it.
    peak_layer: Option<String>,
}

/// A tensor.
#[derive(Clone, Debug, Serialize)]
struct TensorInfo {
    /// Height, width, channels.
    shape: [u16; 3],
    scale: f32,
    zero_point: i8,
}

/// A layer and the tensor that it makes.
#[derive(Clone, Debug, Serialize)]
struct LayerInfo {
    index: usize,
    name: String,
    op: &'static str,
    /// Height and width.
    kernel: Option<[u8; 2]>,
    stride: Option<[u8; 2]>,
    padding: Option<String>,
    /// Names of the tensors that it reads: of layers, or `input`.
    inputs: Vec<String>,
    output: TensorInfo,
    macs: u64,
    weight_bytes: usize,
}

impl Info {
    /// The figures of a network in a document of so many bytes, at the size that it was
    /// made for or at another one.
    ///
    /// # Errors
    /// When it cannot work at this size.
    pub fn new(model: &Model<'_>, bytes: usize, size: Option<(u16, u16)>) -> Result<Self, Error> {
        let nominal = model.input();
        let (height, width) = size.unwrap_or((nominal.height, nominal.width));
        let plan = model.plan(height, width)?;
        let layers: Vec<Layer<'_>> = model.layers().collect();
        let tensor = |index: u8| TensorInfo::new(plan.shape(index), model.quantization(index));
        let name = |tensor: u8| match tensor.checked_sub(1) {
            None => "input".to_owned(),
            Some(layer) => layers.get(usize::from(layer)).map_or("", |l| l.name).to_owned(),
        };
        let rows = layers.iter().enumerate().map(|(index, layer)| {
            let output = index as u8 + 1;
            let shapes = plan.shape(layer.input).zip(plan.shape(output));
            let window = window(&layer.op);
            LayerInfo {
                index,
                name: layer.name.into(),
                op: op_name(&layer.op),
                kernel: window.map(|w| [w.height, w.width]),
                stride: window.map(|w| [w.stride_y, w.stride_x]),
                padding: window.map(|w| padding(w.padding)),
                inputs: layer.inputs().map(name).collect(),
                output: tensor(output),
                macs: shapes.map_or(0, |(from, to)| layer.macs(from, to)),
                weight_bytes: weights(&layer.op).len(),
            }
        });
        let rows: Vec<LayerInfo> = rows.collect();
        let (peak, peak_layer) = peak(model, &layers, |t| plan.shape(t).map_or(0, size_of));
        Ok(Self {
            schema: "edgecull.model.v1",
            name: model.name().into(),
            bytes,
            input: tensor(0),
            outputs: model.outputs().iter().map(|&tensor| name(tensor)).collect(),
            macs: rows.iter().map(|row| row.macs).sum(),
            weight_bytes: rows.iter().map(|row| row.weight_bytes).sum(),
            arena: plan.arena(),
            peak,
            peak_layer: peak_layer.map(|index| layers[index].name.into()),
            layers: rows,
        })
    }

    /// Writes it as a table.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let TensorInfo { shape, scale, zero_point } = &self.input;
        writeln!(out, "{}: {} layers, {} bytes", shown(&self.name), self.layers.len(), self.bytes)?;
        let steps = format!("scale {scale:.6}, zero point {zero_point}");
        writeln!(out, "input {} of int8, {steps}\n", dims(shape))?;
        let name_width = self.layers.iter().map(|l| shown(&l.name).chars().count());
        let name_width = name_width.max().unwrap_or(0).clamp(4, 40);
        writeln!(
            out,
            "{:>3}  {:name_width$}  {:14}  {:>6}  {:>6}  {:>12}  {:>11}  {:>9}  {:>10}  {:>4}",
            "#", "name", "op", "kernel", "stride", "output", "MACs", "weights", "scale", "zero"
        )?;
        for layer in &self.layers {
            let by = |pair: Option<[u8; 2]>| pair.map_or("".into(), |[y, x]| format!("{y}x{x}"));
            let name: String = shown(&layer.name).chars().take(name_width).collect();
            writeln!(
                out,
                "{:>3}  {name:name_width$}  {:14}  {:>6}  {:>6}  {:>12}  {:>11}  {:>9}  {:>10.6}  {:>4}",
                layer.index,
                layer.op,
                by(layer.kernel),
                by(layer.stride),
                dims(&layer.output.shape),
                layer.macs,
                layer.weight_bytes,
                layer.output.scale,
                layer.output.zero_point,
            )?;
        }
        writeln!(out, "\nmultiplications {}", self.macs)?;
        writeln!(out, "weights         {} bytes", self.weight_bytes)?;
        writeln!(out, "arena           {} bytes for an input of {}", self.arena, dims(shape))?;
        let at =
            self.peak_layer.as_ref().map_or(String::new(), |name| format!(", in {}", shown(name)));
        writeln!(out, "peak            {} bytes of tensors at a time{at}", self.peak)?;
        writeln!(out, "outputs         {}", shown(&self.outputs.join(", ")))
    }
}

impl TensorInfo {
    fn new(shape: Option<Shape>, quantization: Option<Quantization>) -> Self {
        let shape = shape.map_or([0; 3], |s| [s.height, s.width, s.channels]);
        let (scale, zero_point) = quantization.map_or((0.0, 0), |q| (q.scale, q.zero_point));
        Self { shape, scale, zero_point }
    }
}

/// Names come from files: control characters are written out.
fn shown(text: &str) -> String {
    crate::sink::table::escape(text).to_string()
}

fn dims(shape: &[u16; 3]) -> String {
    let [height, width, channels] = shape;
    format!("{height}x{width}x{channels}")
}

fn size_of(shape: Shape) -> usize {
    usize::from(shape.height) * usize::from(shape.width) * usize::from(shape.channels)
}

/// The most bytes of tensors that are alive at a time, and while which layer runs.
fn peak(
    model: &Model<'_>,
    layers: &[Layer<'_>],
    bytes: impl Fn(u8) -> usize,
) -> (usize, Option<usize>) {
    let last = |tensor: u8| {
        let readers = layers.iter().rposition(|layer| layer.inputs().any(|input| input == tensor));
        let kept = model.outputs().contains(&tensor);
        if kept { layers.len() } else { readers.unwrap_or(usize::from(tensor.saturating_sub(1))) }
    };
    let alive = |layer: usize| {
        let tensors = (0..=layers.len()).filter_map(|tensor| u8::try_from(tensor).ok());
        let needed =
            tensors.filter(|&tensor| usize::from(tensor) <= layer + 1 && last(tensor) >= layer);
        needed.map(&bytes).sum::<usize>()
    };
    let peaks = (0..layers.len()).map(|layer| (alive(layer), Some(layer)));
    peaks.max_by_key(|(bytes, layer)| (*bytes, std::cmp::Reverse(*layer))).unwrap_or((0, None))
}

fn window(op: &Op<'_>) -> Option<Window> {
    match *op {
        Op::Conv { window, .. }
        | Op::Depthwise { window, .. }
        | Op::AveragePool { window, .. }
        | Op::MaxPool { window, .. } => Some(window),
        _ => None,
    }
}

fn weights<'a>(op: &Op<'a>) -> &'a [u8] {
    match *op {
        Op::Conv { weights, .. } | Op::Depthwise { weights, .. } | Op::Dense { weights, .. } => {
            weights
        }
        Op::Table { table } => table,
        _ => &[],
    }
}

fn padding(padding: Padding) -> String {
    match padding {
        Padding::Valid => "valid".into(),
        Padding::Same => "same".into(),
        Padding::Explicit { top, left, bottom, right } => {
            format!("{top} above, {left} left, {bottom} below, {right} right")
        }
    }
}

fn op_name(op: &Op<'_>) -> &'static str {
    match op {
        Op::Conv { .. } => "conv",
        Op::Depthwise { .. } => "depthwise",
        Op::Dense { .. } => "dense",
        Op::AveragePool { .. } => "average_pool",
        Op::MaxPool { .. } => "max_pool",
        Op::GlobalAverage { .. } => "global_average",
        Op::Add { .. } => "add",
        Op::Concat { .. } => "concat",
        Op::Resize2x => "resize_2x",
        Op::Table { .. } => "table",
        Op::Softmax { .. } => "softmax",
    }
}
