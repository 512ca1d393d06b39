"""What a terminal report is drawn on: lines of a known width, with colours where somebody sees them.

Written by hand: loading a library for it would take a fifth of the time of a whole command.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from clusterplan.reports.columns import Column

_CODES = {"bold": "1", "dim": "2", "green": "32", "cyan": "36"}
_STYLE = re.compile(r"\x1b\[[\d;]*m")
_HANGING = "  "


@dataclass
class Paper:
    """Lines of at most `width` characters. `colour`: whether styles are shown; `ascii_only`: which letters bars have.

    A style is one or several of ``bold``, ``dim``, ``green``, ``cyan``, separated by spaces.
    """

    width: int
    colour: bool = False
    ascii_only: bool = False
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    def styled(self, text: str, style: str | None) -> str:
        """The text in a style, where styles are shown."""
        if not self.colour or not style or not text:
            return text
        return f"\x1b[{';'.join(_CODES[word] for word in style.split())}m{text}\x1b[0m"

    def line(self, text: str = "", style: str | None = None) -> None:
        """One line as it is, however long."""
        self.lines.append(self.styled(text.rstrip(), style))

    def paragraph(self, text: str, style: str | None = None, *, heading: str = "") -> None:
        """A line broken between words, what follows set in; `heading`, with which the text begins, is bold."""
        first, *others = wrapped(text, self.width)
        self.lines.append(self.styled(heading, "bold") + self.styled(first[len(heading) :], style))
        for piece in others:
            self.line(piece, style)

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Names and values, the values below each other and broken between words."""
        name_width = max(len(name) for name, _ in rows) + len(_HANGING)
        for name, value in rows:
            pieces = _wrap(value, max(self.width - name_width, 1))
            self.lines.append(self.styled(name, "cyan") + " " * (name_width - len(name)) + pieces[0])
            self.lines += [" " * name_width + piece for piece in pieces[1:]]

    def table(self, columns: Sequence[Column], *, gap: int, row_styles: Sequence[str | None] = ()) -> None:
        """The columns below their headings."""
        self.lines += self.table_lines(columns, gap=gap, row_styles=row_styles)

    def table_lines(self, columns: Sequence[Column], *, gap: int, row_styles: Sequence[str | None] = ()) -> list[str]:
        """The lines of a table, headings first; the last of two heading lines stands next to the cells."""
        height = max(column.heading.count("\n") for column in columns) + 1
        headings = [column.heading.split("\n") for column in columns]
        rows = [[([""] * (height - len(words)) + words)[line] for words in headings] for line in range(height)]
        styles: list[str | None] = ["bold"] * height
        for position, row in enumerate(zip(*(column.cells for column in columns), strict=True)):
            rows.append(list(row))
            styles.append(row_styles[position] if position < len(row_styles) else None)
        return [self._row(columns, row, style, gap) for row, style in zip(rows, styles, strict=True)]

    def _row(self, columns: Sequence[Column], row: Sequence[str], style: str | None, gap: int) -> str:
        pieces = []
        used = len(row)
        while used > 1 and not row[used - 1]:  # nothing is left at the end of a line
            used -= 1
        for position, (column, cell) in enumerate(zip(columns[:used], row[:used], strict=True)):
            space = " " * (column.width - len(cell))
            both = " ".join(word for word in (style, column.style) if word)
            shown = self.styled(cell, both)
            last = position == used - 1
            pieces.append(space + shown if column.right else shown + ("" if last else space))
        return (" " * gap).join(pieces).rstrip()

    def beside(self, left: Sequence[str], right: Sequence[str], *, left_width: int) -> None:
        """Two blocks of lines beside each other, the right one from column `left_width` on."""
        for position in range(max(len(left), len(right))):
            start = left[position] if position < len(left) else ""
            end = right[position] if position < len(right) else ""
            self.lines.append((start + " " * (left_width - _visible_length(start)) + end).rstrip())


def _visible_length(text: str) -> int:
    """Characters of a line that are seen: styles take no room."""
    return len(_STYLE.sub("", text))


def wrapped(line: str, width: int) -> list[str]:
    """A line broken between words, what follows set in; no word is cut."""
    indent = " " * (len(line) - len(line.lstrip()))
    return _wrap(line, width, indent + _HANGING)


def _wrap(text: str, width: int, indent: str = "") -> list[str]:
    if len(text) <= width:
        return [text]
    from textwrap import wrap

    return wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]
