"""The document of `clusterplan estimate`."""

from __future__ import annotations

from clusterplan.planning.answer import SCHEMA_VERSION
from clusterplan.planning.estimate import ESTIMATE_SCHEMA
from clusterplan.planning.schema.plan import definitions, plans
from clusterplan.planning.schema.request import request
from clusterplan.planning.schema.shapes import Schema, document, not_available


def schema() -> Schema:
    """The schema of the document."""
    return document(
        ESTIMATE_SCHEMA,
        SCHEMA_VERSION,
        "The answer of clusterplan estimate",
        {
            "request": request(),
            "plans": plans("The one layout, also where it does not fit."),
            "critical_batch": not_available("Batch laws"),
        },
        definitions(),
    )
