"""The readable graph of a cluster in networkx, with capacities: one node a host, or a scale-up domain, or a torus.

In large clusters the members of the innermost groups are one node each with a ``count``, so that the graph stays
readable. Every device and card is in `expand.expand_graph`. A search builds neither.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from ..errors import SpecError
from .bisection import fabric_tiers
from .expand import join_members, link
from .torus import axis_order, axis_rates, closed_axes

if TYPE_CHECKING:
    import networkx

    from ..specs.cluster import ClusterSpec

    Graph = networkx.Graph[str]

_MOST_HOSTS = 256
_MOST_GROUPS = 1000  # whose pairs are joined one by one
_MOST_BLOCKS = 32  # of chips along an axis


def build_graph(cluster: ClusterSpec, *, most_hosts: int = _MOST_HOSTS) -> Graph:
    """The cluster as a graph.

    Nodes have ``kind`` (``switch``, ``domain``, ``host``, ``hosts``, ``torus`` or ``chips``), ``tier`` (-1 for the
    leaves) and ``devices``, of all that is below them. Edges have ``capacity_bytes_per_s``, one way, of everything
    below the edge together. The groups of a dragonfly are joined directly, and so are the ends of cables.

    Args:
        cluster: the cluster; its sums are not checked here.
        most_hosts: up to how many hosts every host (or chip of a single torus) is a node of its own.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> build_graph(load_cluster("dgx-a100-superpod")).number_of_nodes()  # 140 hosts, 7 leaves, 1 core
        148
    """
    import networkx

    graph: Graph = networkx.Graph(name=cluster.name)
    torus = cluster.host.torus
    if torus is not None and cluster.domain_hosts == cluster.hosts:
        _add_chips(graph, cluster, most_hosts)
    elif cluster.fabric is not None and cluster.fabric.links:
        _add_cables(graph, cluster)
    else:
        _add_tiers(graph, cluster, most_hosts)
    return graph


def check_connected(cluster: ClusterSpec, graph: Graph, devices: int | None = None) -> None:
    """Check that a graph is in one piece and has ``devices`` devices (all of the cluster if ``None``).

    Raises:
        SpecError: it falls into islands, or has other devices.
    """
    import networkx

    islands = networkx.number_connected_components(graph)
    if islands != 1:
        raise SpecError(
            f"{cluster.name}: graph disconnected: {islands} islands with no link between them",
            code="topology-disconnected",
            hint="add a last tier with groups: 1",
        )
    expected = cluster.devices if devices is None else devices
    found = sum(int(data["devices"]) for _, data in graph.nodes(data=True) if data["tier"] == -1)
    if found != expected:
        raise SpecError(
            f"{cluster.name}: the graph has {found} devices, but the cluster {expected}",
            code="topology-sums",
            hint="make groups times of of every tier equal the groups below it",
        )


def _add_tiers(graph: Graph, cluster: ClusterSpec, most_hosts: int) -> None:
    tiers, size = fabric_tiers(cluster), cluster.domain_devices
    domains = cluster.hosts // cluster.domain_hosts
    detailed = cluster.hosts <= most_hosts or not tiers
    if detailed:
        members = [_add_domain(graph, cluster, index) for index in range(domains)]
    else:
        # One node stands for all members of an innermost group.
        of = tiers[0].of
        members = [f"{tiers[0].name}-{index}-members" for index in range(domains // of)]
        for name in members:
            graph.add_node(name, kind="hosts", tier=-1, devices=of * size, count=of)
    for position, tier in enumerate(tiers):
        aggregated = position == 0 and not detailed
        if tier.kind == "mesh" and not aggregated and tier.of <= _MOST_GROUPS:
            join_members(graph, tier, members, size)
            return
        held = size * tier.of
        groups = [f"{tier.name}-{index}" for index in range(cluster.devices // held)]
        for index, group in enumerate(groups):
            graph.add_node(group, kind="switch", tier=position, devices=held)
            inside = [members[index]] if aggregated else members[index * tier.of : (index + 1) * tier.of]
            for member in inside:
                link(graph, group, member, held / len(inside) * tier.bytes_per_s)
        members, size = groups, held


def _add_domain(graph: Graph, cluster: ClusterSpec, index: int) -> str:
    """Adds a host, a torus, or a scale-up domain with its hosts; returns the node that joins it to the fabric."""
    scale_up, hosts = cluster.host.scale_up, cluster.domain_hosts
    if scale_up is None or hosts == 1:
        name, kind = (f"torus-{index}", "torus") if scale_up is None else (f"host-{index}", "host")
        graph.add_node(name, kind=kind, tier=-1, devices=cluster.domain_devices)
        return name
    domain = f"domain-{index}"
    graph.add_node(domain, kind="domain", tier=0, devices=cluster.domain_devices)
    for host in range(index * hosts, (index + 1) * hosts):
        graph.add_node(f"host-{host}", kind="host", tier=-1, devices=cluster.host.accelerators)
        link(graph, domain, f"host-{host}", cluster.host.accelerators * scale_up.bandwidth_bytes_per_s)
    return domain


def _add_cables(graph: Graph, cluster: ClusterSpec) -> None:
    from .symmetry import graph_of_cables, member_names

    assert cluster.fabric is not None
    members = set(member_names(cluster.hosts, cluster.domain_hosts))
    kind = "torus" if cluster.host.torus is not None else "host" if cluster.domain_hosts == 1 else "domain"
    cables = graph_of_cables(cluster.fabric.links, cluster.hosts, cluster.domain_hosts)
    for node in cables:
        if node in members:
            graph.add_node(node, kind=kind, tier=-1, devices=cluster.domain_devices)
        else:
            graph.add_node(node, kind="switch", tier=0, devices=0)
    graph.add_edges_from(cables.edges(data=True))


def _add_chips(graph: Graph, cluster: ClusterSpec, most_hosts: int) -> None:
    """Chips where the torus is small, else blocks of chips, each with the links of its face; named by x, y and z."""
    torus = cluster.host.torus
    assert torus is not None
    order = axis_order(torus.axes)
    lengths = [torus.axes[axis] for axis in order]
    edges = [1] * len(order)
    if cluster.hosts > most_hosts:
        edges = [_edge(length, torus.wrap_multiple) for length in lengths]
    blocks = tuple(length // edge for length, edge in zip(lengths, edges, strict=True))
    held = prod(edges)
    for position in product(*(range(size) for size in blocks)):
        graph.add_node(_block(position), kind="chips", tier=-1, devices=held, count=held)
    closed, rates = closed_axes(torus, torus.axes), axis_rates(torus)
    for position in product(*(range(size) for size in blocks)):
        for at, (axis, size) in enumerate(zip(order, blocks, strict=True)):
            if size > 1 and (position[at] + 1 < size or closed[axis]):
                neighbour = (*position[:at], (position[at] + 1) % size, *position[at + 1 :])
                link(graph, _block(position), _block(neighbour), held // edges[at] * rates[axis])


def _edge(length: int, multiple: int) -> int:
    """The length of blocks that divide an axis: what slices are made of, or longer where these are too many."""
    first = multiple if length % multiple == 0 and length > multiple else 1
    divisors = (edge for edge in range(first, length + 1) if length % edge == 0)
    return next(edge for edge in divisors if length // edge <= _MOST_BLOCKS)


def _block(position: tuple[int, ...]) -> str:
    return "chips-" + "-".join(str(coordinate) for coordinate in position)
