//! Whole networks against their definition, and documents that lie.

mod graph;
mod hostile;
mod memory;
mod naive;
mod ops;

use graph::{Graph, Kind, Random};
