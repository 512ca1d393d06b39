"""The document of `clusterplan search`."""

from __future__ import annotations

from clusterplan.planning.answer import SCHEMA_VERSION, SEARCH_SCHEMA
from clusterplan.planning.infeasibility import FIXES
from clusterplan.planning.rows import MEMORY_CATEGORIES
from clusterplan.planning.rules import REASONS
from clusterplan.planning.schema.plan import definitions, plans
from clusterplan.planning.schema.request import request
from clusterplan.planning.schema.shapes import (
    Schema,
    an_object,
    array,
    boolean,
    choice,
    document,
    integer,
    not_available,
    number,
    optional,
    reference,
)

STOPPED = ("complete", "interrupted", "time_limit")


def schema() -> Schema:
    """The schema of the document."""
    return document(
        SEARCH_SCHEMA,
        SCHEMA_VERSION,
        "The answer of clusterplan search",
        {
            "request": request(),
            "search": search(),
            "plans": plans("Fastest first; empty where no layout fits."),
            "critical_batch": not_available("Batch laws"),
        },
        definitions(),
    )


def search() -> Schema:
    """How the search went; refers to the definition of a layout."""
    reason = {name: integer(f"Layouts ruled out: {words}.", 0) for name, words in REASONS.items()}
    return an_object(
        "How the search went.",
        {
            "space": integer("Layouts of the raw space.", 0),
            "evaluated": integer("Layouts that broke no rule and were costed.", 0),
            "pruned": integer("Layouts skipped because a bound proved them worse.", 0),
            "infeasible": {
                "type": "object",
                "description": "Layouts ruled out, by the first rule that they break.",
                "properties": reason,
                "additionalProperties": False,
            },
            "elapsed_s": number("Seconds of the search."),
            "optimal": boolean("True means the whole space was seen (with no plans: that none exists)."),
            "stopped": choice(STOPPED, "Why the search ended."),
            "threads": integer("Threads it ran on."),
            "time_limit_s": optional(number("Seconds after which it was to stop; null without a limit.")),
            "nearest_miss": optional(
                an_object(
                    "The valid layout that misses the memory by least; null where one fits or none is valid.",
                    {
                        "layout": reference("layout", "That layout."),
                        "needed_bytes": number("Bytes of its fullest stage."),
                        "capacity_bytes": number("Bytes of a device."),
                        "stage": integer("The fullest stage, counted from 0.", 0),
                        "largest_category": choice(MEMORY_CATEGORIES, "The category that takes most of it."),
                        "fixes": array(choice(tuple(FIXES), "A change."), "Changes each of which makes it fit."),
                    },
                )
            ),
        },
    )
