"""`clusterplan search`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from clusterplan.cli.command import Command
from clusterplan.cli.failures import as_options, print_error
from clusterplan.cli.layout_options import SPACE
from clusterplan.cli.options import output, question, talk
from clusterplan.cli.output import Output
from clusterplan.cli.settings import EXIT_ANSWER, EXIT_INFEASIBLE, EXIT_INTERRUPTED, Settings
from clusterplan.cli.streams import say
from clusterplan.cli.values import Seconds, WholeNumber
from clusterplan.planning.limits import MOST_PLANS, MOST_THREADS

if TYPE_CHECKING:
    from clusterplan.planning.answer import SearchResult


@click.command(cls=Command, short_help="Find the fastest layouts for a training job.")
@question(devices_required=True)
@click.option(
    "--top",
    type=WholeNumber(most=MOST_PLANS),
    default=5,
    show_default=True,
    metavar="K",
    help="How many layouts are kept.",
)
@SPACE
@click.option(
    "--threads",
    type=WholeNumber(least=0, most=MOST_THREADS),
    default=0,
    metavar="N",
    help="Threads; 0 takes all.  [default: 0]",
)
@click.option("--time-limit", type=Seconds(), metavar="S", help="Stop after S seconds with the best so far.")
@output()
@talk()
@click.pass_obj
def search(
    settings: Settings,
    /,
    model: str,
    top: int,
    space_file: str | None,
    threads: int,
    time_limit: float | None,
    format_name: str | None,
    as_json: bool,
    output_file: str | None,
    **given: Any,
) -> int:
    """Find the fastest layouts that train MODEL on a cluster.

    MODEL is a bundled name, a YAML or JSON file, or a size such as 70b.

    \b
    Example:
      clusterplan search llama-3.1-70b --cluster dgx-h100-superpod --devices 256 \\
          --global-batch 1024 --seq-len 8192 --tokens 15T --tp 4,8 --zero 0..1
    """
    place = Output(format_name, as_json, output_file)
    from clusterplan.planning.search import search as run_search
    from clusterplan.reports.progress import SearchProgress
    from clusterplan.reports.reasons import warnings

    with SearchProgress(enabled=not settings.quiet) as progress:
        result = run_search(
            model,
            top=top,
            space=space_file,
            threads=threads,
            time_limit_s=time_limit,
            progress=progress.report,
            **given,
        )
    if settings.verbose:
        _say_more(result)
    if not settings.quiet:
        for warning in warnings(result.request):
            say(f"warning: {warning}")
    if not result.plans:
        return _report_none(result, place, settings)
    _print_answer(result, place, settings)
    if result.stopped != "complete" and not settings.quiet:
        state = "interrupted" if result.stopped == "interrupted" else "stopped by the time limit"
        say(f"warning: {state} after {result.elapsed_s:.1f} s: best so far, not proven optimal")
    return EXIT_INTERRUPTED if result.stopped == "interrupted" else EXIT_ANSWER


def _print_answer(result: SearchResult, place: Output, settings: Settings) -> None:
    if place.format == "json":
        place.text(result.to_json())
    elif place.format == "table":
        from clusterplan.reports.terminal import print_search

        place.drawn(lambda paper: print_search(paper, result, command=settings.command))
    else:
        from clusterplan.reports.flat import csv_of, markdown_of_search

        is_csv = place.format == "csv"
        place.text(csv_of(result.plans) if is_csv else markdown_of_search(result, command=settings.command))


def _report_none(result: SearchResult, place: Output, settings: Settings) -> int:
    """No plan: the reasons go to standard error, and as a document to where a program or a later reader looks."""
    from clusterplan.errors import InfeasibleError
    from clusterplan.planning.infeasibility import infeasible_error
    from clusterplan.reports.reasons import none_lines

    error = infeasible_error(result)
    if not isinstance(error, InfeasibleError):
        raise error
    sentence = as_options(str(error), settings.arguments)
    hint = as_options(error.hint or "", settings.arguments)
    lines = none_lines(result)
    if place.format == "json":
        place.text(result.to_json())
    elif place.format == "csv":
        from clusterplan.reports.flat import csv_of

        place.text(csv_of(()))
    elif place.format == "md":
        from clusterplan.reports.flat import markdown_of_none

        place.text(markdown_of_none(result, sentence, hint, command=settings.command))
    elif place.is_file:
        place.text("\n".join([f"{sentence}", *lines, f"hint: {hint}", f"reproduce: {settings.command}"]))
    print_error(sentence, None)
    for line in lines:
        say(line)
    say(f"hint: {hint}")
    if place.is_file and not settings.quiet:
        held = "only the names of the columns" if place.format == "csv" else "these reasons and no layout"
        say(f"note: {place.name} holds {held}")
    return EXIT_INTERRUPTED if result.stopped == "interrupted" else EXIT_INFEASIBLE


def _say_more(result: SearchResult) -> None:
    for note in result.request.notes:
        say(f"note: {note}")
    say(f"problem sha256: {result.request.problem_sha256}")
    say(f"engine: {result.elapsed_s:.4f} s on {result.threads} thread{'s' if result.threads > 1 else ''}")
