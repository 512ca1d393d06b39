"""Reading quantities as people write them: ``80GiB``, ``400Gb/s``, ``989TFLOPS``, ``2.5us``, ``70b``.

Upper and lower case carry meaning (``B`` byte, ``b`` bit; ``G`` 1e9, ``Gi`` 2**30), so what could be read in two
ways is refused and both readings are named. Amounts must be positive and finite.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from ..errors import SpecError
from .refusals import UnreadableQuantity, is_not, shown

Quantity = str | int | float
_Number = TypeVar("_Number", int, float)

_NUMBER_AND_UNIT = re.compile(r"\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\d\s].*?)?\s*")
_LARGEST_EXPONENT = 30
_LONGEST_TEXT = 64

_DECIMAL = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}
_PREFIXES = {**_DECIMAL, **_BINARY}
_COUNT_SUFFIXES = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_SECONDS = {
    "s": Fraction(1),
    "ms": Fraction(1, 10**3),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),  # U+00B5, the micro sign
    "μs": Fraction(1, 10**6),  # U+03BC, the Greek letter, which keyboards also give
    "ns": Fraction(1, 10**9),
    "min": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86400),
}


def parse_bytes(value: Quantity, *, field: str = "bytes") -> int:
    """An amount of memory in bytes; a bare int or float is bytes already.

    Raises:
        SpecError: not an amount of bytes, or unclear (``80G``, ``80gb``), or not positive and finite.

    Example:
        >>> parse_bytes("80GB"), parse_bytes("80GiB")
        (80000000000, 85899345920)
    """
    return _named(read_bytes, value, field)


def parse_bytes_per_s(value: Quantity, *, field: str = "bandwidth") -> float:
    """A rate in bytes/s from bytes or bits a second; a bare int or float is bytes/s already.

    Raises:
        SpecError: not a rate, or unclear (``400gb/s``), or not positive and finite.

    Example:
        >>> parse_bytes_per_s("400Gb/s"), parse_bytes_per_s("3.35TB/s")
        (50000000000.0, 3350000000000.0)
    """
    return _named(read_bytes_per_s, value, field)


def parse_flops_per_s(value: Quantity, *, field: str = "peak") -> float:
    """A rate in FLOP/s; a bare int or float is FLOP/s already.

    Raises:
        SpecError: not a rate of FLOP, or unclear (``989T``), or not positive and finite.

    Example:
        >>> parse_flops_per_s("989TFLOPS")
        989000000000000.0
    """
    return _named(read_flops_per_s, value, field)


def parse_seconds(value: Quantity, *, field: str = "time") -> float:
    """A time in seconds; a bare int or float is seconds already.

    Raises:
        SpecError: not a time, or unclear (``5m``), or not positive and finite.

    Example:
        >>> parse_seconds("2.5us")
        2.5e-06
    """
    return _named(read_seconds, value, field)


def parse_count(value: Quantity, *, field: str = "count", most: int | None = None) -> int:
    """A whole number of parameters, tokens or devices: ``70b`` or ``70B`` is 70e9, ``1.5T`` 1.5e12, ``350m`` 350e6.

    Raises:
        SpecError: not a whole, positive, finite number, or more than ``most``.

    Example:
        >>> parse_count("1.5T"), parse_count("350m"), parse_count("1e12")
        (1500000000000, 350000000, 1000000000000)
    """
    return _named(lambda given: at_most(read_count(given), most), value, field)


def read_bytes(value: Quantity) -> int:
    """`parse_bytes` for validators: raises `UnreadableQuantity`."""
    example = "write it as 80GB (1e9 bytes) or 80GiB (2**30 bytes)"
    number, unit = _split(value, "an amount of bytes such as 80GB or 80GiB", example)
    text = _number_text(value)
    if unit is None:
        return _whole(number, value, "bytes")
    if unit.endswith("B") and unit[:-1] in _PREFIXES:
        return _whole(number * _PREFIXES[unit[:-1]], value, "bytes")
    prefix = _prefix_of(unit, ("", "b", "ib", "i", "bit", "bits"))
    if prefix is not None:
        giga = prefix or "G"
        if unit.endswith(("b", "bit", "bits")):
            raise UnreadableQuantity(
                f"{shown(value)} is unclear: it may be {text}{giga}B (bytes) or {text}{giga}b "
                f"(bits, {_show(number * _DECIMAL[giga] / 8)} bytes)",
                f"write {text}{giga}B if you mean bytes",
            )
        raise UnreadableQuantity(
            f"{shown(value)} is unclear: it may be {text}{giga}B (decimal) or {text}{giga}iB (powers of 1024)",
            f"write {text}{giga}B or {text}{giga}iB",
        )
    raise is_not(value, "an amount of bytes such as 80GB or 80GiB", example)


def read_bytes_per_s(value: Quantity) -> float:
    """`parse_bytes_per_s` for validators: raises `UnreadableQuantity`."""
    example = "write it as 50GB/s (bytes) or 400Gb/s (bits)"
    number, unit = _split(value, "a rate such as 450GB/s or 400Gb/s", example)
    text = _number_text(value)
    if unit is None:
        return float(number)
    for suffix, divisor in (("bit/s", 8), ("bps", 8), ("b/s", 8), ("Bps", 1), ("B/s", 1)):
        size = unit.removesuffix(suffix)
        if unit.endswith(suffix) and size in _PREFIXES:
            return float(number * _PREFIXES[size] / divisor)
    prefix = _prefix_of(unit, ("", "b", "ib", "b/s", "bps", "bit", "bits", "/s", "ps", "ib/s", "ibps"))
    if prefix is not None:
        giga = prefix or "G"
        bits, whole = _show(number * _DECIMAL[giga] / 8), _show(number * _DECIMAL[giga])
        raise UnreadableQuantity(
            f"{shown(value)} is unclear: it may be {text}{giga}b/s (bits, {bits} bytes/s) "
            f"or {text}{giga}B/s (bytes, {whole} bytes/s)",
            f"write {text}{giga}b/s or {text}{giga}B/s",
        )
    raise is_not(value, "a rate such as 450GB/s or 400Gb/s", example)


def read_flops_per_s(value: Quantity) -> float:
    """`parse_flops_per_s` for validators: raises `UnreadableQuantity`."""
    example = "write it as 989TFLOPS or 989TFLOP/s"
    number, unit = _split(value, "a rate such as 989TFLOPS", example)
    text = _number_text(value)
    if unit is None:
        return float(number)
    for suffix in ("FLOPS", "FLOP/s", "flops", "flop/s"):
        size = unit.removesuffix(suffix).upper()
        if unit.endswith(suffix) and size in _DECIMAL:
            return float(number * _DECIMAL[size])
    prefix = _prefix_of(unit, ("", "flops", "flop"))
    if prefix is not None:
        tera = prefix or "T"
        raise UnreadableQuantity(
            f"{shown(value)} is unclear: it may be {text}{tera}FLOP/s (a rate) or {text}{tera}FLOP (an amount of work)",
            f"write {text}{tera}FLOP/s",
        )
    raise is_not(value, "a rate such as 989TFLOPS", example)


def read_seconds(value: Quantity) -> float:
    """`parse_seconds` for validators: raises `UnreadableQuantity`."""
    return _seconds(value, zero=False)


def read_latency(value: Quantity) -> float:
    """As `read_seconds`, and none at all is allowed too: ``0us``."""
    return _seconds(value, zero=True)


def _seconds(value: Quantity, *, zero: bool) -> float:
    example = "write it with one of s, ms, us, ns, min, h, d, such as 2.5us"
    number, unit = _split(value, "a time such as 2.5us or 1.2ms", example, zero=zero)
    text = _number_text(value)
    if unit is None:
        return float(number)
    if unit in _SECONDS:
        return float(number * _SECONDS[unit])
    if unit in ("m", "M"):
        raise UnreadableQuantity(
            f"{shown(value)} is unclear: it may be {text}min (minutes) or {text}ms (milliseconds)",
            f"write {text}min or {text}ms",
        )
    raise is_not(value, "a time such as 2.5us or 1.2ms", example)


def read_count(value: Quantity) -> int:
    """`parse_count` for validators: raises `UnreadableQuantity`."""
    example = "write a whole number, or one with k, m, b or t behind it, such as 70b or 1.5t"
    number, unit = _split(value, "a whole number such as 1024, 70b or 1.5t", example)
    text = _number_text(value)
    suffix = (unit or "").lower()
    if suffix in _COUNT_SUFFIXES:
        return _whole(number * _COUNT_SUFFIXES[suffix], value, None)
    if suffix == "g":
        raise UnreadableQuantity(
            f"{shown(value)} is unclear: it may be {text}b (times 1e9) or {text}GB (bytes)", f"write {text}b"
        )
    raise is_not(value, "a whole number such as 1024, 70b or 1.5t", example)


def at_most(number: int, most: int | None) -> int:
    """``number``, or `UnreadableQuantity` where it is above a limit that no real job comes near."""
    if most is not None and number > most:
        raise UnreadableQuantity(f"{shown(number)} is more than {most}, the largest supported", f"use at most {most}")
    return number


def _named(read: Callable[[Quantity], _Number], value: Quantity, field: str) -> _Number:
    try:
        return read(value)
    except UnreadableQuantity as error:
        raise SpecError(f"{field}: {error}", code="bad-quantity", hint=error.hint) from None


def _split(value: Quantity, kind: str, hint: str, *, zero: bool = False) -> tuple[Fraction, str | None]:
    """The exact number and the unit (``None`` where a plain number was given)."""
    if not isinstance(value, (bool, str, int, float)) and hasattr(value, "__index__"):
        value = int(value)  # the integers of numpy
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise is_not(value, kind, hint)
    if isinstance(value, str):
        match = _NUMBER_AND_UNIT.fullmatch(value) if len(value) <= _LONGEST_TEXT else None
        if match is None:
            if value.strip().lower().lstrip("+-.") in ("nan", "inf", "infinity"):
                raise UnreadableQuantity(f"{shown(value)} is not finite; it must be {kind}", hint)
            raise is_not(value, kind, hint)
        decimal, unit = Decimal(match[1].replace("_", "")), match[2]
    else:
        if value != value or value in (float("inf"), float("-inf")):
            raise UnreadableQuantity(f"{shown(value)} is not finite; it must be {kind}", hint)
        if abs(value) > 10**_LARGEST_EXPONENT:
            raise UnreadableQuantity(f"{shown(value)} is out of range; it must be {kind}", hint)
        # repr is the shortest text that gives the float back: 0.1 means a tenth, not its binary neighbour.
        decimal, unit = Decimal(repr(value)), None
    # Decimal keeps an exponent of a billion; turning it into an integer would never end.
    if decimal and abs(decimal.adjusted()) > _LARGEST_EXPONENT:
        raise UnreadableQuantity(f"{shown(value)} is out of range; it must be {kind}", hint)
    if decimal < 0 or (decimal == 0 and not zero):
        least = "0 or more" if zero else "greater than zero"
        raise UnreadableQuantity(f"{shown(value)} must be {least}", f"give a number that is {least}")
    return Fraction(decimal), unit


def _whole(number: Fraction, value: Quantity, unit: str | None) -> int:
    if number.denominator == 1:
        return int(number)
    # 79.15GiB is no whole number of bytes and nobody means one; a count of layers must be whole.
    if unit is not None and number > 1:
        return round(number)
    raise UnreadableQuantity(f"{shown(value)} is not a whole number", "write a whole number such as 8")


def _prefix_of(unit: str, endings: tuple[str, ...]) -> str | None:
    """The decimal prefix (upper case, empty for none) if ``unit`` is one followed by one of ``endings`` in any case."""
    lower = unit.lower()
    for ending in endings:
        prefix = lower.removesuffix(ending) if ending else lower
        if lower.endswith(ending) and prefix.upper() in _DECIMAL:
            return prefix.upper()
    return None


def _number_text(value: Quantity) -> str:
    match = _NUMBER_AND_UNIT.fullmatch(value) if isinstance(value, str) else None
    return match[1] if match else str(value)


def _show(number: Fraction) -> str:
    return f"{float(number):.4g}"
