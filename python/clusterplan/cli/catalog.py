"""`clusterplan models` and `clusterplan topology`: what is bundled."""

from __future__ import annotations

import click

from clusterplan.cli.options import talk
from clusterplan.cli.output import Output
from clusterplan.cli.settings import EXIT_ANSWER

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

    return _print_rows(model_rows(), as_json)


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

    return _print_facts(model_facts(name), as_json)


@click.group(context_settings=_HELP, short_help="List and show the bundled clusters.")
def topology() -> None:
    """List and show the bundled clusters.

    \b
    Example:
      clusterplan topology list
      clusterplan topology show dgx-h100-superpod
    """


@topology.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@talk()
def list_clusters(as_json: bool) -> int:
    """List the bundled clusters with their devices and prices.

    \b
    Example:
      clusterplan topology list --json
    """
    from clusterplan.reports.catalog import cluster_rows

    return _print_rows(cluster_rows(), as_json)


@topology.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@talk()
def show_cluster(name: str, as_json: bool) -> int:
    """Show one cluster, a bundled NAME or a file, level by level of its network.

    \b
    Example:
      clusterplan topology show dgx-h100-superpod
    """
    from clusterplan.reports.catalog import cluster_facts

    return _print_facts(cluster_facts(name), as_json)


def _print_rows(rows: list[dict[str, object]], as_json: bool) -> int:
    if as_json:
        import json

        Output("json", False, None).text(json.dumps(rows, indent=1))
    else:
        from clusterplan.reports.catalog import print_rows

        Output("table", False, None).drawn(lambda paper: print_rows(paper, rows))
    return EXIT_ANSWER


def _print_facts(facts: dict[str, object], as_json: bool) -> int:
    if as_json:
        import json

        Output("json", False, None).text(json.dumps(facts, indent=1))
    else:
        from clusterplan.reports.catalog import print_facts

        Output("table", False, None).drawn(lambda paper: print_facts(paper, facts))
    return EXIT_ANSWER
