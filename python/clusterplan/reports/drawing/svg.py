"""A scene as SVG: plain elements, no scripts, no fonts of its own, the same bytes every time."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from .looks import PAPER
from .scene import Item, Line, Rectangle, Scene

_FONTS = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', sans-serif"


def svg_text(scene: Scene) -> str:
    """The scene as an SVG document."""
    width, height = _number(scene.width), _number(scene.height)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" font-family="{_FONTS}">',
        f"<title>{_letters(scene.title)}</title>",
        f"<desc>{_letters(scene.description)}</desc>",
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
        *(_element(item) for item in scene.items),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _element(item: Item) -> str:
    if isinstance(item, Rectangle):
        places = {"x": item.x, "y": item.y, "width": item.width, "height": item.height, "rx": item.radius}
        looks = f' fill="{item.fill or "none"}"'
        if item.stroke is not None:
            looks += f' stroke="{item.stroke}" stroke-width="{_number(item.stroke_width)}"'
        return f"<rect{_attributes(places)}{looks}/>"
    if isinstance(item, Line):
        points = " ".join(f"{_number(x)},{_number(y)}" for x, y in item.points)
        dashes = ' stroke-dasharray="6 4"' if item.dashed else ""
        return (
            f'<polyline points="{points}" fill="none" stroke="{item.colour}" stroke-width="{_number(item.width)}"'
            f'{dashes} stroke-linejoin="round"/>'
        )
    looks = f' font-size="{_number(item.size)}" fill="{item.colour}"'
    looks += f' text-anchor="{item.anchor}"' if item.anchor != "start" else ""
    looks += ' font-weight="bold"' if item.bold else ""
    return f"<text{_attributes({'x': item.x, 'y': item.y})}{looks}>{_letters(item.text)}</text>"


def _attributes(values: dict[str, float]) -> str:
    return "".join(f" {name}={quoteattr(_number(value))}" for name, value in values.items() if value or name in "xy")


def _letters(text: str) -> str:
    """The text without characters that XML has not."""
    return escape("".join(letter for letter in text if letter.isprintable()))


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
