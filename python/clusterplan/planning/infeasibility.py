"""Why no layout is the answer, in words: reasons by count, the nearest miss, and what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusterplan.errors import ClusterPlanError, InfeasibleError, SpecError
from clusterplan.planning.rules import REASONS, RULES

if TYPE_CHECKING:
    from clusterplan.planning.answer import NearestMiss, SearchResult
    from clusterplan.planning.request import Request
    from clusterplan.planning.results import Plan

GIB = 2**30
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
        f"needs {miss.needed_bytes / GIB:,.1f} GiB of {miss.capacity_bytes / GIB:,.1f} GiB on stage {miss.stage}; "
        f"largest part: {miss.largest_category.replace('_', ' ')}"
    )


def fixes_sentence(fixes: tuple[str, ...], request: Request) -> str:
    """What would make the nearest miss fit, in one clause; never more devices than the cluster has."""
    spare = request.cluster_devices - request.devices
    possible = [fix for fix in fixes if fix != "double_devices" or spare >= request.devices]
    if possible:
        return f"{' or '.join(FIXES.get(fix, fix) for fix in possible)} would fit"
    more = "more devices, or devices with more memory" if spare > 0 else "devices with more memory, or a larger cluster"
    return f"no single change to it would do; use {more}"


def overflow_sentence(plan: Plan) -> str:
    """By how much a plan does not fit, in one sentence, memory in GiB."""
    memory = plan.memory
    over_bytes = memory.peak_bytes - memory.capacity_bytes
    return (
        f"the layout does not fit: needs {memory.peak_bytes / GIB:,.1f} GiB of {memory.capacity_bytes / GIB:,.1f} GiB "
        f"on stage {memory.worst_stage}, {over_bytes / GIB:,.1f} GiB too much; "
        f"largest part: {memory.stages[memory.worst_stage].by_category.largest.replace('_', ' ')}"
    )


def none_words(result: SearchResult) -> str:
    """Why there is no plan, in a few words."""
    if result.stopped == "interrupted":
        return "interrupted before a layout that fits was found"
    if result.stopped != "complete":
        limit = "the time limit" if result.time_limit_s is None else f"the time limit of {result.time_limit_s:g} s"
        return f"nothing found within {limit}"
    return "no layout fits" if result.evaluated else "no layout keeps all rules"


def infeasible_error(result: SearchResult) -> ClusterPlanError:
    """The error that says why a result has no plan.

    `SpecError` where only the global batch is to blame (some layout keeps every rule at another batch), else
    `InfeasibleError`.
    """
    if result.stopped != "complete":
        timed_out = result.stopped == "time_limit"
        return InfeasibleError(
            none_words(result),
            code="time-limit" if timed_out else "interrupted",
            hint="raise time_limit_s" if timed_out else "let it run longer, or allow fewer values of tp, pp and vpp",
        )
    if result.evaluated == 0:
        return _rule_error(result)
    request, miss = result.request, result.nearest_miss
    return InfeasibleError(
        f"no layout of {request.model} fits the memory of {request.devices:,} x {request.accelerator}"
        + (f": the nearest miss {miss_sentence(miss)}" if miss else ""),
        code="infeasible",
        hint=fixes_sentence(miss.fixes if miss else (), request),
    )


def _rule_error(result: SearchResult) -> ClusterPlanError:
    from clusterplan.planning.batches import batches_that_work

    request = result.request
    batch_counts = (result.infeasible.get(reason, 0) for reason in ("batch_not_divisible", "interleaved_micro_batches"))
    batches = batches_that_work(request) if any(batch_counts) else ()
    if batches:
        return SpecError(
            f"global_batch: {request.global_batch_sequences:,} sequences work with no layout on {request.devices:,} "
            f"devices: {RULES['batch_not_divisible'].kept}",
            code="batch-not-divisible",
            hint=f"the nearest global batches that work: {' or '.join(str(batch) for batch in batches)}",
        )
    # Layouts are counted under the first rule that they break, so the last rule with a count removed the last of them.
    last = next((RULES[name] for name in reversed(RULES) if result.infeasible.get(name, 0)), None)
    narrowed = ", ".join(name for name, _ in request.space)
    return InfeasibleError(
        f"{none_words(result)}: {last.kept if last else 'the space is empty'}",
        code="no-valid-layout",
        hint=last.remedy if last else f"allow more values of {narrowed}",
    )
