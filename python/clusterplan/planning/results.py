"""`Plan`: a layout with what the engine predicts for it. `SearchResult` stands in `planning/answer.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clusterplan.planning.duration import duration
from clusterplan.planning.layout import Layout
from clusterplan.planning.parts import Parts
from clusterplan.planning.request import Request

TIGHT_FRACTION = 0.03


@dataclass(frozen=True)
class StageMemory:
    """Bytes of one pipeline stage at its worst moment: `total_bytes`, and `by_category` (bytes) which adds up to it."""

    layers: int
    total_bytes: float
    by_category: Parts[float]


@dataclass(frozen=True)
class Memory:
    """Bytes of every stage, the largest of them (`peak_bytes`, on `worst_stage`) and of a device (`capacity_bytes`)."""

    peak_bytes: float
    capacity_bytes: float
    worst_stage: int
    stages: tuple[StageMemory, ...]

    @property
    def fits(self) -> bool:
        """Whether the largest stage fits a device."""
        return self.peak_bytes <= self.capacity_bytes


@dataclass(frozen=True)
class Plan:
    """A layout, the predicted time and memory of a step, and what follows for the whole run.

    Attributes:
        layout: the layout. layers_per_stage: layers of each pipeline stage. micro_batches: per step and data rank.
        step_time_s: seconds of one optimizer step.
        time_s: seconds by part; they add up to `step_time_s` (communication: the exposed part only).
        hidden_s: seconds of communication that run behind computation, by part.
        model_flop, recompute_flop: FLOP of one step, all devices.
        mfu, hfu: model and hardware FLOP utilisation, fractions of the dense peak (causal attention counted).
        tokens_per_s_per_device: tokens a second and device. tflops_per_device: model TFLOP/s a device.
        bottleneck: the part of `time_s` that costs most beside forward and backward, or ``compute``.
        memory: bytes by stage and category. fits: whether the largest stage fits a device.
        notes: what the reader of this plan should know.
        steps, time_to_train_s, device_hours, cost_usd: of the whole run without failures; `None` where the number of
            tokens (or, for the cost, the price of a device-hour) is not known.
    """

    layout: Layout
    step_time_s: float
    time_s: Parts[float]
    hidden_s: Parts[float]
    mfu: float
    hfu: float
    tokens_per_s_per_device: float
    tflops_per_device: float
    model_flop: float
    recompute_flop: float
    bottleneck: str
    layers_per_stage: tuple[int, ...]
    micro_batches: int
    fits: bool
    memory: Memory
    steps: int | None
    time_to_train_s: float | None
    device_hours: float | None
    cost_usd: float | None
    notes: tuple[str, ...] = ()

    @property
    def tight(self) -> bool:
        """Whether the fullest stage comes within 3 % of the memory of a device, which is less than the model knows."""
        return self.fits and self.memory.peak_bytes > (1 - TIGHT_FRACTION) * self.memory.capacity_bytes

    @classmethod
    def from_engine(cls, estimate: Mapping[str, Any], request: Request) -> Plan:
        """A plan from an ESTIMATE of the engine (docs/reference/engine-documents.md) and the request it answers."""
        run = (
            duration(
                step_time_s=estimate["step_time_s"],
                devices=request.devices,
                tokens=request.tokens,
                global_batch_sequences=request.global_batch_sequences,
                sequence_length=request.sequence_length,
                usd_per_device_hour=request.usd_per_device_hour,
            )
            if request.tokens is not None
            else None
        )
        memory = estimate["memory"]
        layout = Layout.from_dict(estimate["layout"])
        return cls(
            layout=layout,
            step_time_s=estimate["step_time_s"],
            time_s=Parts(estimate["time_s"]),
            hidden_s=Parts(estimate["hidden_s"]),
            mfu=estimate["mfu"],
            hfu=estimate["hfu"],
            tokens_per_s_per_device=estimate["tokens_per_s_per_device"],
            tflops_per_device=estimate["tflops_per_device"],
            model_flop=estimate["model_flop"],
            recompute_flop=estimate["recompute_flop"],
            bottleneck=estimate["bottleneck"],
            layers_per_stage=tuple(estimate["layers_per_stage"]),
            micro_batches=estimate["micro_batches"],
            fits=estimate["fits"],
            memory=Memory(
                peak_bytes=memory["peak_bytes"],
                capacity_bytes=memory["capacity_bytes"],
                worst_stage=memory["worst_stage"],
                stages=tuple(
                    StageMemory(stage["layers"], stage["total_bytes"], Parts(stage["by_category"]))
                    for stage in memory["stages"]
                ),
            ),
            steps=run.steps if run else None,
            time_to_train_s=run.time_to_train_s if run else None,
            device_hours=run.device_hours if run else None,
            cost_usd=run.cost_usd if run else None,
            notes=_notes(layout, request),
        )

    def to_dict(self) -> dict[str, Any]:
        """The plan as in the JSON contract (docs/reference/json-output.md), in its order."""
        return {
            "layout": self.layout.to_dict(),
            "layers_per_stage": list(self.layers_per_stage),
            "micro_batches": self.micro_batches,
            "fits": self.fits,
            "step_time_s": self.step_time_s,
            "time_s": dict(self.time_s),
            "hidden_s": dict(self.hidden_s),
            "model_flop": self.model_flop,
            "recompute_flop": self.recompute_flop,
            "mfu": self.mfu,
            "hfu": self.hfu,
            "tokens_per_s_per_device": self.tokens_per_s_per_device,
            "tflops_per_device": self.tflops_per_device,
            "bottleneck": self.bottleneck,
            "memory": {
                "peak_bytes": self.memory.peak_bytes,
                "capacity_bytes": self.memory.capacity_bytes,
                "worst_stage": self.memory.worst_stage,
                "stages": [
                    {"layers": stage.layers, "total_bytes": stage.total_bytes, "by_category": dict(stage.by_category)}
                    for stage in self.memory.stages
                ],
            },
            "steps": self.steps,
            "time_to_train_s": self.time_to_train_s,
            "device_hours": self.device_hours,
            "cost_usd": self.cost_usd,
            "notes": list(self.notes),
            # An interval needs residuals against measured runs, which the planner does not have yet.
            "interval": None,
        }

    def __repr__(self) -> str:
        return (
            f"<Plan {self.layout}: step {self.step_time_s:.4g} s, MFU {self.mfu:.1%}, "
            f"memory {self.memory.peak_bytes / 2**30:.1f} of {self.memory.capacity_bytes / 2**30:.1f} GiB>"
        )


def _notes(layout: Layout, request: Request) -> tuple[str, ...]:
    from clusterplan.topology.ranks import RankMap

    ranks = RankMap(layout.tp, layout.dp, layout.pp, layout.placement, host_devices=request.scale_up_devices)
    tensor = ranks.groups("tensor")
    if tensor.ranks == 1 or tensor.ranks * tensor.stride <= request.scale_up_devices:
        return ()
    return (
        f"tensor groups span hosts: {tensor.ranks} ranks at stride {tensor.stride} over scale-up networks of "
        f"{request.scale_up_devices:,} devices",
    )
