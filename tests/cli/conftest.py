"""The `clusterplan` fixture: the command line as a process, in an empty folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from cli_running import Run, run_clusterplan


@pytest.fixture
def clusterplan(tmp_path: Path) -> Callable[..., Run]:
    """Runs `clusterplan` with the arguments that it is called with."""
    return partial(run_clusterplan, tmp_path)
