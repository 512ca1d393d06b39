"""Plans as CSV and as Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from clusterplan.planning.answer import SearchResult
from clusterplan.planning.request import Request
from clusterplan.planning.results import Plan
from clusterplan.planning.rows import COLUMNS, rows
from clusterplan.planning.rules import REASONS
from clusterplan.reports.units import ColumnOfSeconds, counted, gib
from clusterplan.reports.words import (
    SCHEDULES,
    TIGHT_MARK,
    TIGHT_NOTE,
    figure_rows,
    layout_words,
    part,
    plan_notes,
    question_lines,
    ruled_out_line,
    search_line,
)

_HEAD = ["#", "tp", "pp", "vpp", "dp", "micro-batch", "SP", "recompute", "ZeRO", "schedule"]


def csv_of(plans: Sequence[Plan]) -> str:
    """One line a plan under one line of names; the unit is in the name. Without plans: the names alone."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(plans))
    return text.getvalue()


def markdown_of_search(result: SearchResult, *, command: str | None = None) -> str:
    """The report of a search as Markdown."""
    lines = _question(result.request)
    lines += [*_plans(result.plans), ""]
    if any(plan.tight for plan in result.plans):
        lines += [_escaped(TIGHT_NOTE), ""]
    if result.plans:
        lines += _plan(result.plans[0], result.request, "Best layout")
    lines += [search_line(result) + ".", ""]
    lines += [ruled_out_line(result) + ".", ""]
    return "\n".join(lines + _origin(command)) + "\n"


def markdown_of_none(result: SearchResult, sentence: str, hint: str, *, command: str | None = None) -> str:
    """The report of a search that found no layout: the sentence, the counts by reason, and the hint."""
    lines = [*_question(result.request), f"**{sentence}**", ""]
    lines += [_line(["layouts", "reason"]), _line(["---"] * 2)]
    lines += [_line([f"{count:,}", REASONS.get(name, name)]) for name, count in result.infeasible.sorted() if count]
    lines += ["", f"{counted(result.space, 'layout')} in the space.", ""]
    if result.nearest_miss is not None:
        lines += [f"Nearest miss: {layout_words(result.nearest_miss.layout)}.", ""]
    return "\n".join([*lines, f"Hint: {hint}.", "", *_origin(command)]) + "\n"


def markdown_of_estimate(plan: Plan, request: Request, *, command: str | None = None) -> str:
    """The report of one layout as Markdown."""
    return "\n".join(_question(request) + _plan(plan, request, "Layout") + _origin(command)) + "\n"


def _question(request: Request) -> list[str]:
    lines = [f"# {request.model} on {request.devices} x {request.accelerator}", ""]
    lines += [f"- {line}" for line in question_lines(request)]
    lines += [f"- {note}" for note in request.notes]
    return [*lines, ""]


def _plans(plans: Sequence[Plan]) -> list[str]:
    head = [*_HEAD, "step time (s)", "MFU (%)", "tokens/s/device", "memory (GiB)", "of (GiB)", "bottleneck"]
    lines = [_line(head), _line(["---"] * len(head))]
    step_times = ColumnOfSeconds(max(plans[0].step_time_s, 1.0))
    for rank, plan in enumerate(plans, start=1):
        layout = plan.layout
        lines.append(
            _line(
                [
                    rank,
                    layout.tp,
                    layout.pp,
                    layout.vpp,
                    layout.dp,
                    layout.micro_batch,
                    "yes" if layout.sequence_parallel else "no",
                    layout.recompute,
                    "-" if layout.zero is None else layout.zero,
                    SCHEDULES.get(layout.schedule, layout.schedule),
                    step_times.cell(plan.step_time_s),
                    f"{plan.mfu * 100:.1f}",
                    f"{plan.tokens_per_s_per_device:,.0f}",
                    gib(plan.memory.peak_bytes) + (_escaped(TIGHT_MARK) if plan.tight else ""),
                    gib(plan.memory.capacity_bytes),
                    part(plan.bottleneck),
                ]
            )
        )
    return lines


def _plan(plan: Plan, request: Request, title: str) -> list[str]:
    lines = [f"## {title}", "", layout_words(plan.layout) + ".", ""]
    lines += [f"- {name}: {value}" for name, value in figure_rows(plan, request)]
    lines += [f"- {_escaped(note)}" for note in plan_notes(plan)]
    lines += ["", _line(["part", "time (s)", "share (%)", "hidden (s)"]), _line(["---"] * 4)]
    seconds = ColumnOfSeconds(max(plan.step_time_s, 1.0), digits=7)
    for name, value_s in plan.time_s.items():
        hidden_s = plan.hidden_s.get(name, 0.0)
        if value_s > 0 or hidden_s > 0:
            share = 100 * value_s / plan.step_time_s
            hidden = seconds.cell(hidden_s) if hidden_s else ""
            lines.append(_line([part(name), seconds.cell(value_s), f"{share:.1f}", hidden]))
    stage = plan.memory.stages[plan.memory.worst_stage]
    lines += ["", _line([f"memory of stage {plan.memory.worst_stage}", "GiB"]), _line(["---"] * 2)]
    lines += [_line([part(name), gib(value)]) for name, value in stage.by_category.items() if value > 0]
    lines.append(_line(["total", gib(stage.total_bytes)]))
    return [*lines, ""]


def _origin(command: str | None) -> list[str]:
    from clusterplan import __version__

    return [*([f"Reproduce: `{command}`", ""] if command else []), f"clusterplan {__version__}"]


def _escaped(text: str) -> str:
    return text.replace("*", "\\*")


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
