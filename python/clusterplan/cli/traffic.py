"""`clusterplan topology traffic`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from clusterplan.cli.command import Command
from clusterplan.cli.layout_options import LAYOUT, LAYOUT_FIELDS
from clusterplan.cli.options import output, question, talk
from clusterplan.cli.output import FORMS, Output
from clusterplan.cli.settings import EXIT_ANSWER, Settings
from clusterplan.cli.streams import say

if TYPE_CHECKING:
    from clusterplan.planning.traffic import Traffic

# A table of so many lines in Markdown is of no use to a reader.
_FORMS_OF_RANKS = ("table", "json", "csv")


@click.command(cls=Command, short_help="Show who sends how much over which level, and the rank map.")
@question(devices_required=False, devices_help="Devices of the job.  [default: whole hosts that tp x pp divides]")
@LAYOUT
@click.option("--ranks", is_flag=True, help="Print the whole rank map (no md): host, device, network card, groups.")
@output()
@talk()
@click.pass_obj
def traffic(
    settings: Settings,
    /,
    model: str,
    ranks: bool,
    format_name: str | None,
    as_json: bool,
    output_file: str | None,
    **given: Any,
) -> int:
    """Show what the groups of a layout of MODEL send over each level of the network, and where its ranks sit.

    Without --tp, --pp and --dp the best layout of a search is taken, over what the other options allow.

    \b
    Example:
      clusterplan topology traffic llama-3.1-70b --cluster dgx-h100-superpod --devices 256 \\
          --global-batch 1024 --seq-len 8192 --tp 8 --pp 4 --zero 1 --sequence-parallel
    """
    forms, what = (_FORMS_OF_RANKS, "a rank map") if ranks else (FORMS, "the traffic")
    place = Output(format_name, as_json, output_file, forms=forms, what=what)
    from clusterplan.planning.infeasibility import overflow_sentence
    from clusterplan.planning.traffic import traffic as find_traffic

    layout = {name: given.pop(name) for name in LAYOUT_FIELDS}
    found = find_traffic(model, layout, **given)
    if not settings.quiet:
        if found.searched:
            say("note: no tp, pp or dp given: this is the best layout of a search")
        if not found.plan.fits:
            say(f"warning: {overflow_sentence(found.plan)}")
    _print(found, ranks, place, settings)
    return EXIT_ANSWER


def _print(found: Traffic, ranks: bool, place: Output, settings: Settings) -> None:
    if place.format == "json":
        place.text(found.to_json(ranks=ranks))
        return
    from clusterplan.reports import traffic as report

    if place.format == "csv":
        place.text(report.csv_of_ranks(found.ranks) if ranks else report.csv_of_traffic(found))
    elif ranks:
        place.text(report.table_of_ranks(found.ranks))
    elif place.format == "md":
        place.text(report.markdown_of_traffic(found, command=settings.command))
    else:
        place.drawn(lambda paper: report.print_traffic(paper, found, command=settings.command))
