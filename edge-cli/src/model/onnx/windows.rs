//! Convolutions and pools.

use super::attributes::Attributes;
use super::values::{Located, Reader, Refusal, Value};
use crate::model::function::Activation;
use crate::model::graph::{Kind, Parameters, fit};
use edgecull_core::nn::{Padding, Window};
use tract_onnx::pb::NodeProto;

/// Weights of a convolution, at most, with the zeros of groups and dilations: more are
/// out of reach of any device that the engine is for.
const MOST_WEIGHTS: usize = 1 << 27;

/// Reads `Conv`.
pub(super) fn convolution(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let (input, output) = (&node.input[0], &node.output[0]);
    let attributes = Attributes(node);
    let (of, extra) = padded(reader, input)?;
    let weights = node.input.get(1).and_then(|name| reader.constant(name));
    let weights = weights.ok_or("its weights are not constants")?;
    let &[outputs, each, rows, columns] = weights.dims.as_slice() else {
        return Err(format!("its weights have {} axes, not 4", weights.dims.len()));
    };
    let channels = usize::from(reader.shape(&of).channels);
    let groups = usize::try_from(attributes.int("group").unwrap_or(1)).unwrap_or(0);
    if groups == 0 || each * groups != channels || outputs % groups != 0 || outputs == 0 {
        return Err(format!("{groups} groups of {each} channels do not make {channels}"));
    }
    if rows == 0 || columns == 0 || outputs > usize::from(u16::MAX) {
        return Err(format!("{outputs} windows of {rows} x {columns}"));
    }
    let [dy, dx] = two(attributes.ints("dilations"), 1)?;
    let spread = |length: usize, by: u8| length.saturating_sub(1) * usize::from(by) + 1;
    let (height, width) = (spread(rows, dy), spread(columns, dx));
    let window = window(attributes, [height, width], extra)?;
    let weights = weights.floats();
    let bias = match node.input.get(2).filter(|name| !name.is_empty()) {
        None => vec![0.0; outputs],
        Some(name) => reader.constant(name).ok_or("its bias is no constant")?.floats(),
    };
    if bias.len() != outputs {
        return Err(format!("it has {} biases for {outputs} channels", bias.len()));
    }
    let single = groups == channels && outputs == channels;
    // In groups that are neither one nor all, the weights to other groups are zeros.
    let inputs = if single { 1 } else { channels };
    let count = outputs * height * width;
    if count.checked_mul(inputs).is_none_or(|count| count > MOST_WEIGHTS) {
        return Err("it has too many weights".into());
    }
    let mut ordered = vec![0.0; count * inputs];
    let mut next = weights.iter();
    for channel in 0..outputs {
        let first = if single { 0 } else { channel / (outputs / groups) * each };
        for input in first..first + each {
            for y in 0..rows {
                for x in 0..columns {
                    let tap = (y * usize::from(dy) * width) + x * usize::from(dx);
                    let place = (channel * height * width + tap) * inputs + input;
                    ordered[place] = *next.next().ok_or("its weights are too few")?;
                }
            }
        }
    }
    let parameters = Parameters { weights: ordered, bias, activation: Activation::NONE };
    let kind = match single {
        true => Kind::Depthwise(window, parameters),
        false => Kind::Conv(window, parameters),
    };
    let outputs = u16::try_from(outputs).map_err(|_| "it has too many channels")?;
    reader.windowed(output, &of, window, outputs, kind)
}

/// Reads `MaxPool` and `AveragePool`.
pub(super) fn pool(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let (input, output) = (&node.input[0], &node.output[0]);
    let attributes = Attributes(node);
    let average = node.op_type == "AveragePool";
    let (of, extra) = match average {
        true => padded(reader, input)?,
        false => (reader.picture(input)?, [0; 4]),
    };
    let [rows, columns] = two(attributes.ints("kernel_shape"), 0)?;
    if two(attributes.ints("dilations"), 1)? != [1, 1] {
        return Err("its window has gaps (dilations)".into());
    }
    let mut window = window(attributes, [rows.into(), columns.into()], extra)?;
    let shape = reader.shape(&of);
    let counts = extra != [0; 4] || attributes.int("count_include_pad") == Some(1);
    if average && counts && window.padding != Padding::Valid {
        if extra != [0; 4]
            && attributes.int("count_include_pad") != Some(1)
            && attributes.ints("pads").is_some_and(|pads| pads.iter().any(|&p| p != 0))
        {
            return Err("padding that counts and padding that does not".into());
        }
        // Zeros that count: the same weight for each of the window.
        let taps = usize::from(rows) * usize::from(columns);
        let channels = usize::from(shape.channels);
        let weights = vec![1.0 / taps as f32; taps * channels];
        let bias = vec![0.0; channels];
        let parameters = Parameters { weights, bias, activation: Activation::NONE };
        let kind = Kind::Depthwise(window, parameters);
        return reader.windowed(output, &of, window, shape.channels, kind);
    }
    if attributes.int("ceil_mode") == Some(1) {
        window = rounded_up(window, shape.height, shape.width)?;
        if fit(window, shape).is_none() {
            return Err("its window does not fit on its input".into());
        }
    }
    let kind = if average { Kind::AveragePool(window) } else { Kind::MaxPool(window) };
    reader.windowed(output, &of, window, shape.channels, kind)
}

/// With as much padding below and to the right as the last, incomplete window needs.
fn rounded_up(window: Window, height: u16, width: u16) -> Result<Window, Refusal> {
    let [top, left, bottom, right] = match window.padding {
        Padding::Valid => [0; 4],
        Padding::Explicit { top, left, bottom, right } => [top, left, bottom, right],
        Padding::Same => return Ok(window),
    };
    let reach = |size: u16, length: u8, stride: u8, before: u8, after: u8| {
        let size = usize::from(size) + usize::from(before) + usize::from(after);
        let (length, stride) = (usize::from(length), usize::from(stride));
        let free = size.checked_sub(length).ok_or("its window does not fit on its input")?;
        let mut steps = free.div_ceil(stride);
        // A window must not begin behind the input.
        if steps * stride >= size - usize::from(after) {
            steps -= 1;
        }
        let more = (steps * stride + length).saturating_sub(size);
        u8::try_from(more + usize::from(after)).map_err(|_| "its padding is too wide")
    };
    let bottom = reach(height, window.height, window.stride_y, top, bottom)?;
    let right = reach(width, window.width, window.stride_x, left, right)?;
    Ok(Window { padding: explicit([top, left, bottom, right]), ..window })
}

/// A picture, and the zeros that were put around it.
fn padded(reader: &mut Reader, name: &str) -> Result<(Located, [usize; 4]), Refusal> {
    match reader.value(name)? {
        Value::Padded { of, pads } => Ok((of.clone(), *pads)),
        _ => Ok((reader.picture(name)?, [0; 4])),
    }
}

fn explicit([top, left, bottom, right]: [u8; 4]) -> Padding {
    match [top, left, bottom, right] {
        [0, 0, 0, 0] => Padding::Valid,
        _ => Padding::Explicit { top, left, bottom, right },
    }
}

/// The window of a node, with zeros that were put around its input before.
fn window(
    attributes: Attributes<'_>,
    [height, width]: [usize; 2],
    extra: [usize; 4],
) -> Result<Window, Refusal> {
    let [stride_y, stride_x] = two(attributes.ints("strides"), 1)?;
    let pads: [usize; 4] = match attributes.ints("pads") {
        None => [0; 4],
        Some(pads) => {
            let number = |&pad: &i64| usize::try_from(pad).ok();
            let pads: Option<Vec<usize>> = pads.iter().map(number).collect();
            pads.and_then(|pads| pads.try_into().ok()).ok_or("its padding is not four lengths")?
        }
    };
    let padding = match attributes.text("auto_pad").unwrap_or("NOTSET") {
        "SAME_UPPER" if extra == [0; 4] => Padding::Same,
        "NOTSET" | "VALID" | "" => {
            let mut sums = [0; 4];
            for (sum, (pad, extra)) in sums.iter_mut().zip(pads.iter().zip(extra)) {
                let pad = u8::try_from(pad.saturating_add(extra))
                    .map_err(|_| "its padding is too wide")?;
                *sum = pad;
            }
            explicit(sums)
        }
        other => return Err(format!("padding {other}")),
    };
    let length = |length: usize| match u8::try_from(length) {
        Ok(0) | Err(_) => Err(format!("a window of {height} x {width}")),
        Ok(length) => Ok(length),
    };
    Ok(Window { height: length(height)?, width: length(width)?, stride_y, stride_x, padding })
}

/// Two lengths of an attribute.
fn two(values: Option<&[i64]>, absent: u8) -> Result<[u8; 2], Refusal> {
    let Some(values) = values else { return Ok([absent; 2]) };
    let numbers: Option<Vec<u8>> = values.iter().map(|&v| u8::try_from(v).ok()).collect();
    let numbers: Option<[u8; 2]> = numbers.and_then(|numbers| numbers.try_into().ok());
    numbers
        .filter(|n| *n != [0, 0] || absent == 0)
        .ok_or_else(|| format!("{values:?} where two lengths of 1 to 255 are needed"))
}
