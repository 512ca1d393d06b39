"""A fabric given cable by cable: hosts at the bottom, switches above them by their distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .boxes import box, notes
from .looks import ACCELERATOR, ACCELERATOR_EDGE, FIGURE, INK, LINK, MUTED, RAILS, SMALL, SWITCH, SWITCH_EDGE, rate
from .scene import Sketch

if TYPE_CHECKING:
    import networkx

    from clusterplan.specs.cluster import ClusterSpec

_ROW, _HEIGHT = 120.0, 38.0


def cables_panel(cluster: ClusterSpec) -> Sketch:
    """The drawing; its origin is the upper left corner."""
    from clusterplan.topology.symmetry import graph_of_cables, member_names

    assert cluster.fabric is not None
    graph = graph_of_cables(cluster.fabric.links, cluster.hosts, cluster.domain_hosts)
    members = member_names(cluster.hosts, cluster.domain_hosts)
    rows = _layers(graph, members)
    sketch = Sketch()
    places: dict[str, tuple[float, float]] = {}
    for row, nodes in enumerate(rows):
        pitch = FIGURE / len(nodes)
        for index, node in enumerate(nodes):
            places[node] = ((index + 0.5) * pitch, (len(rows) - 1 - row) * _ROW + _HEIGHT / 2)
    rates = sorted({data["capacity_bytes_per_s"] for _, _, data in graph.edges(data=True)})
    for one, other, data in graph.edges(data=True):
        bytes_per_s = data["capacity_bytes_per_s"]
        start, end = places[one], places[other]
        if start[1] == end[1] and abs(start[0] - end[0]) > FIGURE / len(rows[0]):
            middle = (start[0] + end[0]) / 2, start[1] - 44
            sketch.line([start, middle, end], _colour(rates, bytes_per_s), 2.0)
        else:
            sketch.line([start, end], _colour(rates, bytes_per_s), 2.0)
    for row, nodes in enumerate(rows):
        width = min(110.0, FIGURE / len(nodes) - 6)
        fill, stroke = (ACCELERATOR, ACCELERATOR_EDGE) if row == 0 else (SWITCH, SWITCH_EDGE)
        for node in nodes:
            x, y = places[node]
            words = [node if width > 40 else node.removeprefix("host")]
            box(sketch, x - width / 2, y - _HEIGHT / 2, width, _HEIGHT, words, fill=fill, stroke=stroke)
    below = notes(sketch, FIGURE + 40, 0, "cables", [(f"{graph.number_of_edges()} links, one way:", INK)])
    for bytes_per_s in rates:
        sketch.line([(FIGURE + 40, below + 8), (FIGURE + 80, below + 8)], _colour(rates, bytes_per_s), 3.0)
        count = sum(data["capacity_bytes_per_s"] == bytes_per_s for _, _, data in graph.edges(data=True))
        sketch.text(FIGURE + 90, below + 12, f"{rate(bytes_per_s)} ({count} links)", SMALL, MUTED)
        below += 20
    return sketch


def _colour(rates: list[float], bytes_per_s: float) -> str:
    return LINK if len(rates) == 1 else RAILS[rates.index(bytes_per_s) % len(RAILS)]


def _layers(graph: networkx.Graph[str], members: list[str]) -> list[list[str]]:
    """The nodes by their distance from the nearest host, each row in the order in which it is met."""
    rows, seen = [list(members)], set(members)
    while rows[-1]:
        above: list[str] = []
        for node in rows[-1]:
            for other in graph.adj[node]:
                if other not in seen:
                    seen.add(other)
                    above.append(other)
        rows.append(above)
    return rows[:-1]
