"""What is wrong with cables that do not join all members: islands, ways through a host, switches with one link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import SpecError
from ..specs.validation import nearest

if TYPE_CHECKING:
    import networkx

    Graph = networkx.Graph[str]


def check_joined(graph: Graph, members: Sequence[str], distances: Sequence[Mapping[str, int]]) -> None:
    """Check that every member reaches every other over switches.

    Args:
        graph: members and switches.
        members: the nodes that hold devices.
        distances: hops from each member to every node that it reaches; no way leads through another member.

    Raises:
        SpecError: ``topology-disconnected``; it says where only a way through other hosts is left.
    """
    apart = next(
        (
            (member, other)
            for member, near in zip(members, distances, strict=True)
            for other in members
            if other not in near
        ),
        None,
    )
    if apart is None:
        return
    import networkx

    first, other = apart
    if networkx.has_path(graph, first, other):
        raise SpecError(
            f"graph disconnected: {first} reaches {other} only through other hosts, but hosts pass nothing on: traffic "
            "between hosts goes over switches",
            code="topology-disconnected",
            hint="add the switches that join them, or the links between every two hosts",
        )
    islands = sum(not part.isdisjoint(members) for part in networkx.connected_components(graph))
    raise SpecError(
        f"graph disconnected: {islands} islands with no link between them, such as those of {first} and {other}",
        code="topology-disconnected",
        hint="add the links that join them",
    )


def lonely_switch(graph: Graph, members: Sequence[str]) -> tuple[str, str, str | None] | None:
    """A switch that one member alone is linked to, that member, and the switch whose name is most like it.

    Example:
        >>> import networkx
        >>> cables = [("host0", "leaf1"), ("host1", "leaf1"), ("host2", "leaf9")]
        >>> lonely_switch(networkx.Graph(cables), ["host0", "host1", "host2"])
        ('leaf9', 'host2', 'leaf1')
    """
    own = set(members)
    switches = [node for node in graph if node not in own]
    for switch in switches:
        neighbours = list(graph.adj[switch])
        if len(neighbours) == 1 and neighbours[0] in own:
            others = [other for other in switches if other != switch and graph.degree(other) > 1]
            close = nearest(switch, others, count=1)
            return switch, neighbours[0], close[0] if close else None
    return None
