//! Traffic between data ranks: gradients reduced, parameters gathered (§7; Rajbhandari et al. 2020, arXiv 1910.02054, section 7).

use super::overlap::Communication;
use crate::hardware::Group;
use crate::layout::Zero;
use crate::model::COMPUTE_BYTES;
use crate::stack::Stack;

/// One stage, as its data group sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct DataStage {
    /// Parameters of a rank.
    pub(super) parameters: f64,
    /// Layers, each a bucket.
    pub(super) layers: u64,
    /// Forward computation of a micro-batch.
    pub(super) forward_s: f64,
    /// Backward computation of a micro-batch, recomputation included, that has no tensor traffic beside it.
    pub(super) backward_s: f64,
}

/// Seconds of data traffic of one stage and step.
pub(super) fn data_traffic(
    stack: &Stack,
    group: &Group,
    zero: Zero,
    stage: &DataStage,
    micro_batches: f64,
) -> Communication {
    let buckets = stage.layers.max(1) as f64;
    let gradient_bytes = stack.gradient_reduce_bytes * stage.parameters;
    let parameter_bytes = COMPUTE_BYTES * stage.parameters;
    let reduces = stack.overlap_gradient_reduce;
    let gathers = stack.overlap_parameter_gather;
    let beside_forward = |seconds| Communication::in_buckets(seconds, stage.forward_s, buckets, gathers);
    let beside_backward = |seconds, overlaps| Communication::in_buckets(seconds, stage.backward_s, buckets, overlaps);

    match zero {
        Zero::Zero => beside_backward(group.all_reduce_s(gradient_bytes), reduces),
        Zero::One => {
            beside_backward(group.reduce_scatter_s(gradient_bytes), reduces)
                + beside_forward(group.all_gather_s(parameter_bytes))
        }
        Zero::Two => {
            beside_backward(group.reduce_scatter_s(gradient_bytes), reduces) * micro_batches
                + beside_forward(group.all_gather_s(parameter_bytes))
        }
        Zero::Three => {
            let one_gather_s = group.all_gather_s(parameter_bytes);
            let backward_s = one_gather_s + group.reduce_scatter_s(gradient_bytes);
            (beside_forward(one_gather_s) + beside_backward(backward_s, reduces && gathers)) * micro_batches
        }
    }
}
