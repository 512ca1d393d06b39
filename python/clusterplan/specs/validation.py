"""Values into specs: every way in which they can be wrong becomes one sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import SpecError
from .files import Document, read_document
from .units import UnreadableQuantity

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel, ValidationError

    from .fields import Spec

    SpecType = TypeVar("SpecType", bound=Spec)


def load_spec(kind: type[SpecType], path: str | Path, *, what: str) -> SpecType:
    """The spec in a YAML or JSON file.

    Raises:
        SpecError: the file cannot be read, or its content is not a valid ``kind``; with file, line and column.
    """
    return validate(kind, read_document(path), what=what)


def validate(kind: type[SpecType], given: Mapping[str, Any] | Document, *, what: str) -> SpecType:
    """``given`` as a ``kind``; ``what`` names it in errors (such as ``model``).

    Raises:
        SpecError: one sentence with field, value given, what is allowed, and for an unknown key the nearest one.
    """
    from pydantic import ValidationError

    data = given.data if isinstance(given, Document) else given
    if not isinstance(data, Mapping):
        raise SpecError(f"{what}: {data!r} is not a mapping of keys to values", code="bad-value")
    try:
        return kind.model_validate(dict(data))
    except ValidationError as error:
        raise _as_spec_error(error, kind, what, given if isinstance(given, Document) else None) from None


def nearest(name: str, candidates: Iterable[str], *, count: int = 3) -> list[str]:
    """The candidates that look most like ``name``, best first."""
    known = {candidate.lower(): candidate for candidate in candidates}
    return [known[match] for match in difflib.get_close_matches(name.lower(), known, n=count, cutoff=0.5)]


def unknown_name(what: str, name: str, candidates: Iterable[str], *, hint: str) -> SpecError:
    """The error for a name that is not in a catalogue: the nearest names, or where to see them all."""
    close = nearest(name, candidates)
    meant = f"; did you mean {_either(close)}?" if close else ""
    return SpecError(f"there is no {what} named {name!r}{meant}", code=f"unknown-{what.replace(' ', '-')}", hint=hint)


def _as_spec_error(error: ValidationError, kind: type[BaseModel], what: str, source: Document | None) -> SpecError:
    problems = error.errors(include_url=False)
    # A misspelt key also leaves the right one missing; the misspelling is the one to mend.
    first = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    location = tuple(part for part in first["loc"] if part != "[key]")
    blamed = getattr(first.get("ctx", {}).get("error"), "field", None)
    if blamed is not None:
        location = (*location, blamed)
    place = f"{source.where(location)}: " if source is not None else ""
    sentence, hint = _sentence(first, location, kind)
    name = dotted(location)
    subject = (f"{name}: " if source is not None else f"{what}.{name}: ") if name else f"{what}: "
    others = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return SpecError(f"{place}{subject}{sentence}{others}", code="bad-value", hint=hint)


def _sentence(problem: Any, location: tuple[str | int, ...], kind: type[BaseModel]) -> tuple[str, str | None]:
    value, context = problem.get("input"), problem.get("ctx", {})
    shown = _short(value)
    cause = context.get("error")
    if isinstance(cause, UnreadableQuantity):
        return str(cause), cause.hint
    if problem["type"] == "extra_forbidden":
        keys = _keys_at(kind, location[:-1])
        close = nearest(str(location[-1]), keys, count=1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        return f"unknown key {str(location[-1])!r}{meant}", f"allowed keys: {', '.join(keys)}"
    if problem["type"] == "missing":
        return f"the key {str(location[-1])!r} is missing", f"add {location[-1]}"
    if problem["type"] in ("literal_error", "enum"):
        allowed = str(context.get("expected", ""))
        close = nearest(str(value), [part.strip(" '") for part in allowed.replace(" or ", ",").split(",")], count=1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        return f"{shown} is not one of {allowed}{meant}", None
    if problem["type"] == "too_short":
        return f"{shown} is empty, but at least {context.get('min_length', 1)} value is needed", None
    if problem["type"] in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        bound = str(problem["msg"]).removeprefix("Input should be ")
        return f"{shown} must be {bound}", None
    message = str(problem["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    if message != problem["msg"]:
        return f"{shown} must be {message}", None
    return f"{shown}: {message}", None


def _keys_at(kind: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """The keys that are allowed in the mapping at ``location``, as one writes them in a file."""
    current: Any = kind
    for part in location:
        if isinstance(part, int):
            continue
        for name, entry in current.model_fields.items():
            if part == name or part in _aliases(entry):
                inner = _model_in(entry.annotation)
                if inner is None:
                    return []
                current = inner
                break
    return [next(iter(_aliases(entry)), name) for name, entry in current.model_fields.items()]


def _aliases(entry: Any) -> list[str]:
    alias = entry.validation_alias
    if alias is None:
        return []
    return [str(choice) for choice in getattr(alias, "choices", [alias])]


def _model_in(annotation: Any) -> Any:
    from typing import get_args

    if hasattr(annotation, "model_fields"):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


def dotted(location: tuple[str | int, ...]) -> str:
    """A path of keys as one writes it: ``fabric.tiers[0].of``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _either(names: list[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
