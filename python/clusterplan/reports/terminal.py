"""The terminal report of a search: heading, table of the best layouts, the best one in full, how the search went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from clusterplan.planning.answer import SearchResult
from clusterplan.planning.estimate import EstimateResult
from clusterplan.planning.request import Request
from clusterplan.planning.results import Plan
from clusterplan.reports.breakdown import memory_table, time_table
from clusterplan.reports.units import gib
from clusterplan.reports.words import (
    SCHEDULES,
    figure_rows,
    layout_words,
    part,
    question_lines,
    ruled_out_line,
    search_line,
)

if TYPE_CHECKING:
    from rich.console import Console

# From the first on the words of a column fit (below it they are shortened), from the second on with wider gaps.
_FULL_WORDS = 98
_WIDE = 116
_GAP = 4
_UNBOUNDED = 10_000
_SHORT = {
    "none": "none",
    "selective": "sel.",
    "full": "full",
    "interleaved": "interl.",
    "GPipe": "GPipe",
    "1F1B": "1F1B",
}


def print_search(console: Console, result: SearchResult, *, command: str | None = None) -> None:
    """The report of a search that found at least one plan; `command` is the line that reproduces it."""
    _print_question(console, result.request)
    if len(result.plans) > 1:
        console.print(plans_table(result, console.width))
        console.print()
    print_plan(console, result.plans[0], result.request, title="Best layout")
    console.print(Text(search_line(result)))
    console.print(Text(ruled_out_line(result), style="dim"))
    _print_origin(console, command)


def print_estimate(console: Console, result: EstimateResult, *, command: str | None = None) -> None:
    """The report of one layout."""
    _print_question(console, result.request)
    print_plan(console, result.plan, result.request, title="Layout")
    _print_origin(console, command)


def print_plan(console: Console, plan: Plan, request: Request, *, title: str) -> None:
    """One plan in full: figures, time by part, memory by category."""
    console.print(Text.assemble((f"{title}: ", "bold"), layout_words(plan.layout)))
    figures = Table.grid(padding=(0, 2, 0, 0))
    figures.add_column(style="cyan", no_wrap=True)
    figures.add_column()
    for name, value in figure_rows(plan, request):
        figures.add_row(name, Text(value))
    console.print(figures)
    console.print()
    ascii_only = console.options.ascii_only
    _print_beside(console, time_table(plan, ascii_only=ascii_only), memory_table(plan, ascii_only=ascii_only))


def _print_beside(console: Console, left: Table, right: Table) -> None:
    """Two tables beside each other where there is room, else one below the other."""
    unbounded = console.options.update_width(_UNBOUNDED)
    needed = sum(console.measure(table, options=unbounded).maximum for table in (left, right))
    if needed + _GAP <= console.width:
        both = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
        both.add_row(left, right)
        console.print(both)
        console.print()
        return
    for table in (left, right):
        console.print(table)
        console.print()


def plans_table(result: SearchResult, width: int) -> Table:
    """The table of the best layouts, at most `width` columns wide where that is 80 or more."""
    full = width >= _FULL_WORDS
    capacity = gib(result.plans[0].memory.capacity_bytes)
    table = Table(box=None, padding=(0, 2 if width >= _WIDE else 1, 0, 0), pad_edge=False, header_style="bold")
    for name in ("#", "tp", "pp", "vpp", "dp", "micro-\nbatch" if full else "mb"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("SP", no_wrap=True)
    table.add_column("recompute" if full else "rec.", no_wrap=True)
    table.add_column("ZeRO", justify="right", no_wrap=True)
    table.add_column("schedule" if full else "sched.", no_wrap=True)
    best_s = result.plans[0].step_time_s
    milliseconds = best_s < 1
    scale = 1e3 if milliseconds else 1.0
    # One number of decimals for the column, so that the digits stand below each other.
    decimals = 0 if best_s * scale >= 10_000 else 4 - len(str(int(best_s * scale)))
    table.add_column(f"step\n{'ms' if milliseconds else 's'}", justify="right", no_wrap=True, style="bold")
    table.add_column("MFU\n%", justify="right", no_wrap=True)
    table.add_column("tokens/s\n/device" if full else "tok/s\n/dev", justify="right", no_wrap=True)
    table.add_column(f"GiB of\n{capacity}", justify="right", no_wrap=True)
    table.add_column("bottleneck" if full else "bottle-\nneck", no_wrap=True)
    for rank, plan in enumerate(result.plans, start=1):
        table.add_row(
            *_cells(rank, plan, f"{plan.step_time_s * scale:,.{max(decimals, 0)}f}", full=full),
            style="green" if rank == 1 else None,
        )
    return table


def _cells(rank: int, plan: Plan, step_time: str, *, full: bool) -> Iterator[str]:
    layout = plan.layout
    schedule = SCHEDULES.get(layout.schedule, layout.schedule)
    yield from (str(rank), str(layout.tp), str(layout.pp), str(layout.vpp), str(layout.dp), str(layout.micro_batch))
    yield "yes" if layout.sequence_parallel else "no"
    yield layout.recompute if full else _SHORT.get(layout.recompute, layout.recompute)
    yield "-" if layout.zero is None else str(layout.zero)
    yield schedule if full else _SHORT.get(schedule, schedule)
    yield step_time
    yield f"{plan.mfu * 100:.1f}"
    yield f"{plan.tokens_per_s_per_device:,.0f}" if full else f"{plan.tokens_per_s_per_device:.0f}"
    yield gib(plan.memory.peak_bytes)
    yield part(plan.bottleneck).replace(" communication", "")


def _print_question(console: Console, request: Request) -> None:
    first, *others = question_lines(request)
    name, _, rest = first.partition(":")
    console.print(Text.assemble((name, "bold"), f":{rest}"))
    for line in others:
        console.print(Text(line))
    for note in request.notes:
        console.print(Text(note, style="dim"))
    console.print()


def _print_origin(console: Console, command: str | None) -> None:
    from clusterplan import __version__

    if command:
        # Soft wrapping: a command that is broken into lines could not be copied.
        console.print(Text(f"reproduce: {command}"), style="dim", soft_wrap=True)
    console.print(Text(f"clusterplan {__version__}"), style="dim")
