"""Collectives that others measured, beside what the network model says of them.

The measurements are data (``data/measured_collectives.json``), each table with its source. A source is as a whole
either ``fit``, which the efficiencies and latencies of the link technologies were read from, or ``held_out``: no number
was read from it, so its errors are those to expect elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import inf
from statistics import median
from typing import Any

from ..data import read_data
from ..errors import SpecError

# Below this size the time is mostly that of launching, which depends on how the benchmark was run.
LEAST_BYTES = 2**20
# What a benchmark calls an algorithm, in the words of the engine.
_ALGORITHMS = {"ring": "ring", "tree": "hierarchical", "nvls": "hierarchical", "nvls_tree": "hierarchical"}
_OPERATIONS = {"send_receive": "point_to_point"}
# The relative error that predictions are to stay within.
AIM = 0.15
SPLITS = ("fit", "held_out")
_SIZES = (
    (LEAST_BYTES, inf, "from 1 MiB on"),
    (LEAST_BYTES, 2**24, "1 to 16 MiB"),
    (2**24, 2**28, "16 to 256 MiB"),
    (2**28, inf, "from 256 MiB on"),
)


@dataclass(frozen=True)
class MeasuredRow:
    """One message size: bytes, measured and predicted seconds, and the relative error (predicted / measured - 1)."""

    size_bytes: float
    measured_s: float
    predicted_s: float
    algorithm: str

    @property
    def error(self) -> float:
        """Predicted over measured seconds, minus one: positive where the prediction is too slow."""
        return self.predicted_s / self.measured_s - 1.0


@dataclass(frozen=True)
class MeasuredTable:
    """One measured table and its rows; ``crosses_domains``: its groups leave the scale-up domain."""

    id: str
    title: str
    source: str
    split: str
    cluster: str
    operation: str
    ranks: int
    stride: int
    crosses_domains: bool
    rows: tuple[MeasuredRow, ...]

    def errors(self, least_bytes: float = LEAST_BYTES, below_bytes: float = inf) -> list[float]:
        """Relative errors of the rows of at least ``least_bytes`` and below ``below_bytes``."""
        return [row.error for row in self.rows if least_bytes <= row.size_bytes < below_bytes]


@dataclass(frozen=True)
class ErrorSummary:
    """Relative errors of some rows (0.1 is 10 %).

    Attributes:
        rows: how many. median_absolute_error, largest_absolute_error: of the errors without their sign.
        median_error: of the errors with their sign; positive where predictions are too slow.
        within_aim: share of the rows whose absolute error is at most `AIM`.

    Example:
        >>> summary = ErrorSummary.of([-0.1, 0.05, 0.3, -0.05, 0.1])
        >>> summary.median_absolute_error, summary.median_error, summary.within_aim
        (0.1, 0.05, 0.8)
    """

    rows: int
    median_absolute_error: float
    largest_absolute_error: float
    median_error: float
    within_aim: float

    @classmethod
    def of(cls, errors: Iterable[float]) -> ErrorSummary | None:
        """The summary, or ``None`` of nothing."""
        found = list(errors)
        if not found:
            return None
        sizes = [abs(error) for error in found]
        return cls(
            rows=len(found),
            median_absolute_error=median(sizes),
            largest_absolute_error=max(sizes),
            median_error=median(found),
            within_aim=sum(size <= AIM for size in sizes) / len(found),
        )


def measured_collectives(split: str | None = None) -> tuple[MeasuredTable, ...]:
    """All measured tables with predictions; ``split`` keeps ``fit`` or ``held_out`` ones only.

    Raises:
        SpecError: no such split.

    Example:
        >>> table = next(table for table in measured_collectives() if table.id == "h100-8-dgxc-all-reduce")
        >>> table.operation, table.ranks
        ('all_reduce', 8)
    """
    if split is not None and split not in SPLITS:
        raise SpecError(f"split is '{split}'; it must be one of {', '.join(SPLITS)}", code="value", hint="use held_out")
    tables = read_data("measured_collectives.json")["tables"]
    return tuple(_compared(table) for table in tables if split in (None, table["split"]))


def by_reach_and_size(tables: Iterable[MeasuredTable]) -> dict[str, ErrorSummary]:
    """The errors of groups inside and across scale-up domains, by message size; keys are words."""
    found: dict[str, ErrorSummary] = {}
    chosen = tuple(tables)
    for crosses, reach in ((False, "inside a scale-up domain"), (True, "across scale-up domains")):
        for least, below, size in _SIZES:
            errors = (table.errors(least, below) for table in chosen if table.crosses_domains is crosses)
            summary = ErrorSummary.of(error for each in errors for error in each)
            if summary is not None:
                found[f"{reach}, {size}"] = summary
    return found


def find_table(tables: Iterable[MeasuredTable], name: str, split: str | None = None) -> MeasuredTable:
    """The table of that id, which must be in the split where one is given.

    Raises:
        SpecError: there is none (the nearest are named), or it is in the other split.
    """
    from ..specs.validation import unknown_name

    by_id = {table.id: table for table in tables}
    if name not in by_id:
        raise unknown_name("table", name, by_id, hint="list them with 'clusterplan topology collectives'")
    found = by_id[name]
    if split not in (None, found.split):
        raise SpecError(
            f"table: '{name}' is a table of the split {found.split}, not of {split}",
            code="value",
            hint=f"take the split {found.split}, or leave it out",
        )
    return found


def _compared(table: Mapping[str, Any]) -> MeasuredTable:
    from ..catalog.clusters import load_cluster

    network = _network(table["cluster"], table["devices"])
    rows = tuple(_row(table, network, size, seconds) for size, seconds in table["rows"])
    names = ("id", "title", "source", "split", "cluster", "operation", "ranks", "stride")
    inside = load_cluster(table["cluster"]).domain_devices
    crosses = table["ranks"] * table["stride"] > inside
    return MeasuredTable(**{name: table[name] for name in names}, crosses_domains=crosses, rows=rows)


def _row(table: Mapping[str, Any], network: str, size_bytes: float, measured_s: float) -> MeasuredRow:
    from .. import _core

    operation = _OPERATIONS.get(table["operation"], table["operation"])
    answer = json.loads(_core.collective(network, operation, table["ranks"], table["stride"], float(size_bytes)))
    seconds, algorithm = answer["seconds"], answer["algorithm"]
    if table["algorithm"] is not None:
        # The benchmark did not leave the choice to the library.
        algorithm = _ALGORITHMS[table["algorithm"]]
        seconds = next(one["seconds"] for one in answer["candidates"] if one["algorithm"] == algorithm)
    # Where the source says that launching bounds its small messages, so it does here.
    return MeasuredRow(size_bytes, measured_s, max(seconds, table["launch_floor_s"] or 0.0), algorithm)


@cache
def _network(cluster: str, devices: int) -> str:
    from ..catalog.clusters import load_cluster
    from ..topology.levels import build_network

    where = load_cluster(cluster)
    # A benchmark may use a part of each host; the network is that of whole hosts.
    per_host = where.host.accelerators
    whole = devices if devices <= per_host else -(-devices // per_host) * per_host
    network = build_network(where, whole)
    return json.dumps({**network, "devices": devices})
