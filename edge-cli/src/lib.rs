//! Files, threads and text around [`edgecull_core`]; no judgement of its own.

pub mod command;
pub mod render;
