"""Progress of a search on standard error: only on a terminal, and only once it takes longer than half a second."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import Any

_PATIENCE_S = 0.5


class SearchProgress:
    """A context manager whose `report` is the `progress` callback of a search.

    Example:
        >>> with SearchProgress(enabled=False) as progress:
        ...     progress.report(10, 100, 9.9)
    """

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled and sys.stderr.isatty()
        self._started_s = monotonic()
        self._display: Any = None
        self._task: Any = None

    def __enter__(self) -> SearchProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._display is not None:
            self._display.stop()

    def report(self, evaluated: int, total: int, best_step_time_s: float | None) -> None:
        """Layouts done, layouts in all, and the best step time so far in seconds (or `None`)."""
        if not self._enabled:
            return
        elapsed_s = monotonic() - self._started_s
        if self._display is None:
            if elapsed_s < _PATIENCE_S:
                return
            self._start(total)
        from clusterplan.reports.units import large, seconds

        best = "nothing fits yet" if best_step_time_s is None else f"best {seconds(best_step_time_s)}"
        rate = f"{large(evaluated / elapsed_s)}/s," if elapsed_s > 0 else ""
        count = f"{large(evaluated)} of {large(total)} layouts,"
        self._display.update(self._task, completed=evaluated, total=total or None, count=count, rate=rate, best=best)

    def _start(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._display = Progress(
            TextColumn("searching"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[count]}"),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[best]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._display.add_task("search", total=total or None, count="", rate="", best="")
        self._display.start()
