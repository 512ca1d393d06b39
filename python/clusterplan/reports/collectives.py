"""Measured collectives beside predictions, as a table, as markdown for the documentation, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clusterplan.fidelity.collectives import LEAST_BYTES, SPLITS, ErrorSummary, MeasuredTable
from clusterplan.reports.columns import Column
from clusterplan.reports.paper import Paper
from clusterplan.reports.units import bytes_words, seconds

_HEADINGS = {"fit": "read from these tables", "held_out": "not used for anything"}


def report(tables: Sequence[MeasuredTable]) -> dict[str, Any]:
    """All tables, rows and summaries; seconds, bytes and relative errors (0.1 is 10 %, positive is too slow)."""
    return {
        "schema": "clusterplan.measured-collectives-report/1",
        "schema_version": 1,
        "least_bytes": LEAST_BYTES,
        "summary": {split: _summary(_errors(tables, split)) for split in SPLITS},
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


def print_report(paper: Paper, tables: Sequence[MeasuredTable]) -> None:
    """One line a table, held-out ones last, and the medians below."""
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
                Column("median", "median\n|error| %", [f"{summary.median_error * 100:.1f}" for _, summary in chosen]),
                Column("bias", "median\nerror %", [f"{summary.bias * 100:+.1f}" for _, summary in chosen]),
                Column("largest", "largest\n%", [f"{summary.largest_error * 100:.1f}" for _, summary in chosen]),
            ],
            gap=2,
        )
        paper.paragraph(_verdict(tables, split))
        paper.line()


def print_rows(paper: Paper, table: MeasuredTable) -> None:
    """One table, row by row."""
    paper.paragraph(f"{table.title}: {table.operation.replace('_', '-')}, {table.ranks} ranks at stride {table.stride}")
    paper.paragraph(f"source: {table.source}")
    rows = table.rows
    paper.table(
        [
            Column("size", "message", [bytes_words(row.size_bytes) for row in rows]),
            Column("measured", "measured", [seconds(row.measured_s) for row in rows]),
            Column("predicted", "predicted", [seconds(row.predicted_s) for row in rows]),
            Column("error", "error %", [f"{row.error * 100:+.1f}" for row in rows]),
            Column("algorithm", "algorithm", [row.algorithm for row in rows], right=False),
        ],
        gap=2,
    )


def markdown(tables: Sequence[MeasuredTable]) -> str:
    """The page of the documentation."""
    lines = [
        "# Measured collectives",
        "",
        "What others measured, beside what [the network](../concepts/network.md) says. Made by",
        "`clusterplan topology collectives --format md`; one table row by row: `--table ID`; everything: `--json`.",
        "",
        "Tables marked *fit* are those that efficiencies, latencies and saturation of the link technologies were",
        "read from; *held-out* ones were not. Tables were marked when they were found, before any was compared. The",
        "form of the saturation (with the part of an array that is sent at a time) was chosen with both in view,",
        "and so was which of two published figures to believe for the all-to-all of B200; no number was read off",
        "a held-out table.",
        "",
        "Errors are predicted over measured seconds minus one, over messages of at least "
        f"{bytes_words(LEAST_BYTES)}; positive is too",
        "slow. Where a source forced an algorithm, so does the prediction; where it says that launching bounds its",
        "small messages, the prediction is not less than that.",
        "",
        "| | tables | rows | median of absolute errors | median error | within 15 % |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for split in SPLITS:
        errors = _errors(tables, split)
        summary = ErrorSummary.of(errors)
        if summary is not None:
            count = sum(1 for table in tables if table.split == split and table.errors())
            within = sum(abs(error) <= 0.15 for error in errors) / len(errors)
            lines.append(
                f"| {split.replace('_', '-')} | {count} | {summary.rows} | {summary.median_error * 100:.1f} % | "
                f"{summary.bias * 100:+.1f} % | {within * 100:.0f} % |"
            )
    for split in SPLITS:
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
                    f"{summary.median_error * 100:.1f} %",
                    f"{summary.bias * 100:+.1f} %",
                    f"{summary.largest_error * 100:.0f} %",
                    _short(table.source),
                )
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


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
    if summary is None:
        return None
    return {
        "rows": summary.rows,
        "median_absolute_error": summary.median_error,
        "largest_absolute_error": summary.largest_error,
        "median_error": summary.bias,
    }


def _verdict(tables: Sequence[MeasuredTable], split: str) -> str:
    errors = _errors(tables, split)
    summary = ErrorSummary.of(errors)
    assert summary is not None
    within = sum(abs(error) <= 0.15 for error in errors) / len(errors)
    return (
        f"{summary.rows:,} rows: median absolute error {summary.median_error * 100:.1f} %, median error "
        f"{summary.bias * 100:+.1f} %, {within * 100:.0f} % of rows within 15 %"
    )
