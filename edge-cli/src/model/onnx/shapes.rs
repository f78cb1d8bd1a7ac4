//! Nodes that leave the numbers where they are.

use super::array::Array;
use super::attributes::Attributes;
use super::values::{Located, Reader, Refusal, Value, pixels};
use tract_onnx::pb::NodeProto;

fn product_of(dims: &[usize]) -> Option<usize> {
    dims.iter().try_fold(1usize, |all, &dim| all.checked_mul(dim))
}

/// Reads what gives a tensor other axes and moves no number.
pub(super) fn reshape(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let of = reader.tensor(&node.input[0])?;
    let attributes = Attributes(node);
    let given = node.input.get(1).and_then(|name| reader.constant(name)?.ints());
    let total: usize = of.dims.iter().product();
    let rank = of.dims.len();
    let dims: Vec<usize> = match node.op_type.as_str() {
        "Flatten" => {
            let axis = attributes.int("axis").unwrap_or(1);
            let axis = if axis < 0 { axis + rank as i64 } else { axis };
            let axis = usize::try_from(axis).unwrap_or(0).min(rank);
            vec![of.dims[..axis].iter().product(), of.dims[axis..].iter().product()]
        }
        "Reshape" => {
            let wanted = given.ok_or("its shape is no constant")?;
            let known = wanted.iter().enumerate().map(|(index, &dim)| match dim {
                0 => of.dims.get(index).copied(),
                -1 => Some(1),
                dim => usize::try_from(dim).ok(),
            });
            let known: Vec<usize> = known.collect::<Option<_>>().ok_or("a shape that cannot be")?;
            let rest = product_of(&known).and_then(|all| total.checked_div(all)).unwrap_or(0);
            let free = |(dim, wanted): (usize, &i64)| if *wanted == -1 { rest } else { dim };
            known.into_iter().zip(wanted).map(free).collect()
        }
        "Squeeze" => {
            let axes = given.or_else(|| attributes.ints("axes"));
            let gone = |index: usize| match axes {
                None => of.dims[index] == 1,
                Some(axes) => axes
                    .iter()
                    .any(|&a| a == index as i64 || a.wrapping_add(rank as i64) == index as i64),
            };
            (0..rank).filter(|&index| !gone(index)).map(|index| of.dims[index]).collect()
        }
        _ => {
            let axes =
                given.or_else(|| attributes.ints("axes")).ok_or("its axes are no constants")?;
            let all = rank + axes.len();
            let new = |index: usize| {
                axes.iter()
                    .any(|&a| a == index as i64 || a.wrapping_add(all as i64) == index as i64)
            };
            let mut old = of.dims.iter().copied();
            (0..all).map(|index| if new(index) { 1 } else { old.next().unwrap_or(1) }).collect()
        }
    };
    if product_of(&dims) != Some(total) {
        return Err(format!("{:?} does not become {dims:?}", of.dims));
    }
    let flat = dims.len() == 2 && dims[0] == 1;
    if !of.in_memory_order && dims != of.dims && !flat {
        return Err(format!("{:?} becomes {dims:?}, which would move numbers", of.dims));
    }
    reader.alias(&node.output[0], Located { dims, ..of });
    Ok(())
}

/// Reads `Transpose`, where it moves no number.
pub(super) fn transpose(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let of = reader.tensor(&node.input[0])?;
    let rank = of.dims.len();
    let order = Attributes(node).ints("perm").map_or_else(
        || (0..rank).rev().collect(),
        |order| order.iter().map(|&axis| axis as usize).collect::<Vec<usize>>(),
    );
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank) {
        return Err(format!("its order {order:?} is none of {rank} axes"));
    }
    let dims: Vec<usize> = order.iter().map(|&axis| of.dims[axis]).collect();
    let shape = reader.shape(&of);
    let channels = usize::from(shape.channels);
    let in_memory_order = match order.as_slice() {
        [0, 2, 3, 1] if !of.in_memory_order => true,
        [0, 3, 1, 2] if of.in_memory_order && of.dims[3] == channels => {
            channels == 1 || pixels(shape) == 1
        }
        _ if of.dims.iter().filter(|&&dim| dim != 1).count() <= 1 => true,
        _ => return Err(format!("{:?} in the order {order:?}, which would move numbers", of.dims)),
    };
    reader.alias(&node.output[0], Located { dims, in_memory_order, ..of });
    Ok(())
}

/// Reads `Pad`: zeros that the convolution behind takes for its padding.
pub(super) fn pad(reader: &mut Reader, node: &NodeProto) -> Result<(), Refusal> {
    let attributes = Attributes(node);
    if attributes.text("mode").unwrap_or("constant") != "constant" {
        return Err("only padding with zeros is supported".into());
    }
    let value = node.input.get(2).filter(|name| !name.is_empty());
    let value = value.map_or(Some(attributes.float("value").unwrap_or(0.0)), |name| {
        reader.constant(name).and_then(Array::scalar)
    });
    if value != Some(0.0) {
        return Err("only padding with zeros is supported".into());
    }
    let given = node.input.get(1).and_then(|name| reader.constant(name)?.ints());
    let pads = given.or_else(|| attributes.ints("pads")).ok_or("its widths are no constants")?;
    let &[0, 0, top, left, 0, 0, bottom, right] = pads else {
        return Err(format!("widths {pads:?}; only rows and columns can be padded"));
    };
    let mut widths = [0; 4];
    for (width, given) in widths.iter_mut().zip([top, left, bottom, right]) {
        *width = usize::try_from(given).map_err(|_| "a negative width")?;
    }
    let of = reader.picture(&node.input[0])?;
    reader.values.insert(node.output[0].clone(), Value::Padded { of, pads: widths });
    Ok(())
}
