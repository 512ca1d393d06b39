//! A block of operators: its computation and its tensor traffic.

use super::overlap::Communication;

/// Seconds of a block of operators.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Block {
    pub(super) forward_s: f64,
    pub(super) backward_s: f64,
    pub(super) forward_tensor: Communication,
    pub(super) backward_tensor: Communication,
}

impl Block {
    pub(super) fn computation(forward_s: f64, backward_s: f64) -> Self {
        Self { forward_s, backward_s, ..Self::default() }
    }
}

/// The products of the backward of a column-parallel linear layer: what its traffic may hide behind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) input_gradient_s: f64,
    pub(super) weight_gradient_s: f64,
}
