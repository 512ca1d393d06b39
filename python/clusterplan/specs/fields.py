"""Field types of the specs: numbers that may be written with units, and refuse what is not meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from .limits import MOST_DEVICES
from .refusals import UnreadableQuantity, is_not, shown
from .units import at_most, read_bytes, read_bytes_per_s, read_count, read_flops_per_s, read_latency

# By the ending of a field's name, longest first: units that its value may have in a file, and an example.
_UNITS = (
    ("_bytes_per_s", ("GB/s", "Gb/s"), "450GB/s or 400Gb/s"),
    ("_flops_per_s", ("TFLOPS",), "989TFLOPS"),
    ("_bytes", ("GB", "GiB"), "80GB or 80GiB"),
    ("_s", ("us", "ms"), "2.5us or 1.2ms"),
)
_LARGEST_BEFORE_A_UNIT = 10_000  # larger ones are already in the smallest unit: 85000000000 is not meant as GB
_PLAIN_NUMBER = re.compile(r"[+-]?[\d_.]*\d[\d_.]*(?:[eE][+-]?\d+)?")
_LONGEST_NAME = 200
_LEAST_FRACTION = 1e-6


def written(short: str, name: str) -> AliasChoices:
    """In a file the key carries the meaning (``bandwidth: 450GB/s``), in Python the name carries the unit."""
    return AliasChoices(short, name)


class Spec(BaseModel):
    """The base of all specs: frozen, and a key that is not known is an error.

    A key without a unit in its name (``memory``) takes no plain number; one with it (``memory_bytes``) does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _says_the_units(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            for name, entry in cls.model_fields.items():
                short = getattr(entry.validation_alias, "choices", [name])[0]
                forms = next((forms for ending, *forms in _UNITS if name.endswith(ending)), None)
                if short != name and short in given and forms is not None:
                    _refuse_plain_numbers(given[short], forms, (short,))
        return given


def _refuse_plain_numbers(value: Any, forms: list[Any], field: tuple[str, ...]) -> None:
    if isinstance(value, Mapping):  # the peak of each dtype
        for key, inner in value.items():
            _refuse_plain_numbers(inner, forms, (*field, str(key)))
        return
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return
    text = value.strip() if isinstance(value, str) else repr(value) if isinstance(value, float) else shown(value)
    if not _PLAIN_NUMBER.fullmatch(text):
        return
    units, example = forms
    if re.fullmatch(r"\d+(\.\d+)?", text) and float(text) < _LARGEST_BEFORE_A_UNIT:
        example = " or ".join(f"{text}{unit}" for unit in units)
    raise UnreadableQuantity(f"{shown(value)} has no unit", f"write it with its unit, such as {example}", field=field)


def _whole_number_or_zero(value: Any) -> int:
    return 0 if not isinstance(value, bool) and value in (0, "0") else read_count(value)


def _not_a_bool(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        raise is_not(value, "a number", "write a number")
    return value


def _a_bool(value: Any) -> Any:
    if not isinstance(value, bool):
        expected = "true or false"
        raise UnreadableQuantity(
            f"has no value; it must be {expected}" if value is None else f"{shown(value)} is not {expected}",
            f"write {expected}",
        )
    return value


def _a_text(value: Any) -> Any:
    if isinstance(value, (bool, Mapping, list, tuple)) or value is None:
        raise is_not(value, "a text", "write a text, in quotes where it is a word such as yes, no or null")
    # YAML reads `as_of: 2024` as a number and `2024-05-01` as a date; both are meant as text.
    return value if isinstance(value, str) else str(value)


def _a_name(value: str) -> str:
    if not value.strip():
        raise UnreadableQuantity(f"{shown(value)} is empty", "give it a name such as my-cluster")
    if not value.isprintable() or len(value) > _LONGEST_NAME:
        raise UnreadableQuantity(
            f"{shown(value)} is not one line of at most {_LONGEST_NAME} printable characters",
            "give it a short name such as my-cluster",
        )
    return value.strip()


def _at_most_one(value: float) -> float:
    if not _LEAST_FRACTION <= value <= 1:
        raise UnreadableQuantity(
            f"{shown(value)} is not a fraction above 0 (at least {_LEAST_FRACTION:f}) and at most 1",
            "write a fraction such as 0.8",
        )
    return value


def _within(least: float, most: float, unit: str) -> AfterValidator:
    """What refuses quantities that no machine has, and with which the sums of the engine could overflow."""

    def check(value: Any) -> Any:
        if not least <= value <= most:
            raise UnreadableQuantity(
                f"{value:.4g} {unit} is outside {least:g} to {most:g} {unit}, which holds every real machine",
                "check the unit",
            )
        return value

    return AfterValidator(check)


def _zero_stage(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        raise is_not(value, "a number from 0 to 3", "write 0, 1, 2 or 3")
    return 0 if value in (0, "0") else read_count(value)


def up_to(most: int) -> AfterValidator:
    """What makes a whole number one of at most ``most``: ``Annotated[PositiveInteger, up_to(8)]``."""
    return AfterValidator(lambda value: at_most(value, most))


PositiveInteger = Annotated[int, BeforeValidator(read_count)]
Integer = Annotated[int, BeforeValidator(_whole_number_or_zero)]
Count = Annotated[PositiveInteger, up_to(MOST_DEVICES)]  # of parts of a machine
Bytes = Annotated[int, BeforeValidator(read_bytes), _within(1, 1e18, "bytes")]
BytesPerSecond = Annotated[float, BeforeValidator(read_bytes_per_s), _within(1, 1e15, "bytes/s")]
FlopsPerSecond = Annotated[float, BeforeValidator(read_flops_per_s), _within(1, 1e24, "FLOP/s")]
Seconds = Annotated[float, BeforeValidator(read_latency), _within(0, 1e6, "s")]
Fraction = Annotated[float, BeforeValidator(_not_a_bool), AfterValidator(_at_most_one)]
NonNegative = Annotated[float, BeforeValidator(_not_a_bool), Field(ge=0, le=1e12)]
AtLeastOne = Annotated[float, BeforeValidator(_not_a_bool), Field(ge=1, le=1000)]
Flag = Annotated[bool, BeforeValidator(_a_bool)]
Text = Annotated[str, BeforeValidator(_a_text)]
Name = Annotated[Text, AfterValidator(_a_name)]
ZeroStage = Annotated[Literal[0, 1, 2, 3], BeforeValidator(_zero_stage)]


class Fact(Spec):
    """Where a number comes from: ``source`` names paper, page or file.

    ``confidence`` is ``seen`` (read there), ``derived``, ``recalled`` or ``assumed``, or a phrase that says more.
    """

    source: Text
    confidence: Text
