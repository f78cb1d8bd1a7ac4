//! Small int8 networks, in constant memory.
//!
//! In comes a document, borrowed from wherever it lies, and an arena; out go a
//! network's outputs. Every operation gives what TensorFlow Lite's reference kernels
//! give, to the bit, on every processor.
//!
//! | step | what it does |
//! | --- | --- |
//! | [`Model::load`] | checks the document once, every byte of it; weights stay where they are |
//! | [`Model::plan`] | gives each tensor its place in the arena, for any size of input |
//! | [`Net::new`], [`Net::input`] | a network at work, and where its input goes |
//! | [`Net::run`], [`Net::output`] | the layers one after the other, and what comes out |
//!
//! Documents are made elsewhere: [`pack`](pack()) lays weights out for the kernels,
//! [`Op`] and [`Table`] hold the arithmetic of each operation's parameters, and
//! [`Network::write`] puts it all together with a plan.
//!
//! ```
//! use edgecull_core::kernels::Isa;
//! use edgecull_core::nn::*;
//!
//! // One 3x3 convolution that doubles what it sees in the middle, with RELU.
//! let pixels = Quantization { scale: 1.0, zero_point: 0 };
//! let result = Quantization { scale: 0.5, zero_point: -128 };
//! let parameters = Parameters {
//!     weights: &[0, 0, 0, 0, 100, 0, 0, 0, 0], // of scale 0.02
//!     bias: &[0],
//!     multipliers: &[Multiplier::from_real(1.0 * 0.02 / 0.5).unwrap()],
//!     zero_point: pixels.zero_point,
//! };
//! let mut weights = [0; 128];
//! let weights = &mut weights[..packed_len(1, 9).unwrap()];
//! pack(&parameters, weights)?;
//! let window =
//!     Window { height: 3, width: 3, stride_y: 1, stride_x: 1, padding: Padding::Same };
//! let clamp = Clamp::between(result, Some(0.0), None);
//! let network = Network {
//!     name: "twice",
//!     input: Shape::new(8, 8, 1),
//!     layers: &[Layer {
//!         name: "conv",
//!         input: 0,
//!         op: Op::Conv { window, channels: 1, clamp, weights },
//!     }],
//!     tensors: &[pixels, result],
//!     outputs: &[1],
//! };
//! let mut flash = [0; 512];
//! let length = network.write(&mut flash)?;
//!
//! // On the device. It was made for 8x8 pixels; here it sees 2x3.
//! let model = Model::load(&flash[..length])?;
//! let plan = model.plan(2, 3)?;
//! let mut arena = [0; 256];
//! let mut net = Net::new(&model, &plan, &mut arena, Isa::detect())?;
//! net.input().copy_from_slice(&[1, 2, 3, -1, -2, -3]);
//! net.run()?;
//! let output = net.output(0).unwrap();
//! assert!(output.values().eq([2.0, 4.0, 6.0, 0.0, 0.0, 0.0]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Tensors
//! One picture at a time, as rows of pixels of channels, side by side without gaps.
//! Layer `i` makes tensor `i + 1`; tensor 0 is the input. What a tensor's numbers stand
//! for ([`Quantization`]) is fixed when the network is built. A network without
//! [dense layers](Op::Dense) takes any size of input for which the arena suffices.
//!
//! # Memory
//! | what | bytes, on 32 bits |
//! | --- | --- |
//! | [`Model`] | 2 KiB for up to 128 tensors |
//! | [`Plan`] | 2 KiB |
//! | stack of [`Model::load`] | 15 KiB, once |
//! | stack of [`Model::plan`] | 9 KiB |
//! | stack of [`Net::run`] | below 2 KiB |
//! | arena | [`Plan::arena`]: tensors that live together, and a few windows of the layer at work |
//!
//! MobileNet-v1-0.25 on 96x96 pixels takes an arena of 54 KiB: the input and the output
//! of its largest layer.
//!
//! # Promises
//! - Any bytes give an error or a network that runs: no panic, no sum that overflows,
//!   no access outside. [`Model::load`] takes time in proportion to the document, and
//!   [`Net::run`] at most as many steps as arena times window times layers.
//! - Documents and arenas may lie at any alignment.
//! - A later schema is refused by its number.

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
