"""The README shows what the commands print."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
TEXT = README.read_text()
BLOCKS = re.findall(r"```console\n(.*?)```", TEXT, flags=re.DOTALL)
EXAMPLE = re.compile(r"\$ \.venv/bin/clusterplan (search .*)\n((?:.*\n)*)")


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clusterplan", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_example_on_the_first_screen_is_real(tmp_path: Path) -> None:
    (match,) = [found for block in BLOCKS if (found := EXAMPLE.search(block))]
    shown = match.group(2).rstrip("\n").split("\n")
    printed = run(shlex.split(match.group(1)), tmp_path).stdout.split("\n")
    assert len(shown) > 20
    assert shown == printed[: len(shown)]


def commands() -> list[str]:
    lines = [line for block in BLOCKS for line in block.split("\n") if line.startswith("$ clusterplan ")]
    return [line.removeprefix("$ clusterplan ").split("   #")[0] for line in lines]


@pytest.mark.parametrize("command", commands())
def test_every_other_command_runs(command: str, tmp_path: Path) -> None:
    (model,) = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)
    (tmp_path / "my-model.yaml").write_text(model)
    bundled = README.parent / "topologies" / "dgx-h100-superpod.yaml"
    (tmp_path / "my-cluster.yaml").write_text(bundled.read_text())
    finished = run(shlex.split(command), tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout or " -o " in command


def test_there_are_commands() -> None:
    assert len(commands()) >= 5
