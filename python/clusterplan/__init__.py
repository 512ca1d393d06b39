"""clusterplan: the fastest parallel layout for a large training job, proven and priced.

Example:
    >>> import clusterplan
    >>> job = {"cluster": "dgx-h100-superpod", "devices": 64, "global_batch": 512, "seq_len": 8192}
    >>> clusterplan.search("llama-3.1-8b", **job).best.layout.devices
    64
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clusterplan.errors import ClusterPlanError, InfeasibleError, MissingExtraError, SpecError

if TYPE_CHECKING:
    from clusterplan.planning.answer import NearestMiss, SearchResult
    from clusterplan.planning.estimate import estimate
    from clusterplan.planning.layout import Layout, Shards
    from clusterplan.planning.results import Memory, Plan, StageMemory
    from clusterplan.planning.search import search

__version__ = "0.1.0"

__all__ = [
    "ClusterPlanError",
    "InfeasibleError",
    "Layout",
    "Memory",
    "MissingExtraError",
    "NearestMiss",
    "Plan",
    "SearchResult",
    "Shards",
    "SpecError",
    "StageMemory",
    "__version__",
    "estimate",
    "search",
]

# Loaded on first use, so that `import clusterplan` and the help of the command line stay quick.
_HOME = {
    "Layout": "clusterplan.planning.layout",
    "Memory": "clusterplan.planning.results",
    "NearestMiss": "clusterplan.planning.answer",
    "Plan": "clusterplan.planning.results",
    "SearchResult": "clusterplan.planning.answer",
    "Shards": "clusterplan.planning.layout",
    "StageMemory": "clusterplan.planning.results",
    "estimate": "clusterplan.planning.estimate",
    "search": "clusterplan.planning.search",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'clusterplan' has no attribute '{name}'")
    from importlib import import_module

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
