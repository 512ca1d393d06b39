"""The commands in the documentation print what the documentation shows, numbers aside.

The numbers move with the model of the hardware. After a change of it, `CLUSTERPLAN_REWRITE_DOCS=1 pytest
tests/cli/test_documented_commands.py` writes the output of now into the pages.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_running import Run

Clusterplan = Callable[..., Run]

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [
    DOCS / "guides" / "first-search.md",
    DOCS / "guides" / "placement.md",
    DOCS / "reference" / "command-line.md",
    DOCS / "reference" / "json-output.md",
]
BLOCK = re.compile(r"^```(console|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[Path, str, str]]:
    """(page, command, output) of every console block; the output of a plain shell block is empty."""
    found = []
    for page in PAGES:
        for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
            body = match[2].replace("\\\n", " ")
            if match[1] == "console":
                command, _, output = body.removeprefix("$ ").partition("\n")
                found.append((page, command, output))
            elif body.startswith("clusterplan "):
                found.append((page, body.partition("|")[0].strip(), ""))
    return found


def labels(output: str) -> set[str]:
    """What stands in front of the numbers in the lines that every answer has."""
    lines = (re.match(r"(?:[^\s:]+ ?)+?(?=:|  |$)", line) for line in output.splitlines())
    words = {match[0].strip() for match in lines if match}
    # Parts of the step and of memory that take nothing are not printed, and the best layout may change.
    fixed = ("step time", "MFU", "HFU", "throughput", "bottleneck", "layers", "time to train", "device-hours", "cost")
    fixed += ("time of a step", "total", "capacity", "Best layout", "reproduce", "nearest miss", "hint")
    return {word for word in words if word in fixed}


def test_there_are_documented_commands() -> None:
    assert len(blocks()) >= 4 and sum(bool(output) for _, _, output in blocks()) >= 2


@pytest.mark.parametrize(("page", "command", "output"), blocks())
def test_documented_command(clusterplan: Clusterplan, page: Path, command: str, output: str) -> None:
    run = clusterplan(*shlex.split(command)[1:])
    printed = run.out + run.err
    if output and os.environ.get("CLUSTERPLAN_REWRITE_DOCS"):
        page.write_text(page.read_text(encoding="utf-8").replace(output, printed, 1), encoding="utf-8")
        output = printed
    assert run.code == (1 if output.startswith("error: no layout") else 0), run.err
    assert labels(output) == (labels(printed) if output else set())
    if output:
        assert labels(output)
        # The first line of the answer, numbers aside.
        assert re.sub(r"[\d.,]+", "0", printed.splitlines()[0]) == re.sub(r"[\d.,]+", "0", output.splitlines()[0])
