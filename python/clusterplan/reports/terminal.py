"""The terminal report of a search: heading, table of the best layouts, the best one in full, how the search went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clusterplan.planning.answer import SearchResult
from clusterplan.planning.request import Request
from clusterplan.planning.results import Plan
from clusterplan.reports.breakdown import LEAVE_OUT, memory_columns, time_columns
from clusterplan.reports.columns import Column, fitting, total_width
from clusterplan.reports.paper import Paper
from clusterplan.reports.plans_table import plans_columns
from clusterplan.reports.words import (
    TIGHT_NOTE,
    figure_rows,
    layout_words,
    plan_notes,
    question_lines,
    ruled_out_line,
    search_line,
)

if TYPE_CHECKING:
    from clusterplan.planning.estimate import EstimateResult

_GAP = 2
_BETWEEN_TABLES = 4


def print_search(paper: Paper, result: SearchResult, *, command: str | None = None) -> None:
    """The report of a search that found at least one plan; `command` is the line that reproduces it."""
    print_question(paper, result.request)
    if len(result.plans) > 1:
        _print_plans(paper, result)
    print_plan(paper, result.plans[0], result.request, title="Best layout")
    paper.paragraph(search_line(result))
    paper.paragraph(ruled_out_line(result), "dim")
    print_origin(paper, command)


def print_estimate(paper: Paper, result: EstimateResult, *, command: str | None = None) -> None:
    """The report of one layout."""
    print_question(paper, result.request)
    print_plan(paper, result.plan, result.request, title="Layout")
    print_origin(paper, command)


def print_plan(paper: Paper, plan: Plan, request: Request, *, title: str) -> None:
    """One plan in full: figures, time by part, memory by category."""
    paper.paragraph(f"{title}: {layout_words(plan.layout)}", heading=title)
    paper.facts(figure_rows(plan, request))
    for note in plan_notes(plan):
        paper.paragraph(note, "dim")
    paper.line()
    _print_beside(
        paper,
        time_columns(plan, ascii_only=paper.ascii_only),
        memory_columns(plan, ascii_only=paper.ascii_only),
    )


def _print_plans(paper: Paper, result: SearchResult) -> None:
    columns, left_out, gap = plans_columns(result, paper.width)
    paper.table(columns, gap=gap, row_styles=["green"])
    if left_out:
        paper.paragraph(f"(no room for {', '.join(column.name for column in left_out)})", "dim")
    if any(plan.tight for plan in result.plans) and not result.plans[0].tight:
        paper.paragraph(TIGHT_NOTE, "dim")
    paper.line()


def _print_beside(paper: Paper, left: Sequence[Column], right: Sequence[Column]) -> None:
    """Two tables beside each other where there is room, else one below the other, with fewer columns if need be."""
    # The last row sums up; in the second table the capacity stands below it.
    tables = [(left, _row_styles(left, ["bold"])), (right, _row_styles(right, ["bold", "dim"]))]
    if total_width(left, _GAP) + _BETWEEN_TABLES + total_width(right, _GAP) <= paper.width:
        paper.beside(*tables, gap=_GAP, between=_BETWEEN_TABLES)
        paper.line()
        return
    for columns, row_styles in tables:
        kept, _ = fitting(columns, paper.width, gap=_GAP, leave_out=LEAVE_OUT)
        paper.table(kept, gap=_GAP, row_styles=row_styles)
        paper.line()


def _row_styles(columns: Sequence[Column], ending: Sequence[str]) -> list[str | None]:
    return [*[None] * (len(columns[0].cells) - len(ending)), *ending]


def print_question(paper: Paper, request: Request) -> None:
    first, *others = question_lines(request)
    paper.paragraph(first, heading=first.partition(":")[0])
    for line in others:
        paper.paragraph(line)
    for note in request.notes:
        paper.paragraph(note, "dim")
    paper.line()


def print_origin(paper: Paper, command: str | None) -> None:
    from clusterplan import __version__

    if command:
        # One line however long it is: a command that is broken into lines could not be copied.
        paper.line(f"reproduce: {command}", "dim")
    paper.line(f"clusterplan {__version__}", "dim")
