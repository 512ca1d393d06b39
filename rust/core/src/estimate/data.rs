//! Traffic between data ranks: gradients reduced, parameters gathered (§7; Rajbhandari et al. 2020, arXiv 1910.02054, section 7).

use super::overlap::Communication;
use crate::hardware::Pricing;
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
    /// Forward computation of a micro-batch that has nothing beside it.
    pub(super) forward_s: f64,
    /// Backward computation of a micro-batch, recomputation included, that has nothing beside it.
    pub(super) backward_s: f64,
}

/// Seconds of data traffic of one stage and step.
pub(super) fn data_traffic(
    stack: &Stack,
    group: &impl Pricing,
    zero: Zero,
    stage: &DataStage,
    micro_batches: f64,
) -> Communication {
    let buckets = stage.layers.max(1) as f64;
    let gradient_bytes = stack.gradient_reduce_bytes * stage.parameters;
    let parameter_bytes = COMPUTE_BYTES * stage.parameters;
    let hides_reductions = stack.overlap_gradient_reduce;
    let hides_gathers = stack.overlap_parameter_gather;
    // Layer by layer where it hides, and wherever parameters are gathered for use; else in one message.
    let messages = |by_layer: bool| if by_layer || zero == Zero::Three { buckets } else { 1.0 };
    let in_messages = |bytes: f64, by_layer: bool, price: &dyn Fn(f64) -> f64| {
        let count = messages(by_layer);
        count * price(bytes / count)
    };
    let gather_s = || in_messages(parameter_bytes, hides_gathers, &|bytes| group.all_gather(bytes));
    let scatter_s = || in_messages(gradient_bytes, hides_reductions, &|bytes| group.reduce_scatter(bytes));
    let beside_forward = |seconds| Communication::in_buckets(seconds, stage.forward_s, buckets, hides_gathers);
    let beside_backward = |seconds, overlaps| Communication::in_buckets(seconds, stage.backward_s, buckets, overlaps);

    match zero {
        Zero::Zero => {
            let reduce_s = in_messages(gradient_bytes, hides_reductions, &|bytes| group.all_reduce(bytes));
            beside_backward(reduce_s, hides_reductions)
        }
        Zero::One => beside_backward(scatter_s(), hides_reductions) + beside_forward(gather_s()),
        Zero::Two => beside_backward(scatter_s(), hides_reductions) * micro_batches + beside_forward(gather_s()),
        Zero::Three => {
            let forward = beside_forward(gather_s());
            (forward + beside_backward(gather_s() + scatter_s(), hides_reductions && hides_gathers)) * micro_batches
        }
    }
}
