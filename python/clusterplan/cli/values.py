"""What may stand behind the options of the command line, turned into values; errors name the nearest choice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    _Type = click.ParamType[Any]
else:  # generic only in newer versions of click
    _Type = click.ParamType

_LONGEST_SHOWN = 40


class BadValue(click.BadParameter):
    """A value that is not valid, together with the one action that mends it."""

    def __init__(
        self, message: str, hint: str | None, parameter: click.Parameter | None, context: click.Context | None
    ) -> None:
        super().__init__(message, ctx=context, param=parameter)
        self.hint = hint


def _refuse(
    message: str, hint: str | None, parameter: click.Parameter | None, context: click.Context | None
) -> NoReturn:
    raise BadValue(message, hint, parameter, context)


class Limits:
    """The smallest and the largest whole number that an option takes; no largest one where it is `None`."""

    def __init__(self, least: int, most: int | None) -> None:
        self._least, self._most = least, most

    def __str__(self) -> str:
        return f"of at least {self._least}" if self._most is None else f"from {self._least} to {self._most:,}"

    def broken_by(self, number: int) -> str | None:
        """How a number breaks the limits, as a clause, or `None`."""
        if number < self._least:
            return f"{_shown(number)} is below {self._least}"
        if self._most is not None and number > self._most:
            return f"{_shown(number)} is above {self._most:,}"
        return None


class DegreeList(_Type):
    """Whole numbers: ``8``, ``1,2,4``, ``1..16`` or ``1,4..8``."""

    name = "list"

    def __init__(self, *, least: int = 1, most: int | None = None) -> None:
        self._limits = Limits(least, most)
        self.example = f"{least},{least + 1}"

    def convert(self, value: object, parameter: click.Parameter | None, context: click.Context | None) -> list[int]:
        if isinstance(value, list):
            return value
        from clusterplan.specs.degrees import listed
        from clusterplan.specs.refusals import UnreadableQuantity

        try:
            pieces = listed(str(value)) or []
        except UnreadableQuantity as error:
            _refuse(str(error), error.hint, parameter, context)
        found: dict[int, None] = {}
        for piece in pieces:
            if not re.fullmatch(r"[+-]?\d{1,18}", str(piece)):
                _refuse(
                    f"{_shown(str(piece))} is not a whole number, a list or a range",
                    "write a number such as 8, a list such as 1,2,4 or a range such as 1..16",
                    parameter,
                    context,
                )
            found[int(piece)] = None
        for number in found:
            broken = self._limits.broken_by(number)
            if broken:
                _refuse(broken, f"give whole numbers {self._limits}", parameter, context)
        return list(found)


class Choices(_Type):
    """One or, with `many`, several names of a fixed set, separated by commas."""

    name = "names"

    def __init__(self, allowed: Sequence[str], *, many: bool = True) -> None:
        self._allowed = tuple(allowed)
        self._many = many
        # Of a list of values; options that take one value have none.
        self.example = ",".join(self._allowed[:2]) if many else None

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> list[str] | str:
        if isinstance(value, list):
            return value
        pieces = [piece.strip() for piece in str(value).split(",")] if self._many else [str(value)]
        for piece in pieces:
            if piece not in self._allowed:
                self._refuse_name(piece, parameter, context)
        return list(dict.fromkeys(pieces)) if self._many else pieces[0]

    def _refuse_name(self, given: str, parameter: click.Parameter | None, context: click.Context | None) -> NoReturn:
        from difflib import get_close_matches

        near = get_close_matches(given.lower(), self._allowed, n=1, cutoff=0.5)
        allowed = ", ".join(self._allowed)
        if near:
            _refuse(
                f"{_shown(given)} is not one of {allowed}; did you mean '{near[0]}'?",
                f"use {near[0]}",
                parameter,
                context,
            )
        _refuse(f"{_shown(given)} is not one of {allowed}", f"use one of {allowed}", parameter, context)

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "|".join(self._allowed) + (",.." if self._many else "")

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in self._allowed if name.startswith(incomplete)]


class Placements(_Type):
    """One or, with `many`, several orders of the ranks, separated by commas."""

    name = "placement"

    def __init__(self, *, many: bool = True) -> None:
        self._many = many
        self.example = "tp-dp-pp,tp-pp-dp" if many else None

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> list[str] | str:
        if isinstance(value, list):
            return value
        from clusterplan.specs.placements import read_placement
        from clusterplan.specs.refusals import UnreadableQuantity

        try:
            found = [read_placement(piece) for piece in (str(value).split(",") if self._many else [str(value)])]
        except UnreadableQuantity as error:
            _refuse(str(error), error.hint, parameter, context)
        return list(dict.fromkeys(found)) if self._many else found[0]

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "ORDER[@AXES]" + (",.." if self._many else "")


class WholeNumber(_Type):
    """A whole number within limits."""

    name = "integer"

    def __init__(self, *, least: int = 1, most: int | None = None) -> None:
        self._limits = Limits(least, most)

    def convert(self, value: object, parameter: click.Parameter | None, context: click.Context | None) -> int:
        try:
            number = int(str(value).replace("_", ""))
        except ValueError:
            _refuse(f"{_shown(value)} is not a whole number", f"give a whole number {self._limits}", parameter, context)
        broken = self._limits.broken_by(number)
        if broken:
            _refuse(broken, f"give a whole number {self._limits}", parameter, context)
        return number


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
        except SpecError as error:
            _refuse(str(error).removeprefix("time: "), error.hint, parameter, context)
        except ValueError:
            _refuse(f"{_shown(value)} is not a time", "give seconds such as 30, or 2min", parameter, context)


def _shown(value: object) -> str:
    """What was typed, as far as it fits into a sentence."""
    text = f"{value:,}" if isinstance(value, int) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."
