"""The examples in the docstrings are run."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

MODULES = [
    "clusterplan",
    "clusterplan.errors",
    "clusterplan.planning.duration",
    "clusterplan.planning.estimate",
    "clusterplan.planning.layout",
    "clusterplan.planning.parts",
    "clusterplan.planning.schema",
    "clusterplan.planning.search",
    "clusterplan.reports.breakdown",
    "clusterplan.reports.progress",
    "clusterplan.reports.units",
    "clusterplan.reports.words",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    outcome = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert outcome.attempted > 0 and outcome.failed == 0
