"""Why there is no layout, and what is odd about a question, as lines of text."""

from __future__ import annotations

from clusterplan.planning.answer import SearchResult
from clusterplan.planning.infeasibility import reason_lines
from clusterplan.planning.request import Request
from clusterplan.reports.words import layout_words


def none_lines(result: SearchResult) -> list[str]:
    """The counts by reason, largest first, and the layout that came closest."""
    lines = [f"ruled out, of {result.space:,} layouts:", *(f"  {line}" for line in reason_lines(result))]
    if result.nearest_miss is not None:
        lines.append(f"nearest miss: {layout_words(result.nearest_miss.layout)}")
    return lines


def warnings(request: Request) -> list[str]:
    """What is allowed, but hardly meant."""
    step_tokens = request.global_batch_sequences * request.sequence_length
    if request.tokens is not None and request.tokens < step_tokens:
        return [f"{request.tokens:,} tokens are fewer than the {step_tokens:,} of one step; the run is that one step"]
    return []
