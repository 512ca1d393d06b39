"""The groups of a dragonfly on a circle, with a line for the links between each pair."""

from __future__ import annotations

from itertools import combinations
from math import cos, pi, sin

from .boxes import box
from .looks import ACCELERATOR_EDGE, FIGURE, FOCUS, GROUP, GROUP_EDGE, MUTED, SMALL
from .scene import Sketch

_MOST_GROUPS = 32
_MOST_NAMED = 20
_PAIRS, _OF_FIRST = "#cdd5e0", ACCELERATOR_EDGE


def dragonfly(groups: int, noun: str, group_devices: int) -> tuple[Sketch, tuple[float, float, float]]:
    """The drawing, and left, right and bottom of the box of group 0, which lies at the bottom."""
    sketch = Sketch()
    drawn = min(groups, _MOST_GROUPS)
    radius = 190.0
    middle = FIGURE / 2, radius + 30
    points = []
    for index in range(drawn):
        turn = pi / 2 + 2 * pi * index / drawn
        points.append((middle[0] + 1.75 * radius * cos(turn), middle[1] + radius * sin(turn)))
    points[0] = middle[0], middle[1] + radius + 34  # free of its neighbours
    for one, other in combinations(range(1, drawn), 2):
        sketch.line([points[one], points[other]], _PAIRS, 1.0)
    for other in range(1, drawn):
        sketch.line([points[0], points[other]], _OF_FIRST, 1.6)
    named = drawn <= _MOST_NAMED
    for index, (x, y) in enumerate(points):
        if index == 0:
            continue
        width, height = (66.0, 26.0) if named else (34.0, 22.0)
        words = [f"{noun} {index}" if named else str(index)]
        box(sketch, x - width / 2, y - height / 2, width, height, words, fill=GROUP, stroke=GROUP_EDGE)
    x, y = points[0]
    width, height = 130.0, 44.0
    words = [f"{noun} 0", f"{group_devices:,} devices"]
    box(sketch, x - width / 2, y - height / 2, width, height, words, fill=FOCUS, stroke=ACCELERATOR_EDGE)
    if drawn < groups:
        sketch.text(FIGURE - 4, 14, f"{drawn} of {groups:,} groups drawn", SMALL, MUTED, anchor="end")
    return sketch, (x - width / 2, x + width / 2, y + height / 2)
