"""What a drawing is made of: rectangles, lines and texts at fixed places, in pixels, y downwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from .letters import text_width

Point = tuple[float, float]


@dataclass(frozen=True)
class Rectangle:
    """A rectangle with rounded corners; ``fill`` and ``stroke`` are colours, or ``None``."""

    x: float
    y: float
    width: float
    height: float
    fill: str | None = None
    stroke: str | None = None
    stroke_width: float = 1.0
    radius: float = 0.0


@dataclass(frozen=True)
class Line:
    """A line through points."""

    points: tuple[Point, ...]
    colour: str
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True)
class Text:
    """One line of text; ``y`` is that of its base line, ``anchor`` is ``start``, ``middle`` or ``end``."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    anchor: str = "start"
    bold: bool = False


Item = Rectangle | Line | Text


@dataclass(frozen=True)
class Scene:
    """A finished drawing, with the title and the description that readers of screens get."""

    width: float
    height: float
    title: str
    description: str
    items: tuple[Item, ...]


@dataclass
class Sketch:
    """A part of a drawing in the making, with its own origin."""

    items: list[Item] = field(default_factory=list)

    def rectangle(self, x: float, y: float, width: float, height: float, **looks: object) -> None:
        """Adds a rectangle; ``looks`` are the other fields of `Rectangle`."""
        self.items.append(Rectangle(x, y, width, height, **looks))  # type: ignore[arg-type]

    def line(self, points: Sequence[Point], colour: str, width: float = 1.0, *, dashed: bool = False) -> None:
        """Adds a line."""
        self.items.append(Line(tuple(points), colour, width, dashed))

    def text(
        self, x: float, y: float, text: str, size: float, colour: str, *, anchor: str = "start", bold: bool = False
    ) -> None:
        """Adds a text."""
        self.items.append(Text(x, y, text, size, colour, anchor, bold))

    def place(self, other: Sketch, x: float, y: float) -> None:
        """Adds another sketch, its origin at ``(x, y)``."""
        self.items.extend(moved(other.items, x, y))

    def bounds_of_last(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of what was added last."""
        return bounds_of(self.items[-1])

    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of all that was added."""
        boxes = [bounds_of(item) for item in self.items] or [(0.0, 0.0, 0.0, 0.0)]
        return (
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        )


def moved(items: Iterable[Item], x: float, y: float) -> list[Item]:
    """Items at another place."""
    found: list[Item] = []
    for item in items:
        if isinstance(item, Line):
            found.append(replace(item, points=tuple((one + x, other + y) for one, other in item.points)))
        else:
            found.append(replace(item, x=item.x + x, y=item.y + y))
    return found


def bounds_of(item: Item) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of an item; of texts by the widths of common letters."""
    if isinstance(item, Rectangle):
        return item.x, item.y, item.x + item.width, item.y + item.height
    if isinstance(item, Line):
        across, down = [point[0] for point in item.points], [point[1] for point in item.points]
        return min(across), min(down), max(across), max(down)
    width = text_width(item.text, item.size, bold=item.bold)
    left = item.x - {"start": 0.0, "middle": width / 2, "end": width}[item.anchor]
    return left, item.y - 0.75 * item.size, left + width, item.y + 0.22 * item.size
