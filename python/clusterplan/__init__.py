"""clusterplan: the fastest parallel layout for a large training job, proven and priced.

Example:
    >>> import clusterplan
    >>> job = {"cluster": "dgx-h100-superpod", "devices": 64, "global_batch": 512, "seq_len": 8192}
    >>> clusterplan.search("llama-3.1-8b", **job).best.layout.devices
    64
"""

from __future__ import annotations

from clusterplan.errors import ClusterPlanError, InfeasibleError, MissingExtraError, SpecError

# As `typing` has it, without its import: every start of the command line runs through this file.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clusterplan.planning.answer import NearestMiss, SearchResult
    from clusterplan.planning.estimate import estimate
    from clusterplan.planning.explanation import Explanation, explain
    from clusterplan.planning.layout import Layout, Shards
    from clusterplan.planning.results import Memory, Plan, StageMemory
    from clusterplan.planning.search import search
    from clusterplan.planning.traffic import Traffic, traffic
    from clusterplan.specs.cluster import ClusterSpec
    from clusterplan.specs.model import ModelSpec
    from clusterplan.specs.training import SearchSpace
    from clusterplan.topology.ranks import RankGroups, RankMap

__version__ = "0.1.0"

__all__ = [
    "ClusterPlanError",
    "ClusterSpec",
    "Explanation",
    "InfeasibleError",
    "Layout",
    "Memory",
    "MissingExtraError",
    "ModelSpec",
    "NearestMiss",
    "Plan",
    "RankGroups",
    "RankMap",
    "SearchResult",
    "SearchSpace",
    "Shards",
    "SpecError",
    "StageMemory",
    "Traffic",
    "__version__",
    "estimate",
    "explain",
    "search",
    "traffic",
]

# Loaded on first use, so that `import clusterplan` and the help of the command line stay quick.
_HOME = {
    "ClusterSpec": "clusterplan.specs.cluster",
    "Explanation": "clusterplan.planning.explanation",
    "Layout": "clusterplan.planning.layout",
    "Memory": "clusterplan.planning.results",
    "ModelSpec": "clusterplan.specs.model",
    "NearestMiss": "clusterplan.planning.answer",
    "Plan": "clusterplan.planning.results",
    "RankGroups": "clusterplan.topology.ranks",
    "RankMap": "clusterplan.topology.ranks",
    "SearchResult": "clusterplan.planning.answer",
    "SearchSpace": "clusterplan.specs.training",
    "Shards": "clusterplan.planning.layout",
    "StageMemory": "clusterplan.planning.results",
    "Traffic": "clusterplan.planning.traffic",
    "estimate": "clusterplan.planning.estimate",
    "explain": "clusterplan.planning.explanation",
    "search": "clusterplan.planning.search",
    "traffic": "clusterplan.planning.traffic",
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
