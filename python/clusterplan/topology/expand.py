"""The full graph of a small cluster: every device, switch, network card, leaf and link, with capacities.

It is what the arithmetic stands for, node by node, and so its referee; `graph.build_graph` is the readable one of a
large cluster.
"""

from __future__ import annotations

from itertools import combinations, pairwise
from math import prod
from typing import TYPE_CHECKING

from .bisection import domain_tiers, fabric_tiers
from .cards import devices_of, rail_count, rail_of_card
from .devices import check_devices, slice_shape
from .halving import Tier
from .symmetry import usable_cables
from .torus import axis_order, axis_rates, closed_axes

if TYPE_CHECKING:
    import networkx

    from ..specs.cluster import ClusterSpec

    Graph = networkx.Graph[str]

MOST_NODES = 2000


def expanded_nodes(cluster: ClusterSpec, devices: int | None = None) -> int:
    """About how many nodes the full graph has: devices, their cards and switches. It builds nothing.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> expanded_nodes(load_cluster("dgx-h100-superpod"), 64)
        137
    """
    count = cluster.devices if devices is None else devices
    hosts = -(-count // cluster.host.accelerators)
    cards = hosts * cluster.host.nics.count if cluster.host.nics is not None and count > cluster.domain_devices else 0
    switches = 0 if cluster.host.torus is not None else hosts
    groups, units = 0, -(-count // cluster.domain_devices)
    for tier in fabric_tiers(cluster) if units > 1 else ():
        # All groups of a dragonfly are there, and a link between each pair.
        groups += tier.of + tier.of**2 // 100 if tier.kind == "mesh" else 0
        units = -(-units // tier.of)
        groups += units
        if units == 1:
            break
    return count + cards + switches + groups


def expand_graph(cluster: ClusterSpec, devices: int | None = None) -> Graph:
    """The graph of the first ``devices`` accelerators (all if ``None``) and of all that joins them.

    Nodes have ``kind`` (``device``, ``switch``, ``port``, ``card`` or ``host``), ``tier`` (-1 inside hosts) and
    ``devices`` (1 for a device, else 0); devices have a ``rank``, cards and leaves of a rail a ``rail``. Edges have
    ``capacity_bytes_per_s``, one way. Leaves have one node a rail, higher tiers one node a group with the capacity of
    all its switches; a job that does not fill a group has its share of what leaves the group.

    Raises:
        SpecError: as `build_network`.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> graph = expand_graph(load_cluster("dgx-h100-superpod"), 16)
        >>> graph.number_of_nodes()  # 16 devices, 2 NVSwitches, 16 cards, 8 leaves
        42
        >>> graph.edges["host1.card3", "leaf0.rail3"]["capacity_bytes_per_s"]
        50000000000.0
    """
    from networkx import Graph as NewGraph

    count = cluster.devices if devices is None else devices
    check_devices(cluster, count)
    graph: Graph = NewGraph(name=cluster.name)
    for rank in range(count):
        graph.add_node(f"device{rank}", kind="device", tier=-1, devices=1, rank=rank)
    size = cluster.domain_devices
    for first in range(0, count, size):
        _add_domain(graph, cluster, range(first, min(first + size, count)))
    if count > size:
        _add_fabric(graph, cluster, count)
    return graph


def link(graph: Graph, one: str, other: str, bytes_per_s: float) -> None:
    """Adds a link, or more of it where the two are joined already."""
    before = graph.edges[one, other]["capacity_bytes_per_s"] if graph.has_edge(one, other) else 0.0
    graph.add_edge(one, other, capacity_bytes_per_s=before + bytes_per_s)


def join_members(graph: Graph, tier: Tier, nodes: list[str], member_devices: int) -> None:
    """Direct links between the members of a mesh or ring."""
    if tier.kind == "mesh":
        rate = tier.pair_bytes_per_s or tier.bytes_per_s * member_devices / max(1, tier.of - 1)
        for one, other in combinations(nodes, 2):
            link(graph, one, other, rate)
        return
    rate = tier.bytes_per_s * member_devices / 2
    for one, other in pairwise(nodes):
        link(graph, one, other, rate)
    if tier.wraps and len(nodes) == tier.of > 1:
        link(graph, nodes[-1], nodes[0], rate)


def _add_domain(graph: Graph, cluster: ClusterSpec, ranks: range) -> None:
    if cluster.host.torus is not None:
        _add_torus(graph, cluster, ranks)
        return
    scale_up = cluster.host.scale_up
    assert scale_up is not None
    if scale_up.kind == "links":
        for one, other, rate in scale_up.links:
            if max(one, other) < len(ranks):
                link(graph, f"device{ranks[one]}", f"device{ranks[other]}", rate)
        return
    tiers = domain_tiers(cluster, len(ranks))
    _add_block(graph, tiers, ranks, f"domain{ranks.start // cluster.domain_devices}")


def _add_block(graph: Graph, tiers: tuple[Tier, ...], ranks: range, place: str) -> str:
    """Adds a block of devices; returns the node that stands for it: its switch, or any of its devices."""
    if not tiers:
        return f"device{ranks.start}"
    tier, inner = tiers[-1], tiers[:-1]
    size = prod(below.of for below in inner)
    through = not inner or (tier.through and inner[-1].kind == "switch")
    blocks = [range(start, min(start + size, ranks.stop)) for start in range(ranks.start, ranks.stop, size)]
    inner_name = inner[-1].name if inner else ""
    nodes = [_add_block(graph, inner, block, f"{place}.{inner_name}{at}") for at, block in enumerate(blocks)]
    if tier.kind == "switch":
        switch = f"{place}.{tier.name}"
        graph.add_node(switch, kind="switch", tier=-1, devices=0)
        for node, block in zip(nodes, blocks, strict=True):
            _reach(graph, switch, node if through else None, block, tier)
        return switch
    if not through:
        nodes = []
        for at, block in enumerate(blocks):
            nodes.append(f"{place}.{inner_name}{at}.port")
            graph.add_node(nodes[-1], kind="port", tier=-1, devices=0)
            _reach(graph, nodes[-1], None, block, tier)
    join_members(graph, tier, nodes, size)
    return nodes[0]


def _reach(graph: Graph, switch: str, node: str | None, block: range, tier: Tier) -> None:
    """Links of a block to a switch: through its own node, or from every device."""
    if node is not None:
        link(graph, node, switch, len(block) * tier.bytes_per_s)
        return
    for rank in block:
        link(graph, f"device{rank}", switch, tier.bytes_per_s)


def _add_torus(graph: Graph, cluster: ClusterSpec, ranks: range) -> None:
    """The links of a torus; ranks fill its axes in the order of the levels, the shortest innermost."""
    torus, shape = cluster.host.torus, slice_shape(cluster, len(ranks))
    assert torus is not None and shape is not None
    closed, rates, stride = closed_axes(torus, shape), axis_rates(torus), 1
    for axis in axis_order(shape):
        length = shape[axis]
        for rank in ranks:
            position = (rank - ranks.start) // stride % length
            if length > 1 and (position + 1 < length or closed[axis]):
                step = stride if position + 1 < length else stride * (1 - length)
                link(graph, f"device{rank}", f"device{rank + step}", rates[axis])
        stride *= length


def _add_fabric(graph: Graph, cluster: ClusterSpec, count: int) -> None:
    fabric = cluster.fabric
    assert fabric is not None
    size, per_host = cluster.domain_devices, cluster.host.accelerators
    if fabric.links:
        _add_cables(graph, cluster, count)
        return
    tiers = fabric_tiers(cluster)
    # A member is a list of nodes: cards or devices at first, then the leaves of a group, one a rail.
    rails = rail_count(cluster.host) if fabric.rails else 1
    members: list[list[str]] = []
    for first in range(0, count, size):
        ends = [
            end
            for host in range(first // per_host, -(-min(first + size, count) // per_host))
            for end in _host_ends(graph, cluster, host)
        ]
        members.append(ends)
    member_devices = size
    for position, tier in enumerate(tiers):
        if tier.kind == "mesh":
            _add_mesh(graph, tier, members, position, member_devices)
            return
        groups: list[list[str]] = []
        for start in range(0, len(members), tier.of):
            index = start // tier.of
            names = (
                [f"{tier.name}{index}.rail{rail}" for rail in range(rails)] if rails > 1 else [f"{tier.name}{index}"]
            )
            for rail, name in enumerate(names):
                graph.add_node(name, kind="switch", tier=position, devices=0, rail=rail if rails > 1 else None)
            for place, member in enumerate(members[start : start + tier.of], start):
                held = min(member_devices, count - place * member_devices)  # the last may not be full
                for node in member:
                    name = names[graph.nodes[node]["rail"]] if rails > 1 else names[0]
                    link(graph, node, name, held * tier.bytes_per_s / len(member))
            groups.append(names)
        rails = 1  # one leaf a rail; above, all rails meet
        member_devices *= tier.of
        members = groups
        if len(members) == 1:
            return


def _add_mesh(graph: Graph, tier: Tier, members: list[list[str]], position: int, member_devices: int) -> None:
    """Groups with links between each pair; those without a device of the job pass on what others send."""
    nodes = []
    for index in range(tier.of):
        name = f"{tier.name}.member{index}"
        graph.add_node(name, kind="port", tier=position, devices=0)
        nodes.append(name)
        for node in members[index] if index < len(members) else ():
            # Its port is as wide as all that leaves it.
            link(graph, node, name, tier.bytes_per_s * member_devices * tier.of)
    join_members(graph, tier, nodes, member_devices)


def _host_ends(graph: Graph, cluster: ClusterSpec, host: int) -> list[str]:
    """The nodes by which a host reaches the fabric: its cards, or its devices where it lists none."""
    per_host, cards = cluster.host.accelerators, cluster.host.nics
    devices = [f"device{rank}" for rank in range(host * per_host, (host + 1) * per_host)]
    if cards is None:
        return devices
    names = []
    for index in range(cards.count):
        name = f"host{host}.card{index}"
        graph.add_node(name, kind="card", tier=-1, devices=0, rail=rail_of_card(cluster.host, index))
        for device in devices_of(cluster.host, index):
            link(graph, devices[device], name, cards.bandwidth_bytes_per_s)
        names.append(name)
    return names


def _add_cables(graph: Graph, cluster: ClusterSpec, count: int) -> None:
    assert cluster.fabric is not None
    hosts = -(-count // cluster.host.accelerators)
    left_out = {f"host{host}" for host in range(hosts, cluster.hosts)}
    taken_in = {f"host{host}" for host in range(hosts)}
    total: dict[str, float] = {}
    for one, other, rate in usable_cables(cluster):
        if not {one, other} & left_out:
            for end in (one, other):
                inside = end in taken_in
                graph.add_node(end, kind="host" if inside else "switch", tier=-1 if inside else 0, devices=0)
                total[end] = total.get(end, 0.0) + rate
            link(graph, one, other, rate)
    for host in range(hosts):
        name = f"host{host}"
        if name in total:
            ends = _host_ends(graph, cluster, host)
            for end in ends:
                link(graph, end, name, total[name] / len(ends))
