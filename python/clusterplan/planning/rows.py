"""Plans as flat rows: for data frames and for CSV."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clusterplan.planning.results import Plan

TIME_PARTS = (
    "forward",
    "backward",
    "recompute",
    "optimizer",
    "tensor_comm",
    "context_comm",
    "expert_comm",
    "pipeline_comm",
    "data_comm",
    "offload",
    "bubble",
    "other",
)
HIDDEN_PARTS = ("tensor_comm", "context_comm", "expert_comm", "pipeline_comm", "data_comm", "offload")
MEMORY_CATEGORIES = (
    "parameters",
    "gradients",
    "optimizer",
    "activations",
    "recompute_buffer",
    "logits",
    "gathered_parameters",
    "communication",
    "framework",
    "fragmentation",
)
_DEGREES = ("tp", "pp", "vpp", "cp", "ep", "etp", "dp", "micro_batch", "sequence_parallel")
_FIGURES = ("step_time_s", "mfu", "hfu", "tokens_per_s_per_device", "tflops_per_device", "bottleneck")
_RUN = ("steps", "time_to_train_s", "device_hours", "cost_usd")

COLUMNS: tuple[str, ...] = (
    "rank",
    *_DEGREES,
    "zero",
    "shard_parameters",
    "shard_gradients",
    "shard_optimizer",
    "recompute",
    "schedule",
    "offload",
    "placement",
    "micro_batches",
    "fits",
    *_FIGURES,
    "peak_memory_bytes",
    "memory_capacity_bytes",
    *_RUN,
    *(f"{part}_s" for part in TIME_PARTS),
    *(f"hidden_{part}_s" for part in HIDDEN_PARTS),
)


def rows(plans: Iterable[Plan]) -> list[dict[str, Any]]:
    """One dictionary a plan, keys as in `COLUMNS`; the unit is in the key (`_s` seconds, `_bytes`, `_usd`)."""
    return [_row(rank, plan) for rank, plan in enumerate(plans, start=1)]


def _row(rank: int, plan: Plan) -> dict[str, Any]:
    layout = plan.layout
    return {
        "rank": rank,
        **{name: getattr(layout, name) for name in _DEGREES},
        "zero": layout.zero,
        "shard_parameters": layout.shards.parameters,
        "shard_gradients": layout.shards.gradients,
        "shard_optimizer": layout.shards.optimizer,
        "recompute": layout.recompute,
        "schedule": layout.schedule,
        "offload": layout.offload,
        "placement": layout.placement,
        "micro_batches": plan.micro_batches,
        "fits": plan.fits,
        **{name: getattr(plan, name) for name in _FIGURES},
        "peak_memory_bytes": plan.memory.peak_bytes,
        "memory_capacity_bytes": plan.memory.capacity_bytes,
        **{name: getattr(plan, name) for name in _RUN},
        **{f"{part}_s": plan.time_s[part] for part in TIME_PARTS},
        **{f"hidden_{part}_s": plan.hidden_s[part] for part in HIDDEN_PARTS},
    }
