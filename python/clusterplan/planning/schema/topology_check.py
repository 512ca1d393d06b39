"""The document of `clusterplan topology check`."""

from __future__ import annotations

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
    text,
)

SCHEMA = "clusterplan.topology-check/1"
SCHEMA_VERSION = 1
CONFIDENCES = ("seen", "derived", "recalled", "assumed")


def schema() -> Schema:
    """The schema of the document."""
    level = an_object(
        "A level of the network, as a search is given it.",
        {
            "name": text("Name."),
            "devices": integer("Devices reached without leaving it."),
            "bytes_per_s": number("What a device gets, one way, bytes/s."),
            "latency_s": number("Seconds of a hop with its software."),
            "oversubscription": optional(number("Bandwidth below the tier over that at it; null where that is none.")),
        },
    )
    return document(
        SCHEMA,
        SCHEMA_VERSION,
        "The answer of clusterplan topology check",
        {
            "name": text("Name of the cluster; behind a slash that of the pool."),
            "title": text("What it is, in words; may be empty."),
            "accelerator": text("Its accelerator."),
            "hosts": integer("Hosts."),
            "devices": integer("Devices of the whole cluster."),
            "job_devices": integer("Devices of the job that levels and bisection are for."),
            "graph": an_object(
                "The cluster as a graph.",
                {
                    "form": choice(("every device", "aggregated"), "Whether every device is a node."),
                    "devices": integer("Devices that it covers."),
                    "nodes": integer("Nodes."),
                    "links": integer("Links.", 0),
                    "connected": boolean("Always true: a cluster in islands is an error."),
                },
            ),
            "levels": array(level, "Inner to outer."),
            "bisection": an_object(
                "The least bandwidth between two equal halves of the job.",
                {
                    "bytes_per_s": number("One way, bytes/s."),
                    "bytes_per_s_per_device": number("For each device of the half that sends, bytes/s."),
                    "first_devices": integer("Devices of the half that sends.", 0),
                    "devices": integer("Devices of both halves."),
                    "halves": text("What the halves are, in words."),
                    "flow_bytes_per_s": optional(
                        number("Maximum flow between the halves, bytes/s; null where the graph is too large for it.")
                    ),
                    "flow_agrees": optional(boolean("Whether the maximum flow is the bisection; null without it.")),
                },
            ),
            "facts": an_object(
                "How many facts of the cluster's file have which confidence.",
                {name: integer("Facts.", 0) for name in (*CONFIDENCES, "other")},
            ),
        },
    )
