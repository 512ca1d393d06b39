"""The engine as documents: what the tests of this folder call.

With ``CLUSTERPLAN_ENGINE=reference`` in the environment the slow reference stands in for the Rust engine: that tests
the tests (and the equations) where no engine is built.
"""

from __future__ import annotations

import json
import os
from typing import Any

from reference import dense_estimate, network

Document = dict[str, Any]
REFERENCE_STANDS_IN = os.environ.get("CLUSTERPLAN_ENGINE") == "reference"

# How many random examples each test tries, as a multiple of what it asks for; raise it for a long night's run.
EFFORT = float(os.environ.get("CLUSTERPLAN_TEST_EFFORT", "1"))


def examples(number: int) -> int:
    return max(1, int(number * EFFORT))


def estimate(problem: Document, layout: Document) -> Document:
    """One estimate."""
    if REFERENCE_STANDS_IN:
        reason = dense_estimate.check_without_memory(problem, layout)
        if reason is not None:
            from clusterplan.errors import SpecError

            raise SpecError(reason)
        return dense_estimate.estimate(problem, layout)
    from clusterplan import _core

    answer: Document = json.loads(_core.estimate(json.dumps(problem), json.dumps(layout)))
    return answer


def search(problem: Document, top: int, threads: int = 0) -> Document:
    """The outcome of a search."""
    if REFERENCE_STANDS_IN:
        return dense_estimate.search(problem, top)
    from clusterplan import _core

    answer: Document = json.loads(_core.search(json.dumps(problem), top, threads))
    return answer


def parameters(model: Document) -> Document:
    """The parameter counts of a model."""
    if REFERENCE_STANDS_IN:
        return dict(dense_estimate.parameters(model))
    from clusterplan import _core

    answer: Document = json.loads(_core.parameters(json.dumps(model)))
    return answer


def collective(network_document: Document, operation: str, ranks: int, stride: int, size_bytes: float) -> Document:
    """What one collective costs; the reference knows only ``seconds`` and ``candidates``."""
    if REFERENCE_STANDS_IN:
        group = network.Group(network_document, ranks, stride)
        candidates: dict[str, float] = {}
        if operation != "point_to_point" and ranks > 1 and size_bytes > 0:
            candidates = network.candidate_seconds(group, operation, size_bytes)
        return {
            "seconds": network.seconds(group, operation, size_bytes),
            "candidates": [{"algorithm": name, "seconds": seconds} for name, seconds in candidates.items()],
        }
    from clusterplan import _core

    answer: Document = json.loads(
        _core.collective(json.dumps(network_document), operation, ranks, stride, float(size_bytes))
    )
    return answer


def traffic(problem: Document, layout: Document) -> Document:
    """Who sends how much over which level; only the engine says."""
    from clusterplan import _core

    answer: Document = json.loads(_core.traffic(json.dumps(problem), json.dumps(layout)))
    return answer
