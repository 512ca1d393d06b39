"""The JSON Schema (2020-12) of what `--json` prints, one module a document; the tests hold real output to them."""

from __future__ import annotations

from importlib import import_module

from clusterplan.planning.schema.shapes import Schema

# The name of a document, and the module here whose `schema` describes it.
DOCUMENTS = {
    "search": "search",
    "estimate": "estimate",
    "explain": "explain",
    "traffic": "traffic",
    "topology-check": "topology_check",
    "topology-collectives": "topology_collectives",
}


def schema_of(document: str) -> Schema:
    """The schema of one document of `--json`, by its name in `DOCUMENTS`.

    Raises:
        SpecError: there is no such document.

    Example:
        >>> schema_of("search")["properties"]["schema"]["const"]
        'clusterplan.search/1'
        >>> schema_of("topology-check")["properties"]["devices"]["type"]
        'integer'
    """
    if document not in DOCUMENTS:
        from clusterplan.specs.validation import unknown_name

        raise unknown_name("schema", document, DOCUMENTS, hint=f"use one of {', '.join(DOCUMENTS)}")
    found: Schema = import_module(f"{__name__}.{DOCUMENTS[document]}").schema()
    return found
