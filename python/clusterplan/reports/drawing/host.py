"""The inside of a host, or of a scale-up domain of several: accelerators, what joins them, network cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusterplan.topology.cards import devices_of, rail_of_card

from .boxes import box, dots, notes
from .circle import circle_host
from .looks import (
    ACCELERATOR,
    ACCELERATOR_EDGE,
    CARD,
    CARD_EDGE,
    CARD_LINK,
    FIGURE,
    GROUP_EDGE,
    MUTED,
    PANEL,
    SCALE_UP_LINK,
    SWITCH,
    SWITCH_EDGE,
    bits,
    rail_colour,
    rate,
    shown,
)
from .notes import card_notes, scale_up_notes
from .scene import Sketch
from .torus import torus_host

if TYPE_CHECKING:
    from clusterplan.specs.cluster import ClusterSpec

_MOST_ACCELERATORS, _MOST_HOSTS = 16, 7
_GAP = 10.0


def host_panel(cluster: ClusterSpec) -> Sketch:
    """The drawing of a host; its origin is the upper left corner."""
    scale_up = cluster.host.scale_up
    if scale_up is None:
        return torus_host(cluster)
    direct = scale_up.kind in ("mesh", "ring", "links") and cluster.host.accelerators <= _MOST_ACCELERATORS
    if direct and scale_up.hosts == 1 and not scale_up.inside:
        return circle_host(cluster)
    return _row_host(cluster)


def _row_host(cluster: ClusterSpec) -> Sketch:
    """Accelerators in a row below the bar of the scale-up network, cards below them."""
    scale_up, count = cluster.host.scale_up, cluster.host.accelerators
    assert scale_up is not None
    sketch = Sketch()
    several = scale_up.hosts > 1
    room = FIGURE * (0.52 if several else 1.0)
    bar, top_devices = 46.0, 118.0
    inner = scale_up.inside
    if inner:
        top_devices += 84.0
    places = shown(count, _MOST_ACCELERATORS)
    pitch = room / len(places)
    width = min(128.0, pitch - (_GAP if not inner else 22))
    box(sketch, 0, 0, FIGURE, bar, [scale_up.technology, _bar_words(cluster)], fill=SWITCH, stroke=SWITCH_EDGE)
    if several:
        sketch.rectangle(0, top_devices - 20, room, 202, fill=PANEL, stroke=GROUP_EDGE, radius=8.0)
        sketch.text(room / 2, top_devices + 168, f"host 0 of {scale_up.hosts}", 12.0, MUTED, anchor="middle")
    centres = {index: (place + 0.5) * pitch for place, index in enumerate(places) if index is not None}
    if inner:
        _inner_bars(sketch, cluster, centres, pitch, bar, top_devices)
    else:
        for centre in centres.values():
            sketch.line([(centre, bar), (centre, top_devices)], SCALE_UP_LINK, 2.0)
    first = min(centres.values())
    link_y = top_devices - 84 - 12 if inner else bar + (24 if several else 40)
    if not inner and pitch > 75:
        sketch.text(first + 6, link_y, rate(scale_up.bandwidth_bytes_per_s), 12.0, SCALE_UP_LINK)
    for index, centre in centres.items():
        name = [f"device {index}"] if width >= 70 else [str(index)]
        box(
            sketch,
            centre - width / 2,
            top_devices,
            width,
            50,
            [*name, cluster.accelerator if width >= 100 else ""],
            fill=ACCELERATOR,
            stroke=ACCELERATOR_EDGE,
        )
    if None in places:
        dots(sketch, (places.index(None) + 0.5) * pitch, top_devices + 25)
    _cards(sketch, cluster, centres, pitch, room, top_devices + 50)
    if several:
        _other_hosts(sketch, cluster, room + 24, bar, top_devices)
    end = notes(sketch, FIGURE + 40, 0, scale_up.technology, scale_up_notes(cluster))
    notes(sketch, FIGURE + 40, end + 12, "network cards", card_notes(cluster))
    return sketch


def _bar_words(cluster: ClusterSpec) -> str:
    scale_up = cluster.host.scale_up
    assert scale_up is not None
    if scale_up.inside:
        what = f"between the {scale_up.inside[-1].name}s ({scale_up.kind})"
    elif scale_up.kind == "switch":
        what = "any pair at full rate"
    elif scale_up.kind == "mesh":
        what = "links between each pair"
    else:
        what = "a ring" if scale_up.wraps else "an open ring"
    devices = f" of {cluster.domain_devices} accelerators" if scale_up.hosts > 1 else ""
    return f"{what}{devices}, {rate(scale_up.bandwidth_bytes_per_s)} an accelerator one way"


def _inner_bars(
    sketch: Sketch, cluster: ClusterSpec, centres: dict[int, float], pitch: float, bar: float, top: float
) -> None:
    """The groups inside a host: frames around their accelerators, a bar each, and the links up."""
    scale_up = cluster.host.scale_up
    assert scale_up is not None
    group = scale_up.inside[-1]
    for first in range(0, cluster.host.accelerators, group.devices):
        inside = [centres[index] for index in range(first, first + group.devices) if index in centres]
        if not inside:
            continue
        left, right = inside[0] - pitch / 2 + 3, inside[-1] + pitch / 2 - 3
        sketch.rectangle(left, top - 96, right - left, 156, fill=PANEL, stroke=GROUP_EDGE, radius=8.0)
        wide = right - left > 150
        words = [
            f"{group.name} {first // group.devices}",
            f"{rate(group.bandwidth_bytes_per_s)} each, {group.kind}" if wide else "",
        ]
        box(sketch, left + 8, top - 84, right - left - 16, 40, words, fill=SWITCH, stroke=SWITCH_EDGE)
        for centre in inside:
            sketch.line([(centre, top - 44), (centre, top)], SCALE_UP_LINK, 3.0)
        middle = (left + right) / 2
        out = len(inside) * scale_up.bandwidth_bytes_per_s
        sketch.line([(middle, bar), (middle, top - 84)], SCALE_UP_LINK, 1.5)
        sketch.text(middle + 7, (bar + top - 96) / 2 + 5, rate(out), 12.0, SCALE_UP_LINK)


def _cards(
    sketch: Sketch, cluster: ClusterSpec, centres: dict[int, float], pitch: float, room: float, top: float
) -> None:
    cards, accelerators = cluster.host.nics, cluster.host.accelerators
    if cards is None:
        return
    rails = cluster.fabric is not None and cluster.fabric.rails
    drawn: list[tuple[int, float, list[float]]] = []
    for index in range(cards.count):
        served = [centres[device] for device in devices_of(cluster.host, index) if device in centres]
        if served:
            beside = max(1, cards.count // accelerators)
            step = (pitch - 4) / beside
            shift = (index % beside - (beside - 1) / 2) * step if beside > 1 else 0.0
            drawn.append((index, sum(served) / len(served) + shift, served))
    beside = max(1, cards.count // accelerators)
    width = min(96.0, pitch / beside - 4, room)
    y = top + 52
    for index, centre, served in drawn:
        colour = rail_colour(rail_of_card(cluster.host, index)) if rails else CARD_LINK
        for place in served:
            sketch.line([(place, top), (centre, y)], colour, 1.6)
    for index, centre, _ in drawn:
        colour = rail_colour(rail_of_card(cluster.host, index)) if rails else CARD_EDGE
        words = [f"card {index}" if width >= 52 else str(index) if width >= 16 else ""]
        words += [bits(cards.bandwidth_bytes_per_s)] if width >= 60 else []
        box(
            sketch,
            centre - width / 2,
            y,
            width,
            42,
            words,
            fill=CARD,
            stroke=colour,
            stroke_width=2.0 if rails else 1.2,
        )


def _other_hosts(sketch: Sketch, cluster: ClusterSpec, left: float, bar: float, top: float) -> None:
    """The other hosts of a domain, small."""
    scale_up, count = cluster.host.scale_up, cluster.host.accelerators
    assert scale_up is not None
    places = shown(scale_up.hosts - 1, _MOST_HOSTS)
    pitch = (FIGURE - left) / len(places)
    width = pitch - 10
    for place, index in enumerate(places):
        x = left + place * pitch + 5
        if index is None:
            dots(sketch, x + width / 2, top + 60)
            continue
        sketch.line([(x + width / 2, bar), (x + width / 2, top - 20)], SCALE_UP_LINK, 2.0)
        sketch.rectangle(x, top - 20, width, 202, fill=PANEL, stroke=GROUP_EDGE, radius=8.0)
        sketch.text(x + width / 2, top + 168, f"{index + 1}", 12.0, MUTED, anchor="middle")
        height = min(38.0, 152.0 / count)
        for device in range(count):
            sketch.rectangle(
                x + width * 0.2,
                top + device * height,
                width * 0.6,
                height - 7,
                fill=ACCELERATOR,
                stroke=ACCELERATOR_EDGE,
                radius=3.0,
            )
