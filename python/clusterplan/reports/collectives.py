"""Measured collectives beside predictions, as a table, as markdown for the documentation, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from clusterplan.fidelity.collectives import AIM, LEAST_BYTES, SPLITS, ErrorSummary, MeasuredTable, by_reach_and_size
from clusterplan.planning.schema.topology_collectives import SCHEMA, SCHEMA_VERSION
from clusterplan.reports.columns import Column
from clusterplan.reports.paper import Paper
from clusterplan.reports.terminal import print_origin
from clusterplan.reports.units import bytes_words, seconds

_HEADINGS = {"fit": "read from these tables", "held_out": "not used for anything"}


def report(tables: Sequence[MeasuredTable]) -> dict[str, Any]:
    """The document of ``--json`` (docs/reference/json-topology.md): all tables, rows and summaries."""
    from clusterplan import __version__

    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "clusterplan_version": __version__,
        "least_bytes": LEAST_BYTES,
        "aim": AIM,
        "summary": {split: _summary(_errors(tables, split)) for split in SPLITS},
        "held_out_by_reach_and_size": {
            words: asdict(summary)
            for words, summary in by_reach_and_size(table for table in tables if table.split == "held_out").items()
        },
        "tables": [
            {
                "id": table.id,
                "title": table.title,
                "source": table.source,
                "split": table.split,
                "cluster": table.cluster,
                "operation": table.operation,
                "ranks": table.ranks,
                "stride": table.stride,
                "crosses_domains": table.crosses_domains,
                "summary": _summary(table.errors()),
                "rows": [
                    {
                        "size_bytes": row.size_bytes,
                        "measured_s": row.measured_s,
                        "predicted_s": row.predicted_s,
                        "error": row.error,
                        "algorithm": row.algorithm,
                    }
                    for row in table.rows
                ],
            }
            for table in tables
        ],
    }


def print_report(paper: Paper, tables: Sequence[MeasuredTable], *, command: str | None = None) -> None:
    """One line a table, held-out ones last, and the medians below; `command` is the line that reproduces it."""
    for split in SPLITS:
        chosen = [(table, summary) for table in tables if table.split == split for summary in _of(table)]
        if not chosen:
            continue
        paper.line(f"{split.replace('_', '-')} ({_HEADINGS[split]}), messages of at least {bytes_words(LEAST_BYTES)}")
        paper.table(
            [
                Column("table", "table", [table.id for table, _ in chosen], right=False),
                Column("ranks", "ranks", [f"{table.ranks:,}" for table, _ in chosen]),
                Column("rows", "rows", [str(summary.rows) for _, summary in chosen]),
                Column("median", "median\n|error| %", [_percent(one.median_absolute_error) for _, one in chosen]),
                Column("signed", "median\nerror %", [_signed(one.median_error) for _, one in chosen]),
                Column("largest", "largest\n%", [_percent(one.largest_absolute_error) for _, one in chosen]),
            ],
            gap=2,
        )
        paper.paragraph(_verdict(tables, split))
        paper.line()
    print_origin(paper, command)


def print_rows(paper: Paper, table: MeasuredTable, *, command: str | None = None) -> None:
    """One table, row by row; `command` is the line that reproduces it."""
    paper.paragraph(_title(table))
    paper.paragraph(f"source: {table.source}")
    paper.table(_row_columns(table), gap=2)
    paper.line()
    print_origin(paper, command)


def markdown(tables: Sequence[MeasuredTable]) -> str:
    """The page of the documentation."""
    lines = [
        "# Measured collectives",
        "",
        "What others measured, beside what [the network](../concepts/network.md) says. Made by",
        "`clusterplan topology collectives --format md`; one table row by row: `--table ID`; everything: `--json`.",
        "",
        "Sources marked *fit* are those that efficiencies, latencies, gains and saturation of the links were read",
        "from; from *held-out* sources no number was read. No source is on both sides: the split was first made table",
        "by table, before anything was compared, and then widened to whole sources, which moved 50 tables from",
        "held-out to fit. Two choices of form were made with both sides in view: that saturation goes with the part of",
        "an array that is sent at a time, and which of two published figures to believe for the all-to-all of B200.",
        "Floors of runs that say they are launch-bound are read off the run itself.",
        "",
        "Errors are predicted over measured seconds minus one, over messages of at least "
        f"{bytes_words(LEAST_BYTES)}; positive is too",
        "slow. Where a source forced an algorithm, so does the prediction; where it says that launching bounds its",
        "small messages, the prediction is not less than that.",
        "",
        f"| | tables | rows | median of absolute errors | median error | within {_percent(AIM, 0)} % |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for split in SPLITS:
        summary = ErrorSummary.of(_errors(tables, split))
        if summary is not None:
            count = sum(1 for table in tables if table.split == split and table.errors())
            lines.append(
                f"| {split.replace('_', '-')} | {count} | {summary.rows} | "
                f"{_percent(summary.median_absolute_error)} % | {_signed(summary.median_error)} % | "
                f"{_percent(summary.within_aim, 0)} % |"
            )
    lines += _reach_lines([table for table in tables if table.split == "held_out"])
    for split in SPLITS:
        if all(table.split != split for table in tables):
            continue
        lines += [
            "",
            f"## {split.replace('_', '-').capitalize()}",
            "",
            "| table | operation | cluster | ranks (stride) | rows | median \\|error\\| | median error | "
            "largest | source |",
            "|---|---|---|--:|--:|--:|--:|--:|---|",
        ]
        for table in tables:
            for summary in _of(table) if table.split == split else ():
                cells = (
                    table.id,
                    table.operation.replace("_", "-"),
                    table.cluster,
                    f"{table.ranks} ({table.stride})",
                    str(summary.rows),
                    f"{_percent(summary.median_absolute_error)} %",
                    f"{_signed(summary.median_error)} %",
                    f"{_percent(summary.largest_absolute_error, 0)} %",
                    _short(table.source),
                )
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _reach_lines(held_out: Sequence[MeasuredTable]) -> list[str]:
    """Held-out errors by reach and message size: large messages are predicted well, small ones are not."""
    if not held_out:
        return []
    lines = [
        "",
        "Held-out, by reach and message size. Large messages are predicted well; small ones, where protocols and",
        "launch decide, are mostly predicted too fast:",
        "",
        f"| held-out | rows | median of absolute errors | median error | within {_percent(AIM, 0)} % |",
        "|---|--:|--:|--:|--:|",
    ]
    for words, summary in by_reach_and_size(held_out).items():
        lines.append(
            f"| {words} | {summary.rows} | {_percent(summary.median_absolute_error)} % | "
            f"{_signed(summary.median_error)} % | {_percent(summary.within_aim, 0)} % |"
        )
    return lines


def markdown_of_rows(table: MeasuredTable) -> str:
    """One table, row by row, as Markdown."""
    columns = _row_columns(table)
    lines = [f"# {_title(table)}", "", f"Source: {table.source}", ""]
    lines.append(f"| {' | '.join(column.heading for column in columns)} |")
    lines.append("|" + " --- |" * len(columns))
    lines += [f"| {' | '.join(cells)} |" for cells in zip(*(column.cells for column in columns), strict=True)]
    return "\n".join(lines) + "\n"


def _title(table: MeasuredTable) -> str:
    return f"{table.title}: {table.operation.replace('_', '-')}, {table.ranks} ranks at stride {table.stride}"


def _row_columns(table: MeasuredTable) -> list[Column]:
    rows = table.rows
    return [
        Column("size", "message", [bytes_words(row.size_bytes) for row in rows]),
        Column("measured", "measured", [seconds(row.measured_s) for row in rows]),
        Column("predicted", "predicted", [seconds(row.predicted_s) for row in rows]),
        Column("error", "error %", [_signed(row.error) for row in rows]),
        Column("algorithm", "algorithm", [row.algorithm for row in rows], right=False),
    ]


def _percent(fraction: float, digits: int = 1) -> str:
    return f"{fraction * 100:.{digits}f}"


def _signed(fraction: float) -> str:
    return f"{fraction * 100:+.1f}"


def _short(source: str) -> str:
    text = source.replace("|", "/").replace("\n", " ")
    return text if len(text) <= 110 else text[:107] + "..."


def _of(table: MeasuredTable) -> list[ErrorSummary]:
    summary = ErrorSummary.of(table.errors())
    return [] if summary is None else [summary]


def _errors(tables: Sequence[MeasuredTable], split: str) -> list[float]:
    return [error for table in tables if table.split == split for error in table.errors()]


def _summary(errors: list[float]) -> dict[str, Any] | None:
    summary = ErrorSummary.of(errors)
    return None if summary is None else asdict(summary)


def _verdict(tables: Sequence[MeasuredTable], split: str) -> str:
    summary = ErrorSummary.of(_errors(tables, split))
    assert summary is not None
    return (
        f"{summary.rows:,} rows: median absolute error {_percent(summary.median_absolute_error)} %, median error "
        f"{_signed(summary.median_error)} %, {_percent(summary.within_aim, 0)} % of rows within {_percent(AIM, 0)} %"
    )
