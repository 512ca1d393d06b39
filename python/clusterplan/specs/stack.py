"""How a training software behaves: what it fuses, overlaps and keeps in memory."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .fields import Bytes, Fact, Flag, Name, NonNegative, Seconds, Spec, Text, ZeroStage, written

STACK_KEYS = (
    "rotary_factor",
    "activation_factor",
    "cross_entropy_bytes_forward",
    "cross_entropy_bytes_backward",
    "logits_bytes",
    "logits_saved_bytes",
    "gradient_bytes",
    "gradient_reduce_bytes",
    "optimizer_state_bytes",
    "optimizer_bytes_per_parameter",
    "fused_gradient_accumulation",
    "overlap_tensor_backward",
    "overlap_gradient_reduce",
    "overlap_parameter_gather",
    "overlap_pipeline",
    "largest_zero_with_pipeline",
    "overlap_slowdown",
    "step_overhead_s",
    "framework_bytes",
    "communication_buffer_bytes",
    "fragmentation",
)


class NormKernel(Spec):
    """Bytes that a normalisation moves and saves per element of its input."""

    norm_bytes_forward: NonNegative
    norm_bytes_backward: NonNegative
    norm_saved_bytes: NonNegative


class StackProfile(Spec):
    """A training software. ``attention`` lists kernels by preference; the first that the accelerator has is used.

    ``rotary_factor`` and ``activation_factor`` are bytes moved over those of one fused kernel; other bytes are
    per logit (cross-entropy, logits) or per parameter (gradients, optimizer) where they are not whole amounts.
    ``logits_saved_bytes`` is what of ``logits_bytes`` waits for the backward pass. ``largest_zero_with_pipeline`` is
    the highest ZeRO stage that the software runs with more than one pipeline stage. ``vendors`` are those of the
    devices that it is written for; none means any.
    """

    name: Name
    title: Text | None = None
    vendors: tuple[Text, ...] = ()
    attention: tuple[Text, ...] = Field(min_length=1)
    norm_kernel: Text = "fused"
    rotary_factor: NonNegative = 1.0
    activation_factor: NonNegative = 1.0
    cross_entropy_bytes_forward: NonNegative
    cross_entropy_bytes_backward: NonNegative
    logits_bytes: NonNegative
    logits_saved_bytes: NonNegative
    gradient_bytes: NonNegative
    gradient_reduce_bytes: NonNegative
    optimizer_state_bytes: NonNegative
    optimizer_bytes_per_parameter: NonNegative
    fused_gradient_accumulation: Flag
    overlap_tensor_backward: Flag
    overlap_gradient_reduce: Flag
    overlap_parameter_gather: Flag
    overlap_pipeline: Flag
    largest_zero_with_pipeline: ZeroStage
    overlap_slowdown: Annotated[NonNegative, Field(le=1)]
    step_overhead_s: Seconds = Field(validation_alias=written("step_overhead", "step_overhead_s"))
    framework_bytes: Bytes = Field(validation_alias=written("framework", "framework_bytes"))
    communication_buffer_bytes: Bytes = Field(
        validation_alias=written("communication_buffer", "communication_buffer_bytes")
    )
    fragmentation: NonNegative
    facts: dict[str, Fact] = Field(default_factory=dict)
    notes: Text | None = None
