"""The document of `clusterplan topology traffic`, and what it shares with that of `clusterplan explain`."""

from __future__ import annotations

from clusterplan.planning.answer import SCHEMA_VERSION
from clusterplan.planning.schema.plan import definitions, placement, plans
from clusterplan.planning.schema.request import request
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
from clusterplan.planning.traffic import TRAFFIC_SCHEMA

KINDS = ("tensor", "pipeline", "data", "embedding")
_DIMENSIONS = ("tp", "dp", "pp")
_SUPPORT = ("default", "option", "code", "no")


def schema() -> Schema:
    """The schema of the document."""
    return document(
        TRAFFIC_SCHEMA,
        SCHEMA_VERSION,
        "The answer of clusterplan topology traffic",
        {
            "request": request(),
            "searched": boolean("Whether the layout is the best of a search."),
            "plans": plans("The one layout, also where it does not fit."),
            **shared(),
            "ranks": optional(
                an_object(
                    "The rank map, with --ranks; else null.",
                    {
                        "columns": array(text("Name."), "Names of the columns."),
                        "rows": array(
                            array({"type": ["integer", "null"], "minimum": 0}, "One rank; null is not known."),
                            "One row a rank, all counted from 0.",
                        ),
                    },
                )
            ),
        },
        definitions(),
    )


def shared() -> dict[str, Schema]:
    """The keys `traffic` and `rank_order`."""
    return {"traffic": _traffic(), "rank_order": _rank_order()}


def sent() -> dict[str, Schema]:
    """Bytes over a level, as kinds of group and levels of the network have them."""
    return {
        "total_bytes": number("Bytes out of all devices in a step, one way."),
        "capacity_share": number("Those bytes over what all devices could send over the level in the step."),
    }


def _traffic() -> Schema:
    over_level = an_object(
        "What the kind sends over one level.",
        {
            "name": text("The level."),
            "members": integer("Members of one group inside one block of the level, in the group that lies worst."),
            "largest_bytes_per_device": number("Bytes out of a device of the stage that sends most, in a step."),
            **sent(),
        },
    )
    kind = an_object(
        "What one kind of group sends in one step.",
        {
            "kind": choice(KINDS, "The kind of group."),
            "ranks": integer("Ranks of a group."),
            "stride": integer("Distance between the ranks of a group."),
            "groups": integer("Number of groups."),
            "ports": array(text("A level."), "Levels through whose ports the traffic leaves a device."),
            "seconds": number("Seconds of a step, on the slowest stage; exposed_s and hidden_s add up to it."),
            "exposed_s": number("Seconds that lengthen the step."),
            "hidden_s": number("Seconds behind computation."),
            "levels": array(over_level, "Inner to outer."),
            "first_groups": array(
                an_object(
                    "Ranks of a group, as a range.",
                    {
                        "start": integer("First rank.", 0),
                        "stop": integer("One behind the last rank."),
                        "step": integer("Distance."),
                    },
                ),
                "The first groups.",
            ),
            "hosts": optional(integer("Hosts that one group is on at most; null where that is not known.")),
            "rails": array(integer("A network card, counted from 0.", 0), "Cards of a host that the first group uses."),
        },
    )
    level = an_object(
        "A level of the network, as the job uses it.",
        {
            "name": text("Name."),
            "kind": choice(("switch", "ring"), "How its devices are joined."),
            "group_devices": integer("Devices reached without leaving it."),
            "bytes_per_s": number("One-way bandwidth of a device, bytes/s."),
            "oversubscription": number("Of the level inside it over this one, where both are behind one port; else 1."),
            **sent(),
        },
    )
    return an_object(
        "Who sends how much over which level.",
        {
            "kinds": array(kind, "The kinds of group with more than one rank."),
            "levels": array(level, "Inner to outer."),
        },
    )


def _rank_order() -> Schema:
    launcher = an_object(
        "How a launcher starts this order.",
        {
            "launcher": text("Short name."),
            "title": text("Name."),
            "support": choice(_SUPPORT, "How: as it is, by an option, by code of one's own, or not at all."),
            "how": text("What to do."),
            "source": text("Where that is from."),
            "confidence": text("How sure it is."),
        },
    )
    return an_object(
        "The order of the ranks.",
        {
            "placement": placement(),
            "innermost_first": array(choice(_DIMENSIONS, "A dimension."), "The dimensions."),
            "mesh": an_object(
                "As a device mesh, row-major, outermost first.",
                {
                    "names": array(choice(_DIMENSIONS, "A dimension."), "The dimensions."),
                    "shape": array(integer("A degree."), "Their degrees."),
                },
            ),
            "axes": array(
                an_object(
                    "An axis of a torus.", {"name": choice(tuple("xyz"), "Name."), "length": integer("Devices.")}
                ),
                "The axes in the order in which they are filled; empty without a torus.",
            ),
            "launchers": array(launcher, "One entry a launcher."),
        },
    )
