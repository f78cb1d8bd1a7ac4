//! Networks: what a file holds, from ONNX to int8, and how close that comes.
//!
//! ```text
//! ONNX -> graph (f32) -> equalise, calibrate -> quantised -> build -> document
//! ```

pub mod build;
pub mod eval;
pub mod function;
pub mod graph;
