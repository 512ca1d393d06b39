"""What `clusterplan topology check` finds: sizes, the graph, what a device gets level by level, the bisection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clusterplan.planning.schema.topology_check import CONFIDENCES, SCHEMA, SCHEMA_VERSION
from clusterplan.reports.columns import Column, fitting
from clusterplan.reports.paper import Paper
from clusterplan.reports.terminal import print_origin
from clusterplan.reports.units import counted, gigabytes_per_s, significant

if TYPE_CHECKING:
    from clusterplan.specs.cluster import ClusterSpec

_SAME = 1e-6  # flows are rounded to bytes/s an edge
_GAP = 2
_LEAVE_OUT = ("latency", "devices reached")


def checked_cluster(cluster: ClusterSpec, devices: int | None = None) -> dict[str, Any]:
    """Checks a cluster; returns the document of ``--json``, SI units in the keys.

    Args:
        cluster: the cluster; its sums are checked when it is loaded.
        devices: of a job on it, for the levels and the bisection; all if ``None``.

    Raises:
        SpecError: the graph falls into islands, or no job can have so many devices.
    """
    from clusterplan import __version__
    from clusterplan.topology.bisection import bisect, seen_levels
    from clusterplan.topology.expand import MOST_NODES, expand_graph, expanded_nodes
    from clusterplan.topology.flows import flow_between_halves_bytes_per_s
    from clusterplan.topology.graph import build_graph, check_connected

    count = cluster.devices if devices is None else devices
    halves, levels = bisect(cluster, count), seen_levels(cluster, count)
    flow: float | None = None
    if expanded_nodes(cluster, count) <= MOST_NODES:
        graph, form, covered = expand_graph(cluster, count), "every device", count
        if count > 1:
            flow = flow_between_halves_bytes_per_s(graph, halves)
    else:
        graph, form, covered = build_graph(cluster), "aggregated", cluster.devices
    check_connected(cluster, graph, covered)
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "clusterplan_version": __version__,
        "name": cluster.name,
        "title": cluster.title,
        "accelerator": cluster.accelerator,
        "hosts": cluster.hosts,
        "devices": cluster.devices,
        "job_devices": count,
        "graph": {
            "form": form,
            "devices": covered,
            "nodes": graph.number_of_nodes(),
            "links": graph.number_of_edges(),
            "connected": True,
        },
        "levels": [
            {
                "name": level.name,
                "devices": level.devices,
                "bytes_per_s": level.bytes_per_s,
                "latency_s": level.latency_s,
                "oversubscription": level.oversubscription,
            }
            for level in levels
        ],
        "bisection": {
            "bytes_per_s": halves.bytes_per_s,
            "bytes_per_s_per_device": halves.bytes_per_s / max(1, halves.first_devices),
            "first_devices": halves.first_devices,
            "devices": halves.devices,
            "halves": halves.halves,
            "flow_bytes_per_s": flow,
            "flow_agrees": None if flow is None else abs(flow - halves.bytes_per_s) <= _SAME * max(1.0, flow),
        },
        "facts": count_facts(cluster),
    }


def count_facts(cluster: ClusterSpec) -> dict[str, int]:
    """How many facts of a cluster have which confidence; ``other`` where a phrase begins with none of them."""
    counts = dict.fromkeys((*CONFIDENCES, "other"), 0)
    given = [fact.confidence for fact in cluster.facts.values()]
    given += [cluster.cost.confidence] if cluster.cost is not None else []
    for confidence in given:
        first = confidence.split()[0].strip(",;:") if confidence.split() else ""
        counts[first if first in counts else "other"] += 1
    return counts


def print_check(paper: Paper, found: Mapping[str, Any], *, command: str | None = None) -> None:
    """The findings as lines and a table of levels; `command` is the line that reproduces them."""
    title = f": {found['title']}" if found["title"] else ""
    paper.paragraph(f"{found['name']}{title}", heading=str(found["name"]))
    graph = found["graph"]
    job = "" if found["job_devices"] == found["devices"] else f"; a job on {found['job_devices']:,}"
    each = found["devices"] // found["hosts"]
    what = "every device a node" if graph["form"] == "every device" else "like parts aggregated"
    part = f", of {graph['devices']:,} devices" if graph["devices"] != found["devices"] else ""
    paper.facts(
        [
            ("hosts", f"{found['hosts']:,} of {counted(each, 'device')}"),
            ("devices", f"{found['devices']:,} {found['accelerator']}{job}"),
            ("graph", f"{counted(graph['nodes'], 'node')}, {counted(graph['links'], 'link')} ({what}{part})"),
            ("connected", "yes" if graph["connected"] else "no"),
        ]
    )
    paper.line()
    _print_levels(paper, found["levels"])
    paper.line()
    paper.facts([*_bisection_rows(found["bisection"]), ("facts", facts_words(found["facts"]))])
    paper.line()
    print_origin(paper, command)


def facts_words(counts: Mapping[str, int]) -> str:
    """The counts of facts in words: ``5 seen, 2 recalled``."""
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "none"


def terabytes_per_s(value_bytes_per_s: float) -> str:
    """Bytes/s in GB/s, or in TB/s from 1 TB/s on.

    Example:
        >>> terabytes_per_s(450e9), terabytes_per_s(1.6e12)
        ('450 GB/s', '1.6 TB/s')
    """
    if value_bytes_per_s < 1e12:
        return gigabytes_per_s(value_bytes_per_s)
    return f"{significant(value_bytes_per_s / 1e12, 4)} TB/s"


def _print_levels(paper: Paper, levels: list[dict[str, Any]]) -> None:
    columns = [
        Column("level", "level", [level["name"] for level in levels], right=False),
        Column("devices reached", "devices\nreached", [f"{level['devices']:,}" for level in levels]),
        Column("GB/s", "GB/s a device\none way", [significant(level["bytes_per_s"] / 1e9, 4) for level in levels]),
        Column("latency", "latency\nus", [significant(level["latency_s"] * 1e6) for level in levels]),
        Column("oversubscription", "over-\nsubscription", [ratio(level["oversubscription"]) for level in levels]),
    ]
    kept, _ = fitting(columns, paper.width, gap=_GAP, leave_out=_LEAVE_OUT)
    paper.table(kept, gap=_GAP)


def ratio(oversubscription: float | None) -> str:
    """``7:1``; a dash where there is none."""
    return "-" if oversubscription is None else f"{significant(oversubscription)}:1"


def _bisection_rows(bisection: Mapping[str, Any]) -> list[tuple[str, str]]:
    rate = terabytes_per_s(bisection["bytes_per_s"])
    each = gigabytes_per_s(bisection["bytes_per_s_per_device"])
    rows = [("bisection", f"{rate} one way, {each} a device of the half that sends ({bisection['halves']})")]
    if bisection["flow_bytes_per_s"] is not None:
        verdict = "agrees" if bisection["flow_agrees"] else "DIFFERS"
        flow = terabytes_per_s(bisection["flow_bytes_per_s"])
        rows.append(("maximum flow", f"{flow} between the halves of the graph: {verdict}"))
    return rows
