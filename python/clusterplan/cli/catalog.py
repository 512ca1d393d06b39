"""`clusterplan models`: what is bundled."""

from __future__ import annotations

import click

from clusterplan.cli.listing import show_facts, show_rows
from clusterplan.cli.options import talk

_HELP = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=_HELP, short_help="List and show the bundled models.")
def models() -> None:
    """List and show the bundled models.

    \b
    Example:
      clusterplan models list
      clusterplan models show llama-3.1-70b
    """


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@talk()
def list_models(as_json: bool) -> int:
    """List the bundled models with their shapes.

    \b
    Example:
      clusterplan models list --json
    """
    from clusterplan.reports.catalog import model_rows

    return show_rows(model_rows(), as_json)


@models.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@talk()
def show_model(name: str, as_json: bool) -> int:
    """Show the shape of one model: a bundled NAME, a file, or a size such as 70b.

    \b
    Example:
      clusterplan models show llama-3.1-70b
    """
    from clusterplan.reports.catalog import model_facts

    return show_facts(model_facts(name), as_json)
