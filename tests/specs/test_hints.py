"""Every error of these packages says what to do: found in the source, so that none is forgotten."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import clusterplan

SOURCE = Path(clusterplan.__file__).parent
FILES = [
    *(path for package in ("specs", "catalog", "topology") for path in sorted((SOURCE / package).glob("*.py"))),
    SOURCE / "planning" / "problem.py",
]


def raised(path):
    """The calls that make a `SpecError`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "SpecError":
            yield node


def test_the_scan_finds_errors():
    assert sum(1 for path in FILES for _ in raised(path)) > 30


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_error_has_a_code_and_a_hint(path):
    for call in raised(path):
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        where = f"{path.name}:{call.lineno}"
        assert {"code", "hint"} <= set(given), where
        assert not (isinstance(given["hint"], ast.Constant) and not given["hint"].value), where
        assert "clusterplan.catalog" not in ast.unparse(call), where
