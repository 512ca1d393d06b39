"""Reading YAML and JSON files so that every key keeps the line and column where it was written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import SpecError
from .refusals import kind_shown, shown
from .yaml_text import Location, Marks, parse_yaml, too_deep

_LARGEST_FILE_BYTES = 2**20


@dataclass(frozen=True)
class Document:
    """A parsed file: its ``data``, and ``marks`` from the path of a key to its (line, column), counted from 1."""

    path: str
    data: Any
    marks: Marks = field(default_factory=dict, repr=False)

    def where(self, location: Location) -> str:
        """``file:line:column`` of a key, or of the nearest key around it."""
        for length in range(len(location), -1, -1):
            mark = self.marks.get(location[:length])
            if mark is not None:
                return f"{self.path}:{mark[0]}:{mark[1]}"
        return self.path


def read_document(path: str | Path) -> Document:
    """The content of a YAML or JSON file, which must hold one mapping.

    Raises:
        SpecError: there is no such file, it is not readable text, its syntax is wrong, or a key stands twice.
    """
    text = _read_text(Path(path))
    is_json = Path(path).suffix.lower() == ".json"
    data: Any
    if is_json:
        try:
            data = _parse_json(text, str(path))
        except SpecError as error:
            if error.code == "duplicate-key":  # the YAML parser says the same with the place, where it can
                parse_yaml(text, str(path))
            raise
        try:
            _, marks = parse_yaml(text, str(path))
        except SpecError as error:
            if error.code == "bad-file":  # nested or repeated without bound
                raise
            marks = {}  # JSON that is not YAML (tabs): the positions are lost, the content is not
    else:
        data, marks = parse_yaml(text, str(path))
    if not isinstance(data, dict):
        raise SpecError(
            f"{path}: the file must hold one mapping of keys to values, but holds {kind_shown(data)}",
            code="bad-file",
            hint="write it as lines of 'key: value'",
        )
    return Document(str(path), data, marks)


def _read_text(path: Path) -> str:
    try:
        if path.is_dir():
            raise SpecError(f"{path}: is a directory, not a file", code="no-such-file", hint="name a file in it")
        with path.open("rb") as file:
            # Bounded: what is named may be a device that never ends.
            raw = file.read(_LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        if isinstance(error, SpecError):
            raise
        reason = (getattr(error, "strerror", None) or "cannot be read").lower()
        raise SpecError(f"{shown_path(path)}: {reason}", code="no-such-file", hint="check the path") from None
    if len(raw) > _LARGEST_FILE_BYTES:
        raise SpecError(
            f"{path}: the file has more than {_LARGEST_FILE_BYTES // 2**20} MiB, which no spec needs",
            code="bad-file",
            hint="check that this is the file you mean",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(
            f"{path}: byte {error.start} is not UTF-8 text", code="bad-file", hint="save the file as UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise SpecError(
            f"{path}:{line}: the file holds a NUL character, so it is not text",
            code="bad-file",
            hint="save the file as plain UTF-8 text",
        )
    return text


def shown_path(path: str | Path) -> str:
    """A path as a sentence can show it: printable, and not longer than a line."""
    text = str(path)
    return text if text.isprintable() and len(text) <= 1000 else shown(text)


def _parse_json(text: str, path: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise SpecError(f"{path}: the key {shown(key)} stands twice", code="duplicate-key", hint="remove one")
            found[key] = value
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise SpecError(
            f"{path}:{error.lineno}:{error.colno}: not valid JSON: {error.msg.lower()}",
            code="bad-syntax",
            hint="mend the file at that place",
        ) from None
    except RecursionError:
        raise too_deep(path) from None
    except ValueError as error:  # a number of more digits than Python reads
        if isinstance(error, SpecError):
            raise
        raise SpecError(
            f"{path}: not valid JSON: a number cannot be read", code="bad-syntax", hint="write shorter numbers"
        ) from None
