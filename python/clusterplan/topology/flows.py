"""Maximum flows between the halves of a cluster: the referee of the closed forms, and the answer for plain cables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx

    from ..specs.cluster import ClusterSpec
    from .bisection import Bisection

    Graph = networkx.Graph[str]


def flow_between_halves_bytes_per_s(graph: Graph, halves: Bisection) -> float:
    """What can flow one way from the devices of the first half to those of the second, bytes/s.

    Args:
        graph: of `expand_graph`: nodes of kind ``device`` have a ``rank``, edges ``capacity_bytes_per_s``.
        halves: of `bisect`, for the same devices.
    """
    ends = {
        node: "from" if halves.in_first_half(data["rank"]) else "to"
        for node, data in graph.nodes(data=True)
        if data["kind"] == "device"
    }
    return _flow(graph, ends)


def flow_over_cables_bytes_per_s(cluster: ClusterSpec, first: int, devices: int) -> float:
    """What can flow from the ``first`` scale-up domains to the other hosts of ``devices`` over the cables, bytes/s."""
    from .symmetry import graph_of_cables, member_names, usable_cables

    hosts = -(-devices // cluster.host.accelerators)
    names = member_names(cluster.hosts)
    graph = graph_of_cables(usable_cables(cluster), cluster.hosts)
    graph.remove_nodes_from(names[hosts:])  # hosts pass nothing on
    halfway = first * cluster.domain_hosts
    return _flow(graph, {name: "from" if index < halfway else "to" for index, name in enumerate(names[:hosts])})


def _flow(graph: Graph, ends: dict[str, str]) -> float:
    from networkx import DiGraph, maximum_flow_value
    from networkx.algorithms.flow import shortest_augmenting_path

    # All devices of a half are one node, and flows are whole bytes, so that none is left over by rounding.
    capacities: dict[tuple[str, str], float] = {}
    for one, other, data in graph.edges(data=True):
        pair = ends.get(one, f"node {one}"), ends.get(other, f"node {other}")
        for tail, head in (pair, pair[::-1]):
            if tail != head:
                capacities[tail, head] = capacities.get((tail, head), 0.0) + data["capacity_bytes_per_s"]
    flows: networkx.DiGraph[str] = DiGraph()
    flows.add_nodes_from(("from", "to"))
    for (tail, head), rate in capacities.items():
        flows.add_edge(tail, head, capacity=round(rate))
    return float(maximum_flow_value(flows, "from", "to", flow_func=shortest_augmenting_path))
