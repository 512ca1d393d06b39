"""Where an answer goes and in which form."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clusterplan.errors import SpecError

if TYPE_CHECKING:
    from rich.console import Console

_SUFFIXES = {".json": "json", ".csv": "csv", ".md": "md", ".markdown": "md", ".txt": "table"}
_PIPE_WIDTH = 100


class Output:
    """The chosen form and place of one answer. Writing to a file leaves standard output empty."""

    def __init__(self, format_name: str | None, as_json: bool, output_file: str | None) -> None:
        if as_json and format_name not in (None, "json"):
            raise click.UsageError(f"--json and --format {format_name} exclude each other; give one of them")
        self._path = Path(output_file) if output_file is not None else None
        suffix = self._path.suffix.lower() if self._path is not None else ""
        self.format = "json" if as_json else format_name or _SUFFIXES.get(suffix, "table")
        if self._path is not None:
            # Found out now rather than after a long search.
            _check_writable(self._path)

    def text(self, content: str) -> None:
        """Writes a text, ended by one newline."""
        ended = content if content.endswith("\n") else content + "\n"
        if self._path is None:
            try:
                sys.stdout.write(ended)
                sys.stdout.flush()
            except BrokenPipeError:
                # The reader has what it wanted (`| head`); Python would complain again when it flushes at exit.
                # Handled here because click turns it into exit code 1, which means something else.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        try:
            self._path.write_text(ended, encoding="utf-8")
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def drawn(self, draw: Callable[[Console], None]) -> None:
        """Lets `draw` print on a console for the chosen place; colours only on a terminal, and not with NO_COLOR."""
        from rich.console import Console

        if self._path is None and sys.stdout.isatty():
            draw(Console(file=sys.stdout, highlight=False))
            return
        buffer = _Buffer("utf-8" if self._path is not None else sys.stdout.encoding)
        draw(Console(file=buffer, width=_width(_PIPE_WIDTH), highlight=False))
        self.text("\n".join(line.rstrip() for line in buffer.getvalue().splitlines()))


class _Buffer(StringIO):
    """Text in memory that tells rich the encoding of where it will go, so that bars are drawn in letters it has."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


def _width(otherwise: int) -> int:
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) > 0 else otherwise


def _check_writable(path: Path) -> None:
    if path.is_dir():
        raise SpecError(f"-o {path}: is a directory, not a file", code="unwritable", hint="name a file in it")
    if not path.parent.is_dir():
        raise SpecError(
            f"-o {path}: there is no directory {path.parent}",
            code="unwritable",
            hint=f"make it: mkdir -p {path.parent}",
        )
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise SpecError(f"-o {path}: it may not be written", code="unwritable", hint="choose another place")


def _unwritable(path: Path, error: OSError) -> SpecError:
    return SpecError(
        f"-o {path}: {(error.strerror or str(error)).lower()}", code="unwritable", hint="choose another place"
    )
