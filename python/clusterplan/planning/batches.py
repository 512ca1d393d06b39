"""Which global batches near the one that was asked would leave a layout that keeps every rule."""

from __future__ import annotations

import json
from typing import Any

from clusterplan.planning.request import Request

# Small micro-batches give the nearest batches; more of them only take time.
_MOST_MICRO_BATCHES = 16
_MOST_QUESTIONS = 300


def batches_that_work(request: Request) -> tuple[int, ...]:
    """The nearest global batch below and above the one asked at which some layout keeps every rule.

    The engine is asked for each candidate, so the rules are written down only there. Empty where no batch would help:
    then another rule is to blame.
    """
    document = json.loads(request.problem_json)
    document["space"] = _smallest(document["space"])
    asked = request.global_batch_sequences
    below: int | None = None
    above: int | None = None
    for candidate in _candidates(request, document["space"]["micro_batch"])[:_MOST_QUESTIONS]:
        if candidate < asked and below is None and _works(document, candidate):
            below = candidate
        elif candidate > asked and above is None and _works(document, candidate):
            above = candidate
        if below is not None and above is not None:
            break
    return tuple(batch for batch in (below, above) if batch is not None)


def _candidates(request: Request, micro_batches: list[int]) -> list[int]:
    """The multiples around the asked batch of all that dp x micro-batch (x pp) can be, nearest first."""
    asked, devices = request.global_batch_sequences, request.devices
    # dp, and dp x pp (of which interleaved schedules need a multiple), divide the devices.
    steps = {
        divisor * micro_batch
        for divisor in range(1, devices + 1)
        if devices % divisor == 0
        for micro_batch in micro_batches
    }
    near = {asked // step * step + offset for step in steps for offset in (-step, 0, step)}
    return sorted(
        (batch for batch in near if batch > 0 and batch != asked), key=lambda batch: (abs(batch - asked), batch)
    )


def _smallest(space: dict[str, Any]) -> dict[str, Any]:
    """The space without what cannot make a layout valid that is not: the most permissive value of each dimension."""
    micro_batches = sorted(space["micro_batch"] or [1])[:_MOST_MICRO_BATCHES]
    parallel = space["sequence_parallel"]
    return {
        **space,
        "micro_batch": micro_batches,
        "sequence_parallel": [False] if parallel is None else [min(parallel)],
        "zero": [min(space["zero"] or [0])],
        "recompute": (space["recompute"] or ["none"])[:1],
        "placement": (space["placement"] or ["tp-dp-pp"])[:1],
    }


def _works(document: dict[str, Any], batch: int) -> bool:
    from clusterplan import _core

    training = {**document["training"], "global_batch_sequences": batch}
    outcome = json.loads(_core.search(json.dumps({**document, "training": training}), 1))
    evaluated: int = outcome["evaluated"]
    return evaluated > 0
