"""A small HTML table of a search result for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clusterplan.planning.answer import SearchResult

_COLUMNS = ("tp", "pp", "vpp", "dp", "micro_batch", "sequence_parallel", "recompute", "zero", "schedule")


def html_of(result: SearchResult) -> str:
    """The plans of a result as one HTML table, with a caption that says what was asked and how the search ended."""
    request = result.request
    asked = (
        f"{request.model} on {request.devices:,} x {request.accelerator} ({request.cluster}), "
        f"{request.global_batch_sequences:,} sequences of {request.sequence_length:,} tokens; {result.space:,} layouts"
    )
    if not result.plans:
        from clusterplan.planning.infeasibility import none_words

        return f"<p>{escape(f'{asked}: {none_words(result)}.')}</p>"
    caption = escape(f"{asked}, {'optimal' if result.optimal else result.stopped}")
    head = "".join(f"<th>{name}</th>" for name in (*_COLUMNS, "step time (s)", "MFU", "memory (GiB)", "bottleneck"))
    body = "".join(
        "<tr>"
        + "".join(f"<td>{escape(str(getattr(plan.layout, name)))}</td>" for name in _COLUMNS)
        + f"<td>{plan.step_time_s:.4g}</td><td>{plan.mfu:.1%}</td>"
        + f"<td>{plan.memory.peak_bytes / 2**30:.1f} of {plan.memory.capacity_bytes / 2**30:.1f}</td>"
        + f"<td>{escape(plan.bottleneck)}</td></tr>"
        for plan in result.plans
    )
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
