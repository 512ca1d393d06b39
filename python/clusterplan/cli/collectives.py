"""`clusterplan topology collectives`: measured collectives beside predictions."""

from __future__ import annotations

import click

from clusterplan.cli.command import Command
from clusterplan.cli.options import output, talk
from clusterplan.cli.output import Output
from clusterplan.cli.settings import EXIT_ANSWER
from clusterplan.cli.values import Choices


@click.command("collectives", cls=Command, short_help="Compare measured collectives with predictions.")
@click.option(
    "--split", type=Choices(("fit", "held_out"), many=False), help="Only tables that were, or were not, used to fit."
)
@click.option("--table", "table_id", metavar="ID", help="One table, row by row.")
@output(("table", "json", "md"))
@talk()
def collectives(
    split: str | None, table_id: str | None, format_name: str | None, as_json: bool, output_file: str | None
) -> int:
    """Compare published measurements of collectives with what the network model predicts.

    \b
    Example:
      clusterplan topology collectives --split held_out
      clusterplan topology collectives --table h100-8-dgxc-all-reduce
    """
    place = Output(format_name, as_json, output_file)
    from clusterplan.fidelity.collectives import find_table, measured_collectives
    from clusterplan.reports import collectives as reports

    tables = measured_collectives(split)
    if table_id is not None:
        tables = (find_table(tables, table_id),)
    if place.format == "json":
        import json

        place.text(json.dumps(reports.report(tables), indent=1))
    elif place.format == "md":
        place.text(reports.markdown(tables))
    elif table_id is not None:
        place.drawn(lambda paper: reports.print_rows(paper, tables[0]))
    else:
        place.drawn(lambda paper: reports.print_report(paper, tables))
    return EXIT_ANSWER
