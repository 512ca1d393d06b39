"""How a value that is refused is said: in the words of the file, never in those of Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LONGEST_TEXT = 60
_LONGEST_DIGITS = 40


class UnreadableQuantity(ValueError):
    """A value that cannot be read: the text is one clause without the name of the field.

    ``hint`` is one action that would mend it; ``field`` is the path of keys to blame below the place where the value
    stands, or empty. Kept apart from `SpecError` so that a pydantic validator, which does not know its own dotted
    field, can raise it and the field is put in front later.
    """

    def __init__(self, reason: str, hint: str, *, field: str | tuple[str | int, ...] = ()) -> None:
        super().__init__(reason)
        self.hint = hint
        self.field = (field,) if isinstance(field, str) else field


def is_not(value: Any, expected: str, hint: str) -> UnreadableQuantity:
    """The refusal of a value that is not ``expected`` (``a whole number such as 8``)."""
    if value is None:
        return UnreadableQuantity(f"has no value; it must be {expected}", hint)
    if isinstance(value, bool):
        return UnreadableQuantity(f"{shown(value)} is a yes/no value, not {_kind_of(expected)}", hint)
    return UnreadableQuantity(f"{shown(value)} is not {expected}", hint)


def shown(value: Any) -> str:
    """A value as its file has it, cut to what fits in a sentence.

    Example:
        >>> shown(True), shown([]), shown("8x"), shown({"a": 1})
        ('true', '[]', "'8x'", 'a mapping of keys to values')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) >= 10**_LONGEST_DIGITS:
        # Python refuses to write integers of thousands of digits.
        return f"a whole number of more than {_LONGEST_DIGITS} digits"
    if isinstance(value, Mapping):
        return "a mapping of keys to values"
    if isinstance(value, (list, tuple)):
        text = f"[{', '.join(shown(item) for item in value[:8])}{', ...' if len(value) > 8 else ''}]"
        return text if len(text) <= _LONGEST_TEXT else f"a list of {len(value)} values"
    text = repr(value[: 2 * _LONGEST_TEXT]) if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 3]}..."


def kind_shown(value: Any) -> str:
    """What a file holds, in one word: ``a list``, ``a number``."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a yes/no value"
    kinds: tuple[tuple[type, str], ...] = ((dict, "a mapping"), (list, "a list"), (str, "a text"))
    named = next((name for kind, name in kinds if isinstance(value, kind)), None)
    return named or ("a number" if isinstance(value, (int, float)) else "something else")


def _kind_of(expected: str) -> str:
    return "a text" if "text" in expected else "a number"
