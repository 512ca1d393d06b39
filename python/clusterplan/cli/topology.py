"""`clusterplan topology`: the group, and its commands list, show, check and draw."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clusterplan.cli.command import Command
from clusterplan.cli.group import LazyGroup
from clusterplan.cli.listing import show_facts, show_rows
from clusterplan.cli.options import talk
from clusterplan.cli.output import Output
from clusterplan.cli.settings import EXIT_ANSWER, Settings
from clusterplan.cli.values import Choices, WholeNumber

if TYPE_CHECKING:
    from clusterplan.specs.cluster import ClusterSpec

# A command in a file of its own is one line here.
_COMMANDS = {
    "list": ("clusterplan.cli.topology:list_clusters", "List the bundled clusters."),
    "show": ("clusterplan.cli.topology:show_cluster", "Show one cluster."),
    "check": ("clusterplan.cli.topology:check", "Check a cluster: sums, levels, bisection bandwidth."),
    "draw": ("clusterplan.cli.topology:draw", "Draw a cluster as SVG or PNG."),
    "traffic": ("clusterplan.cli.traffic:traffic", "Show who sends how much over which level, and the rank map."),
    "collectives": (
        "clusterplan.cli.collectives:collectives",
        "Compare measured collectives with what the network model says.",
    ),
}
_PICTURES = ("svg", "png")
# Of the commands that show, check or draw a cluster.
_POOL = click.option("--pool", metavar="NAME", help="Pool of accelerators; the main one if not given.")


@click.group(
    cls=LazyGroup,
    commands_at=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    short_help="List, show, check and draw clusters.",
)
def topology() -> None:
    """List, show, check and draw clusters: bundled ones, or your own from a YAML file.

    \b
    Example:
      clusterplan topology list
      clusterplan topology check dgx-h100-superpod
    """


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@talk()
def list_clusters(as_json: bool) -> int:
    """List the bundled clusters with their devices and prices.

    \b
    Example:
      clusterplan topology list --json
    """
    from clusterplan.reports.catalog import cluster_rows

    return show_rows(cluster_rows(), as_json)


@click.command("show", cls=Command)
@click.argument("name", metavar="NAME|FILE")
@_POOL
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@talk()
def show_cluster(name: str, pool: str | None, as_json: bool) -> int:
    """Show one cluster, a bundled NAME or a file, level by level of its network.

    \b
    Example:
      clusterplan topology show dgx-h100-superpod
      clusterplan topology show perlmutter-gpu --pool a100-80gb
    """
    from clusterplan.reports.catalog import cluster_facts

    return show_facts(cluster_facts(name, pool), as_json)


@click.command("check", cls=Command)
@click.argument("name", metavar="NAME|FILE")
@click.option("--devices", type=WholeNumber(), metavar="N", help="Devices of a job on it; all if not given.")
@_POOL
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@talk()
@click.pass_obj
def check(settings: Settings, /, name: str, devices: int | None, pool: str | None, as_json: bool) -> int:
    """Check a bundled cluster or a file: whether its sums add up and its graph is connected, what a device gets at each
    level of the network, and how much its halves can send each other.

    \b
    Example:
      clusterplan topology check dgx-h100-superpod
      clusterplan topology check my-cluster.yaml --devices 512 --json
    """
    from clusterplan.reports.topology_check import checked_cluster, print_check

    found = checked_cluster(_cluster(name, pool), devices)
    if as_json:
        import json

        Output("json", False, None).text(json.dumps(found, indent=1, allow_nan=False))
    else:
        Output("table", False, None).drawn(lambda paper: print_check(paper, found, command=settings.command))
    return EXIT_ANSWER


@click.command("draw", cls=Command)
@click.argument("name", metavar="NAME|FILE")
@click.option(
    "-o",
    "--output",
    "output_file",
    required=True,
    type=click.Path(dir_okay=True),
    metavar="FILE",
    help="Picture to write, .svg or .png; - is standard output, as SVG.",
)
@click.option(
    "--level",
    type=Choices(("host", "fabric", "both"), many=False),
    default="both",
    show_default=True,
    help="What to draw: inside a host, the network between hosts, or both.",
)
@_POOL
@talk()
def draw(name: str, output_file: str, level: str, pool: str | None) -> int:
    """Draw a bundled cluster or a file: a host with its accelerators, links and network cards, and the tiers of the
    fabric, with bandwidths one way.

    PNG needs the extra draw: pip install 'clusterplan[draw]'.

    \b
    Example:
      clusterplan topology draw dgx-h100-superpod -o superpod.svg
      clusterplan topology draw tpu-v5p-pod -o pod.png --level fabric
    """
    output = Output(None, False, output_file, forms=_PICTURES, what="a picture")
    cluster = _cluster(name, pool)
    from clusterplan.reports.drawing import draw_cluster

    scene = draw_cluster(cluster, level=level)
    if output.format == "png":
        from clusterplan.reports.drawing.png import write_png

        write_png(scene, Path(output_file))
    else:
        from clusterplan.reports.drawing.svg import svg_text

        output.text(svg_text(scene))
    return EXIT_ANSWER


def _cluster(name: str, pool: str | None) -> ClusterSpec:
    from clusterplan.catalog.clusters import load_cluster
    from clusterplan.topology.pools import pool_view

    return pool_view(load_cluster(name), pool)
