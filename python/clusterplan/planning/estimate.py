"""`estimate`: what the model predicts for one layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusterplan.errors import SpecError
from clusterplan.planning.layout import Layout
from clusterplan.planning.request import Request
from clusterplan.planning.results import Plan

if TYPE_CHECKING:
    from clusterplan.specs.cluster import ClusterSpec
    from clusterplan.specs.model import ModelSpec

ESTIMATE_SCHEMA = "clusterplan.estimate/1"


def estimate(
    model: str | Path | ModelSpec,
    layout: Layout | Mapping[str, Any],
    *,
    cluster: str | Path | ClusterSpec,
    global_batch: int,
    seq_len: int,
    devices: int | None = None,
    tokens: int | str | None = None,
    accelerator: str | None = None,
    stack: str | None = None,
    attention: str | None = None,
    norm_kernel: str | None = None,
    dropout: bool = False,
    dtype: str = "bf16",
) -> Plan:
    """The plan of one layout, also where it does not fit (`Plan.fits` says so).

    Args:
        layout: a `Layout`, or its fields by name (``{"tp": 8, "pp": 4, "dp": 8, "zero": 1}``). A mapping without `dp`
            takes it from `devices`.
        devices: devices of the job; by default those of the layout.
        The other arguments: as in `clusterplan.search`.

    Raises:
        SpecError: something that was asked for is not valid, or the layout breaks a rule (the message names it).

    Example:
        >>> job = {"cluster": "dgx-h100-superpod", "devices": 16, "global_batch": 128, "seq_len": 8192}
        >>> plan = estimate("llama-3.1-8b", {"tp": 2, "zero": 1}, **job)
        >>> plan.layout.dp, plan.fits
        (8, True)
    """
    return estimate_with_request(
        model,
        layout,
        cluster=cluster,
        global_batch=global_batch,
        seq_len=seq_len,
        devices=devices,
        tokens=tokens,
        accelerator=accelerator,
        stack=stack,
        attention=attention,
        norm_kernel=norm_kernel,
        dropout=dropout,
        dtype=dtype,
    ).plan


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


def estimate_with_request(
    model: str | Path | ModelSpec,
    layout: Layout | Mapping[str, Any],
    *,
    devices: int | None = None,
    **given: Any,
) -> EstimateResult:
    """`estimate`, with the resolved request beside the plan. Arguments and errors are those of `estimate`."""
    import json

    from clusterplan import _core
    from clusterplan.planning.problem import build_problem

    complete = layout if isinstance(layout, Layout) else _completed(layout, devices)
    cluster = given.pop("cluster")
    problem = build_problem(
        str(model) if isinstance(model, Path) else model,
        str(cluster) if isinstance(cluster, Path) else cluster,
        devices=complete.devices if devices is None else devices,
        **given,
    )
    document = json.loads(_core.estimate(problem.to_json(), json.dumps(complete.to_dict())))
    request = Request.of_problem(problem)
    return EstimateResult(Plan.from_engine(document, request), request)


def _completed(layout: Mapping[str, Any], devices: int | None) -> Layout:
    """The layout with the data degree that the devices leave, where it is not given."""
    values = {name: value for name, value in layout.items() if value is not None}
    for name in ("tp", "pp", "vpp", "dp", "micro_batch"):
        value = values.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise SpecError(f"{name} is {value!r}; it must be a whole number of at least 1", code="value")
    if "dp" not in values and devices is not None:
        model_parallel = values.get("tp", 1) * values.get("pp", 1)
        if devices % model_parallel:
            raise SpecError(
                f"tp x pp is {model_parallel}, which does not divide the {devices} devices",
                code="invalid-layout",
                hint="choose tp and pp so that their product divides the devices",
            )
        values["dp"] = devices // model_parallel
    return Layout.from_dict(values)
