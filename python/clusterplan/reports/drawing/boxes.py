"""The parts that host and fabric drawings share: labelled boxes, notes beside a figure."""

from __future__ import annotations

from collections.abc import Sequence

from .letters import broken, fitted
from .looks import BODY, INK, MUTED, NOTES, SMALL
from .scene import Sketch

_LINE = 18.0  # from one line of notes to the next


def box(
    sketch: Sketch,
    x: float,
    y: float,
    width: float,
    height: float,
    lines: Sequence[str],
    *,
    fill: str,
    stroke: str,
    colour: str = INK,
    stroke_width: float = 1.2,
) -> None:
    """A rounded rectangle with one to three centred lines of text, the first bold, each cut to the width."""
    sketch.rectangle(x, y, width, height, fill=fill, stroke=stroke, stroke_width=stroke_width, radius=5.0)
    lines = [line for line in lines if line]
    step = 15.0
    first = y + height / 2 - step * (len(lines) - 1) / 2 + 4.3
    for position, line in enumerate(lines):
        size, bold = (BODY, True) if position == 0 else (SMALL, False)
        text = fitted(line, width - 6, size, bold=bold)
        sketch.text(
            x + width / 2,
            first + step * position,
            text,
            size,
            colour if position == 0 else MUTED,
            anchor="middle",
            bold=bold,
        )


def dots(sketch: Sketch, x: float, y: float, colour: str = MUTED) -> None:
    """Three dots around a point: some are left out here."""
    for step in (-9.0, 0.0, 9.0):
        sketch.rectangle(x + step - 2, y - 2, 4.0, 4.0, fill=colour, radius=2.0)


def notes(sketch: Sketch, x: float, y: float, heading: str, lines: Sequence[tuple[str, str]]) -> float:
    """A heading and lines (text, colour) in the column of notes; returns where they end."""
    sketch.text(x, y + 11, fitted(heading, NOTES, BODY, bold=True), BODY, INK, bold=True)
    y += _LINE
    for text, colour in lines:
        for piece in broken(text, NOTES, SMALL):
            sketch.text(x, y + 11, piece, SMALL, colour)
            y += _LINE
    return y
