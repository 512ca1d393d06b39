"""Why no layout is the answer, in words: reasons by count, the nearest miss, and what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusterplan.errors import ClusterPlanError, InfeasibleError, SpecError

if TYPE_CHECKING:
    from clusterplan.planning.answer import NearestMiss, SearchResult
    from clusterplan.planning.request import Request
    from clusterplan.planning.results import Plan

GIB = 2**30

# The reasons of docs/concepts/equations.md section 10, in the words of a person.
REASONS = {
    "devices_not_divisible": "tp x pp does not divide the devices",
    "heads_not_divisible": "tp does not divide the attention heads",
    "kv_heads_not_divisible": "tp and the key/value heads do not divide one another",
    "ffn_not_divisible": "tp does not divide the feed-forward size",
    "layers_not_divisible": "the layers do not split evenly over pp x vpp chunks",
    "schedule_mismatch": "the schedule does not go with pp and vpp",
    "batch_not_divisible": "dp x micro-batch does not divide the global batch",
    "interleaved_micro_batches": "interleaved: pp does not divide the number of micro-batches",
    "sequence_parallel_without_tensor": "sequence parallelism without tensor parallelism",
    "sequence_not_divisible": "tp does not divide the sequence length",
    "zero_without_data": "ZeRO without data parallelism: nothing to shard",
    "placement_duplicate": "another placement puts the same ranks in the same places",
    "memory": "does not fit the memory of a device",
}
FIXES = {
    "full_recompute": "full recomputation",
    "sequence_parallel": "sequence parallelism",
    "zero_3": "ZeRO 3",
    "double_devices": "twice the devices",
}


def reason_lines(result: SearchResult) -> list[str]:
    """One line a reason, largest count first: the count and the reason in words."""
    counts = [(reason, count) for reason, count in result.infeasible.sorted() if count]
    width = max((len(f"{count:,}") for _, count in counts), default=0)
    return [f"{count:>{width},}  {REASONS.get(reason, reason)}" for reason, count in counts]


def miss_sentence(miss: NearestMiss) -> str:
    """What the nearest miss needs, in one clause, memory in GiB."""
    return (
        f"needs {miss.needed_bytes / GIB:.1f} GiB of {miss.capacity_bytes / GIB:.1f} GiB on stage {miss.stage}; "
        f"largest part: {miss.largest_category.replace('_', ' ')}"
    )


def fixes_sentence(fixes: tuple[str, ...]) -> str:
    """What would make the nearest miss fit, in one clause."""
    if not fixes:
        return "no single change to it would do; use more devices, or devices with more memory"
    return f"{' or '.join(FIXES.get(fix, fix) for fix in fixes)} would fit"


def overflow_sentence(plan: Plan) -> str:
    """By how much a plan does not fit, in one sentence, memory in GiB."""
    memory = plan.memory
    over_bytes = memory.peak_bytes - memory.capacity_bytes
    return (
        f"the layout does not fit: needs {memory.peak_bytes / GIB:.1f} GiB of {memory.capacity_bytes / GIB:.1f} GiB "
        f"on stage {memory.worst_stage}, {over_bytes / GIB:.1f} GiB too much; "
        f"largest part: {memory.stages[memory.worst_stage].by_category.largest.replace('_', ' ')}"
    )


def infeasible_error(result: SearchResult) -> ClusterPlanError:
    """The error that says why a result has no plan.

    `SpecError` where the global batch divides in no layout at all (that is a mistake in the question), else
    `InfeasibleError`.
    """
    request = result.request
    if result.stopped != "complete":
        return InfeasibleError(
            f"the search stopped ({result.stopped.replace('_', ' ')}) before it found a layout that fits",
            code="stopped",
            hint="give it more time or a smaller space",
        )
    if result.evaluated == 0 and result.infeasible.get("batch_not_divisible", 0) > 0:
        return _batch_error(request)
    if result.evaluated == 0:
        return _no_valid_layout(result)
    miss = result.nearest_miss
    return InfeasibleError(
        f"no layout of {request.model} fits the memory of {request.devices} x {request.accelerator}"
        + (f": the nearest miss {miss_sentence(miss)}" if miss else ""),
        code="infeasible",
        hint=fixes_sentence(miss.fixes) if miss else "use more devices",
    )


def _no_valid_layout(result: SearchResult) -> InfeasibleError:
    request = result.request
    reasons = [reason for reason, count in result.infeasible.sorted() if count]
    why = f"; most often {REASONS.get(reasons[0], reasons[0])}" if reasons else ""
    narrowed = ", ".join(name for name, _ in request.space)
    return InfeasibleError(
        f"none of the {result.space:,} layouts in the space is valid for {request.model} "
        f"on {request.devices} devices{why}",
        code="no-valid-layout",
        hint=f"allow more values of {narrowed}" if narrowed else "choose another number of devices",
    )


def _batch_error(request: Request) -> SpecError:
    batch = request.global_batch_sequences
    steps = batch_steps(request) or {request.devices}
    below = max(batch // step * step for step in steps)
    above = min(-(-batch // step) * step for step in steps)
    near = " or ".join(str(value) for value in (below, above) if value > 0)
    return SpecError(
        f"the global batch of {batch} sequences works with no layout on {request.devices} devices: "
        "dp x micro-batch must divide it",
        code="batch-not-divisible",
        hint=f"the nearest global batches that work: {near}",
    )


def batch_steps(request: Request) -> set[int]:
    """The values of dp x micro-batch that the other rules leave; a batch works if it is a multiple of one of them.

    Example: on 64 devices with 8 heads and 1 stage, 8 is left: dp = 64/8.
    """
    shape, allowed = dict(request.model_shape), dict(request.space)
    divisors = tuple(degree for degree in range(1, request.devices + 1) if request.devices % degree == 0)
    schedules = allowed.get("schedule", ("no-pipeline", "1f1b"))
    steps = set()
    for tp in allowed.get("tp", divisors):
        kv_heads = shape["kv_heads"]
        if request.devices % tp or shape["heads"] % tp or shape["ffn"] % tp or (kv_heads % tp and tp % kv_heads):
            continue
        for pp in allowed.get("pp", divisors):
            scheduled = ("no-pipeline" in schedules) if pp == 1 else set(schedules) != {"no-pipeline"}
            if (
                request.devices % (tp * pp)
                or not scheduled
                or not _layers_split(shape["layers"], pp, allowed.get("vpp"))
            ):
                continue
            # Interleaved schedules need a multiple of pp micro-batches.
            rounds = pp if set(schedules) == {"interleaved"} else 1
            for micro_batch in allowed.get("micro_batch", (1,)):
                steps.add(request.devices // (tp * pp) * micro_batch * rounds)
    return steps


def _layers_split(layers: int, pp: int, vpp: tuple[int, ...] | None) -> bool:
    if pp == 1:
        return vpp is None or 1 in vpp
    return any(layers % (pp * chunks) == 0 or (layers + 2) % (pp * chunks) == 0 for chunks in vpp or (1,))
