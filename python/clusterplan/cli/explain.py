"""`clusterplan explain`."""

from __future__ import annotations

from typing import Any

import click

from clusterplan.cli.command import Command
from clusterplan.cli.layout_options import SPACE
from clusterplan.cli.options import output, question, talk
from clusterplan.cli.output import Output
from clusterplan.cli.settings import EXIT_ANSWER, EXIT_INTERRUPTED, Settings
from clusterplan.cli.streams import say
from clusterplan.cli.values import Seconds, WholeNumber
from clusterplan.planning.limits import MOST_THREADS

_FORMS = ("table", "json")


@click.command(cls=Command, short_help="Say why the best layout is the best.")
@question(devices_required=True)
@SPACE
@click.option(
    "--threads",
    type=WholeNumber(least=0, most=MOST_THREADS),
    default=0,
    metavar="N",
    help="Threads; 0 takes all.  [default: 0]",
)
@click.option("--time-limit", type=Seconds(), metavar="S", help="Stop each search after S seconds.")
@output(_FORMS)
@talk()
@click.pass_obj
def explain(
    settings: Settings,
    /,
    model: str,
    space_file: str | None,
    threads: int,
    time_limit: float | None,
    format_name: str | None,
    as_json: bool,
    output_file: str | None,
    **given: Any,
) -> int:
    """Find the best layout that trains MODEL on a cluster, and say what bounds it and where its groups lie.

    For each order of the ranks it searches again, so that the cost of another placement is that of its best layout.

    \b
    Example:
      clusterplan explain llama-3.1-405b --cluster meta-24k-roce --devices 16384 \\
          --global-batch 2048 --seq-len 8192
    """
    place = Output(format_name, as_json, output_file, forms=_FORMS, what="an explanation")
    from clusterplan.planning.explanation import explain as find_explanation
    from clusterplan.reports.progress import SearchProgress
    from clusterplan.reports.reasons import warnings

    with SearchProgress(enabled=not settings.quiet) as progress:
        found = find_explanation(
            model,
            space=space_file,
            threads=threads,
            time_limit_s=time_limit,
            progress=progress.report,
            **given,
        )
    if not settings.quiet:
        for warning in warnings(found.request):
            say(f"warning: {warning}")
    if place.format == "json":
        place.text(found.to_json())
    else:
        from clusterplan.reports.explanation import print_explanation

        place.drawn(lambda paper: print_explanation(paper, found, command=settings.command))
    if found.interrupted and not settings.quiet:
        say("warning: interrupted: best so far, not proven optimal")
    return EXIT_INTERRUPTED if found.interrupted else EXIT_ANSWER
