"""`clusterplan schema`."""

from __future__ import annotations

import click

from clusterplan.cli.command import Command
from clusterplan.cli.options import talk
from clusterplan.cli.output import Output
from clusterplan.cli.settings import EXIT_ANSWER
from clusterplan.cli.values import Choices


@click.command(cls=Command, short_help="Print the JSON Schema of what --json prints.")
@click.argument("command", type=Choices(("search", "estimate"), many=False), default="search")
@click.option("-o", "--output", "output_file", metavar="FILE", help="Write it to FILE.")
@talk()
def schema(command: str, output_file: str | None) -> int:
    """Print the JSON Schema (2020-12) of what COMMAND prints with --json; COMMAND is search or estimate.

    \b
    Example:
      clusterplan schema search > search.schema.json
    """
    import json

    from clusterplan.planning.schema import schema_of

    Output("json", False, output_file).text(json.dumps(schema_of(command), indent=1))
    return EXIT_ANSWER
