"""What may stand behind the options of the command line, turned into values; errors name the nearest choice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _Type = click.ParamType[Any]
else:  # generic only in newer versions of click
    _Type = click.ParamType

_MOST_VALUES = 4096
_RANGE = re.compile(r"(\d+)\.\.(\d+)")


class DegreeList(_Type):
    """Whole numbers: ``8``, ``1,2,4``, ``1..16`` or ``1,4..8``."""

    name = "list"

    def convert(self, value: object, parameter: click.Parameter | None, context: click.Context | None) -> list[int]:
        if isinstance(value, list):
            return value
        found: dict[int, None] = {}
        for piece in str(value).split(","):
            text = piece.strip()
            match = _RANGE.fullmatch(text)
            if match:
                low, high = int(match[1]), int(match[2])
                if low > high:
                    self.fail(f"the range {text!r} runs backwards; write {high}..{low}", parameter, context)
                if high - low >= _MOST_VALUES:
                    self.fail(f"the range {text!r} has more than {_MOST_VALUES} values", parameter, context)
                found.update(dict.fromkeys(range(low, high + 1)))
            elif re.fullmatch(r"[+-]?\d{1,18}", text):
                found[int(text)] = None
            else:
                self.fail(
                    f"{text!r} is not a whole number, a list such as 1,2,4 or a range such as 1..16", parameter, context
                )
        return list(found)


class Choices(_Type):
    """One or, with `many`, several names of a fixed set, separated by commas."""

    name = "names"

    def __init__(self, allowed: Sequence[str], *, many: bool = True) -> None:
        self._allowed = tuple(allowed)
        self._many = many

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> list[str] | str:
        if isinstance(value, list):
            return value
        pieces = [piece.strip() for piece in str(value).split(",")] if self._many else [str(value)]
        for piece in pieces:
            if piece not in self._allowed:
                self.fail(self._sentence(piece), parameter, context)
        return list(dict.fromkeys(pieces)) if self._many else pieces[0]

    def _sentence(self, given: str) -> str:
        from difflib import get_close_matches

        near = get_close_matches(given.lower(), self._allowed, n=1, cutoff=0.5)
        meant = f"; did you mean '{near[0]}'?" if near else ""
        return f"{given!r} is not one of {', '.join(self._allowed)}{meant}"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "|".join(self._allowed) + (",.." if self._many else "")

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in self._allowed if name.startswith(incomplete)]


class WholeNumber(_Type):
    """A whole number as it was typed; its limits are checked where its meaning is known."""

    name = "integer"

    def convert(self, value: object, parameter: click.Parameter | None, context: click.Context | None) -> int:
        try:
            return int(str(value).replace("_", ""))
        except ValueError:
            self.fail(f"{value!r} is not a whole number", parameter, context)


class Seconds(_Type):
    """A time with or without a unit: ``30``, ``1.5s``, ``2min``."""

    name = "seconds"

    def convert(self, value: object, parameter: click.Parameter | None, context: click.Context | None) -> float:
        from clusterplan.errors import SpecError
        from clusterplan.specs.units import parse_seconds

        if isinstance(value, float):
            return value
        text = str(value)
        try:
            return parse_seconds(float(text) if re.fullmatch(r"[+-]?[\d.]+", text) else text, field="time")
        except (SpecError, ValueError) as error:
            self.fail(str(error).removeprefix("time: "), parameter, context)
