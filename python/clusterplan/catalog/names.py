"""Finding a bundled thing by name, where case and separators do not matter: ``llama3.1-70b`` is ``Llama-3.1-70B``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_SEPARATORS = re.compile(r"[\s_\-]+")
_SPEC_SUFFIXES = (".yaml", ".yml", ".json")


def normalised(name: str) -> str:
    """The name without case and separators, by which bundled things are compared.

    Example:
        >>> normalised("Llama-3.1-70B") == normalised("llama3.1_70b")
        True
    """
    return _SEPARATORS.sub("", name.strip().lower())


def index_of(names: Iterable[tuple[str, Iterable[str]]]) -> Mapping[str, str]:
    """From every normalised name and alias to the name; two things that share one are a mistake in the data."""
    index: dict[str, str] = {}
    for name, aliases in names:
        for spelling in (name, *aliases):
            if index.setdefault(normalised(spelling), name) != name:
                raise ValueError(f"{spelling!r} names both {index[normalised(spelling)]!r} and {name!r}")
    return index


def looks_like_a_file(text: str) -> bool:
    """Whether a text that names no bundled thing is meant as a path."""
    return text.lower().endswith(_SPEC_SUFFIXES) or "/" in text or "\\" in text or Path(text).is_file()
