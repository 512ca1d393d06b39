"""The page around the drawings: title, headings, legend, and how sure the numbers are."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from clusterplan.errors import SpecError

from .letters import broken, fitted
from .looks import (
    ACCELERATOR,
    ACCELERATOR_EDGE,
    BODY,
    CARD,
    CARD_EDGE,
    FAINT,
    HEADING,
    INK,
    INNER,
    LINK,
    MARGIN,
    MUTED,
    SCALE_UP_LINK,
    SMALL,
    SWITCH,
    SWITCH_EDGE,
    THIN_LINK,
    TITLE,
    WARNING,
    WIDTH,
    WRAP,
    rate,
)
from .scene import Line, Rectangle, Scene, Sketch

if TYPE_CHECKING:
    from clusterplan.specs.cluster import ClusterSpec

LEVELS = ("host", "fabric", "both")


def draw_cluster(cluster: ClusterSpec, *, level: str = "both") -> Scene:
    """The drawing of a cluster.

    Args:
        cluster: the cluster; its sums are not checked here.
        level: ``host`` (inside a host), ``fabric`` (between hosts) or ``both``.

    Raises:
        SpecError: there is no such level.

    Example:
        >>> from clusterplan.catalog.clusters import load_cluster
        >>> draw_cluster(load_cluster("dgx1-v100"), level="host").title
        'dgx1-v100'
    """
    if level not in LEVELS:
        raise SpecError(
            f"level: {level!r} is not one of {', '.join(LEVELS)}", code="bad-level", hint=f"use {', '.join(LEVELS)}"
        )
    page = Sketch()
    y = _head(page, cluster)
    if level != "host":
        from .fabric import fabric_panel

        y = _panel(page, "Between hosts" if cluster.host.torus is None else "The network", fabric_panel(cluster), y)
    if level != "fabric":
        from .host import host_panel

        y = _panel(page, _host_heading(cluster), host_panel(cluster), y)
    y = _legend(page, y)
    y = _foot(page, cluster, y)
    return Scene(WIDTH, ceil(y + MARGIN), cluster.name, _description(cluster), tuple(page.items))


def _head(page: Sketch, cluster: ClusterSpec) -> float:
    from clusterplan.topology.bisection import bisection_bytes_per_s

    page.text(MARGIN, MARGIN + 20, fitted(cluster.name, INNER, TITLE, bold=True), TITLE, INK, bold=True)
    y = MARGIN + 46
    for line in broken(cluster.title or "", INNER, 15.0):
        page.text(MARGIN, y, line, 15.0, MUTED)
        y += 20
    bisection = bisection_bytes_per_s(cluster)
    facts = f"{_description(cluster)}; bisection bandwidth {rate(bisection)} one way"
    page.text(MARGIN, y, fitted(facts, INNER, BODY), BODY, INK)
    return y + 18


def _description(cluster: ClusterSpec) -> str:
    per_host = cluster.host.accelerators
    return f"{cluster.hosts:,} hosts x {per_host} {cluster.accelerator} = {cluster.devices:,} devices"


def _host_heading(cluster: ClusterSpec) -> str:
    scale_up = cluster.host.scale_up
    if scale_up is not None and scale_up.hosts > 1:
        return f"Inside a scale-up domain of {scale_up.hosts} hosts"
    return "Inside a host"


def _panel(page: Sketch, heading: str, drawing: Sketch, y: float) -> float:
    page.line([(MARGIN, y), (WIDTH - MARGIN, y)], FAINT, 1.0)
    page.text(MARGIN, y + 26, heading, HEADING, INK, bold=True)
    _, top, _, bottom = drawing.bounds()
    page.place(drawing, MARGIN, y + 46 - top)
    return y + 46 + bottom - top + 26


def _legend(page: Sketch, y: float) -> float:
    page.line([(MARGIN, y), (WIDTH - MARGIN, y)], FAINT, 1.0)
    y += 16
    fills = {item.fill for item in page.items if isinstance(item, Rectangle)}
    boxes = [
        ("accelerator", ACCELERATOR, ACCELERATOR_EDGE),
        ("switch or group of switches", SWITCH, SWITCH_EDGE),
        ("network card", CARD, CARD_EDGE),
    ]
    lines = []
    drawn = {item.colour for item in page.items if isinstance(item, Line)}
    for words, colour in (
        ("scale-up link", SCALE_UP_LINK),
        ("fabric link", LINK),
        ("oversubscribed", WARNING),
        ("wrap-around", WRAP),
    ):
        if colour in drawn or (colour == SCALE_UP_LINK and THIN_LINK in drawn):
            lines.append((words, colour))
    x = MARGIN
    for words, fill, stroke in boxes:
        if fill not in fills:
            continue
        page.rectangle(x, y, 18, 13, fill=fill, stroke=stroke, radius=3.0)
        page.text(x + 25, y + 11, words, SMALL, MUTED)
        x = page.bounds_of_last()[2] + 24
    for words, colour in lines:
        page.line([(x, y + 7), (x + 26, y + 7)], colour, 2.6, dashed=colour == WRAP)
        page.text(x + 33, y + 11, words, SMALL, MUTED)
        x = page.bounds_of_last()[2] + 24
    page.text(x, y + 11, "bandwidths are one way", SMALL, MUTED)
    return y + 30


def _foot(page: Sketch, cluster: ClusterSpec, y: float) -> float:
    from clusterplan import __version__
    from clusterplan.reports.topology_check import count_facts

    counts = count_facts(cluster)
    meaning = {
        "seen": "read in their source",
        "derived": "derived",
        "recalled": "recalled, not looked up",
        "assumed": "assumed",
        "other": "other",
    }
    words = "; ".join(f"{count} {meaning[name]}" for name, count in counts.items() if count) or "no sources are named"
    fabric = next((fact for name, fact in cluster.facts.items() if name.startswith("fabric")), None)
    text = f"Facts of this cluster: {words}."
    if fabric is not None:
        text += f" Fabric ({fabric.confidence}): {fabric.source}."
    for line in broken(text, INNER, SMALL):
        page.text(MARGIN, y + 11, line, SMALL, MUTED)
        y += 17
    page.text(MARGIN, y + 11, f"clusterplan {__version__}", SMALL, MUTED)
    return y + 11
