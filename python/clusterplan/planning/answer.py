"""`SearchResult`: the answer of a search, and why it is the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clusterplan.errors import MissingExtraError
from clusterplan.planning.layout import Layout
from clusterplan.planning.parts import Parts
from clusterplan.planning.request import Request
from clusterplan.planning.results import Plan

if TYPE_CHECKING:
    import pandas

SEARCH_SCHEMA = "clusterplan.search/1"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class NearestMiss:
    """The valid layout that misses the memory of a device by least, where none fits.

    Attributes:
        layout: that layout. stage: its fullest stage. needed_bytes, capacity_bytes: of that stage and of a device.
        largest_category: the memory category that takes most of it.
        fixes: what would make it fit: ``full_recompute``, ``sequence_parallel``, ``zero_3``, ``double_devices``.
    """

    layout: Layout
    needed_bytes: float
    capacity_bytes: float
    stage: int
    largest_category: str
    fixes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON contract."""
        return {
            "layout": self.layout.to_dict(),
            "needed_bytes": self.needed_bytes,
            "capacity_bytes": self.capacity_bytes,
            "stage": self.stage,
            "largest_category": self.largest_category,
            "fixes": list(self.fixes),
        }


@dataclass(frozen=True)
class SearchResult:
    """The best layouts of a space, fastest first, and how the search went.

    Attributes:
        plans: the best plans, fastest first. request: what was asked.
        space: layouts of the raw space. evaluated: those that broke no rule and were costed.
        pruned: skipped because a bound proved them worse. infeasible: ruled out, counted by reason.
        optimal: true means the whole space was seen: no layout of it is faster under the model, and with no plans,
            none exists. stopped: ``complete``, ``interrupted`` or ``time_limit``.
        elapsed_s: seconds of the search. threads: threads it ran on.
        nearest_miss: the layout that came closest, where none fits.
        time_limit_s: seconds after which the search was to stop, or `None`.
    """

    plans: tuple[Plan, ...]
    request: Request
    space: int
    evaluated: int
    pruned: int
    infeasible: Parts[int]
    elapsed_s: float
    optimal: bool
    stopped: str
    threads: int
    nearest_miss: NearestMiss | None
    time_limit_s: float | None = None

    @classmethod
    def from_engine(
        cls, outcome: Mapping[str, Any], request: Request, *, time_limit_s: float | None = None
    ) -> SearchResult:
        """The answer from an outcome of the engine (docs/reference/engine-documents.md)."""
        miss = outcome["nearest_miss"]
        return cls(
            plans=tuple(Plan.from_engine(estimate, request) for estimate in outcome["plans"]),
            request=request,
            space=outcome["space"],
            evaluated=outcome["evaluated"],
            pruned=outcome["pruned"],
            infeasible=Parts(outcome["infeasible"]),
            elapsed_s=outcome["elapsed_s"],
            optimal=outcome["optimal"],
            stopped=outcome["stopped"],
            threads=outcome["threads"],
            nearest_miss=NearestMiss(
                layout=Layout.from_dict(miss["layout"]),
                needed_bytes=miss["needed_bytes"],
                capacity_bytes=miss["capacity_bytes"],
                stage=miss["stage"],
                largest_category=miss["largest_category"],
                fixes=tuple(miss["fixes"]),
            )
            if miss
            else None,
            time_limit_s=time_limit_s,
        )

    @property
    def best(self) -> Plan:
        """The fastest plan.

        Raises:
            InfeasibleError: no layout fits (or the search was stopped before it found one); the message says why.
        """
        if self.plans:
            return self.plans[0]
        from clusterplan.planning.infeasibility import infeasible_error

        raise infeasible_error(self)

    def to_dict(self) -> dict[str, Any]:
        """The answer as the document of the JSON contract (docs/reference/json-output.md), in its order."""
        from clusterplan import __version__

        return {
            "schema": SEARCH_SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "clusterplan_version": __version__,
            "request": self.request.to_dict(),
            "search": {
                "space": self.space,
                "evaluated": self.evaluated,
                "pruned": self.pruned,
                "infeasible": dict(self.infeasible),
                "elapsed_s": self.elapsed_s,
                "optimal": self.optimal,
                "stopped": self.stopped,
                "threads": self.threads,
                "time_limit_s": self.time_limit_s,
                "nearest_miss": self.nearest_miss.to_dict() if self.nearest_miss else None,
            },
            "plans": [plan.to_dict() for plan in self.plans],
            # The batch laws are not part of this version.
            "critical_batch": None,
        }

    def to_json(self, *, indent: int | None = 1) -> str:
        """`to_dict` as JSON text, keys in a stable order."""
        import json

        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def to_pandas(self) -> pandas.DataFrame:
        """One row a plan, one column a number; the unit is in the name of the column.

        Raises:
            MissingExtraError: pandas is not installed; the extra `pandas` brings it.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingExtraError(
                "to_pandas() needs pandas", code="missing-extra", hint="pip install 'clusterplan[pandas]'"
            ) from error
        from clusterplan.planning.rows import COLUMNS, rows

        frame: pandas.DataFrame = pandas.DataFrame(rows(self.plans), columns=list(COLUMNS))
        return frame

    def __repr__(self) -> str:
        asked = f"{self.request.model} on {self.request.devices:,} x {self.request.accelerator}"
        if not self.plans:
            from clusterplan.planning.infeasibility import none_words

            return f"<SearchResult {asked}: {none_words(self)}, {self.space:,} in the space>"
        state = "optimal" if self.optimal else self.stopped
        count = f"{len(self.plans)} plan{'s' if len(self.plans) > 1 else ''} of {self.space:,} layouts"
        return f"<SearchResult {asked}: {count} ({state}), best {self.plans[0]!r}>"

    def _repr_html_(self) -> str:
        from clusterplan.planning.notebook import html_of

        return html_of(self)
