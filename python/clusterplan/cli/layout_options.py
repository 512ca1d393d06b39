"""Options that name one layout (`estimate`, `topology traffic`), and those that bound a space (`search`, `explain`)."""

from __future__ import annotations

import click

from clusterplan.cli.options import together
from clusterplan.cli.values import Choices, DegreeList, Placements, WholeNumber
from clusterplan.specs.choices import RECOMPUTES, SCHEDULES

LAYOUT = together(
    click.option("--tp", type=WholeNumber(), metavar="N", help="Tensor degree.  [default: 1]"),
    click.option("--pp", type=WholeNumber(), metavar="N", help="Pipeline stages.  [default: 1]"),
    click.option("--vpp", type=WholeNumber(), metavar="N", help="Chunks a stage.  [default: 1]"),
    click.option("--dp", type=WholeNumber(), metavar="N", help="Data degree.  [default: devices / (tp x pp)]"),
    click.option("--micro-batch", type=WholeNumber(), metavar="N", help="Micro-batch in sequences.  [default: 1]"),
    click.option(
        "--sequence-parallel/--no-sequence-parallel", default=None, help="Sequence parallelism.  [default: off]"
    ),
    click.option("--recompute", type=Choices(RECOMPUTES, many=False), help="What is recomputed.  [default: none]"),
    click.option("--zero", type=WholeNumber(least=0, most=3), metavar="0..3", help="ZeRO stage.  [default: 0]"),
    click.option(
        "--schedule", type=Choices(SCHEDULES, many=False), help="Pipeline schedule.  [default: by pp and vpp]"
    ),
    click.option(
        "--placement",
        type=Placements(many=False),
        help="Order of the ranks, innermost first, such as tp-dp-pp@yxz.  [default: tp-dp-pp]",
    ),
)
LAYOUT_FIELDS = (
    "tp",
    "pp",
    "vpp",
    "dp",
    "micro_batch",
    "sequence_parallel",
    "recompute",
    "zero",
    "schedule",
    "placement",
)

_DEGREE_HELP = "one value, a list (1,2,4) or a range (1..16)"
SPACE = together(
    click.option("--tp", type=DegreeList(), metavar="LIST", help=f"Tensor degrees: {_DEGREE_HELP}."),
    click.option("--pp", type=DegreeList(), metavar="LIST", help="Pipeline stages."),
    click.option("--vpp", type=DegreeList(), metavar="LIST", help="Chunks a stage (interleaving)."),
    click.option("--micro-batch", type=DegreeList(), metavar="LIST", help="Micro-batches in sequences."),
    click.option(
        "--sequence-parallel/--no-sequence-parallel",
        default=None,
        help="Only with, or only without, sequence parallelism.",
    ),
    click.option("--recompute", type=Choices(RECOMPUTES), help="Kinds of recomputation."),
    click.option("--zero", type=DegreeList(least=0, most=3), metavar="LIST", help="ZeRO stages, 0..3."),
    click.option("--schedule", type=Choices(SCHEDULES), help="Pipeline schedules."),
    click.option(
        "--placement",
        type=Placements(),
        help="Orders of the ranks, innermost first: tp-dp-pp; on a torus also of its axes: tp-dp-pp@yxz.",
    ),
    click.option(
        "--space",
        "space_file",
        metavar="FILE",
        help="YAML file with allowed values by dimension; options go before it.",
    ),
)
