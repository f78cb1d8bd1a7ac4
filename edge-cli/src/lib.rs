//! Files, threads and text around [`edgecull_core`]; no judgement of its own.
//!
//! In come a command line and files; out go records, sidecars and moved
//! rejects. The way of a frame:
//! [`source`] finds it, [`pipeline`] turns its bytes into a verdict, [`company`] finds
//! the bursts and sets of its folder, [`sink`] writes the verdict down, [`deliver`] puts the files where they belong, and
//! [`command`] ties these together. [`inspect`] explains one frame, [`eval`]
//! compares verdicts with labels, [`mod@bench`] measures the device. [`model`] makes networks for the int8 engine, from
//! arrays that [`npz`] reads.

pub mod args;
pub mod bench;
pub mod burst;
pub mod command;
pub mod company;
pub mod config;
pub mod deliver;
pub mod eval;
pub mod inspect;
pub mod model;
pub mod npz;
mod ordered;
pub mod pipeline;
pub mod render;
#[cfg(unix)]
pub mod rig;
pub mod sink;
pub mod source;
