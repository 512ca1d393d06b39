"""The table of the best layouts, one line each, as wide as there is room for."""

from __future__ import annotations

from clusterplan.planning.answer import SearchResult
from clusterplan.reports.columns import Column, fitting, total_width
from clusterplan.reports.units import ColumnOfSeconds, gib
from clusterplan.reports.words import SCHEDULES, TIGHT_MARK, part

# Where even short words do not fit, these columns go, in this order; the full report of the best layout has them all.
LEAVE_OUT = ("bottleneck", "tokens/s/device", "placement", "ZeRO", "recompute", "schedule", "SP", "micro-batch", "MFU")
WIDE_GAP, GAP = 2, 1
_SHORT = {"selective": "sel.", "interleaved": "interl."}


def plans_columns(result: SearchResult, width: int) -> tuple[list[Column], list[Column], int]:
    """The columns that fit into `width`, those that were left out, and the gap between them.

    Wider gaps if there is room, else full words, else short ones, else fewer columns.
    """
    full = _columns(result, full=True)
    for gap in (WIDE_GAP, GAP):
        if total_width(full, gap) <= width:
            return full, [], gap
    kept, dropped = fitting(_columns(result, full=False), width, gap=GAP, leave_out=LEAVE_OUT)
    return kept, dropped, GAP


def _columns(result: SearchResult, *, full: bool) -> list[Column]:
    plans = result.plans
    layouts = [plan.layout for plan in plans]
    step_times = ColumnOfSeconds(plans[0].step_time_s, digits=4)
    any_tight = any(plan.tight for plan in plans)
    several = len({layout.placement for layout in layouts}) > 1

    def shortened(word: str) -> str:
        return word if full else _SHORT.get(word, word)

    def memory(position: int) -> str:
        plan = plans[position]
        return gib(plan.memory.peak_bytes) + ((TIGHT_MARK if plan.tight else " ") if any_tight else "")

    return [
        Column("rank", "#", [str(rank) for rank in range(1, len(plans) + 1)]),
        *(
            Column(name, name, [f"{getattr(layout, name):,}" for layout in layouts])
            for name in ("tp", "pp", "vpp", "dp")
        ),
        Column("micro-batch", "micro-\nbatch" if full else "mb", [f"{layout.micro_batch:,}" for layout in layouts]),
        Column("SP", "SP", ["yes" if layout.sequence_parallel else "no" for layout in layouts], right=False),
        Column(
            "recompute",
            "recompute" if full else "rec.",
            [shortened(layout.recompute) for layout in layouts],
            right=False,
        ),
        Column("ZeRO", "ZeRO", ["-" if layout.zero is None else str(layout.zero) for layout in layouts]),
        Column(
            "schedule",
            "schedule" if full else "sched.",
            [shortened(SCHEDULES.get(layout.schedule, layout.schedule)) for layout in layouts],
            right=False,
        ),
        # One placement for all says nothing here.
        *([Column("placement", "placement", [layout.placement for layout in layouts], right=False)] if several else []),
        Column("step", f"step\n{step_times.unit}", [step_times.cell(plan.step_time_s) for plan in plans], style="bold"),
        Column("MFU", "MFU\n%", [f"{plan.mfu * 100:.1f}" for plan in plans]),
        Column(
            "tokens/s/device",
            "tokens/s\n/device" if full else "tok/s\n/dev",
            [f"{plan.tokens_per_s_per_device:,.0f}" for plan in plans],
        ),
        Column(
            "memory",
            f"GiB of\n{gib(plans[0].memory.capacity_bytes)}{' ' if any_tight else ''}",
            [memory(position) for position in range(len(plans))],
        ),
        Column(
            "bottleneck",
            "bottleneck" if full else "bottle-\nneck",
            [part(plan.bottleneck).replace(" communication", "") for plan in plans],
            right=False,
        ),
    ]
