"""From the cables of a fabric to its tiers (network.md section 1): blocks by distance, their cuts, and their likeness.

A regular fabric is one in which all members of a level are alike; then the level is two numbers, how many devices it
joins and what leaves a member of it. Where that is not so the error names two that differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from ..errors import SpecError
from .cable_faults import check_joined, lonely_switch

if TYPE_CHECKING:
    import networkx

    from ..specs.cluster import ClusterSpec

    Graph = networkx.Graph[str]

MOST_CABLED_HOSTS = 512  # every host is a member of its own; larger fabrics are given by their tiers
_SAME = 1e-9  # relative difference of two cuts that are one
_HOST = re.compile(r"host\d+")

Cables = tuple[tuple[str, str, float], ...]
_Blocks = list[range]


@dataclass(frozen=True)
class FoundTier:
    """One tier: ``groups`` groups of ``of`` members each, what a device gets, and the switches on the way."""

    name: str
    groups: int
    of: int
    bytes_per_s: float
    switches: int


def tiers_of_cables(cluster: ClusterSpec) -> tuple[FoundTier, ...]:
    """The tiers of a cluster whose fabric lists its cables.

    Raises:
        SpecError: as `find_tiers`.
    """
    return _tiers(usable_cables(cluster), cluster.hosts, cluster.domain_hosts, cluster.domain_devices)


def usable_cables(cluster: ClusterSpec) -> Cables:
    """The cables of a cluster at the rate that its hosts can use: what is wider than the cards of a host together
    lies idle, on each of its cables in proportion. As they are where the host lists no cards.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> usable_cables(load_cluster("dgx-h100-superpod"))
        ()
    """
    assert cluster.fabric is not None
    cables, cards = cluster.fabric.links, cluster.host.nics
    if cards is None:
        return cables
    total: dict[str, float] = {}
    for one, other, rate in cables:
        for end in (one, other):
            total[end] = total.get(end, 0.0) + rate
    most = cards.count * cards.bandwidth_bytes_per_s
    share = {end: min(1.0, most / rate) for end, rate in total.items() if is_host(end)}
    return tuple((one, other, rate * min(share.get(one, 1.0), share.get(other, 1.0))) for one, other, rate in cables)


def is_host(end: str) -> bool:
    """Whether the end of a cable is a host: ``host0``, ``host1`` and so on; any other name is a switch."""
    return _HOST.fullmatch(end) is not None


@lru_cache(maxsize=16)
def _tiers(cables: Cables, hosts: int, domain_hosts: int, domain_devices: int) -> tuple[FoundTier, ...]:
    return find_tiers(graph_of_cables(cables, hosts, domain_hosts), member_names(hosts, domain_hosts), domain_devices)


def member_names(hosts: int, domain_hosts: int = 1) -> list[str]:
    """The names of the members of the first tier: hosts, or the scale-up domains that several hosts form.

    Example:
        >>> member_names(4, 2)
        ['host0-host1', 'host2-host3']
    """
    if domain_hosts == 1:
        return [f"host{index}" for index in range(hosts)]
    return [f"host{first}-host{first + domain_hosts - 1}" for first in range(0, hosts, domain_hosts)]


def graph_of_cables(cables: Cables, hosts: int, domain_hosts: int = 1) -> Graph:
    """The graph of cables, with parallel ones added up; the hosts of one domain are one node.

    Edges have ``capacity_bytes_per_s``, one way.
    """
    import networkx

    graph: Graph = networkx.Graph()
    members = member_names(hosts, domain_hosts)
    graph.add_nodes_from(members)
    node_of = {f"host{index}": members[index // domain_hosts] for index in range(hosts)}
    for one, other, rate in cables:
        ends = node_of.get(one, one), node_of.get(other, other)
        if ends[0] != ends[1]:
            before = graph.edges[ends]["capacity_bytes_per_s"] if graph.has_edge(*ends) else 0.0
            graph.add_edge(*ends, capacity_bytes_per_s=before + rate)
    return graph


def find_tiers(graph: Graph, members: Sequence[str], member_devices: int) -> tuple[FoundTier, ...]:
    """The tiers of a regular fabric, inner to outer.

    Args:
        graph: members and switches; edges have ``capacity_bytes_per_s``, one way. Members pass nothing on.
        members: the nodes that hold devices, in rank order.
        member_devices: the devices of each.

    Raises:
        SpecError: ``topology-disconnected`` where it falls into islands, ``topology-irregular`` where two parts that
            should be alike differ; a switch that only one member is linked to is named, as it may be mistyped.

    Example:
        >>> cables = tuple((f"host{index}", f"leaf{index // 2}", 50e9) for index in range(4))
        >>> uplinks = (("leaf0", "spine", 50e9), ("leaf1", "spine", 50e9))
        >>> [(tier.name, tier.of, tier.bytes_per_s) for tier in find_tiers(
        ...     graph_of_cables(cables + uplinks, 4), member_names(4), 8)]
        [('leaf', 2, 6250000000.0), ('spine', 2, 3125000000.0)]
    """
    try:
        return _find_tiers(graph, members, member_devices)
    except SpecError as error:
        lonely = lonely_switch(graph, members)
        if lonely is None:
            raise
        switch, member, meant = lonely
        raise SpecError(
            f"{error}; the switch {switch} is linked to {member} only"
            + (f", did you mean {meant}?" if meant is not None else ""),
            code=error.code,
            hint=f"mend the name of {switch}, or add the links that join it to others",
        ) from None


def _find_tiers(graph: Graph, members: Sequence[str], member_devices: int) -> tuple[FoundTier, ...]:
    rank = {member: index for index, member in enumerate(members)}
    distances = _all_distances(graph, members, rank)
    check_joined(graph, members, distances)
    tiers: list[FoundTier] = []
    inner: _Blocks = [range(index, index + 1) for index in range(len(members))]
    used: set[str] = set()
    for hops in sorted({far for near in distances for node, far in near.items() if node in rank and far > 0}):
        outer = _blocks(members, distances, rank, hops)
        if len(outer) == len(inner):
            continue
        within = [_switches(distances, block, rank, hops) for block in outer]
        cuts = [
            _cut(graph, members, block, around, switches)
            for around, switches in zip(outer, within, strict=True)
            for block in inner
            if around.start <= block.start < around.stop
        ]
        _check_cuts(members, inner, cuts, hops)
        of = len(outer[0]) // len(inner[0])
        switches = set().union(*within) - used
        used |= switches
        name = _common_name(switches) or f"tier{len(tiers) + 1}"
        if any(tier.name == name for tier in tiers):
            name = f"{name}-{hops}"
        rate = cuts[0] / (len(inner[0]) * member_devices)
        tiers.append(FoundTier(name, len(outer), of, rate, hops - 1))
        inner = outer
    return tuple(tiers)


def _all_distances(graph: Graph, members: Sequence[str], rank: Mapping[str, int]) -> list[dict[str, int]]:
    """Hops from each member to every node; no way leads through another member."""
    from_ports: dict[frozenset[str], dict[str, int]] = {}  # members on the same switches see the same
    found = []
    for member in members:
        ports = frozenset(graph.adj[member])
        if ports not in from_ports:
            from_ports[ports] = _distances(graph, ports, rank)
        found.append({**from_ports[ports], member: 0})
    return found


def _distances(graph: Graph, ports: frozenset[str], rank: Mapping[str, int]) -> dict[str, int]:
    """Hops to every node of a member with these neighbours."""
    distances, edge, hops = dict.fromkeys(ports, 1), list(ports), 1
    while edge:
        hops += 1
        following = []
        for node in edge:
            for other in graph.adj[node] if node not in rank else ():
                if other not in distances:
                    distances[other] = hops
                    following.append(other)
        edge = following
    return distances


def _blocks(members: Sequence[str], distances: list[dict[str, int]], rank: Mapping[str, int], hops: int) -> _Blocks:
    """The members that reach each other within ``hops``, which must be equal runs in rank order."""
    near = [
        sorted(rank[node] for node, far in reached.items() if far <= hops and node in rank) for reached in distances
    ]
    for index, block in enumerate(near):
        for other in block:
            if near[other] != block:
                lost = min(set(near[other]) ^ set(block))
                ends = (index, other) if lost in near[other] else (other, index)
                raise _irregular(
                    f"{members[ends[0]]} reaches {members[ends[1]]} and {members[ends[1]]} reaches {members[lost]} "
                    f"within {hops} hops, but {members[ends[0]]} does not reach {members[lost]}: blocks do not nest"
                )
    size = len(near[0])
    for index, block in enumerate(near):
        if len(block) != size:
            raise _irregular(
                f"the block of {members[0]} has {_count(size)}, that of {members[index]} has {_count(len(block))} "
                f"within {hops} hops"
            )
        if block != list(range(block[0], block[0] + size)):
            gap = next(one for one, other in pairwise(block) if other != one + 1)
            raise _irregular(
                f"{members[block[0]]} and {members[block[block.index(gap) + 1]]} are in one block of {_count(size)} "
                f"within {hops} hops, but {members[gap + 1]} between them is not: blocks must be runs of members"
            )
    return [range(start, start + size) for start in range(0, len(members), size)]


def _switches(distances: list[dict[str, int]], block: range, rank: Mapping[str, int], hops: int) -> set[str]:
    """The switches on ways of at most ``hops`` between the members of a block."""
    return {node for index in block for node, far in distances[index].items() if far <= hops // 2 and node not in rank}


def _cut(graph: Graph, members: Sequence[str], block: range, around: range, switches: set[str]) -> float:
    """What can flow from a block to the rest of the block around it, bytes/s."""
    from networkx import DiGraph, maximum_flow_value

    ends = {members[index]: "from" if index in block else "to" for index in around}
    flows: networkx.DiGraph[str] = DiGraph()
    flows.add_nodes_from(("from", "to"))
    for node in (*ends, *sorted(switches)):
        tail = ends.get(node, f"switch {node}")
        for other, data in graph.adj[node].items():
            head = ends.get(other, f"switch {other}" if other in switches else "")
            if head and head != tail:
                before = flows.edges[tail, head]["capacity"] if flows.has_edge(tail, head) else 0.0
                flows.add_edge(tail, head, capacity=before + data["capacity_bytes_per_s"])
    return float(maximum_flow_value(flows, "from", "to"))


def _check_cuts(members: Sequence[str], blocks: _Blocks, cuts: list[float], hops: int) -> None:
    for block, cut in zip(blocks, cuts, strict=True):
        if abs(cut - cuts[0]) > _SAME * max(cut, cuts[0]):
            raise _irregular(
                f"{_block_name(members, blocks[0])} can send {cuts[0] / 1e9:g} GB/s to the others within {hops} hops, "
                f"but {_block_name(members, block)} {cut / 1e9:g} GB/s"
            )


def _block_name(members: Sequence[str], block: range) -> str:
    first, last = members[block.start], members[block.stop - 1]
    return first if first == last else f"the block {first} to {last}"


def _count(members: int) -> str:
    return f"{members} member{'s' * (members != 1)}"


def _common_name(switches: set[str]) -> str:
    """What the names of switches have in common before their numbers: ``leaf`` of ``leaf0`` and ``leaf1``."""
    stems = {re.split(r"\d", name, maxsplit=1)[0].rstrip("-_. ") for name in switches}
    return stems.pop() if len(stems) == 1 else ""


def _irregular(sentence: str) -> SpecError:
    return SpecError(
        f"the links are not regular: {sentence}",
        code="topology-irregular",
        hint="mend the links, or give the fabric by its tiers",
    )
