"""Colours and sizes of drawings, and the words that stand at links."""

from __future__ import annotations

from clusterplan.reports.units import significant

INK, MUTED, FAINT, PAPER, PANEL = "#1f2933", "#52606d", "#b8c4ce", "#ffffff", "#f6f8fa"
ACCELERATOR, ACCELERATOR_EDGE = "#dbeafe", "#2563eb"
SWITCH, SWITCH_EDGE = "#ede9fe", "#7c3aed"
CARD, CARD_EDGE = "#dcfce7", "#15803d"
GROUP, GROUP_EDGE = "#ffffff", "#7b8794"
FOCUS = "#eef4ff"
LINK, SCALE_UP_LINK, CARD_LINK = "#7b8794", "#7c3aed", "#15803d"
THIN_LINK = "#a78bda"  # the slowest links of a host whose links differ
WARNING = "#c2410c"  # oversubscription
WRAP = "#be185d"
# Rails, distinguishable also without red or green (after Okabe and Ito).
RAILS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a7300", "#5b5b9a")
AXES = ("#0072b2", "#d55e00", "#009e73")

WIDTH = 1240.0  # of a page
MARGIN = 32.0
INNER = WIDTH - 2 * MARGIN
NOTES = 272.0  # the column of notes to the right of a figure
FIGURE = INNER - NOTES - 40
TITLE, HEADING, BODY, SMALL = 24.0, 16.0, 13.0, 12.0


def rate(bytes_per_s: float) -> str:
    """A bandwidth with its unit.

    Example:
        >>> rate(12.8e12), rate(50e9), rate(1.5625e9)
        ('12.8 TB/s', '50 GB/s', '1.56 GB/s')
    """
    size, unit = (1e12, "TB/s") if bytes_per_s >= 1e12 else (1e9, "GB/s")
    return f"{significant(bytes_per_s / size, 4 if bytes_per_s / size >= 100 else 3)} {unit}"


def bits(bytes_per_s: float) -> str:
    """A bandwidth as network cards are sold.

    Example:
        >>> bits(50e9)
        '400 Gb/s'
    """
    return f"{significant(bytes_per_s * 8 / 1e9, 4)} Gb/s"


def microseconds(value_s: float) -> str:
    """A latency with its unit."""
    return f"{significant(value_s * 1e6)} us"


def shown(count: int, most: int) -> list[int | None]:
    """Which of ``count`` like things are drawn in ``most`` places; ``None`` stands for those left out.

    Example:
        >>> shown(4, 6), shown(64, 6)
        ([0, 1, 2, 3], [0, 1, 2, 3, None, 63])
    """
    if count <= most:
        return list(range(count))
    return [*range(most - 2), None, count - 1]


def rail_colour(rail: int) -> str:
    """The colour of a rail."""
    return RAILS[rail % len(RAILS)]
