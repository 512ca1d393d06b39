"""YAML into plain values and the place of every key, for text that nobody has checked.

The parser of libyaml composes nested text by recursion in C and ends the process where it is nested deeply enough,
and a few anchors can stand for billions of values. So the flat list of parser events is looked through first.
"""

from __future__ import annotations

from typing import Any

from ..errors import SpecError
from .refusals import shown

Location = tuple[str | int, ...]
Marks = dict[Location, tuple[int, int]]

DEEPEST = 100
_MOST_VALUES = 50_000
# What the parser of YAML says, in part, and what most often mends it.
_REMEDIES = (
    ("cannot start any token", "indent with spaces instead of tabs, and put texts with special characters in quotes"),
    ("mapping values are not allowed", "put a text that has ': ' in it in quotes, or mend the indentation"),
    ("undefined alias", "define the anchor with & before it is used with *"),
    ("could not determine a constructor", "remove the tag that starts with !"),
    ("expected <block end>", "give keys of one mapping the same indentation"),
    ("expected ',' or", "close the bracket, or add the missing comma"),
)


def parse_yaml(text: str, path: str) -> tuple[Any, Marks]:
    """The values of a YAML text, and line and column (from 1) of every key by its path.

    Raises:
        SpecError: not valid YAML, several documents, a key that stands twice, nested or repeated without bound.
    """
    import yaml

    loader_class: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    marks: Marks = {}
    try:
        _look_through(yaml.parse(text, Loader=loader_class), path)
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
        problem = str(error.problem or error.context)
        raise SpecError(
            f"{f'{path}:{mark.line + 1}:{mark.column + 1}' if mark is not None else path}: not valid YAML: {problem}",
            code="bad-syntax",
            hint=next((hint for part, hint in _REMEDIES if part in problem), "mend the file at that place"),
        ) from None
    except yaml.YAMLError as error:
        raise SpecError(
            f"{path}: not valid YAML: {' '.join(str(error).split())}",
            code="bad-syntax",
            hint="remove characters that are not text",
        ) from None
    except (RecursionError, ValueError, OverflowError, TypeError) as error:
        if isinstance(error, SpecError):
            raise
        # PyYAML lets through what Python cannot hold: a date of month 13, a number of ten thousand digits.
        raise SpecError(
            f"{path}: not valid YAML: a value cannot be read ({str(error)[:80]})",
            code="bad-syntax",
            hint="put dates and long numbers in quotes",
        ) from None


def _look_through(events: Any, path: str) -> None:
    """Refuses what would end the process or never end, from the parser's events alone, which come one by one."""
    import yaml

    open_anchors: list[str | None] = []
    documents = values = 0
    for event in events:
        place = f"{path}:{event.start_mark.line + 1}:{event.start_mark.column + 1}"
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise SpecError(
                    f"{place}: a second document starts here, but a file holds one",
                    code="bad-syntax",
                    hint="remove the line '---', or write two files",
                )
        elif isinstance(event, yaml.CollectionStartEvent):
            open_anchors.append(event.anchor)
            if len(open_anchors) > DEEPEST:
                raise too_deep(place)
        elif isinstance(event, yaml.CollectionEndEvent):
            open_anchors.pop()
        elif isinstance(event, yaml.AliasEvent) and event.anchor in open_anchors:
            raise SpecError(
                f"{place}: the anchor {shown(event.anchor)} holds itself",
                code="bad-file",
                hint=f"write the value in place of *{event.anchor}",
            )
        values += isinstance(event, yaml.NodeEvent)
        if values > _MOST_VALUES:
            raise _too_many(place)


def too_deep(place: str) -> SpecError:
    """The error for a file that is nested without end."""
    return SpecError(
        f"{place}: the file is nested more than {DEEPEST} levels deep",
        code="bad-file",
        hint="no spec needs more than 10 levels; look for a bracket or a dash too many",
    )


def _too_many(place: str) -> SpecError:
    return SpecError(
        f"{place}: the file has more than {_MOST_VALUES} values, counting what its anchors repeat",
        code="bad-file",
        hint="write a range such as 1..4096 in place of a long list, and no anchors that repeat anchors",
    )


class _Walk:
    """Collects the position of every key, and refuses keys that stand twice or are no text."""

    def __init__(self, path: str, marks: Marks) -> None:
        self.path = path
        self.marks = marks
        self.values = 0

    def visit(self, node: Any, location: Location) -> None:
        import yaml

        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self.values += 1
        # Anchors that hold anchors: few events, many values or many levels.
        if self.values > _MOST_VALUES:
            raise _too_many(self.path)
        if len(location) > DEEPEST:
            raise too_deep(f"{self.path}:{line}:{column}")
        self.marks.setdefault(location, (line, column))
        if isinstance(node, yaml.SequenceNode):
            for position, item in enumerate(node.value):
                self.visit(item, (*location, position))
        elif isinstance(node, yaml.MappingNode):
            seen: dict[str, int] = {}
            for key, value in node.value:
                name = self._name(key)
                line, column = key.start_mark.line + 1, key.start_mark.column + 1
                if name in seen and name != "<<":
                    raise SpecError(
                        f"{self.path}:{line}:{column}: the key {shown(name)} stands twice, first in line {seen[name]}",
                        code="duplicate-key",
                        hint="remove one of them",
                    )
                seen[name] = line
                inner = (*location, name)
                self.marks[inner] = (line, column)
                self.visit(value, inner)

    def _name(self, key: Any) -> str:
        import yaml

        if isinstance(key, yaml.ScalarNode) and key.tag in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
            return str(key.value)
        place = f"{self.path}:{key.start_mark.line + 1}:{key.start_mark.column + 1}"
        if isinstance(key, yaml.ScalarNode):
            raise SpecError(
                f"{place}: the key {key.value or 'before the colon'} is not a text",
                code="bad-syntax",
                hint="put the key in quotes",
            )
        raise SpecError(
            f"{place}: a list or a mapping stands where a key is expected",
            code="bad-syntax",
            hint="write a text such as 'hosts' before the colon",
        )
