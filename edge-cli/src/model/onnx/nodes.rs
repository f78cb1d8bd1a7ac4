//! All nodes but those that have a window or leave the numbers where they are.

use super::array::{self, Array, Data};
use super::attributes::Attributes;
use super::values::{Located, Reader, Refusal, Value, pixels};
use super::{shapes, windows};
use crate::model::function::{Activation, Function};
use crate::model::graph::{Kind, Parameters, size};
use edgecull_core::nn::Shape;
use tract_onnx::pb::NodeProto;

/// Reads one node into the graph.
pub(super) fn read(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let attributes = Attributes(node);
    let output = node.output.first().ok_or("it has no output")?.as_str();
    if node.op_type == "Constant" {
        let array = match attributes.tensor("value") {
            Some(tensor) => Array::read(tensor)?,
            None => plain_constant(attributes).ok_or("a constant of an unknown kind")?,
        };
        reader.values.insert(output.into(), Value::Constant(array));
        return Ok(());
    }
    let constants: Option<Vec<&Array>> =
        node.input.iter().map(|name| reader.constant(name)).collect();
    if let Some(constants) = constants.filter(|all| !all.is_empty()) {
        let array = array::evaluate(&node.op_type, &constants, attributes);
        let array = array.ok_or("this is not worked out for constants")?;
        reader.values.insert(output.into(), Value::Constant(array));
        return Ok(());
    }
    let input = node.input.first().ok_or("it has no input")?.as_str();
    let unary = |function: fn(Box<Function>) -> Function| function;
    match node.op_type.as_str() {
        "Conv" => windows::convolution(reader, node),
        "MaxPool" | "AveragePool" => windows::pool(reader, node),
        "Gemm" | "MatMul" => product(reader, node),
        "BatchNormalization" => normalization(reader, node),
        "Relu" => reader.clip(input, output, Activation { min: Some(0.0), max: None }),
        "Clip" => clip(reader, node),
        "LeakyRelu" => {
            let slope = attributes.float("alpha").unwrap_or(0.01);
            map(reader, input, output, |of| Function::Leaky(of, slope))
        }
        "PRelu" => {
            let slope = node.input.get(1).and_then(|name| reader.constant(name));
            let slope = slope.and_then(Array::scalar).ok_or("its slope is not one constant")?;
            map(reader, input, output, |of| Function::Leaky(of, slope))
        }
        "Sigmoid" => map(reader, input, output, unary(Function::Sigmoid)),
        "Tanh" => map(reader, input, output, unary(Function::Tanh)),
        "Softplus" => map(reader, input, output, unary(Function::Softplus)),
        "Neg" => map(reader, input, output, |of| Function::Affine(of, -1.0, 0.0)),
        "HardSigmoid" => {
            let slope = attributes.float("alpha").unwrap_or(0.2);
            let offset = attributes.float("beta").unwrap_or(0.5);
            map(reader, input, output, |of| gate(of, slope, offset))
        }
        "HardSwish" => map(reader, input, output, |of| {
            Function::Product(of.clone(), Box::new(gate(of, 1.0 / 6.0, 0.5)))
        }),
        "Softmax" => softmax(reader, node),
        "Add" | "Sub" | "Mul" | "Div" => binary(reader, node),
        "Concat" => concat(reader, node),
        "GlobalAveragePool" | "ReduceMean" => mean(reader, node),
        "Resize" | "Upsample" => resize(reader, node),
        "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" => shapes::reshape(reader, node),
        "Transpose" => shapes::transpose(reader, node),
        "Pad" => shapes::pad(reader, node),
        "Identity" | "Dropout" | "Cast" => {
            let of = reader.tensor(input)?;
            reader.alias(output, of);
            Ok(())
        }
        "Shape" => {
            let of = reader.tensor(input)?;
            let dims = of.dims.iter().map(|&dim| dim as i64).collect();
            reader.values.insert(output.into(), Value::Constant(Array::integers(dims)));
            Ok(())
        }
        _ => Err("this operation is not supported".into()),
    }
}

fn plain_constant(attributes: Attributes<'_>) -> Option<Array> {
    if let Some(values) = attributes.ints("value_ints") {
        return Some(Array::integers(values.to_vec()));
    }
    let data = match attributes.float("value_float") {
        Some(value) => Data::Float(vec![value]),
        None => Data::Integer(vec![attributes.int("value_int")?]),
    };
    Some(Array { dims: vec![], data })
}

fn map(
    reader: &mut Reader,
    input: &str,
    output: &str,
    function: impl FnOnce(Box<Function>) -> Function,
) -> Result<(), Refusal> {
    let (of, inner) = reader.computed(input)?;
    reader.compute(output, of, function(Box::new(inner)));
    Ok(())
}

/// A line that is cut off at 0 and 1.
fn gate(of: Box<Function>, slope: f32, offset: f32) -> Function {
    let line = Box::new(Function::Affine(of, slope, offset));
    Function::Clip(line, Activation { min: Some(0.0), max: Some(1.0) })
}

fn clip(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let attributes = Attributes(node);
    let end = |index: usize, name: &str| match node.input.get(index).filter(|n| !n.is_empty()) {
        None => Ok(attributes.float(name)),
        Some(input) => {
            let limit = reader.constant(input).and_then(Array::scalar);
            limit.map(Some).ok_or("its limits are no constants")
        }
    };
    // What is as good as infinite cuts nothing off.
    let finite = |limit: Option<f32>| limit.filter(|limit| limit.abs() < 1e30);
    let activation = Activation { min: finite(end(1, "min")?), max: finite(end(2, "max")?) };
    reader.clip(&node.input[0], &node.output[0], activation)
}

fn product(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let attributes = Attributes(node);
    let of = reader.tensor(&node.input[0])?;
    let shape = reader.shape(&of);
    let inputs = size(shape);
    let weights = node.input.get(1).and_then(|name| reader.constant(name));
    let weights = weights.ok_or("its second factor is not a constant")?;
    if attributes.int("transA").unwrap_or(0) != 0 {
        return Err("its first factor is transposed".into());
    }
    let &[first, second] = weights.dims.as_slice() else {
        return Err("its second factor is no matrix".into());
    };
    let transposed = attributes.int("transB").unwrap_or(0) != 0;
    let (rows, outputs) = if transposed { (second, first) } else { (first, second) };
    if outputs == 0 || rows != inputs || of.dims.last() != Some(&inputs) {
        return Err(format!("a matrix of {rows} rows for an input of shape {:?}", of.dims));
    }
    let alpha = attributes.float("alpha").unwrap_or(1.0);
    let values = weights.floats();
    let pixels = pixels(shape);
    let mut ordered = Vec::with_capacity(values.len());
    for output in 0..outputs {
        for number in 0..inputs {
            // Where ONNX has what lies here.
            let row = match of.in_memory_order {
                true => number,
                false => {
                    let channels = usize::from(shape.channels);
                    number % channels * pixels + number / channels
                }
            };
            let place = if transposed { output * inputs + row } else { row * outputs + output };
            ordered.push(alpha * values[place]);
        }
    }
    let bias = match node.input.get(2).filter(|name| !name.is_empty()) {
        None => vec![0.0; outputs],
        Some(name) => {
            let beta = attributes.float("beta").unwrap_or(1.0);
            let bias = reader.constant(name).ok_or("its bias is no constant")?.floats();
            match bias.as_slice() {
                &[one] => vec![beta * one; outputs],
                several if several.len() == outputs => {
                    several.iter().map(|bias| beta * bias).collect()
                }
                _ => return Err(format!("{} biases for {outputs} outputs", bias.len())),
            }
        }
    };
    let channels = u16::try_from(outputs).map_err(|_| "it has too many outputs")?;
    let name = &node.output[0];
    let parameters = Parameters { weights: ordered, bias, activation: Activation::NONE };
    let shape = Shape::new(1, 1, channels);
    let tensor = reader.push(name, vec![of.tensor], shape, Kind::Dense(parameters));
    let mut dims = of.dims;
    if let Some(last) = dims.last_mut() {
        *last = outputs;
    }
    let sole = reader.sole(name);
    reader.set(name, Located { tensor, dims, in_memory_order: true, sole });
    Ok(())
}

fn normalization(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let mut terms = Vec::new();
    for name in node.input.iter().skip(1).take(4) {
        terms.push(reader.constant(name).ok_or("its parameters are no constants")?.floats());
    }
    let [scale, bias, mean, variance] = terms.as_slice() else {
        return Err("it has not four parameters".into());
    };
    let epsilon = Attributes(node).float("epsilon").unwrap_or(1e-5);
    let factors: Vec<f32> = scale
        .iter()
        .zip(variance)
        .map(|(scale, variance)| scale / (variance + epsilon).sqrt())
        .collect();
    let means = mean.iter().zip(&factors);
    let offsets: Vec<f32> =
        bias.iter().zip(means).map(|(bias, (mean, factor))| bias - mean * factor).collect();
    reader.affine(&node.input[0], &node.output[0], &factors, &offsets)
}

fn softmax(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let of = reader.tensor(&node.input[0])?;
    let rank = of.dims.len();
    let axis = axis(Attributes(node).int("axis").unwrap_or(-1), rank)?;
    let shape = reader.shape(&of);
    let along_channels = axis == 1 && !of.in_memory_order;
    let behind = of.dims[axis + 1..].iter().all(|&dim| dim == 1);
    if !(along_channels || of.in_memory_order && behind) {
        return Err(format!("along axis {axis} of the shape {:?}", of.dims));
    }
    let classes = u16::try_from(of.dims[axis]).map_err(|_| "it has too many classes")?;
    let name = &node.output[0];
    let tensor = reader.push(name, vec![of.tensor], shape, Kind::Softmax(classes));
    let sole = reader.sole(name);
    reader.set(name, Located { tensor, sole, ..of });
    Ok(())
}

fn axis(axis: i64, rank: usize) -> Result<usize, Refusal> {
    let from_start = if axis < 0 { axis + rank as i64 } else { axis };
    let axis = usize::try_from(from_start).ok().filter(|&axis| axis < rank);
    axis.ok_or_else(|| format!("an axis {from_start} of {rank}"))
}

fn binary(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let [one, other] = node.input.as_slice() else {
        return Err(format!("{} inputs, not two", node.input.len()));
    };
    let (op, output) = (node.op_type.as_str(), node.output[0].as_str());
    let constant = |reader: &Reader, name: &str| reader.constant(name).cloned();
    if let Some(array) = constant(reader, other) {
        along_channels(reader, one, &array)?;
        let values = array.floats();
        let inverse = || values.iter().map(|x| 1.0 / x).collect::<Vec<f32>>();
        let negative = || values.iter().map(|x| -x).collect::<Vec<f32>>();
        return match op {
            "Add" => reader.affine(one, output, &[1.0], &values),
            "Sub" => reader.affine(one, output, &[1.0], &negative()),
            "Mul" => reader.affine(one, output, &values, &[0.0]),
            _ => reader.affine(one, output, &inverse(), &[0.0]),
        };
    }
    if let Some(array) = constant(reader, one) {
        along_channels(reader, other, &array)?;
        let values = array.floats();
        return match op {
            "Add" => reader.affine(other, output, &[1.0], &values),
            "Sub" => reader.affine(other, output, &[-1.0], &values),
            "Mul" => reader.affine(other, output, &values, &[0.0]),
            _ => Err("a constant divided by a tensor".into()),
        };
    }
    let ((a, f), (b, g)) = (reader.computed(one)?, reader.computed(other)?);
    if a.tensor == b.tensor && a.dims == b.dims {
        let (f, g) = (Box::new(f), Box::new(g));
        let function = match op {
            "Add" => Function::Sum(f, g),
            "Sub" => Function::Sum(f, Box::new(Function::Affine(g, -1.0, 0.0))),
            "Mul" => Function::Product(f, g),
            _ => return Err("a tensor divided by a tensor".into()),
        };
        reader.compute(output, a, function);
        return Ok(());
    }
    if op != "Add" {
        return Err("of two tensors; only sums of tensors are supported".into());
    }
    let (a, b) = (reader.tensor(one)?, reader.tensor(other)?);
    if a.dims != b.dims || a.in_memory_order != b.in_memory_order {
        return Err(format!("tensors of shapes {:?} and {:?}", a.dims, b.dims));
    }
    let shape = reader.shape(&a);
    let kind = Kind::Add(Activation::NONE);
    let tensor = reader.push(output, vec![a.tensor, b.tensor], shape, kind);
    let sole = reader.sole(output);
    reader.set(output, Located { tensor, sole, ..a });
    Ok(())
}

/// Whether a constant goes along the channels of what `name` is, or is one number.
fn along_channels(reader: &mut Reader, name: &str, array: &Array) -> Result<(), Refusal> {
    if array.len() == 1 {
        return Ok(());
    }
    let (of, _) = reader.computed(name)?;
    let channels = usize::from(reader.shape(&of).channels);
    let rank = of.dims.len();
    let channel_axis = match of.dims.as_slice() {
        [1, c, ..] if rank == 4 && *c == channels && !of.in_memory_order => 1,
        [1, c, rest @ ..] if *c == channels && rest.iter().all(|&dim| dim == 1) => 1,
        _ => rank.saturating_sub(1),
    };
    let lead = rank.checked_sub(array.dims.len());
    let place = array.dims.iter().position(|&dim| dim != 1);
    let fits = lead.zip(place).is_some_and(|(lead, place)| lead + place == channel_axis)
        && array.len() == channels;
    if fits {
        Ok(())
    } else {
        Err(format!("a constant of shape {:?} with a tensor of shape {:?}", array.dims, of.dims))
    }
}

fn concat(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let mut parts = Vec::new();
    for name in &node.input {
        parts.push(reader.tensor(name)?);
    }
    let first = parts[0].clone();
    let rank = first.dims.len();
    let axis = axis(Attributes(node).int("axis").unwrap_or(1), rank)?;
    let shape = reader.shape(&first);
    let mut channels = 0usize;
    for part in &parts {
        let its = reader.shape(part);
        channels += usize::from(its.channels);
        let place = (its.height, its.width) == (shape.height, shape.width);
        let along = part.dims.get(axis) == Some(&usize::from(its.channels));
        let behind = part.dims.iter().skip(axis + 1).all(|&dim| dim == 1);
        let order = !part.in_memory_order && axis == 1 || part.in_memory_order && behind;
        // One channel has both orders.
        let either = its.channels == 1 && axis == 1 && rank == 4;
        if part.dims.len() != rank || !place || !along || !(order || either) {
            return Err(format!("along axis {axis} of {:?}; only channels can be", part.dims));
        }
    }
    let channels = u16::try_from(channels).map_err(|_| "it has too many channels")?;
    let name = &node.output[0];
    let inputs = parts.iter().map(|part| part.tensor).collect();
    reader.make(name, inputs, Shape { channels, ..shape }, Kind::Concat);
    if rank != 4 || axis != 1 {
        let mut of = reader.tensor(name)?;
        of.dims = first.dims;
        of.dims[axis] = channels.into();
        of.in_memory_order = true;
        reader.set(name, of);
    }
    Ok(())
}

fn mean(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let attributes = Attributes(node);
    let of = reader.picture(&node.input[0])?;
    let mut keep = true;
    if node.op_type == "ReduceMean" {
        let given = node.input.get(1).and_then(|name| reader.constant(name)?.ints());
        let axes = given.or_else(|| attributes.ints("axes")).unwrap_or(&[]);
        let mut axes: Vec<i64> =
            axes.iter().map(|a| if *a < 0 { a.wrapping_add(4) } else { *a }).collect();
        axes.sort_unstable();
        if axes != [2, 3] {
            return Err(format!("over the axes {axes:?}, not rows and columns (2, 3)"));
        }
        keep = attributes.int("keepdims").unwrap_or(1) != 0;
    }
    let channels = reader.shape(&of).channels;
    let name = &node.output[0];
    reader.make(name, vec![of.tensor], Shape::new(1, 1, channels), Kind::GlobalAverage);
    if !keep {
        let of = reader.tensor(name)?;
        reader.set(name, Located { dims: vec![1, channels.into()], ..of });
    }
    Ok(())
}

fn resize(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let attributes = Attributes(node);
    let of = reader.picture(&node.input[0])?;
    let shape = reader.shape(&of);
    if attributes.text("mode").unwrap_or("nearest") != "nearest" {
        return Err("only the mode `nearest` is supported".into());
    }
    let transform = attributes.text("coordinate_transformation_mode").unwrap_or("half_pixel");
    let rounding = attributes.text("nearest_mode").unwrap_or("round_prefer_floor");
    let doubles = match transform {
        "asymmetric" => rounding == "floor",
        "half_pixel" | "pytorch_half_pixel" | "half_pixel_symmetric" => {
            rounding.starts_with("round")
        }
        _ => false,
    };
    if node.op_type == "Resize" && !doubles {
        return Err(format!("coordinates {transform} with rounding {rounding}"));
    }
    let last = if node.op_type == "Upsample" { 1 } else { 2 };
    let constant = |index: usize| {
        let name = node.input.get(index).filter(|name| !name.is_empty())?;
        reader.constant(name).filter(|array| array.len() == 4).map(Array::floats)
    };
    let factors = match (constant(last), constant(3)) {
        (Some(factors), _) => factors,
        (None, Some(sizes)) => of.dims.iter().zip(sizes).map(|(&d, s)| s / d as f32).collect(),
        _ => return Err("its factors are no constants".into()),
    };
    if factors != [1.0, 1.0, 2.0, 2.0] {
        return Err(format!("by {factors:?}; only twice the height and width is supported"));
    }
    let twice = |length: u16| length.checked_mul(2).ok_or("its output is too large");
    let shape = Shape::new(twice(shape.height)?, twice(shape.width)?, shape.channels);
    reader.make(&node.output[0], vec![of.tensor], shape, Kind::Resize2x);
    Ok(())
}
