"""A torus as a projected grid, and the host that is a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import pi, prod, sin
from typing import TYPE_CHECKING

from clusterplan.specs.placements import AXIS_LETTERS
from clusterplan.topology.cards import cards_of, rail_of_card
from clusterplan.topology.torus import axis_order, axis_rates, closed_axes, place_slice

from .boxes import box, notes
from .looks import (
    ACCELERATOR,
    ACCELERATOR_EDGE,
    AXES,
    BODY,
    FIGURE,
    INK,
    MUTED,
    WRAP,
    microseconds,
    rail_colour,
    rate,
)
from .notes import Lines, card_notes
from .scene import Point, Sketch

if TYPE_CHECKING:
    from clusterplan.specs.cluster import ClusterSpec

_MOST_NODES = 8  # along an axis
_MOST_DEPTH = 4  # along the shortest of three
_NODE = 16.0


@dataclass(frozen=True)
class _Axis:
    """One axis of a torus, named and numbered as the levels of the network are: x is the shortest."""

    letter: str
    colour: str
    length: int
    host_length: int
    bytes_per_s: float
    closed: bool


def torus_panel(cluster: ClusterSpec) -> Sketch:
    """One torus with its axes, their links and where they close; its origin is the upper left corner."""
    torus = cluster.host.torus
    assert torus is not None
    sketch = Sketch()
    axes = _axes(cluster)
    edge = _edge([axis.length for axis in axes])
    blocks = tuple(-(-axis.length // edge) for axis in axes)
    # The longest axis lies along the page; the shortest of three goes into it.
    order = list(range(len(blocks)))[::-1]
    place = _Projection(blocks, order)
    drawing = Sketch()
    for rank, axis in enumerate(order):
        _axis_mark(drawing, place, blocks, axes[axis], axis, rank, order)
    for position in sorted(product(*(range(size) for size in blocks)), key=lambda one: -one[order[-1]]):
        x, y = place(position)
        for axis, size in enumerate(blocks):
            if position[axis] + 1 < size:
                neighbour = tuple(value + (at == axis) for at, value in enumerate(position))
                drawing.line([(x, y), place(neighbour)], axes[axis].colour, 1.6)
    for position in sorted(product(*(range(size) for size in blocks)), key=lambda one: -one[order[-1]]):
        x, y = place(position)
        drawing.rectangle(
            x - _NODE / 2, y - _NODE / 2, _NODE, _NODE, fill=ACCELERATOR, stroke=ACCELERATOR_EDGE, radius=4.0
        )
    left, top, right, _ = drawing.bounds()
    sketch.place(drawing, (FIGURE - (right - left)) / 2 - left, -top)
    lines: Lines = []
    for one in axes:
        way = "closed" if one.closed else "open"
        words = f"{one.letter}: {one.length} chips, {rate(one.bytes_per_s)} a link one way, {way}"
        lines.append((words, one.colour))
    lines.append((f"latency {microseconds(torus.latency_s)} a hop", MUTED))
    if edge > 1:
        by = " x ".join([str(edge)] * len(blocks))
        even = "" if all(one.length % edge == 0 for one in axes) else "up to "
        lines.append(
            (f"every node here is a block of {even}{by} chips, every line its {edge ** (len(blocks) - 1)} links", INK)
        )
    if any(one.closed for one in axes):
        lines.append(("dashed: the wrap-around links that every row of the axis has", WRAP))
    by = " x ".join(str(length) for length in torus.axes)
    notes(sketch, FIGURE + 40, 0, f"{torus.technology}: torus of {by}", lines)
    return sketch


def torus_host(cluster: ClusterSpec) -> Sketch:
    """The part of a torus that is one host: its accelerators, the links between them and those that leave it."""
    torus = cluster.host.torus
    assert torus is not None
    sketch = Sketch()
    axes = _axes(cluster)
    wide = sorted(range(len(axes)), key=lambda axis: (-axes[axis].host_length, axis))
    across, down, into = wide[0], wide[1] if len(wide) > 1 else None, wide[2] if len(wide) > 2 else None
    columns = axes[across].host_length
    rows = axes[down].host_length if down is not None else 1
    layers = axes[into].host_length if into is not None else 1
    width, height = 104.0, 46.0
    step_x, step_y = min(170.0, FIGURE / (columns * layers + 0.6)), 92.0
    left, top = (FIGURE - columns * layers * step_x) / 2, 56.0
    for layer, row, column in product(range(layers), range(rows), range(columns)):
        x, y = left + (layer * columns + column + 0.5) * step_x, top + row * step_y
        leaves_x = axes[across].length > columns
        if column + 1 < columns or leaves_x:
            _stub(
                sketch,
                (x, y),
                (x + step_x * (1 if column + 1 < columns else 0.46), y),
                axes[across].colour,
                column + 1 == columns,
            )
        if column == 0 and leaves_x:
            _stub(sketch, (x, y), (x - step_x * 0.46, y), axes[across].colour, True)
        if down is not None:
            leaves_y = axes[down].length > rows
            if row + 1 < rows or leaves_y:
                end_y = y + step_y * (1 if row + 1 < rows else 0.5)
                _stub(sketch, (x, y), (x, end_y), axes[down].colour, row + 1 == rows)
            if row == 0 and leaves_y:
                _stub(sketch, (x, y), (x, y - step_y * 0.5), axes[down].colour, True)
        if into is not None and axes[into].length > 1:
            _stub(sketch, (x, y), (x + 40, y - 40), axes[into].colour, True)
    cards = cluster.host.nics
    for layer, row, column in product(range(layers), range(rows), range(columns)):
        x, y = left + (layer * columns + column + 0.5) * step_x, top + row * step_y
        # Devices are numbered as in the map of the ranks, along x first.
        place = {across: column, down: row, into: layer}
        device = sum(place[axis] * prod(one.host_length for one in axes[:axis]) for axis in range(len(axes)))
        served = cards_of(cluster.host, device)
        words = [f"device {device}", _card_words(served)]
        by_card = cards is not None and cards.count > 1
        outline = rail_colour(rail_of_card(cluster.host, served.start)) if by_card else ACCELERATOR_EDGE
        box(
            sketch,
            x - width / 2,
            y - height / 2,
            width,
            height,
            words,
            fill=ACCELERATOR,
            stroke=outline,
            stroke_width=1.6,
        )
    lines: Lines = [
        (f"{one.letter}: {one.host_length} of {one.length} chips, {rate(one.bytes_per_s)} a link one way", one.colour)
        for one in axes
    ]
    lines.append(("dashed: links that leave the host", MUTED))
    if cards is not None and cards.count > 1:
        lines.append(("outlines: by network card", MUTED))
    inside = [one.letter for one in axes if one.closed and 1 < one.host_length == one.length]
    if inside:
        lines.append((f"{' and '.join(inside)} close inside the host (not drawn)", WRAP))
    if torus.host_axes is None:
        lines.append(("which part of the torus a host is, the file does not say: the most cubic one is drawn", MUTED))
    by = " x ".join(str(length) for length in _part(cluster))
    end = notes(sketch, FIGURE + 40, 0, f"a host is {by} of the torus", lines)
    notes(sketch, FIGURE + 40, end + 12, "network cards", card_notes(cluster))
    return sketch


def _stub(sketch: Sketch, start: Point, end: Point, colour: str, leaves: bool) -> None:
    sketch.line([start, end], colour, 2.4, dashed=leaves)


def _axes(cluster: ClusterSpec) -> list[_Axis]:
    """The axes x, y, z of the whole torus."""
    torus = cluster.host.torus
    assert torus is not None
    part, rates, closed = _part(cluster), axis_rates(torus), closed_axes(torus, torus.axes)
    return [
        _Axis(letter, colour, torus.axes[axis], part[axis], rates[axis], closed[axis])
        for letter, colour, axis in zip(AXIS_LETTERS, AXES, axis_order(torus.axes), strict=False)
    ]


def _part(cluster: ClusterSpec) -> tuple[int, ...]:
    """The part of the torus that a host is, in the order of the file; the most cubic one where that does not say."""
    torus, count = cluster.host.torus, cluster.host.accelerators
    assert torus is not None
    return torus.host_axes or place_slice(torus.axes, count) or (count, *[1] * (len(torus.axes) - 1))


def _card_words(cards: range) -> str:
    if not cards:
        return ""
    return f"card {cards.start}" if len(cards) == 1 else f"cards {cards.start} to {cards[-1]}"


def _edge(axes: list[int]) -> int:
    """The least edge of blocks with which few enough of them lie along every axis; a common divisor if there is one."""
    edges = [edge for edge in range(1, max(axes) + 1) if _few([-(-axis // edge) for axis in axes])]
    whole = (edge for edge in edges if edge <= 4 * edges[0] and all(axis % edge == 0 for axis in axes))
    return next(whole, edges[0])


def _few(blocks: list[int]) -> bool:
    return (
        max(blocks) <= _MOST_NODES and min(blocks) <= _MOST_DEPTH if len(blocks) > 2 else max(blocks) <= 2 * _MOST_NODES
    )


class _Projection:
    """Where the node of a position lies: the first axis of `order` to the right, the second down, the third back."""

    def __init__(self, blocks: tuple[int, ...], order: list[int]) -> None:
        self._order = order
        depth = blocks[order[2]] if len(order) > 2 else 1
        along = blocks[order[0]]
        high = blocks[order[1]] if len(order) > 1 else 1
        self._x = min(108.0, (FIGURE - 240) / max(1, along - 1)) if along > 1 else 0.0
        self._y = min(84.0, 400.0 / max(1, high - 1))
        # What lies behind fits between the nodes in front.
        self._back = (self._x - _NODE - 8) / max(1, depth - 1), (self._y - _NODE - 8) / max(1, depth - 1)

    def __call__(self, position: tuple[int, ...]) -> Point:
        along = position[self._order[0]]
        down = position[self._order[1]] if len(self._order) > 1 else 0
        back = position[self._order[2]] if len(self._order) > 2 else 0
        return along * self._x + back * self._back[0], down * self._y - back * self._back[1]


def _axis_mark(
    sketch: Sketch,
    place: _Projection,
    blocks: tuple[int, ...],
    what: _Axis,
    axis: int,
    rank: int,
    order: list[int],
) -> None:
    """The name and length of an axis beside the grid, and the wrap-around link of one of its rows."""
    corner = [0] * len(blocks)
    if rank == 0 and len(order) > 1:
        corner[order[1]] = blocks[order[1]] - 1  # below the grid
    if rank == 2:
        corner[order[0]] = blocks[order[0]] - 1
        corner[order[1]] = blocks[order[1]] - 1  # at its lower right
    last = list(corner)
    last[axis] = blocks[axis] - 1
    start, end = place(tuple(corner)), place(tuple(last))
    away = ((0.0, 44.0), (-48.0, 0.0), (34.0, 26.0))[rank]
    if what.closed and blocks[axis] > 1:
        sketch.line(_arc(start, end, away), WRAP, 1.8, dashed=True)
    middle = (start[0] + end[0]) / 2 + away[0] * 1.15, (start[1] + end[1]) / 2 + away[1] * 1.15
    words = f"{what.letter} = {what.length}"
    if rank == 0:
        sketch.text(middle[0], middle[1] + 14, words, BODY, what.colour, anchor="middle", bold=True)
    else:
        anchor, shift = ("end", -6.0) if rank == 1 else ("start", 8.0)
        sketch.text(middle[0] + shift, middle[1] + 6, words, BODY, what.colour, anchor=anchor, bold=True)


def _arc(start: Point, end: Point, away: Point) -> list[Point]:
    """Half a wave from one point to another, bulging."""
    points = []
    for step in range(25):
        part = step / 24
        bulge = sin(pi * part) ** 0.5
        points.append(
            (
                start[0] + (end[0] - start[0]) * part + away[0] * bulge,
                start[1] + (end[1] - start[1]) * part + away[1] * bulge,
            )
        )
    return points
