//! Small int8 networks, in constant memory.

mod checksum;
mod error;
mod fixed;
mod geometry;
mod layer;
mod model;
mod ops;
mod pack;
mod plan;
pub(crate) mod quant;
mod run;
mod table;
mod tensor;
#[cfg(test)]
mod tests;
mod write;

pub use error::{Error, Fault};
pub use layer::{Clamp, Layer, Op, Padding, Window};
pub use model::{MAX_OUTPUTS, Model};
pub use pack::{Parameters, pack, packed_len};
pub use plan::{MAX_TENSORS, Plan};
pub use quant::Multiplier;
pub use run::Net;
pub use table::Table;
pub use tensor::{Quantization, Shape, Tensor};
pub use write::Network;
