"""Where the ranks of a job sit, and which of them form groups: by arithmetic on strides, nothing is listed unasked.

Rank r of a job is device r of its part of the cluster, counted host by host; on a torus along the axes in the order of
the placement (docs/concepts/network.md, section 4). A hundred thousand ranks cost what eight do until their map is
asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import gcd, prod
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import SpecError
from ..specs.placements import AXIS_LETTERS
from .cards import devices_per_rail
from .devices import slice_shape
from .torus import axis_order

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec

# The three dimensions as an order of the ranks names them, and the kinds of group along each.
KIND_OF_DIMENSION = {"tp": "tensor", "dp": "data", "pp": "pipeline"}
RANK_COLUMNS = ("rank", "host", "device", "rail", "tensor", "data", "pipeline")


@dataclass(frozen=True)
class RankGroups:
    """All groups of one kind, which together hold every rank once.

    Attributes:
        kind: ``tensor``, ``data`` or ``pipeline``.
        ranks: ranks of one group. stride: distance between them. devices: ranks of the job.

    Example:
        >>> groups = RankGroups("data", ranks=4, stride=2, devices=16)
        >>> groups.count, groups.group(1), groups.group_of(13), groups.index_of(13)
        (4, range(1, 8, 2), range(9, 16, 2), 2)
    """

    kind: str
    ranks: int
    stride: int
    devices: int

    @property
    def count(self) -> int:
        """How many groups there are."""
        return self.devices // self.ranks

    def group(self, number: int) -> range:
        """The ranks of a group, counted from 0 by their first rank.

        Raises:
            SpecError: there is no such group.
        """
        if not 0 <= number < self.count:
            raise SpecError(
                f"group: {number!r} is not one of the {self.count:,} {self.kind} groups",
                code="value",
                hint=f"give a number from 0 to {self.count - 1:,}",
            )
        start = number // self.stride * self.stride * self.ranks + number % self.stride
        return self._from(start)

    def group_of(self, rank: int) -> range:
        """The ranks of the group that a rank is in."""
        return self._from(rank - self.index_of(rank) * self.stride)

    def index_of(self, rank: int) -> int:
        """The place of a rank in its group, from 0."""
        return rank // self.stride % self.ranks

    def __iter__(self) -> Iterator[range]:
        return (self.group(number) for number in range(self.count))

    def _from(self, start: int) -> range:
        # Ended behind its last rank, so that the end is a rank count that the job has.
        return range(start, start + self.stride * (self.ranks - 1) + 1, self.stride)


class RankPlace(NamedTuple):
    """One rank: where it sits (host, device in it, rail) and what it is in each group; all from 0.

    `rail` is that of the network cards of the device (see `cards`), `None` where the host has none; `host` and `device`
    are `None` where the cluster does not say which part of a torus a host is. `coordinates`: on a torus, along the
    axes x, y, z of the network's levels.
    """

    rank: int
    host: int | None
    device: int | None
    rail: int | None
    tensor: int
    data: int
    pipeline: int
    coordinates: tuple[int, ...]


@dataclass(frozen=True)
class RankMap:
    """Where every rank of a layout sits.

    Attributes:
        tp, dp, pp: the degrees. placement: the order of the ranks, such as ``tp-dp-pp`` or ``tp-dp-pp@yxz``.
        host_devices: devices of one host. devices_per_rail: devices of a host on one rail; 0 without cards.
        axes: lengths of the axes x, y, z of the rings or torus, as the network lists them; empty where there is none.
        host_axes: the part of a torus that one host is, along the same axes; `None` where that is not known, and
            empty where hosts are counted along the axes.

    Example:
        >>> ranks = RankMap(tp=8, dp=4, pp=2, placement="tp-pp-dp", host_devices=8, devices_per_rail=1)
        >>> ranks.groups("pipeline").group(0), ranks.place(13).host, ranks.place(13).rail
        (range(0, 9, 8), 1, 5)
        >>> ranks.mesh
        (('dp', 4), ('pp', 2), ('tp', 8))
    """

    tp: int
    dp: int
    pp: int
    placement: str
    host_devices: int
    devices_per_rail: int = 0
    axes: tuple[int, ...] = ()
    host_axes: tuple[int, ...] | None = ()

    @property
    def devices(self) -> int:
        """Ranks of the job."""
        return self.tp * self.dp * self.pp

    @property
    def order(self) -> tuple[str, ...]:
        """The dimensions, innermost first."""
        return tuple(self.placement.partition("@")[0].split("-"))

    @property
    def effective_order(self) -> str:
        """The order of the dimensions whose degree is above 1: what two placements must share to be the same."""
        return "-".join(name for name in self.order if self.degree(name) > 1)

    @property
    def axis_order(self) -> tuple[int, ...]:
        """The axes (0 is x) in the order in which the ranks fill them."""
        letters = self.placement.partition("@")[2]
        named = tuple(AXIS_LETTERS.index(letter) for letter in letters)
        return named + tuple(range(len(named), len(self.axes)))

    @property
    def mesh(self) -> tuple[tuple[str, int], ...]:
        """The device mesh of the ranks in row-major order: (dimension, degree), outermost first."""
        return tuple((name, self.degree(name)) for name in reversed(self.order))

    def degree(self, dimension: str) -> int:
        """The degree of ``tp``, ``dp`` or ``pp``."""
        degree: int = getattr(self, dimension)
        return degree

    @cached_property
    def _groups(self) -> dict[str, RankGroups]:
        found, stride = {}, 1
        for name in self.order:
            kind = KIND_OF_DIMENSION[name]
            found[kind] = RankGroups(kind, self.degree(name), stride, self.devices)
            stride *= self.degree(name)
        return found

    def groups(self, kind: str) -> RankGroups:
        """The groups of a kind: ``tensor``, ``data`` or ``pipeline``.

        Raises:
            SpecError: another kind.
        """
        if kind not in self._groups:
            raise SpecError(
                f"kind: {kind!r} is not one of tensor, data, pipeline", code="unknown-name", hint="use tensor"
            )
        return self._groups[kind]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of group with more than one rank: tensor, pipeline, data."""
        return tuple(kind for kind in ("tensor", "pipeline", "data") if self._groups[kind].ranks > 1)

    def place(self, rank: int) -> RankPlace:
        """Where one rank sits.

        Raises:
            SpecError: there is no such rank.
        """
        if not 0 <= rank < self.devices:
            raise SpecError(
                f"rank: {rank!r} is not one of the {self.devices:,} ranks of the job",
                code="value",
                hint=f"give a number from 0 to {self.devices - 1:,}",
            )
        coordinates = self._coordinates(rank)
        host, device = self._host(rank, coordinates)
        return RankPlace(
            rank,
            host,
            device,
            None if device is None or not self.devices_per_rail else device // self.devices_per_rail,
            self._groups["tensor"].index_of(rank),
            self._groups["data"].index_of(rank),
            self._groups["pipeline"].index_of(rank),
            coordinates,
        )

    def places(self) -> Iterator[RankPlace]:
        """Where every rank sits, one after the other."""
        return map(self.place, range(self.devices))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the cells of `rows`."""
        return (*RANK_COLUMNS, *AXIS_LETTERS[: len(self.axes)])

    def rows(self) -> Iterator[tuple[int | None, ...]]:
        """The whole map, one row a rank, cells as in `columns`."""
        return ((*place[:-1], *place.coordinates) for place in self.places())

    def hosts_of(self, ranks: range) -> int | None:
        """On how many hosts the ranks of a group sit; `None` where that is not known."""
        if self.axes:
            hosts = {self.place(rank).host for rank in ranks}
            return None if None in hosts else len(hosts)
        if ranks.step >= self.host_devices:
            return len(ranks)
        # No host between the first and the last is skipped.
        return ranks[-1] // self.host_devices - ranks[0] // self.host_devices + 1

    def rails_of(self, ranks: range) -> tuple[int, ...]:
        """The rails that the ranks of a group use; empty where hosts have no network cards."""
        if not self.devices_per_rail:
            return ()
        # The devices of a host repeat after so many members.
        period = len(ranks) if self.axes else self.host_devices // gcd(ranks.step, self.host_devices)
        found = {self.place(rank).rail for rank in islice(ranks, period)}
        return tuple(sorted(rail for rail in found if rail is not None))

    def most_hosts(self, kind: str) -> int | None:
        """The largest number of hosts that one group of a kind sits on; `None` where that is not known."""
        counts = [self.hosts_of(group) for group in self.groups(kind)]
        known = [count for count in counts if count is not None]
        return max(known) if known and len(known) == len(counts) else None

    def _coordinates(self, rank: int) -> tuple[int, ...]:
        if not self.axes:
            return ()
        found, rest = [0] * len(self.axes), rank
        for axis in self.axis_order:
            rest, found[axis] = divmod(rest, self.axes[axis])
        return tuple(found)

    def _host(self, rank: int, coordinates: tuple[int, ...]) -> tuple[int | None, int | None]:
        if self.host_axes is None:
            return None, None
        parts = self.host_axes or self.axes
        # Blocks of the part that a host is, along each axis; several tori stand one after the other.
        block, device, blocks, devices = 0, 0, 1, 1
        for at, length, part in zip(coordinates, self.axes, parts, strict=True):
            block += at // part * blocks
            device += at % part * devices
            blocks *= -(-length // part)
            devices *= part
        block += rank // prod(self.axes) * blocks
        if self.host_axes:
            return block, device
        return divmod(block * devices + device, self.host_devices)


def build_rank_map(
    cluster: ClusterSpec,
    network: dict[str, Any],
    *,
    tp: int,
    dp: int,
    pp: int,
    placement: str,
    slice: Sequence[int] | None = None,
) -> RankMap:
    """The rank map of a layout on the network that `build_network` made of this cluster (and of this `slice`).

    Raises:
        SpecError: tp x dp x pp is not the number of devices of the network.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> from clusterplan.topology.levels import build_network
        >>> cluster = load_cluster("dgx-h100-superpod")
        >>> ranks = build_rank_map(cluster, build_network(cluster, 64), tp=8, dp=8, pp=1, placement="tp-dp-pp")
        >>> ranks.most_hosts("tensor"), ranks.rails_of(ranks.groups("data").group(3))
        (1, (3,))
    """
    devices = network["devices"]
    if tp * dp * pp != devices:
        raise SpecError(
            f"tp x dp x pp is {tp} x {dp} x {pp} = {tp * dp * pp:,}, but the job has {devices:,} devices",
            code="devices_not_divisible",
            hint="choose degrees whose product is the devices",
        )
    host = cluster.host
    axes = axis_lengths(network)
    parts = () if host.torus is None else _host_axes(cluster, devices, slice)
    return RankMap(tp, dp, pp, placement, network["host_devices"], devices_per_rail(host), axes, parts)


def axis_lengths(network: dict[str, Any]) -> tuple[int, ...]:
    """The lengths of the axes that a placement may reorder: of the leading ring levels of a network."""
    lengths, inner = [], 1
    for level in network["levels"]:
        if level["kind"] != "ring":
            break
        lengths.append(level["group_devices"] // inner)
        inner = level["group_devices"]
    return tuple(lengths)


def _host_axes(cluster: ClusterSpec, devices: int, slice: Sequence[int] | None) -> tuple[int, ...] | None:
    """The part of the torus that a host is, along the axes in the order of the levels; `None` where it is not known."""
    torus = cluster.host.torus
    shape = slice_shape(cluster, devices, slice)
    if torus is None or torus.host_axes is None or shape is None:
        return None
    return tuple(min(torus.host_axes[axis], shape[axis]) for axis in axis_order(shape))
