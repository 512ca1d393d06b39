"""`clusterplan estimate`."""

from __future__ import annotations

from typing import Any

import click

from clusterplan.cli.command import Command
from clusterplan.cli.failures import print_error
from clusterplan.cli.layout_options import LAYOUT, LAYOUT_FIELDS
from clusterplan.cli.options import output, question, talk
from clusterplan.cli.output import Output
from clusterplan.cli.settings import EXIT_ANSWER, EXIT_INFEASIBLE, Settings
from clusterplan.cli.streams import say


@click.command(cls=Command, short_help="Predict time and memory of one layout.")
@question(devices_required=False, devices_help="Devices of the job.  [default: whole hosts that tp x pp divides]")
@LAYOUT
@output()
@talk()
@click.pass_obj
def estimate(
    settings: Settings,
    /,
    model: str,
    format_name: str | None,
    as_json: bool,
    output_file: str | None,
    **given: Any,
) -> int:
    """Predict time and memory of one layout of MODEL on a cluster.

    Exits with 1 where the layout does not fit the memory of a device, and says by how much.

    \b
    Example:
      clusterplan estimate llama-3.1-70b --cluster dgx-h100-superpod --devices 64 \\
          --global-batch 1024 --seq-len 8192 --tp 8 --pp 4 --zero 1 --sequence-parallel
    """
    place = Output(format_name, as_json, output_file)
    from clusterplan.planning.estimate import estimate_with_request
    from clusterplan.planning.infeasibility import overflow_sentence
    from clusterplan.reports.reasons import warnings

    layout = {name: given.pop(name) for name in LAYOUT_FIELDS}
    result = estimate_with_request(model, layout, **given)
    if not settings.quiet:
        for warning in warnings(result.request):
            say(f"warning: {warning}")
    if place.format == "json":
        place.text(result.to_json())
    elif place.format == "table":
        from clusterplan.reports.terminal import print_estimate

        place.drawn(lambda paper: print_estimate(paper, result, command=settings.command))
    else:
        from clusterplan.reports.flat import csv_of, markdown_of_estimate

        markdown = place.format == "md"
        place.text(
            markdown_of_estimate(result.plan, result.request, command=settings.command)
            if markdown
            else csv_of((result.plan,))
        )
    if result.plan.fits:
        return EXIT_ANSWER
    print_error(
        overflow_sentence(result.plan), "let a search find one that fits: clusterplan search with the same question"
    )
    return EXIT_INFEASIBLE
