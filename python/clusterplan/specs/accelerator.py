"""One device: peak rates, memory and the efficiency profile of its kernels."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from .choices import Dtype
from .fields import (
    Bytes,
    BytesPerSecond,
    Count,
    Fact,
    FlopsPerSecond,
    Fraction,
    Name,
    NonNegative,
    Seconds,
    Spec,
    Text,
    written,
)
from .refusals import UnreadableQuantity, is_not

_LEAST_MEMORY_BYTES = 2**28


class GemmProfile(Spec):
    """Matrix products: ``efficiency`` of the best shape, half-saturation of the reduction length, and the tiles.

    A tile is [rows, columns, efficiency relative to the best tile].
    """

    efficiency: Fraction
    reduction_half: NonNegative
    tiles: tuple[tuple[Count, Count, Fraction], ...] = Field(min_length=1)


class AttentionKernel(Spec):
    """One attention kernel; keys as in equations.md section 5, bytes per element of the score matrix for unfused ones.

    ``dropout_*`` is what attention dropout adds to each of the three.
    """

    kind: Literal["flash", "unfused"]
    forward_efficiency: Fraction = 1.0
    backward_efficiency: Fraction = 1.0
    half_length: NonNegative = 0
    head_dim_half: NonNegative = 0
    score_bytes_forward: NonNegative = 0
    score_bytes_backward: NonNegative = 0
    score_saved_bytes: NonNegative = 0
    dropout_bytes_forward: NonNegative = 0
    dropout_bytes_backward: NonNegative = 0
    dropout_saved_bytes: NonNegative = 0

    def document(self, *, dropout: bool) -> dict[str, Any]:
        """The ``attention`` object of the engine's problem document."""
        share = 1 if dropout else 0
        return {
            "kind": self.kind,
            "forward_efficiency": self.forward_efficiency,
            "backward_efficiency": self.backward_efficiency,
            "half_length": self.half_length,
            "head_dim_half": self.head_dim_half,
            "score_bytes_forward": self.score_bytes_forward + share * self.dropout_bytes_forward,
            "score_bytes_backward": self.score_bytes_backward + share * self.dropout_bytes_backward,
            "score_saved_bytes": self.score_saved_bytes + share * self.dropout_saved_bytes,
        }


def _plausible_memory(value: int) -> int:
    if value < _LEAST_MEMORY_BYTES:
        raise UnreadableQuantity(
            f"{value} bytes is less than any accelerator has", f"write {value}GB or {value}GiB if you mean that"
        )
    return value


def _peaks(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: number for key, number in value.items() if number is not None}
    raise is_not(value, "a mapping from dtype to peak, such as {bf16: 989TFLOPS}", "write it as {bf16: 989TFLOPS}")


class AcceleratorSpec(Spec):
    """One device as software sees it.

    In files the keys are ``peak``, ``memory``, ``memory_bandwidth``; in Python the name has the unit.
    ``memory_bytes`` is what the runtime reports as total. ``facts`` holds source and confidence by dotted field.
    """

    name: Name
    title: Text | None = None
    vendor: Text | None = None
    architecture: Text | None = None
    peak_flops_per_s: Annotated[dict[Dtype, FlopsPerSecond], BeforeValidator(_peaks)] = Field(
        validation_alias=written("peak", "peak_flops_per_s")
    )
    memory_bytes: Annotated[Bytes, AfterValidator(_plausible_memory)] = Field(
        validation_alias=written("memory", "memory_bytes")
    )
    memory_bytes_per_s: BytesPerSecond = Field(validation_alias=written("memory_bandwidth", "memory_bytes_per_s"))
    compute_units: Count
    power_w: NonNegative | None = None
    memory_efficiency: Fraction
    kernel_floor_s: Seconds = Field(validation_alias=written("kernel_floor", "kernel_floor_s"))
    gemm: GemmProfile
    attention: dict[str, AttentionKernel] = Field(default_factory=dict)
    facts: dict[str, Fact] = Field(default_factory=dict)
    notes: Text | None = None

    @model_validator(mode="after")
    def _has_a_peak(self) -> AcceleratorSpec:
        if not self.peak_flops_per_s:
            raise UnreadableQuantity(
                "is empty, but at least one of bf16, fp16 is needed", "add bf16: 989TFLOPS", field="peak"
            )
        return self

    def document(self, dtype: str) -> dict[str, Any]:
        """The ``accelerator`` object of the engine's problem document, for one compute dtype it supports."""
        peaks: dict[str, float] = {str(name): peak for name, peak in self.peak_flops_per_s.items()}
        return {
            "name": self.name,
            "peak_flops_per_s": peaks[dtype],
            "memory_bytes": self.memory_bytes,
            "memory_bytes_per_s": self.memory_bytes_per_s,
            "memory_efficiency": self.memory_efficiency,
            "compute_units": self.compute_units,
            "kernel_floor_s": self.kernel_floor_s,
            "gemm": {
                "efficiency": self.gemm.efficiency,
                "reduction_half": self.gemm.reduction_half,
                "tiles": [list(tile) for tile in self.gemm.tiles],
            },
        }
