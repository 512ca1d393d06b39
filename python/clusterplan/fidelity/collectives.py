"""Collectives that others measured, beside what the network model says of them.

The measurements are data (``data/measured_collectives.json``), each table with its source. Tables marked ``fit`` are
those that the efficiencies and latencies of the link technologies were read from; ``held_out`` tables were not used for
anything, so their errors are those to expect elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Any

from ..data import read_data
from ..errors import SpecError

# Below this size the time is mostly that of launching, which depends on how the benchmark was run.
LEAST_BYTES = 2**20
# What a benchmark calls an algorithm, in the words of the engine.
_ALGORITHMS = {"ring": "ring", "tree": "hierarchical", "nvls": "hierarchical", "nvls_tree": "hierarchical"}
_OPERATIONS = {"send_receive": "point_to_point"}
SPLITS = ("fit", "held_out")


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
    """One measured table and its rows."""

    id: str
    title: str
    source: str
    split: str
    cluster: str
    operation: str
    ranks: int
    stride: int
    rows: tuple[MeasuredRow, ...]

    def errors(self, least_bytes: float = LEAST_BYTES) -> list[float]:
        """Relative errors of the rows of at least ``least_bytes``."""
        return [row.error for row in self.rows if row.size_bytes >= least_bytes]


@dataclass(frozen=True)
class ErrorSummary:
    """Errors of some rows: how many, median and largest of the absolute error, and the median of the signed one."""

    rows: int
    median_error: float
    largest_error: float
    bias: float

    @classmethod
    def of(cls, errors: Iterable[float]) -> ErrorSummary | None:
        """The summary, or ``None`` of nothing."""
        found = list(errors)
        if not found:
            return None
        sizes = [abs(error) for error in found]
        return cls(len(found), median(sizes), max(sizes), median(found))


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


def find_table(tables: Iterable[MeasuredTable], name: str) -> MeasuredTable:
    """The table of that id.

    Raises:
        SpecError: there is none; the nearest are named.
    """
    from ..specs.validation import unknown_name

    by_id = {table.id: table for table in tables}
    if name not in by_id:
        raise unknown_name("table", name, by_id, hint="list them with 'clusterplan topology collectives'")
    return by_id[name]


def _compared(table: Mapping[str, Any]) -> MeasuredTable:
    network = _network(table["cluster"], table["devices"])
    rows = tuple(_row(table, network, size, seconds) for size, seconds in table["rows"])
    names = ("id", "title", "source", "split", "cluster", "operation", "ranks", "stride")
    return MeasuredTable(**{name: table[name] for name in names}, rows=rows)


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
