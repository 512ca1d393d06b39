//! How a training software behaves: what it fuses, overlaps and keeps in memory. All values are data.

use serde::Deserialize;

use crate::error::{check, CoreError};
use crate::layout::Zero;

/// The coefficients of a training software (`stack` in the problem document).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent switch of the software described")]
pub struct Stack {
    /// Name, for messages.
    pub name: String,
    /// Bytes moved per element by a norm's forward.
    pub norm_bytes_forward: f64,
    /// Bytes moved per element by a norm's backward.
    pub norm_bytes_backward: f64,
    /// Bytes kept per element of a norm's input.
    pub norm_saved_bytes: f64,
    /// Bytes moved by the rotation of queries and keys, over those of one fused kernel.
    pub rotary_factor: f64,
    /// Bytes moved by the activation function, over those of one fused kernel.
    pub activation_factor: f64,
    /// Bytes moved per logit by the forward of the cross-entropy.
    pub cross_entropy_bytes_forward: f64,
    /// Bytes moved per logit by the backward of the cross-entropy.
    pub cross_entropy_bytes_backward: f64,
    /// Bytes held per logit at the worst moment.
    pub logits_bytes: f64,
    /// Bytes kept per logit from forward to backward.
    pub logits_saved_bytes: f64,
    /// Bytes of a gradient that is accumulated.
    pub gradient_bytes: f64,
    /// Bytes of a gradient that travels.
    pub gradient_reduce_bytes: f64,
    /// Bytes of optimizer state a parameter, master weights included.
    pub optimizer_state_bytes: f64,
    /// Bytes moved per parameter by the optimizer step.
    pub optimizer_bytes_per_parameter: f64,
    /// Whether the weight-gradient product adds straight into the accumulator.
    pub fused_gradient_accumulation: bool,
    /// Whether tensor traffic of the backward runs beside gradient products.
    pub overlap_tensor_backward: bool,
    /// Whether gradient reduction runs beside the backward.
    pub overlap_gradient_reduce: bool,
    /// Whether parameter gathers run beside the forward.
    pub overlap_parameter_gather: bool,
    /// Whether the interleaved schedule hides its boundary exchanges.
    pub overlap_pipeline: bool,
    /// The highest `ZeRO` stage that the software combines with a pipeline.
    pub largest_zero_with_pipeline: Zero,
    /// Seconds of computation lost per second of hidden communication.
    pub overlap_slowdown: f64,
    /// Seconds per step that belong to nothing else.
    pub step_overhead_s: f64,
    /// Bytes of context, libraries and workspaces.
    pub framework_bytes: f64,
    /// Bytes of communicator buffers.
    pub communication_buffer_bytes: f64,
    /// Share of the dynamic memory that the allocator loses.
    pub fragmentation: f64,
}

impl Stack {
    /// Checks ranges.
    pub fn validate(&self) -> Result<(), CoreError> {
        for (field, given) in [
            ("stack.norm_bytes_forward", self.norm_bytes_forward),
            ("stack.norm_bytes_backward", self.norm_bytes_backward),
            ("stack.norm_saved_bytes", self.norm_saved_bytes),
            ("stack.rotary_factor", self.rotary_factor),
            ("stack.activation_factor", self.activation_factor),
            ("stack.cross_entropy_bytes_forward", self.cross_entropy_bytes_forward),
            ("stack.cross_entropy_bytes_backward", self.cross_entropy_bytes_backward),
            ("stack.logits_bytes", self.logits_bytes),
            ("stack.logits_saved_bytes", self.logits_saved_bytes),
            ("stack.gradient_bytes", self.gradient_bytes),
            ("stack.gradient_reduce_bytes", self.gradient_reduce_bytes),
            ("stack.optimizer_state_bytes", self.optimizer_state_bytes),
            ("stack.optimizer_bytes_per_parameter", self.optimizer_bytes_per_parameter),
            ("stack.step_overhead_s", self.step_overhead_s),
            ("stack.framework_bytes", self.framework_bytes),
            ("stack.communication_buffer_bytes", self.communication_buffer_bytes),
            ("stack.fragmentation", self.fragmentation),
        ] {
            check::not_negative(field, given)?;
        }
        // Above 1, hiding communication would cost more than exposing it, and faster links could hurt.
        check::that(
            (0.0..=1.0).contains(&self.overlap_slowdown),
            "stack.overlap_slowdown",
            self.overlap_slowdown,
            "between 0 and 1",
        )
    }
}
