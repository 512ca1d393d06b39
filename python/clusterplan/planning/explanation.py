"""`explain`: what bounds the best layout of a search, who talks over which level, and what other placements cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusterplan.planning.answer import SearchResult
from clusterplan.planning.request import DIMENSIONS, Request
from clusterplan.planning.results import Plan
from clusterplan.planning.traffic import Traffic, cluster_spec, traffic_of
from clusterplan.specs.placements import AXIS_LETTERS, RANK_ORDERS
from clusterplan.topology.fabric import is_oversubscribed

if TYPE_CHECKING:
    from clusterplan.planning.question import Cluster, Model
    from clusterplan.planning.search import Degrees, Names, Progress
    from clusterplan.specs.training import SearchSpace

EXPLANATION_SCHEMA = "clusterplan.explanation/1"
DEFAULT_ORDER = RANK_ORDERS[0]


@dataclass(frozen=True)
class Bound:
    """One part of the time of a step: its seconds, and its share of the step. Of communication: what is exposed."""

    part: str
    seconds: float
    share: float


@dataclass(frozen=True)
class Carried:
    """What one kind of group sends over a level: bytes out of the busiest device and of all devices, in a step."""

    kind: str
    largest_bytes_per_device: float
    total_bytes: float
    capacity_share: float


@dataclass(frozen=True)
class LevelFinding:
    """Who uses a level of the network that is scarce, or the outermost one, and who does not.

    Attributes:
        level: its name. bytes_per_s: one-way bandwidth of a device. oversubscription: of the level inside it over it.
        outermost: whether nothing of the job lies beyond it.
        carries: the kinds of group that send over it. stays: the others, with the level that holds a whole group: this
            one or one inside it, or one further out where no two members of a group are in one block of this one.
    """

    level: str
    bytes_per_s: float
    oversubscription: float
    outermost: bool
    carries: tuple[Carried, ...]
    stays: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON document."""
        return {
            "level": self.level,
            "bytes_per_s": self.bytes_per_s,
            "oversubscription": self.oversubscription,
            "outermost": self.outermost,
            "carries": [asdict(carried) for carried in self.carries],
            "stays": [{"kind": kind, "inside": inside} for kind, inside in self.stays],
        }


@dataclass(frozen=True)
class Alternative:
    """What the best layout costs where the ranks have to stand in a given order.

    Attributes:
        order: the dimensions, innermost first. plan: the best layout in this order (on a torus: with the best order of
            the axes); `None` where none fits.
        slowdown: its step time over that of the winner, minus 1; below 0 only where the winner's search was stopped.
        same_ranks: whether this layout is the winner itself, or puts the same ranks in the same places.
        same_degrees: the layout of the winner in this order; `None` where it does not fit.
        stopped: how its searches ended: ``complete``, ``interrupted`` or ``time_limit``.
    """

    order: str
    plan: Plan | None
    slowdown: float | None
    same_ranks: bool
    same_degrees: Plan | None
    stopped: str

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON document."""
        return {
            "order": self.order,
            "step_time_s": self.plan.step_time_s if self.plan else None,
            "slowdown": self.slowdown,
            "layout": self.plan.layout.to_dict() if self.plan else None,
            "same_ranks": self.same_ranks,
            "same_degrees_step_time_s": self.same_degrees.step_time_s if self.same_degrees else None,
            "stopped": self.stopped,
        }


@dataclass(frozen=True)
class Explanation:
    """Why the best layout of a search is the best, as far as its network and the order of its ranks go.

    Attributes:
        result: the search. traffic: who talks to whom in the best layout, with the rank map.
        bounds: the parts of the step, largest first. levels: who uses the scarce levels and the outermost one.
        alternatives: the best layout in each order of the ranks that was allowed, fastest first; that of the winner is
            among them. Empty where the search was interrupted.
    """

    result: SearchResult
    traffic: Traffic
    bounds: tuple[Bound, ...]
    levels: tuple[LevelFinding, ...]
    alternatives: tuple[Alternative, ...]

    @property
    def plan(self) -> Plan:
        """The best layout with its prediction."""
        return self.traffic.plan

    @property
    def request(self) -> Request:
        """What was asked."""
        return self.result.request

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended one of the searches."""
        return self.result.stopped == "interrupted" or any(
            other.stopped == "interrupted" for other in self.alternatives
        )

    @property
    def default(self) -> Alternative | None:
        """What the launchers' default order would cost, or `None` where it was not allowed."""
        return next((other for other in self.alternatives if other.order == DEFAULT_ORDER), None)

    def to_dict(self) -> dict[str, Any]:
        """As the JSON document (docs/reference/json-traffic.md)."""
        searched = self.result.to_dict()
        return {
            **searched,
            "schema": EXPLANATION_SCHEMA,
            "plans": [self.plan.to_dict()],
            "bounds": [asdict(bound) for bound in self.bounds],
            **self.traffic.parts(),
            "levels": [level.to_dict() for level in self.levels],
            "alternatives": [other.to_dict() for other in self.alternatives],
        }

    def to_json(self, *, indent: int | None = 1) -> str:
        """`to_dict` as JSON text, keys in a stable order."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def __repr__(self) -> str:
        return f"<Explanation of {self.plan!r}: {len(self.alternatives)} orders of the ranks compared>"


def explain(
    model: Model,
    *,
    cluster: Cluster,
    devices: int,
    global_batch: int,
    seq_len: int,
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
) -> Explanation:
    """Searches, and says of the best layout what bounds it, who talks over which level and what other orders cost.

    Each order of the ranks that is allowed gets a search of its own, so its cost is that of the best layout in it.

    Args:
        As in `clusterplan.search`; `time_limit_s` holds for each search.

    Raises:
        SpecError: something that was asked for is not valid.
        InfeasibleError: no layout fits.

    Example:
        >>> job = {"cluster": "dgx-h100-superpod", "devices": 64, "global_batch": 512, "seq_len": 8192}
        >>> found = explain("llama-3.1-8b", **job)
        >>> found.bounds[0].part, found.alternatives[0].plan.step_time_s == found.plan.step_time_s
        ('backward', True)
    """
    given = dict(locals())  # the first statement: the arguments and nothing else
    from clusterplan.planning.search import search

    given["cluster"] = cluster_spec(cluster)
    result = search(**given, top=1)
    found = traffic_of(result.best, result.request, given["cluster"], pool=pool, slice=slice, searched=True)
    return Explanation(
        result=result,
        traffic=found,
        bounds=_bounds(found.plan),
        levels=_level_findings(found),
        alternatives=()
        if result.stopped == "interrupted"
        else _alternatives(result, found, threads, time_limit_s, progress),
    )


def _bounds(plan: Plan) -> tuple[Bound, ...]:
    return tuple(
        Bound(part, seconds, seconds / plan.step_time_s) for part, seconds in plan.time_s.sorted() if seconds > 0
    )


def _level_findings(found: Traffic) -> tuple[LevelFinding, ...]:
    scarce = [level for level in found.levels if is_oversubscribed(level.oversubscription) or level is found.levels[-1]]
    findings = []
    for level in scarce:
        used = [(kind, at) for kind in found.kinds for at in kind.crossed if at.name == level.name]
        users = {kind.kind for kind, _ in used}
        findings.append(
            LevelFinding(
                level=level.name,
                bytes_per_s=level.bytes_per_s,
                oversubscription=level.oversubscription,
                outermost=level is found.levels[-1],
                carries=tuple(
                    Carried(kind.kind, at.largest_bytes_per_device, at.total_bytes, at.capacity_share)
                    for kind, at in used
                ),
                stays=tuple((kind.kind, kind.inside) for kind in found.kinds if kind.kind not in users),
            )
        )
    return tuple(findings)


def _alternatives(
    result: SearchResult, found: Traffic, threads: int, time_limit_s: float | None, progress: Progress | None
) -> tuple[Alternative, ...]:
    request, winner = result.request, found.plan
    document = json.loads(request.problem_json)
    allowed = document["space"]["placement"]
    orders = _placements_by_order(len(found.ranks.axes))
    others = []
    for order, placements in orders.items():
        kept = [placement for placement in placements if allowed is None or placement in allowed]
        if not kept:
            continue
        best, stopped = _best_of(document, {"placement": kept}, request, threads, time_limit_s, progress)
        same, same_stopped = _best_of(
            document, {**_only(winner), "placement": kept}, request, threads, time_limit_s, None
        )
        others.append(
            Alternative(
                order=order,
                plan=best,
                slowdown=best.step_time_s / winner.step_time_s - 1 if best else None,
                same_ranks=best is not None and _same_but_for_placement(best, winner, found),
                same_degrees=same,
                stopped=stopped if stopped != "complete" else same_stopped,
            )
        )
        if "interrupted" in (stopped, same_stopped):
            break
    return tuple(sorted(others, key=lambda other: other.plan.step_time_s if other.plan else float("inf")))


def _placements_by_order(axes: int) -> dict[str, list[str]]:
    """The orders of the dimensions, each with every order of so many axes."""
    letters = ["".join(names) for names in permutations(AXIS_LETTERS[:axes])]
    return {
        order: [order, *(f"{order}@{names}" for names in letters if names != AXIS_LETTERS[:axes])]
        for order in RANK_ORDERS
    }


def _only(plan: Plan) -> dict[str, list[Any]]:
    """The space of one layout, its placement aside."""
    return {name: [getattr(plan.layout, name)] for name in DIMENSIONS if name != "placement"}


def _best_of(
    document: dict[str, Any],
    narrowed: dict[str, list[Any]],
    request: Request,
    threads: int,
    time_limit_s: float | None,
    progress: Callable[[int, int, float | None], None] | None,
) -> tuple[Plan | None, str]:
    """The best plan of the space narrowed further, and how the search ended."""
    from clusterplan import _core

    problem = json.dumps({**document, "space": {**document["space"], **narrowed}})
    outcome = json.loads(_core.search(problem, 1, threads, time_limit_s, progress))
    plans = [Plan.from_engine(estimate, request) for estimate in outcome["plans"]]
    return (plans[0] if plans else None), outcome["stopped"]


def _same_but_for_placement(plan: Plan, winner: Plan, found: Traffic) -> bool:
    """Whether two layouts differ at most in the name of their placement: the same ranks in the same places."""
    if replace(plan.layout, placement=winner.layout.placement) != winner.layout:
        return False
    own = replace(found.ranks, placement=plan.layout.placement)
    return own.effective_order == found.ranks.effective_order and plan.step_time_s == winner.step_time_s
