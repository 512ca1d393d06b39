"""Values into specs: every way in which they can be wrong becomes one sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import SpecError
from .files import Document, read_document
from .refusals import UnreadableQuantity, is_not, kind_shown, shown

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel, ValidationError

    from .fields import Spec

    SpecType = TypeVar("SpecType", bound=Spec)


_LONGEST_COMPARED = 200


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
        raise SpecError(
            f"{what}: {shown(data)} is not a mapping of keys to values",
            code="bad-value",
            hint=f"give it as keys: {', '.join(_keys_at(kind, ()))}",
        )
    try:
        return kind.model_validate({str(key): value for key, value in data.items()})
    except ValidationError as error:
        raise _as_spec_error(error, kind, what, given if isinstance(given, Document) else None) from None


def nearest(name: str, candidates: Iterable[str], *, count: int = 3) -> list[str]:
    """The candidates that look most like ``name``, best first: those that begin with it, then by likeness."""
    known = {candidate.lower(): candidate for candidate in candidates}
    name = name[:_LONGEST_COMPARED].lower()
    begun = sorted((each for each in known if len(name) > 4 and each.startswith(name)), key=len)
    alike = difflib.get_close_matches(name, known, n=count, cutoff=0.5)
    return [known[match] for match in dict.fromkeys([*begun, *alike])][:count]


def unknown_name(what: str, name: str, candidates: Iterable[str], *, hint: str) -> SpecError:
    """The error for a name that is not in a catalogue: the nearest names, or where to see them all."""
    close = nearest(name, candidates)
    meant = f"; did you mean {_either(close)}?" if close else ""
    return SpecError(
        f"there is no {what} named {shown(name)}{meant}", code=f"unknown-{what.replace(' ', '-')}", hint=hint
    )


def _as_spec_error(error: ValidationError, kind: type[BaseModel], what: str, source: Document | None) -> SpecError:
    problems = error.errors(include_url=False)
    # A list whose values are refused is also reported as empty.
    deeper = [problem["loc"] for problem in problems if problem["type"] != "too_short"]
    problems = [
        problem
        for problem in problems
        if problem["type"] != "too_short" or all(loc[: len(problem["loc"])] != problem["loc"] for loc in deeper)
    ]
    # A misspelt key also leaves the right one missing; the misspelling is the one to mend.
    first = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    location = tuple(part for part in first["loc"] if part != "[key]")
    location = (*location, *getattr(first.get("ctx", {}).get("error"), "field", ()))
    place = f"{source.where(location)}: " if source is not None else ""
    sentence, hint = _sentence(first, location, kind)
    name = dotted(location)
    subject = (f"{name}: " if source is not None else f"{what}.{name}: ") if name else f"{what}: "
    others = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return SpecError(f"{place}{subject}{sentence}{others}", code="bad-value", hint=hint)


def _sentence(problem: Any, location: tuple[str | int, ...], kind: type[BaseModel]) -> tuple[str, str]:
    """What is wrong, without the name of the field, and one action that mends it."""
    value, context, problem_type = problem.get("input"), problem.get("ctx", {}), str(problem["type"])
    cause = context.get("error")
    if isinstance(cause, UnreadableQuantity):
        return str(cause), cause.hint
    if problem_type == "extra_forbidden":
        keys = _keys_at(kind, location[:-1])
        close = nearest(str(location[-1]), keys, count=1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        return f"unknown key {shown(str(location[-1]))}{meant}", f"allowed keys: {', '.join(keys)}"
    if problem_type == "missing" and isinstance(location[-1], int):
        return "a value is missing in the list", "give one more value"
    if problem_type == "missing":
        return f"the key {str(location[-1])!r} is missing", f"add {location[-1]}"
    if problem_type == "literal_error":
        return _not_one_of(value, str(context.get("expected", "")))
    if problem_type == "too_short":
        return f"{shown(value)} is empty, but at least one value is needed", "give at least one value"
    if problem_type == "too_long":
        most = context.get("max_length")
        return f"has {context.get('actual_length')} values, but at most {most} are allowed", f"give at most {most}"
    if problem_type in ("greater_than_equal", "less_than_equal"):
        bound = str(problem["msg"]).removeprefix("Input should be ")
        return f"{shown(value)} must be {bound}", f"write a number {bound}"
    if problem_type == "finite_number":
        return f"{shown(value)} must be a finite number", "write a plain number such as 1.5"
    expected, hint = _EXPECTED.get(problem_type, (None, None))
    if expected is not None and hint is not None:
        keys = _keys_at(kind, location) if problem_type.startswith(("model", "dict")) else []
        error = is_not(value, expected, f"write its keys below it: {', '.join(keys)}" if keys else hint)
        return (str(error) if not isinstance(value, bool) else f"{shown(value)} is not {expected}"), error.hint
    message = str(problem["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{kind_shown(value)} does not fit here: {message}", "see the bundled files for an example"


# What pydantic calls an error: what was expected, and what to write.
_MAPPING = ("a mapping of keys to values", "write it as lines of 'key: value'")
_LIST = ("a list", "write it as [1, 2, 3]")
_NUMBER = ("a number", "write a plain number such as 1.5")
_TEXT = ("a text", "write a text")
_EXPECTED = {
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type", "mapping_type"), _MAPPING),
    **dict.fromkeys(("tuple_type", "list_type"), _LIST),
    **dict.fromkeys(("float_type", "float_parsing", "int_type", "int_parsing", "int_from_float"), _NUMBER),
    **dict.fromkeys(("string_type", "string_sub_type", "invalid_key"), _TEXT),
}


def _not_one_of(value: Any, allowed: str) -> tuple[str, str]:
    """The sentence and the hint for a value outside a list as pydantic writes it: ``'a', 'b' or 'c'``."""
    names = [part.strip(" '") for part in allowed.replace(" or ", ",").split(",")]
    if value is None:
        return f"has no value; it must be one of {allowed}", f"write one of {', '.join(names)}"
    close = nearest(str(value), names, count=1)
    meant = f"; did you mean {close[0]!r}?" if close and len(names) > 1 else ""
    hint = f"write {close[0] if close else names[0]}" if close or len(names) == 1 else f"use one of {', '.join(names)}"
    return f"{shown(value)} is not {'one of ' * (len(names) > 1)}{allowed}{meant}", hint


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


def _either(names: list[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
