"""A scene as PNG, through Pillow (the extra ``draw``)."""

from __future__ import annotations

from itertools import pairwise
from math import hypot
from pathlib import Path
from typing import TYPE_CHECKING

from clusterplan.errors import MissingExtraError, SpecError

from .looks import PAPER
from .scene import Line, Point, Rectangle, Scene, Text

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

_SCALE = 2  # pixels of the picture for one of the scene
_SMOOTHING = 2  # drawn larger still and then reduced, since Pillow draws lines without soft edges
_DASH, _GAP = 6.0, 4.0


def write_png(scene: Scene, path: Path) -> None:
    """Writes the scene to a file.

    Raises:
        MissingExtraError: Pillow is not installed.
        SpecError: the file cannot be written.
    """
    picture = png_image(scene)
    try:
        picture.save(path, format="PNG", optimize=True)
    except OSError as error:
        raise SpecError(
            f"-o {path}: {(error.strerror or str(error)).lower()}", code="unwritable", hint="choose another place"
        ) from error


def png_image(scene: Scene) -> Image:
    """The scene as a picture of Pillow.

    Raises:
        MissingExtraError: Pillow is not installed, or too old to have letters of its own.
    """
    try:
        from PIL import Image, ImageDraw, ImageFont

        ImageFont.load_default(12.0)
    except (ImportError, TypeError, OSError) as error:
        raise MissingExtraError(
            "drawing a PNG needs Pillow 10.1 or newer", code="missing-extra", hint="pip install 'clusterplan[draw]'"
        ) from error
    scale = _SCALE * _SMOOTHING
    size = (round(scene.width * scale), round(scene.height * scale))
    picture = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(picture)
    texts = []
    for item in scene.items:
        if isinstance(item, Text):
            texts.append(item)
        elif isinstance(item, Rectangle):
            _rectangle(pen, item, scale)
        else:
            _line(pen, item, scale)
    picture = picture.reduce(_SMOOTHING)
    pen = ImageDraw.Draw(picture)
    for text in texts:
        _text(pen, text)
    return picture


def _rectangle(pen: ImageDraw, item: Rectangle, scale: int) -> None:
    box = [item.x * scale, item.y * scale, (item.x + item.width) * scale, (item.y + item.height) * scale]
    width = max(1, round(item.stroke_width * scale)) if item.stroke is not None else 0
    pen.rounded_rectangle(box, radius=item.radius * scale, fill=item.fill, outline=item.stroke, width=width)


def _line(pen: ImageDraw, item: Line, scale: int) -> None:
    for points in _dashes(item.points) if item.dashed else [item.points]:
        pen.line(
            [(x * scale, y * scale) for x, y in points],
            fill=item.colour,
            width=max(1, round(item.width * scale)),
            joint="curve",
        )


def _dashes(points: tuple[Point, ...]) -> list[tuple[Point, ...]]:
    """The pieces of a dashed line."""
    pieces: list[tuple[Point, ...]] = []
    left, drawn = _DASH, True
    piece = [points[0]]
    for (x, y), (end_x, end_y) in pairwise(points):
        length = hypot(end_x - x, end_y - y)
        done = 0.0
        while length - done > left:
            done += left
            piece.append((x + (end_x - x) * done / length, y + (end_y - y) * done / length))
            if drawn:
                pieces.append(tuple(piece))
            drawn, piece = not drawn, [piece[-1]]
            left = _DASH if drawn else _GAP
        left -= length - done
        piece.append((end_x, end_y))
    if drawn and len(piece) > 1:
        pieces.append(tuple(piece))
    return pieces


def _text(pen: ImageDraw, item: Text) -> None:
    from PIL import ImageFont

    font = ImageFont.load_default(item.size * _SCALE)
    anchor = {"start": "ls", "middle": "ms", "end": "rs"}[item.anchor]
    # The font has one weight: drawn twice, a little apart, it is bold.
    for shift in (0.0, 0.4, 0.8) if item.bold else (0.0,):
        place = (item.x + shift - 0.4 * item.bold) * _SCALE, item.y * _SCALE
        pen.text(place, item.text, fill=item.colour, font=font, anchor=anchor)
