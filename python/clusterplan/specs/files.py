"""Reading YAML and JSON files so that every key keeps the line and column where it was written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import SpecError

Location = tuple[str | int, ...]
_LARGEST_FILE_BYTES = 4 * 2**20
_MOST_NODES = 200_000


@dataclass(frozen=True)
class Document:
    """A parsed file: its ``data``, and ``marks`` from the path of a key to its (line, column), counted from 1."""

    path: str
    data: Any
    marks: dict[Location, tuple[int, int]] = field(default_factory=dict, repr=False)

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
                _parse_yaml(text, str(path))
            raise
        try:
            _, marks = _parse_yaml(text, str(path))
        except SpecError:  # JSON that is not YAML (tabs): the positions are lost, the content is not
            marks = {}
    else:
        data, marks = _parse_yaml(text, str(path))
    if not isinstance(data, dict):
        found = "nothing" if data is None else f"a {type(data).__name__}"
        raise SpecError(
            f"{path}: the file must hold one mapping of keys to values, but holds {found}",
            code="bad-file",
            hint="write it as lines of 'key: value'",
        )
    return Document(str(path), data, marks)


def _read_text(path: Path) -> str:
    try:
        if path.is_dir():
            raise SpecError(f"{path}: is a directory, not a file", code="no-such-file", hint="name a file in it")
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise SpecError(f"{path}: {reason}", code="no-such-file", hint="check the path") from None
    if len(raw) > _LARGEST_FILE_BYTES:
        raise SpecError(f"{path}: the file has {len(raw)} bytes, more than any spec needs", code="bad-file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(
            f"{path}: byte {error.start} is not UTF-8 text", code="bad-file", hint="save the file as UTF-8"
        ) from None


def _parse_json(text: str, path: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise SpecError(f"{path}: the key {key!r} stands twice", code="duplicate-key", hint="remove one")
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
        raise SpecError(f"{path}: the file is nested too deeply", code="bad-file") from None


def _parse_yaml(text: str, path: str) -> tuple[Any, dict[Location, tuple[int, int]]]:
    import yaml

    loader_class: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    marks: dict[Location, tuple[int, int]] = {}
    try:
        loader = loader_class(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None, marks
            _Walk(path, marks).visit(node, ())
            return loader.construct_document(node), marks
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark is not None else path
        raise SpecError(
            f"{place}: not valid YAML: {error.problem or error.context}",
            code="bad-syntax",
            hint="mend the file at that place",
        ) from None
    except yaml.YAMLError as error:
        raise SpecError(f"{path}: not valid YAML: {' '.join(str(error).split())}", code="bad-syntax") from None
    except (RecursionError, ValueError, OverflowError) as error:
        if isinstance(error, SpecError):
            raise
        # PyYAML lets through what Python cannot hold: a date of month 13, a mapping as a key.
        raise SpecError(f"{path}: not valid YAML: {error}", code="bad-syntax") from None


class _Walk:
    """Collects the position of every key and refuses keys that stand twice."""

    def __init__(self, path: str, marks: dict[Location, tuple[int, int]]) -> None:
        self.path = path
        self.marks = marks
        self.nodes = 0

    def visit(self, node: Any, location: Location) -> None:
        import yaml

        self.nodes += 1
        if self.nodes > _MOST_NODES:  # anchors that repeat anchors
            raise SpecError(f"{self.path}: the file has too many nodes", code="bad-file")
        self.marks.setdefault(location, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, yaml.SequenceNode):
            for position, item in enumerate(node.value):
                self.visit(item, (*location, position))
        elif isinstance(node, yaml.MappingNode):
            seen: dict[str, int] = {}
            for key, value in node.value:
                line, column = key.start_mark.line + 1, key.start_mark.column + 1
                name = str(key.value)
                if name in seen and name != "<<":
                    raise SpecError(
                        f"{self.path}:{line}:{column}: the key {name!r} stands twice, first in line {seen[name]}",
                        code="duplicate-key",
                        hint="remove one of them",
                    )
                seen[name] = line
                inner = (*location, name)
                self.marks[inner] = (line, column)
                self.visit(value, inner)
