//! Traffic between the tensor ranks of a micro-batch, and what hides it (§7; Korthikanti et al. 2022, arXiv 2205.05198, section 4.2).

use super::block::{Block, Column};
use super::overlap::Communication;
use crate::hardware::Pricing;

/// The collectives of the residual stream of one micro-batch on one tensor group.
pub(super) struct TensorTraffic {
    gather: f64,
    scatter: f64,
    reduce: f64,
    sequence_parallel: bool,
    overlaps_backward: bool,
}

impl TensorTraffic {
    pub(super) fn new(group: &impl Pricing, bytes: f64, sequence_parallel: bool, overlaps_backward: bool) -> Self {
        Self {
            gather: group.all_gather(bytes),
            scatter: group.reduce_scatter(bytes),
            reduce: group.all_reduce(bytes),
            sequence_parallel,
            overlaps_backward,
        }
    }

    /// A layer: two row-parallel outputs forward, two column-parallel inputs backward.
    pub(super) fn layer(&self, computation: Block, columns: &[Column; 2]) -> Block {
        let forward_tensor = if self.sequence_parallel {
            Communication::exposed(2.0 * self.gather + 2.0 * self.scatter)
        } else {
            Communication::exposed(2.0 * self.reduce)
        };
        let mut backward_tensor = self.column_backward(&columns[0]) + self.column_backward(&columns[1]);
        if self.sequence_parallel {
            // The gradients of the two row-parallel outputs are gathered before anything can start.
            backward_tensor += Communication::exposed(2.0 * self.gather);
        }
        Block { forward_tensor, backward_tensor, ..computation }
    }

    pub(super) fn embedding(&self, computation: Block) -> Block {
        let (forward_tensor, backward_tensor) = if self.sequence_parallel {
            (Communication::exposed(self.scatter), Communication::exposed(self.gather))
        } else {
            (Communication::exposed(self.reduce), Communication::default())
        };
        Block { forward_tensor, backward_tensor, ..computation }
    }

    pub(super) fn head(&self, computation: Block, column: &Column) -> Block {
        let forward_tensor =
            if self.sequence_parallel { Communication::exposed(self.gather) } else { Communication::default() };
        Block { forward_tensor, backward_tensor: self.column_backward(column), ..computation }
    }

    /// What it takes to make the scattered boundary tensor whole again; with sequence parallelism it stays split.
    pub(super) fn boundary_gather(&self) -> f64 {
        if self.sequence_parallel {
            0.0
        } else {
            self.gather
        }
    }

    /// The backward of a column-parallel linear layer: its input is gathered again beside the input gradient, and
    /// that gradient is reduced beside the weight gradient.
    fn column_backward(&self, column: &Column) -> Communication {
        let overlaps = self.overlaps_backward;
        if self.sequence_parallel {
            Communication::beside(self.gather, column.input_gradient_s, overlaps)
                + Communication::beside(self.scatter, column.weight_gradient_s, overlaps)
        } else {
            Communication::beside(self.reduce, column.weight_gradient_s, overlaps)
        }
    }
}
