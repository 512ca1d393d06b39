"""`clusterplan topology collectives`: measured collectives beside predictions."""

from __future__ import annotations

import click

from clusterplan.cli.command import Command
from clusterplan.cli.options import output, talk
from clusterplan.cli.output import Output
from clusterplan.cli.settings import EXIT_ANSWER, Settings
from clusterplan.cli.values import Choices
from clusterplan.fidelity.collectives import SPLITS

_FORMS = ("table", "json", "md")


@click.command("collectives", cls=Command, short_help="Compare measured collectives with predictions.")
@click.option("--split", type=Choices(SPLITS, many=False), help="Only tables that were, or were not, used to fit.")
@click.option("--table", "table_id", metavar="ID", help="One table, row by row.")
@output(_FORMS)
@talk()
@click.pass_obj
def collectives(
    settings: Settings,
    /,
    split: str | None,
    table_id: str | None,
    format_name: str | None,
    as_json: bool,
    output_file: str | None,
) -> int:
    """Compare published measurements of collectives with what the network model predicts.

    \b
    Example:
      clusterplan topology collectives --split held_out
      clusterplan topology collectives --table h100-8-dgxc-all-reduce
    """
    place = Output(format_name, as_json, output_file, forms=_FORMS, what="a comparison of collectives")
    from clusterplan.fidelity.collectives import find_table, measured_collectives
    from clusterplan.reports import collectives as reports

    table = None if table_id is None else find_table(measured_collectives(), table_id, split)
    tables = measured_collectives(split) if table is None else (table,)
    if place.format == "json":
        import json

        place.text(json.dumps(reports.report(tables), indent=1, allow_nan=False))
    elif place.format == "md":
        place.text(reports.markdown(tables) if table is None else reports.markdown_of_rows(table))
    elif table is not None:
        place.drawn(lambda paper: reports.print_rows(paper, table, command=settings.command))
    else:
        place.drawn(lambda paper: reports.print_report(paper, tables, command=settings.command))
    return EXIT_ANSWER
