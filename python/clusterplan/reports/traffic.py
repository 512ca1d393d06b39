"""Who talks to whom, in words and tables: by kind of group and level, the groups themselves, and how to start them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from clusterplan.planning.traffic import KindTraffic, Level, Traffic
from clusterplan.reports.columns import Column, fitting
from clusterplan.reports.paper import Paper
from clusterplan.reports.terminal import print_origin, print_question
from clusterplan.reports.units import ColumnOfSeconds, seconds, significant
from clusterplan.reports.words import layout_words
from clusterplan.topology.fabric import is_oversubscribed
from clusterplan.topology.rank_order import launches
from clusterplan.topology.ranks import RankMap

_GAP = 2
_LEAVE_OUT_OF_TRAFFIC = ("together", "stride", "ranks")
_LEAVE_OUT_OF_GROUPS = ("hosts", "cards", "total")
_LEAVE_OUT_OF_LEVELS = ("sent", "block")
TOGETHER_NOTE = (
    "together: members of one group inside one block of the level, where a group lies worst; GB/device: out of the "
    "busiest device in a step, one way; traffic that leaves by the same port for a level further out counts at both"
)
CSV_COLUMNS = (
    "kind",
    "ranks",
    "stride",
    "groups",
    "hosts",
    "seconds",
    "exposed_s",
    "hidden_s",
    "level",
    "members",
    "total_bytes",
    "largest_bytes_per_device",
    "capacity_share",
)


def print_traffic(paper: Paper, traffic: Traffic, *, command: str | None = None) -> None:
    """The report of `clusterplan topology traffic`; `command` is the line that reproduces it."""
    print_question(paper, traffic.request)
    title = "Best layout of a search" if traffic.searched else "Layout"
    plan = traffic.plan
    paper.paragraph(f"{title}: {layout_words(plan.layout)}, step time {seconds(plan.step_time_s)}", heading=title)
    paper.line()
    if not traffic.kinds:
        paper.paragraph("Nothing is sent: every group has one rank.")
    else:
        print_tables(paper, traffic)
        _fitted(paper, _level_columns(traffic), _LEAVE_OUT_OF_LEVELS)
        paper.line()
    print_rank_order(paper, traffic.ranks)
    print_origin(paper, command)


def print_tables(paper: Paper, traffic: Traffic) -> None:
    """What each kind of group sends over each level, and the groups themselves."""
    _fitted(paper, _traffic_columns(traffic), _LEAVE_OUT_OF_TRAFFIC)
    paper.paragraph(TOGETHER_NOTE, "dim")
    paper.line()
    _fitted(paper, _group_columns(traffic), _LEAVE_OUT_OF_GROUPS)
    paper.line()


def print_rank_order(paper: Paper, ranks: RankMap) -> None:
    """The order of the ranks, and how each launcher starts it."""
    title = "Rank order"
    paper.paragraph(f"{title}: {order_words(ranks)}", heading=title)
    paper.facts([(launch.title, f"{launch.support}: {launch.how}") for launch in launches(ranks)])
    paper.line()


def order_words(ranks: RankMap) -> str:
    """The order of the ranks in words.

    Example:
        >>> order_words(RankMap(tp=8, dp=4, pp=2, placement="tp-pp-dp", host_devices=8))
        'tp-pp-dp, innermost first; as a mesh (dp 4, pp 2, tp 8)'
    """
    mesh = ", ".join(f"{name} {degree:,}" for name, degree in ranks.mesh)
    return f"{ranks.placement}, innermost first; as a mesh ({mesh})"


def group_words(group: range) -> str:
    """The ranks of a group, the middle left out.

    Example:
        >>> group_words(range(0, 8)), group_words(range(1, 250, 8)), group_words(range(3, 12, 8))
        ('0 1 .. 7', '1 9 .. 249', '3 11')
    """
    if len(group) <= 3:
        return " ".join(str(rank) for rank in group)
    return f"{group[0]} {group[1]} .. {group[-1]}"


def rails_words(kind: KindTraffic, ranks: RankMap) -> str:
    """How many of the network cards of a host one group uses."""
    if not kind.rails:
        return "-"
    return f"{len(kind.rails)} of {max(1, ranks.host_devices // ranks.devices_per_rail)}"


def gigabytes(value_bytes: float) -> str:
    """Bytes in GB (1e9), three digits, without the unit."""
    return significant(value_bytes / 1e9)


def terabytes(value_bytes: float) -> str:
    """Bytes in TB (1e12), three digits, without the unit."""
    return significant(value_bytes / 1e12)


def share(fraction: float) -> str:
    """A fraction in per cent, two digits, without the unit."""
    return significant(fraction * 100, 2)


def csv_of_traffic(traffic: Traffic) -> str:
    """One line a kind of group and level that it crosses; the unit is in the name of the column."""
    rows = [
        {
            "kind": kind.kind,
            "ranks": kind.ranks,
            "stride": kind.stride,
            "groups": kind.groups,
            "hosts": kind.hosts,
            "seconds": kind.seconds,
            "exposed_s": kind.exposed_s,
            "hidden_s": kind.hidden_s,
            "level": level.name,
            "members": level.members,
            "total_bytes": level.total_bytes,
            "largest_bytes_per_device": level.largest_bytes_per_device,
            "capacity_share": level.capacity_share,
        }
        for kind in traffic.kinds
        for level in kind.crossed
    ]
    return _csv(CSV_COLUMNS, [[row[name] for name in CSV_COLUMNS] for row in rows])


def csv_of_ranks(ranks: RankMap) -> str:
    """The rank map, one line a rank; indices from 0, empty where something is not known."""
    return _csv(ranks.columns, ranks.rows())


def table_of_ranks(ranks: RankMap) -> str:
    """The rank map as text, one line a rank. Written without rich, which takes seconds for so many rows."""
    width = max(len(name) for name in ranks.columns)
    width = max(width, len(str(ranks.devices)))
    lines = ["  ".join(f"{name:>{width}}" for name in ranks.columns).rstrip()]
    lines += ["  ".join(f"{'-' if cell is None else cell:>{width}}" for cell in row) for row in ranks.rows()]
    return "\n".join(lines)


def markdown_of_traffic(traffic: Traffic, *, command: str | None = None) -> str:
    """What each kind of group sends over each level, as Markdown."""
    from clusterplan import __version__

    columns = _traffic_columns(traffic)
    lines = [f"# Traffic of a step: {layout_words(traffic.plan.layout)}", ""]
    lines.append("| " + " | ".join(column.heading.replace("\n", " ") for column in columns) + " |")
    lines.append("|" + " --- |" * len(columns))
    lines += ["| " + " | ".join(row) + " |" for row in zip(*(column.cells for column in columns), strict=True)]
    lines += ["", f"{TOGETHER_NOTE}.", "", f"Rank order: {order_words(traffic.ranks)}.", ""]
    lines += [f"- {launch.title}: {launch.support}: {launch.how}" for launch in launches(traffic.ranks)]
    return "\n".join([*lines, "", *([f"Reproduce: `{command}`", ""] if command else []), f"clusterplan {__version__}"])


def _csv(header: Sequence[str], rows: Any) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _fitted(paper: Paper, columns: Sequence[Column], leave_out: Sequence[str]) -> None:
    kept, _ = fitting(columns, paper.width, gap=_GAP, leave_out=leave_out)
    paper.table(kept, gap=_GAP)


def _traffic_columns(traffic: Traffic) -> list[Column]:
    kind_names, ranks, strides, levels, together, device, total, shares = (
        Column("kind", "traffic of a step", right=False),
        Column("ranks", "ranks"),
        Column("stride", "stride"),
        Column("level", "over level", right=False),
        Column("together", "together"),
        Column("device", "GB/device", style="bold"),
        Column("total", "TB in all"),
        Column("share", "% of level"),
    )
    for kind in traffic.kinds:
        for position, level in enumerate(kind.crossed):
            first = position == 0
            kind_names.cells.append(kind.kind if first else "")
            ranks.cells.append(f"{kind.ranks:,}" if first else "")
            strides.cells.append(f"{kind.stride:,}" if first else "")
            levels.cells.append(level.name)
            together.cells.append(f"{level.members:,}")
            device.cells.append(gigabytes(level.largest_bytes_per_device))
            total.cells.append(terabytes(level.total_bytes))
            shares.cells.append(share(level.capacity_share))
    return [kind_names, ranks, strides, levels, together, device, total, shares]


def _group_columns(traffic: Traffic) -> list[Column]:
    kinds = traffic.kinds
    times = ColumnOfSeconds(max((kind.seconds for kind in kinds), default=1.0), digits=4)
    return [
        Column("kind", "time and groups", [kind.kind for kind in kinds], right=False),
        Column("total", f"total {times.unit}", [times.cell(kind.seconds) for kind in kinds]),
        Column("exposed", f"exposed {times.unit}", [times.cell(kind.exposed_s) for kind in kinds], style="bold"),
        Column("hidden", f"hidden {times.unit}", [times.cell(kind.hidden_s) for kind in kinds]),
        Column("groups", "groups", [f"{kind.groups:,}" for kind in kinds]),
        Column("hosts", "hosts", ["-" if kind.hosts is None else f"{kind.hosts:,}" for kind in kinds]),
        Column("cards", "cards", [rails_words(kind, traffic.ranks) for kind in kinds]),
        Column(
            "first",
            "first groups",
            [", ".join(group_words(group) for group in kind.first_groups[:2]) for kind in kinds],
            right=False,
        ),
    ]


def _level_columns(traffic: Traffic) -> list[Column]:
    levels = traffic.levels
    return [
        Column("level", "level", [level.name for level in levels], right=False),
        Column("block", "devices", [f"{level.group_devices:,}" for level in levels]),
        Column("rate", "GB/s/device", [significant(level.bytes_per_s / 1e9, 4) for level in levels]),
        Column("oversubscription", "oversubscribed", [_ratio(level) for level in levels]),
        Column("sent", "TB in all", [terabytes(level.total_bytes) for level in levels]),
        Column("share", "% of level", [share(level.capacity_share) for level in levels]),
    ]


def _ratio(level: Level) -> str:
    return f"{significant(level.oversubscription)}:1" if is_oversubscribed(level.oversubscription) else "no"
