"""Rows and facts of the catalog, as tables or as JSON."""

from __future__ import annotations

from clusterplan.cli.output import Output
from clusterplan.cli.settings import EXIT_ANSWER


def show_rows(rows: list[dict[str, object]], as_json: bool) -> int:
    """Prints rows; returns the exit code."""
    if as_json:
        import json

        Output("json", False, None).text(json.dumps(rows, indent=1))
    else:
        from clusterplan.reports.catalog import print_rows

        Output("table", False, None).drawn(lambda paper: print_rows(paper, rows))
    return EXIT_ANSWER


def show_facts(facts: dict[str, object], as_json: bool) -> int:
    """Prints facts; returns the exit code."""
    if as_json:
        import json

        Output("json", False, None).text(json.dumps(facts, indent=1))
    else:
        from clusterplan.reports.catalog import print_facts

        Output("table", False, None).drawn(lambda paper: print_facts(paper, facts))
    return EXIT_ANSWER
