"""Field types of the specs: numbers that may be written with units, and refuse what is not meant."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from .units import UnreadableQuantity, read_bytes, read_bytes_per_s, read_count, read_flops_per_s, read_seconds


class Spec(BaseModel):
    """The base of all specs: frozen, and a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


def _whole_number_or_zero(value: Any) -> int:
    return 0 if not isinstance(value, bool) and value in (0, "0") else read_count(value)


def _not_a_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise UnreadableQuantity(f"{value!r} is not a number", "write a number")
    return value


def _a_bool(value: Any) -> Any:
    if not isinstance(value, bool):
        raise UnreadableQuantity(f"{value!r} is not true or false", "write true or false")
    return value


def _a_text(value: Any) -> Any:
    # YAML reads `as_of: 2024` as a number and `2024-05-01` as a date; both are meant as text.
    return value if isinstance(value, (str, dict, list)) or value is None else str(value)


def _at_most_one(value: float) -> float:
    if not 0 < value <= 1:
        raise UnreadableQuantity(f"{value!r} is not a fraction greater than 0 and at most 1", "write it as 0.8")
    return value


PositiveInteger = Annotated[int, BeforeValidator(read_count)]
Integer = Annotated[int, BeforeValidator(_whole_number_or_zero)]
Bytes = Annotated[int, BeforeValidator(read_bytes)]
BytesPerSecond = Annotated[float, BeforeValidator(read_bytes_per_s)]
FlopsPerSecond = Annotated[float, BeforeValidator(read_flops_per_s)]
Seconds = Annotated[float, BeforeValidator(read_seconds)]
Fraction = Annotated[float, BeforeValidator(_not_a_bool), AfterValidator(_at_most_one)]
NonNegative = Annotated[float, BeforeValidator(_not_a_bool), Field(ge=0)]
AtLeastOne = Annotated[float, BeforeValidator(_not_a_bool), Field(ge=1)]
Flag = Annotated[bool, BeforeValidator(_a_bool)]
Text = Annotated[str, BeforeValidator(_a_text)]


class Fact(Spec):
    """Where a number comes from: ``source`` names paper, page or file.

    ``confidence`` is ``seen`` (read there), ``derived``, ``recalled`` or ``assumed``, or a phrase that says more.
    """

    source: Text
    confidence: Text
