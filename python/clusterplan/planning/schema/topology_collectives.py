"""The document of `clusterplan topology collectives`."""

from __future__ import annotations

from clusterplan.fidelity.collectives import SPLITS
from clusterplan.planning.schema.shapes import (
    Schema,
    an_object,
    array,
    boolean,
    choice,
    document,
    integer,
    number,
    optional,
    reference,
    signed_number,
    text,
)

SCHEMA = "clusterplan.measured-collectives-report/1"
SCHEMA_VERSION = 1


def schema() -> Schema:
    """The schema of the document."""
    summary = optional(reference("summary", "Errors of its rows; null where no row is large enough."))
    row = an_object(
        "One size of message.",
        {
            "size_bytes": number("Size, bytes."),
            "measured_s": number("Measured, seconds."),
            "predicted_s": number("Predicted, seconds."),
            "error": signed_number("Predicted over measured, minus 1."),
            "algorithm": text("The algorithm that the prediction is of."),
        },
    )
    table = an_object(
        "One measured table.",
        {
            "id": text("Its name."),
            "title": text("What was measured."),
            "source": text("Where that is from."),
            "split": choice(SPLITS, "Whether link technologies were read from it."),
            "cluster": text("Cluster of the prediction."),
            "operation": text("The collective, such as all_reduce."),
            "ranks": integer("Ranks that took part."),
            "stride": integer("Distance between them."),
            "crosses_domains": boolean("Whether the groups leave the scale-up domain."),
            "summary": summary,
            "rows": array(row, "Smallest message first."),
        },
    )
    return document(
        SCHEMA,
        SCHEMA_VERSION,
        "The answer of clusterplan topology collectives",
        {
            "least_bytes": integer("Summaries are of messages of at least so many bytes."),
            "aim": number("Absolute error that a prediction is to stay within."),
            "summary": an_object("Errors of all tables of a split.", dict.fromkeys(SPLITS, summary)),
            "held_out_by_reach_and_size": {
                "type": "object",
                "description": "Errors of held-out tables, by words for reach and size of message.",
                "additionalProperties": reference("summary", "Errors of such rows."),
            },
            "tables": array(table, "The tables that were asked for."),
        },
        {"summary": _summary()},
    )


def _summary() -> Schema:
    return an_object(
        "Relative errors of rows; 0.1 is 10 %.",
        {
            "rows": integer("How many."),
            "median_absolute_error": number("Median of the errors without their sign."),
            "largest_absolute_error": number("The largest of them."),
            "median_error": signed_number("Median of the errors with their sign; positive is too slow."),
            "within_aim": number("Share of the rows within the aim."),
        },
    )
