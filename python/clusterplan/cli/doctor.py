"""`clusterplan doctor`."""

from __future__ import annotations

import click

from clusterplan.cli.options import talk
from clusterplan.cli.output import Output
from clusterplan.cli.settings import EXIT_ANSWER, EXIT_BUG


@click.command(short_help="Show versions and check that everything works.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@talk()
def doctor(as_json: bool) -> int:
    """Show versions, threads, extras and data, and run a self-test of about a second.

    \b
    Example:
      clusterplan doctor
    """
    import json

    from clusterplan.reports.doctor import check_up

    report = check_up()
    if as_json:
        Output("json", False, None).text(json.dumps(report, indent=1))
    else:
        Output("table", False, None).text(
            "\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in report.items())
        )
    return EXIT_ANSWER if report["self_test"] == "passed" else EXIT_BUG
