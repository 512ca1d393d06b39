"""The network between hosts: tiers as rows, each row the inside of the first group of the row above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clusterplan.reports.units import significant
from clusterplan.topology.bisection import fabric_tiers, seen_levels
from clusterplan.topology.cards import rail_count
from clusterplan.topology.fabric import is_oversubscribed
from clusterplan.topology.halving import Tier

from .boxes import box, dots, notes
from .letters import text_width
from .looks import (
    ACCELERATOR,
    ACCELERATOR_EDGE,
    FAINT,
    FIGURE,
    FOCUS,
    GROUP,
    GROUP_EDGE,
    INK,
    LINK,
    MUTED,
    RAILS,
    SMALL,
    SWITCH,
    SWITCH_EDGE,
    WARNING,
    microseconds,
    rail_colour,
    rate,
    shown,
)
from .scene import Sketch
from .torus import torus_panel

if TYPE_CHECKING:
    from clusterplan.specs.cluster import ClusterSpec

_MOST_MEMBERS = 8
_MOST_CABLED = 48  # ends of cables that are drawn one by one
_BAR, _DROP, _BOX, _ZOOM = 44.0, 74.0, 50.0, 40.0


@dataclass(frozen=True)
class Row:
    """One tier to draw.

    Attributes:
        tier: what it is.
        groups: how many groups of it there are.
        member: what its members are called.
        member_devices: devices of one of them.
        oversubscription: of the tier, or ``None``.
        latency_s: of the wire, or ``None`` where only that of a hop is known.
        innermost: whether its members are hosts, domains or tori.
    """

    tier: Tier
    groups: int
    member: str
    member_devices: int
    oversubscription: float | None
    latency_s: float | None
    innermost: bool

    @property
    def name(self) -> str:
        """The name of a group of this tier."""
        return self.tier.name


def fabric_panel(cluster: ClusterSpec) -> Sketch:
    """The drawing of the fabric, outermost tier first; its origin is the upper left corner."""
    torus = cluster.host.torus
    sketch, y = Sketch(), 0.0
    if cluster.fabric is not None and cluster.fabric.links and _cable_ends(cluster) <= _MOST_CABLED:
        from .cables import cables_panel

        sketch.place(cables_panel(cluster), 0, 0)
        y = sketch.bounds()[3] + _ZOOM
    else:
        for row in _rows(cluster):
            drawn = _ring_of_groups(cluster, row) if row.tier.kind == "mesh" else _row(cluster, row)
            sketch.place(drawn, 0, y)
            y += drawn.bounds()[3]
    if torus is not None:
        sketch.place(torus_panel(cluster), 0, y)
    if not sketch.items:
        sketch.text(0, 14, "There is no fabric: one scale-up domain is all of the cluster.", 13.0, MUTED)
    return sketch


def _cable_ends(cluster: ClusterSpec) -> int:
    assert cluster.fabric is not None
    return len({end for cable in cluster.fabric.links for end in cable[:2]})


def _rows(cluster: ClusterSpec) -> list[Row]:
    tiers = fabric_tiers(cluster)
    seen = {level.name: level for level in seen_levels(cluster)}
    wires = {tier.name: tier.latency_s for tier in cluster.fabric.tiers} if cluster.fabric is not None else {}
    torus, several = cluster.host.torus is not None, cluster.domain_hosts > 1
    member, size = "torus" if torus else "domain" if several else "host", cluster.domain_devices
    rows = []
    for position, tier in enumerate(tiers):
        held = size * tier.of
        level = seen.get(tier.name)
        rows.append(
            Row(
                tier,
                cluster.devices // held,
                member,
                size,
                level.oversubscription if level is not None else None,
                wires.get(tier.name),
                position == 0,
            )
        )
        member, size = tier.name, held
    return rows[::-1]


def _rails(cluster: ClusterSpec, row: Row) -> int:
    fabric = cluster.fabric
    return rail_count(cluster.host) if row.innermost and fabric is not None and fabric.rails else 1


def _row(cluster: ClusterSpec, row: Row) -> Sketch:
    sketch = Sketch()
    rails = _rails(cluster, row)
    over = is_oversubscribed(row.oversubscription)
    colour = WARNING if over else LINK
    places = shown(row.tier.of, _MOST_MEMBERS if rails <= 8 else 6)
    pitch = FIGURE / max(len(places), 4)
    left = (FIGURE - pitch * len(places)) / 2
    width = pitch - 14
    ports = _bars(sketch, row, rails)
    box_y = _BAR + _DROP
    label_at: float | None = None
    for place, index in enumerate(places):
        x = left + (place + 0.5) * pitch
        if index is None:
            dots(sketch, x, box_y + _BOX / 2)
            continue
        for rail, port in enumerate(ports):
            spread = (rail - (len(ports) - 1) / 2) * (width - 16) / len(ports)
            if len(ports) > 1:
                sketch.line([(port, _BAR), (x + spread, box_y)], rail_colour(rail), 1.3)
            else:
                sketch.line([(x, _BAR), (x, box_y)], colour, 1.6 if over else 2.8)
        label_at = x if label_at is None else label_at
        focus = index == 0 and not row.innermost
        _member(sketch, cluster, row, index, x - width / 2, box_y, width, focus=focus)
    if label_at is not None and len(ports) == 1:
        _plate(sketch, label_at + 7, _BAR + _DROP / 2 + 5, rate(row.tier.bytes_per_s * row.member_devices), colour)
    if not row.innermost or cluster.host.torus is not None:
        _zoom(sketch, left + 7, left + 7 + width, box_y + _BOX)
    _row_notes(sketch, cluster, row, rails)
    return sketch


def _bars(sketch: Sketch, row: Row, rails: int) -> list[float]:
    """The switches of a group: one bar, or one a rail; returns the middles of their lower edges."""
    which = f"one of {row.groups:,} groups" if row.groups > 1 else "one group"
    if rails == 1:
        held = f"{which} of {row.tier.of:,} {_many(row.member, row.tier.of)}"
        box(sketch, 0, 0, FIGURE, _BAR, [row.name, held], fill=SWITCH, stroke=SWITCH_EDGE)
        return [FIGURE / 2]
    pitch = FIGURE / rails
    for rail in range(rails):
        words = [f"{row.name} rail {rail}" if pitch > 100 else f"rail {rail}" if pitch > 50 else str(rail)]
        box(
            sketch,
            rail * pitch + 4,
            0,
            pitch - 8,
            _BAR,
            words,
            fill=SWITCH,
            stroke=rail_colour(rail),
            stroke_width=2.4,
        )
    return [(rail + 0.5) * pitch for rail in range(rails)]


def _member(
    sketch: Sketch, cluster: ClusterSpec, row: Row, index: int, x: float, y: float, width: float, *, focus: bool
) -> None:
    """The box of a member; hosts show their accelerators."""
    name = f"{row.member}{' #' if row.member[-1].isdigit() else ' '}{index}"
    if row.member != "host" or cluster.host.accelerators > 16:
        words = [name, f"{row.member_devices:,} devices"]
        fill, stroke = (FOCUS, ACCELERATOR_EDGE) if focus else (GROUP, GROUP_EDGE)
        box(sketch, x, y, width, _BOX, words, fill=fill, stroke=stroke)
        return
    sketch.rectangle(x, y, width, _BOX, fill=GROUP, stroke=GROUP_EDGE, stroke_width=1.2, radius=5.0)
    sketch.text(x + width / 2, y + 19, name, 13.0, INK, anchor="middle", bold=True)
    count = cluster.host.accelerators
    pitch = min(13.0, (width - 10) / count)
    start = x + (width - pitch * count) / 2
    for device in range(count):
        sketch.rectangle(
            start + device * pitch + 1.5, y + 29, pitch - 3, 12, fill=ACCELERATOR, stroke=ACCELERATOR_EDGE, radius=2.0
        )


def _many(noun: str, count: int) -> str:
    if count == 1:
        return noun
    if noun[-1].isdigit():
        return f"{noun} groups"
    others = {"torus": "tori", "leaf": "leaves"}
    return others.get(noun, noun if noun.endswith("s") else f"{noun}es" if noun.endswith(("ch", "x")) else f"{noun}s")


def _zoom(sketch: Sketch, left: float, right: float, y: float) -> None:
    """Lines from a box to the row below, which shows its inside."""
    sketch.line([(left, y), (0, y + _ZOOM)], FAINT, 1.4, dashed=True)
    sketch.line([(right, y), (FIGURE, y + _ZOOM)], FAINT, 1.4, dashed=True)


def _plate(sketch: Sketch, x: float, y: float, text: str, colour: str) -> None:
    """A text beside a line, on a light ground so that lines behind it do not cross it."""
    sketch.rectangle(x - 3, y - 12, text_width(text, SMALL) + 8, 16, fill="#ffffff", radius=3.0)
    sketch.text(x, y, text, SMALL, colour)


def _row_notes(sketch: Sketch, cluster: ClusterSpec, row: Row, rails: int) -> None:
    members = row.member_devices
    groups = f"x {row.groups:,} " if row.groups > 1 else ""
    heading = f"{row.name} {groups}"
    lines = [
        (
            f"joins {row.tier.of:,} {_many(row.member, row.tier.of)} of {members:,}: {members * row.tier.of:,} devices",
            MUTED,
        ),
        (f"{rate(row.tier.bytes_per_s)} a device one way, {rate(row.tier.bytes_per_s * members)} a {row.member}", INK),
    ]
    over = row.oversubscription
    if over is not None and is_oversubscribed(over):
        lines.append((f"oversubscription {significant(over)}:1", WARNING))
    elif over is not None:
        lines.append(("not oversubscribed (1:1)", MUTED))
    if rails > 1:
        cards = cluster.host.nics
        several = cards is not None and cards.count > rails
        what = "the cards of device i of every host are" if several else "card i of every host is"
        lines.append((f"{rails} rails: {what} on leaf i of its group", RAILS[0]))
    if row.latency_s is not None:
        lines.append((f"latency {microseconds(row.latency_s)} on the wire", MUTED))
    notes(sketch, FIGURE + 40, 0, heading.strip(), lines)


def _ring_of_groups(cluster: ClusterSpec, row: Row) -> Sketch:
    """A dragonfly: its groups on a circle, with the links between each pair."""
    from .dragonfly import dragonfly

    pair = row.tier.pair_bytes_per_s or 0.0
    tier = next(tier for tier in cluster.fabric.tiers if tier.name == row.tier.name) if cluster.fabric else None
    links = tier.links_per_pair if tier is not None else None
    sketch, where = dragonfly(row.tier.of, row.member, row.member_devices)
    each = f"{links} x {rate(pair / links)} between each pair of groups" if links else f"{rate(pair)} between each pair"
    out = pair * (row.tier.of - 1)
    lines = [
        (f"joins {row.tier.of:,} {_many(row.member, row.tier.of)} of {row.member_devices:,} devices", MUTED),
        (f"{each}, one way", INK),
        (f"{rate(out)} out of a {row.member}, {rate(row.tier.bytes_per_s)} a device", INK),
    ]
    over = row.oversubscription
    if over is not None and is_oversubscribed(over):
        lines.append((f"oversubscription {significant(over)}:1", WARNING))
    if row.latency_s is not None:
        lines.append((f"latency {microseconds(row.latency_s)} on the wire", MUTED))
    notes(sketch, FIGURE + 40, 0, f"{row.name} (dragonfly)", lines)
    left, right, bottom = where
    if not row.innermost:
        _zoom(sketch, left, right, bottom)
    return sketch
