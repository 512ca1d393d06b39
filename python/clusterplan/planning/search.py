"""`search`: the fastest layouts of a space."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusterplan.errors import SpecError
from clusterplan.planning.answer import SearchResult
from clusterplan.planning.limits import MOST_PLANS, MOST_THREADS
from clusterplan.planning.question import pose
from clusterplan.planning.request import DIMENSIONS, Request

if TYPE_CHECKING:
    from clusterplan.planning.question import Cluster, Model
    from clusterplan.specs.training import SearchSpace

    Degrees = int | Sequence[int] | None
    Names = str | Sequence[str] | None
    Progress = Callable[[int, int, float | None], None]


def search(
    model: Model,
    *,
    cluster: Cluster,
    devices: int,
    global_batch: int,
    seq_len: int,
    tokens: int | str | None = None,
    top: int = 10,
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
        model: bundled name, file, or size such as ``70b``; or a `ModelSpec`, or a mapping with its keys.
        cluster: bundled name or file; or a `ClusterSpec`, or a mapping with its keys.
        devices: devices of the job, whole hosts of the cluster.
        global_batch: sequences a step. seq_len: tokens a sequence. tokens: of the whole training, such as ``"15T"``.
        top: how many plans are kept.
        pool: which pool of a cluster that has several. degrade: links at a share of their speed, as ``"rail0=0.5"``.
        slice: lengths of the axes of a torus slice, as ``"8x8x16"``, in place of the most cubic one.
        accelerator, stack, attention, norm_kernel: names that replace the ones that follow from the cluster.
        dropout: whether dropout is on. dtype: ``bf16`` or ``fp16``.
        reserve: memory of each device to keep free, in bytes or as ``"4GiB"``.
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
    given = dict(locals())  # the first statement: the arguments and nothing else
    import json

    from clusterplan import _core

    _check_limits(top, threads, time_limit_s)
    narrowed = {name: given[name] for name in DIMENSIONS if given[name] is not None}
    request = Request.of_problem(pose(given, space=_merged(space, narrowed) if narrowed else space))
    outcome = json.loads(_core.search(request.problem_json, top, threads, time_limit_s, progress))
    return SearchResult.from_engine(outcome, request, time_limit_s=time_limit_s)


def _merged(space: SearchSpace | Mapping[str, Any] | str | Path | None, narrowed: Mapping[str, Any]) -> SearchSpace:
    """The space with the dimensions that were given by keyword in place of its own."""
    from clusterplan.specs.training import SearchSpace
    from clusterplan.specs.validation import load_spec, validate

    if isinstance(space, (str, Path)):
        space = load_spec(SearchSpace, space, what="space")
    return validate(SearchSpace, {**(dict(space) if space is not None else {}), **narrowed}, what="space")


def _check_limits(top: int, threads: int, time_limit_s: float | None) -> None:
    for name, value, least, most in (("top", top, 1, MOST_PLANS), ("threads", threads, 0, MOST_THREADS)):
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            allowed = f"a whole number from {least} to {most:,}"
            raise SpecError(f"{name}: {value!r} is not {allowed}", code="value", hint=f"give {allowed}")
    if time_limit_s is not None and not (math.isfinite(time_limit_s) and time_limit_s > 0):
        raise SpecError(
            f"time_limit_s: {time_limit_s!r} is not a number of seconds above 0",
            code="value",
            hint="give seconds above 0, or leave it out",
        )
