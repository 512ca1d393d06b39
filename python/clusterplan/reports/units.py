"""Numbers with their units, as they stand on screen. Three significant digits are enough there; JSON has them all."""

from __future__ import annotations

GIB = 2**30
_DURATIONS = ((86400.0 * 2, 86400.0, "days"), (7200.0, 3600.0, "h"), (120.0, 60.0, "min"))


def seconds(value: float) -> str:
    """A time in the unit that suits it.

    Example:
        >>> seconds(9.944), seconds(0.0123), seconds(90061), seconds(1_234_567)
        ('9.94 s', '12.3 ms', '25 h', '14.3 days')
    """
    for least, unit, name in _DURATIONS:
        if value >= least:
            return f"{significant(value / unit)} {name}"
    if value >= 1 or value == 0:
        return f"{significant(value)} s"
    return f"{significant(value * 1e3)} ms" if value >= 1e-3 else f"{significant(value * 1e6)} us"


def significant(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, thousands separated, without an exponent.

    Example:
        >>> significant(1234.5), significant(0.04567), significant(12.0)
        ('1,234', '0.0457', '12')
    """
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    from math import floor, log10

    text = f"{value:,.{max(0, digits - 1 - floor(log10(abs(value))))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class ColumnOfSeconds:
    """Times of one column: one unit and one number of decimals, so that the digits stand below each other.

    The largest of them has five digits; below a second the unit is the millisecond.

    Example:
        >>> column = ColumnOfSeconds(27.34812)
        >>> column.unit, column.cell(27.34812), column.cell(0.0125), column.cell(0.0001)
        ('s', '27.348', '0.013', '<0.001')
    """

    def __init__(self, largest_s: float, *, digits: int = 5) -> None:
        milliseconds = largest_s < 1
        self.unit = "ms" if milliseconds else "s"
        self._scale = 1e3 if milliseconds else 1.0
        self._decimals = max(0, digits - len(str(int(largest_s * self._scale))))

    def cell(self, value_s: float) -> str:
        """A time in the unit of the column, without the unit."""
        text = f"{value_s * self._scale:,.{self._decimals}f}"
        smallest = 10.0**-self._decimals
        return f"<{smallest:.{self._decimals}f}" if value_s > 0 and float(text.replace(",", "")) == 0 else text


def counted(count: int, one: str, more: str | None = None) -> str:
    """A count with its noun.

    Example:
        >>> counted(1, "step"), counted(1024, "step")
        ('1 step', '1,024 steps')
    """
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def gib(value_bytes: float) -> str:
    """Bytes in GiB, one decimal, without the unit."""
    return f"{value_bytes / GIB:,.1f}"


def bytes_words(value_bytes: float) -> str:
    """Bytes with the largest binary unit that they are at least one of.

    Example:
        >>> bytes_words(80 * 2**30), bytes_words(16 * 2**20), bytes_words(1000)
        ('80 GiB', '16 MiB', '1,000 bytes')
    """
    for size, name in ((GIB, "GiB"), (2**20, "MiB")):
        if value_bytes >= size:
            return f"{significant(value_bytes / size, 4)} {name}"
    return f"{value_bytes:,.0f} bytes"


def percent(fraction: float) -> str:
    """A fraction in per cent, one decimal.

    Example:
        >>> percent(0.4567)
        '45.7 %'
    """
    return f"{fraction * 100:.1f} %"


def large(value: float) -> str:
    """A count of parameters or tokens with K, M, B or T.

    Example:
        >>> large(70_553_706_496), large(15e12), large(950)
        ('70.6 B', '15 T', '950')
    """
    for size, name in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if value >= size:
            return f"{significant(value / size)} {name}"
    return f"{value:,.0f}"


def gigabytes_per_s(value_bytes_per_s: float) -> str:
    """Bytes/s in GB/s: ``450 GB/s``."""
    return f"{significant(value_bytes_per_s / 1e9, 4)} GB/s"


def tera_flops_per_s(value_flops_per_s: float) -> str:
    """FLOP/s in TFLOP/s."""
    return f"{significant(value_flops_per_s / 1e12)} TFLOP/s"


def dollars(value_usd: float) -> str:
    """US dollars: ``USD 339``, ``USD 1.23 M``.

    Example:
        >>> dollars(339.2), dollars(1_234_567)
        ('USD 339', 'USD 1.23 M')
    """
    return f"USD {large(value_usd)}" if value_usd >= 1e6 else f"USD {value_usd:,.0f}"
