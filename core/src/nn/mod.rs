//! Small int8 networks, in constant memory.

pub(crate) mod quant;
