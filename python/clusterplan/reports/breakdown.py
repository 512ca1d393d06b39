"""Where the time of a step and the memory of a device go, as two small tables with bars."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from clusterplan.planning.results import Plan
from clusterplan.reports.units import gib, percent, seconds
from clusterplan.reports.words import part

_BAR_CELLS = 16


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


def time_table(plan: Plan, *, ascii_only: bool) -> Table:
    """Seconds and share of every part of the step that takes any; hidden communication in its own column."""
    table = _table("time of a step", "time", "share", "", "hidden")
    for name, value_s in plan.time_s.items():
        hidden_s = plan.hidden_s.get(name, 0.0)
        if value_s > 0 or hidden_s > 0:
            share = value_s / plan.step_time_s
            table.add_row(
                part(name),
                seconds(value_s),
                percent(share),
                Text(bar(share, ascii_only=ascii_only), style="cyan"),
                seconds(hidden_s) if hidden_s > 0 else "",
            )
    table.add_row("step", seconds(plan.step_time_s), percent(1.0), "", "", style="bold")
    return table


def memory_table(plan: Plan, *, ascii_only: bool) -> Table:
    """GiB of every memory category of the fullest stage, with its share of the device."""
    memory = plan.memory
    stage = memory.stages[memory.worst_stage]
    title = f"memory of stage {memory.worst_stage}" if len(memory.stages) > 1 else "memory of a device"
    table = _table(title, "GiB", "of device", "")
    for name, value_bytes in stage.by_category.items():
        if value_bytes > 0:
            share = value_bytes / memory.capacity_bytes
            table.add_row(
                part(name),
                gib(value_bytes),
                percent(share),
                Text(bar(share, ascii_only=ascii_only), style="cyan"),
            )
    used = stage.total_bytes / memory.capacity_bytes
    table.add_row("total", gib(stage.total_bytes), percent(used), "", style="bold" if plan.fits else "bold red")
    table.add_row("capacity", gib(memory.capacity_bytes), percent(1.0), "", style="dim")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(title, no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right" if name else "left", no_wrap=True, min_width=0 if name else _BAR_CELLS)
    return table
