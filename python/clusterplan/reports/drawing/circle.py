"""A host whose accelerators are joined directly: on a circle, every link a line, network cards outside."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import cos, pi, sin
from typing import TYPE_CHECKING

from clusterplan.topology.cards import devices_of, rail_count

from .boxes import box, notes
from .looks import (
    ACCELERATOR,
    ACCELERATOR_EDGE,
    CARD,
    CARD_EDGE,
    CARD_LINK,
    FIGURE,
    MUTED,
    SCALE_UP_LINK,
    SMALL,
    THIN_LINK,
    bits,
    rail_colour,
    rate,
)
from .notes import card_notes, scale_up_notes
from .scene import Sketch

if TYPE_CHECKING:
    from clusterplan.specs.cluster import ClusterSpec

_WIDTH, _HEIGHT, _CARD_WIDTH, _CARD_HEIGHT = 92.0, 40.0, 84.0, 40.0
Links = list[tuple[int, int, float]]


def circle_host(cluster: ClusterSpec) -> Sketch:
    """The drawing of such a host; its origin is the upper left corner."""
    scale_up, count, cards = cluster.host.scale_up, cluster.host.accelerators, cluster.host.nics
    assert scale_up is not None
    page, sketch = Sketch(), Sketch()
    # One box a rail: a card, or all the cards of a device.
    drawn = rail_count(cluster.host)
    each = cards.count // drawn if cards is not None else 0
    radius = max(120.0, count * 24.0)
    outer = radius + 118 if drawn else radius
    middle = FIGURE / 2, outer + _CARD_HEIGHT / 2 + 4

    def at(place: float, far: float) -> tuple[float, float]:
        turn = 2 * pi * (place + 0.5) / count - pi / 2
        # Wider than high, as pages are.
        return middle[0] + 1.3 * far * cos(turn), middle[1] + 0.82 * far * sin(turn)

    links = _links(cluster)
    rates = sorted({rate_ for _, _, rate_ in links})
    for one, other, bytes_per_s in links:
        width = 1.6 + 2.4 * rates.index(bytes_per_s)
        sketch.line([at(one, radius), at(other, radius)], SCALE_UP_LINK if width > 1.6 else THIN_LINK, width)
    rails = cluster.fabric is not None and cluster.fabric.rails
    places = []
    for index in range(drawn):
        served = devices_of(cluster.host, index * each)
        centre = sum(served) / len(served)
        far = outer if len(served) < count else 0.0
        places.append((index, at(centre, far)))
        for device in served:
            sketch.line([at(device, radius), places[-1][1]], rail_colour(index) if rails else CARD_LINK, 1.6)
    for device in range(count):
        x, y = at(device, radius)
        box(
            sketch,
            x - _WIDTH / 2,
            y - _HEIGHT / 2,
            _WIDTH,
            _HEIGHT,
            [f"device {device}"],
            fill=ACCELERATOR,
            stroke=ACCELERATOR_EDGE,
        )
    for index, (x, y) in places:
        assert cards is not None
        words = [f"card {index}" if each == 1 else f"{each} cards", bits(cards.bandwidth_bytes_per_s)]
        box(
            sketch,
            x - _CARD_WIDTH / 2,
            y - _CARD_HEIGHT / 2,
            _CARD_WIDTH,
            _CARD_HEIGHT,
            words,
            fill=CARD,
            stroke=rail_colour(index) if rails else CARD_EDGE,
            stroke_width=2.0 if rails else 1.2,
        )
    page.place(sketch, 0, -sketch.bounds()[1])
    end = notes(page, FIGURE + 40, 0, scale_up.technology, scale_up_notes(cluster))
    for position, bytes_per_s in enumerate(rates):
        width = 1.6 + 2.4 * position
        page.line([(FIGURE + 40, end + 8), (FIGURE + 80, end + 8)], SCALE_UP_LINK if width > 1.6 else THIN_LINK, width)
        pairs = sum(rate_ == bytes_per_s for _, _, rate_ in links)
        page.text(FIGURE + 90, end + 12, f"{rate(bytes_per_s)} one way ({pairs} pairs)", SMALL, MUTED)
        end += 20
    notes(page, FIGURE + 40, end + 12, "network cards", card_notes(cluster))
    return page


def _links(cluster: ClusterSpec) -> Links:
    scale_up, count = cluster.host.scale_up, cluster.host.accelerators
    assert scale_up is not None
    whole = scale_up.bandwidth_bytes_per_s
    if scale_up.kind == "links":
        return _added(scale_up.links)
    if scale_up.kind == "mesh":
        return [(one, other, whole / max(1, count - 1)) for one, other in combinations(range(count), 2)]
    around = [(device, (device + 1) % count, whole / 2) for device in range(count)]
    return around if scale_up.wraps else around[:-1]


def _added(links: Iterable[tuple[int, int, float]]) -> Links:
    """Parallel links as one."""
    sums: dict[tuple[int, int], float] = {}
    for one, other, bytes_per_s in links:
        pair = min(one, other), max(one, other)
        sums[pair] = sums.get(pair, 0.0) + bytes_per_s
    return [(*pair, total) for pair, total in sorted(sums.items())]
