"""The graph of a cluster in networkx, with capacities: for drawing and as the referee of the arithmetic checks.

Small clusters have a node for every host; in large ones the members of the innermost groups are one node each with
a ``count``, so that the graph stays readable. A search never builds it.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from ..errors import SpecError
from .checks import check_sums
from .levels import network_bytes_per_s

if TYPE_CHECKING:
    import networkx

    from ..specs.cluster import ClusterSpec

    Graph = networkx.Graph[str]

_MOST_HOSTS = 256


def build_graph(cluster: ClusterSpec, *, most_hosts: int = _MOST_HOSTS) -> Graph:
    """The cluster as a graph.

    Nodes have ``kind`` (``switch``, ``domain``, ``host`` or ``chips``), ``tier`` (-1 for the leaves) and ``devices``.
    Edges have ``capacity_bytes_per_s``, one way, of everything below the edge together.

    Args:
        cluster: the cluster; its sums are not checked here.
        most_hosts: up to how many hosts every host is a node of its own.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> build_graph(load_cluster("dgx-a100-superpod")).number_of_nodes()  # 140 hosts, 7 leaves, 1 core
        148
    """
    import networkx

    graph: Graph = networkx.Graph(name=cluster.name)
    if cluster.host.torus is not None:
        _add_torus(graph, cluster, most_hosts)
    else:
        _add_tree(graph, cluster, most_hosts)
    return graph


def check_topology(cluster: ClusterSpec) -> tuple[str, ...]:
    """Check the sums of a cluster and that its graph is connected; returns sentences on what was found.

    Raises:
        SpecError: the numbers do not add up, or the graph falls into islands.
    """
    import networkx

    check_sums(cluster)
    graph = build_graph(cluster)
    islands = networkx.number_connected_components(graph)
    if islands != 1:
        raise SpecError(
            f"{cluster.name}: graph disconnected: {islands} islands with no link between them",
            code="topology-disconnected",
            hint="add a last tier with groups: 1",
        )
    devices = sum(int(data["devices"]) for _, data in graph.nodes(data=True) if data["tier"] == -1)
    if devices != cluster.devices:
        raise SpecError(
            f"{cluster.name}: the graph has {devices} devices, but the cluster {cluster.devices}",
            code="topology-sums",
            hint="make groups x of of every tier equal the groups below it",
        )
    return (
        f"{cluster.hosts} hosts of {cluster.host.accelerators} {cluster.accelerator}: {cluster.devices} devices",
        f"{graph.number_of_nodes()} nodes and {graph.number_of_edges()} links, connected",
        *_tier_sentences(cluster),
    )


def _tier_sentences(cluster: ClusterSpec) -> list[str]:
    sentences, rate = [], network_bytes_per_s(cluster)
    for tier in cluster.fabric.tiers if cluster.fabric is not None else ():
        rate = tier.bandwidth_bytes_per_s or (rate or 0.0) / (tier.oversubscription or 1.0)
        sentences.append(
            f"{tier.name}: {tier.groups} group{'s' * (tier.groups > 1)} of {tier.of}, {rate / 1e9:.4g} GB/s a device"
        )
    return sentences


def _add_tree(graph: Graph, cluster: ClusterSpec, most_hosts: int) -> None:
    scale_up, per_host = cluster.host.scale_up, cluster.host.accelerators
    assert scale_up is not None
    tiers = cluster.fabric.tiers if cluster.fabric is not None else ()
    domains = cluster.hosts // scale_up.hosts
    detailed = cluster.hosts <= most_hosts or not tiers
    if detailed:
        below = [f"domain-{index}" if scale_up.hosts > 1 else f"host-{index}" for index in range(domains)]
        for index, name in enumerate(below):
            leaf = scale_up.hosts == 1
            kind, tier_of = ("host", -1) if leaf else ("domain", 0)
            graph.add_node(name, kind=kind, tier=tier_of, devices=cluster.domain_devices)
            for inner in range(0 if leaf else scale_up.hosts):
                host = f"host-{index * scale_up.hosts + inner}"
                graph.add_node(host, kind="host", tier=-1, devices=per_host)
                graph.add_edge(name, host, capacity_bytes_per_s=per_host * scale_up.bandwidth_bytes_per_s)
    else:
        # One node stands for all members of an innermost group.
        of = tiers[0].of
        below = [f"{tiers[0].name}-{index}-members" for index in range(domains // of)]
        for name in below:
            graph.add_node(name, kind="hosts", tier=-1, devices=of * cluster.domain_devices, count=of)
    rate, group_devices = network_bytes_per_s(cluster), cluster.domain_devices
    for position, tier in enumerate(tiers):
        aggregated = position == 0 and not detailed
        if tier.bandwidth_bytes_per_s is not None:
            rate = tier.bandwidth_bytes_per_s
        elif rate is not None:
            rate /= tier.oversubscription or 1.0
        member_devices = group_devices * tier.of if aggregated else group_devices
        switches = [f"{tier.name}-{index}" for index in range(tier.groups)]
        for index, switch in enumerate(switches):
            graph.add_node(switch, kind="switch", tier=position, devices=group_devices * tier.of)
            members = [below[index]] if aggregated else below[index * tier.of : (index + 1) * tier.of]
            for member in members:
                graph.add_edge(switch, member, capacity_bytes_per_s=member_devices * (rate or 0.0))
        below, group_devices = switches, group_devices * tier.of


def _add_torus(graph: Graph, cluster: ClusterSpec, most_hosts: int) -> None:
    """Chips where the torus is small, else blocks of chips, each with the links of its face."""
    torus = cluster.host.torus
    assert torus is not None
    edge = torus.wrap_multiple if cluster.hosts > most_hosts else 1
    if any(axis % edge for axis in torus.axes):
        edge = 1
    blocks = tuple(axis // edge for axis in torus.axes)
    face = edge ** (len(blocks) - 1)
    for position in product(*(range(size) for size in blocks)):
        graph.add_node(_block(position), kind="chips", tier=-1, devices=edge ** len(blocks), count=edge ** len(blocks))
    attributes: dict[str, Any] = {"capacity_bytes_per_s": face * torus.link_bytes_per_s}
    for position in product(*(range(size) for size in blocks)):
        for axis, size in enumerate(blocks):
            wraps = torus.axes[axis] % torus.wrap_multiple == 0
            if size > 1 and (position[axis] + 1 < size or wraps):
                neighbour = (*position[:axis], (position[axis] + 1) % size, *position[axis + 1 :])
                graph.add_edge(_block(position), _block(neighbour), **attributes)


def _block(position: tuple[int, ...]) -> str:
    return "chips-" + "-".join(str(coordinate) for coordinate in position)
