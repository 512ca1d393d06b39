"""`clusterplan search`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from clusterplan.cli.failures import print_error
from clusterplan.cli.options import PLACEMENTS, RECOMPUTES, SCHEDULES, output, question, talk, together
from clusterplan.cli.output import Output
from clusterplan.cli.settings import EXIT_ANSWER, EXIT_INFEASIBLE, EXIT_INTERRUPTED, Settings
from clusterplan.cli.values import Choices, DegreeList, Seconds, WholeNumber

if TYPE_CHECKING:
    from clusterplan.planning.answer import SearchResult

_DEGREE_HELP = "one value, a list (1,2,4) or a range (1..16)"
_SPACE = together(
    click.option("--tp", type=DegreeList(), metavar="LIST", help=f"Tensor degrees: {_DEGREE_HELP}."),
    click.option("--pp", type=DegreeList(), metavar="LIST", help="Pipeline stages."),
    click.option("--vpp", type=DegreeList(), metavar="LIST", help="Chunks a stage (interleaving)."),
    click.option("--micro-batch", type=DegreeList(), metavar="LIST", help="Micro-batches in sequences."),
    click.option(
        "--sequence-parallel/--no-sequence-parallel",
        default=None,
        help="Only with, or only without, sequence parallelism.",
    ),
    click.option("--recompute", type=Choices(RECOMPUTES), help="Kinds of recomputation."),
    click.option("--zero", type=DegreeList(), metavar="LIST", help="ZeRO stages, 0..3."),
    click.option("--schedule", type=Choices(SCHEDULES), help="Pipeline schedules."),
    click.option("--placement", type=Choices(PLACEMENTS), help="Orders of the ranks, innermost first."),
    click.option(
        "--space",
        "space_file",
        metavar="FILE",
        help="YAML file with allowed values by dimension; options go before it.",
    ),
)


@click.command(short_help="Find the fastest layouts for a training job.")
@question(devices_required=True)
@click.option("--top", type=WholeNumber(), default=5, show_default=True, metavar="K", help="How many layouts are kept.")
@_SPACE
@click.option("--threads", type=WholeNumber(), default=0, metavar="N", help="Threads; 0 takes all.  [default: 0]")
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
    if not result.plans:
        return _report_none(result, place)
    _print_answer(result, place, settings)
    if result.stopped != "complete" and not settings.quiet:
        state = "interrupted" if result.stopped == "interrupted" else "stopped by the time limit"
        click.echo(f"warning: {state} after {result.elapsed_s:.1f} s: best so far, not proven optimal", err=True)
    return EXIT_INTERRUPTED if result.stopped == "interrupted" else EXIT_ANSWER


def _print_answer(result: SearchResult, place: Output, settings: Settings) -> None:
    if place.format == "json":
        place.text(result.to_json())
    elif place.format == "table":
        from clusterplan.reports.terminal import print_search

        place.drawn(lambda console: print_search(console, result, command=settings.command))
    else:
        from clusterplan.reports.flat import csv_of, markdown_of_search

        is_csv = place.format == "csv"
        place.text(csv_of(result.plans) if is_csv else markdown_of_search(result, command=settings.command))


def _report_none(result: SearchResult, place: Output) -> int:
    """No plan: the document is still printed where a program reads it, and the reasons go to standard error."""
    from clusterplan.errors import InfeasibleError
    from clusterplan.planning.infeasibility import infeasible_error, reason_lines
    from clusterplan.reports.words import layout_words

    error = infeasible_error(result)
    if not isinstance(error, InfeasibleError) and result.stopped == "complete":
        raise error
    if place.format == "json":
        place.text(result.to_json())
    elif place.format == "csv":
        from clusterplan.reports.flat import csv_of

        place.text(csv_of(()))
    print_error(str(error), None)
    click.echo(f"ruled out, of {result.space:,} layouts:", err=True)
    for line in reason_lines(result):
        click.echo(f"  {line}", err=True)
    if result.nearest_miss is not None:
        click.echo(f"nearest miss: {layout_words(result.nearest_miss.layout)}", err=True)
    if error.hint:
        click.echo(f"hint: {error.hint}", err=True)
    return EXIT_INTERRUPTED if result.stopped == "interrupted" else EXIT_INFEASIBLE


def _say_more(result: SearchResult) -> None:
    for note in result.request.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"problem sha256: {result.request.problem_sha256}", err=True)
    click.echo(f"engine: {result.elapsed_s:.4f} s on {result.threads} threads", err=True)
