"""The document of `clusterplan explain`."""

from __future__ import annotations

from clusterplan.planning.answer import SCHEMA_VERSION
from clusterplan.planning.explanation import EXPLANATION_SCHEMA
from clusterplan.planning.rows import TIME_PARTS
from clusterplan.planning.schema.plan import definitions, plans
from clusterplan.planning.schema.request import request
from clusterplan.planning.schema.search import STOPPED, search
from clusterplan.planning.schema.shapes import (
    Schema,
    an_object,
    array,
    boolean,
    choice,
    document,
    not_available,
    number,
    optional,
    reference,
    signed_number,
    text,
)
from clusterplan.planning.schema.traffic import KINDS, sent, shared
from clusterplan.specs.placements import RANK_ORDERS


def schema() -> Schema:
    """The schema of the document."""
    bound = an_object(
        "A part of the step; of communication, what is exposed.",
        {
            "part": choice(TIME_PARTS, "The part, as in time_s."),
            "seconds": number("Seconds of the step."),
            "share": number("Share of the step."),
        },
    )
    return document(
        EXPLANATION_SCHEMA,
        SCHEMA_VERSION,
        "The answer of clusterplan explain",
        {
            "request": request(),
            "search": search(),
            "plans": plans("The best layout."),
            "critical_batch": not_available("Batch laws"),
            "bounds": array(bound, "Parts of the step that take something, largest first."),
            **shared(),
            "levels": array(_level(), "The oversubscribed levels and the outermost one."),
            "alternatives": array(_alternative(), "The orders of the ranks that were allowed, fastest first."),
        },
        definitions(),
    )


def _level() -> Schema:
    carried = an_object(
        "What a kind of group sends over it.",
        {
            "kind": choice(KINDS, "The kind of group."),
            "largest_bytes_per_device": number("Bytes out of a device of the stage that sends most, in a step."),
            **sent(),
        },
    )
    stays = an_object(
        "A kind of group that does not use it.",
        {"kind": choice(KINDS, "The kind of group."), "inside": text("The level that holds a whole group.")},
    )
    return an_object(
        "Who uses a level.",
        {
            "level": text("Its name."),
            "bytes_per_s": number("One-way bandwidth of a device, bytes/s."),
            "oversubscription": number("Of the level inside it over this one, where both are behind one port; else 1."),
            "outermost": boolean("Whether nothing of the job lies beyond it."),
            "carries": array(carried, "The kinds of group that send over it."),
            "stays": array(stays, "The others."),
        },
    )


def _alternative() -> Schema:
    return an_object(
        "What the best layout costs in another order of the ranks.",
        {
            "order": choice(RANK_ORDERS, "The order, innermost first."),
            "step_time_s": optional(number("Seconds of a step of the best layout in it; null where none fits.")),
            "slowdown": optional(signed_number("That over the step of the winner, minus 1.")),
            "layout": optional(reference("layout", "That layout.")),
            "same_ranks": boolean("Whether it is the winner, or puts the same ranks in the same places."),
            "same_degrees_step_time_s": optional(
                number("Seconds of a step of the winner in this order; null where it does not fit.")
            ),
            "stopped": choice(STOPPED, "How its searches ended."),
        },
    )
