"""What the schemas are built of: a document, objects whose keys are all there, and values with a description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Schema = dict[str, Any]


def document(
    name: str, version: int, title: str, properties: dict[str, Schema], definitions: dict[str, Schema] | None = None
) -> Schema:
    """A whole document: its name and version, then its own keys; `definitions` are what these refer to."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{name.replace('.', ':').replace('/', ':')}",
        "title": title,
        **an_object(
            "Quantities are SI (seconds, bytes, FLOP); the unit is in the key.",
            {
                "schema": {"const": name, "description": "Name and major version of this document."},
                "schema_version": {"const": version, "description": "Changes when a key changes its meaning."},
                "clusterplan_version": text("Version of clusterplan that made the document."),
                **properties,
            },
        ),
        **({"$defs": definitions} if definitions else {}),
    }


def an_object(description: str, properties: dict[str, Schema]) -> Schema:
    """An object with these keys and no others."""
    # Every key is always present: what is not known is null, never left out.
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def text(description: str) -> Schema:
    """Words."""
    return {"type": "string", "description": description}


def choice(values: Sequence[str], description: str) -> Schema:
    """One of some names."""
    return {"enum": list(values), "description": description}


def integer(description: str, least: int = 1) -> Schema:
    """A whole number."""
    return {"type": "integer", "minimum": least, "description": description}


def number(description: str) -> Schema:
    """A number that is not negative."""
    return {"type": "number", "minimum": 0, "description": description}


def signed_number(description: str) -> Schema:
    """A number with a sign."""
    return {"type": "number", "description": description}


def boolean(description: str) -> Schema:
    """True or false."""
    return {"type": "boolean", "description": description}


def array(items: Schema, description: str) -> Schema:
    """A list of values of one kind."""
    return {"type": "array", "items": items, "description": description}


def reference(definition: str, description: str) -> Schema:
    """What a definition of the document says."""
    return {"$ref": f"#/$defs/{definition}", "description": description}


def optional(schema: Schema) -> Schema:
    """As `schema`, or null."""
    if "$ref" in schema:
        return {"anyOf": [{"$ref": schema["$ref"]}, {"type": "null"}], "description": schema["description"]}
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {**schema, "enum": [*schema["enum"], None]}


def not_available(what: str) -> Schema:
    """A key that is kept for later."""
    return {"type": "null", "description": f"{what}: not available yet, always null."}
