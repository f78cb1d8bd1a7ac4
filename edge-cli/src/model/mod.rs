//! Networks: what a file holds, from ONNX to int8, and how close that comes.
//!
//! ```text
//! ONNX -> onnx -> graph (f32) -> equalise, calibrate -> quantize -> build -> document
//! ```
//!
//! | module | in | out |
//! | --- | --- | --- |
//! | `onnx` | an ONNX file | a graph, and tract's plan as the truth |
//! | [`graph`], [`function`], [`eval`] | | the network in `f32`, and what it computes |
//! | [`equalise`] | a graph | one that computes the same with evener weights |
//! | [`calibrate`] | a graph, inputs | the range of each tensor |
//! | [`quantize`] | a graph, ranges | int8 weights and scales |
//! | [`build`] | int8 weights and scales | the document |
//! | [`compare`] | two networks' tensors | signal to noise |
//! | [`info`] | a document | its layers in figures |
//! | `scorer` | an ONNX file | what tells the quality of pictures, in `f32` |
//!
//! `onnx`, `samples`, `scorer` and `convert`, which ties all but the scorer together,
//! need the feature `onnx`.

pub mod build;
pub mod calibrate;
pub mod compare;
#[cfg(feature = "onnx")]
pub mod convert;
pub mod equalise;
pub mod eval;
pub mod function;
pub mod graph;
pub mod info;
#[cfg(feature = "onnx")]
pub mod onnx;
pub mod quantize;
#[cfg(feature = "onnx")]
pub mod samples;
#[cfg(feature = "onnx")]
pub mod scorer;
