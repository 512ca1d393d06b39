"""`search`: the fastest layouts of a space."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusterplan.errors import SpecError
from clusterplan.planning.answer import SearchResult
from clusterplan.planning.request import Request

if TYPE_CHECKING:
    from clusterplan.specs.cluster import ClusterSpec
    from clusterplan.specs.model import ModelSpec
    from clusterplan.specs.training import SearchSpace

    Degrees = int | Sequence[int] | None
    Names = str | Sequence[str] | None
    Progress = Callable[[int, int, float | None], None]

MOST_PLANS = 10_000
MOST_THREADS = 4096


def search(
    model: str | Path | ModelSpec,
    *,
    cluster: str | Path | ClusterSpec,
    devices: int,
    global_batch: int,
    seq_len: int,
    tokens: int | str | None = None,
    top: int = 10,
    accelerator: str | None = None,
    stack: str | None = None,
    attention: str | None = None,
    norm_kernel: str | None = None,
    dropout: bool = False,
    dtype: str = "bf16",
    space: SearchSpace | Mapping[str, Any] | str | Path | None = None,
    tp: Degrees = None,
    pp: Degrees = None,
    vpp: Degrees = None,
    micro_batch: Degrees = None,
    sequence_parallel: bool | Sequence[bool] | None = None,
    recompute: Names = None,
    zero: Degrees = None,
    schedule: Names = None,
    placement: Names = None,
    threads: int = 0,
    time_limit_s: float | None = None,
    progress: Progress | None = None,
) -> SearchResult:
    """The `top` fastest layouts that train `model` on `devices` devices of `cluster`.

    Every layout of the space is tried unless the search is stopped, so the first plan is the best one under the model
    (`SearchResult.optimal`).

    Args:
        model: bundled name, file, or size such as ``70b``; or a `ModelSpec`.
        cluster: bundled name or file; or a `ClusterSpec`.
        devices: devices of the job, whole hosts of the cluster.
        global_batch: sequences a step. seq_len: tokens a sequence. tokens: of the whole training, such as ``"15T"``.
        top: how many plans are kept.
        accelerator, stack, attention, norm_kernel: names that replace the ones that follow from the cluster.
        dropout: whether dropout is on. dtype: ``bf16`` or ``fp16``.
        space: allowed values by dimension, or a YAML file with them; `tp` ... `placement` replace its values.
            A dimension is one value, several, or `None` for the default list.
        threads: 0 takes all. time_limit_s: seconds after which the search stops with the best so far.
        progress: called about every 50 ms with (evaluated, total, best step time in seconds or `None`).

    Returns:
        The answer, also where no layout fits (`plans` is empty then, and `best` raises).

    Raises:
        SpecError: something that was asked for is not valid.

    Example:
        >>> job = {"cluster": "dgx-h100-superpod", "devices": 16, "global_batch": 128, "seq_len": 8192}
        >>> result = search("llama-3.1-8b", **job, tp=[1, 2])
        >>> result.best.layout.tp in (1, 2)
        True
    """
    import json

    from clusterplan import _core
    from clusterplan.planning.problem import build_problem

    _check_limits(top, threads, time_limit_s)
    problem = build_problem(
        str(model) if isinstance(model, Path) else model,
        str(cluster) if isinstance(cluster, Path) else cluster,
        devices=devices,
        global_batch=global_batch,
        seq_len=seq_len,
        tokens=tokens,
        accelerator=accelerator,
        stack=stack,
        attention=attention,
        norm_kernel=norm_kernel,
        dropout=dropout,
        dtype=dtype,
        space=_merged(
            space,
            tp=tp,
            pp=pp,
            vpp=vpp,
            micro_batch=micro_batch,
            sequence_parallel=sequence_parallel,
            recompute=recompute,
            zero=zero,
            schedule=schedule,
            placement=placement,
        ),
    )
    outcome = json.loads(_core.search(problem.to_json(), top, threads, time_limit_s, progress))
    return SearchResult.from_engine(outcome, Request.of_problem(problem))


def _merged(space: SearchSpace | Mapping[str, Any] | str | Path | None, **given: Any) -> SearchSpace:
    """The space with the dimensions that were given by keyword in place of its own."""
    from clusterplan.specs.training import SearchSpace
    from clusterplan.specs.validation import load_spec, validate

    if isinstance(space, (str, Path)):
        space = load_spec(SearchSpace, space, what="space")
    merged = {**(dict(space) if space is not None else {}), **_said(given)}
    return validate(SearchSpace, _said(merged), what="space")


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _check_limits(top: int, threads: int, time_limit_s: float | None) -> None:
    for name, value, least, most in (("top", top, 1, MOST_PLANS), ("threads", threads, 0, MOST_THREADS)):
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise SpecError(f"{name} is {value!r}; it must be a whole number from {least} to {most}", code="value")
    if time_limit_s is not None and not (math.isfinite(time_limit_s) and time_limit_s > 0):
        raise SpecError(f"time_limit_s is {time_limit_s!r}; it must be a number of seconds above 0", code="value")
