//! The operations, one file each.
//!
//! Each gets its tensors as slices of just their length, and gives `None` if a slice
//! were too short: which never happens with a model that loaded.

mod add;
mod concat;
mod conv;
mod dense;
mod depthwise;
mod pool;
mod resize;
mod softmax;
mod table;

pub(super) use add::add;
pub(super) use concat::concat;
pub(super) use conv::conv;
pub(super) use dense::dense;
pub(super) use depthwise::depthwise;
pub(super) use pool::{average_pool, global_average, max_pool};
pub(super) use resize::resize_2x;
pub(super) use softmax::softmax;
pub(super) use table::look_up;

use super::{Clamp, Shape};
use crate::kernels::Isa;
use crate::kernels::net::Output;

/// What an operation works on, when input and output lie apart.
pub(super) struct Io<'r> {
    pub(super) input: &'r [i8],
    pub(super) output: &'r mut [i8],
    pub(super) scratch: &'r mut [i8],
    pub(super) from: Shape,
    pub(super) to: Shape,
    /// The zero points of input and output.
    pub(super) zero_in: i8,
    pub(super) zero_out: i8,
    pub(super) isa: Isa,
}

impl Io<'_> {
    fn rounding(&self, clamp: Clamp) -> Output {
        Output { zero_point: self.zero_out, min: clamp.min, max: clamp.max }
    }
}

/// `sum / count`, halves away from zero, for a count above 0.
#[inline(always)]
fn divide(sum: i32, count: i32) -> i32 {
    let half = count / 2;
    let sum = if sum > 0 { sum.wrapping_add(half) } else { sum.wrapping_sub(half) };
    sum.checked_div(count).unwrap_or(0)
}

/// Clamped to what an `i8` holds.
#[inline(always)]
fn saturate(value: i32) -> i8 {
    value.clamp(i8::MIN.into(), i8::MAX.into()) as i8
}
