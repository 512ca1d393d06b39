"""What a terminal report is drawn on: rich, at a known width, with colours where somebody sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from clusterplan.reports.columns import Column

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_HANGING = "  "


@dataclass
class Paper:
    """Lines of at most `width` characters; `colour`: styles are shown; `ascii_only`: which letters bars have."""

    width: int
    colour: bool = False
    ascii_only: bool = False

    @cached_property
    def _console(self) -> Console:
        from io import StringIO

        from rich.console import Console

        return Console(
            file=StringIO(),
            width=self.width,
            force_terminal=self.colour,
            color_system="standard" if self.colour else None,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

    @property
    def text(self) -> str:
        """All lines; rich fills table cells with spaces, which nobody needs at the end of a line."""
        drawn: str = self._console.file.getvalue()  # type: ignore[attr-defined]
        return "\n".join(line.rstrip() for line in drawn.removesuffix("\n").split("\n"))

    def line(self, text: str = "", style: str | None = None) -> None:
        """One line as it is, however long."""
        self._console.print(text, style=style, soft_wrap=True)

    def paragraph(self, text: str, style: str | None = None, *, heading: str = "") -> None:
        """A line broken between words, what follows set in; `heading`, with which the text begins, is bold."""
        from rich.text import Text

        first, *others = _wrapped(text, self.width)
        start = Text(first, style=style or "")
        start.stylize("bold", 0, len(heading))
        self._console.print(start, soft_wrap=True)
        for piece in others:
            self.line(piece, style)

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Names and values, the values below each other and broken between words."""
        from rich.table import Table

        grid = Table.grid(padding=(0, len(_HANGING), 0, 0))
        grid.add_column(style="cyan", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in rows:
            grid.add_row(name, value)
        self._console.print(grid)

    def table(self, columns: Sequence[Column], *, gap: int, row_styles: Sequence[str | None] = ()) -> None:
        """The columns below their headings."""
        self._console.print(_table(columns, gap, row_styles))

    def beside(self, *tables: tuple[Sequence[Column], Sequence[str | None]], gap: int, between: int) -> None:
        """Tables beside each other: their columns and the styles of their rows, `between` characters apart."""
        from rich.table import Table

        grid = Table.grid(padding=(0, between, 0, 0))
        for _ in tables:
            grid.add_column(no_wrap=True)
        grid.add_row(*(_table(columns, gap, row_styles) for columns, row_styles in tables))
        self._console.print(grid)


def _table(columns: Sequence[Column], gap: int, row_styles: Sequence[str | None]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(
            column.heading,
            justify="right" if column.right else "left",
            style=column.style,
            no_wrap=True,
            min_width=column.width,
            vertical="bottom",
        )
    for position, row in enumerate(zip(*(column.cells for column in columns), strict=True)):
        table.add_row(*row, style=row_styles[position] if position < len(row_styles) else None)
    return table


def _wrapped(line: str, width: int) -> list[str]:
    """A line broken between words, what follows set in; no word is cut."""
    if len(line) <= width:
        return [line]
    from textwrap import wrap

    indent = " " * (len(line) - len(line.lstrip())) + _HANGING
    return wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]
