"""Where the time of a step and the memory of a device go, as two small tables with bars."""

from __future__ import annotations

from clusterplan.planning.results import Plan
from clusterplan.reports.columns import Column
from clusterplan.reports.units import GIB, ColumnOfSeconds
from clusterplan.reports.words import part

_BAR_CELLS = 16
# Where a table is too wide, these columns go first.
LEAVE_OUT = ("bar", "share", "hidden")


def bar(fraction: float, *, ascii_only: bool, cells: int = _BAR_CELLS) -> str:
    """A bar of `fraction` of `cells` characters, in steps of half a character.

    Example:
        >>> bar(0.5, ascii_only=True, cells=8)
        '####'
    """
    halves = round(min(max(fraction, 0.0), 1.0) * cells * 2)
    if ascii_only:
        return "#" * ((halves + 1) // 2)
    return "\u2501" * (halves // 2) + ("\u2578" if halves % 2 else "")


def time_columns(plan: Plan, *, ascii_only: bool) -> list[Column]:
    """Time and share of every part of the step that takes any, in one unit; hidden communication beside it."""
    seconds = ColumnOfSeconds(plan.step_time_s)
    names, times, shares, bars, hidden = _columns("time of a step", seconds.unit, "% of step", f"hidden {seconds.unit}")
    for name, value_s in plan.time_s.items():
        hidden_s = plan.hidden_s.get(name, 0.0)
        if value_s > 0 or hidden_s > 0:
            share = value_s / plan.step_time_s
            names.cells.append(part(name))
            times.cells.append(seconds.cell(value_s))
            shares.cells.append(f"{share * 100:.1f}")
            bars.cells.append(bar(share, ascii_only=ascii_only))
            hidden.cells.append(seconds.cell(hidden_s) if hidden_s > 0 else "")
    for column, cell in zip(
        (names, times, shares, bars, hidden), ("step", seconds.cell(plan.step_time_s), "100.0", "", ""), strict=True
    ):
        column.cells.append(cell)
    return [names, times, shares, bars, hidden]


def memory_columns(plan: Plan, *, ascii_only: bool) -> list[Column]:
    """GiB of every memory category of the fullest stage, with its share of the device."""
    memory = plan.memory
    stage = memory.stages[memory.worst_stage]
    title = f"memory of stage {memory.worst_stage}" if len(memory.stages) > 1 else "memory of a device"
    names, amounts, shares, bars, _ = _columns(title, "GiB", "% of device", "")
    shown = [(part(name), value, True) for name, value in stage.by_category.items() if value > 0]
    for name, value_bytes, with_bar in [
        *shown,
        ("total", stage.total_bytes, False),
        ("capacity", memory.capacity_bytes, False),
    ]:
        share = value_bytes / memory.capacity_bytes
        names.cells.append(name)
        amounts.cells.append(f"{value_bytes / GIB:,.1f}")
        shares.cells.append(f"{share * 100:,.1f}")
        bars.cells.append(bar(share, ascii_only=ascii_only) if with_bar else "")
    return [names, amounts, shares, bars]


def _columns(title: str, unit: str, share: str, hidden: str) -> list[Column]:
    return [
        Column("part", title, right=False),
        Column("value", unit),
        Column("share", share),
        Column("bar", "", right=False, style="cyan", least_width=_BAR_CELLS),
        Column("hidden", hidden),
    ]
