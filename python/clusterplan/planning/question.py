"""From what a caller gives to the problem: names, files, mappings and specs alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clusterplan.planning.problem import Problem
    from clusterplan.specs.cluster import ClusterSpec
    from clusterplan.specs.model import ModelSpec

    Model = str | Path | Mapping[str, Any] | ModelSpec
    Cluster = str | Path | Mapping[str, Any] | ClusterSpec

# The arguments that `search` and `estimate` share beside model and cluster, by the names that `build_problem` has too.
ASKED = (
    "devices",
    "pool",
    "degrade",
    "slice",
    "global_batch",
    "seq_len",
    "tokens",
    "accelerator",
    "stack",
    "attention",
    "norm_kernel",
    "dropout",
    "dtype",
    "reserve",
)


def pose(given: Mapping[str, Any], **changes: Any) -> Problem:
    """The problem of the arguments in `given` (those of `search` or `estimate` by name; others are left aside).

    Raises:
        SpecError: something that was asked for is not valid.
    """
    from clusterplan.planning.problem import build_problem

    values = {**given, **changes}
    asked = {name: values[name] for name in ASKED if name in values}
    return build_problem(_model(values["model"]), cluster_of(values["cluster"]), **asked, space=values.get("space"))


def _model(model: Model) -> str | ModelSpec:
    if isinstance(model, Mapping):
        from clusterplan.specs.model import ModelSpec
        from clusterplan.specs.validation import validate

        return validate(ModelSpec, model, what="model")
    return str(model) if isinstance(model, Path) else model


def cluster_of(cluster: Cluster) -> str | ClusterSpec:
    """A cluster as `build_problem` takes it.

    Raises:
        SpecError: a mapping that is not a valid cluster.
    """
    if isinstance(cluster, Mapping):
        from clusterplan.specs.cluster import ClusterSpec
        from clusterplan.specs.validation import validate

        return validate(ClusterSpec, cluster, what="cluster")
    return str(cluster) if isinstance(cluster, Path) else cluster
