"""Finding a bundled thing by name, where case and separators do not matter: ``llama3.1-70b`` is ``Llama-3.1-70B``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from ..errors import SpecError
from ..specs.refusals import shown
from ..specs.validation import unknown_name

_Found = TypeVar("_Found")
Names = Mapping[str, Iterable[str]]  # aliases by name

_SEPARATORS = re.compile(r"[\s_\-]+")
_SPEC_SUFFIXES = (".yaml", ".yml", ".json")


def normalised(name: str) -> str:
    """The name without case and separators, by which bundled things are compared.

    Example:
        >>> normalised("Llama-3.1-70B") == normalised("llama3.1_70b")
        True
    """
    return _SEPARATORS.sub("", name.strip().lower())


def find_name(text: str, names: Names) -> str | None:
    """The name that ``text`` is a spelling of; two things that share a spelling are a mistake in the data."""
    index: dict[str, str] = {}
    for name, aliases in names.items():
        for spelling in (name, *aliases):
            if index.setdefault(normalised(spelling), name) != name:
                raise ValueError(f"{spelling!r} names both {index[normalised(spelling)]!r} and {name!r}")
    return index.get(normalised(text))


def looks_like_a_file(text: str) -> bool:
    """Whether a text that names no bundled thing is meant as a path."""
    if text.lower().endswith(_SPEC_SUFFIXES) or "/" in text or "\\" in text:
        return True
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # longer than a path can be
        return False


def look_up(
    what: str,
    text: str | Path,
    names: Names,
    *,
    bundled: Callable[[str], _Found],
    from_file: Callable[[str], _Found],
    hint: str,
    otherwise: Callable[[str], _Found | None] = lambda text: None,
) -> _Found:
    """The thing that a text names: a bundled one by name or alias, the one in a file, or what ``otherwise`` finds.

    ``hint`` is the action for a name that is not known.

    Raises:
        SpecError: no such thing (the nearest names are offered), or what ``from_file`` raises.
    """
    text = str(text) if isinstance(text, Path) else text
    if not isinstance(text, str) or not text.strip():
        raise SpecError(f"{what}: {shown(text)} is not a name or a file", code=f"unknown-{what}", hint=hint)
    name = find_name(text, names)
    if name is not None:
        return bundled(name)
    if looks_like_a_file(text):
        return from_file(text)
    found = otherwise(text)
    if found is None:
        spellings = [spelling for name, aliases in names.items() for spelling in (name, *aliases)]
        raise unknown_name(what, text, spellings, hint=hint)
    return found
