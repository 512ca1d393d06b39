"""Where an answer goes and in which form."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clusterplan.cli.command import UsageErrorWithHint
from clusterplan.cli.streams import abandon
from clusterplan.errors import SpecError

if TYPE_CHECKING:
    from clusterplan.reports.paper import Paper

# The forms of most answers; the first is taken where nothing else is said.
FORMS = ("table", "json", "csv", "md")
# How a file of each form may end, the usual ending first.
SUFFIXES = {
    "table": (".txt",),
    "json": (".json",),
    "csv": (".csv",),
    "md": (".md", ".markdown"),
    "svg": (".svg",),
    "png": (".png",),
}
_PIPE_WIDTH = 100


class Output:
    """The chosen form and place of one answer. Writing to a file leaves standard output empty.

    `forms` are those that this answer has, the default first; `what` names the answer in a refusal of another one.
    """

    def __init__(
        self,
        format_name: str | None,
        as_json: bool,
        output_file: str | None,
        *,
        forms: tuple[str, ...] = FORMS,
        what: str = "the answer",
    ) -> None:
        if as_json and format_name not in (None, "json"):
            raise UsageErrorWithHint(f"--json and --format {format_name} exclude each other", "give one of them")
        self._path = Path(output_file) if output_file not in (None, "-") else None
        self.format = "json" if as_json else format_name or _form_of(self._path, forms, what)
        if self.format not in forms:
            raise UsageErrorWithHint(
                f"--format {self.format}: {what} has no form {self.format}", f"give {_either(forms)}"
            )
        if self._path is not None:
            # Found out now rather than after a long search.
            _check_writable(self._path)

    @property
    def is_file(self) -> bool:
        """Whether the answer goes to a file."""
        return self._path is not None

    @property
    def name(self) -> str:
        """Where the answer goes, as a person calls it."""
        return str(self._path) if self._path is not None else "standard output"

    def text(self, content: str) -> None:
        """Writes a text, ended by one newline."""
        ended = content if content.endswith("\n") else content + "\n"
        if self._path is None:
            try:
                # By click, which makes colours of their codes on the terminals of Windows too.
                click.echo(ended, nl=False)
            except BrokenPipeError:
                # The reader has what it wanted (`| head`). The command goes on: its exit code is the answer's.
                abandon(sys.stdout)
            except OSError as error:
                abandon(sys.stdout)
                sentence, hint = unwritable_output(error)
                raise SpecError(sentence, code="unwritable", hint=hint) from error
            return
        try:
            self._path.write_text(ended, encoding="utf-8")
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def drawn(self, draw: Callable[[Paper], None]) -> None:
        """Lets `draw` write on paper for the chosen place; colours only on a terminal, and not with NO_COLOR."""
        from clusterplan.reports.paper import Paper

        seen = self._path is None and sys.stdout.isatty()
        encoding = "utf-8" if self._path is not None else sys.stdout.encoding or ""
        paper = Paper(
            width=_width(seen),
            colour=seen and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
            ascii_only=not encoding.lower().startswith("utf"),
        )
        draw(paper)
        self.text(paper.text)


def unwritable_output(error: OSError) -> tuple[str, str]:
    """What to say where standard output cannot be written, and what to do about it."""
    return f"cannot write to standard output: {error.strerror or error}", "write to another place with -o FILE"


def _form_of(path: Path | None, forms: tuple[str, ...], what: str) -> str:
    suffix = path.suffix.lower() if path is not None else ""
    if path is None or (not suffix and (forms[0] == "table" or len(forms) == 1)):
        return forms[0]
    form = next((form for form, suffixes in SUFFIXES.items() if suffix in suffixes), None)
    if form in forms:
        return form
    endings = _either([ending for own in forms for ending in SUFFIXES[own]])
    if form is not None:
        sentence = f"{what} has no form {form}"
    elif suffix:
        sentence = f"the suffix {suffix} names no form of {what}"
    else:
        sentence = f"there is no suffix to choose the form of {what}"
    raise SpecError(f"-o {path}: {sentence}", code="unknown-suffix", hint=f"end it in {endings}")


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _width(on_terminal: bool) -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    if not on_terminal:
        return _PIPE_WIDTH
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or _PIPE_WIDTH
    except OSError:
        return _PIPE_WIDTH


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
