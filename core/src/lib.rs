//! Judges photographs from the DCT coefficients of their JPEG stream: no `std`, no
//! heap, no panic on any input.
//!
//! Data goes one way, and each module knows only those to its left:
//!
//! ```text
//! bytes -> jpeg -> frame -> measure -> judge -> verdict -> wire
//! ```
//!
//! | module | in | out |
//! | --- | --- | --- |
//! | [`jpeg`] | bytes, in pieces of any size | blocks of DCT coefficients; later, any region again as samples |
//! | [`pixels`] | samples of a sensor or of another decoder | the same blocks |
//! | [`frame`] | blocks | small planes, [cells](frame::Cell) of detail, a histogram |
//! | [`face`] | a luma plane, a network | faces |
//! | [`eye`] | crops of eyes | open, closed or hidden |
//! | [`measure`] | a frame, faces with their eyes | sharpness, motion, exposure, noise, composition |
//! | [`burst`] | frames in the order they were taken | what belongs together |
//! | [`judge`] | measures, a policy | keep, review or reject |
//! | [`verdict`] | | the record: decision, measures, reasons |
//! | [`wire`] | a verdict | bytes for a serial line or a socket, and back |
//! | [`nn`] | a network as bytes, a tensor | what the network says of it |
//! | [`burst`] | small planes, what the camera noted | which frames belong together, the best first |
//! | [`quality`] | small planes, patches, a network | how good people find it |
//!
//! [`geometry`] and [`plane`] hold what they share; [`bands`] and [`dct`] the
//! frequencies; [`kernels`] the loops that are written once per processor. [`nn`] knows
//! none of the others but these loops.
//!
//! ```
//! use edgecull_core::frame::{FrameBuilder, McuMemory};
//! use edgecull_core::jpeg::Scanner;
//! use edgecull_core::judge::{Integrity, Policy, judge};
//! use edgecull_core::kernels::Isa;
//! use edgecull_core::measure::{Hints, measure};
//! use edgecull_core::verdict::Decision;
//!
//! # fn judge_stream(chunks: &[&[u8]]) -> Option<Decision> {
//! let mut memory = McuMemory::new();
//! let mut builder = FrameBuilder::new(memory.buffers());
//! let mut scanner = Scanner::<4096, 64>::new(Isa::detect());
//! for chunk in chunks {
//!     scanner.feed(chunk, &mut builder).ok()?;
//! }
//! let report = scanner.finish(&mut builder).ok()?;
//! let frame = builder.finish()?;
//! let integrity = Integrity {
//!     truncated: report.truncated,
//!     corrupt: report.corrupt,
//!     seen: frame.blocks_seen as f32 / frame.blocks_total as f32,
//! };
//! let verdict = judge(&measure(&frame, &Hints::default()), &integrity, &Policy::default());
//! # Some(verdict.decision)
//! # }
//! # assert_eq!(judge_stream(&[b"\xFF\xD8"]), None);
//! ```
//!
//! # Memory
//!
//! All of it is the caller's, of fixed size, and can be a `static`. The tests hold
//! the sums to these bounds.
//!
//! | tier | scanner | frame | together at most | a 24 megapixel frame keeps |
//! | --- | --- | --- | --- | --- |
//! | microcontroller | `Scanner<4096, 64>` | [`McuMemory`](frame::McuMemory) | 64 KiB | luma at 1/64, some 200 cells |
//! | board | `Scanner<65536, 512>` | [`BoardMemory`](frame::BoardMemory) | 4 MiB | luma at 1/8, some 12,000 cells |
//!
//! A network takes what its [plan](nn::Plan::arena) says. The stack comes on top: 56 KiB
//! on a Cortex-M from the first byte to the verdict, some 40 of them in
//! [`measure`](measure::measure); 60 with faces.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `std` | no | detection of the processor's instruction sets at run time; nothing else |
//!
//! # Promises
//!
//! - No input makes it panic, allocate or loop without a bound.
//! - The same bytes give the same bits on every processor: integers, or `f32` with
//!   `libm` in a fixed order; every vector kernel equals the scalar one.
//! - `unsafe` is in [`kernels`] alone.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod bands;
mod bounded;
pub mod burst;
pub mod dct;
pub mod eye;
pub mod face;
pub mod frame;
pub mod geometry;
pub mod jpeg;
pub mod judge;
pub mod kernels;
pub mod measure;
pub mod nn;
pub mod pixels;
pub mod plane;
pub mod quality;
pub mod verdict;
pub mod wire;
