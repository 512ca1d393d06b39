"""What the two halves of a cluster can send each other, and what one device gets level by level: closed forms.

The bisection bandwidth is the least one-way bandwidth between two equal halves of the devices, where halves are made
of whole parts: several scale-up domains are halved in rank order (an odd one goes to the second half; the last need not
be full, and then sends and receives what its devices can), a torus by a
plane across one of its axes of even length (where all are odd, its halves differ by a plane), direct links in the way
that cuts the fewest, and other domains in rank order. Groups of a dragonfly reach each other directly or through
third groups; a job that does not fill a group has its share of what leaves the group.
The referee of these forms is a maximum flow on the expanded graph: `flow_between_halves_bytes_per_s`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import TYPE_CHECKING

from .devices import check_devices, slice_shape
from .fabric import fabric_levels, network_bytes_per_s
from .halving import Tier, halves_bytes_per_s
from .levels import build_network
from .torus import axis_order, axis_rates, closed_axes

if TYPE_CHECKING:
    from ..specs.cluster import ClusterSpec


@dataclass(frozen=True)
class Bisection:
    """The cut between two halves.

    Attributes:
        bytes_per_s: one way, from one half to the other.
        first_devices: devices of the first half.
        devices: of both.
        halves: how the devices are halved, in words.
        in_first_half: whether the device of a rank is in the first half.
    """

    bytes_per_s: float
    first_devices: int
    devices: int
    halves: str
    in_first_half: Callable[[int], bool]


@dataclass(frozen=True)
class SeenLevel:
    """A level of the network as one device sees it.

    Attributes:
        name: of the level.
        devices: reached without leaving it.
        bytes_per_s: one way, of a device.
        latency_s: of a hop, software included.
        oversubscription: bandwidth of a device below the tier over that at the tier; ``None`` inside a host or torus.
    """

    name: str
    devices: int
    bytes_per_s: float
    latency_s: float
    oversubscription: float | None


def bisection_bytes_per_s(cluster: ClusterSpec, devices: int | None = None) -> float:
    """The least one-way bandwidth between two equal halves of the first ``devices`` accelerators, bytes/s.

    All of them if ``None``; 0 for a single device.

    Raises:
        SpecError: as `build_network`.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> bisection_bytes_per_s(load_cluster("tpu-v5e-pod"), 256)  # Google states 1.6 TB/s
        1600000000000.0
    """
    return bisect(cluster, devices).bytes_per_s


def bisect(cluster: ClusterSpec, devices: int | None = None) -> Bisection:
    """The bisection bandwidth with the halves that have it.

    Raises:
        SpecError: as `build_network`.
    """
    count = cluster.devices if devices is None else devices
    check_devices(cluster, count)
    if count > cluster.domain_devices:
        return _between_domains(cluster, count)
    if cluster.host.torus is not None:
        return _torus(cluster, count)
    assert cluster.host.scale_up is not None
    if cluster.host.scale_up.kind == "links":
        return _links(cluster, count)
    first = count // 2
    rate = halves_bytes_per_s(domain_tiers(cluster, count), first, count - first)
    return Bisection(rate, first, count, "in rank order", lambda rank: rank < first)


def seen_levels(cluster: ClusterSpec, devices: int | None = None) -> tuple[SeenLevel, ...]:
    """The levels that ``devices`` accelerators (all if ``None``) need, inner to outer, as one of them sees them.

    Raises:
        SpecError: as `build_network`.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> [(level.name, level.oversubscription) for level in seen_levels(load_cluster("meta-24k-roce"))]
        [('nvlink-h100', None), ('rack', 1.0), ('pod', 1.0), ('aggregation', 7.0)]
    """
    count = cluster.devices if devices is None else devices
    ratios: dict[str, float | None] = {}
    below = network_bytes_per_s(cluster)
    if count > cluster.domain_devices:
        for level in fabric_levels(cluster):
            ratios[level.name] = None if below is None else below / level.bytes_per_s
            below = level.bytes_per_s
    found = []
    for level in build_network(cluster, count)["levels"]:
        ratio = ratios.get(level["name"])
        found.append(SeenLevel(level["name"], level["group_devices"], level["bytes_per_s"], level["latency_s"], ratio))
    return tuple(found)


def domain_tiers(cluster: ClusterSpec, devices: int | None = None) -> tuple[Tier, ...]:
    """The levels inside a scale-up domain, inner to outer; their members are devices, then the groups below.

    Only those that ``devices`` of one domain need (all if ``None``): links to others are none of theirs.
    """
    scale_up = cluster.host.scale_up
    assert scale_up is not None
    tiers: list[Tier] = []
    below = 1
    for group in scale_up.inside:
        if devices is not None and tiers and below >= devices:
            return tuple(tiers)
        of = group.devices // below
        through = scale_up.through_inside and below > 1
        rate = group.bandwidth_bytes_per_s
        tiers.append(Tier(group.name, group.kind, of, rate, through=through, wraps=group.wraps))
        below = group.devices
    if devices is not None and tiers and below >= devices:
        return tuple(tiers)
    of, through = cluster.domain_devices // below, scale_up.through_inside and below > 1
    kind = "switch" if scale_up.kind == "links" else scale_up.kind
    tiers.append(
        Tier(scale_up.technology, kind, of, scale_up.bandwidth_bytes_per_s, through=through, wraps=scale_up.wraps)
    )
    return tuple(tiers)


def fabric_tiers(cluster: ClusterSpec) -> tuple[Tier, ...]:
    """The tiers of the fabric, inner to outer; the members of the first are scale-up domains or tori."""
    if cluster.fabric is None:
        return ()
    pairs = {
        tier.name: tier.links_per_pair * tier.link_bytes_per_s
        for tier in cluster.fabric.tiers
        if tier.links_per_pair is not None and tier.link_bytes_per_s is not None and tier.groups == 1
    }
    tiers, below = [], cluster.domain_devices
    for level in fabric_levels(cluster):
        of, pair = level.group_devices // below, pairs.get(level.name)
        kind = "switch" if pair is None else "mesh"
        tiers.append(Tier(level.name, kind, of, level.bytes_per_s, through=True, pair_bytes_per_s=pair))
        below = level.group_devices
    return tuple(tiers)


def _between_domains(cluster: ClusterSpec, devices: int) -> Bisection:
    size = cluster.domain_devices
    domains = -(-devices // size)
    first = domains // 2
    noun = "tori" if cluster.host.torus is not None else "hosts" if cluster.domain_hosts == 1 else "scale-up domains"
    last = devices - (domains - 1) * size
    halves = f"{first:,} and {domains - first:,} {noun} in rank order"
    if last < size:
        halves += f", the last with {last:,} of its {size:,} devices"

    def in_first_half(rank: int) -> bool:
        return rank < first * size

    if cluster.fabric is not None and cluster.fabric.links:
        from .flows import flow_over_cables_bytes_per_s

        rate = flow_over_cables_bytes_per_s(cluster, first, devices)
        return Bisection(rate, first * size, devices, f"{halves}, by maximum flow over the cables", in_first_half)
    rate = halves_bytes_per_s(fabric_tiers(cluster), first * size, devices - first * size, unit_devices=size)
    return Bisection(rate, first * size, devices, halves, in_first_half)


def _torus(cluster: ClusterSpec, devices: int) -> Bisection:
    torus, shape = cluster.host.torus, slice_shape(cluster, devices)
    assert torus is not None and shape is not None  # check_devices
    if devices == 1:
        return Bisection(0.0, 0, 1, "a single device", lambda rank: False)
    closed, rates, order = closed_axes(torus, shape), axis_rates(torus), axis_order(shape)
    # A plane across an axis halves it only where its length is even; where none is, its halves differ by one plane.
    even = [axis for axis in order if shape[axis] % 2 == 0] or order
    planes = {axis: (1 + closed[axis]) * devices // shape[axis] * rates[axis] for axis in even}
    axis = min(even, key=planes.__getitem__)
    # Ranks fill the axes in the order of the levels.
    stride, middle = prod(shape[inner] for inner in order[: order.index(axis)]), shape[axis] // 2
    by = " x ".join(str(length) for length in shape)
    halves = f"{by} across its axis of {shape[axis]}, which {'closes' if closed[axis] else 'is open'}"
    return Bisection(
        planes[axis],
        devices // shape[axis] * middle,
        devices,
        halves,
        lambda rank: rank // stride % shape[axis] < middle,
    )


def _links(cluster: ClusterSpec, devices: int) -> Bisection:
    scale_up = cluster.host.scale_up
    assert scale_up is not None
    cuts = {}
    for first in combinations(range(devices), devices // 2):
        half = frozenset(first)
        cuts[first] = sum(
            rate
            for one, other, rate in scale_up.links
            if max(one, other) < devices and (one in half) != (other in half)
        )
    best = min(cuts, key=lambda first: (cuts[first], first))
    halves = f"devices {', '.join(map(str, best))} and the others" if best else "a single device"
    return Bisection(cuts[best], len(best), devices, halves, frozenset(best).__contains__)
