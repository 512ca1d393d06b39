"""`clusterplan schema`."""

from __future__ import annotations

import click

from clusterplan.cli.command import Command
from clusterplan.cli.options import talk
from clusterplan.cli.output import Output
from clusterplan.cli.settings import EXIT_ANSWER
from clusterplan.cli.values import Choices
from clusterplan.planning.schema import DOCUMENTS


@click.command(cls=Command, short_help="Print the JSON Schema of what --json prints.")
@click.argument("document", type=Choices(tuple(DOCUMENTS), many=False), default="search")
@click.option(
    "-o",
    "--output",
    "output_file",
    type=click.Path(dir_okay=True),
    metavar="FILE",
    help="Write it to FILE (.json); - is standard output.",
)
@talk()
def schema(document: str, output_file: str | None) -> int:
    """Print the JSON Schema (2020-12) of what a command prints with --json, that of search if none is named.

    What topology traffic, check and collectives print is traffic, topology-check and topology-collectives.

    \b
    Example:
      clusterplan schema search > search.schema.json
      clusterplan schema topology-check -o check.schema.json
    """
    import json

    from clusterplan.planning.schema import schema_of

    place = Output(None, False, output_file, forms=("json",), what="a schema")
    place.text(json.dumps(schema_of(document), indent=1))
    return EXIT_ANSWER
