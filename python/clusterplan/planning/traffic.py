"""`traffic`: who talks to whom in a step, how much, over which level of the network, and where every rank sits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from clusterplan.errors import SpecError
from clusterplan.planning.layout import Layout
from clusterplan.planning.question import cluster_of
from clusterplan.planning.request import DIMENSIONS, Request
from clusterplan.planning.results import Plan
from clusterplan.topology.ranks import RankMap, build_rank_map

if TYPE_CHECKING:
    from clusterplan.planning.question import Cluster, Model
    from clusterplan.specs.cluster import ClusterSpec

TRAFFIC_SCHEMA = "clusterplan.traffic/1"
# How many groups of a kind a report shows.
FIRST_GROUPS = 3
# A layout is given by these; without any of them, it is searched for.
DEGREES = ("tp", "pp", "dp")


@dataclass(frozen=True)
class LevelTraffic:
    """What one kind of group sends over one level of the network in one step.

    Attributes:
        name: the level. members: of one group inside one block of the level, in the group that lies worst.
        total_bytes: out of all devices together, one way. largest_bytes_per_device: out of a device of the stage that
            sends most. What goes on to a level further out through the same port is counted at both.
        capacity_share: of what all devices together could send over the level in the time of the step.
    """

    name: str
    members: int
    total_bytes: float
    largest_bytes_per_device: float
    capacity_share: float


@dataclass(frozen=True)
class KindTraffic:
    """What one kind of group (tensor, pipeline, data, or the ends for a tied embedding) sends in a step, by level.

    Attributes:
        ranks, stride, groups: ranks of a group, their distance, and how many groups there are.
        ports: levels through whose ports the traffic leaves a device.
        seconds: on the slowest stage, of which `exposed_s` lengthen the step and `hidden_s` lie behind computation.
        first_groups: ranks of the first groups. hosts: that one group is on at most; `None` where that is not known.
        rails: of a host, those that the first group uses; empty where hosts have no cards.
    """

    kind: str
    ranks: int
    stride: int
    groups: int
    ports: tuple[str, ...]
    seconds: float
    exposed_s: float
    hidden_s: float
    levels: tuple[LevelTraffic, ...]
    first_groups: tuple[range, ...]
    hosts: int | None
    rails: tuple[int, ...]

    @property
    def sent_bytes(self) -> float:
        """Bytes out of all devices, one way; what passes several levels by one port is counted once."""
        return sum(level.total_bytes for level in self.levels if level.name in self.ports)

    @property
    def crossed(self) -> tuple[LevelTraffic, ...]:
        """The levels over which it sends something."""
        return tuple(level for level in self.levels if level.total_bytes > 0)

    @property
    def inside(self) -> str:
        """The innermost level of which one block holds a whole group."""
        return next(level.name for level in self.levels if level.members >= self.ranks)

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON document."""
        return {
            "kind": self.kind,
            "ranks": self.ranks,
            "stride": self.stride,
            "groups": self.groups,
            "ports": list(self.ports),
            "seconds": self.seconds,
            "exposed_s": self.exposed_s,
            "hidden_s": self.hidden_s,
            "levels": [asdict(level) for level in self.levels],
            "first_groups": [
                {"start": group.start, "stop": group.stop, "step": group.step} for group in self.first_groups
            ],
            "hosts": self.hosts,
            "rails": list(self.rails),
        }


@dataclass(frozen=True)
class Level:
    """A level of the network, as this job uses it.

    Attributes:
        name, kind: the level; ``switch`` or ``ring``. group_devices: devices reached without leaving it.
        bytes_per_s: one-way bandwidth of a device at this level.
        oversubscription: of the level inside it over this one, where both are behind one port; else 1.
        total_bytes: of all kinds, out of all devices. capacity_share: of what they could send in the step.
    """

    name: str
    kind: str
    group_devices: int
    bytes_per_s: float
    oversubscription: float
    total_bytes: float
    capacity_share: float


@dataclass(frozen=True)
class Traffic:
    """Who talks to whom in a step: by kind of group and level, with the rank map.

    Attributes:
        plan, request: the layout with its prediction, and what was asked. searched: the layout is the best of a search.
        kinds: the kinds of group with more than one rank. levels: of the network, inner to outer.
        ranks: where every rank sits.
    """

    plan: Plan
    request: Request
    searched: bool
    kinds: tuple[KindTraffic, ...]
    levels: tuple[Level, ...]
    ranks: RankMap

    def kind(self, name: str) -> KindTraffic | None:
        """The traffic of ``tensor``, ``pipeline`` or ``data`` groups; `None` where these have one rank."""
        return next((kind for kind in self.kinds if kind.kind == name), None)

    def parts(self) -> dict[str, Any]:
        """The objects that this document shares with that of `clusterplan explain`."""
        from clusterplan.topology.rank_order import rank_order_document

        return {
            "traffic": {
                "kinds": [kind.to_dict() for kind in self.kinds],
                "levels": [asdict(level) for level in self.levels],
            },
            "rank_order": rank_order_document(self.ranks),
        }

    def to_dict(self, *, ranks: bool = False) -> dict[str, Any]:
        """As the JSON document (docs/reference/json-traffic.md); `ranks` adds the whole rank map."""
        from clusterplan import __version__
        from clusterplan.planning.answer import SCHEMA_VERSION

        return {
            "schema": TRAFFIC_SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "clusterplan_version": __version__,
            "request": self.request.to_dict(),
            "searched": self.searched,
            "plans": [self.plan.to_dict()],
            **self.parts(),
            "ranks": {"columns": list(self.ranks.columns), "rows": [list(row) for row in self.ranks.rows()]}
            if ranks
            else None,
        }

    def to_json(self, *, ranks: bool = False, indent: int | None = 1) -> str:
        """`to_dict` as JSON text, keys in a stable order; the rank map, one row a line."""
        document = self.to_dict(ranks=ranks)
        if not ranks or indent is None:
            return json.dumps(document, indent=indent, allow_nan=False)
        rows = ",\n".join(f"   {json.dumps(row)}" for row in document["ranks"].pop("rows"))
        document["ranks"]["rows"] = "@rows@"
        return json.dumps(document, indent=indent, allow_nan=False).replace('"@rows@"', f"[\n{rows}\n  ]")

    def __repr__(self) -> str:
        sent = ", ".join(f"{kind.kind} {kind.sent_bytes / 1e12:.3g} TB" for kind in self.kinds)
        return f"<Traffic of {self.plan.layout}: {sent or 'none'} a step>"


def traffic(
    model: Model,
    layout: Layout | Mapping[str, Any] | None = None,
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
) -> Traffic:
    """The traffic of one layout: bytes of a step by kind of group and level, seconds, and where every rank sits.

    Args:
        layout: as in `clusterplan.estimate`. Where it is `None`, or a mapping without `tp`, `pp` and `dp`, the best
            layout of a search is taken (over what the mapping allows), and `devices` is needed.
        The other arguments: as in `clusterplan.estimate`.

    Raises:
        SpecError: something that was asked for is not valid, or the layout breaks a rule.
        InfeasibleError: a search was needed, and no layout fits.

    Example:
        >>> job = {"cluster": "dgx-h100-superpod", "devices": 64, "global_batch": 128, "seq_len": 8192}
        >>> found = traffic("llama-3.1-8b", {"tp": 8, "zero": 1}, **job)
        >>> [(kind.kind, kind.ranks, kind.stride, kind.inside) for kind in found.kinds]
        [('tensor', 8, 1, 'nvlink-h100'), ('data', 8, 8, 'leaf')]
        >>> found.kind("tensor").first_groups[1]
        range(8, 16)
    """
    given = dict(locals())  # the first statement: the arguments and nothing else
    place = cluster_spec(cluster)
    given["cluster"] = place
    if layout is None or (isinstance(layout, Mapping) and all(layout.get(name) is None for name in DEGREES)):
        plan, request = _best(given, {} if layout is None else layout)
        return traffic_of(plan, request, place, pool=pool, slice=slice, searched=True)
    from clusterplan.planning.estimate import estimate_with_request

    result = estimate_with_request(**given)
    return traffic_of(result.plan, result.request, place, pool=pool, slice=slice)


def traffic_of(
    plan: Plan,
    request: Request,
    cluster: ClusterSpec,
    *,
    pool: str | None = None,
    slice: str | Sequence[int] | None = None,
    searched: bool = False,
) -> Traffic:
    """The traffic of a plan that is known already; cluster, pool and slice are those of its request."""
    from clusterplan import _core
    from clusterplan.specs.slices import read_slice
    from clusterplan.topology.pools import pool_view

    layout = plan.layout
    network = json.loads(request.problem_json)["network"]
    counted = json.loads(_core.traffic(request.problem_json, json.dumps(layout.to_dict())))["kinds"]
    ranks = build_rank_map(
        pool_view(cluster, pool),
        network,
        tp=layout.tp,
        dp=layout.dp,
        pp=layout.pp,
        placement=layout.placement,
        slice=read_slice(slice),
    )
    placed = _placed(network["levels"], ranks)
    could_send = {level["name"]: level["bytes_per_s"] * request.devices * plan.step_time_s for level in placed}
    kinds = tuple(_kind(kind, plan, ranks, could_send) for kind in counted)
    levels = []
    for index, level in enumerate(placed):
        total_bytes = sum(kind.levels[index].total_bytes for kind in kinds)
        inner = placed[index - 1]["bytes_per_s"] if level["shares_inner_link"] else level["bytes_per_s"]
        levels.append(
            Level(
                level["name"],
                level["kind"],
                level["group_devices"],
                level["bytes_per_s"],
                inner / level["bytes_per_s"],
                total_bytes,
                total_bytes / could_send[level["name"]],
            )
        )
    return Traffic(plan, request, searched, kinds, tuple(levels), ranks)


def cluster_spec(cluster: Cluster) -> ClusterSpec:
    """The cluster of a question, read once for all that need it."""
    from clusterplan.catalog.clusters import load_cluster

    known = cluster_of(cluster)
    return load_cluster(known) if isinstance(known, str) else known


def _best(given: dict[str, Any], allowed: Mapping[str, Any]) -> tuple[Plan, Request]:
    from clusterplan.planning.search import search

    if given["devices"] is None:
        raise SpecError(
            "devices: not given, and without tp, pp or dp the layout must be searched for",
            code="missing",
            hint="give devices, or the degrees of a layout",
        )
    unknown = [name for name in allowed if name not in DIMENSIONS and allowed[name] is not None]
    if unknown:
        Layout.of(**{name: allowed[name] for name in unknown})  # refuses names that a layout has not
    question = {name: value for name, value in given.items() if name != "layout"}
    narrowed = {name: allowed[name] for name in DIMENSIONS if allowed.get(name) is not None}
    result = search(**question, **narrowed, top=1)
    return result.best, result.request


def _placed(levels: list[dict[str, Any]], ranks: RankMap) -> list[dict[str, Any]]:
    """The levels as the ranks see them: the axes in the order in which they are filled."""
    placed, group = [], 1
    for axis in ranks.axis_order:
        group *= ranks.axes[axis]
        placed.append({**levels[axis], "group_devices": group})
    return placed + levels[len(placed) :]


def _kind(counted: dict[str, Any], plan: Plan, ranks: RankMap, could_send: Mapping[str, float]) -> KindTraffic:
    part = counted["kind"]
    kind = part.removesuffix("_comm")
    # The two copies of a tied table are on the first and the last stage; the step books them under data.
    of_ends = kind == "embedding"
    placed = "pipeline" if of_ends else kind
    groups = ranks.groups(placed)
    shown = [groups.group(number) for number in range(min(FIRST_GROUPS, groups.count))]
    if of_ends:
        shown = [range(group[0], group[-1] + 1, group[-1] - group[0]) for group in shown]
    return KindTraffic(
        kind=kind,
        ranks=counted["ranks"],
        stride=counted["stride"],
        groups=groups.count,
        ports=tuple(counted["ports"]),
        seconds=counted["seconds"],
        exposed_s=counted["seconds"] if of_ends else counted["seconds"] - plan.hidden_s[part],
        hidden_s=0.0 if of_ends else plan.hidden_s[part],
        levels=tuple(
            LevelTraffic(
                level["name"],
                members,
                level["total_bytes"],
                level["largest_bytes_per_device"],
                level["total_bytes"] / could_send[level["name"]],
            )
            for level, members in zip(counted["levels"], counted["members"], strict=True)
        ),
        first_groups=tuple(shown),
        hosts=ranks.most_hosts(placed),
        rails=ranks.rails_of(shown[0]),
    )
