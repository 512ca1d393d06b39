"""Lists of whole numbers as people write them: ``8``, ``1,2,4``, ``1..16``, ``1,4..8``, ``range(1, 9)``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from .refusals import UnreadableQuantity

MOST_VALUES = 4096
_RANGE = re.compile(r"(\d{1,18})\s*\.\.\s*(\d{1,18})")


def listed(value: Any) -> list[Any] | None:
    """The values of one dimension: one value, a text separated by commas, or anything that gives values in turn.

    A text ``low..high`` stands for all whole numbers from low to high; what is said twice counts once.
    The values are not checked otherwise. ``None`` stays ``None``.

    Raises:
        UnreadableQuantity: a range that runs backwards, or more than ``MOST_VALUES`` values.

    Example:
        >>> listed("1,4..6"), listed(range(1, 4)), listed(8)
        (['1', 4, 5, 6], [1, 2, 3], [8])
    """
    if value is None:
        return None
    found: list[Any] = []
    for item in _items(value):
        pieces = [piece.strip() for piece in item.split(",")] if isinstance(item, str) else [item]
        for piece in pieces:
            match = _RANGE.fullmatch(piece) if isinstance(piece, str) else None
            found.extend([piece] if match is None else _range(int(match[1]), int(match[2])))
            if len(found) > MOST_VALUES:
                raise _too_many()
    # By the text: what a person wrote may be a mapping, which is refused later on, by the name of the dimension.
    return list({f"{type(item)} {item!r}": item for item in found}.values())


def _items(value: Any) -> list[Any]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        return [value]
    items = list(islice(value, MOST_VALUES + 1))
    if len(items) > MOST_VALUES:
        raise _too_many()
    return items


def _range(low: int, high: int) -> range:
    if low > high:
        raise UnreadableQuantity(f"the range {low}..{high} runs backwards", f"write {high}..{low}")
    if high - low >= MOST_VALUES:
        raise _too_many()
    return range(low, high + 1)


def _too_many() -> UnreadableQuantity:
    return UnreadableQuantity(f"has more than {MOST_VALUES} values", "give fewer values")
