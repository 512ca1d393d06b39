"""Columns that fit a width: the least needed are left out in a stated order, and no cell is ever cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property


@dataclass
class Column:
    """One column: its name, the heading (which may have two lines), its cells, and how it looks."""

    name: str
    heading: str
    cells: list[str] = field(default_factory=list)
    right: bool = True
    style: str | None = None
    least_width: int = 0

    @cached_property
    def width(self) -> int:
        """Characters of its widest line, once all cells are there."""
        lines = [*self.heading.split("\n"), *self.cells]
        return max(self.least_width, *map(len, lines))


def total_width(columns: Sequence[Column], gap: int) -> int:
    """Characters of a line of all columns with `gap` spaces between them."""
    return sum(column.width for column in columns) + gap * (len(columns) - 1)


def fitting(
    columns: Sequence[Column], width: int, *, gap: int, leave_out: Sequence[str]
) -> tuple[list[Column], list[Column]]:
    """The columns that fit into `width`, and those that were left out, by name in the order of `leave_out`."""
    kept, dropped = list(columns), []
    for name in leave_out:
        if total_width(kept, gap) <= width:
            break
        for column in [column for column in kept if column.name == name]:
            kept.remove(column)
            dropped.append(column)
    return kept, dropped
