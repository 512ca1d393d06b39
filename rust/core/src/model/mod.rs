//! Shapes of what is trained: parameters (§2) and model FLOP (§4).

mod flop;
mod parameters;
mod spec;

pub use flop::ModelFlop;
pub use parameters::{ParameterCounts, RankParameters};
pub use spec::ModelSpec;

/// Bytes of an element of the compute dtype (bf16 or fp16).
pub const COMPUTE_BYTES: f64 = 2.0;
