"""`estimate`: what the model predicts for one layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from clusterplan.errors import SpecError
from clusterplan.planning.layout import Layout
from clusterplan.planning.question import cluster_of, pose
from clusterplan.planning.request import Request
from clusterplan.planning.results import Plan
from clusterplan.planning.rules import RULES

if TYPE_CHECKING:
    from clusterplan.planning.question import Cluster, Model

ESTIMATE_SCHEMA = "clusterplan.estimate/1"


@dataclass(frozen=True)
class EstimateResult:
    """One plan and the request that it answers: what `clusterplan estimate` prints."""

    plan: Plan
    request: Request

    def to_dict(self) -> dict[str, Any]:
        """As the document of the JSON contract (docs/reference/json-output.md)."""
        from clusterplan import __version__
        from clusterplan.planning.answer import SCHEMA_VERSION

        return {
            "schema": ESTIMATE_SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "clusterplan_version": __version__,
            "request": self.request.to_dict(),
            "plans": [self.plan.to_dict()],
            "critical_batch": None,
        }

    def to_json(self, *, indent: int | None = 1) -> str:
        """`to_dict` as JSON text, keys in a stable order."""
        import json

        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)


def estimate(
    model: Model,
    layout: Layout | Mapping[str, Any],
    *,
    cluster: Cluster,
    global_batch: int,
    seq_len: int,
    devices: int | None = None,
    tokens: int | str | None = None,
    pool: str | None = None,
    degrade: str | Sequence[str] = (),
    slice: str | Sequence[int] | None = None,
    accelerator: str | None = None,
    stack: str | None = None,
    attention: str | None = None,
    norm_kernel: str | None = None,
    dropout: bool = False,
    dtype: str = "bf16",
    reserve: int | str | None = None,
) -> Plan:
    """The plan of one layout, also where it does not fit (`Plan.fits` says so).

    Args:
        layout: a `Layout`, or its fields by name (``{"tp": 8, "pp": 4, "dp": 8, "zero": 1}``). A mapping without `dp`
            takes it from `devices`.
        devices: devices of the job; by default those of the layout, and for a mapping without `dp` the fewest whole
            hosts of the cluster that tp x pp divides.
        The other arguments: as in `clusterplan.search`.

    Raises:
        SpecError: something that was asked for is not valid, or the layout breaks a rule (`code` is its name).

    Example:
        >>> job = {"cluster": "dgx-h100-superpod", "devices": 16, "global_batch": 128, "seq_len": 8192}
        >>> plan = estimate("llama-3.1-8b", {"tp": 2, "zero": 1}, **job)
        >>> plan.layout.dp, plan.fits
        (8, True)
    """
    return estimate_with_request(**locals()).plan


def estimate_with_request(
    model: Model, layout: Layout | Mapping[str, Any], *, cluster: Cluster, devices: int | None = None, **given: Any
) -> EstimateResult:
    """`estimate`, with the resolved request beside the plan. Arguments and errors are those of `estimate`."""
    import json

    from clusterplan import _core
    from clusterplan.catalog.clusters import load_cluster
    from clusterplan.planning.completion import completed
    from clusterplan.planning.problem import placed
    from clusterplan.topology.pools import pool_view

    known = cluster_of(cluster)
    place = load_cluster(known) if isinstance(known, str) else known
    place = pool_view(place, given.pop("pool", None))
    whole = completed(layout, devices, place)
    problem = pose(given, model=model, cluster=place, devices=whole.devices)
    request = Request.of_problem(replace(problem, notes=(*whole.notes, *problem.notes)))
    placement = placed(whole.layout.placement, problem.document["network"])
    asked = replace(whole.layout, placement=placement)
    try:
        document = json.loads(_core.estimate(request.problem_json, json.dumps(asked.to_dict())))
    except SpecError as error:
        # The engine says which rule is broken; what mends it is known here.
        remedy = RULES[error.code].remedy if error.code in RULES else "leave the field out, or let a search choose"
        raise SpecError(str(error), code=error.code, hint=error.hint or remedy) from None
    return EstimateResult(Plan.from_engine(document, request), request)
