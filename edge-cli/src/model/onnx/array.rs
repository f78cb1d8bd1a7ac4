//! Constants of an ONNX file, and the little arithmetic that shapes are made by.

use super::attributes::Attributes;
use tract_onnx::pb::TensorProto;
use tract_onnx::pb::tensor_proto::{DataLocation, DataType};

/// Numbers in an array of any rank, the last axis fastest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub(super) dims: Vec<usize>,
    pub(super) data: Data,
}

/// Its numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    Float(Vec<f32>),
    Integer(Vec<i64>),
}

impl Array {
    pub(super) fn integers(values: Vec<i64>) -> Self {
        Self { dims: vec![values.len()], data: Data::Integer(values) }
    }

    /// A stored tensor, or what is wrong with it.
    pub(super) fn read(proto: &TensorProto) -> Result<Self, String> {
        if proto.data_location == Some(DataLocation::External as i32) {
            return Err("its numbers are in another file: save the model as one file".into());
        }
        let dim = |&dim: &i64| usize::try_from(dim).map_err(|_| "a negative length".to_owned());
        let dims: Vec<usize> = proto.dims.iter().map(dim).collect::<Result<_, _>>()?;
        let raw = proto.raw_data.as_slice();
        let kind = DataType::try_from(proto.data_type).unwrap_or(DataType::Undefined);
        let data = match kind {
            DataType::Float if raw.is_empty() => Data::Float(proto.float_data.clone()),
            DataType::Float => Data::Float(words(raw, f32::from_le_bytes)),
            DataType::Double if raw.is_empty() => {
                Data::Float(proto.double_data.iter().map(|&x| x as f32).collect())
            }
            DataType::Double => Data::Float(words(raw, |b| f64::from_le_bytes(b) as f32)),
            DataType::Int64 if raw.is_empty() => Data::Integer(proto.int64_data.clone()),
            DataType::Int64 => Data::Integer(words(raw, i64::from_le_bytes)),
            DataType::Int32 | DataType::Bool if raw.is_empty() => {
                Data::Integer(proto.int32_data.iter().map(|&x| x.into()).collect())
            }
            DataType::Int32 => Data::Integer(words(raw, |b| i32::from_le_bytes(b).into())),
            DataType::Bool => Data::Integer(raw.iter().map(|&b| b.into()).collect()),
            other => return Err(format!("numbers of type {}", other.as_str_name())),
        };
        let array = Self { dims, data };
        let size = array.dims.iter().try_fold(1usize, |all, &dim| all.checked_mul(dim));
        if size == Some(array.len()) {
            Ok(array)
        } else {
            Err(format!("{} numbers do not fill the shape {:?}", array.len(), array.dims))
        }
    }

    pub(super) fn len(&self) -> usize {
        match &self.data {
            Data::Float(values) => values.len(),
            Data::Integer(values) => values.len(),
        }
    }

    pub(super) fn floats(&self) -> Vec<f32> {
        match &self.data {
            Data::Float(values) => values.clone(),
            Data::Integer(values) => values.iter().map(|&x| x as f32).collect(),
        }
    }

    pub(super) fn ints(&self) -> Option<&[i64]> {
        match &self.data {
            Data::Integer(values) => Some(values),
            Data::Float(_) => None,
        }
    }

    /// Its one number.
    pub(super) fn scalar(&self) -> Option<f32> {
        (self.len() == 1).then(|| self.floats()[0])
    }
}

fn words<const N: usize, T>(raw: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    raw.as_chunks().0.iter().map(|&word| read(word)).collect()
}

/// The result of a node all of whose inputs are constants; `None` for one that is not
/// worked out here.
pub(super) fn evaluate(op: &str, inputs: &[&Array], attributes: Attributes<'_>) -> Option<Array> {
    let first = *inputs.first()?;
    match (op, &first.data) {
        ("Identity" | "Dropout", _) => Some(first.clone()),
        ("Cast", data) => {
            let to_float = matches!(attributes.int("to")?, 1 | 10 | 11);
            let data = match data {
                Data::Integer(_) if to_float => Data::Float(first.floats()),
                Data::Float(values) if !to_float => {
                    Data::Integer(values.iter().map(|&x| x as i64).collect())
                }
                same => same.clone(),
            };
            Some(Array { dims: first.dims.clone(), data })
        }
        ("Unsqueeze" | "Squeeze" | "Reshape" | "Flatten", data) if first.dims.len() <= 1 => {
            // Shapes only: one axis stays one axis.
            let dims = if op == "Squeeze" && first.len() == 1 { vec![] } else { vec![first.len()] };
            Some(Array { dims, data: data.clone() })
        }
        ("Gather", Data::Integer(values)) if first.dims.len() == 1 => {
            let indices = inputs.get(1)?;
            let length = i64::try_from(values.len()).ok()?;
            let pick = |&index: &i64| {
                let index = if index < 0 { index + length } else { index };
                values.get(usize::try_from(index).ok()?).copied()
            };
            let picked = indices.ints()?.iter().map(pick).collect::<Option<Vec<_>>>()?;
            Some(Array { dims: indices.dims.clone(), data: Data::Integer(picked) })
        }
        ("Concat", Data::Integer(_)) => {
            let parts = inputs.iter().map(|input| input.ints()).collect::<Option<Vec<_>>>()?;
            Some(Array::integers(parts.concat()))
        }
        ("Slice", Data::Integer(values)) if first.dims.len() == 1 => {
            let number = |index: usize| inputs.get(index)?.ints()?.first().copied();
            let length = i64::try_from(values.len()).ok()?;
            let place = |at: i64| if at < 0 { at + length } else { at }.clamp(0, length) as usize;
            let (start, end) = (place(number(1)?), place(number(2)?));
            let step = number(4).unwrap_or(1);
            (step == 1).then(|| Array::integers(values.get(start..end).unwrap_or(&[]).to_vec()))
        }
        ("Add" | "Sub" | "Mul" | "Div", _) => binary(op, first, inputs.get(1)?),
        _ => None,
    }
}

/// Arithmetic of arrays of one size, or with a single number.
fn binary(op: &str, a: &Array, b: &Array) -> Option<Array> {
    let length = a.len().max(b.len());
    let fits = |array: &Array| array.len() == 1 || array.len() == length;
    if !fits(a) || !fits(b) {
        return None;
    }
    let dims = if a.len() >= b.len() { a.dims.clone() } else { b.dims.clone() };
    let at = |i: usize, array: &Array| if array.len() == 1 { 0 } else { i };
    let data = match (&a.data, &b.data) {
        (Data::Integer(x), Data::Integer(y)) => {
            let pair = |i| {
                let (x, y): (i64, i64) = (x[at(i, a)], y[at(i, b)]);
                match op {
                    "Add" => x.checked_add(y),
                    "Sub" => x.checked_sub(y),
                    "Mul" => x.checked_mul(y),
                    _ => x.checked_div(y),
                }
            };
            Data::Integer((0..length).map(pair).collect::<Option<_>>()?)
        }
        _ => {
            let (x, y) = (a.floats(), b.floats());
            let pair = |i| {
                let (x, y) = (x[at(i, a)], y[at(i, b)]);
                match op {
                    "Add" => x + y,
                    "Sub" => x - y,
                    "Mul" => x * y,
                    _ => x / y,
                }
            };
            Data::Float((0..length).map(pair).collect())
        }
    };
    Some(Array { dims, data })
}
